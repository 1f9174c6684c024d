/** A region of an account: its records, its ids, and what its firewall lets through. */
import { cidrSize, contains, formatAddress } from '@cloud-barista/model/cidr';
import type { Cloud } from '../../world/clouds.ts';
import type { Machine, Site } from '../../world/machines.ts';
import type { World } from '../../world/world.ts';
import type {
  CustomImage,
  Disk,
  Eip,
  Instance,
  KeyPair,
  Rule,
  SecurityGroup,
  Snapshot,
  VSwitch,
  Vpc,
} from './records.ts';
import { prefixOf, zonesOf } from './region-catalogue.ts';
import type { Answer } from './call.ts';

export interface AliSite extends Site {
  readonly zones: readonly string[];
  readonly vpcs: Map<string, Vpc>;
  readonly vSwitches: Map<string, VSwitch>;
  readonly groups: Map<string, SecurityGroup>;
  /** By name. */
  readonly keyPairs: Map<string, KeyPair>;
  readonly instances: Map<string, Instance>;
  readonly eips: Map<string, Eip>;
  readonly disks: Map<string, Disk>;
  readonly snapshots: Map<string, Snapshot>;
  /** The account's own. */
  readonly images: Map<string, CustomImage>;
  /** Taken off their instances but not free yet. */
  readonly detaching: Set<Disk>;
  /** Released but not gone yet. */
  readonly ending: Set<Instance>;
  /** `Action/ClientToken` → what was asked and what was answered. */
  readonly tokens: Map<string, { digest: string; answer: Answer }>;
  /** Of all instances. */
  vcpus: number;
  /** The last user data, shared by instances that carry the same. */
  userData: string;
  newId(kind: string): string;
}

/** Who connects to the Twin's VMs comes from this machine. */
const client = { base: 127 * 2 ** 24 + 1, prefix: 32 };

const matches = (rule: Rule, port: number): boolean =>
  !rule.egress &&
  rule.block !== undefined &&
  contains(rule.block, client) &&
  (rule.protocol === 'all' || (rule.protocol === 'tcp' && rule.from <= port && port <= rule.to));

/** ECS user guide, "Security group rules": the smallest priority wins, among equals Drop; without any rule nothing comes in. */
export function admits(groups: readonly SecurityGroup[], port: number): boolean {
  let best: Rule | undefined;
  for (const group of groups)
    for (const rule of group.rules.values()) {
      if (!matches(rule, port)) continue;
      if (!best || rule.priority < best.priority || (rule.priority === best.priority && !rule.accept))
        best = rule;
    }
  return best?.accept === true;
}

export function createSite(world: World, cloud: Cloud, region: string): AliSite {
  const prefix = prefixOf(region);
  const instances = new Map<string, Instance>();
  let made = 0;
  return {
    cloud,
    region,
    zones: zonesOf(region),
    vpcs: new Map(),
    vSwitches: new Map(),
    groups: new Map(),
    keyPairs: new Map(),
    instances,
    eips: new Map(),
    disks: new Map(),
    snapshots: new Map(),
    images: new Map(),
    detaching: new Set(),
    ending: new Set(),
    tokens: new Map(),
    vcpus: 0,
    userData: '',
    newId(kind) {
      const drawn = world.random.hex(`${cloud.name}/${region}/${kind}`, 11);
      return `${kind}-${prefix}${(made++).toString(36).padStart(6, '0')}${drawn}`;
    },
    reachable(machine: Machine, port: number) {
      const instance = instances.get(machine.id);
      return instance !== undefined && admits(instance.groups, port);
    },
  };
}

/** VPC user guide, "vSwitches": the first address and the last three are the vendor's. */
export const freeAddresses = (vSwitch: VSwitch): number => cidrSize(vSwitch.block) - 4 - vSwitch.used.size;

export function takeAddress(vSwitch: VSwitch): string {
  const last = cidrSize(vSwitch.block) - 4;
  let offset = vSwitch.cursor;
  do offset = offset >= last ? 1 : offset + 1;
  while (vSwitch.used.has(offset));
  vSwitch.cursor = offset;
  vSwitch.used.add(offset);
  return formatAddress(vSwitch.block.base + offset);
}
