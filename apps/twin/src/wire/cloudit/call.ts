/** One request on its way to its handler, and its body read strictly: an unknown field or a wrong type is refused by name. */
import type { World } from '../../world/world.ts';
import { ApiError, badRequest } from './errors.ts';
import type { Site } from './site.ts';

export interface Call {
  readonly world: World;
  readonly site: Site;
  /** What the `{}` of the pattern stood for, in order. */
  readonly ids: readonly string[];
  readonly contentType: string;
  readonly raw: Buffer;
  /** A fault that shows only after the answer: a server that is accepted and then fails. */
  readonly late: boolean;
}

type Kind = 'text' | 'text?' | 'integer' | 'integer?' | 'list' | 'list?';
type Shape = Readonly<Record<string, Kind>>;
type Value<K extends Kind> = K extends 'text'
  ? string
  : K extends 'text?'
    ? string | undefined
    : K extends 'integer'
      ? number
      : K extends 'integer?'
        ? number | undefined
        : K extends 'list'
          ? readonly unknown[]
          : readonly unknown[] | undefined;
export type Values<S extends Shape> = { readonly [N in keyof S]: Value<S[N]> };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function check(name: string, kind: Kind, value: unknown): unknown {
  const optional = kind.endsWith('?');
  // The public client sends fields it has nothing for as "": they count as absent.
  if (value === undefined || value === null || (value === '' && !kind.startsWith('list'))) {
    if (optional) return undefined;
    throw badRequest(`${name} is required.`);
  }
  if (kind.startsWith('text') && typeof value !== 'string') throw badRequest(`${name} must be a string.`);
  if (kind.startsWith('integer') && (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0))
    throw badRequest(`${name} must be a whole number.`);
  if (kind.startsWith('list') && !Array.isArray(value)) throw badRequest(`${name} must be a list.`);
  return value;
}

export function fields<const S extends Shape>(value: unknown, shape: S, what = 'The body'): Values<S> {
  if (!isObject(value)) throw badRequest(`${what} must be a JSON object.`);
  for (const name of Object.keys(value))
    if (!Object.hasOwn(shape, name))
      throw badRequest(`${what} has an unknown field ${JSON.stringify(name)}.`);
  return Object.fromEntries(
    Object.entries(shape).map(([name, kind]) => [name, check(name, kind, value[name])]),
  ) as Values<S>;
}

export function bodyOf<const S extends Shape>(call: Call, shape: S): Values<S> {
  if (!/^application\/json\s*(;|$)/i.test(call.contentType))
    throw new ApiError(415, 'The body must be application/json.');
  let value: unknown;
  try {
    value = JSON.parse(call.raw.toString('utf8'));
  } catch {
    throw badRequest('The body is not JSON.');
  }
  return fields(value, shape);
}

/** cloudos_meta of the public driver: 45 characters for the names of subnets, groups, servers, volumes and snapshots. */
export const nameLength = 45;

export function checkName(name: string, most = nameLength): string {
  if (name.length > most) throw badRequest(`The name is longer than ${most} characters.`);
  if (name.trim() === '') throw badRequest('The name is empty.');
  return name;
}

/** 0 or 1. */
export function flag(name: string, value: number | undefined): 0 | 1 {
  if (value === undefined || value === 0) return 0;
  if (value === 1) return 1;
  throw badRequest(`${name} must be 0 or 1.`);
}

/** The `index`th id of the path, in `map`; 404 where it has none. */
export function find<T>(map: ReadonlyMap<string, T>, noun: string, id: string): T {
  const found = map.get(id);
  if (found !== undefined) return found;
  throw new ApiError(404, `The ${noun} ${JSON.stringify(id)} does not exist.`);
}
