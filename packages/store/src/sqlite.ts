/**
 * The embedded store: one SQLite file. What is written in one turn of the event loop goes to the disk in one SQLite
 * transaction (group commit): one fsync for all of them, each with its own conditions, outcome and revision.
 * SQLite calls block; a commit takes about a disk's fsync, a read microseconds.
 */
import { performance } from 'node:perf_hooks';
import { BaristaError } from '@cloud-barista/model/errors';
import { apply, type Table } from './apply.ts';
import { openFeed } from './feed.ts';
import { checkKey, checkTxn, prefixEnd, rank } from './keys.ts';
import { openLeases } from './leases.ts';
import { openStoreFile, sqliteError } from './sqlite-file.ts';
import { openLog } from './sqlite-log.ts';
import type { Change, Entry, LeaseId, Store, Txn, TxnResult } from './store.ts';

/** So many transactions are committed together at most, so that the event loop is not held up for long. */
const groupLimit = 1024;

interface Queued {
  txn: Txn;
  done: PromiseWithResolvers<TxnResult>;
}

/** `path` of the file; its directory is made where missing. `now`: monotonic milliseconds, for the leases. */
export async function openSqliteStore(options: { path: string; now?: () => number }): Promise<Store> {
  const { path } = options;
  const file = openStoreFile(path);
  const { database } = file;
  const log = openLog(database);
  const feed = openFeed(log);
  const leases = openLeases(options.now ?? (() => performance.now()), lease => expire(lease));
  let waiting: Queued[] = [];
  let closed = false;

  const columns = 'key, value, revision, created';
  const sql = {
    get: database.prepare(`SELECT ${columns} FROM entries WHERE key = ?`),
    revision: database.prepare('SELECT revision FROM entries WHERE key = ?'),
    put: database.prepare(
      `INSERT INTO entries (key, value, revision, created, lease) VALUES (?1, ?2, ?3, ?3, ?4)
       ON CONFLICT (key) DO UPDATE SET value = ?2, revision = ?3, lease = ?4`,
    ),
    remove: database.prepare('DELETE FROM entries WHERE key = ?'),
    list: database.prepare(`SELECT ${columns} FROM entries WHERE key >= ? AND key < ? ORDER BY key LIMIT ?`),
    count: database.prepare('SELECT count(*) AS n FROM entries WHERE key >= ? AND key < ?'),
    leased: database.prepare('SELECT key FROM entries WHERE lease IS NOT NULL'),
    hanging: database.prepare('SELECT key FROM entries WHERE lease = ?'),
    begin: database.prepare('BEGIN IMMEDIATE'),
    commit: database.prepare('COMMIT'),
    rollback: database.prepare('ROLLBACK'),
  };
  // Behind every key: UTF-8 has no byte FF, and SQLite orders a blob behind all text.
  const last = Buffer.of(0xff);
  const end = (prefix: string) => prefixEnd(prefix) ?? last;

  const table: Table = {
    revisionOf: key => (sql.revision.get(key)?.['revision'] as number | undefined) ?? 0,
    put(key, value, revision, lease) {
      sql.put.run(key, value, revision, lease ?? null);
    },
    remove: key => sql.remove.run(key).changes > 0,
  };

  function read<T>(action: () => T): T {
    if (closed) throw new BaristaError('unavailable', `The store ${path} is closed.`, { where: path });
    leases.sweep();
    try {
      return action();
    } catch (error) {
      throw sqliteError(error, path);
    }
  }

  /** Writes a group durably; returns each one's outcome, or throws with nothing written. */
  function commit(group: Txn[]): (TxnResult | BaristaError)[] {
    const published: Change[][] = [];
    const results: (TxnResult | BaristaError)[] = [];
    sql.begin.run();
    try {
      for (const txn of group) {
        try {
          const changes = apply(table, leases, txn, log.revision() + 1);
          if (changes && changes.length > 0) {
            log.append(changes);
            published.push(changes);
          }
          results.push({ ok: changes !== undefined, revision: log.revision() });
        } catch (error) {
          if (!(error instanceof BaristaError)) throw error;
          results.push(error);
        }
      }
      if (published.length > 0) log.trim();
      sql.commit.run();
    } catch (error) {
      if (database.isTransaction) sql.rollback.run();
      log.reload();
      throw error;
    }
    for (const changes of published) feed.publish(changes);
    return results;
  }

  function flush(): void {
    const group = waiting.splice(0, groupLimit);
    if (waiting.length > 0) setImmediate(flush);
    if (group.length === 0) return;
    try {
      const results = commit(group.map(queued => queued.txn));
      for (const [index, queued] of group.entries()) {
        const result = results[index];
        if (result instanceof BaristaError) queued.done.reject(result);
        else if (result) queued.done.resolve(result);
      }
    } catch (error) {
      for (const queued of group) queued.done.reject(sqliteError(error, path));
    }
  }

  /** Keys whose lease is over: in one revision, however many they are. */
  function remove(rows: Record<string, unknown>[]): void {
    if (rows.length > 0) commit([{ then: rows.map(row => ({ delete: String(row['key']) })) }]);
  }
  /** In order behind what waits already. */
  function expire(lease: LeaseId): void {
    if (closed) return;
    while (waiting.length > 0) flush();
    remove(sql.hanging.all(lease));
    leases.drop(lease);
  }

  // The lock was free, so whoever held these leases is dead.
  remove(sql.leased.all());

  return {
    kind: 'sqlite',
    get: async key =>
      read(() => {
        checkKey(key);
        return sql.get.get(key) as Entry | undefined;
      }),
    getMany: async keys => read(() => keys.flatMap(key => (sql.get.get(key) as Entry | undefined) ?? [])),
    list: async ({ prefix, after, limit }) =>
      read(() => {
        // One more than asked for tells whether there is more. -1: no limit.
        const start = after !== undefined && rank(after) >= rank(prefix) ? `${after}\0` : prefix;
        const rows = sql.list.all(start, end(prefix), limit === undefined ? -1 : limit + 1);
        const entries = rows as unknown as Entry[];
        const more = limit !== undefined && entries.length > limit;
        return { entries: more ? entries.slice(0, limit) : entries, more, revision: log.revision() };
      }),
    count: async prefix => read(() => Number(sql.count.get(prefix, end(prefix))?.['n'])),
    txn: async txn => {
      read(() => checkTxn(txn));
      const queued = { txn, done: Promise.withResolvers<TxnResult>() };
      if (waiting.push(queued) === 1) setImmediate(flush);
      return queued.done.promise;
    },
    watch: (prefix, watching) => feed.watch(prefix, watching),
    grantLease: async seconds => read(() => leases.grant(seconds)),
    keepAlive: async lease => read(() => leases.keepAlive(lease)),
    revokeLease: async lease => read(() => expire(lease)),
    async close() {
      if (closed) return;
      while (waiting.length > 0) flush();
      closed = true;
      leases.close();
      feed.close(new BaristaError('unavailable', `The store ${path} was closed.`, { where: path }));
      file.close();
    },
  };
}
