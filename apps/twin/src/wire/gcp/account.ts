/** A project: everything that stands in it, and the default network that every project has by itself. */
import type { Cloud } from '../../world/clouds.ts';
import type { World } from '../../world/world.ts';
import { digest } from '../../world/clouds.ts';
import { createNetworkRecord, fillAutoNetwork } from './network-records.ts';
import { regionsOf, zonesOf } from './regions.ts';
import { createSite, type GcpSite } from './site.ts';
import type {
  Address,
  Disk,
  Firewall,
  FirewallRule,
  Image,
  Instance,
  MachineImage,
  MetadataItem,
  Network,
  Operation,
  Resource,
  Snapshot,
} from './records.ts';
import { stableId } from './text.ts';
import type { Token } from './token.ts';

export interface Account {
  readonly cloud: Cloud;
  readonly projectId: string;
  readonly projectNumber: string;
  readonly clientEmail: string;
  readonly createdAt: number;
  readonly regions: readonly string[];
  readonly zones: readonly string[];
  /** By region. */
  readonly zonesOf: ReadonlyMap<string, readonly string[]>;
  readonly tokens: Map<string, Token>;
  readonly networks: Map<string, Network>;
  readonly firewalls: Map<string, Firewall>;
  /** By region/name. */
  readonly addresses: Map<string, Address>;
  /** By zone, then name. */
  readonly disks: Map<string, Map<string, Disk>>;
  readonly instances: Map<string, Map<string, Instance>>;
  readonly images: Map<string, Image>;
  readonly snapshots: Map<string, Snapshot>;
  readonly machineImages: Map<string, MachineImage>;
  /** How many hold each captured disk. */
  readonly captures: Map<string, number>;
  readonly sites: Map<string, GcpSite>;
  metadata: readonly MetadataItem[];
  /** By name, oldest first. */
  readonly operations: Map<string, Operation>;
  readonly pending: Set<Operation>;
  readonly requests: Map<string, Operation>;
  newId(kind: string): string;
}

const place = <T>(map: Map<string, Map<string, T>>, zone: string): Map<string, T> => {
  let found = map.get(zone);
  if (!found) map.set(zone, (found = new Map()));
  return found;
};
export const disksIn = (account: Account, zone: string) => place(account.disks, zone);
export const instancesIn = (account: Account, zone: string) => place(account.instances, zone);

/** Zones carry their region's name. */
export const regionOf = (zone: string): string => zone.slice(0, zone.lastIndexOf('-'));

export function createAccount(world: World, cloud: Cloud): Account {
  const { projectId = '', clientEmail = '' } = cloud.credentials;
  const newId = (kind: string) =>
    (BigInt(`0x${world.random.hex(`${cloud.name}/${kind}`, 16)}`) >> 1n).toString();
  const regions = regionsOf(cloud.regions);
  const account: Account = {
    cloud,
    projectId,
    projectNumber: (digest(`${cloud.name}/project-number`).readUIntBE(0, 6) % 1e12)
      .toString()
      .padStart(12, '1'),
    clientEmail,
    createdAt: world.now(),
    regions,
    zones: regions.flatMap(zonesOf),
    zonesOf: new Map(regions.map(region => [region, zonesOf(region)])),
    tokens: new Map(),
    networks: new Map(),
    firewalls: new Map(),
    addresses: new Map(),
    disks: new Map(),
    instances: new Map(),
    images: new Map(),
    snapshots: new Map(),
    machineImages: new Map(),
    captures: new Map(),
    sites: new Map(),
    metadata: [],
    operations: new Map(),
    pending: new Set(),
    requests: new Map(),
    newId,
  };
  addDefaultNetwork(world, account);
  return account;
}

export function siteOf(account: Account, region: string): GcpSite {
  let site = account.sites.get(region);
  if (!site) account.sites.set(region, (site = createSite(account, region)));
  return site;
}

const tcp = (port: string): FirewallRule => ({ IPProtocol: 'tcp', ports: [port] });
/** Source: "VPC firewall rules", pre-populated rules in the default network. */
const prefilled: readonly [string, string, readonly string[], readonly FirewallRule[]][] = [
  ['default-allow-icmp', 'Allow ICMP from anywhere', ['0.0.0.0/0'], [{ IPProtocol: 'icmp' }]],
  [
    'default-allow-internal',
    'Allow internal traffic on the default network',
    ['10.128.0.0/9'],
    [tcp('0-65535'), { IPProtocol: 'udp', ports: ['0-65535'] }, { IPProtocol: 'icmp' }],
  ],
  ['default-allow-rdp', 'Allow RDP from anywhere', ['0.0.0.0/0'], [tcp('3389')]],
  ['default-allow-ssh', 'Allow SSH from anywhere', ['0.0.0.0/0'], [tcp('22')]],
];

function addDefaultNetwork(world: World, account: Account): void {
  const fixed = (name: string): Resource => ({
    id: stableId(`${account.cloud.name}/${name}`),
    name,
    description: '',
    createdAt: account.createdAt,
    busy: undefined,
  });
  const network = createNetworkRecord(world, account, {
    ...fixed('default'),
    description: 'Default network for the project',
  });
  network.auto = true;
  account.networks.set('default', network);
  fillAutoNetwork(world, account, network);
  for (const [name, description, sourceRanges, allowed] of prefilled) {
    const rule: Firewall = {
      ...fixed(name),
      description,
      network,
      direction: 'INGRESS',
      priority: 65_534,
      allowed,
      denied: [],
      sourceRanges,
      destinationRanges: [],
      sourceTags: [],
      targetTags: [],
      sourceServiceAccounts: [],
      targetServiceAccounts: [],
      disabled: false,
      logging: false,
    };
    network.firewalls.set(name, rule);
    account.firewalls.set(name, rule);
  }
}

/** Whether every project has it by itself. */
export const isGiven = (account: Account, resource: Network | Firewall): boolean =>
  resource.id === stableId(`${account.cloud.name}/${resource.name}`);
