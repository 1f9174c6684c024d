/**
 * Security rules: ours against EC2's. A rule of ours is one `IpPermission` with one IPv4 range. Source: "IpPermission" in the EC2 API
 * reference: -1 stands for all protocols (no ports), and for every ICMP type and code; all ports of TCP and UDP are 0–65535.
 */
import type { IpPermission } from '@aws-sdk/client-ec2';
import { ruleKey, type SecurityRule } from '@cloud-barista/model/security-group';

export type Direction = SecurityRule['direction'];
const lastPort = 65535;

export function toPermission({ protocol, fromPort, toPort, cidr }: SecurityRule): IpPermission {
  const IpRanges = [{ CidrIp: cidr }];
  if (protocol === 'all') return { IpProtocol: '-1', IpRanges };
  if (protocol === 'icmp') return { IpProtocol: 'icmp', FromPort: -1, ToPort: -1, IpRanges };
  return { IpProtocol: protocol, FromPort: fromPort ?? 0, ToPort: toPort ?? lastPort, IpRanges };
}

/**
 * One permission for each source of each permission, so that they can be compared and revoked one by one.
 */
export const split = (permissions: readonly IpPermission[]): IpPermission[] =>
  permissions.flatMap(({ IpProtocol, FromPort, ToPort, ...sources }) => {
    const base = {
      ...(IpProtocol !== undefined && { IpProtocol }),
      ...(FromPort !== undefined && { FromPort }),
      ...(ToPort !== undefined && { ToPort }),
    };
    return [
      ...(sources.IpRanges ?? []).map(({ CidrIp }) => ({ ...base, IpRanges: [{ CidrIp }] })),
      ...(sources.Ipv6Ranges ?? []).map(({ CidrIpv6 }) => ({ ...base, Ipv6Ranges: [{ CidrIpv6 }] })),
      ...(sources.PrefixListIds ?? []).map(({ PrefixListId }) => ({
        ...base,
        PrefixListIds: [{ PrefixListId }],
      })),
      ...(sources.UserIdGroupPairs ?? []).map(({ GroupId, UserId }) => ({
        ...base,
        UserIdGroupPairs: [{ GroupId, ...(UserId !== undefined && { UserId }) }],
      })),
    ];
  });

/** Two permissions of one source each that allow the same have one key. */
export const permissionKey = ({ IpProtocol, FromPort, ToPort, ...sources }: IpPermission): string =>
  JSON.stringify([
    IpProtocol,
    // EC2 may or may not name ports where the protocol has none.
    ...(IpProtocol === '-1' ? [] : [FromPort ?? -1, ToPort ?? -1]),
    sources.IpRanges?.[0]?.CidrIp,
    sources.Ipv6Ranges?.[0]?.CidrIpv6,
    sources.PrefixListIds?.[0]?.PrefixListId,
    sources.UserIdGroupPairs?.[0]?.GroupId,
  ]);

/** Undefined for what our rules have no words for: IPv6, prefix lists, other groups, single ICMP types, other protocols. */
function toRule(direction: Direction, permission: IpPermission): SecurityRule | undefined {
  const { IpProtocol, FromPort, ToPort } = permission;
  const cidr = permission.IpRanges?.[0]?.CidrIp;
  if (cidr === undefined) return undefined;
  if (IpProtocol === '-1') return { direction, protocol: 'all', cidr };
  if (IpProtocol === 'icmp')
    return (FromPort ?? -1) === -1 ? { direction, protocol: 'icmp', cidr } : undefined;
  if (IpProtocol !== 'tcp' && IpProtocol !== 'udp') return undefined;
  if (FromPort === undefined || ToPort === undefined || (FromPort === 0 && ToPort === lastPort))
    return { direction, protocol: IpProtocol, cidr };
  return { direction, protocol: IpProtocol, fromPort: FromPort, toPort: ToPort, cidr };
}

/** In one fixed order, each once. */
export function toRules(inbound: readonly IpPermission[], outbound: readonly IpPermission[]): SecurityRule[] {
  const rules = new Map<string, SecurityRule>();
  for (const [direction, permissions] of [
    ['inbound', inbound],
    ['outbound', outbound],
  ] as const)
    for (const permission of split(permissions)) {
      const rule = toRule(direction, permission);
      if (rule) rules.set(ruleKey(rule), rule);
    }
  return [...rules].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, rule]) => rule);
}

/** The permissions of one direction, doubles left out (our `tcp` and `tcp 0-65535` are one to EC2). */
export const permissionsOf = (direction: Direction, rules: readonly SecurityRule[]): IpPermission[] =>
  unique(rules.filter(rule => rule.direction === direction).map(toPermission));

const unique = (permissions: readonly IpPermission[]): IpPermission[] => [
  ...new Map(permissions.map(permission => [permissionKey(permission), permission])).values(),
];

/** Those of `some` that `others` has not. */
export function without(some: readonly IpPermission[], others: readonly IpPermission[]): IpPermission[] {
  const keys = new Set(others.map(permissionKey));
  return some.filter(permission => !keys.has(permissionKey(permission)));
}
