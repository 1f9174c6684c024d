/** What a route of upstream's is here: data, from which the routes, the OpenAPI page and docs/compatibility.md are made. */
import type { Role } from '@cloud-barista/api/define';
import type { Spider, SpiderCall } from '@cloud-barista/spider/context';
import { boundId, type HeldId } from '@cloud-barista/spider/claims';
import type { IntegratedKind } from '@cloud-barista/model/inventory';
import { decoded, fieldsOf, needed, type Fields } from './request.ts';
import { ours, taken } from './names.ts';

/** When upstream got it: `2020` is in v0.3.0 (espresso), `v0.3` in a later v0.3.x, `newest` in today's. */
export type Since = '2020' | 'v0.3' | 'newest';
export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface SpiderRoute {
  method: Method;
  /** As upstream writes it, without /spider, e.g. `/vpc/:Name`. */
  path: string;
  since: Since;
  summary: string;
  /** How its answer differs from upstream's, and why. */
  differs?: string;
  /** GET: reader, else operator, where absent. */
  role?: Role;
  answer(ask: Ask): unknown;
}

/** An answer that is no JSON. */
export class Text {
  readonly type: string;
  readonly text: string | Buffer;
  readonly headers: Readonly<Record<string, string>>;
  constructor(type: string, text: string | Buffer, headers: Readonly<Record<string, string>> = {}) {
    this.type = type;
    this.text = text;
    this.headers = headers;
  }
}

/** One call. */
export interface Ask {
  readonly spider: Spider;
  /** Deeds go on when their client has gone, as upstream's do; they end with the server. */
  readonly call: SpiderCall;
  readonly body: Fields;
  /** `ReqInfo` of the body. */
  readonly info: Fields;
  /** A part of the path, decoded. */
  param(name: string): string;
  /** In the query, in any case; "" where absent. */
  query(name: string): string;
  /** In the body, else its ReqInfo, else the query. */
  word(name: string): string;
  /** `?force=true`. */
  readonly force: boolean;
  /** The connection's name as upstream's client gave it, and as it is ours. */
  connection(): string;
  /** Our name of the resource that the path's last part names. */
  name(param?: string): string;
  /** Our name of what is to be made: ReqInfo.Name. */
  newName(): Promise<string>;
}

export interface Given {
  params: Record<string, string>;
  query: Record<string, unknown>;
  body: unknown;
}

export function askOf(spider: Spider, { params, query, body }: Given): Ask {
  const fields = fieldsOf(body);
  let info: Fields | undefined;
  let folded: Map<string, string> | undefined;
  const first = (value: unknown): string => {
    const one: unknown = Array.isArray(value) ? value[0] : value;
    return typeof one === 'string' ? one.trim() : '';
  };
  const fromQuery = (name: string): string => {
    const found = query[name];
    if (found !== undefined) return first(found);
    folded ??= new Map(Object.entries(query).map(([key, value]) => [key.toLowerCase(), first(value)]));
    return folded.get(name.toLowerCase()) ?? '';
  };
  const ask: Ask = {
    spider,
    call: { signal: spider.signal },
    body: fields,
    get info() {
      return (info ??= fields.part('ReqInfo'));
    },
    param: name => decoded(params[name] ?? '').trim(),
    query: fromQuery,
    word: name => fields.text(name) || ask.info.text(name) || fromQuery(name),
    get force() {
      return fromQuery('force').toLowerCase() === 'true';
    },
    connection: () =>
      ours(needed(fields.text('ConnectionName') || fromQuery('ConnectionName'), 'ConnectionName')),
    name: (param = 'Name') => ours(needed(ask.param(param), param)),
    newName: () => taken(spider, needed(ask.info.text('Name'), 'Name')),
  };
  return ask;
}

/** The cloud's id of a resource of ours, and "" where it has none (any more): never a reason for a list to fail. */
export function idOf(spider: Spider, connection: string, kind: IntegratedKind, name: string): string {
  return spider.mirror.get<{ id: string }>(`/spider/ids/${connection}/${kind}/${name}`)?.value.id ?? '';
}
export const bound = <D>(ask: Ask, kind: IntegratedKind, name: string): Promise<HeldId<D>> =>
  boundId<D>(ask.spider, ask.connection(), kind, name);

/** `{"Result":"true"}` */
export const done = { Result: 'true' } as const;
