/**
 * Neutron's lists: filters by any shown attribute, tags, fields, sorting, and pages by limit and marker with links.
 * Source: Networking API v2.0, "Filtering and Column Selection", "Pagination", "Sorting", "Standard Attributes Tag".
 */
import type { SiteCall } from '../call.ts';
import { ok, type Reply } from '../reply.ts';
import { badRequest, badResource } from '../errors.ts';
import type { Resource } from '../records.ts';

export type View = Record<string, unknown>;

const controls = new Set(['limit', 'marker', 'page_reverse', 'sort_key', 'sort_dir', 'fields']);
const tagFilters = new Set(['tags', 'tags-any', 'not-tags', 'not-tags-any']);

const bool = (text: string) => text.toLowerCase() === 'true' || text === '1';

function same(value: unknown, wanted: string): boolean {
  if (typeof value === 'boolean') return value === bool(wanted);
  if (value === null || value === undefined) return wanted === '' || wanted === 'None';
  if (!Array.isArray(value)) return String(value) === wanted;
  // fixed_ips=subnet_id=… ; security_groups=…
  const at = wanted.indexOf('=');
  const key = wanted.slice(0, at);
  const rest = wanted.slice(at + 1);
  return value.some((each: unknown) =>
    typeof each === 'object' && each !== null
      ? at > 0 && String((each as View)[key]) === rest
      : String(each) === wanted,
  );
}

function tagged(tags: readonly string[], filter: string, wanted: string[]): boolean {
  const has = (tag: string) => tags.includes(tag);
  if (filter === 'tags') return wanted.every(has);
  if (filter === 'tags-any') return wanted.some(has);
  if (filter === 'not-tags') return !wanted.every(has);
  return !wanted.some(has);
}

export interface Listing<R extends Resource> {
  plural: string;
  records: Iterable<R>;
  view: (record: R) => View;
  /** What may be filtered and sorted by: what is shown. Neutron's extension filter-validation refuses any other word. */
  attributes: readonly string[];
  /** Neutron's own refusal of an id that there is not. */
  find: (id: string) => R;
  /** What can be read without building the whole view: most lists are asked for one name, tag or device. */
  quick?: Readonly<Record<string, (record: R) => unknown>>;
}

const always = {
  id: (record: Resource) => record.id,
  name: (record: Resource) => record.name,
  description: (record: Resource) => record.description,
};

export function list<R extends Resource>(call: SiteCall, listing: Listing<R>): Reply {
  const { query } = call;
  const quick: Readonly<Record<string, (record: R) => unknown>> = { ...always, ...listing.quick };
  const known = (key: string) => Object.hasOwn(quick, key);
  const filters = [...new Set(query.keys())]
    .filter(key => !controls.has(key))
    .map(key => ({ key, wanted: query.getAll(key) }));
  const strange = (key: string) => !listing.attributes.includes(key);
  refuse(
    'filtering',
    filters.map(({ key }) => key).filter(key => !tagFilters.has(key) && strange(key)),
  );
  refuse('sort_keys', query.getAll('sort_key').filter(strange));
  const slow = filters.filter(({ key }) => !tagFilters.has(key) && !known(key));
  // Where neither filter nor order needs the whole view, it is built for the page only.
  const whole = slow.length > 0 || query.has('sort_key');
  const rows: Row<R>[] = [];
  next: for (const record of listing.records) {
    for (const { key, wanted } of filters) {
      if (tagFilters.has(key)) {
        if (
          !tagged(
            record.tags,
            key,
            wanted.flatMap(each => each.split(',')),
          )
        )
          continue next;
      } else {
        const value = known(key) ? quick[key] : undefined;
        if (value && !wanted.some(each => same(value(record), each))) continue next;
      }
    }
    const view = whole ? listing.view(record) : nothing;
    for (const { key, wanted } of slow)
      if (Object.hasOwn(view, key) && !wanted.some(each => same(view[key], each))) continue next;
    rows.push({ record, view });
  }
  const order = orderOf<R>(query);
  rows.sort(order);
  const { page, links } = cut(call, rows, listing, order);
  const fields = query.getAll('fields').flatMap(each => each.split(','));
  return ok({
    [listing.plural]: page.map(({ record, view }) => pick(whole ? view : listing.view(record), fields)),
    ...(links.length > 0 && { [`${listing.plural}_links`]: links }),
  });
}

