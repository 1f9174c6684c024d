import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BaristaError } from '@cloud-barista/model/errors';
import { createShared } from './shared.ts';

const { signal } = new AbortController();

test('asked for once however many wait, kept for a while from when it came', async () => {
  let now = 0;
  let loads = 0;
  const shared = createShared(
    1000,
    async key => {
      now += 500;
      return `${key} ${++loads}`;
    },
    { now: () => now },
  );
  assert.deepEqual(await Promise.all([1, 2, 3].map(() => shared.get('a', signal))), ['a 1', 'a 1', 'a 1']);
  assert.equal(await shared.get('b', signal), 'b 2');
  now = 1499;
  assert.equal(await shared.get('a', signal), 'a 1');
  now = 1500;
  assert.equal(await shared.get('a', signal), 'a 3');
  shared.forget('a');
  assert.equal(await shared.get('a', signal), 'a 4');
  assert.equal(await shared.get('c', signal, async key => `${key} by another way`), 'c by another way');
  assert.equal(await shared.get('c', signal), 'c by another way');
});

test('a failure is all waiters’, and is not kept', async () => {
  let loads = 0;
  const shared = createShared(1000, async () => {
    if (++loads === 1) throw new BaristaError('unavailable', 'not now');
    return loads;
  });
  const waits = await Promise.allSettled([shared.get('a', signal), shared.get('a', signal)]);
  assert.deepEqual(
    waits.map(wait => wait.status),
    ['rejected', 'rejected'],
  );
  assert.equal(await shared.get('a', signal), 2);
});

test('who gives up takes nobody else along: the others ask again, once', async () => {
  let loads = 0;
  const shared = createShared(1000, (_, by) => {
    loads++;
    return new Promise<number>((resolve, reject) => {
      by.addEventListener('abort', () => reject(new BaristaError('cancelled', 'gave up')));
      if (by === signal) resolve(loads);
    });
  });
  const first = new AbortController();
  const mine = shared.get('a', first.signal);
  const others = [1, 2, 3].map(() => shared.get('a', signal));
  const hasty = new AbortController();
  const early = shared.get('a', hasty.signal);
  hasty.abort();
  await assert.rejects(early, { code: 'cancelled' });
  first.abort();
  await assert.rejects(mine, { code: 'cancelled' });
  assert.deepEqual(await Promise.all(others), [2, 2, 2]);
  assert.equal(loads, 2);
});

test('no more are kept than wanted: the eldest goes, and what is over', async () => {
  let now = 0;
  const asked: string[] = [];
  const shared = createShared(1000, async key => asked.push(key), { now: () => now, most: 2 });
  for (const key of ['a', 'b', 'c', 'b', 'c', 'a']) await shared.get(key, signal);
  assert.deepEqual(asked, ['a', 'b', 'c', 'a']);
  now = 5000;
  for (const key of ['d', 'a', 'd', 'a']) await shared.get(key, signal);
  assert.deepEqual(asked.slice(4), ['d', 'a']);
});
