/** Making servers. */
import { formatAddress } from '@cloud-barista/model/cidr';
import type { World } from '../../../world/world.ts';
import type { SiteCall } from '../call.ts';
import { ApiError } from '../errors.ts';
import { osNameOf } from '../image/image-list.ts';
import { deletePort, makePort, setGroups, syncPublicIp } from '../network/port-records.ts';
import { checkCinderQuota, checkNovaQuota, quota } from '../quotas.ts';
import type { Image, Server, ServerOptions } from '../records.ts';
import { touch, type Site } from '../site.ts';
import { join, makeVolume, pass } from '../volume/volume-records.ts';
import { hosts } from './limits.ts';
import type { ServerRequest } from './server-request.ts';

const noPorts: Server['ports'] = [];
const plain: readonly ServerOptions[] = hosts.map(host => ({
  description: null,
  locked: false,
  lockedReason: null,
  diskConfig: 'MANUAL',
  configDrive: '',
  volumes: [],
  host,
}));

/** nova.utils.sanitize_hostname: a DNS label out of the name. */
export function hostnameOf(name: string, id: string): string {
  const label = name
    .toLowerCase()
    .replace(/[ _]/g, '-')
    .replace(/[^a-z0-9.-]/g, '')
    .replace(/^[.-]+|[.-]+$/g, '')
    .slice(0, 63);
  return label === '' ? `server-${id}` : label;
}

const users: Readonly<Record<string, string>> = { centos: 'cloud-user', rhel: 'cloud-user' };
const userOf = (image: Image | undefined): string => {
  const { os_admin_user: user, os_distro: distro = '' } = image?.properties ?? {};
  return user ?? users[distro] ?? (distro === '' ? 'root' : distro);
};

export function makeServers(
  call: SiteCall,
  request: ServerRequest,
): { servers: Server[]; reservation: string } {
  const { site, world, account } = call;
  const count = grantedCount(call, request);
  const fresh = request.nics.filter(nic => !nic.port).length * count;
  const ports = quota(account, 'port');
  if (ports >= 0 && site.ports.size + fresh > ports)
    throw new ApiError(403, 'Maximum number of ports exceeded');
  const reservation = `r-${world.random.hex(`${account.cloud.name}/${site.region}/reservation`, 8)}`;
  const servers: Server[] = [];
  for (let index = 0; index < count; index++) servers.push(makeServer(call, request, reservation, index));
  return { servers, reservation };
}

/** As many as the quota allows between min_count and max_count. */
function grantedCount({ account, site }: SiteCall, { flavor, least, most }: ServerRequest): number {
  const room = (name: 'instances' | 'cores' | 'ram', used: number, each: number) => {
    const limit = quota(account, name);
    return limit < 0 || each === 0 ? Infinity : Math.floor((limit - used) / each);
  };
  const { cores, ram } = site.usage;
  const count = Math.min(
    most,
    room('instances', site.servers.size, 1),
    room('cores', cores, flavor.vcpus),
    room('ram', ram, flavor.ram),
  );
  if (count >= least) return count;
  checkNovaQuota(account, [
    { name: 'instances', used: site.servers.size, more: least },
    { name: 'cores', used: cores, more: least * flavor.vcpus },
    { name: 'ram', used: ram, more: least * flavor.ram },
  ]);
  return least;
}

function optionsOf(request: ServerRequest, n: number): ServerOptions {
  const [first] = plain;
  const usual = plain[n % plain.length] ?? first;
  if (!usual) throw new Error('no compute hosts');
  const { description, diskConfig, configDrive } = request;
  if (description === null && diskConfig === 'MANUAL' && configDrive === '') return usual;
  return { ...usual, description, diskConfig, configDrive };
}

function userDataOf(
  site: Site,
  encoded: string | undefined,
): { encoded: string; decoded: string } | undefined {
  if (encoded === undefined || encoded === '') return undefined;
  if (site.userData.encoded !== encoded)
    site.userData = { encoded, decoded: Buffer.from(encoded, 'base64').toString('utf8') };
  return site.userData;
}

