/**
 * The Twin's control API, under /twin/v1: clouds, faults, delays, VMs and the ground truth of what stands. It is
 * for the people who run the Twin, not a cloud's: it answers only requests made to this machine by a local name.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Value } from 'typebox/value';
import type { TSchema, Static } from 'typebox';
import { BaristaError, toBaristaError } from '@cloud-barista/model/errors';
import { suggest } from '@cloud-barista/model/nearest';
import { isLocal, parseJson, sendJson } from '../http.ts';
import { machineKey, type Machine } from '../world/machines.ts';
import type { Cloud } from '../world/clouds.ts';
import type { FaultRule } from '../world/faults.ts';
import type { Wire, World } from '../world/world.ts';
import { loadReplay } from './replay.ts';
import { CloudBody, CrashBody, DelaysBody, FaultBody, FaultsBody } from './schemas.ts';

export interface ControlOptions {
  world: World;
  wires: readonly Wire[];
  /** Base URL of the Twin, known once it listens. */
  base: () => string;
  /** What every connection to the Twin's VMs carries: { sshPort } or { sshVia }. */
  ssh: () => Record<string, string>;
  /** true, or why commands can't run. */
  sandbox: () => true | string;
  /** What a VM's first boot printed. */
  console: (machine: Machine) => Promise<string>;
}

type Answer = { status?: number; body: unknown };
interface Asked {
  params: Record<string, string>;
  query: URLSearchParams;
  body: Buffer;
}
type Route = [method: string, pattern: RegExp, handle: (asked: Asked) => Answer | Promise<Answer>];

function parse<S extends TSchema>(schema: S, body: Buffer): Static<S> {
  const value = parseJson(body);
  if (Value.Check(schema, value)) return value;
  const [first] = [...Value.Errors(schema, value)];
  throw new BaristaError('invalid_argument', `The body ${first?.message ?? 'does not fit'}.`, {
    where: first?.instancePath === undefined || first.instancePath === '' ? 'body' : first.instancePath,
    next: 'See docs/cloud-twin.md for the shapes.',
  });
}

