/** Reading Cinder's request bodies. Its JSON-Schema checks speak as Nova's do (compute/input.ts); the rest is its own. */
import { badRequest, type ApiError } from '../errors.ts';
import { metadata as novaMetadata, unexpected, wrong } from '../compute/input.ts';

export { unexpected, wrong };

/** cinder.exception.InvalidInput. */
export const invalidInput = (reason: string): ApiError => badRequest(`Invalid input received: ${reason}`);
/** cinder.exception.InvalidVolume. */
export const invalidVolume = (reason: string): ApiError => badRequest(`Invalid volume: ${reason}`);

/** Unlike in Nova a body's one member is told by the body. */
export function member(
  body: Record<string, unknown>,
  key: string,
  ...others: string[]
): Record<string, unknown> {
  const value = body[key];
  if (value === undefined)
    throw badRequest(`Invalid input for field/attribute body. '${key}' is a required property`);
  for (const other of Object.keys(body))
    if (other !== key && !others.includes(other)) throw unexpected('body', other);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong(key, value, "is not of type 'object'");
  return value as Record<string, unknown>;
}

/** Blanks at the ends are taken away; undefined where it is absent. */
export function text(from: Record<string, unknown>, key: string): string | null | undefined {
  const value = from[key];
  if (value === undefined || value === null) return value;
  if (typeof value !== 'string') throw wrong(key, value, "is not of type 'string', 'null'");
  if (value.length > 255) throw wrong(key, value, 'is too long');
  return value.trim();
}

/** GiB; digits do as well. Undefined where it is absent or null. */
export function size(from: Record<string, unknown>, key: string): number | undefined {
  const value = from[key];
  if (value === undefined || value === null) return undefined;
  const number = typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value;
  if (typeof number === 'string') throw wrong(key, value, "does not match '^[0-9]+$'");
  if (typeof number !== 'number' || !Number.isInteger(number))
    throw wrong(key, value, "is not of type 'integer', 'string', 'null'");
  if (number < 1) throw wrong(key, value, 'is less than the minimum of 1');
  if (number > 0x7fffffff) throw wrong(key, value, 'is greater than the maximum of 2147483647');
  return number;
}

/** oslo_utils.strutils.bool_from_string, strict. */
export function flag(value: unknown, key: string, otherwise?: boolean): boolean {
  if (value === undefined && otherwise !== undefined) return otherwise;
  const word = String(value).toLowerCase();
  if (['true', '1', 'on', 'yes', 't', 'y'].includes(word)) return true;
  if (['false', '0', 'off', 'no', 'f', 'n'].includes(word)) return false;
  throw wrong(key, value, 'is not a boolean');
}

/** No bound on how many. */
export const metadata = (value: unknown): Readonly<Record<string, string>> => novaMetadata(value ?? {}, -1);
