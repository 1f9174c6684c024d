/**
 * Security rules: ours against ECS's. Source: "AuthorizeSecurityGroup", "AuthorizeSecurityGroupEgress" and
 * "DescribeSecurityGroupAttribute" in the ECS API reference: ports are `1/65535` at most for TCP and UDP and `-1/-1` for the rest;
 * Priority 1 is the strongest of 1 to 100, and the first rule that fits decides.
 */
import { BaristaError } from '@cloud-barista/model/errors';
import { ruleKey, type SecurityRule } from '@cloud-barista/model/security-group';

export type Direction = SecurityRule['direction'];

/** A rule as ECS takes it (`Permissions.N`) and, with `Direction`, tells it. */
export interface Permission {
  Direction?: string;
  IpProtocol?: string;
  PortRange?: string;
  SourceCidrIp?: string;
  DestCidrIp?: string;
  Policy?: string;
  Priority?: string | number;
  /** Sources that our rules have no words for. */
  Ipv6SourceCidrIp?: string;
  Ipv6DestCidrIp?: string;
  SourceGroupId?: string;
  DestGroupId?: string;
  SourcePrefixListId?: string;
  DestPrefixListId?: string;
  SourcePortRange?: string;
}

const anywhere = '0.0.0.0/0';
const lastPort = 65535;

/** A new group lets everything out. This, weaker than any rule of ours, refuses what they do not allow. */
export const dropOutbound = {
  IpProtocol: 'all',
  PortRange: '-1/-1',
  DestCidrIp: anywhere,
  Policy: 'drop',
  Priority: '100',
} as const satisfies Permission;

export function toPermission({
  direction,
  protocol,
  fromPort = 0,
  toPort = lastPort,
  cidr,
}: SecurityRule): Permission {
  const hasPorts = protocol === 'tcp' || protocol === 'udp';
  return {
    IpProtocol: protocol,
    // Port 0 is no port on the wire: ranges begin at 1.
    PortRange: hasPorts ? `${Math.max(fromPort, 1)}/${toPort}` : '-1/-1',
    ...(direction === 'inbound' ? { SourceCidrIp: cidr } : { DestCidrIp: cidr }),
    Policy: 'accept',
    Priority: '1',
  };
}

/** Throws invalid_argument for a rule that ECS has no words for. */
export function requirePorts(rules: readonly SecurityRule[]): void {
  for (const { toPort } of rules)
    if (toPort === 0)
      throw new BaristaError('invalid_argument', 'Alibaba Cloud has no security rule for port 0 alone.', {
        next: 'Use ports 1 to 65535.',
        where: 'rules',
      });
}

const isOurDrop = (one: Permission): boolean =>
  one.Direction?.toLowerCase() === 'egress' &&
  one.Policy?.toLowerCase() === 'drop' &&
  one.IpProtocol?.toLowerCase() === 'all' &&
  one.DestCidrIp === anywhere;

/** Undefined for what our rules have no words for: refusals, IPv6, prefix lists, other groups, other protocols, source ports. */
function toRule(one: Permission): SecurityRule | undefined {
  const direction = one.Direction?.toLowerCase() === 'egress' ? 'outbound' : 'inbound';
  const protocol = one.IpProtocol?.toLowerCase();
  const cidr = direction === 'inbound' ? one.SourceCidrIp : one.DestCidrIp;
  const group = direction === 'inbound' ? one.SourceGroupId : one.DestGroupId;
  if (!cidr || group || (one.Policy ?? 'accept').toLowerCase() !== 'accept') return undefined;
  if (one.SourcePortRange && one.SourcePortRange !== '-1/-1') return undefined;
  // An address alone is told without its prefix.
  const source = cidr.includes('/') ? cidr : `${cidr}/32`;
  if (protocol === 'all' || protocol === 'icmp') return { direction, protocol, cidr: source };
  if (protocol !== 'tcp' && protocol !== 'udp') return undefined;
  const [fromPort = -1, toPort = -1] = (one.PortRange ?? '').split('/').map(Number);
  if (fromPort < 0 || Number.isNaN(fromPort) || (fromPort <= 1 && toPort === lastPort))
    return { direction, protocol, cidr: source };
  return { direction, protocol, fromPort, toPort, cidr: source };
}

/** In one fixed order, each once. A group without our drop rule, made elsewhere, lets everything out: said as a rule. */
export function toRules(permissions: readonly Permission[]): SecurityRule[] {
  const open: SecurityRule = { direction: 'outbound', protocol: 'all', cidr: anywhere };
  const rules = permissions.flatMap(one => toRule(one) ?? []);
  if (!permissions.some(isOurDrop)) rules.push(open);
  return sorted(rules);
}

/** As they stand in the cloud once added: `tcp` and `tcp 0-65535` are one. */
export const asStanding = (rules: readonly SecurityRule[]): SecurityRule[] =>
  sorted(
    rules.flatMap(rule => {
      const Direction = rule.direction === 'inbound' ? 'ingress' : 'egress';
      return toRule({ ...toPermission(rule), Direction }) ?? [];
    }),
  );

function sorted(rules: readonly SecurityRule[]): SecurityRule[] {
  const byKey = new Map(rules.map(rule => [ruleKey(rule), rule]));
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, rule]) => rule);
}

/** The permissions of one direction, doubles left out. */
export function permissionsOf(direction: Direction, rules: readonly SecurityRule[]): Permission[] {
  const mine = rules.filter(rule => rule.direction === direction).map(toPermission);
  return [...new Map(mine.map(one => [JSON.stringify(one), one])).values()];
}

export const opensAll = (rule: SecurityRule): boolean =>
  rule.direction === 'outbound' && rule.protocol === 'all' && rule.cidr === anywhere;
