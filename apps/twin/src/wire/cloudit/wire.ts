/**
 * Cloudit (Innogrid) at its own wire: the engines ace (servers, volumes, templates), dna (networks) and iam (security groups) of one
 * tenant, each at <identity endpoint>/cloudit/v5.0/<engine>/v1.0/<tenant>/… Here the identity endpoint is /cloudit/<cloud>, and
 * /cloudit/<cloud>/<region> of any region but the first: Cloudit has no regions, another one is another installation.
 * Whoever calls shows a token that the installation gave out; the public API has no call that gives one, and no pages.
 * Source of the facts: Cloud-Barista's public CB-Spider, cloud driver for Cloudit (2019 to 2025), its REST client's requests and answers.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { digest, type Cloud } from '../../world/clouds.ts';
import type { FaultKind } from '../../world/faults.ts';
import type { Wire, WireKind, World } from '../../world/world.ts';
import { adaptiveIpRoutes } from './adaptive-ips.ts';
import type { Call } from './call.ts';
import { cluster } from './catalogue.ts';
import { countSites } from './counts.ts';
import { ApiError, forbidden, overQuota, unauthenticated } from './errors.ts';
import { nicRoutes } from './nics.ts';
import { defaultQuotas } from './quotas.ts';
import type { Reply } from './reply.ts';
import { createRouter } from './router.ts';
import { groupRoutes } from './security-groups.ts';
import { sweep } from './server-life.ts';
import { serverRoutes } from './servers.ts';
import { createSite, tenantOf, type Site } from './site.ts';
import { snapshotRoutes } from './snapshots.ts';
import { subnetRoutes } from './subnets.ts';
import { templateRoutes } from './templates.ts';
import { volumeRoutes } from './volumes.ts';

const prefix = '/cloudit/';
/** v4.0 until 2021, v5.0 since; the calls are the same. */
const versions = ['v4.0', 'v5.0'];

const table = [
  ...serverRoutes,
  ...nicRoutes,
  ...volumeRoutes,
  ...snapshotRoutes,
  ...templateRoutes,
  ...subnetRoutes,
  ...adaptiveIpRoutes,
  ...groupRoutes,
];
const router = createRouter(table);

const noSuchPlace = () => new ApiError(404, 'There is no such address.');

const faults: Readonly<Record<Exclude<FaultKind, 'hang' | 'drop'>, () => ApiError>> = {
  error: () => new ApiError(500, 'The request could not be carried out.'),
  capacity: () => new ApiError(500, 'No host of the cluster has room.'),
  quota: () => overQuota('resources'),
  throttle: () => new ApiError(429, 'Too many requests.', { 'retry-after': '1' }),
  unavailable: () => new ApiError(503, 'The service is not available.'),
};

interface Target {
  cloud: Cloud;
  region: string;
  /** Behind `cloudit`: version, engine, v1.0, tenant and what the engine calls it. */
  rest: string[];
}

function targetOf(world: World, path: string): Target | undefined {
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
  const [name, second, third] = parts;
  const cloud = world.clouds('cloudit').find(each => each.name === name);
  const [first = ''] = cloud?.regions ?? [];
  if (!cloud) return undefined;
  if (second === 'cloudit' && third !== 'cloudit') return { cloud, region: first, rest: parts.slice(2) };
  if (second === undefined || third !== 'cloudit' || !cloud.regions.includes(second)) return undefined;
  return { cloud, region: second, rest: parts.slice(3) };
}

