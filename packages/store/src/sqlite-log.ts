/** The newest changes of a SQLite store, kept in its file so that a watch can go on where it was before a restart. */
import type { DatabaseSync } from 'node:sqlite';
import { numberOf } from './sqlite-file.ts';
import { sizeOf } from './keys.ts';
import type { Change } from './store.ts';

/** Beyond either, the older half goes. */
const maxRows = 40_000;
const maxBytes = 64 << 20;

export interface SqliteLog {
  revision(): number;
  floor(): number;
  read(from: number, to: number): Change[];
  /** Inside the transaction that makes the changes. */
  append(changes: Change[]): void;
  /** Inside a transaction, after the last append. */
  trim(): void;
  /** The transaction was rolled back: look again. */
  reload(): void;
}

export function openLog(database: DatabaseSync): SqliteLog {
  const insert = database.prepare('INSERT INTO changes (revision, type, key, value) VALUES (?, ?, ?, ?)');
  const select = database.prepare(
    'SELECT type, key, value, revision FROM changes WHERE revision BETWEEN ? AND ? ORDER BY id',
  );
  let revision = 0;
  let floor = 1;
  let rows = 0;
  let bytes = 0;

  function reload(): void {
    revision = numberOf(database, 'SELECT max(revision) FROM changes');
    floor = Math.max(numberOf(database, 'SELECT min(revision) FROM changes'), 1);
    rows = numberOf(database, 'SELECT count(*) FROM changes');
    bytes = numberOf(database, 'SELECT sum(octet_length(value)) FROM changes');
  }
  reload();

  return {
    reload,
    revision: () => revision,
    floor: () => floor,
    read: (from, to) => select.all(from, to) as unknown as Change[],
    append(changes) {
      for (const change of changes) {
        insert.run(change.revision, change.type, change.key, change.value);
        revision = change.revision;
        bytes += sizeOf(change.value);
      }
      rows += changes.length;
    },
    trim() {
      if (rows <= maxRows && bytes <= maxBytes) return;
      // Whole revisions, and never the newest, which carries the store's revision.
      const middle = numberOf(
        database,
        `SELECT revision FROM changes ORDER BY id LIMIT 1 OFFSET ${rows >>> 1}`,
      );
      database.prepare('DELETE FROM changes WHERE revision < ?').run(Math.min(middle, revision));
      reload();
    },
  };
}
