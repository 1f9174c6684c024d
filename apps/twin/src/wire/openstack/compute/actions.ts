/** POST /v2.1/servers/{id}/action. Source: Compute API, "Servers – run an action". */
import type { World } from '../../../world/world.ts';
import { isObject, jsonBody, type SiteCall } from '../call.ts';
import { badRequest, conflict, notFound } from '../errors.ts';
import { accepted, ok, type Reply } from '../reply.ts';
import type { Phase, SecurityGroup, Server } from '../records.ts';
import { route, type SiteRoute } from '../router.ts';
import * as input from './input.ts';
import { consoleOutput } from './console.ts';
import { createImage } from './create-image.ts';
import { endServer } from './server-end.ts';
import { regroup } from './server-records.ts';
import { groupNamed } from './server-request.ts';
import { noServer, requireState, stateOf, unmapped, type Order } from './state.ts';

function order(call: SiteCall, server: Server, phase: Order, deed: 'start' | 'stop' | 'reboot'): Reply {
  requireState(server, phase);
  const { machine } = server;
  if (!machine) throw conflict(`Instance ${server.id} has no host`);
  settle(call.world, server, phase);
  call.world.machines[deed](machine);
  return accepted;
}

/** Keeps what the server was before the order, for as long as it is under way. */
function settle(world: World, server: Server, phase: Phase): void {
  const { status } = stateOf(server);
  server.before = status === 'REBOOT' || status === 'HARD_REBOOT' ? 'ACTIVE' : status;
  server.phase = phase;
  server.since = server.updatedAt = world.now();
}

function reboot(call: SiteCall, server: Server, argument: unknown): Reply {
  if (!isObject(argument)) throw input.wrong('reboot', argument, "is not of type 'object'");
  if (argument['type'] === undefined) throw input.lacking('reboot', argument, 'type');
  const type = String(argument['type']).toUpperCase();
  if (type !== 'SOFT' && type !== 'HARD')
    throw input.wrong(
      'type',
      argument['type'],
      "is not one of ['HARD', 'Hard', 'hard', 'SOFT', 'Soft', 'soft']",
    );
  return order(call, server, type === 'SOFT' ? 'reboot' : 'reboot-hard', 'reboot');
}

function groupOf(call: SiteCall, argument: unknown): SecurityGroup {
  const name = isObject(argument) ? argument['name'] : undefined;
  if (typeof name !== 'string' || name === '')
    throw badRequest('Missing parameter dict: a security group needs a name');
  try {
    return groupNamed(call.site, name);
  } catch (error) {
    throw (error as { status?: number }).status === 400 ? notFound((error as Error).message) : error;
  }
}

function lock(call: SiteCall, server: Server, locked: boolean, argument: unknown): Reply {
  const reason = isObject(argument) && call.version >= 73 ? argument['locked_reason'] : undefined;
  server.options = {
    ...server.options,
    locked,
    lockedReason: locked && typeof reason === 'string' ? reason : null,
  };
  return accepted;
}

/** Its state forbids it, whatever that is. */
function neverResized(server: Server, deed: 'confirmResize' | 'revertResize'): Reply {
  requireState(server, deed);
  return accepted;
}

type Action = (call: SiteCall, server: Server, argument: unknown) => Reply;
const actions: Readonly<Record<string, Action>> = {
  'os-start': (call, server) => order(call, server, 'start', 'start'),
  'os-stop': (call, server) => order(call, server, 'stop', 'stop'),
  reboot,
  suspend: (call, server) => order(call, server, 'suspend', 'stop'),
  resume: (call, server) => order(call, server, 'resume', 'start'),
  pause: (call, server) => order(call, server, 'pause', 'stop'),
  unpause: (call, server) => order(call, server, 'unpause', 'start'),
  lock: (call, server, argument) => lock(call, server, true, argument),
  unlock: (call, server, argument) => lock(call, server, false, argument),
  createImage,
  confirmResize: (_, server) => neverResized(server, 'confirmResize'),
  revertResize: (_, server) => neverResized(server, 'revertResize'),
  forceDelete: (call, server) => {
    endServer(call.world, call.site, server);
    return accepted;
  },
  addSecurityGroup: (call, server, argument) => {
    const group = groupOf(call, argument);
    regroup(server, groups => (groups.includes(group) ? groups : [...groups, group]));
    return accepted;
  },
  removeSecurityGroup: (call, server, argument) => {
    const group = groupOf(call, argument);
    if (!server.ports.some(port => port.groups.includes(group)))
      throw notFound(`Security group ${group.id} not associated with the instance ${server.id}`);
    regroup(server, groups => groups.filter(each => each !== group));
    return accepted;
  },
  'os-getConsoleOutput': (call, server, argument) => {
    const length = isObject(argument) ? argument['length'] : undefined;
    return ok({
      output: consoleOutput(call.site, server, length === undefined || length === null ? -1 : Number(length)),
    });
  },
};

function act(call: SiteCall): Reply {
  const body = jsonBody(call);
  const [name, ...others] = Object.keys(body);
  if (name === undefined || others.length > 0)
    throw badRequest('There must be exactly one action in the request body.');
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (!action) throw badRequest(`There is no such action: ${name.slice(0, 64)}`);
  const server = call.site.servers.get(call.id);
  if (!server) throw name === 'os-start' || name === 'os-stop' ? unmapped(call.id) : noServer(call.id);
  return action(call, server, body[name]);
}

export const actionRoutes: readonly SiteRoute[] = [route('POST /servers/{}/action', act)];
