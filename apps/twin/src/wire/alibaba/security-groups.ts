/** Security groups. Source: ECS API reference: CreateSecurityGroup, DescribeSecurityGroups, DeleteSecurityGroup. */
import { commit, find, idempotent, type Answer, type Call } from './call.ts';
import { AliError, invalid, missing, notFound } from './errors.ts';
import { readDescription, readName } from './names.ts';
import { like, page, second } from './pages.ts';
import { quota } from './quotas.ts';
import type { SecurityGroup } from './records.ts';
import type { AliSite } from './site.ts';
import { ecsTags, readTags, tagFilter } from './tags.ts';
import { resourceGroup } from './vpcs.ts';

export function createSecurityGroup(call: Call): Answer {
  const { site, params, world } = call;
  return idempotent(call, 'CreateSecurityGroup', () => {
    const vpcId = params.text('VpcId');
    // Groups without a VPC were for the classic network, which new accounts don't have.
    if (vpcId === undefined) throw missing('VpcId');
    const vpc = site.vpcs.get(vpcId);
    if (!vpc) throw notFound('InvalidVpcId.NotFound', 'VpcId');
    const name = readName(params, 'SecurityGroupName');
    const description = readDescription(params);
    const type = params.text('SecurityGroupType') ?? 'normal';
    if (type !== 'normal' && type !== 'enterprise')
      throw invalid('InvalidSecurityGroupType', 'The specified SecurityGroupType is not valid.');
    const tags = readTags(params);
    if (site.groups.size >= quota(site.cloud, 'securityGroups'))
      throw new AliError(
        'QuotaExceed.SecurityGroup',
        'The maximum number of security groups is reached.',
        403,
      );
    commit(call);
    const group: SecurityGroup = {
      id: site.newId('sg'),
      createdAt: world.now(),
      tags,
      name,
      description,
      vpc,
      type,
      rules: new Map(),
      users: 0,
    };
    site.groups.set(group.id, group);
    return { SecurityGroupId: group.id };
  });
}

export function namedGroup(call: Call): { site: AliSite; record: SecurityGroup } {
  const found = find(call, site => site.groups, call.params.required('SecurityGroupId'));
  if (!found) throw notFound('InvalidSecurityGroupId.NotFound', 'SecurityGroupId');
  return found;
}

export function describeSecurityGroups({ site, params }: Call): Answer {
  const vpcId = params.text('VpcId');
  const ids = params.json('SecurityGroupIds');
  const id = params.text('SecurityGroupId');
  const name = like(params.text('SecurityGroupName'));
  const type = params.text('SecurityGroupType');
  const has = tagFilter(params);
  const all = [...site.groups.values()].filter(
    group =>
      (vpcId === undefined || vpcId === group.vpc.id) &&
      (!ids || ids.includes(group.id)) &&
      (id === undefined || id === group.id) &&
      name(group.name) &&
      (type === undefined || type === group.type) &&
      has(group),
  );
  const { records, members } = page(params, all, 100);
  return {
    RegionId: site.region,
    ...members,
    SecurityGroups: {
      SecurityGroup: records.map(group => ({
        SecurityGroupId: group.id,
        SecurityGroupName: group.name,
        SecurityGroupType: group.type,
        Description: group.description,
        VpcId: group.vpc.id,
        CreationTime: second(group.createdAt),
        EcsCount: group.users,
        RuleCount: group.rules.size,
        ResourceGroupId: resourceGroup,
        ServiceManaged: false,
        Tags: ecsTags(group.tags),
      })),
    },
  };
}

export function modifySecurityGroupAttribute(call: Call): Answer {
  const { record } = namedGroup(call);
  const name = readName(call.params, 'SecurityGroupName');
  const description = readDescription(call.params);
  if (name !== '') record.name = name;
  if (description !== '') record.description = description;
  return {};
}

/** Whether members of a basic group reach each other by no rule; an advanced group's never do. */
export function modifySecurityGroupPolicy(call: Call): Answer {
  const { record } = namedGroup(call);
  const policy = call.params.required('InnerAccessPolicy').toLowerCase();
  if (policy !== 'accept' && policy !== 'drop')
    throw new AliError('InvalidParameter', 'The specified parameter "InnerAccessPolicy" is not valid.');
  if (record.type !== 'normal')
    throw new AliError(
      'InvalidOperation.InvalidSecurityGroupType',
      'The type of the security group does not support it.',
      403,
    );
  record.closedInside = policy === 'drop';
  return {};
}

export function deleteSecurityGroup(call: Call): Answer {
  const { site, record } = namedGroup(call);
  if (record.users > 0)
    throw new AliError(
      'DependencyViolation',
      'There is still instance(s) in the specified security group.',
      403,
    );
  for (const other of site.groups.values())
    if (other !== record && [...other.rules.values()].some(rule => rule.group === record.id))
      throw new AliError(
        'DependencyViolation',
        'The specified security group has been authorized in another one.',
        403,
      );
  commit(call);
  site.groups.delete(record.id);
  return {};
}