function equal(a: string, b: string): boolean {
  const [one, other] = [Buffer.from(a), Buffer.from(b)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function send(
  response: ServerResponse,
  { status, body }: Reply,
  headers: Readonly<Record<string, string>> = {},
): void {
  if (response.destroyed || response.headersSent) return;
  const payload = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, {
    ...headers,
    ...(body !== undefined && { 'content-type': 'application/json;charset=UTF-8' }),
    ...(status !== 204 && { 'content-length': Buffer.byteLength(payload) }),
  });
  response.end(payload);
}

export function createClouditWire(world: World): Wire {
  /** By the cloud itself, so that one removed and added anew under its name begins empty. */
  const all = new WeakMap<Cloud, Map<string, Site>>();
  const sitesOf = (cloud: Cloud): Map<string, Site> => {
    let sites = all.get(cloud);
    if (!sites) {
      sites = new Map();
      all.set(cloud, sites);
    }
    return sites;
  };
  function siteOf(cloud: Cloud, region: string): Site {
    const sites = sitesOf(cloud);
    let site = sites.get(region);
    if (!site) {
      site = createSite(world, cloud, region);
      sites.set(region, site);
    }
    return site;
  }

  async function answer(
    request: IncomingMessage,
    path: string,
    raw: Buffer,
  ): Promise<Reply | 'hang' | 'drop'> {
    const target = targetOf(world, path);
    if (!target) throw noSuchPlace();
    const { cloud, region, rest } = target;
    const [version = '', engine = '', engineVersion, tenant, ...noun] = rest;
    if (!versions.includes(version) || engineVersion !== 'v1.0' || tenant === undefined) throw noSuchPlace();
    const token = request.headers['x-auth-token'];
    if (typeof token !== 'string' || !equal(token, cloud.credentials['authToken'] ?? ''))
      throw unauthenticated();
    if (tenant !== cloud.credentials['tenantId'])
      throw forbidden(`The token is not of the tenant ${JSON.stringify(tenant)}.`);
    const match = router.find(request.method ?? 'GET', [engine, ...noun]);
    if (!match) throw noSuchPlace();
    const { route, methods, ids } = match;
    if (!route)
      throw new ApiError(405, `The method is not one of ${methods.join(', ')}.`, {
        allow: methods.join(', '),
      });
    const fault = await world.faults.before(cloud.name, route.operation, route.createsVm);
    if (fault === 'hang') return 'hang';
    const late = route.createsVm && fault === 'capacity';
    if (fault !== undefined && fault !== 'drop' && !late) throw faults[fault]();
    const site = siteOf(cloud, region);
    sweep(world, site);
    const call: Call = { world, site, ids, contentType: request.headers['content-type'] ?? '', raw, late };
    const reply = route.handler(call);
    return fault === 'drop' ? 'drop' : reply;
  }

  async function handle(request: IncomingMessage, body: Buffer, response: ServerResponse): Promise<void> {
    try {
      const url = request.url ?? '/';
      const mark = url.indexOf('?');
      const reply = await answer(request, mark < 0 ? url : url.slice(0, mark), body);
      if (reply === 'hang') return;
      if (reply === 'drop') {
        request.socket.destroy();
        return;
      }
      send(response, reply);
    } catch (error) {
      if (!(error instanceof ApiError)) world.onError(error);
      const { status, message, headers } = error instanceof ApiError ? error : faults.error();
      send(response, { status, body: { code: status, message } }, headers);
    }
  }

  const endpoint = (cloud: Cloud, region: string, base: string) =>
    `${base}${prefix}${cloud.name}${region === cloud.regions[0] ? '' : `/${encodeURIComponent(region)}`}`;

  return {
    kind: 'cloudit',
    matches: request => request.url?.startsWith(prefix) === true,
    handle,
    counts(cloud) {
      const sites = [...sitesOf(cloud).values()];
      for (const site of sites) sweep(world, site);
      return countSites(sites);
    },
    reset(cloud) {
      for (const site of sitesOf(cloud).values()) {
        for (const { machine } of site.servers.values()) {
          if (!machine) continue;
          world.machines.terminate(machine);
          world.machines.forget(machine);
        }
        for (const address of [...site.adaptiveIps.keys(), ...site.free]) world.addresses.release(address);
        const made = [...site.servers.values()].map(({ template }) => template);
        const disks = [...site.snapshots.values(), ...site.templates.values(), ...made].map(
          ({ disk }) => disk?.key,
        );
        for (const key of new Set(disks)) if (key !== undefined) world.machines.discard(key);
      }
      all.delete(cloud);
    },
    env: (cloud, base) => ({
      CLOUDIT_IDENTITY_ENDPOINT: endpoint(cloud, cloud.regions[0] ?? '', base),
      CLOUDIT_AUTH_TOKEN: cloud.credentials['authToken'] ?? '',
      CLOUDIT_TENANT_ID: cloud.credentials['tenantId'] ?? '',
      CLOUDIT_CLUSTER_ID: cluster.name,
    }),
    connection: (cloud, region, base) => ({
      credential: {
        identityEndpoint: endpoint(cloud, region, base),
        authToken: cloud.credentials['authToken'] ?? '',
        username: cloud.credentials['username'] ?? '',
        password: cloud.credentials['password'] ?? '',
        tenantId: cloud.credentials['tenantId'] ?? '',
        // The public driver's key; what it carries is the cluster's name.
        clusterId: cluster.name,
      },
      region: { region },
    }),
  };
}

export const cloudit: WireKind = {
  kind: 'cloudit',
  place: 'Cloudit at /cloudit/<cloud>/cloudit/v5.0/',
  regions: ['default'],
  credentials: name => ({
    username: 'barista',
    password: digest(`${name}/password`).toString('base64url').slice(0, 24),
    authToken: digest(`${name}/token`).toString('hex').slice(0, 40),
    tenantId: tenantOf(name),
  }),
  quotas: defaultQuotas,
  operations: table.map(({ operation }) => operation),
  open: createClouditWire,
};
