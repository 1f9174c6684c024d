/** A region of an account: its records, its ids, and what its firewall lets through. */
import { cidrSize, contains, formatAddress } from '@cloud-barista/model/cidr';
import type { Cloud } from '../../world/clouds.ts';
import type { Machine, Site } from '../../world/machines.ts';
import type { World } from '../../world/world.ts';
import type { Eip, Instance, KeyPair, Rule, SecurityGroup, VSwitch, Vpc } from './records.ts';
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

/** As the ids of real resources begin, by region. */
const idPrefixes: Readonly<Record<string, string>> = {
  'cn-hangzhou': 'bp1',
  'cn-shanghai': 'uf6',
  'cn-beijing': '2ze',
  'cn-shenzhen': 'wz9',
  'cn-hongkong': 'j6c',
  'ap-northeast-1': '6we',
  'ap-northeast-2': 'mj7',
  'ap-southeast-1': 't4n',
  'us-east-1': '0xi',
  'us-west-1': 'rj9',
  'eu-central-1': 'gw8',
};

/** As the vendor writes them: cn-hangzhou-a, but ap-northeast-2a. */
export const zonesOf = (region: string): string[] => {
  const stem = /\d$/.test(region) ? region : `${region}-`;
  return [`${stem}a`, `${stem}b`];
};

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
  const prefix = idPrefixes[region] ?? 'a2d';
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
