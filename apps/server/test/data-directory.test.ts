/** The directory in which a server keeps everything: one server at a time, the same records at the next start, nothing lost in between. */
import assert from 'node:assert/strict';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { BaristaError } from '@cloud-barista/model/errors';
import { openServer } from '../src/server.ts';
import { directory, frozenCloud, group, openStage, slowly, stageOf } from './stage.ts';
import { startMain } from './process.ts';

const refusal = (code: string, message: RegExp) => (error: unknown) => {
  const known = error as BaristaError;
  assert.equal(known.code, code);
  assert.match(known.message, message);
  assert.ok((known.next ?? '') !== '');
  return true;
};

test('a second start sees the same records, sealed ones too', async t => {
  const dataDir = await directory(t);
  const first = stageOf(await openServer({ port: 0, dataDir }));
  await first.connect('c');
  await first.client.call('namespace.create', { body: { name: 'n' } });
  await first.client.follow(
    await first.client.call('mcis.create', { namespace: 'n', body: { name: 'i', groups: [group('c')] } }),
  );
  const see = async ({ client }: typeof first) => ({
    namespaces: await client.call('namespace.list', {}),
    connections: await client.call('connection.list', {}),
    mcis: await client.call('mcis.get', { namespace: 'n', mcis: 'i' }),
    vms: await client.call('vm.list', { connection: 'c' }),
    operations: await client.call('operation.list', {}),
  });
  const before = await see(first);
  await first.server.close();
  const second = await openStage(t, { dataDir });
  assert.equal(second.server.resumed, 0);
  assert.deepEqual(await see(second), before);
  // The credential opens with the key of before; the history goes on where it was.
  await second.client.call('connection.check', { connection: 'c' });
  const calls = await second.client.call('call.list', { connection: 'c', limit: 1000 });
  assert.ok(calls.items.some(({ api }) => api === 'RunVm') && calls.items[0]?.api === 'DescribeAccount');
});

test('a long operation under way goes on after a restart', async t => {
  const dataDir = await directory(t);
  const cloud = frozenCloud();
  const first = stageOf(await openServer({ port: 0, dataDir, ...cloud }));
  await first.connect('slow', slowly);
  const begun = await first.client.call('mcis.create', {
    namespace: 'default',
    body: { name: 'i', groups: [group('slow')] },
  });
  for await (const event of first.client.stream('operation.events', { operation: begun.id }))
    if (event.step.startsWith('vm')) break;
  await first.server.close();
  cloud.thaw();
  const second = await openStage(t, { dataDir, ...cloud });
  assert.equal(second.server.resumed, 1);
  const end = await second.client.follow(await second.client.call('operation.get', { operation: begun.id }));
  assert.equal(end.state, 'succeeded');
  const { vms } = await second.client.call('mcis.get', { namespace: 'default', mcis: 'i' });
  assert.deepEqual(
    vms.map(({ state }) => state),
    ['Running', 'Running'],
  );
  // None doubled.
  assert.equal((await second.client.call('vm.list', { connection: 'slow' })).items.length, 2);
});

test('locked by another server: refused, and the other goes on', async t => {
  const dataDir = await directory(t);
  const other = await startMain(t, ['--data', dataDir]);
  await assert.rejects(
    openServer({ port: 0, dataDir }),
    refusal('failed_precondition', new RegExp(`in use by another process \\(pid ${other.pid}\\)`)),
  );
  assert.equal((await fetch(`${other.url}/v1/health`)).status, 200);
});

test('of a newer version, or no store at all: refused and left as it is', async t => {
  const dataDir = await directory(t);
  const file = join(dataDir, 'barista.db');
  await (await openServer({ port: 0, dataDir })).close();
  const database = new DatabaseSync(file);
  database.exec('PRAGMA user_version = 9999');
  database.close();
  const before = await readFile(file);
  await assert.rejects(openServer({ port: 0, dataDir }), refusal('failed_precondition', /version 9999/));
  assert.ok(before.equals(await readFile(file)));
  await writeFile(file, 'not a database, but long enough to look like a file');
  await assert.rejects(openServer({ port: 0, dataDir }), refusal('data_loss', /not a Cloud-Barista store/));
});

test('a path that is a file, a key of another length', async t => {
  const dataDir = await directory(t);
  const file = join(dataDir, 'file');
  await writeFile(file, '');
  await assert.rejects(
    openServer({ port: 0, dataDir: file }),
    refusal('failed_precondition', /can't be made/),
  );
  const inner = join(dataDir, 'inner');
  await (await openServer({ port: 0, dataDir: inner })).close();
  await writeFile(join(inner, 'master.key'), 'short');
  await assert.rejects(
    openServer({ port: 0, dataDir: inner }),
    (error: BaristaError) => error.code !== 'internal',
  );
});

test('port taken: refused, and what was opened is let go', async t => {
  const dataDir = await directory(t);
  const other = await openStage(t);
  const port = Number(new URL(other.server.url).port);
  await assert.rejects(
    openServer({ port, dataDir }),
    refusal('failed_precondition', new RegExp(`Port ${port} is taken`)),
  );
  // The directory is free again at once.
  await (await openServer({ port: 0, dataDir })).close();
});

test('nobody else may read it', async t => {
  const dataDir = join(await directory(t), 'made');
  const server = await openServer({ port: 0, dataDir, authenticate: true });
  t.after(() => server.close());
  assert.equal((await stat(dataDir)).mode & 0o777, 0o700);
  for (const name of ['master.key', 'admin-token', 'barista.db'])
    assert.equal((await stat(join(dataDir, name))).mode & 0o777, 0o600, name);
  assert.ok((await readdir(dataDir)).includes('calls'));
});

test('the first admin’s token stays good, and is made anew where none is left', async t => {
  const dataDir = await directory(t);
  const open = () => openServer({ port: 0, dataDir, authenticate: true });
  const read = async () => (await readFile(join(dataDir, 'admin-token'), 'utf8')).trim();
  await (await open()).close();
  const token = await read();
  const again = await open();
  assert.equal(await read(), token);
  const second = stageOf(again, token);
  await second.client.call('token.delete', { token: 'first-admin' });
  await assert.rejects(second.client.call('health.get', {}), { code: 'unauthenticated' });
  await again.close();
  const third = await open();
  t.after(() => third.close());
  assert.notEqual(await read(), token);
  assert.equal((await stageOf(third, await read()).client.call('token.list', {})).items.length, 1);
});
