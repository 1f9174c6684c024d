/**
 * What we write on resources, in the very request that creates them: tags of our own, which all begin with `cb-` and which
 * users' tags (tags.ts) are kept apart from by that. Azure's tags: at most 50 a resource, values of at most 256
 * characters ("Use tags to organize your Azure resources").
 */
import type { Token } from '@cloud-barista/model/ids';

export type Tags = Record<string, string>;

const prefix = 'cb-';
/** The idempotency token: which create made it. */
const tokenTag = 'cb-token';
/** On VMs, and on the group that stands for several: which groups, one a tag. */
const groupTag = 'cb-group-';
export const subnetTag = 'cb-subnet';
export const keyTag = 'cb-key';
/** On a resource group: it is ours to delete. */
export const madeTag = 'cb-made';
/** On custom images: when it was asked for, the URN of the marketplace image that it goes back to, and that one's plan. */
export const createdTag = 'cb-created';
export const sourceTag = 'cb-source';
export const planTag = 'cb-plan';
/** On a public address: the one that it took the place of and that is to be given back. */
export const firstTag = 'cb-first';

export const isOurs = (key: string): boolean => key.toLowerCase().startsWith(prefix);

export const mark = (token: Token): Tags => ({ [tokenTag]: token });

/** Tag names keep their case and are compared without it. */
export function tagOf(tags: Tags | undefined, name: string): string | undefined {
  for (const [key, value] of Object.entries(tags ?? {})) if (key.toLowerCase() === name) return value;
  return undefined;
}
export const isMarked = (item: { tags?: Tags }, token: Token): boolean =>
  tagOf(item.tags, tokenTag) === token;
/** For the shapes of the contract: the token where there is one. */
export function tokenOf(tags: Tags | undefined): { token?: Token } {
  const token = tagOf(tags, tokenTag);
  return token === undefined ? {} : { token: token as Token };
}

export const groupTags = (groups: readonly string[]): Tags =>
  Object.fromEntries(groups.map((group, at) => [`${groupTag}${at + 1}`, group]));
export function groupsOf(tags: Tags | undefined): string[] {
  const groups: string[] = [];
  for (let at = 1; ; at++) {
    const group = tagOf(tags, `${groupTag}${at}`);
    if (group === undefined) return groups;
    groups.push(group);
  }
}
