/** Security groups as Cloudit has them: ours, those of others, and those that are marks of what Cloudit has no noun for. */
import type { Call } from '@cloud-barista/driver/call';
import { orAbsent } from '@cloud-barista/driver/errors';
import type { ResourceKind } from '@cloud-barista/model/call';
import { hasCode } from '@cloud-barista/model/errors';
import type { Token } from '@cloud-barista/model/ids';
import { absent, type Api } from './api.ts';
import type { Group, Rule } from './fields.ts';
import { describeMark, forgotten, isMarked, type MarkKind } from './marks.ts';

export type GroupKind = Extract<MarkKind, 'vpc' | 'security-group' | 'key-pair'>;

/** Groups that are marks are hidden from those who ask for groups. */
export const isGroup = (group: Group): boolean => !isMarked(group, 'vpc') && !isMarked(group, 'key-pair');
const isOf = (kind: GroupKind, group: Group): boolean =>
  kind === 'security-group' ? isGroup(group) : isMarked(group, kind);

export const readGroups = async (api: Api, call: Call, kind: GroupKind): Promise<Group[]> =>
  (await api.list<Group>(call, 'iam', 'securitygroups', kind)).filter(group => isOf(kind, group));

/** With its rules. */
export async function readGroup(api: Api, call: Call, kind: GroupKind, id: string): Promise<Group> {
  const about = { resource: kind, name: id, path: { id } } as const;
  const group = await orAbsent(api.ask<Group>(call, 'GET', 'iam', 'securitygroups/{id}/detail', about));
  if (!group?.id || !isOf(kind, group)) throw absent(kind, id);
  return group;
}

export const findGroup = async (
  api: Api,
  call: Call,
  kind: GroupKind,
  token: Token,
): Promise<Group | undefined> =>
  (await api.list<Group>(call, 'iam', 'securitygroups', kind)).find(group => isMarked(group, kind, token));

export async function makeGroup(
  api: Api,
  call: Call & { token: Token },
  kind: GroupKind,
  { name, rules, rest = [] }: { name: string; rules: readonly Omit<Rule, 'id'>[]; rest?: string[] },
): Promise<Group> {
  const description = describeMark(kind, call.token, ...rest);
  const body = { name, rules, protection: 0, description };
  const made = await api.ask<Group>(call, 'POST', 'iam', 'securitygroups', { resource: kind, name, body });
  if (made.description === description) return made;
  await deleteGroup(api, call, kind, made.id);
  throw forgotten();
}

export async function deleteGroup(api: Api, call: Call, kind: ResourceKind, id: string): Promise<void> {
  const about = { resource: kind, name: id, path: { id } } as const;
  await orAbsent(api.ask(call, 'DELETE', 'iam', 'securitygroups/{id}', about));
}

/** One that stands already is as good. */
export async function addRule(api: Api, call: Call, id: string, rule: Omit<Rule, 'id'>): Promise<void> {
  const path = rule.type === 'inbound' ? 'securitygroups/{id}/inbound' : 'securitygroups/{id}/outbound';
  const about = { resource: 'security-group', name: id, path: { id }, body: rule } as const;
  await api.ask(call, 'POST', 'iam', path, about).catch((error: unknown) => {
    if (!hasCode(error, 'already_exists')) throw error;
  });
}

export async function removeRule(api: Api, call: Call, id: string, rule: string): Promise<void> {
  const about = { resource: 'security-group', name: id, path: { id, rule } } as const;
  await orAbsent(api.ask(call, 'DELETE', 'iam', 'securitygroups/{id}/{rule}', about));
}
