/** One account in one region: its resources, its default VPC, and whether the internet reaches a machine in it. */
import { contains, formatAddress, formatCidr, parseAddress, type Cidr } from '@cloud-barista/model/cidr';
import type { Cloud } from '../../world/clouds.ts';
import type { Machine, Site } from '../../world/machines.ts';
import type { World } from '../../world/world.ts';
import { imagesOf, type Image } from './image-catalogue.ts';
import { quota } from './quotas.ts';
import { noTags } from './records.ts';
import type * as record from './records.ts';
import { zonesOf, type Zone } from './zones.ts';

/** How long an instance stays visible as terminated. EC2 user guide, "Terminate": "a short while", in practice an hour. */
export const terminatedVisibleMs = 60 * 60_000;

/** Where the client on the internet is taken to sit (RFC 5737), beside the loopback address that it really has. */
const clientAddresses = ['203.0.113.1', '127.0.0.1'];
const clients: Cidr[] = clientAddresses.map(address => ({ base: parseAddress(address) ?? 0, prefix: 32 }));
const fromInternet = (block: Cidr): boolean => clients.some(client => contains(block, client));

export interface AwsSite extends Site {
  readonly accountId: string;
  readonly zones: readonly Zone[];
  readonly images: ReadonlyMap<string, Image>;
  readonly dhcpOptions: record.Resource;
  readonly vpcs: Map<string, record.Vpc>;
  readonly subnets: Map<string, record.Subnet>;
  readonly gateways: Map<string, record.InternetGateway>;
  readonly routeTables: Map<string, record.RouteTable>;
  readonly acls: Map<string, record.NetworkAcl>;
  readonly groups: Map<string, record.SecurityGroup>;
  readonly rules: Map<string, record.Rule>;
  readonly keyPairs: Map<string, record.KeyPair>;
  readonly keyPairsByName: Map<string, record.KeyPair>;
  readonly addresses: Map<string, record.Address>;
  readonly instances: Map<string, record.Instance>;
  /** Those that stand for themselves; volumes of instances that nobody has looked at singly are derived (volume-records.ts). */
  readonly volumes: Map<string, record.Volume>;
  readonly volumeTokens: Map<string, { readonly digest: string; readonly volume: record.Volume }>;
  readonly snapshots: Map<string, record.Snapshot>;
  readonly ownImages: Map<string, record.OwnImage>;
  /** The account's own tags on public images. */
  readonly imageTags: Map<string, record.Tags>;
  readonly reservations: Map<string, record.Reservation>;
  /** Reservations by client token. */
  readonly tokens: Map<string, record.Reservation>;
  /** Instances told to end, in that order, until they have; then those still visible. */
  ending: record.Instance[];
  ended: record.Instance[];
  /** At least the vCPUs that run; counted anew when it matters. */
  vcpus: number;
  /** At least the GiB of volumes by type; counted anew when it matters. */
  gib: Record<string, number>;
  due: record.Due[];
  /** Ids too young to be seen, and until when (freshness.ts). */
  readonly fresh: Map<string, number>;
  /** The last user data, which the next RunInstances most often repeats: kept once. */
  userData: string;
  next(): number;
  newId(prefix: string): string;
}

