/** One project in one region: its resources, its external network, and whether the internet reaches a machine in it. */
import { contains, parseAddress, tryCidr, type Cidr } from '@cloud-barista/model/cidr';
import type { Cloud } from '../../world/clouds.ts';
import type { Machine, Site as WorldSite } from '../../world/machines.ts';
import type { World } from '../../world/world.ts';
import { givenImages } from './image/image-list.ts';
import { defaultQuotas } from './quotas.ts';
import type * as record from './records.ts';
import { stableHex, stableUuid } from './text.ts';

/** Where the client on the internet is taken to sit (RFC 5737), beside the loopback address that it really has. */
const clients: Cidr[] = ['203.0.113.1', '127.0.0.1'].map(address => ({
  base: parseAddress(address) ?? 0,
  prefix: 32,
}));

export interface Site extends WorldSite {
  readonly cloud: Cloud;
  readonly projectId: string;
  readonly zone: string;
  readonly networks: Map<string, record.Network>;
  readonly subnets: Map<string, record.Subnet>;
  readonly ports: Map<string, record.Port>;
  readonly routers: Map<string, record.Router>;
  readonly floatingIps: Map<string, record.FloatingIp>;
  readonly groups: Map<string, record.SecurityGroup>;
  readonly rules: Map<string, record.Rule>;
  readonly keyPairs: Map<string, record.KeyPair>;
  readonly servers: Map<string, record.Server>;
  readonly images: Map<string, record.Image>;
  readonly volumes: Map<string, record.Volume>;
  readonly snapshots: Map<string, record.Snapshot>;
  readonly external: record.Network;
  readonly defaultGroup: record.SecurityGroup;
  /** Servers told to end, until they have; and those that have, until Nova shows them no more, the first to go first. */
  ending: record.Server[];
  readonly ended: record.Server[];
  readonly clock: record.Clock;
  /** What the servers, and the volumes and snapshots, take of the quotas. */
  readonly usage: { cores: number; ram: number; volumes: number; gigabytes: number; snapshots: number };
  /** The last user data, which the next server most often repeats: kept once. */
  userData: { encoded: string; decoded: string };
  next(): number;
  newId(kind: string): string;
}

export const noTags: readonly string[] = [];

export function newResource(site: Pick<Site, 'next' | 'newId'>, now: number, kind: string): record.Resource {
  return {
    n: site.next(),
    id: site.newId(kind),
    name: '',
    description: '',
    tags: noTags,
    createdAt: now,
    updatedAt: now,
    revision: 0,
  };
}

/** Every change of a Neutron resource raises its revision. */
export function touch(world: World, resource: record.Resource): void {
  resource.updatedAt = world.now();
  resource.revision++;
}

export function createSite(world: World, cloud: Cloud, region: string): Site {
  let last = 0;
  const { project = 'demo' } = cloud.credentials;
  const counter = {
    next: () => ++last,
    newId: (kind: string) => world.random.uuid(`${cloud.name}/${region}/${kind}`),
  };
  const projectId = stableHex(`${cloud.name}/project/${project}`);
  const now = world.now();
  const fixed = (kind: string, name: string): record.Resource => ({
    ...newResource(
      { next: counter.next, newId: () => stableUuid(`${cloud.name}/${region}/${kind}`) },
      now,
      kind,
    ),
    name,
    revision: 1,
  });
  const external = externalNetwork(fixed);
  const [publicSubnet] = external.subnets;
  const defaultGroup: record.SecurityGroup = {
    ...fixed('default-group', 'default'),
    description: 'Default security group',
    isDefault: true,
    stateful: true,
    rules: new Map(),
    users: 0,
  };
  /** There may be thousands: they are made when first asked for. */
  let images: Map<string, record.Image> | undefined;
  const site: Site = {
    ...counter,
    cloud,
    region,
    projectId,
    zone: 'nova',
    networks: new Map([[external.id, external]]),
    subnets: new Map(publicSubnet ? [[publicSubnet.id, publicSubnet]] : []),
    ports: new Map(),
    routers: new Map(),
    floatingIps: new Map(),
    groups: new Map([[defaultGroup.id, defaultGroup]]),
    rules: new Map(),
    keyPairs: new Map(),
    servers: new Map(),
    get images() {
      const count = cloud.quotas['images'] ?? defaultQuotas.images;
      images ??= new Map(givenImages(cloud.name, region, count, counter.next).map(each => [each.id, each]));
      return images;
    },
    volumes: new Map(),
    snapshots: new Map(),
    external,
    defaultGroup,
    ending: [],
    ended: [],
    clock: {
      now: world.now,
      get delays() {
        return cloud.delays;
      },
    },
    usage: { cores: 0, ram: 0, volumes: 0, gigabytes: 0, snapshots: 0 },
    userData: { encoded: '', decoded: '' },
    reachable: (machine, port) => reachable(site, machine, port),
  };
  for (const ethertype of ['IPv4', 'IPv6'] as const)
    for (const egress of [true, false])
      addRule(site, defaultGroup, now, {
        egress,
        ethertype,
        protocol: undefined,
        min: undefined,
        max: undefined,
        prefix: undefined,
        remoteGroup: egress ? undefined : defaultGroup.id,
      });
  return site;
}

