/** Tags (labels, metadata): words that a cloud keeps with a resource, for people, bills and searches. */
import { Type } from './type.ts';

export const taggedKinds = ['vpc', 'security-group', 'key-pair', 'vm', 'disk'] as const;
export type TaggedKind = (typeof taggedKinds)[number];

/** What a cloud allows in a tag. */
export interface TagRule {
  /** Regular expression sources that the whole must match. */
  key: string;
  value: string;
  /** Of one resource. */
  most: number;
}

export const Tags = Type.Record(Type.String({ pattern: '^.{1,128}$' }), Type.String({ maxLength: 256 }), {
  additionalProperties: false,
});
export type Tags = Record<string, string>;
