/** Reading a request's JSON: typed members, with the API's complaints where one is of another type or unknown. */
import { GcpError, invalid, required } from './errors.ts';

export type Json = Record<string, unknown>;

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const payload = (what: string) =>
  new GcpError(400, 'badRequest', `Invalid JSON payload received. ${what}`, { status: 'INVALID_ARGUMENT' });

export function parseBody(body: Buffer): Json {
  if (body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new GcpError(400, 'parseError', 'Parse Error');
  }
  if (!isObject(value)) throw payload('Root element must be a message.');
  return value;
}

/** Members that the API knows and the Twin has no use for are let through: `known` lists the reference's all. */
export function checkKeys(json: Json, known: ReadonlySet<string>, at = ''): void {
  for (const key of Object.keys(json))
    if (!known.has(key))
      throw payload(`Unknown name "${key}"${at === '' ? '' : ` at '${at}'`}: Cannot find field.`);
}

const mistyped = (field: string, value: unknown) =>
  payload(`Invalid value at '${field}' (${JSON.stringify(value)}).`);

export function text(json: Json, key: string, at = 'resource'): string | undefined {
  const value = json[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw mistyped(`${at}.${key}`, value);
  return value;
}
export function neededText(json: Json, key: string, at = 'resource'): string {
  const value = text(json, key, at);
  if (value === undefined || value === '') throw required(`${at}.${key}`);
  return value;
}
export function flag(json: Json, key: string, at = 'resource'): boolean | undefined {
  const value = json[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw mistyped(`${at}.${key}`, value);
  return value;
}
/** 64-bit numbers come as text. */
export function integer(json: Json, key: string, at = 'resource'): number | undefined {
  const value = json[key];
  if (value === undefined || value === null) return undefined;
  const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isSafeInteger(number)) throw mistyped(`${at}.${key}`, value);
  return number;
}
export function object(json: Json, key: string, at = 'resource'): Json | undefined {
  const value = json[key];
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw mistyped(`${at}.${key}`, value);
  return value;
}
export function objects(json: Json, key: string, at = 'resource'): Json[] | undefined {
  const value = json[key];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every(isObject)) throw mistyped(`${at}.${key}`, value);
  return value;
}
export function texts(json: Json, key: string, at = 'resource'): string[] | undefined {
  const value = json[key];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every(each => typeof each === 'string'))
    throw mistyped(`${at}.${key}`, value);
  return value;
}

const namePattern = '(?:[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?)';
const nameRegExp = new RegExp(`^${namePattern}$`);
/** RFC 1035 labels. */
export const isName = (name: string): boolean => nameRegExp.test(name);
export function resourceName(json: Json, at = 'resource'): string {
  const name = neededText(json, 'name', at);
  if (!isName(name)) throw invalid(`${at}.name`, name, `Must be a match of regex '${namePattern}'`);
  return name;
}

/** Lower-case keys, at most 64 of them. Source: "Labeling resources". */
export function labelsOf(json: Json, at = 'resource'): Record<string, string> {
  const labels = object(json, 'labels', at) ?? {};
  const taken: Record<string, string> = {};
  for (const [key, value] of Object.entries(labels)) {
    if (!/^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u.test(key))
      throw invalid(
        `${at}.labels`,
        key,
        "Label key must match '[\\p{Ll}\\p{Lo}][\\p{Ll}\\p{Lo}\\p{N}_-]{0,62}'.",
      );
    if (typeof value !== 'string' || !/^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u.test(value))
      throw invalid(`${at}.labels`, value, "Label value must match '[\\p{Ll}\\p{Lo}\\p{N}_-]{0,63}'.");
    taken[key] = value;
  }
  if (Object.keys(taken).length > 64) throw invalid(`${at}.labels`, '', 'At most 64 labels are allowed.');
  return taken;
}

export function metadataItems(json: Json, at: string): { key: string; value: string }[] {
  const seen = new Set<string>();
  let size = 0;
  return (objects(json, 'items', at) ?? []).map((item, index) => {
    const here = `${at}.items[${index}]`;
    const key = neededText(item, 'key', here);
    const value = text(item, 'value', here) ?? '';
    if (!/^[a-zA-Z0-9-_]{1,128}$/.test(key))
      throw invalid(`${here}.key`, key, "Must be a match of regex '[a-zA-Z0-9-_]{1,128}'");
    if (seen.has(key)) throw invalid(at, '', `Metadata has duplicate key: ${key}`);
    seen.add(key);
    const bytes = Buffer.byteLength(value);
    size += bytes + key.length;
    if (bytes > 262_144)
      throw invalid(`${here}.value`, `${value.slice(0, 40)}…`, 'The value must be at most 262144 bytes.');
    if (size > 524_288) throw invalid(at, '', 'Metadata must be at most 524288 bytes in all.');
    return { key, value };
  });
}
