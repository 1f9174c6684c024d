/** What a cloud offers (images, specs), read whole once in ten minutes, one reading for all who ask. */
import type { PageCall } from '@cloud-barista/driver/call';
import type { ResourceKind } from '@cloud-barista/model/call';
import type { Page } from '@cloud-barista/model/schema';
import { cloudOf, guarded } from './clouds.ts';
import type { OpenCloud, Spider } from './context.ts';
import { raced } from './signals.ts';

export interface Offer<T> {
  at: number;
  /** A cloud that offers more than `most` was read that far only: what is searched for must be asked for. */
  cut: boolean;
  read: Promise<{ items: T[]; byId: ReadonlyMap<string, T> }>;
}

const ttlMs = 600_000;
const most = 20_000;
const readingMs = 120_000;

export interface Reading<T> {
  /** e.g. `images/aws-seoul`. */
  key: string;
  connection: string;
  resource: ResourceKind;
  list(open: OpenCloud, call: PageCall): Promise<Page<T>>;
  sort: (a: T, b: T) => number;
}

export async function offered<T extends { id: string }>(
  spider: Spider,
  reading: Reading<T>,
  signal: AbortSignal,
): Promise<{ items: T[]; byId: ReadonlyMap<string, T>; cut: boolean }> {
  const open = await cloudOf(spider, reading.connection, signal);
  let offer = spider.offers.get(reading.key) as Offer<T> | undefined;
  if (!offer || spider.now() - offer.at > ttlMs) {
    // The reading is everybody's: it ends with this process, not with the caller that happened to start it.
    const own = AbortSignal.any([spider.signal, AbortSignal.timeout(readingMs)]);
    const fresh: Offer<T> = {
      at: spider.now(),
      cut: false,
      read: Promise.resolve({ items: [], byId: new Map() }),
    };
    fresh.read = readAll(open, reading, own, fresh);
    spider.offers.set(reading.key, fresh);
    fresh.read.catch(() => {
      if (spider.offers.get(reading.key) === fresh) spider.offers.delete(reading.key);
    });
    offer = fresh;
  } else spider.calls.saved(reading.connection, reading.resource);
  return { ...(await raced(offer.read, signal)), cut: offer.cut };
}

async function readAll<T extends { id: string }>(
  open: OpenCloud,
  reading: Reading<T>,
  signal: AbortSignal,
  offer: Offer<T>,
): Offer<T>['read'] {
  const byId = new Map<string, T>();
  let cursor: string | undefined;
  do {
    const page: Page<T> = await guarded(open, () =>
      reading.list(open, { signal, limit: 1000, ...(cursor !== undefined && { cursor }) }),
    );
    for (const item of page.items) byId.set(item.id, item);
    cursor = page.next;
  } while (cursor !== undefined && byId.size < most);
  offer.cut = cursor !== undefined;
  return { items: [...byId.values()].sort(reading.sort), byId };
}
