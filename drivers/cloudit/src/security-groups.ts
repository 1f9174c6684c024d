/** Security groups: the tenant's, in no VPC. A new one lets nothing in and nothing out. */
import type { Call } from '@cloud-barista/driver/call';
import { each } from '@cloud-barista/driver/concurrency';
import { orAbsent } from '@cloud-barista/driver/errors';
import type { Listings } from '@cloud-barista/driver/listing';
import type { CloudSecurityGroup, SecurityGroups } from '@cloud-barista/driver/security-groups';
import { cloudId } from '@cloud-barista/model/ids';
import { width, type Api } from './api.ts';
import type { Group } from './fields.ts';
import { addRule, deleteGroup, findGroup, makeGroup, readGroup, readGroups, removeRule } from './groups.ts';
import { markOf } from './marks.ts';
import { ourKey, readRules, wireKey, wireRule } from './rules.ts';

function groupOf(group: Group): CloudSecurityGroup {
  const mark = markOf('security-group', group);
  return {
    id: cloudId(group.id),
    name: group.name,
    vpc: '',
    rules: readRules(group.rules),
    ...(mark && { token: mark.token }),
  };
}

export function createSecurityGroups(api: Api, listings: Listings): SecurityGroups {
  const read = (call: Call, id: string) => readGroup(api, call, 'security-group', id);

  /** Until it has exactly these rules. */
  async function bring(
    call: Call,
    group: Group,
    rules: Parameters<typeof wireRule>[0][],
  ): Promise<CloudSecurityGroup> {
    const wanted = new Map(rules.map(rule => [ourKey(rule), wireRule(rule)] as const));
    const standing = group.rules ?? [];
    const extra = standing.filter(rule => !wanted.has(wireKey(rule)));
    const there = new Set(standing.map(wireKey));
    const lacking = [...wanted].flatMap(([key, rule]) => (there.has(key) ? [] : [rule]));
    if (extra.length === 0 && lacking.length === 0) return groupOf(group);
    for (const rule of extra) await removeRule(api, call, group.id, rule.id);
    for (const rule of lacking) await addRule(api, call, group.id, rule);
    return groupOf(await read(call, group.id));
  }

  return {
    async create(call, { name, rules }) {
      const wire = [...new Map(rules.map(rule => [ourKey(rule), wireRule(rule)])).values()];
      const left = call.again ? await findGroup(api, call, 'security-group', call.token) : undefined;
      const group = left
        ? await read(call, left.id)
        : await makeGroup(api, call, 'security-group', { name, rules: wire });
      return bring(call, group.rules ? group : await read(call, group.id), rules);
    },
    list: call =>
      listings.page('security-groups', call, async () => {
        const groups = await readGroups(api, call, 'security-group');
        // The list has no rules; each group is asked for, and may be gone by then.
        const whole = await each(groups, width, group =>
          group.rulesCount === 0 ? Promise.resolve(group) : orAbsent(read(call, group.id)),
        );
        return whole.flatMap(group => (group ? [groupOf(group)] : []));
      }),
    get: async (call, id) => groupOf(await read(call, id)),
    delete: (call, id) => deleteGroup(api, call, 'security-group', id),
    async addRules(call, id, rules) {
      const there = new Set(((await read(call, id)).rules ?? []).map(wireKey));
      for (const rule of rules)
        if (!there.has(ourKey(rule))) {
          there.add(ourKey(rule));
          await addRule(api, call, id, wireRule(rule));
        }
    },
    async removeRules(call, id, rules) {
      const unwanted = new Set(rules.map(ourKey));
      for (const rule of (await read(call, id)).rules ?? [])
        if (unwanted.has(wireKey(rule))) await removeRule(api, call, id, rule.id);
    },
  };
}
