/**
 * Rules. Source: ECS API reference: AuthorizeSecurityGroup(Egress), RevokeSecurityGroup(Egress), DescribeSecurityGroupAttribute.
 * A rule that stands already is taken and not doubled; one that doesn't stand is revoked without complaint.
 */
import { parseAddress, tryCidr, type Cidr } from '@cloud-barista/model/cidr';
import type { Action, Answer, Call } from './call.ts';
import { AliError, invalid, missing, notFound } from './errors.ts';
import { own } from './params.ts';
import { second } from './pages.ts';
import { quota } from './quotas.ts';
import type { Rule } from './records.ts';
import { namedGroup } from './security-groups.ts';
import type { AliSite } from './site.ts';

type Draft = Omit<Rule, 'id' | 'createdAt'>;
type Field = (name: string) => string | undefined;

const protocols = ['tcp', 'udp', 'icmp', 'gre', 'all'] as const;

function readPorts(protocol: Rule['protocol'], text: string): { from: number; to: number } {
  const match = /^(-1|\d{1,5})\/(-1|\d{1,5})$/.exec(text);
  const from = Number(match?.[1] ?? Number.NaN);
  const to = Number(match?.[2] ?? Number.NaN);
  const whole = from === -1 && to === -1;
  const ported = protocol === 'tcp' || protocol === 'udp';
  if (ported ? !(from >= 1 && to <= 65_535 && from <= to) : !whole)
    throw invalid('InvalidIpPortRange.Malformed', 'The specified PortRange does not fit the IpProtocol.');
  return { from, to };
}

function readSide(text: string, name: string): { cidr: string; block: Cidr } {
  const alone = parseAddress(text);
  const block = alone === undefined ? tryCidr(text) : { base: alone, prefix: 32 };
  if (!block) throw invalid(`Invalid${name}.Malformed`, `The specified ${name} is not valid.`);
  return { cidr: own(text), block };
}

function readRule(site: AliSite, field: Field, egress: boolean): Draft {
  const side = egress ? 'Dest' : 'Source';
  const name = field('IpProtocol')?.toLowerCase();
  if (name === undefined) throw missing('IpProtocol');
  const protocol = protocols.find(each => each === name);
  if (!protocol)
    throw new AliError(
      'InvalidIpProtocol.ValueNotSupported',
      'The specified IpProtocol does not exist or is not valid.',
      403,
    );
  const range = field('PortRange');
  if (range === undefined) throw missing('PortRange');
  const policy = field('Policy')?.toLowerCase() ?? 'accept';
  if (policy !== 'accept' && policy !== 'drop')
    throw invalid('InvalidPolicy.Malformed', 'The specified Policy is not valid.');
  const text = field('Priority') ?? '1';
  const priority = Number(text);
  if (!/^\d{1,3}$/.test(text) || priority < 1 || priority > 100)
    throw invalid('InvalidPriority.Malformed', 'The specified Priority is not valid.');
  const cidr = field(`${side}CidrIp`);
  const group = field(`${side}GroupId`);
  if (cidr === undefined && group === undefined)
    throw invalid(`MissingParameter.${side}`, `One of ${side}CidrIp and ${side}GroupId must be specified.`);
  if (cidr === undefined && group !== undefined && !site.groups.has(group))
    throw notFound(`Invalid${side}GroupId.NotFound`, `${side}GroupId`);
  const nic = field('NicType') ?? 'intranet';
  if (nic !== 'intranet' && nic !== 'internet')
    throw invalid('InvalidNicType.ValueNotSupported', 'The specified NicType does not exist.');
  const read = cidr === undefined ? { cidr: '', block: undefined } : readSide(cidr, `${side}CidrIp`);
  return {
    egress,
    protocol,
    ...readPorts(protocol, range),
    ...read,
    group: cidr === undefined ? own(group ?? '') : '',
    accept: policy === 'accept',
    priority,
    description: own(field('Description') ?? ''),
  };
}

/** `Permissions.N.…`, or the older form with the fields at the top. */
function readRules(call: Call, site: AliSite, egress: boolean): Draft[] {
  const { params } = call;
  const many = params.objects('Permissions');
  if (many.length > 100)
    throw invalid('InvalidPermissions.CountExceeded', 'The number of Permissions exceeds 100.');
  if (many.length > 0)
    return many.map(fields => readRule(site, name => fields.get(name.toLowerCase()) || undefined, egress));
  return [readRule(site, name => params.text(name), egress)];
}

const keyOf = (rule: Draft): string =>
  [rule.egress, rule.protocol, rule.from, rule.to, rule.cidr, rule.group, rule.accept, rule.priority].join(
    '|',
  );

export const authorize =
  (egress: boolean): Action =>
  call => {
    const { site, record } = namedGroup(call);
    const drafts = readRules(call, site, egress);
    const fresh = new Map(
      drafts.map(draft => [keyOf(draft), draft] as const).filter(([key]) => !record.rules.has(key)),
    );
    if (record.rules.size + fresh.size > quota(site.cloud, 'rulesPerSecurityGroup'))
      throw new AliError(
        'AuthorizationLimitExceed',
        'The limit of authorization records in the security group reaches.',
        403,
      );
    for (const [key, draft] of fresh)
      record.rules.set(key, { ...draft, id: site.newId('sgr'), createdAt: call.world.now() });
    return {};
  };

export const revoke =
  (egress: boolean): Action =>
  call => {
    const { site, record } = namedGroup(call);
    const ids = call.params.list('SecurityGroupRuleId');
    if (ids.length > 0) {
      for (const [key, rule] of record.rules)
        if (rule.egress === egress && ids.includes(rule.id)) record.rules.delete(key);
      return {};
    }
    for (const draft of readRules(call, site, egress)) record.rules.delete(keyOf(draft));
    return {};
  };

const view = (rule: Rule): Answer => ({
  SecurityGroupRuleId: rule.id,
  Direction: rule.egress ? 'egress' : 'ingress',
  IpProtocol: rule.protocol.toUpperCase(),
  PortRange: `${rule.from}/${rule.to}`,
  SourcePortRange: '',
  SourceCidrIp: rule.egress ? '' : rule.cidr,
  SourceGroupId: rule.egress ? '' : rule.group,
  SourceGroupOwnerAccount: '',
  DestCidrIp: rule.egress ? rule.cidr : '',
  DestGroupId: rule.egress ? rule.group : '',
  DestGroupOwnerAccount: '',
  Policy: rule.accept ? 'Accept' : 'Drop',
  Priority: `${rule.priority}`,
  NicType: 'intranet',
  Description: rule.description,
  CreateTime: second(rule.createdAt),
});

export function describeSecurityGroupAttribute(call: Call): Answer {
  const { site, record } = namedGroup(call);
  const direction = call.params.text('Direction') ?? 'all';
  if (!['ingress', 'egress', 'all'].includes(direction))
    throw invalid('InvalidDirection', 'The specified Direction is not valid.');
  const rules = [...record.rules.values()].filter(
    rule => direction === 'all' || rule.egress === (direction === 'egress'),
  );
  return {
    RegionId: site.region,
    SecurityGroupId: record.id,
    SecurityGroupName: record.name,
    Description: record.description,
    VpcId: record.vpc.id,
    InnerAccessPolicy: record.type === 'normal' && record.closedInside !== true ? 'Accept' : 'Drop',
    Permissions: { Permission: rules.map(view) },
  };
}
