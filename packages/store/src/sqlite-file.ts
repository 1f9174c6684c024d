/**
 * Opening the one SQLite file of a data directory: made where it is missing, locked for this process alone, its
 * format checked and brought up to date. What can't be used is refused with the reason and left as it is.
 *
 * The lock is SQLite's own (`PRAGMA locking_mode=EXCLUSIVE`, sqlite.org/pragma.html): the system drops it with the
 * process, however that dies. The file `<path>.pid` beside it only tells people whose it is.
 */
import {
  chmodSync,
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { BaristaError, type ErrorCode } from '@cloud-barista/model/errors';
import { type Migration, migrations } from './sqlite-schema.ts';

/** "CBar": marks the file as ours in its header (`PRAGMA application_id`). */
const applicationId = 0x43426172;
/** Smaller files are checked page by page at open; of larger ones only the size is. */
const checkedBytes = 16 << 20;

const isSqlite = (error: unknown): error is Error & { errcode: number } =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';

/** sqlite.org/rescode.html; the low byte is the primary code. */
export function sqliteError(error: unknown, path: string): unknown {
  if (!isSqlite(error)) return error;
  const refuse = (code: ErrorCode, what: string, next: string) =>
    new BaristaError(code, `The store ${path} ${what}.`, {
      where: path,
      next,
      operator: error.message,
      source: error,
    });
  switch (error.errcode & 255) {
    case 3: // PERM
    case 8: // READONLY
    case 14: // CANTOPEN
    case 23: // AUTH
      return refuse(
        'permission_denied',
        `can't be opened: ${error.message}`,
        'Check that the path is a file this user may write.',
      );
    case 5: // BUSY
    case 6: // LOCKED
      return inUse(path);
    case 11: // CORRUPT
      return refuse(
        'data_loss',
        `is damaged: ${error.message}`,
        'Restore it from a backup, or move it away to start anew.',
      );
    case 13: // FULL
      return refuse(
        'resource_exhausted',
        'could not be written: the disk is full',
        'Make room on the disk, and try again.',
      );
    case 26: // NOTADB
      return notOurs(path);
    default:
      return refuse(
        'unavailable',
        `could not be read or written: ${error.message}`,
        'Check the disk, and try again.',
      );
  }
}

const notOurs = (path: string) =>
  new BaristaError(
    'data_loss',
    `The file ${path} is not a Cloud-Barista store, or its beginning is destroyed.`,
    {
      where: path,
      next: 'Name another data directory, restore the file from a backup, or move it away to start anew.',
    },
  );

function inUse(path: string): BaristaError {
  let pid = '';
  try {
    pid = readFileSync(`${path}.pid`, 'utf8').trim();
  } catch {
    // Only a hint: the lock itself is SQLite's.
  }
  return new BaristaError(
    'failed_precondition',
    `The data directory is in use by another process${/^\d+$/.test(pid) ? ` (pid ${pid})` : ''}: ${path}.`,
    { where: path, next: 'Stop that process, or use another data directory.' },
  );
}

/** True where the file stands and has something in it. Throws where its first bytes are not SQLite's. */
function looksRight(path: string): boolean {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return false;
  const head = Buffer.alloc(16);
  const file = openSync(path, 'r');
  try {
    readSync(file, head, 0, 16, 0);
  } finally {
    closeSync(file);
  }
  if (head.toString('latin1') !== 'SQLite format 3\0') throw notOurs(path);
  return true;
}

export function numberOf(database: DatabaseSync, sql: string): number {
  const row = database.prepare(sql).get();
  return Number(Object.values(row ?? {})[0] ?? 0);
}

/** A file cut short, which SQLite itself would only see when it comes to the missing page. */
function checkWhole(database: DatabaseSync, path: string): void {
  const wanted = numberOf(database, 'PRAGMA page_count') * numberOf(database, 'PRAGMA page_size');
  const present = statSync(path).size;
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  let fault =
    log === 0 && present < wanted ? `${wanted - present} of its ${wanted} bytes are missing` : undefined;
  if (!fault && wanted <= checkedBytes) {
    const answer = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {})[0];
    if (answer !== 'ok') fault = String(answer);
  }
  if (fault)
    throw new BaristaError('data_loss', `The store ${path} is damaged: ${fault}.`, {
      where: path,
      next: 'Restore it from a backup, or move it away to start anew.',
    });
}

/** Its format version; refuses what is not ours or is newer. */
function recognise(database: DatabaseSync, path: string, newest: number): number {
  const version = numberOf(database, 'PRAGMA user_version');
  const foreign = numberOf(database, 'PRAGMA application_id') !== applicationId;
  if (foreign && (version > 0 || numberOf(database, 'SELECT count(*) FROM sqlite_schema') > 0))
    throw notOurs(path);
  if (version <= newest) return version;
  throw new BaristaError(
    'failed_precondition',
    `The store ${path} is of format version ${version}; this program knows version ${newest}.`,
    { where: path, next: 'Use the program that wrote it, or a newer one. Nothing was changed.' },
  );
}

function migrate(database: DatabaseSync, from: number, steps: readonly Migration[]): void {
  if (from === steps.length) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const step of steps.slice(from)) step(database);
    database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${steps.length}; COMMIT`);
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

/** The file, locked and of the newest version. `close` undoes all of it. */
export interface StoreFile {
  database: DatabaseSync;
  close(): void;
}

export function openStoreFile(path: string, steps: readonly Migration[] = migrations): StoreFile {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // Made here, so that it never stands with more rights; SQLite gives its log the same (sqlite.org/wal.html).
    if (!looksRight(path)) closeSync(openSync(path, 'a', 0o600));
    database = new DatabaseSync(path, { timeout: 0 });
    database.exec('PRAGMA locking_mode = EXCLUSIVE');
    database.exec('BEGIN EXCLUSIVE; COMMIT'); // takes the lock, which is then kept
    const version = recognise(database, path, steps.length);
    checkWhole(database, path);
    // Nothing is written before this line.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    migrate(database, version, steps);
    chmodSync(path, 0o600);
    writeFileSync(`${path}.pid`, `${process.pid}\n`, { mode: 0o600 });
  } catch (error) {
    const cause = sqliteError(error, path);
    if (database?.isOpen) database.close();
    if (cause instanceof BaristaError) throw cause;
    throw new BaristaError('permission_denied', `The store ${path} can't be opened: ${String(cause)}.`, {
      where: path,
      next: 'Check that the path is a file this user may write.',
      source: cause,
    });
  }
  const open = database;
  return {
    database: open,
    close() {
      rmSync(`${path}.pid`, { force: true });
      open.close();
    },
  };
}
