import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { backOff, each, orCancelled, patiently, pause, together } from './concurrency.ts';

const never = new Promise<never>(() => {});
const cancelled = { code: 'cancelled' };

test('a wait ends as soon as its caller gives up, the promise goes on, and no listener is left', async () => {
  const caller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<string>();
  const waits = [
    orCancelled(promise, caller.signal),
    orCancelled(never, caller.signal),
    pause(3_600_000, caller.signal),
    backOff(caller.signal, 5, 3_600_000),
  ];
  const patient = orCancelled(promise, new AbortController().signal);
  caller.abort(new Error('enough'));
  for (const wait of waits) await assert.rejects(wait, cancelled);
  await assert.rejects(orCancelled(never, caller.signal), cancelled);
  await assert.rejects(pause(0, caller.signal), cancelled);
  resolve('answer');
  assert.equal(await patient, 'answer');
  assert.equal(getEventListeners(caller.signal, 'abort').length, 0);
});

test('pauses double up to 1.6 s', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { signal } = new AbortController();
  for (const [round, firstMs, ms] of [
    [0, undefined, 50],
    [1, undefined, 100],
    [5, undefined, 1600],
    [50, undefined, 1600],
    [2, 25, 100],
  ] as const) {
    let over = false;
    const wait = backOff(signal, round, firstMs).then(() => (over = true));
    t.mock.timers.tick(ms - 1);
    await Promise.resolve();
    assert.equal(over, false, `round ${round}`);
    t.mock.timers.tick(1);
    await wait;
  }
});

test('patience looks until there is an answer, or no more sense in looking', async () => {
  const { signal } = new AbortController();
  const answers = [undefined, undefined, 'there'];
  assert.equal(
    await patiently(
      signal,
      async () => answers.shift(),
      () => true,
      1,
    ),
    'there',
  );
  const rounds: number[] = [];
  const goOn = (round: number) => rounds.push(round) < 3;
  assert.equal(await patiently(signal, async () => undefined, goOn, 1), undefined);
  assert.deepEqual(rounds, [0, 1, 2]);
  const broken = async () => Promise.reject(new Error('broken'));
  await assert.rejects(
    patiently(signal, broken, () => true, 1),
    /broken/,
  );
});

test('together answers in order, and throws the first failure when all have ended', async () => {
  const [a, b] = await together([Promise.resolve(1), 'two']);
  assert.deepEqual([a + 1, b], [2, 'two']);
  const slow = Promise.withResolvers<void>();
  let over = false;
  const all = together([
    Promise.reject(new Error('first')),
    slow.promise,
    Promise.reject(new Error('third')),
  ]);
  const end = all.catch(() => (over = true));
  await new Promise(setImmediate);
  assert.equal(over, false);
  slow.resolve();
  await end;
  await assert.rejects(all, /first/);
});

test('each: never more than the width, all done, in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(3), { maxLength: 30 }),
      fc.integer({ min: 1, max: 5 }),
      async (turns, width) => {
        let now = 0;
        let most = 0;
        const done = await each(turns, width, async turn => {
          most = Math.max(most, ++now);
          for (let i = 0; i < turn; i++) await Promise.resolve();
          now--;
          return turn;
        });
        assert.deepEqual(done, turns);
        assert.ok(most <= width);
        if (turns.every(turn => turn > 0)) assert.equal(most, Math.min(width, turns.length));
      },
    ),
    { numRuns: 200 },
  );
});

test('each: a failure stops what has not begun, and waits for what has', async () => {
  const begun: number[] = [];
  let ended = 0;
  const deed = async (item: number) => {
    begun.push(item);
    await new Promise(setImmediate);
    ended++;
    if (item === 1) throw new Error('one');
  };
  await assert.rejects(each([0, 1, 2, 3, 4, 5], 2, deed), /one/);
  assert.equal(ended, begun.length);
  assert.ok(begun.length < 6);
});
