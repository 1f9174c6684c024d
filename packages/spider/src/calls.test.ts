/** The history of calls: bounded in memory, kept over restarts, a torn line harms nothing. */
import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { lineOf } from './call-line.ts';
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
const openHistory = (dir: string, now?: () => number) =>
  openCalls({ dir, log: line => assert.fail(JSON.stringify(line)), ...(now && { now }) });
const collected = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};
const withDir = async (work: (dir: string) => Promise<void>) => {
  const dir = await mkdtemp(join(tmpdir(), 'barista-calls-'));
  try {
    await work(dir);
  } finally {
    await rm(dir, { recursive: true });
  }
};

test('newest first, filtered, in pages, the oldest dropped', async () => {
  const calls = await openCalls({ log: () => {} });
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
    const first = await openHistory(dir);
    for (let index = 0; index < 1200; index++) first.record(one('A'));
    await first.close();
    await appendFile(join(dir, 'calls.jsonl'), '{"sequence":9999,"prov');
    const second = await openHistory(dir);
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
    const third = await openHistory(dir);
    assert.equal((await third.list({ limit: 1 })).items[0]?.sequence, 1201);
    await third.close();
  }));

test('the journal is bounded: sixteen files, the oldest goes; read forwards and backwards, block by block', () =>
  withDir(async dir => {
    const journal = await openJournal(dir, 1000);
    const line = (sequence: number) =>
      JSON.stringify({ sequence, start: new Date(sequence).toISOString(), pad: 'é'.repeat(30) });
    for (let index = 1; index <= 300; index++) await journal.append([line(index)]);
    const sizes = await Promise.all(
      Array.from({ length: 16 }, async (_, age) =>
        stat(join(dir, age === 0 ? 'calls.jsonl' : `calls.${age}.jsonl`)).then(({ size }) => size),
      ),
    );
    assert.ok(sizes.every(size => size <= 1000));
    await assert.rejects(stat(join(dir, 'calls.16.jsonl')));
    const numbers = async (blocks: AsyncIterable<{ sequence: number }[]>) =>
      (await collected(blocks)).flat().map(({ sequence }) => sequence);
    const forwards = await numbers(journal.forwards({ before: Infinity }));
    assert.equal(forwards.at(-1), 300);
    assert.ok(forwards.length > 80 && forwards.length < 150, String(forwards.length));
    assert.deepEqual(
      forwards,
      Array.from(forwards, (_, index) => 300 - forwards.length + 1 + index),
    );
    assert.deepEqual(await numbers(journal.backwards({ before: Infinity })), forwards.toReversed());
    assert.deepEqual((await numbers(journal.backwards({ before: 281 }))).slice(0, 3), [280, 279, 278]);
    assert.deepEqual(
      await numbers(journal.forwards({ before: 299, since: 295, until: 298 })),
      [295, 296, 297],
    );
    assert.equal((await openJournal(dir, 1000)).last, 300);
  }));

test('a file larger than a block is read whole, whatever lies across the border', () =>
  withDir(async dir => {
    const journal = await openJournal(dir);
    const lines = Array.from({ length: 9000 }, (_, index) =>
      JSON.stringify({ sequence: index + 1, start: new Date(0).toISOString(), pad: '한'.repeat(index % 40) }),
    );
    await journal.append(lines);
    for (const blocks of [journal.forwards({ before: Infinity }), journal.backwards({ before: Infinity })]) {
      const numbers = (await collected(blocks)).flat().map(({ sequence }) => sequence);
      assert.equal(new Set(numbers).size, 9000);
      assert.deepEqual([Math.min(...numbers), Math.max(...numbers)], [1, 9000]);
    }
  }));

