/** One request of ECS or VPC, and lists read whole. Every request goes down the road. */
import { createHash } from 'node:crypto';
import type { Call } from '@cloud-barista/driver/call';
import { together } from '@cloud-barista/driver/concurrency';
import type { Road } from '@cloud-barista/driver/road';
import type { ResourceKind } from '@cloud-barista/model/call';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { Token } from '@cloud-barista/model/ids';
import { wordOf } from './errors.ts';
import type { Http } from './http.ts';
import { patiently, waitOrStop } from './wait.ts';

const versions = { ecs: '2014-05-26', vpc: '2016-04-28' } as const;
export type Service = keyof typeof versions;

/** What may not be sent twice: a second reboot is one more, a second start or stop is refused for the first one's state. */
const once: ReadonlySet<string> = new Set(['RebootInstance', 'StartInstance', 'StopInstance']);

/** `{ Tag: [{ Key, Value }] }` becomes `Tag.1.Key`, `Tag.1.Value`; undefined is left out ("Call methods", RPC style). */
export interface Parameters {
  readonly [name: string]: Parameter;
}
export type Parameter = string | number | boolean | undefined | readonly Parameter[] | Parameters;

export interface About {
  resource: ResourceKind;
  name?: string;
}
export interface Pages<Answer, Item> {
  /** "PageSize": each API has its own most. */
  size: number;
  pick: (answer: Answer) => readonly Item[] | undefined;
  id: (item: Item) => string | undefined;
}

export interface Api {
  readonly region: string;
  /** "" where the connection fixes none. */
  readonly zone: string;
  ask<Answer>(
    call: Call,
    service: Service,
    action: string,
    parameters: Parameters,
    about: About,
  ): Promise<Answer>;
  /** All of a numbered list: the first page tells how many there are, the others are read at once. Each item once. */
  all<Answer extends { TotalCount?: number }, Item>(
    call: Call,
    service: Service,
    action: string,
    parameters: Parameters,
    about: About,
    pages: Pages<Answer, Item>,
  ): Promise<Item[]>;
  /** Repeats `read` while it answers undefined of something made moments ago. */
  seen<T>(call: Call, id: string, read: () => Promise<T | undefined>): Promise<T | undefined>;
  /** Remembers that `id` was made just now, and forgets it again when it is deleted. */
  born(id: string): void;
  gone(id: string): void;
  /** True in the first seconds of what this cloud made, in which not every part of Alibaba Cloud need know it. */
  isYoung(id: string): boolean;
  close(): void;
}

const youthMs = 10_000;

export function createApi(
  http: Http,
  road: Road,
  place: { region: string; zone: string },
  urls: Readonly<Record<Service, URL>>,
): Api {
  const births = new Map<string, number>();
  const isYoung = (id: string) => performance.now() - (births.get(id) ?? -Infinity) < youthMs;

  /** True where the cloud says that something is absent (`InvalidVSwitchId.NotFound`: what VSwitchId names) which was made moments ago. */
  function isTooEarly(word: string, parameters: Readonly<Record<string, string>>): boolean {
    const noun = /^Invalid(\w+?)(Id|ID|Name)?\./.exec(word)?.[1];
    if (births.size === 0 || noun === undefined) return false;
    return Object.entries(parameters).some(
      ([key, value]) =>
        key.startsWith(noun) && /^(Ids?|Name)?(\.|$)/.test(key.slice(noun.length)) && isYoung(value),
    );
  }

  const api: Api = {
    ...place,
    async ask<Answer>(call: Call, service: Service, action: string, parameters: Parameters, about: About) {
      const flat = flatten({ RegionId: place.region, ...parameters });
      const exchange = { url: urls[service], action, version: versions[service], parameters: flat };
      for (let round = 0; ; round++)
        try {
          return await road.send(
            { api: action, ...about, idempotent: !once.has(action) },
            call.signal,
            signal => http.send<Answer>(exchange, signal),
          );
        } catch (error) {
          if (!hasCode(error, 'not_found') || !isTooEarly(wordOf(error), flat)) throw error;
          await waitOrStop(call.signal, round);
        }
    },
    async all<Answer extends { TotalCount?: number }, Item>(
      call: Call,
      service: Service,
      action: string,
      parameters: Parameters,
      about: About,
      { size, pick, id }: Pages<Answer, Item>,
    ) {
      const read = (PageNumber: number) =>
        api.ask<Answer>(call, service, action, { ...parameters, PageNumber, PageSize: size }, about);
      const first = await read(1);
      const count = Math.ceil((first.TotalCount ?? 0) / size);
      const rest = await together(
        Array.from({ length: Math.max(count - 1, 0) }, (_, index) => read(index + 2)),
      );
      // What is made or deleted while we read may move from page to page.
      const found = new Map<string, Item>();
      for (const page of [first, ...rest])
        for (const item of pick(page) ?? []) found.set(id(item) ?? '', item);
      return [...found.values()];
    },
    seen: (call, id, read) => patiently(call.signal, read, () => isYoung(id)),
    born(id) {
      // In the order of their births, so that the old ones stand first.
      for (const old of births.keys()) {
        if (isYoung(old)) break;
        births.delete(old);
      }
      births.delete(id);
      births.set(id, performance.now());
    },
    gone: id => void births.delete(id),
    isYoung,
    close: () => http.close(),
  };
  return api;
}

export function flatten(parameters: Parameters, prefix = ''): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    if (typeof value === 'object')
      Object.assign(flat, flatten(isList(value) ? numbered(value) : value, `${prefix}${name}.`));
    else flat[`${prefix}${name}`] = String(value);
  }
  return flat;
}
const isList = (value: object): value is readonly Parameter[] => Array.isArray(value);
const numbered = (list: readonly Parameter[]): Parameters =>
  Object.fromEntries(list.map((value, index) => [String(index + 1), value]));

/** At most 64 ASCII characters ("How to ensure idempotence"). One of our creates sends several: each step has its own. */
export const clientToken = (token: Token, step: string): string =>
  `cb-${createHash('sha256').update(`${token} ${step}`).digest('hex').slice(0, 48)}`;

/** For what was ordered and is not shown, though it was waited for. */
export const notShown = (what: string, id: string) =>
  new BaristaError('unavailable', `${what} ${id} was ordered but is not shown.`, {
    next: 'Try again: it is found by its mark.',
  });

/** RFC 3339 from the API's `2017-12-10T04:04Z`; "" where it says none. */
export function time(text: string | undefined): string {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? '' : new Date(ms).toISOString();
}
