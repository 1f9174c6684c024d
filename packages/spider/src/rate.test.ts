/** The rate limit on a clock of the test's own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLimiter, type Limiter } from './rate.ts';

/** Time that jumps to the next sleeper whenever nothing else is to be done. */
function clock() {
  let time = 0;
  const sleepers: { at: number; wake: () => void }[] = [];
  const sleep = (ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      sleepers.push({ at: time + ms, wake: resolve });
    });
  const settle = () => new Promise(resolve => setImmediate(resolve));
  return {
    now: () => time,
    sleep,
    async run(until: number) {
      for (;;) {
        await settle();
        sleepers.sort((a, b) => a.at - b.at);
        const next = sleepers[0];
        if (!next || next.at > until) break;
        sleepers.shift();
        time = Math.max(time, next.at);
        next.wake();
      }
      time = Math.max(time, until);
      await settle();
    },
  };
}
const never = new AbortController().signal;
const open = (time: ReturnType<typeof clock>, maxInFlight = 64): Limiter =>
  openLimiter({ now: time.now, sleep: time.sleep, signal: never, maxInFlight });

test('unlimited until the first throttle; bounded in flight; first come, first served', async () => {
  const time = clock();
  const limiter = open(time, 2);
  assert.equal(limiter.acquire(never), undefined);
  assert.equal(limiter.acquire(never), undefined);
  const order: number[] = [];
  const waiting = [1, 2, 3].map(async number => {
    await limiter.acquire(never);
    order.push(number);
  });
  await time.run(10);
  assert.deepEqual(order, []);
  for (let count = 0; count < 3; count++) limiter.release();
  await Promise.all(waiting);
  assert.deepEqual(order, [1, 2, 3]);
});

test('a waiter that gives up leaves the queue', async () => {
  const time = clock();
  const limiter = open(time, 1);
  assert.equal(limiter.acquire(never), undefined);
  const gone = new AbortController();
  const first = limiter.acquire(gone.signal);
  const second = limiter.acquire(never);
  gone.abort();
  await assert.rejects(first ?? assert.fail(), { code: 'cancelled' });
  assert.equal(limiter.waiting, 1);
  limiter.release();
  await second;
});

test('against a cloud that allows 50 a second it settles near that rate, and stays there', async () => {
  const time = clock();
  const limiter = open(time);
  const allowed = 50;
  let tokens = allowed;
  let filled = 0;
  let done = 0;
  let throttled = 0;
  const request = async (): Promise<void> => {
    await limiter.acquire(never);
    const at = time.now();
    tokens = Math.min(allowed, tokens + ((at - filled) * allowed) / 1000);
    filled = at;
    const ok = tokens >= 1;
    if (ok) tokens--;
    await time.sleep(5, never);
    limiter.release();
    if (ok) done++;
    else {
      throttled++;
      limiter.throttled(at, 0);
      await request();
    }
  };
  for (let index = 0; index < 5000; index++) void request();
  await time.run(30_000);
  const [before, refused] = [done, throttled];
  await time.run(60_000);
  const rate = (done - before) / 30;
  assert.ok(rate > 30 && rate <= 51, `${rate} a second`);
  // Few requests are thrown away on throttling.
  assert.ok(
    (throttled - refused) / (done - before) < 0.1,
    `${throttled - refused} of ${done - before} throttled`,
  );
});

test('the cloud says how long to wait, and it is waited', async () => {
  const time = clock();
  const limiter = open(time);
  assert.equal(limiter.acquire(never), undefined);
  limiter.release();
  limiter.throttled(0, 3000);
  let at = -1;
  const turn = Promise.resolve(limiter.acquire(never)).then(() => void (at = time.now()));
  await time.run(2999);
  assert.equal(at, -1);
  await time.run(4000);
  await turn;
  assert.ok(at >= 3000);
});

test('lifted again after a minute without throttling', async () => {
  const time = clock();
  const limiter = open(time);
  assert.equal(limiter.acquire(never), undefined);
  limiter.release();
  limiter.throttled(0, 0);
  assert.ok(Number.isFinite(limiter.rate));
  await time.run(120_000);
  await limiter.acquire(never);
  assert.equal(limiter.rate, Infinity);
});
