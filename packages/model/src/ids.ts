/**
 * Branded ids. A cloud's id (`CloudId`) is an opaque string that only its driver understands; ours are names
 * (see names.ts) and uids. A uid has an underscore, which no name may have, so one can't be taken for the other.
 */
import { randomBytes } from 'node:crypto';

declare const brand: unique symbol;
type Branded<Word extends string> = string & { readonly [brand]: Word };

/** The vendor's own id of a resource: opaque, compared only for equality. */
export type CloudId = Branded<'CloudId'>;
export type OperationId = Branded<'OperationId'>;
/** Says "this is the same create as before": two creates with one token make one resource. */
export type Token = Branded<'Token'>;

export const cloudId = (id: string): CloudId => id as CloudId;

const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';
/** 32 letters and digits, so that a byte's low five bits pick one without bias; `length` 12 is 60 random bits. */
function random(length: number): string {
  let text = '';
  for (const byte of randomBytes(length)) text += alphabet[byte & 31];
  return text;
}

/** Operation ids sort by their time of birth: nine base-36 digits of milliseconds, then chance. */
export const newOperationId = (now: number = Date.now()): OperationId =>
  `op_${now.toString(36).padStart(9, '0')}${random(8)}` as OperationId;
/** `installation` (see `installationOf` in spider) is the beginning of all tokens that one installation gives out. */
export const newToken = (installation = ''): Token =>
  `tok_${installation}${random(16 - installation.length)}` as Token;
/** A short word that makes a name of ours unique inside a cloud account. */
export const newSuffix = (length = 8): string => random(length);
