/** The suite on a user's account, over HTTP: planned, bounded, run, cancelled; and nothing left. The account is the in-process cloud. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { ConformanceEvent } from '@cloud-barista/model/conformance';
import { wholeSuiteVms } from '../src/conformance.ts';
import { openStage } from './stage.ts';

const stage = await openStage({ after });
await stage.connect('mine');

async function run(body: object, signal?: AbortSignal): Promise<ConformanceEvent[]> {
  const events: ConformanceEvent[] = [];
  for await (const event of stage.client.stream(
    'conformance.run',
    { connection: 'mine', body },
    { ...(signal && { signal }) },
  ))
    events.push(event);
  return events;
}

test('a dry run says what would be made and what it can cost, and makes nothing', async () => {
  const [first, ...rest] = await run({});
  assert.deepEqual(rest, []);
  assert.deepEqual(first?.plan, {
    driver: 'memory',
    region: 'default',
    image: 'mock-vmimage-01',
    spec: 'mock-vmspec-04',
    vms: Math.floor(5 / 0.244),
    cost: 4.88,
    currency: 'USD',
    cut: true,
  });
});

test('the whole suite passes, within the number of VMs that the plan knows', async () => {
  const events = await run({ dryRun: false, maxCost: 100 });
  const failed = events.flatMap(({ case: one }) => (one?.outcome === 'failed' ? [one] : []));
  assert.deepEqual(failed, []);
  const { plan } = events[0] ?? {};
  assert.deepEqual([plan?.cut, plan?.vms], [false, wholeSuiteVms]);
  const summary = events.at(-1)?.summary;
  assert.ok(summary && summary.passed > 70 && summary.failed === 0, JSON.stringify(summary));
  assert.deepEqual(summary.left, []);
  assert.ok(
    summary.vms <= wholeSuiteVms && summary.vms > 20,
    `wholeSuiteVms is ${wholeSuiteVms}, the suite made ${summary.vms}`,
  );
});

test('beyond the bound no VM is made; the cases that need more fail and say why', async () => {
  const events = await run({ dryRun: false, maxVms: 2 });
  const summary = events.at(-1)?.summary;
  assert.equal(summary?.vms, 2);
  assert.deepEqual(summary?.left, []);
  assert.ok(
    events.some(({ case: one }) => one?.outcome === 'failed' && one.reason.includes('may make 2 VMs')),
  );
});

test('who goes away stops it: what was made is taken down', async () => {
  const gone = new AbortController();
  const events: ConformanceEvent[] = [];
  await assert.rejects(async () => {
    for await (const event of stage.client.stream(
      'conformance.run',
      { connection: 'mine', body: { dryRun: false, maxCost: 100 } },
      { signal: gone.signal },
    )) {
      events.push(event);
      if (event.case?.noun === 'vpcs') gone.abort();
    }
  });
  assert.ok(events.every(event => event.summary === undefined));
});
