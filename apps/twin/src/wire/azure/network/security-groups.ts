/** Network security groups, and their rules as resources of their own. Source: Virtual Network REST API, Network Security Groups. */
import { use } from '../account.ts';
import { jsonBody, noContent, ok, param, type Call, type Reply } from '../call.ts';
import { ArmError, badRequest } from '../errors.ts';
import { nothing, objectAt, objectsAt, textAt } from '../fields.ts';
import { idOf, leave, subnetId } from '../ids.ts';
import { later } from '../later.ts';
import { under } from '../operations.ts';
import { quota } from '../quotas.ts';
import type { SecurityGroup, SecurityRule } from '../records.ts';
import { route, type Route } from '../router.ts';
import {
  etagOf,
  find,
  fresh,
  head,
  networkDelay,
  orderOf,
  requireIdle,
  requireLiving,
  settle,
  trackedRoutes,
  vanish,
} from '../tracked.ts';
import { take } from './quota.ts';
import { checkConflicts, defaultRules, readRule, ruleView } from './security-rules.ts';

const parentOf = (group: SecurityGroup) => ({ id: idOf(group), etag: etagOf(group), state: group.state });

const view = (group: SecurityGroup) => {
  const parent = parentOf(group);
  return {
    ...head(group),
    etag: parent.etag,
    properties: {
      provisioningState: group.state,
      resourceGuid: group.guid,
      securityRules: [...group.rules.values()].map(rule => ruleView(rule, parent, 'securityRules')),
      defaultSecurityRules: defaultRules.map(rule =>
        ruleView(rule, { ...parent, state: 'Succeeded' }, 'defaultSecurityRules'),
      ),
      ...(group.nics.size > 0 && { networkInterfaces: [...group.nics].map(nic => ({ id: idOf(nic) })) }),
      ...(group.subnets.size > 0 && {
        subnets: [...group.subnets].map(subnet => ({ id: subnetId(subnet) })),
      }),
    },
  };
};

function checkRules(call: Call, rules: readonly SecurityRule[]): void {
  checkConflicts(rules);
  const limit = quota(call.account.cloud, 'SecurityRulesPerNetworkSecurityGroup');
  if (rules.length > limit)
    throw badRequest(
      'SecurityRulesCountLimitReached',
      `Cannot create more than ${limit} security rules in a network security group.`,
    );
}

function put(call: Call): Reply {
  const order = orderOf(call, 'networkSecurityGroups');
  const { existing, group, location, tags } = order;
  const properties = objectAt(order.body, 'properties') ?? nothing;
  const rules = (objectsAt(properties, 'securityRules', 'properties.') ?? []).map(body =>
    readRule(body, textAt(body, 'name') ?? ''),
  );
  const byName = new Map(rules.map(rule => [rule.name.toLowerCase(), rule]));
  if (byName.size < rules.length)
    throw badRequest('DuplicateResourceName', `Network security group ${order.name} names a rule twice.`);
  checkRules(call, rules);
  if (existing) requireIdle(call, existing);
  else take(call, location, 'NetworkSecurityGroups');
  const made: SecurityGroup =
    existing ??
    Object.assign(fresh(call, 'networkSecurityGroups', order), {
      rules: byName,
      subnets: new Set<never>(),
      nics: new Set<never>(),
    });
  made.tags = tags;
  if (existing) {
    existing.rules.clear();
    for (const [key, rule] of byName) existing.rules.set(key, rule);
  }
  group.resources.networkSecurityGroups.set(made.name.toLowerCase(), made);
  const operation = settle(call, made, 'Updating', networkDelay(call));
  return { status: existing ? 200 : 201, headers: under(call, operation, false), body: view(made) };
}

export function dropSecurityGroup(group: SecurityGroup): void {
  if (!leave(group)) return;
  for (const nic of group.nics) nic.nsg = undefined;
  for (const subnet of group.subnets) subnet.nsg = undefined;
  use(group.group.account, group.location, 'NetworkSecurityGroups', -1);
}

