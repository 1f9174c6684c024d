/** The history of calls: bounded in memory, kept over restarts, a torn line harms nothing. */
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openJournal } from './call-journal.ts';
import { openCalls, type CallRecord } from './calls.ts';

const one = (api: string, outcome: CallRecord['outcome'] = 'ok'): CallRecord => ({
  provider: 'MOCK',
  connection: 'seoul',
  region: 'r',
  resource: 'vm',
  name: '',
  api,
  start: Date.now(),
  elapsedMs: 1,
  outcome,
  cause: '',
  attempt: 1,
});
const withDir = async (work: (dir: string) => Promise<void>) => {
  const dir = await mkdtemp(join(tmpdir(), 'barista-calls-'));
  try {
    await work(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
};

test('newest first, filtered, in pages, the oldest dropped', async () => {
  const calls = await openCalls(undefined, () => {});
  for (let index = 0; index < 12_000; index++)
    calls.record(one(index % 2 ? 'A' : 'B', index % 10 ? 'ok' : 'not_found'));
  const seen: number[] = [];
  let cursor: string | undefined;
  do {
    const page = await calls.list({ api: 'B', limit: 1000, cursor });
    seen.push(...page.items.map(call => call.sequence));
    cursor = page.next;
  } while (cursor !== undefined);
  assert.equal(seen.length, 5000);
  assert.deepEqual(
    seen,
    [...new Set(seen)].sort((a, b) => b - a),
  );
  assert.equal((await calls.list({ outcome: 'error', limit: 1000 })).items.length, 1000);
  assert.equal((await calls.list({ outcome: 'error', limit: 1000 })).next, undefined);
  await calls.close();
});

test('kept over a restart; numbers go on; a torn last line is skipped', () =>
  withDir(async dir => {
    const first = await openCalls(dir, line => assert.fail(JSON.stringify(line)));
    for (let index = 0; index < 1200; index++) first.record(one('A'));
    await first.close();
    await appendFile(join(dir, 'calls.jsonl'), '{"sequence":9999,"prov');
    const second = await openCalls(dir, line => assert.fail(JSON.stringify(line)));
    second.record(one('B'));
    const page = await second.list({ limit: 2 });
    assert.deepEqual(
      page.items.map(call => [call.sequence, call.api]),
      [
        [1201, 'B'],
        [1200, 'A'],
      ],
    );
    assert.equal((await second.list({ limit: 1000, cursor: page.next })).items[0]?.sequence, 1199);
    await second.close();
    const third = await openCalls(dir, line => assert.fail(JSON.stringify(line)));
    assert.equal((await third.list({ limit: 1 })).items[0]?.sequence, 1201);
    await third.close();
  }));

test('the journal is bounded: four files, the oldest goes', () =>
  withDir(async dir => {
    const journal = await openJournal(dir, 1000);
    for (let index = 1; index <= 100; index++)
      await journal.append([JSON.stringify({ sequence: index, pad: 'x'.repeat(80) })]);
    const sizes = await Promise.all(
      ['calls.jsonl', 'calls.1.jsonl', 'calls.2.jsonl', 'calls.3.jsonl'].map(
        async file => (await stat(join(dir, file))).size,
      ),
    );
    assert.ok(sizes.every(size => size <= 1000));
    await assert.rejects(stat(join(dir, 'calls.4.jsonl')));
    const tail = await journal.tail(10_000);
    assert.equal(tail.at(-1)?.sequence, 100);
    assert.ok(tail.length < 50);
    assert.equal((await openJournal(dir, 1000)).last, 100);
  }));
