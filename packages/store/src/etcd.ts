/**
 * The distributed store: etcd 3. Revisions are etcd's own, so they also grow by what others write there.
 * Plain writes of one turn of the event loop travel in one etcd transaction where they touch different keys; each
 * one with conditions goes alone.
 */
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { etcdBatch } from './etcd-batch.ts';
import { etcdClient, type EtcdOptions } from './etcd-client.ts';
import { watchEtcd } from './etcd-watch.ts';
import { compacted } from './feed.ts';
import { checkKey, checkTxn, maxWrites } from './keys.ts';
import type { Entry, Listing, ListOptions, Store } from './store.ts';

/** As a range's end: behind every key (a NUL, in base64). */
const toTheLast = Buffer.of(0).toString('base64');
/** Entries that are read in one call. */
const pageSize = 2000;

interface Header {
  header: { revision: string };
}
interface KeyValue {
  key: string;
  value?: string;
  mod_revision: string;
  create_revision: string;
}
interface Range extends Header {
  kvs?: KeyValue[];
  more?: boolean;
  count?: string;
}

/** Throws unavailable where no endpoint answers. */
export async function openEtcdStore(options: EtcdOptions): Promise<Store> {
  const root = Buffer.from(options.prefix ?? '');
  const client = etcdClient(options);
  const starting = new Set<Promise<unknown>>();
  const closing = new AbortController();

  const encode = (key: string) => Buffer.concat([root, Buffer.from(key)]).toString('base64');
  const name = (key: string) => Buffer.from(key, 'base64').subarray(root.length).toString();
  /** The bytes behind all that start with `prefix`; a single NUL means "to the last" (etcd's `range_end`). */
  function rangeEnd(prefix: string): string {
    const bytes = Buffer.concat([root, Buffer.from(prefix)]);
    for (let index = bytes.length - 1; index >= 0; index--) {
      const byte = bytes[index] ?? 0;
      if (byte === 255) continue;
      bytes[index] = byte + 1;
      return bytes.subarray(0, index + 1).toString('base64');
    }
    return toTheLast;
  }
  /** The first key of a range may not be empty: a NUL is before all others. */
  const rangeStart = (key: string) => encode(key) || toTheLast;
  const entry = (kv: KeyValue): Entry => ({
    key: name(kv.key),
    value: Buffer.from(kv.value ?? '', 'base64').toString(),
    revision: Number(kv.mod_revision),
    created: Number(kv.create_revision),
  });
  const range = (body: object) => client.call<Range>('/v3/kv/range', body, { repeat: true });
  const batch = etcdBatch(client, encode);

  async function listOnce({ prefix, after, limit = Infinity }: ListOptions): Promise<Listing> {
    const entries: Entry[] = [];
    const end = rangeEnd(prefix);
    const first = rangeStart(prefix);
    let key = first;
    let past = false; // `after` stands behind all that start with the prefix
    if (after !== undefined) {
      const behind = Buffer.concat([root, Buffer.from(`${after}\0`)]);
      if (Buffer.compare(behind, Buffer.from(first, 'base64')) > 0) key = behind.toString('base64');
      past = end !== toTheLast && Buffer.compare(behind, Buffer.from(end, 'base64')) >= 0;
    }
    if (past) {
      const answer = await range({ key: first, count_only: true });
      return { entries, more: false, revision: Number(answer.header.revision) };
    }
    let revision: string | undefined;
    for (;;) {
      const wanted = Math.min(limit - entries.length, pageSize);
      // All pages at the revision of the first, so that together they are one moment's truth.
      const at = revision === undefined ? {} : { revision };
      const answer = await range({ key, range_end: end, limit: wanted, ...at });
      revision ??= answer.header.revision;
      const kvs = answer.kvs ?? [];
      for (const kv of kvs) entries.push(entry(kv));
      const last = kvs.at(-1);
      const more = answer.more ?? false;
      if (!more || !last || entries.length >= limit) return { entries, more, revision: Number(revision) };
      key = Buffer.concat([Buffer.from(last.key, 'base64'), Buffer.of(0)]).toString('base64');
    }
  }

  // Is anybody there?
  await range({ key: rangeStart('/'), count_only: true }).catch((error: unknown) => {
    client.close();
    throw error;
  });

  return {
    kind: 'etcd',
    async get(key) {
      checkKey(key);
      const [kv] = (await range({ key: encode(key) })).kvs ?? [];
      return kv && entry(kv);
    },
    async getMany(keys) {
      const entries: Entry[] = [];
      for (let at = 0; at < keys.length; at += maxWrites) {
        const success = keys.slice(at, at + maxWrites).map(key => ({ request_range: { key: encode(key) } }));
        const answer = await client.call<{ responses?: { response_range: Range }[] }>(
          '/v3/kv/txn',
          { success },
          { repeat: true },
        );
        for (const { response_range } of answer.responses ?? [])
          entries.push(...(response_range.kvs ?? []).map(entry));
      }
      return entries;
    },
    async list(options) {
      for (let tries = 0; ; tries++)
        try {
          return await listOnce(options);
        } catch (error) {
          // The revision was compacted away between two pages: from the start.
          if (tries > 3 || !hasCode(error, 'out_of_range')) throw error;
        }
    },
    async count(prefix) {
      const answer = await range({ key: rangeStart(prefix), range_end: rangeEnd(prefix), count_only: true });
      return Number(answer.count ?? 0);
    },
    async txn(txn) {
      const bytes = checkTxn(txn);
      if (starting.size > 0) await Promise.allSettled(starting);
      return batch(txn, bytes);
    },
    watch(prefix, { from, signal }) {
      let first: number | Promise<number> = from ?? 0;
      if (from === undefined) {
        // "From now" is the revision at this moment: writes of ours wait until it is known.
        const now = range({ key: rangeStart('/'), count_only: true }).then(
          answer => Number(answer.header.revision) + 1,
        );
        starting.add(now);
        const known = () => starting.delete(now);
        now.then(known, known);
        first = now;
      } else if (from < 1) first = Promise.reject(compacted(from, 1));
      return watchEtcd({
        client,
        key: rangeStart(prefix),
        rangeEnd: rangeEnd(prefix),
        name,
        from: first,
        signal: AbortSignal.any([signal, closing.signal]),
      });
    },
    async grantLease(seconds) {
      if (!(seconds > 0))
        throw new BaristaError('invalid_argument', `A lease of ${seconds} seconds can't be granted.`, {
          where: 'store',
        });
      const answer = await client.call<{ ID: string }>(
        '/v3/lease/grant',
        { TTL: String(Math.ceil(seconds)) },
        { repeat: true },
      );
      return answer.ID;
    },
    async keepAlive(lease) {
      const answer = await client.call<{ result?: { TTL?: string } }>(
        '/v3/lease/keepalive',
        { ID: lease },
        { repeat: true },
      );
      if (Number(answer.result?.TTL ?? 0) > 0) return;
      throw new BaristaError('not_found', `The lease ${lease} has run out.`, {
        where: 'store',
        next: 'Take a new lease.',
      });
    },
    async revokeLease(lease) {
      try {
        await client.call('/v3/lease/revoke', { ID: lease }, { repeat: true });
      } catch (error) {
        if (!hasCode(error, 'not_found')) throw error;
      }
    },
    async close() {
      await batch.drain();
      closing.abort();
      client.close();
    },
  };
}