function requireUnused(group: SecurityGroup): void {
  const users = [...[...group.nics].map(idOf), ...[...group.subnets].map(subnetId)];
  if (users.length > 0)
    throw badRequest(
      'InUseNetworkSecurityGroupCannotBeDeleted',
      `Network security group ${idOf(group)} cannot be deleted because it is in use by the following resources: ${users.slice(0, 5).join(', ')}. In order to delete the Network security group, remove the association with the resource(s). To learn how to do this, see aka.ms/deletensg.`,
    );
}

function putRule(call: Call): Reply {
  const group = find(call, 'networkSecurityGroups');
  requireLiving(group.group);
  const name = param(call, 3);
  const key = name.toLowerCase();
  const existing = group.rules.get(key);
  const rule = readRule(jsonBody(call), existing?.name ?? name);
  requireIdle(call, group);
  checkRules(call, [...[...group.rules.values()].filter(each => each !== existing), rule]);
  group.rules.set(key, rule);
  const operation = settle(call, group, 'Updating', networkDelay(call));
  return {
    status: existing ? 200 : 201,
    headers: under(call, operation, false),
    body: ruleView(rule, parentOf(group), 'securityRules'),
  };
}

function deleteRule(call: Call): Reply {
  const group = find(call, 'networkSecurityGroups');
  const key = param(call, 3).toLowerCase();
  const rule = group.rules.get(key);
  if (!rule) return noContent;
  requireIdle(call, group);
  const ms = networkDelay(call);
  later(ms, () => {
    if (group.rules.get(key) === rule) group.rules.delete(key);
  });
  return { status: 202, headers: under(call, settle(call, group, 'Updating', ms), true) };
}

function getRule(
  call: Call,
  rules: Iterable<SecurityRule>,
  kind: 'securityRules' | 'defaultSecurityRules',
): Reply {
  const group = find(call, 'networkSecurityGroups');
  const name = param(call, 3);
  for (const rule of rules)
    if (rule.name.toLowerCase() === name.toLowerCase()) return ok(ruleView(rule, parentOf(group), kind));
  throw new ArmError(404, 'NotFound', `Resource ${idOf(group)}/${kind}/${name} not found.`);
}

const one =
  '/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Network/networkSecurityGroups/{}' as const;
export const securityGroupRoutes: readonly Route[] = [
  ...trackedRoutes({
    type: 'networkSecurityGroups',
    noun: 'NetworkSecurityGroups',
    verbs: ['List', 'ListAll', 'UpdateTags'],
    put,
    view,
    remove(call, group) {
      if (group.state !== 'Deleting') {
        requireIdle(call, group);
        requireUnused(group);
      }
      return vanish(call, group, networkDelay(call), () => dropSecurityGroup(group));
    },
  }),
  route('SecurityRules_CreateOrUpdate', `PUT ${one}/securityRules/{}`, putRule),
  route('SecurityRules_Delete', `DELETE ${one}/securityRules/{}`, deleteRule),
  route('SecurityRules_Get', `GET ${one}/securityRules/{}`, call =>
    getRule(call, find(call, 'networkSecurityGroups').rules.values(), 'securityRules'),
  ),
  route('SecurityRules_List', `GET ${one}/securityRules`, call => {
    const group = find(call, 'networkSecurityGroups');
    return ok({
      value: [...group.rules.values()].map(rule => ruleView(rule, parentOf(group), 'securityRules')),
    });
  }),
  route('DefaultSecurityRules_Get', `GET ${one}/defaultSecurityRules/{}`, call =>
    getRule(call, defaultRules, 'defaultSecurityRules'),
  ),
  route('DefaultSecurityRules_List', `GET ${one}/defaultSecurityRules`, call => {
    const parent = parentOf(find(call, 'networkSecurityGroups'));
    return ok({ value: defaultRules.map(rule => ruleView(rule, parent, 'defaultSecurityRules')) });
  }),
];