export function createSite(world: World, cloud: Cloud, region: string): AwsSite {
  let last = 0;
  const next = () => ++last;
  const fresh = new Map<string, number>();
  const consistencyMs = quota(cloud, 'consistencyMs');
  const newId = (prefix: string) => {
    const id = `${prefix}-0${world.random.hex(`${cloud.name}/${region}/${prefix}`, 16)}`;
    if (consistencyMs > 0) fresh.set(id, world.now() + consistencyMs);
    return id;
  };
  const site: AwsSite = {
    cloud,
    region,
    accountId: cloud.credentials['accountId'] ?? '000000000000',
    zones: zonesOf(region),
    images: imagesOf(region, quota(cloud, 'images')),
    dhcpOptions: { n: next(), id: newId('dopt'), tags: noTags },
    vpcs: new Map(),
    subnets: new Map(),
    gateways: new Map(),
    routeTables: new Map(),
    acls: new Map(),
    groups: new Map(),
    rules: new Map(),
    keyPairs: new Map(),
    keyPairsByName: new Map(),
    addresses: new Map(),
    instances: new Map(),
    volumes: new Map(),
    volumeTokens: new Map(),
    snapshots: new Map(),
    ownImages: new Map(),
    imageTags: new Map(),
    reservations: new Map(),
    tokens: new Map(),
    ending: [],
    ended: [],
    vcpus: 0,
    gib: {},
    due: [],
    fresh,
    userData: '',
    next,
    newId,
    reachable(machine: Machine, port: number) {
      const instance = site.instances.get(machine.id);
      if (!instance || machine.publicIp === '' || !hasInternet(site, instance.subnet)) return false;
      return instance.groups.some(group => opens(group, port));
    },
  };
  makeDefaultVpc(site);
  // What every account has was there before.
  fresh.clear();
  return site;
}

function opens(group: record.SecurityGroup, port: number): boolean {
  for (const rule of group.rules.values()) {
    if (rule.egress || rule.source.kind !== 'ipv4' || !fromInternet(rule.source.block)) continue;
    if (rule.protocol === '-1') return true;
    if (rule.protocol === 'tcp' && (rule.from ?? 0) <= port && port <= (rule.to ?? 65_535)) return true;
  }
  return false;
}

/** The route that an address takes: the most specific one. */
function hasInternet(site: AwsSite, subnet: record.Subnet): boolean {
  const table = subnet.association?.table ?? subnet.vpc.mainTable;
  const [client] = clients;
  if (!client) return false;
  let best: record.Route | undefined;
  for (const route of table.routes)
    if (contains(route.block, client) && (!best || route.block.prefix > best.block.prefix)) best = route;
  if (best?.target.kind !== 'gateway') return false;
  return site.gateways.get(best.target.gateway)?.vpc === subnet.vpc;
}

export const anywhere: Cidr = { base: 0, prefix: 0 };

export function makeVpc(site: AwsSite, block: Cidr, isDefault: boolean, tags: record.Tags): record.Vpc {
  const id = site.newId('vpc');
  const mainTable = makeRouteTable(site, id, block, noTags);
  mainTable.isMain = true;
  const acl: record.NetworkAcl = { n: site.next(), id: site.newId('acl'), tags: noTags, vpcId: id };
  site.acls.set(acl.id, acl);
  const vpc: record.Vpc = {
    n: site.next(),
    id,
    tags,
    block,
    isDefault,
    dnsSupport: true,
    dnsHostnames: isDefault,
    mainTable,
    mainAssociation: site.newId('rtbassoc'),
    acl,
    gateway: undefined,
  };
  site.vpcs.set(id, vpc);
  const group = makeGroup(site, vpc, 'default', 'default VPC security group', true, noTags);
  addRule(site, group, {
    egress: false,
    protocol: '-1',
    from: undefined,
    to: undefined,
    source: { kind: 'group', group: group.id },
    description: undefined,
  });
  return vpc;
}

export function makeRouteTable(
  site: AwsSite,
  vpcId: string,
  block: Cidr,
  tags: record.Tags,
): record.RouteTable {
  const local: record.Route = { block, destination: formatCidr(block), target: { kind: 'local' } };
  const table: record.RouteTable = {
    n: site.next(),
    id: site.newId('rtb'),
    tags,
    vpcId,
    isMain: false,
    routes: [local],
  };
  site.routeTables.set(table.id, table);
  return table;
}

export function makeSubnet(
  site: AwsSite,
  vpc: record.Vpc,
  zone: Zone,
  block: Cidr,
  isDefault: boolean,
  tags: record.Tags,
): record.Subnet {
  const subnet: record.Subnet = {
    n: site.next(),
    id: site.newId('subnet'),
    tags,
    vpc,
    zone,
    block,
    isDefault,
    mapPublicIp: isDefault,
    used: new Set(),
    cursor: 4,
    association: undefined,
  };
  site.subnets.set(subnet.id, subnet);
  return subnet;
}

