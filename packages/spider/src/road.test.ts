/** The road: what is repeated, what is not, what is recorded, and that no secret leaves by an error. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { BaristaError } from '@cloud-barista/model/errors';
import { call, cutOff, openStage, type Stage } from '../test/stage.ts';
import { listCalls } from './calls.ts';
import { checkConnection, cloudOf } from './clouds.ts';
import type { Request, Road } from '@cloud-barista/driver/road';
import type { Driver } from '@cloud-barista/driver/driver';

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.end();
  stage = undefined;
});
const naps: number[] = [];
/** Time passes only by sleeping. */
let passed = 0;
const now = () => 1_700_000_000_000 + passed;
const noSleep = async (ms: number) => {
  naps.push(ms);
  passed += ms;
};

/** The road itself, as a driver gets it. */
async function openRoadAlone(options: Parameters<typeof openStage>[0] = {}): Promise<Road> {
  const got = Promise.withResolvers<Road>();
  stage = await openStage({
    sleep: noSleep,
    now,
    ...options,
    wrap: (driver: Driver) => ({
      ...driver,
      open: (config, road) => {
        got.resolve(road);
        return driver.open(config, road);
      },
    }),
  });
  await cloudOf(stage.spider, 'seoul', call.signal);
  return got.promise;
}
const create: Request = { api: 'POST /servers', resource: 'vm', name: 'web-1', idempotent: false };
const read: Request = { api: 'GET /servers', resource: 'vm', idempotent: true };

test('unavailable is repeated only where that can double nothing', async () => {
  const road = await openRoadAlone();
  let tries = 0;
  const failing = async () => {
    tries++;
    throw cutOff();
  };
  await assert.rejects(road.send(create, call.signal, failing), { code: 'unavailable' });
  assert.equal(tries, 1);
  tries = 0;
  await assert.rejects(road.send(read, call.signal, failing), { code: 'unavailable' });
  assert.equal(tries, 4);
});

test('throttled requests are repeated whatever they are, each attempt recorded', async () => {
  const road = await openRoadAlone();
  let tries = 0;
  const answer = await road.send(create, call.signal, async () => {
    if (++tries < 3)
      throw new BaristaError('unavailable', 'slow down', {
        cause: 'RequestLimitExceeded',
        retryAfterMs: 250,
      });
    return 'made';
  });
  assert.equal(answer, 'made');
  const { items } = await listCalls(stage?.spider ?? assert.fail(), {
    connection: 'seoul',
    api: 'POST /servers',
  });
  assert.deepEqual(
    items.map(({ attempt, outcome, cause, name }) => ({ attempt, outcome, cause, name })),
    [
      { attempt: 3, outcome: 'ok', cause: '', name: 'web-1' },
      { attempt: 2, outcome: 'unavailable', cause: 'RequestLimitExceeded', name: 'web-1' },
      { attempt: 1, outcome: 'unavailable', cause: 'RequestLimitExceeded', name: 'web-1' },
    ],
  );
  assert.ok(naps.filter(ms => ms >= 250).length >= 2);
});

test('a request has its own deadline: deadline_exceeded, and unavailable after repeats where it may be repeated', async () => {
  const road = await openRoadAlone({ requestTimeoutMs: 5 });
  const hanging = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  await assert.rejects(road.send(create, call.signal, hanging), { code: 'deadline_exceeded' });
  await assert.rejects(road.send(read, call.signal, hanging), { code: 'unavailable' });
});

test('the caller stops it at once, with its own reason', async () => {
  const road = await openRoadAlone();
  const caller = new AbortController();
  const hanging = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  const sent = road.send(read, caller.signal, hanging);
  caller.abort();
  await assert.rejects(sent, { code: 'cancelled' });
});

test('no value of the credential is in the error, its cause, its log or the call', async () => {
  const road = await openRoadAlone();
  const secret =
    [...(stage?.spider.clouds.values() ?? [])].length > 0
      ? ((await cloudOf(stage?.spider ?? assert.fail(), 'seoul', call.signal)).config.credential[
          'mockName'
        ] ?? '')
      : '';
  assert.ok(secret.length >= 6);
  const error = await road
    .send(create, call.signal, async () => {
      throw Object.assign(new Error(`signature of ${secret} (${encodeURIComponent(secret)}) is wrong`), {
        request: { headers: { authorization: secret } },
      });
    })
    .then(assert.fail, (thrown: unknown) => thrown as BaristaError);
  assert.equal(error.code, 'unknown');
  const { inspect } = await import('node:util');
  assert.ok(!inspect(error, { depth: 10 }).includes(secret), inspect(error));
  assert.match(error.message, /\*\*\*/);
  assert.match(error.message, /seoul/);
});

test('check of an account that the cloud refuses says so', async () => {
  stage = await openStage({ sleep: noSleep });
  await checkConnection(stage.spider, 'seoul', call);
  stage.cloud.fault({ fault: 'unavailable', probability: 1 });
  await assert.rejects(checkConnection(stage.spider, 'seoul', call), {
    code: 'unavailable',
    vendorCode: 'ServiceUnavailable',
  });
});
