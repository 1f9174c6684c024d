/** The store in memory: for tests and for what need not outlive its process. */
import { performance } from 'node:perf_hooks';
import { BaristaError } from '@cloud-barista/model/errors';
import { apply, type Table } from './apply.ts';
import { openFeed } from './feed.ts';
import { checkKey, checkTxn, prefixEnd, rank } from './keys.ts';
import { openLeases } from './leases.ts';
import { search, sortedSet } from './sorted.ts';
import type { Change, Entry, LeaseId, Store, Txn } from './store.ts';

/** Changes that are kept for watches that start in the past. */
const logLimit = 20_000;

/** `now`: monotonic milliseconds, for the leases. */
export async function openMemoryStore(options: { now?: () => number } = {}): Promise<Store> {
  const entries = new Map<string, Entry>();
  const order = sortedSet();
  const leaseOf = new Map<string, LeaseId>();
  const keysOf = new Map<LeaseId, Set<string>>();
  let log: Change[] = [];
  let floor = 1;
  let revision = 0;
  let closed = false;

  /** `key` now hangs on `lease` alone; undefined: on none. */
  function hang(key: string, lease: LeaseId | undefined): void {
    const before = leaseOf.get(key);
    if (before === lease) return;
    if (before !== undefined) keysOf.get(before)?.delete(key);
    if (lease === undefined) leaseOf.delete(key);
    else {
      keysOf.set(lease, (keysOf.get(lease) ?? new Set()).add(key));
      leaseOf.set(key, lease);
    }
  }
  const table: Table = {
    revisionOf: key => entries.get(rank(key))?.revision ?? 0,
    put(key, value, at, lease) {
      const place = rank(key);
      const before = entries.get(place);
      if (!before) order.add(place);
      entries.set(place, { key, value, revision: at, created: before?.created ?? at });
      hang(key, lease);
    },
    remove(key) {
      const place = rank(key);
      if (!entries.delete(place)) return false;
      order.delete(place);
      hang(key, undefined);
      return true;
    },
  };
  const feed = openFeed({
    revision: () => revision,
    floor: () => floor,
    read(from, to) {
      const at = (from: number) => search(log.length, index => (log[index]?.revision ?? 0) >= from);
      return log.slice(at(from), at(to + 1));
    },
  });
  const leases = openLeases(options.now ?? (() => performance.now()), lease => expire(lease));

  function commit(txn: Txn): boolean {
    const changes = apply(table, leases, txn, revision + 1);
    if (!changes) return false;
    if (changes.length === 0) return true;
    revision++;
    log.push(...changes);
    if (log.length > logLimit * 2) {
      floor = (log.at(-logLimit)?.revision ?? revision) + 1;
      log = log.filter(change => change.revision >= floor);
    }
    feed.publish(changes);
    return true;
  }
  function expire(lease: LeaseId): void {
    // A lease's keys go in one revision, however many they are.
    commit({ then: [...(keysOf.get(lease) ?? [])].map(key => ({ delete: key })) });
    leases.drop(lease);
    keysOf.delete(lease);
  }
  function ready(): void {
    if (closed) throw new BaristaError('unavailable', 'The store is closed.', { where: 'store' });
    leases.sweep();
  }

  return {
    kind: 'memory',
    async get(key) {
      ready();
      checkKey(key);
      return entries.get(rank(key));
    },
    async getMany(keys) {
      ready();
      return keys.flatMap(key => entries.get(rank(key)) ?? []);
    },
    async list({ prefix, after, limit = Infinity }) {
      ready();
      const end = prefixEnd(prefix);
      const start = after !== undefined && rank(after) >= rank(prefix) ? `${rank(after)}\0` : rank(prefix);
      const found: Entry[] = [];
      let more = false;
      for (const place of order.range(start, end === undefined ? undefined : rank(end))) {
        if (found.length >= limit) {
          more = true;
          break;
        }
        const entry = entries.get(place);
        if (entry) found.push(entry);
      }
      return { entries: found, more, revision };
    },
    async count(prefix) {
      ready();
      const end = prefixEnd(prefix);
      return order.count(rank(prefix), end === undefined ? undefined : rank(end));
    },
    async txn(txn) {
      ready();
      checkTxn(txn);
      const ok = commit(txn);
      return { ok, revision };
    },
    watch: (prefix, options) => feed.watch(prefix, options),
    async grantLease(seconds) {
      ready();
      return leases.grant(seconds);
    },
    async keepAlive(lease) {
      ready();
      leases.keepAlive(lease);
    },
    async revokeLease(lease) {
      ready();
      expire(lease);
    },
    async close() {
      if (closed) return;
      closed = true;
      leases.close();
      feed.close(new BaristaError('unavailable', 'The store was closed.', { where: 'store' }));
    },
  };
}
