/** What only a file can suffer: other processes, sudden death, other versions, rubbish. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { type ErrorCode, hasCode } from '@cloud-barista/model/errors';
import { openStore } from '@cloud-barista/store/open';
import { openSqliteStore } from '@cloud-barista/store/sqlite';
import { openStoreFile } from '@cloud-barista/store/sqlite-file';
import { migrations } from '@cloud-barista/store/sqlite-schema';

/** Refused with the code and words, and the file is as it was. */
async function refused(path: string, code: ErrorCode, words: RegExp): Promise<void> {
  const was = await readFile(path);
  await assert.rejects(openSqliteStore({ path }), error => {
    assert.ok(hasCode(error, code), String(error));
    assert.match(error.message, words);
    assert.ok(error.message.includes(path) && error.next, 'says where and what to do');
    return true;
  });
  assert.ok(was.equals(await readFile(path)), 'the file is left as it was');
}

describe('the SQLite file', () => {
  let directory: string;
  let files = 0;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'barista-file-'));
  });
  after(() => rm(directory, { recursive: true }));
  const fresh = () => join(directory, `${files++}`, 'store.db');

  async function filled(entries = 1): Promise<string> {
    const path = fresh();
    const store = await openSqliteStore({ path });
    for (let index = 0; index < entries; index++)
      await store.txn({ then: [{ put: `/k/${index}`, value: 'v'.repeat(1000) }] });
    await store.close();
    return path;
  }
  it('is made for its user alone', async () => {
    const path = await filled();
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal((await stat(join(path, '..'))).mode & 0o777, 0o700);
  });

  it('is locked for one: another process, and another opening in this one, are told whose it is', async () => {
    const path = fresh();
    const child = spawn(process.execPath, [join(import.meta.dirname, 'sqlite-writer.ts'), path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await assert.rejects(openSqliteStore({ path }), error => {
      assert.ok(hasCode(error, 'failed_precondition'));
      assert.match(error.message, new RegExp(`in use by another process \\(pid ${child.pid}\\)`));
      return true;
    });
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    const store = await openSqliteStore({ path });
    await assert.rejects(openSqliteStore({ path }), error => hasCode(error, 'failed_precondition'));
    await store.txn({ then: [{ put: '/still', value: 'here' }] });
    await store.close();
    await (await openSqliteStore({ path })).close();
  });

  it('keeps every acknowledged write and tears no transaction, whenever its writer is killed', async () => {
    const path = fresh();
    const acknowledged = new Set<string>();
    for (let round = 0; round < 8; round++) {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'sqlite-writer.ts'), path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let text = '';
      let lines = 0;
      // A random moment, counted in what it has told so far.
      const enough = Math.floor(Math.random() * 400);
      const gone = once(child, 'close');
      child.stdout.on('data', (part: Buffer) => {
        text += String(part);
        lines += String(part).split('\n').length - 1;
        if (lines > enough) child.kill('SIGKILL');
      });
      await gone;
      for (const line of text.split('\n').slice(0, -1)) if (line !== 'open') acknowledged.add(line);
      const store = await openSqliteStore({ path });
      const names = async (prefix: string) =>
        new Set((await store.list({ prefix })).entries.map(entry => entry.key.slice(prefix.length)));
      const [a, b] = [await names('/a/'), await names('/b/')];
      assert.deepEqual(a, b, 'pairs stay together');
      for (const key of acknowledged) assert.ok(a.has(key), `${key} was acknowledged`);
      await store.close();
    }
    assert.ok(acknowledged.size > 100);
  });

  it('of a newer version is refused, naming both', async () => {
    const path = await filled();
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 99');
    database.close();
    await refused(path, 'failed_precondition', /version 99; this program knows version 1/);
  });

  it('of an older version is brought up to date in one transaction, or left as it was', async () => {
    const path = await filled();
    const next = [...migrations, (database: DatabaseSync) => database.exec('CREATE TABLE more (a)')];
    assert.throws(() => openStoreFile(path, [...next, database => database.exec('CREATE TABLE more (a)')]));
    await (await openSqliteStore({ path })).close();
    const file = openStoreFile(path, next);
    assert.equal(file.database.prepare('PRAGMA user_version').get()?.['user_version'], 2);
    file.close();
    await refused(path, 'failed_precondition', /version 2/);
  });

  it('that is rubbish, cut short or damaged is data_loss; one that is another program’s too; none is touched', async () => {
    const rubbish = fresh();
    await (await openSqliteStore({ path: rubbish })).close();
    await writeFile(rubbish, 'this is no database. '.repeat(500));
    await refused(rubbish, 'data_loss', /not a Cloud-Barista store/);

    const whole = await filled(100);
    const cut = fresh();
    await (await openSqliteStore({ path: cut })).close();
    const { size } = await stat(whole);
    for (const part of [0.5, 0.9]) {
      await copyFile(whole, cut);
      await truncate(cut, Math.floor(size * part));
      await refused(cut, 'data_loss', /damaged/);
    }
    await truncate(cut, 10);
    await refused(cut, 'data_loss', /not a Cloud-Barista store/);

    const damaged = Buffer.from(await readFile(whole));
    damaged.fill(0x5a, 4096, 3 * 4096);
    await writeFile(cut, damaged);
    await refused(cut, 'data_loss', /damaged/);

    const foreign = fresh();
    await (await openSqliteStore({ path: foreign })).close();
    await rm(foreign);
    const database = new DatabaseSync(foreign);
    database.exec('CREATE TABLE people (name)');
    database.close();
    await refused(foreign, 'data_loss', /not a Cloud-Barista store/);
  });

  it('that can’t be a file is permission_denied; an empty one is a new store', async () => {
    const path = await filled();
    for (const bad of [join(path, 'below', 'store.db'), directory])
      await assert.rejects(
        openSqliteStore({ path: bad }),
        error => hasCode(error, 'permission_denied') && error.message.includes(bad),
      );
    await truncate(path, 0);
    const store = await openStore(`sqlite:${path}`);
    assert.equal(await store.count(''), 0);
    await store.close();
  });

  it('revokes a dead process’s leases, and its watchers see that', async () => {
    const path = fresh();
    const first = await openSqliteStore({ path });
    const lease = await first.grantLease(3600);
    const { revision } = await first.txn({
      then: [
        { put: '/owner', value: '', lease },
        { put: '/kept', value: '' },
      ],
    });
    await first.close();
    const second = await openSqliteStore({ path });
    assert.equal(await second.get('/owner'), undefined);
    assert.ok(await second.get('/kept'));
    for await (const change of second.watch('/', { from: revision + 1, signal: AbortSignal.timeout(5000) })) {
      assert.deepEqual([change.type, change.key], ['delete', '/owner']);
      break;
    }
    await second.close();
  });

  it('lets a lease run out by the clock it is given', async () => {
    let now = 0;
    const store = await openSqliteStore({ path: fresh(), now: () => now });
    const lease = await store.grantLease(3600);
    await store.txn({ then: [{ put: '/hung', value: '', lease }] });
    now += 3_000_000;
    await store.keepAlive(lease);
    now += 3_000_000;
    assert.ok(await store.get('/hung'));
    now += 700_000;
    assert.equal(await store.get('/hung'), undefined);
    await store.close();
  });

  it('forgets old changes, and says so', { timeout: 60_000 }, async () => {
    const path = fresh();
    const store = await openSqliteStore({ path });
    const { revision } = await store.txn({ then: [{ put: '/first', value: '' }] });
    for (let round = 0; round < 4; round++)
      await Promise.all(
        Array.from({ length: 100 }, (_, at) =>
          store.txn({
            then: Array.from({ length: 128 }, (_, index) => ({ put: `/${at}/${index}`, value: `${round}` })),
          }),
        ),
      );
    const old = store.watch('/', { from: revision, signal: AbortSignal.timeout(5000) });
    const first = old[Symbol.asyncIterator]();
    await assert.rejects(first.next(), error => hasCode(error, 'out_of_range'));
    const listing = await store.list({ prefix: '/', limit: 1 });
    await store.close();
    const again = await openSqliteStore({ path });
    assert.equal((await again.list({ prefix: '/', limit: 1 })).revision, listing.revision);
    await again.close();
  });
});

describe('openStore', () => {
  it('refuses a URL that it does not know, without repeating its password', async () => {
    for (const url of ['', 'mysql://root:secret@db', 'sqlite:', 'etcd://', 'store.db'])
      await assert.rejects(
        openStore(url),
        error => hasCode(error, 'invalid_argument') && !error.message.includes('secret'),
      );
    await (await openStore('memory:')).close();
  });
});
