/** Authorize, revoke and list the rules of security groups. */
import { commit, type Action, type Call } from './call.ts';
import { Ec2Error, combination } from './errors.ts';
import { filterAll, page } from './filters.ts';
import { namedGroup } from './group-names.ts';
import { lookup, select } from './ids.ts';
import { readRules } from './permissions.ts';
import { quota } from './quotas.ts';
import type { Rule, SecurityGroup } from './records.ts';
import { addRule, removeRule, ruleKey, type AwsSite, type RuleInput } from './site.ts';
import { specifiedTags, tagSet } from './tags.ts';
import type { Members } from './xml.ts';

function duplicate(rule: RuleInput): Ec2Error {
  const peer = rule.source.kind === 'group' ? rule.source.group : rule.source.cidr;
  const protocol = rule.protocol === '-1' ? 'ALL' : rule.protocol.toUpperCase();
  const ports = rule.from === undefined ? '' : `, from port: ${rule.from}, to port: ${rule.to ?? rule.from}`;
  return new Ec2Error(
    'InvalidPermission.Duplicate',
    `the specified rule "peer: ${peer}, ${protocol}${ports}, ALLOW" already exists`,
  );
}

/** All rules of the request or none. */
export const authorize =
  (egress: boolean): Action =>
  call => {
    const { site, params } = call;
    const group = namedGroup(call);
    const wanted = readRules(call, egress);
    const tags = specifiedTags(params, 'security-group-rule');
    const seen = new Set<string>();
    for (const rule of wanted) {
      const key = ruleKey(rule);
      if (group.rules.has(key)) throw duplicate(rule);
      if (seen.has(key))
        throw new Ec2Error('InvalidParameterValue', 'The same permission must not appear multiple times');
      seen.add(key);
      if (rule.source.kind === 'group' && site.groups.get(rule.source.group)?.vpc !== group.vpc)
        throw new Ec2Error(
          'InvalidGroup.NotFound',
          `You have specified two resources that belong to different networks.`,
        );
    }
    const standing = [...group.rules.values()].filter(rule => rule.egress === egress).length;
    if (standing + wanted.length > quota(site.cloud, 'rulesPerSecurityGroup'))
      throw new Ec2Error(
        'RulesPerSecurityGroupLimitExceeded',
        'The maximum number of rules per security group has been reached.',
      );
    commit(call);
    const made = wanted.map(rule => addRule(site, group, rule, tags));
    return { return: true, securityGroupRuleSet: made.map(rule => ruleView(site, group, rule)) };
  };

export const revoke =
  (egress: boolean): Action =>
  call => {
    const { site, params } = call;
    const group = namedGroup(call);
    const ids = params.texts('SecurityGroupRuleId');
    if (ids.length > 0 && params.list('IpPermissions').length > 0)
      throw combination('SecurityGroupRuleIds and IpPermissions may not be specified together');
    const doomed =
      ids.length > 0
        ? ids.map(id => {
            const rule = lookup(site.rules, 'rule', id);
            if (rule.group !== group.id || rule.egress !== egress)
              throw new Ec2Error(
                'InvalidSecurityGroupRuleId.NotFound',
                `The security group rule ID '${id}' does not exist`,
              );
            return rule;
          })
        : readRules(call, egress).map(wanted => {
            const rule = group.rules.get(ruleKey(wanted));
            if (!rule)
              throw new Ec2Error(
                'InvalidPermission.NotFound',
                'The specified rule does not exist in this security group.',
              );
            return rule;
          });
    commit(call);
    for (const rule of doomed) removeRule(site, group, rule);
    return { return: true };
  };

const ruleView = (site: AwsSite, group: SecurityGroup, rule: Rule): Members => ({
  securityGroupRuleId: rule.id,
  groupId: rule.group,
  groupOwnerId: site.accountId,
  isEgress: rule.egress,
  ipProtocol: rule.protocol,
  fromPort: rule.from ?? -1,
  toPort: rule.to ?? -1,
  cidrIpv4: rule.source.kind === 'ipv4' ? rule.source.cidr : undefined,
  cidrIpv6: rule.source.kind === 'ipv6' ? rule.source.cidr : undefined,
  referencedGroupInfo:
    rule.source.kind === 'group'
      ? { groupId: rule.source.group, userId: site.accountId, vpcId: group.vpc.id }
      : undefined,
  description: rule.description,
  tagSet: tagSet(rule.tags),
});

const ruleFilters = {
  'group-id': (rule: Rule) => rule.group,
  'security-group-rule-id': (rule: Rule) => rule.id,
};

export function describeSecurityGroupRules({ site, params }: Call): Members {
  const found = filterAll(
    params,
    ruleFilters,
    select(site.rules, 'rule', params.texts('SecurityGroupRuleId')),
  );
  const { records, nextToken } = page(params, 'DescribeSecurityGroupRules', found, { least: 5, most: 1000 });
  return {
    securityGroupRuleSet: records.flatMap(rule => {
      const group = site.groups.get(rule.group);
      return group ? [ruleView(site, group, rule)] : [];
    }),
    nextToken,
  };
}

/** The descriptions of standing rules, the old way: by naming the permissions. */
export const describeRulesAnew =
  (egress: boolean): Action =>
  (call: Call) => {
    const group = namedGroup(call);
    const found = readRules(call, egress).map(wanted => {
      const rule = group.rules.get(ruleKey(wanted));
      if (!rule)
        throw new Ec2Error(
          'InvalidPermission.NotFound',
          'The specified rule does not exist in this security group.',
        );
      return { rule, description: wanted.description };
    });
    commit(call);
    for (const { rule, description } of found) rule.description = description;
    return { return: true };
  };