/** With the rule that every new group has: everything may leave. */
export function makeGroup(
  site: AwsSite,
  vpc: record.Vpc,
  name: string,
  description: string,
  isDefault: boolean,
  tags: record.Tags,
): record.SecurityGroup {
  const id = site.newId('sg');
  const group: record.SecurityGroup = {
    n: site.next(),
    id,
    tags,
    name,
    description,
    vpc,
    isDefault,
    rules: new Map(),
    users: 0,
  };
  site.groups.set(id, group);
  addRule(site, group, {
    egress: true,
    protocol: '-1',
    from: undefined,
    to: undefined,
    source: { kind: 'ipv4', cidr: '0.0.0.0/0', block: anywhere },
    description: undefined,
  });
  return group;
}

export type RuleInput = Pick<record.Rule, 'egress' | 'protocol' | 'from' | 'to' | 'source' | 'description'>;

export const ruleKey = (rule: RuleInput): string =>
  `${rule.egress ? 'out' : 'in'} ${rule.protocol} ${rule.from ?? ''}-${rule.to ?? ''} ${rule.source.kind === 'group' ? rule.source.group : rule.source.cidr}`;

export function addRule(
  site: AwsSite,
  group: record.SecurityGroup,
  input: RuleInput,
  tags: record.Tags = noTags,
): record.Rule {
  const rule: record.Rule = { n: site.next(), id: site.newId('sgr'), tags, group: group.id, ...input };
  group.rules.set(ruleKey(rule), rule);
  site.rules.set(rule.id, rule);
  return rule;
}

export function removeRule(site: AwsSite, group: record.SecurityGroup, rule: record.Rule): void {
  group.rules.delete(ruleKey(rule));
  site.rules.delete(rule.id);
}

/** VPC user guide, "Default VPCs": 172.31.0.0/16, a /20 in each zone, a gateway and the route to it. */
export function makeDefaultVpc(site: AwsSite): record.Vpc {
  const base = parseAddress('172.31.0.0') ?? 0;
  const vpc = makeVpc(site, { base, prefix: 16 }, true, noTags);
  const gateway: record.InternetGateway = {
    n: site.next(),
    id: site.newId('igw'),
    tags: noTags,
    vpc,
    isDefault: true,
  };
  site.gateways.set(gateway.id, gateway);
  vpc.gateway = gateway;
  vpc.mainTable.routes.push({
    block: anywhere,
    destination: '0.0.0.0/0',
    target: { kind: 'gateway', gateway: gateway.id },
  });
  for (const [index, zone] of site.zones.entries())
    makeSubnet(site, vpc, zone, { base: base + index * 4096, prefix: 20 }, true, noTags);
  return vpc;
}

export function defaultVpc(site: AwsSite): record.Vpc | undefined {
  for (const vpc of site.vpcs.values()) if (vpc.isDefault) return vpc;
  return undefined;
}

export function defaultGroup(site: AwsSite, vpc: record.Vpc): record.SecurityGroup | undefined {
  for (const group of site.groups.values()) if (group.vpc === vpc && group.isDefault) return group;
  return undefined;
}

/** A subnet's first four addresses and its last are AWS's own. VPC user guide, "Subnet sizing for IPv4". */
export const reservedAddresses = 5;
export const subnetCapacity = (subnet: record.Subnet): number =>
  2 ** (32 - subnet.block.prefix) - reservedAddresses;
export const freeAddresses = (subnet: record.Subnet): number => subnetCapacity(subnet) - subnet.used.size;

/** The next free address, the longest unused first; the caller has seen that there is one. */
export function takeAddress(subnet: record.Subnet): string {
  const last = 2 ** (32 - subnet.block.prefix) - 2;
  if (subnet.cursor > last) subnet.cursor = 4;
  while (subnet.used.has(subnet.cursor)) subnet.cursor = subnet.cursor === last ? 4 : subnet.cursor + 1;
  subnet.used.add(subnet.cursor);
  return formatAddress(subnet.block.base + subnet.cursor++);
}
