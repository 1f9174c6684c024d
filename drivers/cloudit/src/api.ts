/**
 * Calls of Cloudit's three engines: `{base}/cloudit/v5.0/{engine}/v1.0/{tenant}/…`, the token in a header. Lists are whole: nothing
 * pages and nothing filters.
 */
import type { Call } from '@cloud-barista/driver/call';
import type { Road } from '@cloud-barista/driver/road';
import type { ResourceKind } from '@cloud-barista/model/call';
import { BaristaError } from '@cloud-barista/model/errors';
import type { Cluster } from './fields.ts';
import type { Http } from './http.ts';
import type { Settings } from './settings.ts';

/** Compute, network, security groups. */
export type Engine = 'ace' | 'dna' | 'iam';
export interface About {
  resource: ResourceKind;
  name?: string;
  /** What stands for `{word}` in the path. */
  path?: Readonly<Record<string, string>>;
  body?: unknown;
}
/** So many requests of one call are under way at once. */
export const width = 8;
export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface Api {
  readonly settings: Settings;
  readonly road: Road;
  ask<T = unknown>(call: Call, method: Method, engine: Engine, path: string, about: About): Promise<T>;
  list<T>(call: Call, engine: Engine, path: string, resource: ResourceKind): Promise<T[]>;
  /** The id of the cluster that the credential names; asked once. */
  cluster(call: Call): Promise<string>;
}

export function createApi(settings: Settings, http: Http, road: Road): Api {
  let known: string | undefined;
  const api: Api = {
    settings,
    road,
    ask<T>(call: Call, method: Method, engine: Engine, path: string, about: About) {
      const { resource, name, body } = about;
      const filled = path.replaceAll(/\{(\w+)\}/g, (_, word: string) =>
        encodeURIComponent(about.path?.[word] ?? ''),
      );
      const title = `${method} ${engine}/${path}`;
      const tenant = encodeURIComponent(settings.tenant);
      const exchange = {
        api: title,
        method,
        url: `${settings.base}/cloudit/v5.0/${engine}/v1.0/${tenant}/${filled}`,
        headers: { 'x-auth-token': settings.token, 'user-agent': 'cloudit/1.0.0' },
        ...(body !== undefined && { body }),
      };
      // No create carries a client token, and an order that is given twice is refused by its state.
      const idempotent = method !== 'POST';
      return road.send(
        { api: title, resource, ...(name !== undefined && { name }), idempotent },
        call.signal,
        signal => http.send(exchange, signal),
      ) as Promise<T>;
    },
    async list<T>(call: Call, engine: Engine, path: string, resource: ResourceKind) {
      return (await api.ask<T[] | null>(call, 'GET', engine, path, { resource })) ?? [];
    },
    async cluster(call) {
      known ??= (await findCluster(api, call)).id;
      return known;
    },
  };
  return api;
}

export async function findCluster(api: Api, call: Call): Promise<Cluster> {
  const clusters = await api.list<Cluster>(call, 'ace', 'clusters', 'region');
  const { cluster } = api.settings;
  const found = cluster === '' ? clusters[0] : clusters.find(one => one.name === cluster);
  if (found) return found;
  const names = clusters.map(one => one.name).join(', ');
  throw new BaristaError('invalid_argument', `Cloudit has no cluster ${JSON.stringify(cluster)}.`, {
    next: names === '' ? 'The tenant has none.' : `It has: ${names}.`,
    where: 'credential.clusterId',
  });
}

export const absent = (what: string, id: string): BaristaError =>
  new BaristaError('not_found', `Cloudit has no ${what} ${JSON.stringify(id.slice(0, 100))}.`);
