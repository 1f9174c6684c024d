/**
 * OpenStack (Zed) at its own wire: Keystone v3, Nova v2.1, Neutron v2.0, Glance v2 and Cinder v3, all
 * below /openstack/<cloud>/. From here a request goes to its service's table of routes.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { digest, type Cloud } from '../../world/clouds.ts';
import type { Wire, WireKind, World } from '../../world/world.ts';
import { createAccount, findToken, siteOf, type Account } from './account.ts';
import type { Call } from './call.ts';
import { sweep } from './compute/server-end.ts';
import * as compute from './compute/service.ts';
import { countSites } from './counts.ts';
import {
  ApiError,
  badRequest,
  errorReply,
  forbidden,
  NoRoute,
  unauthenticated,
  type Service,
} from './errors.ts';
import { faultError, recordedError, unavailableHtml } from './faults.ts';
import * as identity from './identity/service.ts';
import { disksOf } from './image/image-store.ts';
import * as image from './image/service.ts';
import { cinderVersions, novaVersions } from './microversion.ts';
import { give } from './network/addresses.ts';
import * as network from './network/service.ts';
import { defaultQuotas } from './quotas.ts';
import { ok, type Reply } from './reply.ts';
import { createRouter, type Match, type Route } from './router.ts';
import { send } from './send.ts';
import * as volume from './volume/service.ts';

const prefix = '/openstack/';

export interface OpenstackWire extends Wire {
  /** Ends all of the cloud's tokens at once, as if their hour had passed. */
  expireTokens(cloud: Cloud): void;
}

const routers = {
  identity: createRouter(identity.identityRouteTable),
  compute: createRouter(compute.computeRouteTable),
  network: createRouter(network.networkRouteTable),
  image: createRouter(image.imageRouteTable),
  volume: createRouter(volume.volumeRouteTable),
};
const versionWords = {
  identity: 'v3',
  compute: 'v2.1',
  network: 'v2.0',
  image: 'v2',
  volume: 'v3',
} as const satisfies Record<Service, string>;
const microversions = { compute: novaVersions, volume: cinderVersions } as const;
const microversionsOf = (service: Service) =>
  service === 'compute' || service === 'volume' ? microversions[service] : undefined;

/** As Keystone's ids of projects are. */
const isProject = (part: string | undefined) => part !== undefined && /^[0-9a-f]{32}$/.test(part);

interface Target {
  cloud: string;
  region: string | undefined;
  service: Service;
  /** Behind the service's name. */
  rest: string[];
}

/** /openstack/<cloud>/identity/… or /openstack/<cloud>/<region>/<service>/… */
function targetOf(path: string): Target | undefined {
  let parts: string[];
  try {
    parts = path
      .slice(prefix.length)
      .split('/')
      .filter(part => part !== '')
      .map(decodeURIComponent);
  } catch {
    return undefined;
  }
  const [cloud, second, third, ...rest] = parts;
  if (cloud === undefined || second === undefined) return undefined;
  if (second === 'identity')
    return {
      cloud,
      region: undefined,
      service: 'identity',
      rest: third === undefined ? [] : [third, ...rest],
    };
  if (third !== 'compute' && third !== 'network' && third !== 'image' && third !== 'volume') return undefined;
  return { cloud, region: second, service: third, rest };
}

/** The documents by which clients find the versions; they need no token. */
function discovery(call: Call, rest: readonly string[]): Reply | undefined {
  const [first, second, third] = rest;
  const root = first === undefined;
  if (call.method !== 'GET' || third !== undefined) return undefined;
  switch (call.service) {
    case 'identity':
      if (root)
        return {
          status: 300,
          headers: { location: `${call.root}/identity/v3/` },
          body: identity.versions(call),
        };
      return first === 'v3' && second === undefined ? ok(identity.version(call)) : undefined;
    case 'compute':
      if (root) return ok(compute.versions(call));
      return first === 'v2.1' && second === undefined ? ok(compute.version(call)) : undefined;
    case 'network':
      if (root) return ok(network.versions(call));
      return first === 'v2.0' && second === undefined ? ok(network.resources(call)) : undefined;
    case 'image':
      if (root) return { status: 300, body: image.versions(call) };
      return first === 'versions' && second === undefined ? ok(image.versions(call)) : undefined;
    case 'volume':
      if (root) return { status: 300, body: volume.versions(call) };
      return first === 'v3' && second === undefined ? ok(volume.versions(call)) : undefined;
  }
}

