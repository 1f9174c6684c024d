/**
 * Security rules against firewalls. Google has no security groups: a group here is a target tag on VMs, and firewalls that act on the
 * tag – one marker, by which the group exists, and one for each rule. One for each rule rather than few for many: firewalls have no
 * fingerprint, so that two who change one at once would lose one's change; adding and taking away whole firewalls can't.
 *
 * What nobody allows: inbound traffic is refused by the network's implied rule. Outbound is allowed by the implied one ("VPC firewall
 * rules: Implied rules"), so the marker denies it, below every rule of ours and above the implied one.
 *
 * Not reached by this: traffic between a VM and its metadata server, which Google always allows.
 */
import { createHash } from 'node:crypto';
import { ruleKey, type SecurityRule } from '@cloud-barista/model/security-group';
import { tail } from './api.ts';
import { rulePrefix } from './limits.ts';
import { markOf } from './marks.ts';

export interface Firewall {
  name?: string;
  description?: string;
  network?: string;
  direction?: 'INGRESS' | 'EGRESS';
  priority?: number;
  sourceRanges?: string[];
  destinationRanges?: string[];
  targetTags?: string[];
  allowed?: Protocol[];
  denied?: Protocol[];
  disabled?: boolean;
}
interface Protocol {
  IPProtocol?: string;
  ports?: string[];
}

const anywhere = '0.0.0.0/0';
const allowPriority = 1000;
/** The implied rules stand at 65535. */
const denyPriority = 65534;

const tagPrefix = 'cb-';

/** The group's id: its tag and the name of its marker. */
export const tagOf = (name: string): string => `${tagPrefix}${name}`;
export const isGroupTag = (tag: string): boolean => tag.startsWith(tagPrefix);
export const nameOfTag = (tag: string): string => tag.slice(tagPrefix.length);

/** All ports said as a range are all ports. */
const isAllPorts = ({ fromPort, toPort }: SecurityRule): boolean =>
  fromPort === undefined || toPort === undefined || (fromPort <= 1 && toPort === 65535);

/** Rules that allow the same have one name. */
export function ruleName(tag: string, rule: SecurityRule): string {
  const { fromPort: _from, toPort: _to, ...bare } = rule;
  const digest = createHash('sha256')
    .update(ruleKey(isAllPorts(rule) ? bare : rule))
    .digest('hex');
  return `${rulePrefix}${nameOfTag(tag)}-${digest.slice(0, 8)}`;
}

export const isRuleOf = (tag: string, firewall: Firewall): boolean =>
  firewall.targetTags?.[0] === tag && firewall.name?.startsWith(`${rulePrefix}${nameOfTag(tag)}-`) === true;
export const isMarker = (firewall: Firewall): boolean =>
  isGroupTag(firewall.name ?? '') &&
  firewall.targetTags?.[0] === firewall.name &&
  markOf(firewall.description) !== undefined;

export const markerFirewall = (tag: string, network: string, description: string): Firewall => ({
  name: tag,
  description,
  network,
  direction: 'EGRESS',
  priority: denyPriority,
  destinationRanges: [anywhere],
  targetTags: [tag],
  denied: [{ IPProtocol: 'all' }],
});

export function toFirewall(tag: string, network: string, description: string, rule: SecurityRule): Firewall {
  const ports = isAllPorts(rule)
    ? {}
    : { ports: [rule.fromPort === rule.toPort ? `${rule.fromPort}` : `${rule.fromPort}-${rule.toPort}`] };
  return {
    name: ruleName(tag, rule),
    description,
    network,
    priority: allowPriority,
    ...(rule.direction === 'inbound'
      ? { direction: 'INGRESS' as const, sourceRanges: [rule.cidr] }
      : { direction: 'EGRESS' as const, destinationRanges: [rule.cidr] }),
    targetTags: [tag],
    allowed: [{ IPProtocol: rule.protocol, ...ports }],
  };
}

/** By name and by number (IANA), as firewalls take both. */
const protocols: Readonly<Record<string, SecurityRule['protocol']>> = {
  tcp: 'tcp',
  '6': 'tcp',
  udp: 'udp',
  '17': 'udp',
  icmp: 'icmp',
  '1': 'icmp',
  all: 'all',
};

/** What a firewall allows, in our words; what they can't say (other protocols, IPv6, a disabled one) is left out. */
export function toRules(firewall: Firewall): SecurityRule[] {
  if (firewall.disabled === true) return [];
  const inbound = firewall.direction !== 'EGRESS';
  const direction = inbound ? 'inbound' : 'outbound';
  const ranges = (inbound ? firewall.sourceRanges : firewall.destinationRanges) ?? [];
  const rules: SecurityRule[] = [];
  for (const { IPProtocol = '', ports = [] } of firewall.allowed ?? []) {
    const protocol = protocols[IPProtocol.toLowerCase()];
    if (protocol === undefined) continue;
    for (const cidr of ranges) {
      if (cidr.includes(':')) continue;
      if (ports.length === 0) rules.push({ direction, protocol, cidr });
      for (const range of ports) {
        const [from = '', to = from] = range.split('-');
        rules.push({ direction, protocol, fromPort: Number(from), toPort: Number(to), cidr });
      }
    }
  }
  return rules;
}

export const networkOf = (firewall: Firewall): string => tail(firewall.network);
