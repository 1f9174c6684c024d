/**
 * Glance's list: filters, sorting, pages by limit and marker with a link to the next. A cloud may have thousands of images:
 * what is asked is read from the records, and only a page's are shown whole. Source: Image service API v2, "List images".
 */
import type { SiteCall } from '../call.ts';
import { badRequest } from '../errors.ts';
import { ok, type Reply } from '../reply.ts';
import type { Image } from '../records.ts';
import { newestFirst } from './image-store.ts';

/** glance-api.conf: limit_param_default, api_limit_max. */
const perPage = 25;
const mostPerPage = 1000;

type Test = (image: Image) => boolean;
type Read = (image: Image, call: SiteCall) => string | number | boolean | null;

export const ownerOf = (image: Image, { account }: SiteCall): string =>
  image.given ? 'service' : account.projectId;

/** By the names that they have in an answer. */
const attributes: Readonly<Record<string, Read>> = {
  id: image => image.id,
  name: image => image.name,
  status: image => image.status,
  visibility: image => image.visibility,
  container_format: image => image.containerFormat,
  disk_format: image => image.diskFormat,
  size: image => image.size,
  min_disk: image => image.minDisk,
  min_ram: image => image.minRam,
  protected: image => image.protected,
  os_hidden: image => image.hidden,
  owner: ownerOf,
  checksum: image => image.checksum,
  os_hash_value: image => image.hash,
  created_at: image => image.createdAt,
  updated_at: image => image.updatedAt,
};
const attribute = (key: string): Read | undefined =>
  Object.hasOwn(attributes, key) ? attributes[key] : undefined;

/** Sums of what the cloud comes with are made when shown: nobody looks for an image by them. */
const sortKeys = new Set([
  'name',
  'status',
  'container_format',
  'disk_format',
  'size',
  'id',
  'created_at',
  'updated_at',
]);

/** A comma stands between values, unless within quotes. */
const listed = (text: string): string[] =>
  (text.match(/"[^"]*"|[^,]+/g) ?? []).map(each => each.replace(/^"|"$/g, ''));

/** `in:a,b` names several; anything else is the value itself. */
function equals(read: Read, text: string, call: SiteCall): Test {
  const wanted = new Set(
    (text.startsWith('in:') ? listed(text.slice(3)) : [text]).map(each => each.toLowerCase()),
  );
  return image => wanted.has(String(read(image, call) ?? '').toLowerCase());
}

const comparisons: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  gt: (a, b) => a > b,
  gte: (a, b) => a >= b,
  lt: (a, b) => a < b,
  lte: (a, b) => a <= b,
  eq: (a, b) => a === b,
  neq: (a, b) => a !== b,
};

/** `gte:2024-01-01T00:00:00Z`; Glance's times are whole seconds. */
function timed(key: string, read: Read, text: string, call: SiteCall): Test {
  const [, word = 'eq', moment = ''] = /^(?:([a-z]+):)?(.*)$/s.exec(text) ?? [];
  const compare = Object.hasOwn(comparisons, word) ? comparisons[word] : undefined;
  if (!compare) throw badRequest(`Unable to filter by unknown operator '${word.slice(0, 32)}'.`);
  const at = /^\d{4}-?\d\d-?\d\d/.test(moment)
    ? Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(moment) || !moment.includes('T') ? moment : `${moment}Z`)
    : Number.NaN;
  if (Number.isNaN(at)) throw badRequest(`Bad "${key}" query filter format. Use ISO 8601 DateTime notation.`);
  return image => compare(Math.floor(Number(read(image, call)) / 1000), Math.floor(at / 1000));
}

function number(text: string, key: string): number {
  if (!/^-?\d{1,15}$/.test(text)) throw badRequest(`${key} param must be an integer`);
  if (text.startsWith('-')) throw badRequest(`${key} param must be positive`);
  return Number(text);
}

const visibilities = ['public', 'private', 'shared', 'community', 'all'];
const controls = new Set([
  'limit',
  'marker',
  'sort',
  'sort_key',
  'sort_dir',
  'member_status',
  'tag',
  'os_hidden',
]);

