/**
 * `IpPermissions` as sent and as shown: a permission is a protocol, ports and several sources; a rule has one source.
 * Source: EC2 API reference, IpPermission; CIDR blocks are made canonical, as AWS does.
 */
import { formatCidr } from '@cloud-barista/model/cidr';
import { isIPv6 } from 'node:net';
import type { Call } from './call.ts';
import { Ec2Error, missing } from './errors.ts';
import { allowed, allowedText, groupByName } from './group-names.ts';
import { lookup } from './ids.ts';
import { own, type Params } from './query.ts';
import type { Rule, RuleSource, SecurityGroup } from './records.ts';
import type { AwsSite, RuleInput } from './site.ts';
import { readCidr } from './vpcs.ts';
import type { Members, Xml } from './xml.ts';

const protocolNames: Readonly<Record<string, string>> = {
  '6': 'tcp',
  '17': 'udp',
  '1': 'icmp',
  '58': 'icmpv6',
  all: '-1',
};

function readProtocol(text: string): string {
  const lower = text.toLowerCase();
  const name = protocolNames[lower] ?? lower;
  if (['tcp', 'udp', 'icmp', 'icmpv6', '-1'].includes(name)) return name;
  if (/^\d{1,3}$/.test(name) && Number(name) <= 255) return own(name);
  throw new Ec2Error(
    'InvalidPermission.Malformed',
    `Unsupported IP protocol "${text}" - supported: [tcp, udp, icmp, icmpv6, -1, 0-255]`,
  );
}

function readPorts(
  protocol: string,
  permission: Params,
): { from: number | undefined; to: number | undefined } {
  const from = permission.integer('FromPort');
  const to = permission.integer('ToPort');
  if (protocol === 'icmp' || protocol === 'icmpv6') return { from: from ?? -1, to: to ?? -1 };
  if (protocol !== 'tcp' && protocol !== 'udp') return { from: undefined, to: undefined };
  if (from === undefined || to === undefined)
    throw new Ec2Error(
      'InvalidParameterValue',
      `Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.`,
    );
  // -1 to -1 is all ports.
  if (from === -1 && to === -1) return { from: 0, to: 65_535 };
  if (from < 0 || to > 65_535)
    throw new Ec2Error('InvalidParameterValue', `TCP/UDP port (${from < 0 ? from : to}) out of range`);
  if (from > to) throw new Ec2Error('InvalidParameterValue', `Invalid TCP/UDP port range (${from}:${to})`);
  return { from, to };
}

function readIpv4(text: string): RuleSource {
  try {
    const block = readCidr(text, 'cidrIp');
    return { kind: 'ipv4', block, cidr: formatCidr(block) };
  } catch {
    throw new Ec2Error('InvalidParameterValue', `CIDR block ${text} is malformed`);
  }
}

function readIpv6(text: string): RuleSource {
  const [address = '', length = '', more] = text.split('/');
  if (!isIPv6(address) || !/^\d{1,3}$/.test(length) || Number(length) > 128 || more !== undefined)
    throw new Ec2Error('InvalidParameterValue', `CIDR block ${text} is malformed`);
  return { kind: 'ipv6', cidr: own(text.toLowerCase()) };
}

function readGroup({ site }: Call, pair: Params): RuleSource {
  const id = pair.text('GroupId');
  const group =
    id === undefined || id === ''
      ? groupByName(site, pair.required('GroupName'))
      : lookup(site.groups, 'securityGroup', id);
  return { kind: 'group', group: group.id };
}

function readDescription(source: Params): string | undefined {
  const text = source.text('Description');
  if (text === undefined || text === '') return undefined;
  if (text.length > 255 || !allowedText.test(text))
    throw new Ec2Error(
      'InvalidParameterValue',
      `Invalid rule description. Valid descriptions are strings less than 256 characters from the following set: ${allowed}`,
    );
  return own(text);
}

/** All rules of a request: `IpPermissions.N`, or the older form of one permission at top level. */
export function readRules(call: Call, egress: boolean): RuleInput[] {
  const { params } = call;
  const list = params.list('IpPermissions');
  const rules: RuleInput[] = [];
  for (const permission of list) {
    const protocol = readProtocol(permission.required('IpProtocol'));
    const { from, to } = readPorts(protocol, permission);
    const add = (source: RuleSource, given: Params) =>
      rules.push({ egress, protocol, from, to, source, description: readDescription(given) });
    const before = rules.length;
    for (const range of permission.list('IpRanges')) add(readIpv4(range.required('CidrIp')), range);
    for (const range of permission.list('Ipv6Ranges')) add(readIpv6(range.required('CidrIpv6')), range);
    for (const pair of permission.list('Groups')) add(readGroup(call, pair), pair);
    const [prefixList] = permission.list('PrefixListIds');
    if (prefixList)
      throw new Ec2Error(
        'InvalidPrefixListID.NotFound',
        `The prefix list ID '${prefixList.text('PrefixListId') ?? ''}' does not exist`,
      );
    if (rules.length === before)
      throw new Ec2Error(
        'InvalidPermission.Malformed',
        'A permission needs a source: IpRanges, Ipv6Ranges or Groups.',
      );
  }
  if (list.length > 0) return rules;

  const protocol = readProtocol(params.required('IpProtocol'));
  const { from, to } = readPorts(protocol, params);
  const cidr = params.text('CidrIp');
  const name = params.text('SourceSecurityGroupName');
  if (cidr === undefined && name === undefined) throw missing('CidrIp or SourceSecurityGroupName');
  const source: RuleSource =
    cidr === undefined ? { kind: 'group', group: groupByName(call.site, name ?? '').id } : readIpv4(cidr);
  return [{ egress, protocol, from, to, source, description: undefined }];
}

const described = (description: string | undefined): Members =>
  description === undefined ? {} : { description };

/** A group's rules of one direction, those of the same protocol and ports together. */
export function permissionsView(site: AwsSite, group: SecurityGroup, egress: boolean): Xml {
  const together = new Map<string, Rule[]>();
  for (const rule of group.rules.values()) {
    if (rule.egress !== egress) continue;
    const key = `${rule.protocol} ${rule.from} ${rule.to}`;
    const those = together.get(key);
    if (those) those.push(rule);
    else together.set(key, [rule]);
  }
  return [...together.values()].map(rules => ({
    ipProtocol: rules[0]?.protocol,
    fromPort: rules[0]?.from,
    toPort: rules[0]?.to,
    groups: rules.flatMap(({ source, description }) =>
      source.kind === 'group'
        ? [{ userId: site.accountId, groupId: source.group, ...described(description) }]
        : [],
    ),
    ipRanges: rules.flatMap(({ source, description }) =>
      source.kind === 'ipv4' ? [{ cidrIp: source.cidr, ...described(description) }] : [],
    ),
    ipv6Ranges: rules.flatMap(({ source, description }) =>
      source.kind === 'ipv6' ? [{ cidrIpv6: source.cidr, ...described(description) }] : [],
    ),
    prefixListIds: [],
  }));
}
