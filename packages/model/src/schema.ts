/** Schema words that all nouns share. JSON Schema is the contract: one source for REST, OpenAPI, client and CLI. */
import type { TEnum, TProperties, TSchema } from 'typebox';
import { cidrPattern } from './cidr.ts';
import { namePattern, nameRuleText } from './names.ts';
import { Type } from './type.ts';

/** An object that refuses what it does not know. */
export const closed = <P extends TProperties>(properties: P, options: { description?: string } = {}) =>
  Type.Object(properties, { additionalProperties: false, ...options });

export const Name = Type.String({ pattern: namePattern, maxLength: 63, description: nameRuleText });
export const Cidr = Type.String({ pattern: cidrPattern, description: 'IPv4 block, e.g. 10.0.0.0/16' });
/** RFC 3339 in UTC, e.g. 2026-11-21T08:00:00.000Z. */
export const Time = Type.String({ format: 'date-time' });
export const Labels = Type.Record(
  Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}$' }),
  Type.String({ maxLength: 255 }),
  { additionalProperties: false },
);

export const oneOf = <const Words extends readonly string[]>(
  words: Words,
  description?: string,
): TEnum<[...Words]> =>
  Type.Enum<[...Words]>(
    words,
    description === undefined ? { type: 'string' } : { type: 'string', description },
  );

/** A page of a list. `next` is the cursor for the page behind it; absent on the last page. */
export const page = <Item extends TSchema>(item: Item) =>
  closed({ items: Type.Array(item), next: Type.Optional(Type.String()) });
export interface Page<Item> {
  items: Item[];
  next?: string;
}
