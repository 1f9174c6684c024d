/** Reading Nova's request bodies, with the words of its JSON-Schema checks. */
import { isObject } from '../call.ts';
import { ApiError, badRequest } from '../errors.ts';

/** As Python prints it, which is how the refusals repeat a value. */
function repr(value: unknown): string {
  if (value === undefined || value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string')
    return value.includes("'") && !value.includes('"')
      ? `"${value}"`
      : `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;
  if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`;
  if (typeof value === 'object')
    return `{${Object.entries(value)
      .map(([key, each]) => `${repr(key)}: ${repr(each)}`)
      .join(', ')}}`;
  return typeof value === 'number' ? String(value) : '';
}

const invalid = (field: string, value: unknown, message: string): ApiError =>
  badRequest(
    `Invalid input for field/attribute ${field}. Value: ${typeof value === 'string' ? value : repr(value)}. ${message}`,
  );

/** The value is told twice, plain and quoted. */
export const wrong = (field: string, value: unknown, reason: string): ApiError =>
  invalid(field, value, `${repr(value)} ${reason}`);

/** `value` lacks `key`. */
export const lacking = (field: string, value: unknown, key: string): ApiError =>
  invalid(field, value, `'${key}' is a required property`);

/** `value`, where the caller has it, has `key` beside what it may have. */
export const unexpected = (field: string, key: string, value?: unknown): ApiError => {
  const message = `Additional properties are not allowed ('${key.slice(0, 255)}' was unexpected)`;
  return value === undefined
    ? badRequest(`Invalid input for field/attribute ${field}. ${message}`)
    : invalid(field, value, message);
};

export function member(body: Record<string, unknown>, key: string): Record<string, unknown> {
  const value = body[key];
  if (!isObject(value))
    throw badRequest(`Invalid input for field/attribute ${key}. '${key}' is a required property`);
  return value;
}

/** 1 to 255 printable characters, no blanks at the ends. */
export function name(value: unknown): string {
  if (typeof value !== 'string') throw wrong('name', value, "is not of type 'string'");
  if (value === '') throw wrong('name', value, 'is too short');
  if (value.length > 255) throw wrong('name', value, 'is too long');
  if (value.trim() !== value || /\p{Cc}/u.test(value))
    throw wrong(
      'name',
      value,
      'does not match: it may have neither control characters nor blanks at its ends',
    );
  return value;
}

export function optionalText(from: Record<string, unknown>, key: string, most: number): string | undefined {
  const value = from[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw wrong(key, value, "is not of type 'string'");
  if (value.length > most) throw wrong(key, value, 'is too long');
  return value;
}

export function metadata(value: unknown, most: number): Readonly<Record<string, string>> {
  if (!isObject(value)) throw wrong('metadata', value, "is not of type 'object'");
  const entries = Object.entries(value);
  if (entries.length === 0) return empty;
  if (most >= 0 && entries.length > most)
    throw new ApiError(403, `Maximum number of metadata items exceeds ${most}`);
  const result: Record<string, string> = {};
  for (const [key, each] of entries) {
    if (!/^[\w\-:. ]{1,255}$/.test(key)) throw unexpected('metadata', key);
    if (typeof each !== 'string') throw wrong(key, each, "is not of type 'string'");
    if (each.length > 255) throw wrong(key, each, 'is too long');
    result[key] = each;
  }
  return result;
}
const empty: Readonly<Record<string, string>> = {};

/** Compute API, "Server tags": up to 50 of up to 60 characters, without slash and comma. */
export function tags(value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw wrong('tags', value, "is not of type 'array'");
  if (value.length === 0) return noTags;
  if (value.length > 50) throw badRequest('The number of tags exceeded the per-server limit 50');
  return [...new Set(value.map(tag))];
}
const noTags: readonly string[] = [];

export function tag(value: unknown): string {
  if (typeof value !== 'string' || !/^[^,/]{1,60}$/.test(value))
    throw wrong('tags', value, "does not match '^[^,/]*$', 1 to 60 characters");
  return value;
}
