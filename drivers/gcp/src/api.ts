/** One authenticated request, lists, and operations waited for. Every request goes down the road. */
import { backOff } from '@cloud-barista/driver/concurrency';
import type { Road } from '@cloud-barista/driver/road';
import type { ResourceKind } from '@cloud-barista/model/call';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { classify, failureOf, type Operation } from './errors.ts';
import type { Http } from './http.ts';
import type { Settings } from './settings.ts';
import type { Tokens } from './tokens.ts';

export interface Order {
  resource: ResourceKind;
  /** For the call history. */
  name?: string;
  /** Fills the `{words}` of the path; `{project}`, `{region}` are the connection's where not given. */
  path?: Record<string, string>;
  /** Another API's address than Compute Engine's. */
  base?: string;
  query?: Record<string, string | undefined>;
  body?: unknown;
}

export interface Api {
  readonly settings: Settings;
  /**
   * `call` is method and path as the API reference has them, e.g. `GET projects/{project}/zones/{zone}/instances`. A mutation
   * carries a `requestId`, so that sending it again is the same request: all are idempotent on the road.
   */
  send<T>(call: string, order: Order, signal: AbortSignal): Promise<T>;
  /** All of a list, page by page; `enough` ends the reading early. */
  all<T>(call: string, order: Order, signal: AbortSignal, enough?: (page: T[]) => boolean): Promise<T[]>;
  /** Waits until an operation is done; throws why it failed. */
  done(operation: Operation, order: Order, signal: AbortSignal): Promise<void>;
  /** Waits until an operation is done, well or not. */
  end(operation: Operation, order: Order, signal: AbortSignal): Promise<Operation>;
  /** Asks once how an operation stands. */
  look(operation: Operation, order: Order, signal: AbortSignal): Promise<Operation>;
}

/** "The maximum is 500" (maxResults, every list of Compute Engine). */
const pageSize = '500';
/**
 * `wait` answers within two minutes, done or not. Ours lets go sooner, so that it ends before the road's deadline for one request.
 */
const waitMs = 20_000;

export function createApi(settings: Settings, http: Http, tokens: Tokens, road: Road): Api {
  const { endpoint, project, region } = settings;

  /** `limit` lets go without an error: undefined. */
  async function request<T>(call: string, order: Order, signal: AbortSignal, limit?: number) {
    const [method = 'GET', path = ''] = call.split(' ');
    const url = `${order.base ?? endpoint}/${fill(path, { project, region, ...order.path })}${encode(order.query)}`;
    const { resource, name } = order;
    const about = {
      api: `${method} ${brief(path)}`,
      resource,
      ...(name !== undefined && { name }),
      idempotent: true,
    };
    const once = (token: string) =>
      road.send(about, signal, async limited => {
        const timer = limit === undefined ? undefined : AbortSignal.timeout(limit);
        const headers = { authorization: `Bearer ${token}` };
        try {
          return await http.send<T>(
            { method, url, headers, body: order.body },
            timer ? AbortSignal.any([limited, timer]) : limited,
          );
        } catch (error) {
          if (timer?.aborted && !limited.aborted) return undefined;
          throw error;
        }
      });
    const token = await tokens.get(signal);
    try {
      return await once(token);
    } catch (error) {
      // Revoked, or ended by another clock than ours.
      if (!hasCode(error, 'unauthenticated')) throw error;
      return await once(await tokens.renew(signal, token));
    }
  }

  const scopeOf = ({ zone, region: where }: Operation): { path: string; words: Record<string, string> } => {
    if (zone !== undefined) return { path: 'zones/{zone}/', words: { zone: tail(zone) } };
    if (where !== undefined) return { path: 'regions/{region}/', words: { region: tail(where) } };
    return { path: 'global/', words: {} };
  };

  function ask(operation: Operation, order: Order, signal: AbortSignal, wait: boolean) {
    const { path, words } = scopeOf(operation);
    const call = `${wait ? 'POST' : 'GET'} projects/{project}/${path}operations/{operation}${wait ? '/wait' : ''}`;
    const about = { ...order, body: undefined, query: {}, path: { ...words, operation: operation.name } };
    return request<Operation>(call, about, signal, wait ? waitMs : undefined);
  }

  async function end(operation: Operation, order: Order, signal: AbortSignal): Promise<Operation> {
    let now = operation;
    for (let round = 0; now.status !== 'DONE'; round++) {
      const began = performance.now();
      now = (await ask(operation, order, signal, true)) ?? now;
      // "wait" may answer before the end, and at once when Google is busy ("best-effort basis").
      if (now.status !== 'DONE' && performance.now() - began < 1000) await backOff(signal, round);
    }
    return now;
  }

  return {
    settings,
    send: async <T>(call: string, order: Order, signal: AbortSignal) =>
      (await request<T>(call, order, signal)) as T,
    async all<T>(call: string, order: Order, signal: AbortSignal, enough?: (page: T[]) => boolean) {
      const found: T[] = [];
      let pageToken: string | undefined;
      do {
        const query = { maxResults: pageSize, ...order.query, pageToken };
        const page = await request<{ items?: T[]; nextPageToken?: string }>(
          call,
          { ...order, query },
          signal,
        );
        const items = page?.items ?? [];
        for (const item of items) found.push(item);
        pageToken = page?.nextPageToken || undefined;
        if (enough?.(items)) return found;
      } while (pageToken !== undefined);
      return found;
    },
    end,
    done: async (operation, order, signal) => checkOperation(await end(operation, order, signal)),
    look: async (operation, order, signal) => (await ask(operation, order, signal, false)) ?? operation,
  };
}

/**
 * Throws why an operation failed, once it has. Not inside the road, which would take the answer for a failed request and ask again.
 */
export function checkOperation(operation: Operation): void {
  const failure = failureOf(operation);
  const known = classify(failure);
  if (known) throw new BaristaError(known.code, known.message, { cause: known.cause, source: failure });
}

/** The last part of an address: `…/zones/asia-northeast3-a` is asia-northeast3-a. */
export const tail = (address: string | undefined): string =>
  address?.slice(address.lastIndexOf('/') + 1) ?? '';

const fill = (path: string, words: Record<string, string>): string =>
  path.replace(/\{(\w+)\}/g, (_, word: string) => encodeURIComponent(words[word] ?? ''));
/** As the history shows it: what every path begins with says nothing. */
const brief = (path: string): string => path.replace(/^projects\/\{project\}/, '').replace(/^(?!\/)/, '/');

function encode(query: Record<string, string | undefined> = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, value);
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}