function makeServer(call: SiteCall, request: ServerRequest, reservation: string, index: number): Server {
  const { world, site, late } = call;
  const { flavor, image, system, keyPair } = request;
  const now = world.now();
  const id = site.newId('server');
  const n = site.next();
  const name = request.most > 1 ? `${request.name}-${index + 1}` : request.name;
  const userData = userDataOf(site, request.userData);
  const server: Server = {
    n,
    id,
    name,
    hostname: request.hostname ?? hostnameOf(name, id),
    flavor,
    imageId: image?.id,
    keyName: keyPair?.name,
    metadata: request.metadata,
    tags: request.tags,
    userData: userData?.encoded,
    reservation,
    launchIndex: index,
    options: optionsOf(request, n),
    ports: noPorts,
    phase: 'create',
    since: now,
    clock: site.clock,
    before: 'BUILD',
    imaging: undefined,
    machine: undefined,
    fault: undefined,
    createdAt: now,
    updatedAt: now,
    launchedAt: 0,
  };
  site.servers.set(id, server);
  site.usage.cores += flavor.vcpus;
  site.usage.ram += flavor.ram;
  reserve(site, server, request);
  const refusal =
    late === undefined
      ? (plug(world, site, server, request) ?? fit(call, server, request))
      : faults[late](id);
  if (refusal !== undefined) {
    fail(world, site, server, refusal);
    return server;
  }
  const first = server.ports[0]?.fixedIps[0];
  server.machine = world.machines.create({
    site,
    id,
    hostname: server.hostname,
    user: userOf(system),
    keys: keyPair?.keys ?? noKeys,
    osName: osNameOf(system),
    cpus: flavor.vcpus,
    memoryMib: flavor.ram,
    privateIp: first ? formatAddress(first.address) : '',
    userData: userData?.decoded,
    disk: system?.disk,
  });
  for (const port of server.ports) if (port.floatingIps.length > 0) syncPublicIp(world, port);
  return server;
}

const noKeys: string[] = [];

/** nova.exception NoValidHost and MaxRetriesExceeded. */
const faults = {
  capacity: () => 'No valid host was found. There are not enough hosts available.',
  error: (id: string) =>
    `Exceeded maximum number of retries. Exhausted all hosts available for retrying build failures for instance ${id}.`,
} as const;

/** The ports as the host makes them; what goes wrong there shows as the server's fault. */
function plug(world: World, site: Site, server: Server, request: ServerRequest): string | undefined {
  for (const nic of request.nics) {
    if (nic.port) {
      const { port } = nic;
      port.deviceId = server.id;
      port.deviceOwner = `compute:${site.zone}`;
      port.server = server;
      touch(world, port);
      server.ports = [...server.ports, port];
      continue;
    }
    const { network, address } = nic;
    try {
      const port = makePort(world, site, {
        network,
        fixedIps: address === undefined ? undefined : [{ subnet: undefined, address }],
        groups: network.portSecurity ? request.groups : [],
        deviceId: server.id,
        deviceOwner: `compute:${site.zone}`,
        auto: true,
      });
      port.server = server;
      server.ports = [...server.ports, port];
    } catch (error) {
      unplug(world, site, server);
      return `Build of instance ${server.id} aborted: ${(error as Error).message}`;
    }
  }
  return undefined;
}

/** Volumes that are there already are kept for the server from the moment of its order. */
function reserve(site: Site, server: Server, { disks }: ServerRequest): void {
  for (const { from, ...how } of disks) {
    if (!from.volume) continue;
    from.volume.state = 'reserved';
    join(site, server, from.volume, { ...how, atBoot: true });
  }
}

/** The volumes as the host has Cinder make them; a quota that is full by then shows as the server's fault. */
function fit(
  { world, site, account }: SiteCall,
  server: Server,
  { disks }: ServerRequest,
): string | undefined {
  for (const { from, sizeGib, type, image, root, ...how } of disks) {
    if (from.volume) continue;
    try {
      checkCinderQuota({ account, usage: site.usage }, { volumes: 1, gigabytes: sizeGib });
    } catch (error) {
      unplug(world, site, server);
      return `Build of instance ${server.id} aborted: ${(error as Error).message}`;
    }
    const volume = makeVolume(world, site, { name: '', sizeGib, type, image, snapshot: from.snapshot });
    join(site, server, volume, { ...how, root, atBoot: true });
    // It is in use when the server has booted.
    pass(site, volume, 'creating', 'attach', () => {
      volume.state = 'attaching';
    });
  }
  return undefined;
}

/** Ports that Nova made go with the server, the project's own stay. */
export function unplug(world: World, site: Site, server: Server): void {
  for (const port of server.ports) {
    if (port.auto) {
      deletePort(world, site, port);
      continue;
    }
    port.deviceId = '';
    port.deviceOwner = '';
    port.server = undefined;
    touch(world, port);
  }
  server.ports = noPorts;
}

/** It is accepted, and goes to ERROR when a host would have had it running. */
function fail(world: World, site: Site, server: Server, message: string): void {
  server.phase = 'failing';
  const arrive = () => {
    if (server.phase !== 'failing') return;
    server.phase = 'error';
    server.updatedAt = world.now();
    server.fault = { code: 500, message, at: server.updatedAt };
  };
  const { create } = site.cloud.delays;
  if (create <= 0) setImmediate(arrive);
  else setTimeout(arrive, create).unref();
}

/** Groups are a port's; Nova's deeds on a server change all of its ports. */
export function regroup(
  server: Server,
  change: (groups: readonly Server['ports'][number]['groups'][number][]) => Server['ports'][number]['groups'],
): void {
  for (const port of server.ports) setGroups(port, change(port.groups));
}
