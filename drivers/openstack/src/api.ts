/**
 * One authenticated request, and lists. Every request goes down the road; a token that a service no longer takes
 * (401: revoked, Keystone's keys rotated) is replaced once and the request made again.
 */
import { hasCode } from '@cloud-barista/model/errors';
import type { ResourceKind } from '@cloud-barista/model/call';
import type { Token } from '@cloud-barista/model/ids';
import type { Page } from '@cloud-barista/model/schema';
import type { PageCall } from '@cloud-barista/driver/call';
import type { Road } from '@cloud-barista/driver/road';
import type { Service } from './errors.ts';
import type { Http } from './http.ts';
import type { Keystone, Session } from './keystone.ts';
import type { Settings } from './settings.ts';

/** A list repeats its key; Neutron reads that as "any of". */
export type Query = Record<string, string | readonly string[] | undefined>;

export interface Order {
  resource: ResourceKind;
  /** For the call history. */
  name?: string;
  /** Fills the `{words}` of the path. */
  path?: Record<string, string>;
  query?: Query;
  body?: unknown;
  headers?: Record<string, string>;
  /** GET, DELETE and PUT are where not said. */
  idempotent?: boolean;
}

export interface Api {
  readonly settings: Settings;
  session(signal: AbortSignal): Promise<Session>;
  /** `call` is method and path as the API reference has them behind the version, e.g. `POST /servers/{id}/action`. */
  send<T>(service: Service, call: string, order: Order, signal: AbortSignal): Promise<T>;
}

export function createApi(settings: Settings, http: Http, keystone: Keystone, road: Road): Api {
  return {
    settings,
    session: signal => keystone.session(signal),
    async send<T>(service: Service, call: string, order: Order, signal: AbortSignal) {
      const [method = 'GET', path = '/'] = call.split(' ');
      const request = {
        api: call,
        resource: order.resource,
        ...(order.name !== undefined && { name: order.name }),
        idempotent: order.idempotent ?? method !== 'POST',
      };
      const once = (session: Session) => {
        const base = service === 'identity' ? settings.authUrl : session.endpoint(service);
        const url = base + fill(path, order.path) + encode(order.query);
        return road.send(request, signal, s =>
          http.send(
            {
              service,
              method,
              url,
              headers: { 'x-auth-token': session.token, ...order.headers },
              body: order.body,
            },
            s,
          ),
        );
      };
      const session = await keystone.session(signal);
      try {
        return (await once(session)).body as T;
      } catch (error) {
        if (!hasCode(error, 'unauthenticated')) throw error;
        return (await once(await keystone.renew(signal, session))).body as T;
      }
    },
  };
}

const fill = (path: string, words: Record<string, string> = {}): string =>
  path.replace(/\{(\w+)\}/g, (_, word: string) => encodeURIComponent(words[word] ?? ''));

function encode(query: Query | undefined): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {}))
    for (const one of typeof value === 'string' ? [value] : (value ?? [])) search.append(key, one);
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

/** A list of the cloud: all services page by `limit` and `marker`, the id of the last item seen. */
export interface Listing<T> {
  service: Exclude<Service, 'identity'>;
  call: string;
  resource: ResourceKind;
  /** Where the answer holds the items, e.g. servers. */
  key: string;
  query?: Query;
  headers?: Record<string, string>;
  id(item: T): string;
}

interface Part<T> {
  items: T[];
  more: boolean;
}

async function part<T>(
  api: Api,
  list: Listing<T>,
  limit: number,
  marker: string | undefined,
  signal: AbortSignal,
): Promise<Part<T>> {
  const query = { ...list.query, limit: String(limit), marker };
  const order = { resource: list.resource, query, ...(list.headers && { headers: list.headers }) };
  const body = await api.send<Record<string, unknown>>(list.service, list.call, order, signal);
  const items = (body[list.key] ?? []) as T[];
  // Nova, Neutron and Cinder: {servers_links: [{rel: "next"}]}; Glance: {next: "/v2/images?…"}.
  const links = body[`${list.key}_links`];
  const more = Array.isArray(links)
    ? links.some((link: { rel?: string }) => link.rel === 'next')
    : typeof body['next'] === 'string';
  // Neutron without its pagination extension ignores limit and marker, and answers with everything.
  return { items, more: more && items.length > 0 && items.length <= limit };
}

/** All of a list, a part at a time, in the cloud's order. */
export async function* walk<T>(
  api: Api,
  list: Listing<T>,
  signal: AbortSignal,
  limit = 1000,
): AsyncGenerator<T[]> {
  let marker: string | undefined;
  for (;;) {
    const { items, more } = await part(api, list, limit, marker, signal);
    yield items;
    const last = items.at(-1);
    if (!more || last === undefined) return;
    marker = list.id(last);
  }
}

export async function all<T>(api: Api, list: Listing<T>, signal: AbortSignal): Promise<T[]> {
  const found: T[] = [];
  for await (const items of walk(api, list, signal)) found.push(...items);
  return found;
}

/**
 * One page in the order of ids; `list.query` must ask the cloud for that order. The cursor is the last id. When the
 * item it names has been deleted meanwhile (400 or 404, "marker not found"), the list is read up to where it stood.
 */
export async function page<T>(api: Api, list: Listing<T>, call: PageCall): Promise<Page<T>> {
  const { cursor, limit, signal } = call;
  let rest: T[] | undefined;
  let more = false;
  try {
    const answer = await part(api, list, limit, cursor, signal);
    // Whole, or not begun where asked: a cloud that pages and sorts by its own mind, or not at all.
    const ignored =
      (cursor === undefined && !answer.more) ||
      answer.items.length > limit ||
      answer.items.some(item => list.id(item) === cursor);
    rest = ignored ? cut(list, answer.items, cursor) : answer.items;
    more = answer.more;
  } catch (error) {
    if (cursor === undefined || !hasCode(error, 'invalid_argument', 'not_found')) throw error;
    for await (const items of walk(api, list, signal)) {
      rest = cut(list, items, cursor);
      more = items.length > 0;
      if (rest.length > 0) break;
    }
  }
  return cutPage(rest ?? [], limit, list, more);
}

const cut = <T>(list: Listing<T>, items: T[], cursor = ''): T[] =>
  items.filter(item => list.id(item) > cursor).sort(byId(list));

const byId =
  <T>(list: Pick<Listing<T>, 'id'>) =>
  (a: T, b: T): number =>
    list.id(a) < list.id(b) ? -1 : 1;

function cutPage<T>(rest: T[], limit: number, list: Pick<Listing<T>, 'id'>, more: boolean): Page<T> {
  const items = rest.slice(0, limit);
  const last = items.at(-1);
  return last !== undefined && (more || rest.length > limit) ? { items, next: list.id(last) } : { items };
}

/** A page out of a list that the cloud gives only whole. */
export const pageOf = <T>(everything: readonly T[], id: (item: T) => string, call: PageCall): Page<T> =>
  cutPage(
    everything.filter(item => id(item) > (call.cursor ?? '')).sort(byId({ id })),
    call.limit,
    { id },
    false,
  );

/** What we write into a description at creation, so that what carries it can be found again. */
export const mark = (token: Token): string => `cb-token=${token}`;
const markRegExp = /(?:^|\s)cb-token=(\S+)/;
export const markOf = (text: string | null | undefined): string | undefined =>
  markRegExp.exec(text ?? '')?.[1];
/** The mark that was found, as our shapes carry it. */
export const asToken = (found: string | undefined): { token?: Token } =>
  found === undefined ? {} : { token: found as Token };
