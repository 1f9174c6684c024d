/**
 * What a call says, read as Go's decoder reads it (encoding/json): keys in any case, unknown ones ignored, missing ones
 * empty. Where CB-Spider has strings for numbers, numbers are taken too.
 */
import { BaristaError } from '@cloud-barista/model/errors';

type Json = Record<string, unknown>;

export interface Fields {
  has(key: string): boolean;
  /** "" where it is missing or null; trimmed, as upstream does. */
  text(key: string): string;
  part(key: string): Fields;
  parts(key: string): Fields[];
  texts(key: string): string[];
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** In upstream's words, which name the field and what was found in it. */
function wrongType(key: string, expected: string, got: unknown): BaristaError {
  const word = Array.isArray(got) ? 'array' : got === null ? 'null' : typeof got;
  return new BaristaError(
    'invalid_argument',
    `code=400, message=Unmarshal type error: expected=${expected}, got=${word}, field=${key}`,
    { where: key },
  );
}

function textOf(key: string, value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value.trim();
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw wrongType(key, 'string', value);
}

/** `where` names the object in errors; "" for the body itself. */
export function fieldsOf(value: unknown, where = ''): Fields {
  const path = (key: string) => (where === '' ? key : `${where}.${key}`);
  if (value !== undefined && value !== null && !isObject(value)) throw wrongType(where, 'struct', value);
  const object = value ?? {};
  let folded: Map<string, unknown> | undefined;
  const find = (key: string): unknown => {
    if (Object.hasOwn(object, key)) return object[key];
    folded ??= new Map(Object.entries(object).map(([name, one]) => [name.toLowerCase(), one]));
    return folded.get(key.toLowerCase());
  };
  const array = (key: string): unknown[] => {
    const found = find(key);
    if (found === undefined || found === null) return [];
    if (Array.isArray(found)) return found;
    throw wrongType(path(key), 'slice', found);
  };
  return {
    has: key => find(key) !== undefined && find(key) !== null,
    text: key => textOf(path(key), find(key)),
    part: key => fieldsOf(find(key), path(key)),
    parts: key => array(key).map((one, at) => fieldsOf(one, `${path(key)}[${at}]`)),
    texts: key => array(key).map((one, at) => textOf(`${path(key)}[${at}]`, one)),
  };
}

/** In Go's words; nothing of the body is quoted, for it may hold a credential. */
function syntaxError(text: string, error: unknown): BaristaError {
  const at = /position (\d+)/.exec((error as Error).message)?.[1];
  const place = at ?? String(text.length);
  return new BaristaError(
    'invalid_argument',
    `code=400, message=Syntax error: offset=${place}, error=invalid JSON`,
    { where: 'body' },
  );
}

/** Undefined where there is none. */
export function parseBody(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw syntaxError(text, error);
  }
}

/** Upstream's tools encode names that hold slashes (GCP's images) once or twice; the router has decoded once. */
export function decoded(name: string): string {
  if (!/%[0-9a-f]{2}/i.test(name)) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** `<what> is empty!`: upstream's words. */
export function needed(text: string, what: string): string {
  if (text !== '') return text;
  throw new BaristaError('invalid_argument', `${what} is empty!`, { where: what });
}