/** Every public address of the Twin; they are handed out by the world, not from this pool. */
const publicBlock = tryCidr('127.64.0.0/10') ?? { base: 0, prefix: 0 };

function externalNetwork(fixed: (kind: string, name: string) => record.Resource): record.Network {
  const network: record.Network = {
    ...fixed('public', 'public'),
    adminUp: true,
    shared: false,
    external: true,
    mtu: 1500,
    portSecurity: true,
    segment: 0,
    subnets: [],
    ports: new Set(),
    dhcp: undefined,
  };
  network.subnets.push({
    ...fixed('public-subnet', 'public-subnet'),
    network,
    block: publicBlock,
    gateway: undefined,
    dhcp: false,
    pools: [[publicBlock.base + 1, publicBlock.base + 2 ** 22 - 2]],
    nameservers: [],
    routes: [],
    used: new Set(),
  });
  return network;
}

export type RuleInput = Pick<
  record.Rule,
  'egress' | 'ethertype' | 'protocol' | 'min' | 'max' | 'prefix' | 'remoteGroup'
>;

const anywhere = new Set([undefined, '0.0.0.0/0', '::/0']);

/** Neutron takes "from anywhere" and "no prefix" for the same rule. */
export const ruleKey = (rule: RuleInput): string =>
  [
    rule.egress ? 'out' : 'in',
    rule.ethertype,
    rule.protocol ?? '+',
    rule.min ?? '+',
    rule.max ?? '+',
    anywhere.has(rule.prefix) ? '+' : rule.prefix,
    rule.remoteGroup ?? '+',
  ].join(' ');

export function addRule(
  site: Site,
  group: record.SecurityGroup,
  now: number,
  input: RuleInput,
  description?: string,
): record.Rule {
  const rule: record.Rule = {
    ...newResource(site, now, 'rule'),
    group,
    ...input,
    description: description ?? '',
    byDefault: description === undefined,
  };
  group.rules.set(ruleKey(rule), rule);
  site.rules.set(rule.id, rule);
  return rule;
}

export function removeRule(site: Site, rule: record.Rule): void {
  rule.group.rules.delete(ruleKey(rule));
  site.rules.delete(rule.id);
}

/** Whether the port's groups let TCP in from where the client is. Neutron: what no rule allows is dropped. */
function opens(group: record.SecurityGroup, port: number): boolean {
  for (const rule of group.rules.values()) {
    if (rule.egress || rule.ethertype !== 'IPv4' || rule.remoteGroup !== undefined) continue;
    if (rule.protocol !== undefined && rule.protocol !== 'tcp' && rule.protocol !== '6') continue;
    if (rule.min !== undefined && !(rule.min <= port && port <= (rule.max ?? rule.min))) continue;
    if (rule.prefix === undefined) return true;
    const block = looseCidr(rule.prefix);
    if (block && clients.some(client => contains(block, client))) return true;
  }
  return false;
}

/** 10.1 for 10.1.0.0 */
export const wholeAddress = (address: string): string =>
  `${address}${'.0'.repeat(Math.max(0, 4 - address.split('.').length))}`;

/** As Neutron's library (netaddr) reads a prefix: bits behind it don't matter, octets may lack, and a bare address is itself alone. */
export function looseCidr(text: string): Cidr | undefined {
  const [address = '', length = '32', rest] = text.split('/');
  const base = parseAddress(wholeAddress(address));
  const prefix = Number(length);
  if (rest !== undefined || base === undefined || !/^\d{1,2}$/.test(length) || prefix > 32) return undefined;
  return { base: base - (base % 2 ** (32 - prefix)), prefix };
}

function reachable(site: Site, machine: Machine, tcpPort: number): boolean {
  const server = site.servers.get(machine.id);
  if (!server || machine.publicIp === '') return false;
  const port = server.ports.find(each => each.floatingIps.some(ip => ip.address === machine.publicIp));
  const router = port?.floatingIps.find(ip => ip.address === machine.publicIp)?.router;
  if (!port || !router?.adminUp || !port.adminUp || !port.network.adminUp) return false;
  return !port.portSecurity || port.groups.some(group => opens(group, tcpPort));
}