export function createOpenstackWire(world: World): OpenstackWire {
  const accounts = new WeakMap<Cloud, Account>();
  const accountOf = (cloud: Cloud): Account => {
    let account = accounts.get(cloud);
    if (!account) {
      account = createAccount(cloud);
      accounts.set(cloud, account);
    }
    return account;
  };

  function* sitesOf(account: Account) {
    for (const site of account.sites.values()) {
      sweep(world, site);
      yield site;
    }
  }

  /** The route's answer; `hang` and `drop` where none is to be sent. */
  async function answer(
    call: Call,
    target: Target,
    own: Record<string, string>,
  ): Promise<Reply | 'hang' | 'drop'> {
    const { service, rest } = target;
    const found = discovery(call, rest);
    if (found) {
      if (rest.length > 0) negotiate(call, own);
      return found;
    }
    const [word, ...path] = rest;
    if (word !== versionWords[service]) throw new NoRoute();
    // Clients of long ago put the project's id behind Nova's version.
    if (service === 'compute' && path[0] === call.account.projectId) path.shift();
    // Cinder has it there; since 3.67 it may be left out, but another's is never right.
    if (service === 'volume' && isProject(path[0]) && path.shift() !== call.account.projectId)
      throw badRequest('Malformed request url');
    // And .json behind Neutron's nouns.
    const end = path.length - 1;
    if (service === 'network' && path[end]?.endsWith('.json') === true) path[end] = path[end].slice(0, -5);
    if (service === 'identity')
      return perform(routers.identity.find(call.method, path), call, each => each, path, own);
    const site = siteOf(world, call.account, target.region ?? '');
    sweep(world, site);
    return perform(routers[service].find(call.method, path), call, each => ({ ...each, site }), path, own);
  }

  /** Told in the answer's headers, `own`, unless routing or authentication have answered before. */
  function negotiate({ service, headers }: Call, own: Record<string, string>): number {
    const minors = microversionsOf(service);
    if (!minors) return 0;
    const version = minors.negotiate(headers);
    Object.assign(own, minors.headers(version));
    return version;
  }

  async function perform<C extends Call>(
    match: Match<C> | undefined,
    bare: Call,
    widen: (call: Call) => C,
    path: readonly string[],
    own: Record<string, string>,
  ): Promise<Reply | 'hang' | 'drop'> {
    if (!match) throw new NoRoute();
    const { service, headers } = bare;
    const route: Route<C> | undefined = match.route;
    if (!route)
      throw new ApiError(405, 'The method is not allowed for the requested URL.', 'HTTPMethodNotAllowed', {
        allow: match.methods.join(', '),
      });
    const given = headers['x-auth-token'];
    const token = findToken(world, bare.account, typeof given === 'string' ? given : undefined);
    if (!route.open && !token) throw unauthenticated();
    if (service !== 'identity' && token?.scope !== 'project')
      throw forbidden('This token is not scoped to a project: the policy does not allow the request.');
    const version = negotiate(bare, own);
    const fault = await world.faults.before(bare.account.cloud.name, route.operation, route.createsVm);
    if (fault === 'hang') return 'hang';
    if (fault === 'unavailable') return { status: 503, text: unavailableHtml, type: 'text/html' };
    const late = route.late && (fault === 'error' || fault === 'capacity') ? fault : undefined;
    if (fault !== undefined && fault !== 'drop' && late === undefined)
      throw faultError(service, fault, path[0] ?? '');
    const call = widen({ ...bare, version, id: match.id, sub: match.sub, token, late });
    const reply = await route.handler(call);
    return fault === 'drop' ? 'drop' : reply;
  }

  async function handle(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    const url = request.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const requestId = `req-${randomUUID()}`;
    const own: Record<string, string> = { 'x-openstack-request-id': requestId };
    const target = targetOf(path);
    const cloud = target && world.clouds('openstack').find(each => each.name === target.cloud);
    if (!target || !cloud || (target.region !== undefined && !cloud.regions.includes(target.region))) {
      const known = world
        .clouds('openstack')
        .map(each => each.name)
        .join(', ');
      const message =
        target && !cloud
          ? `The Twin has no OpenStack cloud of this name; it has: ${known || 'none'}.`
          : 'The resource could not be found.';
      send(
        request,
        response,
        { status: 404, body: { error: { code: 404, message, title: 'Not Found' } } },
        own,
      );
      return;
    }
    const { service } = target;
    const root = `http://${request.headers.host ?? '127.0.0.1'}${prefix}${cloud.name}`;
    const endpoint =
      target.region === undefined
        ? `${root}/identity`
        : `${root}/${encodeURIComponent(target.region)}/${service}`;
    const call: Call = {
      world,
      account: accountOf(cloud),
      service,
      method: request.method ?? 'GET',
      id: '',
      sub: '',
      query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
      headers: request.headers,
      raw: body,
      root,
      endpoint,
      version: 0,
      token: undefined,
      late: undefined,
    };
    let reply: Reply;
    try {
      if (service === 'identity') own['vary'] = 'X-Auth-Token';
      if (microversionsOf(service)) own['x-compute-request-id'] = requestId;
      const result = await answer(call, target, own);
      if (result === 'hang') return;
      if (result === 'drop') {
        request.socket.destroy();
        return;
      }
      reply = result;
    } catch (error) {
      const known = error instanceof ApiError ? error : faultError(service, 'error', '');
      if (!(error instanceof ApiError)) world.onError(error);
      reply = errorReply(service, known, request.headers.accept ?? '*/*', `${root}/identity`);
    }
    if (!response.destroyed) send(request, response, reply, own, service);
  }

  return {
    kind: 'openstack',
    matches: request => request.url?.startsWith(prefix) === true,
    handle,
    counts: cloud => countSites(sitesOf(accountOf(cloud))),
    reset(cloud) {
      for (const site of accountOf(cloud).sites.values()) {
        for (const disk of disksOf(site)) world.machines.discard(disk);
        for (const { machine } of site.servers.values()) {
          if (!machine) continue;
          world.machines.terminate(machine);
          world.machines.forget(machine);
        }
        for (const ip of site.floatingIps.values()) world.addresses.release(ip.address);
        for (const router of site.routers.values())
          for (const ip of router.gateway?.fixedIps ?? []) give(world, ip);
      }
      accounts.delete(cloud);
    },
    expireTokens: cloud => accountOf(cloud).tokens.clear(),
    env(cloud, base) {
      const { username, projectName, domainName } = accountOf(cloud);
      return {
        OS_AUTH_URL: `${base}${prefix}${cloud.name}/identity/v3`,
        OS_IDENTITY_API_VERSION: '3',
        OS_USERNAME: username,
        OS_PASSWORD: cloud.credentials['password'] ?? '',
        OS_PROJECT_NAME: projectName,
        OS_USER_DOMAIN_NAME: domainName,
        OS_PROJECT_DOMAIN_NAME: domainName,
        OS_REGION_NAME: cloud.regions[0] ?? '',
      };
    },
    connection(cloud, region, base) {
      const { username, projectName, domainName } = accountOf(cloud);
      return {
        credential: {
          authUrl: `${base}${prefix}${cloud.name}/identity/v3`,
          username,
          password: cloud.credentials['password'] ?? '',
          domain: domainName,
          project: projectName,
        },
        region: { region },
      };
    },
  };
}

export const openstack: WireKind = {
  kind: 'openstack',
  place: 'OpenStack at /openstack/<cloud>/identity/v3',
  regions: ['RegionOne'],
  credentials: name => ({
    username: 'admin',
    password: digest(`${name}/password`).toString('base64url').slice(0, 24),
    project: 'demo',
    domain: 'Default',
  }),
  quotas: defaultQuotas,
  operations: [
    ...new Set(
      [
        identity.identityRouteTable,
        compute.computeRouteTable,
        network.networkRouteTable,
        image.imageRouteTable,
        volume.volumeRouteTable,
      ].flatMap(table => table.map(({ operation }) => operation)),
    ),
  ],
  recordedError,
  open: createOpenstackWire,
};
