/**
 * What we write on resources, in the very request that creates them. Azure's tags: at most 50 a resource, values of at most
 * 256 characters ("Use tags to organize your Azure resources").
 */
import type { Token } from '@cloud-barista/model/ids';

export type Tags = Record<string, string>;

/** The idempotency token: which create made it. */
const tokenTag = 'cb-token';
/** On VMs, and on the group that stands for several: which groups, one a tag. */
const groupTag = 'cb-group-';
export const subnetTag = 'cb-subnet';
export const keyTag = 'cb-key';
/** On a resource group: it is ours to delete. */
export const madeTag = 'cb-made';

export const mark = (token: Token): Tags => ({ [tokenTag]: token });

/** Tag names keep their case and are compared without it. */
export function tagOf(tags: Tags | undefined, name: string): string | undefined {
  for (const [key, value] of Object.entries(tags ?? {})) if (key.toLowerCase() === name) return value;
  return undefined;
}
export const isMarked = (item: { tags?: Tags }, token: Token): boolean =>
  tagOf(item.tags, tokenTag) === token;

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
