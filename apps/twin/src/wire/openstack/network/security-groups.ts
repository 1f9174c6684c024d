/** /v2.0/security-groups. Source: Networking API v2.0, "Security groups". */
import type { SiteCall } from '../call.ts';
import { created, noContent, type Reply } from '../reply.ts';
import { neutronError } from '../errors.ts';
import { checkNeutronQuota } from '../quotas.ts';
import type { SecurityGroup } from '../records.ts';
import { route, type SiteRoute } from '../router.ts';
import { addRule, newResource, removeRule, touch, type Site } from '../site.ts';
import { seconds } from '../text.ts';
import * as fields from './fields.ts';
import { list, show, type View } from './list.ts';
import { ruleInGroup } from './rule-view.ts';

const readers = { ...fields.common, stateful: fields.flag };

export function findGroup(site: Site, id: string): SecurityGroup {
  const group = site.groups.get(id);
  if (!group) throw neutronError(404, 'SecurityGroupNotFound', `Security group ${id} does not exist`);
  return group;
}

export const groupView = (site: Site, group: SecurityGroup): View => ({
  id: group.id,
  name: group.name,
  tenant_id: site.projectId,
  project_id: site.projectId,
  description: group.description,
  stateful: group.stateful,
  shared: false,
  security_group_rules: [...group.rules.values()].map(rule => ruleInGroup(site, rule)),
  tags: group.tags,
  created_at: seconds(group.createdAt),
  updated_at: seconds(group.updatedAt),
  revision_number: group.revision,
});

const reserved = () =>
  neutronError(409, 'SecurityGroupDefaultAlreadyExists', 'Default security group already exists.');

function create(call: SiteCall): Reply {
  const { site, world } = call;
  const given = fields.read(readers, fields.input(call, 'security_group'));
  fields.ownProject(call, given);
  if (given.name === 'default') throw reserved();
  checkNeutronQuota(call.account, 'security_group', site.groups.size);
  const now = world.now();
  const group: SecurityGroup = {
    ...newResource(site, now, 'group'),
    name: given.name ?? '',
    description: given.description ?? '',
    revision: 1,
    isDefault: false,
    stateful: given.stateful ?? true,
    rules: new Map(),
    users: 0,
  };
  site.groups.set(group.id, group);
  // Whatever is in it may send to everywhere.
  for (const ethertype of ['IPv4', 'IPv6'] as const)
    addRule(site, group, now, {
      egress: true,
      ethertype,
      protocol: undefined,
      min: undefined,
      max: undefined,
      prefix: undefined,
      remoteGroup: undefined,
    });
  return created({ security_group: groupView(site, group) });
}

function update(call: SiteCall): Reply {
  const { site } = call;
  const group = findGroup(site, call.id);
  const given = fields.read(readers, fields.input(call, 'security_group'));
  if (group.isDefault && given.name !== undefined && given.name !== 'default')
    throw neutronError(
      409,
      'SecurityGroupCannotUpdateDefault',
      'Updating default security group not allowed.',
    );
  if (!group.isDefault && given.name === 'default') throw reserved();
  group.name = given.name ?? group.name;
  group.description = given.description ?? group.description;
  group.stateful = given.stateful ?? group.stateful;
  touch(call.world, group);
  return show(call, 'security_group', groupView(site, group));
}

function remove(call: SiteCall): Reply {
  const { site } = call;
  const group = findGroup(site, call.id);
  if (group.isDefault)
    throw neutronError(
      409,
      'SecurityGroupCannotRemoveDefault',
      'Insufficient rights for removing default security group.',
    );
  if (group.users > 0) throw neutronError(409, 'SecurityGroupInUse', `Security Group ${group.id} in use.`);
  for (const rule of group.rules.values()) removeRule(site, rule);
  // Rules elsewhere that let this group in go with it.
  for (const rule of site.rules.values()) if (rule.remoteGroup === group.id) removeRule(site, rule);
  site.groups.delete(group.id);
  return noContent;
}

const shown =
  'id name tenant_id project_id description stateful shared security_group_rules tags created_at updated_at revision_number'.split(
    ' ',
  );

export const groupRoutes: readonly SiteRoute[] = [
  route('GET /security-groups', call =>
    list(call, {
      plural: 'security_groups',
      records: call.site.groups.values(),
      view: group => groupView(call.site, group),
      attributes: shown,
      find: id => findGroup(call.site, id),
    }),
  ),
  route('POST /security-groups', create),
  route('GET /security-groups/{}', call =>
    show(call, 'security_group', groupView(call.site, findGroup(call.site, call.id))),
  ),
  route('PUT /security-groups/{}', update),
  route('DELETE /security-groups/{}', remove),
];
