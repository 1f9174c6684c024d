/** The tables of the SQLite file, as the steps that lead from each version to the next. A step that was released is never changed. */
import type { DatabaseSync } from 'node:sqlite';

export type Migration = (database: DatabaseSync) => void;

export const migrations: readonly Migration[] = [
  // 1: what stands, and the changes that led there, of which the newest are kept. The store's revision is that of the
  // newest change, so that a commit touches no page for it.
  database =>
    database.exec(`
      CREATE TABLE entries (
        key TEXT NOT NULL UNIQUE,
        value TEXT NOT NULL,
        revision INTEGER NOT NULL,
        created INTEGER NOT NULL,
        lease TEXT
      ) STRICT;
      CREATE INDEX leased ON entries (lease) WHERE lease IS NOT NULL;
      CREATE TABLE changes (
        id INTEGER PRIMARY KEY,
        revision INTEGER NOT NULL,
        type TEXT NOT NULL,
        key TEXT NOT NULL,
        value TEXT NOT NULL
      ) STRICT;
      CREATE INDEX change_revision ON changes (revision);
    `),
];
