/** Security groups and their rules; a group's rules are of the kinds inbound and outbound, TCP, UDP or all. */
import { tryCidr } from '@cloud-barista/model/cidr';
import { bodyOf, checkName, fields, find, flag, type Call, type Values } from './call.ts';
import { ApiError, badRequest, conflict, notFound } from './errors.ts';
import { checkQuota } from './quotas.ts';
import type { Group, Rule } from './records.ts';
import { created, gone, ok, type Reply } from './reply.ts';
import { route } from './router.ts';
import type { Site } from './site.ts';
import { stamp } from './text.ts';

/** The public client sends all of a rule's fields, what it has nothing for as "". */
const ruleShape = {
  id: 'text?',
  secgroupId: 'text?',
  name: 'text',
  type: 'text',
  port: 'text',
  target: 'text',
  protocol: 'text',
  creator: 'text?',
  createdAt: 'text?',
} as const;

const ruleView = (site: Site, group: Group, rule: Rule) => ({
  id: rule.id,
  secgroupId: group.id,
  name: rule.name,
  type: rule.type,
  port: rule.port,
  target: rule.target,
  protocol: rule.protocol,
  creator: site.username,
  createdAt: stamp(rule.createdAt),
});

const rulesView = (site: Site, group: Group) =>
  [...group.rules.values()].map(rule => ruleView(site, group, rule));

const groupView = (site: Site, group: Group) => ({
  id: group.id,
  name: group.name,
  tenantId: site.tenantId,
  creator: site.username,
  state: 'AVAILABLE',
  createdAt: stamp(group.createdAt),
  protection: group.protection,
  rulesCount: group.rules.size,
  description: group.description,
  asId: '',
});

const detailView = (site: Site, group: Group) => ({
  ...groupView(site, group),
  rules: rulesView(site, group),
});

function readPorts(port: string): [from: number, to: number] {
  const [, first = '', second = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(port) ?? [];
  if (first === '')
    throw badRequest(`port ${JSON.stringify(port)} is neither a port nor a range such as 8000-8100.`);
  // 0 is how all ports are written.
  if (port === '0') return [1, 65535];
  const from = Number(first);
  const to = Number(second);
  if (from < 1 || to > 65535 || from > to) throw badRequest(`port ${port} is not within 1-65535.`);
  return [from, to];
}

function makeRule(call: Call, input: Values<typeof ruleShape>): Rule {
  const { type, target, protocol } = input;
  if (type !== 'inbound' && type !== 'outbound') throw badRequest('type must be inbound or outbound.');
  if (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'all')
    throw badRequest('protocol must be tcp, udp or all.');
  const block = tryCidr(target.includes('/') ? target : `${target}/32`);
  if (!block) throw badRequest(`target ${JSON.stringify(target)} is not a CIDR block.`);
  const [from, to] = readPorts(input.port);
  return {
    id: call.site.newId('rule'),
    name: checkName(input.name),
    type,
    port: input.port,
    from,
    to,
    target,
    block,
    protocol,
    createdAt: call.world.now(),
  };
}

const same = (a: Rule, b: Rule) =>
  a.type === b.type &&
  a.protocol === b.protocol &&
  a.target === b.target &&
  a.from === b.from &&
  a.to === b.to;

function put(site: Site, group: Group, rule: Rule): void {
  for (const other of group.rules.values())
    if (same(other, rule)) throw conflict(`The group ${group.name} has this rule already.`);
  checkQuota(site.cloud, 'rulesPerSecurityGroup', group.rules.size);
  group.rules.set(rule.id, rule);
}

function create(call: Call): Reply {
  const { world, site } = call;
  const body = bodyOf(call, { name: 'text', rules: 'list?', protection: 'integer?', description: 'text?' });
  checkQuota(site.cloud, 'securityGroups', site.groups.size);
  const group: Group = {
    n: site.next(),
    id: site.newId('group'),
    name: checkName(body.name),
    description: body.description ?? '',
    protection: flag('protection', body.protection),
    createdAt: world.now(),
    rules: new Map(),
    users: 0,
    given: false,
  };
  for (const rule of body.rules ?? []) put(site, group, makeRule(call, fields(rule, ruleShape, 'A rule')));
  site.groups.set(group.id, group);
  return created(detailView(site, group));
}

const groupOf = ({ site, ids: [id = ''] }: Call) => find(site.groups, 'security group', id);

function remove(call: Call): Reply {
  const group = groupOf(call);
  if (group.protection === 1) throw new ApiError(403, `The security group ${group.name} is protected.`);
  if (group.users > 0)
    throw conflict(`The security group ${group.name} is in use by ${group.users} network interfaces.`);
  call.site.groups.delete(group.id);
  return gone;
}

/** The path says inbound or outbound, and so does the body. */
function addRule(call: Call): Reply {
  const group = groupOf(call);
  const [, type] = call.ids;
  if (type !== 'inbound' && type !== 'outbound') throw notFound('kind of rule', type ?? '');
  const input = bodyOf(call, ruleShape);
  if (input.type !== type) throw badRequest(`type is ${input.type}, the address says ${type}.`);
  if (group.protection === 1) throw new ApiError(403, `The security group ${group.name} is protected.`);
  const rule = makeRule(call, input);
  put(call.site, group, rule);
  return created(ruleView(call.site, group, rule));
}

function removeRule(call: Call): Reply {
  const group = groupOf(call);
  const rule = find(group.rules, 'rule', call.ids[1] ?? '');
  if (group.protection === 1) throw new ApiError(403, `The security group ${group.name} is protected.`);
  group.rules.delete(rule.id);
  return gone;
}

/** Groups by [{ id }], as servers and NICs name them. */
export function readGroups(site: Site, list: readonly unknown[]): Group[] {
  const groups = new Set<Group>();
  for (const entry of list) {
    const { id } = fields(entry, { id: 'text' }, 'An entry of secgroups');
    groups.add(find(site.groups, 'security group', id));
  }
  if (groups.size === 0) throw badRequest('secgroups must name a security group.');
  return [...groups];
}

export const groupRoutes = [
  route('GET /iam/securitygroups', ({ site }) =>
    ok([...site.groups.values()].map(each => groupView(site, each))),
  ),
  route('POST /iam/securitygroups', create),
  route('GET /iam/securitygroups/{id}', call => ok(rulesView(call.site, groupOf(call)))),
  route('GET /iam/securitygroups/{id}/detail', call => ok(detailView(call.site, groupOf(call)))),
  route('DELETE /iam/securitygroups/{id}', remove),
  route('POST /iam/securitygroups/{id}/{type}', addRule),
  route('DELETE /iam/securitygroups/{id}/{rule}', removeRule),
];