test('lists reach back into the journal, by every filter; exports come oldest first', () =>
  withDir(async dir => {
    const start = Date.parse('2026-11-21T08:00:00Z');
    const history = await openHistory(dir, () => start + 30_000_000);
    for (let index = 0; index < 25_000; index++) {
      // As calls over a network do, let the journal keep up: an export waits for it.
      if (index % 5000 === 0) await collected(history.export({ api: 'None' }));
      history.record({
        ...one(index % 5 ? 'List' : 'Make', index % 100 ? 'ok' : 'unavailable'),
        connection: index % 2 ? 'seoul' : 'busan',
        region: index % 2 ? 'r' : 's',
        start: start + index * 1000,
        elapsedMs: index % 1000 === 0 ? 500.1239 : 1,
        ...(index % 200 === 0 && { throttled: true, cause: 'SlowDown' }),
      });
    }
    const numbers = async (filter: Parameters<typeof history.list>[0]) => {
      const items: number[] = [];
      let cursor: string | undefined;
      do {
        const page = await history.list({ limit: 700, ...filter, cursor });
        items.push(...page.items.map(({ sequence }) => sequence));
        cursor = page.next;
      } while (cursor !== undefined);
      return items;
    };
    await history.close();
    const all = await numbers({ limit: 1000 });
    assert.equal(all.length, 25_000);
    assert.ok(all.every((sequence, index) => sequence === 25_000 - index));
    assert.equal((await numbers({ connection: 'seoul' })).length, 12_500);
    assert.equal((await numbers({ provider: 'mock', region: 's', api: 'Make' })).length, 2500);
    assert.equal((await numbers({ outcome: 'error' })).length, 250);
    assert.equal((await numbers({ outcome: 'throttled' })).length, 125);
    assert.deepEqual(await numbers({ since: start + 100_000, until: start + 103_000 }), [103, 102, 101]);
    assert.equal((await numbers({ minElapsedMs: 500 })).length, 25);
    const exported = await collected(history.export({ minElapsedMs: 500 }));
    assert.deepEqual(
      exported.map(({ sequence }) => sequence),
      Array.from({ length: 25 }, (_, index) => index * 1000 + 1),
    );
    assert.equal(exported[0]?.elapsedMs, 500.124);
  }));

test('a line is what JSON makes of the call, whatever its texts hold', () => {
  fc.assert(
    fc.property(
      fc.record({
        provider: fc.string(),
        connection: fc.string({ unit: 'binary' }),
        region: fc.string(),
        resource: fc.constant('vm'),
        name: fc.string({ unit: 'grapheme' }),
        api: fc.constantFrom('POST /servers/{id}', 'a"b\\c', 'x\ny', '\u2028'),
        start: fc.integer({ min: 0, max: 4e12 }),
        elapsedMs: fc.double({ min: 0, max: 1e6, noNaN: true }),
        cause: fc.string(),
        attempt: fc.integer({ min: 1, max: 9 }),
      }),
      fc.boolean(),
      (about, throttled) => {
        const call: CallRecord = {
          ...about,
          outcome: 'ok',
          ...(throttled && { throttled, retryAfterMs: 1500 }),
        };
        assert.deepEqual(JSON.parse(lineOf(7, call)), {
          sequence: 7,
          ...call,
          start: new Date(about.start).toISOString(),
          elapsedMs: Math.round(about.elapsedMs * 1000) / 1000 + 0,
        });
      },
    ),
  );
});

test('the figures of earlier processes are in the summary', () =>
  withDir(async dir => {
    const first = await openHistory(dir);
    for (let index = 0; index < 100; index++) first.record(one('A', index < 10 ? 'unavailable' : 'ok'));
    await first.close();
    const second = await openHistory(dir);
    second.record(one('A'));
    const summary = (await second.stats()).summary({}, ['api']);
    assert.deepEqual([summary.total.count, summary.total.errors], [101, 10]);
    assert.equal((await second.stats()).summary({}, ['api']).total.count, 101, 'once');
    await second.close();
  }));

test('a start counts only what the figures’ file does not hold; a file that tells nothing is no harm', () =>
  withDir(async dir => {
    const first = await openHistory(dir);
    for (let index = 0; index < 100; index++) first.record(one('A'));
    await first.close();
    // As after a kill: calls that stand in the journal only.
    const line = JSON.parse(
      (await readFile(join(dir, 'calls.jsonl'), 'utf8')).split('\n')[0] ?? '',
    ) as object;
    await appendFile(join(dir, 'calls.jsonl'), `${JSON.stringify({ ...line, sequence: 101, api: 'B' })}\n`);
    const count = async () => {
      const history = await openHistory(dir);
      const { total, groups } = (await history.stats()).summary({}, ['api']);
      await history.close();
      return [total.count, groups.map(({ key }) => key['api'])];
    };
    assert.deepEqual(await count(), [101, ['A', 'B']]);
    await writeFile(join(dir, 'figures.json'), '{"version":1,"last":7');
    assert.deepEqual(await count(), [101, ['A', 'B']]);
    await rm(join(dir, 'figures.json'));
    assert.deepEqual(await count(), [101, ['A', 'B']]);
  }));

test('a journal that can’t keep up costs calls of the journal, not memory, and says so', () =>
  withDir(async dir => {
    const said: object[] = [];
    const history = await openCalls({ dir, log: line => void said.push(line) });
    for (let index = 0; index < 30_000; index++) history.record(one('A'));
    await history.close();
    assert.match(JSON.stringify(said), /slower than the calls/);
    assert.equal((await history.stats()).summary({}, ['api']).total.count, 30_000, 'counted all the same');
    assert.equal((await openJournal(dir)).last, 30_000);
  }));
