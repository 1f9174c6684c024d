/**
 * Cinder's lists: filters, sorting, pages. limit and marker, at most 1,000 (cinder.conf osapi_max_limit), with a link to the
 * next page whenever one is full. Source: Block Storage API v3, "List accessible volumes with details".
 */
import { isObject, type SiteCall } from '../call.ts';
import { badRequest, type ApiError } from '../errors.ts';
import { ok, type Reply } from '../reply.ts';
import { invalidInput } from './input.ts';

const mostPerPage = 1000;

type Test<T> = (row: T) => boolean;
export interface Noun<T> {
  /** As in the path and the answer: volumes. */
  readonly plural: string;
  readonly filters: Readonly<Record<string, (value: string, call: SiteCall) => Test<T>>>;
  readonly sortKeys: Readonly<Record<string, (row: T) => string | number>>;
  missing(id: string): ApiError;
}

function number(call: SiteCall, key: 'limit' | 'offset', otherwise: number): number {
  const text = call.query.get(key);
  if (text === null) return otherwise;
  if (!/^-?\d{1,15}$/.test(text)) throw badRequest(`${key} param must be an integer`);
  if (text.startsWith('-')) throw badRequest(`${key} param must be positive`);
  return Number(text);
}

/** `sort=name:asc,created_at`, or sort_key and sort_dir; the newest first unless asked otherwise. */
function order<T extends { n: number }>(call: SiteCall, noun: Noun<T>, rows: T[]): void {
  const combined = call.query.get('sort');
  const keys =
    combined === null
      ? call.query
          .getAll('sort_key')
          .map((key, index) => [key, call.query.getAll('sort_dir')[index]] as const)
      : combined.split(',').map(each => {
          const [key = '', direction] = each.split(':');
          return [key.trim(), direction?.trim()] as const;
        });
  const by = keys.map(([key, direction = 'desc']) => {
    const read = Object.hasOwn(noun.sortKeys, key) ? noun.sortKeys[key] : undefined;
    if (!read) throw invalidInput('Sort key is not valid');
    if (direction !== 'asc' && direction !== 'desc')
      throw invalidInput('Unknown sort direction, must be one of: asc, desc.');
    return { read, sign: direction === 'asc' ? 1 : -1 };
  });
  if (by.length === 0) {
    rows.reverse();
    return;
  }
  rows.sort((a, b) => {
    for (const { read, sign } of by) {
      const [left, right] = [read(a), read(b)];
      if (left !== right) return (left < right ? -1 : 1) * sign;
    }
    return b.n - a.n;
  });
}

export function filtered<T>(call: SiteCall, noun: Noun<T>, all: Iterable<T>): T[] {
  const tests: Test<T>[] = [];
  for (const [key, value] of call.query) {
    const make = Object.hasOwn(noun.filters, key) ? noun.filters[key] : undefined;
    if (make) tests.push(make(value, call));
  }
  return [...all].filter(row => tests.every(test => test(row)));
}

export function list<T extends { n: number; id: string }>(
  call: SiteCall,
  noun: Noun<T>,
  all: Iterable<T>,
  path: string,
  view: (call: SiteCall, row: T) => unknown,
): Reply {
  const { account, endpoint, query } = call;
  const limit = Math.min(number(call, 'limit', mostPerPage), mostPerPage);
  const offset = number(call, 'offset', 0);
  const rows = filtered(call, noun, all);
  order(call, noun, rows);
  const marker = query.get('marker');
  const at = marker === null ? -1 : rows.findIndex(row => row.id === marker);
  if (marker !== null && at < 0) throw noun.missing(marker.slice(0, 64));
  const page = rows.slice(at + 1 + offset, at + 1 + offset + limit);
  const last = page.at(-1);
  const params = new URLSearchParams(query);
  params.delete('offset');
  if (last) params.set('marker', last.id);
  const href = `${endpoint}/v3/${account.projectId}/${path}?${params.toString()}`;
  return ok({
    [noun.plural]: page.map(row => view(call, row)),
    ...(last && page.length === limit && { [`${noun.plural}_links`]: [{ rel: 'next', href }] }),
    ...(call.version >= 45 && /^(true|1)$/i.test(query.get('with_count') ?? '') && { count: rows.length }),
  });
}

/** `{"key": "value"}`, or as Python prints it, which is what its clients send. */
export function metadataFilter(value: string): Test<{ metadata: Readonly<Record<string, string>> }> {
  let wanted: unknown;
  try {
    wanted = JSON.parse(value);
  } catch {
    try {
      wanted = JSON.parse(value.replaceAll("'", '"'));
    } catch {
      wanted = undefined;
    }
  }
  if (!isObject(wanted))
    throw invalidInput(`metadata filter must be a dictionary, not ${value.slice(0, 64)}`);
  const entries = Object.entries(wanted);
  return row =>
    entries.every(([key, each]) => Object.hasOwn(row.metadata, key) && row.metadata[key] === String(each));
}
