/** Security groups: create, describe, delete. Their rules: security-group-rules.ts. */
import { commit, type Call } from './call.ts';
import { Ec2Error, dependency, missing } from './errors.ts';
import { filterAll, page } from './filters.ts';
import { allowed, allowedText, groupByName, namedGroup } from './group-names.ts';
import { lookup, select } from './ids.ts';
import { own } from './query.ts';
import { quota } from './quotas.ts';
import type { Rule, SecurityGroup } from './records.ts';
import { permissionsView } from './permissions.ts';
import { defaultVpc, makeGroup, removeRule, type AwsSite } from './site.ts';
import { specifiedTags, tagSet } from './tags.ts';
import type { Members } from './xml.ts';

export function createSecurityGroup(call: Call): Members {
  const { site, params } = call;
  const name = params.required('GroupName');
  const description = params.text('GroupDescription');
  if (description === undefined || description === '') throw missing('GroupDescription');
  if (name.length > 255 || !allowedText.test(name))
    throw new Ec2Error(
      'InvalidParameterValue',
      `Value (${name}) for parameter GroupName is invalid. Character sets beyond ASCII are not supported, and at most 255 characters: ${allowed}`,
    );
  if (description.length > 255 || !allowedText.test(description))
    throw new Ec2Error(
      'InvalidParameterValue',
      `Invalid security group description. Valid descriptions are strings less than 256 characters from the following set: ${allowed}`,
    );
  if (name.startsWith('sg-'))
    throw new Ec2Error(
      'InvalidParameterValue',
      'Invalid group name. Group names may not be in the format sg-*.',
    );
  if (name === 'default')
    throw new Ec2Error('InvalidParameterValue', 'Cannot use reserved security group name: default');
  const vpcId = params.text('VpcId');
  const vpc = vpcId === undefined || vpcId === '' ? defaultVpc(site) : lookup(site.vpcs, 'vpc', vpcId);
  if (!vpc) throw new Ec2Error('VPCIdNotSpecified', 'No default VPC for this user');
  if ([...site.groups.values()].some(group => group.vpc === vpc && group.name === name))
    throw new Ec2Error(
      'InvalidGroup.Duplicate',
      `The security group '${name}' already exists for VPC '${vpc.id}'`,
    );
  const tags = specifiedTags(params, 'security-group');
  if (site.groups.size >= quota(site.cloud, 'securityGroups'))
    throw new Ec2Error(
      'SecurityGroupLimitExceeded',
      'The maximum number of security groups has been reached.',
    );
  commit(call);
  const group = makeGroup(site, vpc, own(name), own(description), false, tags);
  return { return: true, groupId: group.id, tagSet: tagSet(tags), securityGroupArn: arn(site, group) };
}

const arn = (site: AwsSite, group: SecurityGroup) =>
  `arn:aws:ec2:${site.region}:${site.accountId}:security-group/${group.id}`;

export function deleteSecurityGroup(call: Call): Members {
  const { site } = call;
  const group = namedGroup(call);
  if (group.isDefault)
    throw new Ec2Error(
      'CannotDelete',
      `the specified group: "${group.id}" name: "default" cannot be deleted by a user`,
    );
  const referenced = [...site.rules.values()].some(
    rule => rule.group !== group.id && rule.source.kind === 'group' && rule.source.group === group.id,
  );
  if (group.users > 0 || referenced) throw dependency(`resource ${group.id} has a dependent object`);
  commit(call);
  for (const rule of group.rules.values()) removeRule(site, group, rule);
  site.groups.delete(group.id);
  return { return: true, groupId: group.id };
}

const groupView = (site: AwsSite, group: SecurityGroup): Members => ({
  ownerId: site.accountId,
  groupId: group.id,
  groupName: group.name,
  groupDescription: group.description,
  vpcId: group.vpc.id,
  securityGroupArn: arn(site, group),
  ipPermissions: permissionsView(site, group, false),
  ipPermissionsEgress: permissionsView(site, group, true),
  tagSet: tagSet(group.tags),
});

export function describeSecurityGroups({ site, params }: Call): Members {
  const rules =
    (egress: boolean, look: (rule: Rule) => string | number | undefined) =>
    (group: SecurityGroup): (string | undefined)[] =>
      [...group.rules.values()].filter(rule => rule.egress === egress).map(rule => look(rule)?.toString());
  const permission = (prefix: string, egress: boolean) => ({
    [`${prefix}.cidr`]: rules(egress, rule => (rule.source.kind === 'ipv4' ? rule.source.cidr : undefined)),
    [`${prefix}.ipv6-cidr`]: rules(egress, rule =>
      rule.source.kind === 'ipv6' ? rule.source.cidr : undefined,
    ),
    [`${prefix}.from-port`]: rules(egress, rule => rule.from),
    [`${prefix}.to-port`]: rules(egress, rule => rule.to),
    [`${prefix}.group-id`]: rules(egress, rule =>
      rule.source.kind === 'group' ? rule.source.group : undefined,
    ),
    [`${prefix}.group-name`]: rules(egress, rule =>
      rule.source.kind === 'group' ? site.groups.get(rule.source.group)?.name : undefined,
    ),
    [`${prefix}.protocol`]: rules(egress, rule => rule.protocol),
    [`${prefix}.user-id`]: rules(egress, rule => (rule.source.kind === 'group' ? site.accountId : undefined)),
  });
  const filters = {
    description: (group: SecurityGroup) => group.description,
    'group-id': (group: SecurityGroup) => group.id,
    'group-name': (group: SecurityGroup) => group.name,
    'owner-id': () => site.accountId,
    'vpc-id': (group: SecurityGroup) => group.vpc.id,
    ...permission('ip-permission', false),
    ...permission('egress.ip-permission', true),
  };
  const names = params.texts('GroupName');
  const named = new Set(names.map(name => groupByName(site, name)));
  const asked = params.texts('GroupId');
  const found = select(site.groups, 'securityGroup', asked);
  const chosen =
    named.size === 0
      ? found
      : asked.length === 0
        ? [...named]
        : [...new Set([...found, ...named])].sort((a, b) => a.n - b.n);
  const { records, nextToken } = page(params, 'DescribeSecurityGroups', filterAll(params, filters, chosen), {
    least: 5,
    most: 1000,
  });
  return { securityGroupInfo: records.map(group => groupView(site, group)), nextToken };
}
