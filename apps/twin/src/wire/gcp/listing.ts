/** Lists as all of the API's collections give them: filter, orderBy, maxResults and pageToken; and aggregated lists by scope. */
import type { Json } from './body.ts';
import { link, own, type Call, type Result } from './call.ts';
import { GcpError, invalid } from './errors.ts';
import { parseFilter } from './filter.ts';
import type { Resource } from './records.ts';

const most = 500;

function pageSize(call: Call): number {
  const text = call.query.get('maxResults');
  if (text === null || text === '') return most;
  const size = Number(text);
  if (!/^\d+$/.test(text) || size > most)
    throw new GcpError(
      400,
      'invalidParameter',
      `Invalid value '${text}'. Values must be within the range: [0, ${most}]`,
      { location: { type: 'parameter', name: 'maxResults' } },
    );
  return size === 0 ? most : size;
}

type Order = 'name' | 'newest';
function orderOf(call: Call): Order {
  const text = call.query.get('orderBy');
  if (text === null || text === '' || text === 'name') return 'name';
  if (text === 'creationTimestamp desc') return 'newest';
  throw invalid('orderBy', text, 'Only "name" and "creationTimestamp desc" are supported.');
}

/** What lists sort by; the view is made only of what is shown or filtered. */
export interface Entry {
  readonly name: string;
  readonly id: string;
  /** Anything that grows with time. */
  readonly created: number | string;
  /** "" but in aggregated lists. */
  readonly scope: string;
  view(): Json;
}

const word = (view: Json, key: string): string => {
  const value = view[key];
  return typeof value === 'string' ? value : '';
};
/** Of what is cheap to show. */
export const shown = (views: readonly Json[], scope = ''): Entry[] =>
  views.map(view => ({
    name: word(view, 'name'),
    id: word(view, 'id'),
    created: word(view, 'creationTimestamp') || word(view, 'insertTime'),
    scope,
    view: () => view,
  }));
export const entries = <T extends Pick<Resource, 'name' | 'id' | 'createdAt'>>(
  resources: Iterable<T>,
  view: (resource: T) => Json,
  scope = '',
): Entry[] => {
  const list: Entry[] = [];
  for (const resource of resources)
    list.push({
      name: resource.name,
      id: resource.id,
      created: resource.createdAt,
      scope,
      view: () => view(resource),
    });
  return list;
};

const less = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);

type Key = Pick<Entry, 'name' | 'id' | 'created' | 'scope'>;
const byName = (a: Key, b: Key): number => less(a.scope, b.scope) || less(a.name, b.name) || less(a.id, b.id);
const byAge = (a: Key, b: Key): number => less(b.created, a.created) || byName(a, b);

/** Where a page goes on: behind an item, so that what is made or deleted meanwhile shifts nothing. */
function readToken(call: Call): Key | undefined {
  const text = call.query.get('pageToken');
  if (text === null || text === '') return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (Array.isArray(value)) {
      const [scope, name, id, created] = value as unknown[];
      if (
        typeof scope === 'string' &&
        typeof name === 'string' &&
        typeof id === 'string' &&
        (typeof created === 'string' || typeof created === 'number')
      )
        return { scope, name, id, created };
    }
  } catch {}
  throw invalid('pageToken', text, 'The page token is invalid.');
}

/** Sorts, filters and cuts. */
function page(call: Call, all: readonly Entry[]): { items: { scope: string; view: Json }[]; next: Json } {
  const compare = orderOf(call) === 'name' ? byName : byAge;
  const text = call.query.get('filter');
  const filter = text === null || text === '' ? undefined : parseFilter(text);
  const after = readToken(call);
  const size = pageSize(call);
  const candidates = after ? all.filter(each => compare(each, after) > 0) : [...all];
  candidates.sort(compare);
  const items: { scope: string; view: Json }[] = [];
  let last: Entry | undefined;
  for (const entry of candidates) {
    if (items.length > size) break;
    const view = entry.view();
    if (filter && !filter(view)) continue;
    if (items.length < size) last = entry;
    items.push({ scope: entry.scope, view });
  }
  if (items.length <= size || !last) return { items, next: {} };
  const { scope, name, id, created } = last;
  const key = JSON.stringify([scope, name, id, created]);
  return { items: items.slice(0, size), next: { nextPageToken: Buffer.from(key).toString('base64url') } };
}

/** `path` is where the collection stands, e.g. zones/z/instances; `project` where it isn't the caller's. */
export function listOf(call: Call, kind: string, path: string, all: readonly Entry[]): Result {
  const { items, next } = page(call, all);
  return {
    list: {
      kind: `compute#${kind}List`,
      id: `projects/${call.project}/${path}`,
      // An empty list has no `items`.
      ...(items.length > 0 && { items: items.map(({ view }) => view) }),
      ...next,
      selfLink: link(call, `projects/${call.project}/${path}`),
    },
  };
}

/** `scopes` are all of them (zones/z, regions/r, global), for those that hold nothing say so. */
export function aggregatedOf(
  call: Call,
  kind: string,
  noun: string,
  scopes: readonly string[],
  all: readonly Entry[],
): Result {
  const { items, next } = page(call, all);
  const byScope = new Map<string, Json[]>(scopes.map(scope => [scope, []]));
  for (const { scope, view } of items) byScope.get(scope)?.push(view);
  const pairs = [...byScope].map(([scope, views]): [string, Json] => [
    scope,
    views.length > 0
      ? { [noun]: views }
      : {
          warning: {
            code: 'NO_RESULTS_ON_PAGE',
            message: `There are no results for scope '${scope}' on this page.`,
            data: [{ key: 'scope', value: scope }],
          },
        },
  ]);
  return {
    list: {
      kind: `compute#${kind}AggregatedList`,
      id: own(call, `aggregated/${noun}`),
      items: Object.fromEntries(pairs),
      ...next,
      selfLink: link(call, own(call, `aggregated/${noun}`)),
    },
  };
}