function testsOf(call: SiteCall): Test[] {
  const { query } = call;
  const tests: Test[] = [];
  const hidden = /^true$/i.test(query.get('os_hidden') ?? '');
  tests.push(image => image.hidden === hidden);
  const tags = query.getAll('tag');
  if (tags.length > 0) tests.push(image => tags.every(tag => image.tags.includes(tag)));
  const visibility = query.get('visibility');
  if (visibility !== null && !visibilities.includes(visibility))
    throw badRequest(`Invalid visibility value: ${visibility.slice(0, 64)}`);
  for (const [key, text] of query) {
    if (controls.has(key) || (key === 'visibility' && text === 'all')) continue;
    if (key === 'size_min' || key === 'size_max') {
      const bound = number(text, key);
      tests.push(({ size }) => (key === 'size_min' ? (size ?? 0) >= bound : (size ?? 0) <= bound));
      continue;
    }
    const read = attribute(key);
    if (read && (key === 'created_at' || key === 'updated_at')) tests.push(timed(key, read, text, call));
    else if (read) tests.push(equals(read, text, call));
    else {
      // Any other is a property of the image, whose value minds case.
      const own = (image: Image) =>
        Object.hasOwn(image.properties, key) ? image.properties[key] : undefined;
      const wanted = new Set(text.startsWith('in:') ? listed(text.slice(3)) : [text]);
      tests.push(image => wanted.has(own(image) ?? ''));
    }
  }
  return tests;
}

/** `sort=name:asc,created_at`, or sort_key and sort_dir; undefined for Glance's own order. */
function orderOf({ query }: SiteCall): { read: Read; sign: number }[] | undefined {
  const combined = query.get('sort');
  const keys = query.getAll('sort_key');
  const directions = query.getAll('sort_dir');
  if (combined !== null && keys.length + directions.length > 0)
    throw badRequest('Old and new sorting syntax cannot be combined');
  if (directions.length > 1 && directions.length !== keys.length)
    throw badRequest('Number of sort dirs does not match the number of sort keys');
  const pairs =
    combined === null
      ? keys.map((key, index) => [key, directions[index] ?? directions[0]] as const)
      : combined.split(',').map(each => {
          const [key = '', direction] = each.split(':');
          return [key.trim(), direction?.trim()] as const;
        });
  if (pairs.length === 0 && directions.length > 0) pairs.push(['created_at', directions[0]]);
  const order = pairs.map(([key, direction = 'desc']) => {
    const read = sortKeys.has(key) ? attribute(key) : undefined;
    if (!read)
      throw badRequest(
        `Invalid sort key: ${key.slice(0, 64)}. It must be one of the following: ${[...sortKeys].join(', ')}.`,
      );
    if (direction !== 'asc' && direction !== 'desc')
      throw badRequest(`Invalid sort direction: ${direction.slice(0, 64)}`);
    return { read, sign: direction === 'asc' ? 1 : -1 };
  });
  return order.length > 0 ? order : undefined;
}

const compare = (a: string | number | boolean | null, b: string | number | boolean | null): number => {
  const [left, right] =
    typeof a === 'number' && typeof b === 'number' ? [a, b] : [String(a ?? ''), String(b ?? '')];
  return left === right ? 0 : left < right ? -1 : 1;
};

function rowsOf(call: SiteCall): readonly Image[] {
  const order = orderOf(call);
  const tests = testsOf(call);
  const rows = newestFirst(call.site).filter(image => tests.every(test => test(image)));
  if (!order) return rows;
  return rows.sort((a, b) => {
    for (const { read, sign } of order) {
      const found = compare(read(a, call), read(b, call));
      if (found !== 0) return found * sign;
    }
    return b.n - a.n;
  });
}

export function listImages(
  call: SiteCall,
  view: (call: SiteCall, image: Image) => Record<string, unknown>,
): Reply {
  const { query } = call;
  const text = query.get('limit');
  const limit = Math.min(text === null ? perPage : number(text, 'limit'), mostPerPage);
  const rows = rowsOf(call);
  const marker = query.get('marker');
  const at = marker === null ? -1 : rows.findIndex(image => image.id === marker);
  if (marker !== null && at < 0) throw badRequest(`No image found with ID ${marker.slice(0, 64)}`);
  const page = rows.slice(at + 1, at + 1 + limit);
  const last = page.at(-1);
  const next = new URLSearchParams(query);
  if (last) next.set('marker', last.id);
  const first = new URLSearchParams(query);
  first.delete('marker');
  return ok({
    images: page.map(image => view(call, image)),
    schema: '/v2/schemas/images',
    first: first.size > 0 ? `/v2/images?${first.toString()}` : '/v2/images',
    ...(last && rows.at(-1) !== last ? { next: `/v2/images?${next.toString()}` } : {}),
  });
}
