/**
 * The token of the create that made a resource, set in the very request that makes it, so that it can be found again when the answer
 * got lost. A tag where ECS makes the resource; the description of VPCs and VSwitches.
 */
import type { Token } from '@cloud-barista/model/ids';

export const tokenTag = 'cb-token';

/** `Tag.N` of a create, and of a Describe as its filter. */
export const marks = (token: Token) => [{ Key: tokenTag, Value: token }];

const word = 'cb-token=';
export const description = (token: Token): string => `${word}${token}`;
export function tokenOf({ Description = '' }: { Description?: string }): Token | undefined {
  return Description.startsWith(word) ? (Description.slice(word.length) as Token) : undefined;
}
