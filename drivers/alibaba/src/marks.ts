/**
 * The token of the create that made a resource, set in the very request that makes it, so that it can be found again when the answer
 * got lost. A tag where ECS makes the resource; the description of VPCs, VSwitches and elastic addresses.
 */
import type { Token } from '@cloud-barista/model/ids';

export const tokenTag = 'cb-token';

/** `Tag.N` of a create, and of a Describe as its filter. */
export const marks = (token: Token) => [{ Key: tokenTag, Value: token }];

/** `Tags` of an answer: ECS says TagKey and TagValue, VPC Key and Value. */
export interface Tagged {
  Tags?: { Tag?: { TagKey?: string; TagValue?: string; Key?: string; Value?: string }[] };
}

export const tagsOf = ({ Tags }: Tagged): Map<string, string> =>
  new Map((Tags?.Tag ?? []).map(tag => [tag.TagKey ?? tag.Key ?? '', tag.TagValue ?? tag.Value ?? '']));

export const withToken = (token: Token | undefined): { token?: Token } =>
  token === undefined ? {} : { token };

/** What its tags say of the token, as a part of our shapes. */
export const markOf = (resource: Tagged): { token?: Token } =>
  withToken((tagsOf(resource).get(tokenTag) || undefined) as Token | undefined);

const word = 'cb-token=';
export const description = (token: Token): string => `${word}${token}`;
export function tokenOf({ Description = '' }: { Description?: string }): Token | undefined {
  return Description.startsWith(word) ? (Description.slice(word.length) as Token) : undefined;
}