interface Row<R extends Resource> {
  record: R;
  view: View;
}
const nothing: View = {};

/** `fields=id&fields=name` */
export function pick(view: View, fields: readonly string[]): View {
  const wanted = fields.filter(field => field !== '');
  if (wanted.length === 0) return view;
  return Object.fromEntries(
    wanted.filter(field => Object.hasOwn(view, field)).map(field => [field, view[field]]),
  );
}

export const show = (call: SiteCall, singular: string, view: View): Reply =>
  ok({
    [singular]: pick(
      view,
      call.query.getAll('fields').flatMap(each => each.split(',')),
    ),
  });

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const [left, right] = [String(a ?? ''), String(b ?? '')];
  return left < right ? -1 : left > right ? 1 : 0;
}

function refuse(use: 'filtering' | 'sort_keys', keys: readonly string[]): void {
  if (keys.length > 0)
    throw badRequest(`[${keys.map(key => `'${key}'`).join(', ')}] is invalid attribute for ${use}`);
}

type Order<R extends Resource> = (a: Row<R>, b: Row<R>) => number;

function orderOf<R extends Resource>(query: URLSearchParams): Order<R> {
  const keys = query.getAll('sort_key');
  const directions = query.getAll('sort_dir');
  for (const direction of directions)
    if (direction !== 'asc' && direction !== 'desc')
      throw badRequest("sort_dir's value is invalid: it must be asc or desc");
  return (a, b) => {
    for (const [index, key] of keys.entries()) {
      const order = compare(a.view[key], b.view[key]) * (directions[index] === 'desc' ? -1 : 1);
      if (order !== 0) return order;
    }
    return a.record.n - b.record.n;
  };
}

/** A marker need not be among the rows: whatever the filters, the page begins behind where it would stand. */
function place<R extends Resource>(
  rows: Row<R>[],
  marker: string,
  { find, view }: Listing<R>,
  order: Order<R>,
): number {
  const at = rows.findIndex(row => row.record.id === marker);
  if (at >= 0) return at;
  const record = find(marker);
  const marked = { record, view: view(record) };
  return rows.filter(row => order(row, marked) < 0).length - 1;
}

function cut<R extends Resource>(call: SiteCall, rows: Row<R>[], listing: Listing<R>, order: Order<R>) {
  const { plural } = listing;
  const { query, endpoint } = call;
  const limitText = query.get('limit');
  const limit = limitText === null ? 0 : Number(limitText);
  if (limitText !== null && !/^\d+$/.test(limitText))
    throw badResource(`Bad limit request: Limit must be an integer 0 or greater and not '${limitText}'.`);
  const reverse = bool(query.get('page_reverse') ?? '');
  const marker = query.get('marker');
  const at = marker === null ? -1 : place(rows, marker, listing, order);
  let page = rows;
  if (reverse)
    page = rows.slice(
      limit > 0 ? Math.max(0, (at < 0 ? rows.length : at) - limit) : 0,
      at < 0 ? undefined : at,
    );
  else page = rows.slice(at + 1, limit > 0 ? at + 1 + limit : undefined);
  if (limit === 0 || page.length === 0) return { page, links: [] };
  const link = (rel: string, marked: string, back: boolean) => {
    const params = new URLSearchParams(query);
    params.set('marker', marked);
    if (back) params.set('page_reverse', 'True');
    else params.delete('page_reverse');
    return { rel, href: `${endpoint}/v2.0/${plural.replaceAll('_', '-')}?${params.toString()}` };
  };
  const first = page[0];
  const last = page.at(-1);
  const more = last !== undefined && rows.at(-1) !== last;
  const earlier = first !== undefined && rows[0] !== first;
  return {
    page,
    links: [
      ...(more ? [link('next', last.record.id, false)] : []),
      ...(earlier ? [link('previous', first.record.id, true)] : []),
    ],
  };
}
