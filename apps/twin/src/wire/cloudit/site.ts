/** A tenant of one Cloudit installation: its resources, what it has from its beginning, and which of its servers the internet reaches. */
import { contains, parseAddress, tryCidr, type Cidr } from '@cloud-barista/model/cidr';
import { digest, type Cloud } from '../../world/clouds.ts';
import type { Machine, Site as WorldSite } from '../../world/machines.ts';
import type { World } from '../../world/world.ts';
import { systems } from './catalogue.ts';
import type * as record from './records.ts';
import { stableUuid } from './text.ts';

export interface Site extends WorldSite {
  readonly cloud: Cloud;
  readonly tenantId: string;
  readonly username: string;
  readonly subnets: Map<string, record.Subnet>;
  readonly groups: Map<string, record.Group>;
  readonly servers: Map<string, record.Server>;
  readonly volumes: Map<string, record.Volume>;
  readonly snapshots: Map<string, record.Snapshot>;
  readonly templates: Map<string, record.Template>;
  /** By the address. */
  readonly adaptiveIps: Map<string, record.AdaptiveIp>;
  /** Addresses that the installation has and nobody uses: what GET /dna/ips shows. */
  readonly free: Set<string>;
  readonly nicByAddress: Map<number, record.Nic>;
  readonly usage: { vcpus: number; gigabytes: number };
  /** Servers told to end, until they have. */
  ending: record.Server[];
  next(): number;
  newId(kind: string): string;
}

export const allOpen: Cidr = { base: 0, prefix: 0 };
/** The tenant's network. The public driver knows it as 10.0.0.0/16. */
export const tenantBlock = tryCidr('10.0.0.0/16') ?? allOpen;

export const tenantOf = (name: string): string =>
  `tnt${(digest(`${name}/tenant`).readUInt32BE(0) % 9000) + 1000}`;

export function createSite(world: World, cloud: Cloud, region: string): Site {
  let last = 0;
  const next = () => ++last;
  const place = `${cloud.name}/${region}`;
  const now = world.now();
  const given = (
    kind: string,
    name: string,
    protection: 0 | 1,
    id = stableUuid(`${place}/${kind}/${name}`),
  ) => ({
    n: next(),
    id,
    name,
    description: '',
    protection,
    createdAt: now,
    given: true,
  });
  const site: Site = {
    cloud,
    region,
    tenantId: cloud.credentials['tenantId'] ?? '',
    username: cloud.credentials['username'] ?? '',
    subnets: new Map(),
    groups: new Map(),
    servers: new Map(),
    volumes: new Map(),
    snapshots: new Map(),
    templates: new Map(),
    adaptiveIps: new Map(),
    free: new Set(),
    nicByAddress: new Map(),
    usage: { vcpus: 0, gigabytes: 0 },
    ending: [],
    next,
    newId: kind => world.random.uuid(`${place}/${kind}`),
    reachable: (machine, port) => reachable(site, machine, port),
  };
  const network: record.Subnet = {
    ...given('subnet', 'Default Network', 1),
    block: { base: tenantBlock.base, prefix: 22 },
    gateway: tenantBlock.base + 1,
    vlan: 100,
    used: new Set(),
    cursor: 0,
  };
  site.subnets.set(network.id, network);
  for (const [name, protocol, port] of [
    ['SSH', 'tcp', '22'],
    ['ALL', 'all', '1-65535'],
  ] as const) {
    const group: record.Group = { ...given('group', name, 1), rules: new Map(), users: 0 };
    const rule = (type: 'inbound' | 'outbound', through: 'tcp' | 'all', ports: string): record.Rule => {
      const [from = '0', to = from] = ports.split('-');
      return {
        id: stableUuid(`${place}/rule/${name}/${type}`),
        name: `${name}-${type}`,
        type,
        port: ports,
        from: Number(from),
        to: Number(to),
        target: '0.0.0.0/0',
        block: allOpen,
        protocol: through,
        createdAt: now,
      };
    };
    for (const each of [rule('inbound', protocol, port), rule('outbound', 'all', '1-65535')])
      group.rules.set(each.id, each);
    site.groups.set(group.id, group);
  }
  for (const system of systems)
    site.templates.set(system.id, {
      ...given('template', system.name, 1, system.id),
      os: system.os,
      windows: system.windows,
      size: system.size,
      ownership: 'PUBLIC',
      format: 'qcow2',
      templateType: 'DEFAULT',
      sourceType: 'file',
      volumeId: '',
      snapshotId: '',
      state: 'AVAILABLE',
      disk: undefined,
    });
  return site;
}

/** From where the Twin's clients come: this machine, and for a rule's sake somebody on the internet. */
const clients = ['203.0.113.1', '127.0.0.1'].map(address => ({
  base: parseAddress(address) ?? 0,
  prefix: 32,
}));

function opens(group: record.Group, port: number): boolean {
  for (const rule of group.rules.values()) {
    if (rule.type !== 'inbound' || rule.protocol === 'udp') continue;
    // Of protocol "all", the ports don't matter.
    if (rule.protocol === 'tcp' && (port < rule.from || port > rule.to)) continue;
    if (clients.some(client => contains(rule.block, client))) return true;
  }
  return false;
}

/** What no inbound rule of the NIC's groups lets in is dropped. */
function reachable(site: Site, machine: Machine, port: number): boolean {
  const ip = machine.publicIp === '' ? undefined : site.adaptiveIps.get(machine.publicIp);
  return ip?.nic.groups.some(group => opens(group, port)) === true;
}