export function createControl({ world, wires, base, ssh, sandbox, console }: ControlOptions) {
  const wireOf = (cloud: Cloud): Wire => {
    const wire = wires.find(candidate => candidate.kind === cloud.kind);
    if (!wire) throw new BaristaError('internal', `No wire for ${cloud.kind}.`);
    return wire;
  };
  const view = (cloud: Cloud) => ({
    name: cloud.name,
    kind: cloud.kind,
    regions: cloud.regions,
    delays: cloud.delays,
    quotas: cloud.quotas,
  });
  const counts = (cloud: Cloud) => wireOf(cloud).counts(cloud);
  const regionOf = (cloud: Cloud, asked: string | null): string => {
    const region = asked ?? cloud.regions[0] ?? '';
    if (cloud.regions.includes(region)) return region;
    throw new BaristaError('not_found', `Cloud ${cloud.name} has no region ${JSON.stringify(region)}.`, {
      next: suggest(region, cloud.regions, `It has ${cloud.regions.join(', ')}.`),
    });
  };

  const machineOf = (cloud: string, id: string): Machine => {
    const machine = world.machines.byKey(`${world.cloud(cloud).name}/${id}`);
    if (machine) return machine;
    throw new BaristaError('not_found', `Cloud ${cloud} has no VM ${JSON.stringify(id)}.`, {
      next: 'List them: barista twin vms',
    });
  };

  /** A rule whose cloud or operation has a slip would wait for ever: it is refused. */
  const checked = (rule: FaultRule): FaultRule => {
    const kind = rule.cloud === '*' ? undefined : world.cloud(rule.cloud).kind;
    const known = world.kinds.filter(each => kind === undefined || each.kind === kind);
    const operations = ['*', 'create-vm', ...known.flatMap(each => each.operations)];
    if (operations.includes(rule.operation)) return rule;
    throw new BaristaError(
      'invalid_argument',
      `No cloud here has the operation ${JSON.stringify(rule.operation)}.`,
      {
        next: suggest(rule.operation, operations, 'See docs/cloud-twin.md for their names.'),
        where: 'operation',
      },
    );
  };

  const routes: Route[] = [
    [
      'GET',
      /^\/health$/,
      () => ({ body: { status: 'ok', clouds: world.clouds().length, sandbox: sandbox(), ...ssh() } }),
    ],
    ['GET', /^\/clouds$/, () => ({ body: { items: world.clouds().map(view) } })],
    [
      'POST',
      /^\/clouds$/,
      ({ body }) => ({ status: 201, body: view(world.addCloud(parse(CloudBody, body))) }),
    ],
    [
      'GET',
      /^\/clouds\/(?<cloud>[^/]+)$/,
      ({ params }) => ({ body: view(world.cloud(params['cloud'] ?? '')) }),
    ],
    [
      'DELETE',
      /^\/clouds\/(?<cloud>[^/]+)$/,
      ({ params }) => {
        const cloud = world.cloud(params['cloud'] ?? '');
        wireOf(cloud).reset(cloud);
        world.removeCloud(cloud.name);
        return { status: 204, body: undefined };
      },
    ],
    [
      'POST',
      /^\/clouds\/(?<cloud>[^/]+)\/reset$/,
      ({ params }) => {
        const cloud = world.cloud(params['cloud'] ?? '');
        wireOf(cloud).reset(cloud);
        return { status: 204, body: undefined };
      },
    ],
    [
      'PUT',
      /^\/clouds\/(?<cloud>[^/]+)\/delays$/,
      ({ params, body }) => {
        const cloud = world.cloud(params['cloud'] ?? '');
        Object.assign(cloud.delays, parse(DelaysBody, body));
        return { body: view(cloud) };
      },
    ],
    [
      'GET',
      /^\/clouds\/(?<cloud>[^/]+)\/connection$/,
      ({ params, query }) => {
        const cloud = world.cloud(params['cloud'] ?? '');
        const { credential, region } = wireOf(cloud).connection(
          cloud,
          regionOf(cloud, query.get('region')),
          base(),
        );
        return { body: { driver: cloud.kind, credential, region: { ...region, ...ssh() } } };
      },
    ],
    [
      'GET',
      /^\/clouds\/(?<cloud>[^/]+)\/env$/,
      ({ params }) => {
        const cloud = world.cloud(params['cloud'] ?? '');
        return { body: { ...wireOf(cloud).env(cloud, base()), TWIN_SSH_PORT: ssh()['sshPort'] ?? '' } };
      },
    ],
    [
      'GET',
      /^\/counts$/,
      () => {
        const clouds = Object.fromEntries(world.clouds().map(cloud => [cloud.name, counts(cloud)]));
        let total = 0;
        for (const each of Object.values(clouds)) for (const count of Object.values(each)) total += count;
        return { body: { total, clouds } };
      },
    ],
    [
      'GET',
      /^\/vms$/,
      ({ query }) => {
        const cloud = query.get('cloud');
        const items = [];
        for (const machine of world.machines.all())
          if (cloud === null || machine.site.cloud.name === cloud)
            items.push({
              cloud: machine.site.cloud.name,
              region: machine.site.region,
              id: machine.id,
              hostname: machine.hostname,
              state: machine.state,
              publicIp: machine.publicIp,
              privateIp: machine.privateIp,
            });
        return { body: { items } };
      },
    ],
    [
      'POST',
      /^\/vms\/crash$/,
      ({ body }) => {
        const { cloud, id } = parse(CrashBody, body);
        const machine = machineOf(cloud, id);
        world.machines.crash(machine);
        return { body: { crashed: machineKey(machine) } };
      },
    ],
    [
      'GET',
      /^\/clouds\/(?<cloud>[^/]+)\/vms\/(?<id>[^/]+)\/console$/,
      async ({ params }) => ({
        body: { output: await console(machineOf(params['cloud'] ?? '', params['id'] ?? '')) },
      }),
    ],
    ['GET', /^\/faults$/, () => ({ body: { items: world.faults.list() } })],
    [
      'PUT',
      /^\/faults$/,
      ({ body }) => {
        world.faults.set(parse(FaultsBody, body).map(checked));
        return { body: { items: world.faults.list() } };
      },
    ],
    [
      'POST',
      /^\/faults$/,
      ({ body }) => {
        world.faults.add(checked(parse(FaultBody, body)));
        return { status: 201, body: { items: world.faults.list() } };
      },
    ],
    [
      'DELETE',
      /^\/faults$/,
      () => {
        world.faults.set([]);
        return { status: 204, body: undefined };
      },
    ],
    ['GET', /^\/replay$/, () => ({ body: { items: world.replay.list() } })],
    [
      'POST',
      /^\/replay$/,
      ({ query, body }) => ({ status: 201, body: { items: loadReplay(world, query, body) } }),
    ],
    [
      'DELETE',
      /^\/replay$/,
      ({ query }) => {
        const cloud = query.get('cloud');
        world.replay.clear(cloud === null ? undefined : world.cloud(cloud).name);
        return { status: 204, body: undefined };
      },
    ],
  ];

  return {
    /** As docs/cloud-twin.md writes them, e.g. `GET /clouds/{cloud}`. */
    routes: routes.map(
      ([method, { source }]) =>
        `${method} ${source
          .slice(1, -1)
          .replaceAll('\\/', '/')
          .replaceAll(/\(\?<(\w+)>\[\^\/\]\+\)/g, '{$1}')}`,
    ),
    matches: (request: IncomingMessage) => (request.url ?? '').startsWith('/twin/v1/'),
    async handle(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
      try {
        if (!isLocal(request))
          throw new BaristaError('permission_denied', 'The control API answers local names only.', {
            next: 'Call it at 127.0.0.1.',
          });
        const url = new URL(request.url ?? '/', 'http://twin');
        const path = url.pathname.slice('/twin/v1'.length);
        for (const [method, pattern, handle] of routes) {
          const match = method === request.method ? pattern.exec(path) : null;
          if (!match) continue;
          const params = Object.fromEntries(
            Object.entries(match.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value)]),
          );
          const { status = 200, body: answer } = await handle({ params, query: url.searchParams, body });
          if (status === 204) response.writeHead(204).end();
          else sendJson(response, status, answer);
          return;
        }
        throw new BaristaError('not_found', `The control API has no ${request.method} ${url.pathname}.`, {
          next: 'See docs/cloud-twin.md.',
        });
      } catch (error) {
        const known = toBaristaError(error);
        sendJson(response, known.status, { error: known.toJSON() });
      }
    },
  };
}
