/** The suite on a user's account, by the server and the typed client: the account is one of Cloud-Twin's, which counts what is left. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient, type Client } from '@cloud-barista/api/client';
import type { ConformanceEvent } from '@cloud-barista/model/conformance';
import type { Twin } from '@cloud-barista/twin/twin';
import { start, type Process } from '../tools/process.ts';
import { openClouds, standing, total } from './world.ts';

let twin: Twin;
let server: Process;
let client: Client;

async function openTheServer(): Promise<void> {
  server = await start('server', ['--port', '0', '--store', 'memory:']);
  client = createClient({ url: String(server.ready['url']) });
  const cloud = twin.world.cloud('openstack-1');
  const values = twin.wires
    .find(wire => wire.kind === cloud.kind)
    ?.connection(cloud, cloud.regions[0] ?? '', twin.url);
  assert.ok(values);
  const mine = { name: 'mine', driver: cloud.kind };
  await client.call('credential.create', { body: { ...mine, values: values.credential } });
  await client.call('region.create', { body: { ...mine, values: values.region } });
  await client.call('connection.create', { body: { ...mine, credential: 'mine', region: 'mine' } });
}

before(async () => {
  twin = await openClouds({ openstack: 1 });
  await openTheServer();
});
after(async () => {
  await server.end();
  await twin.close();
});

async function run(
  until: (event: ConformanceEvent) => boolean,
  stop?: AbortController,
): Promise<ConformanceEvent[]> {
  const events: ConformanceEvent[] = [];
  const body = { dryRun: false, maxVms: 50 };
  const options = stop && { signal: stop.signal };
  for await (const event of client.stream('conformance.run', { connection: 'mine', body }, options)) {
    events.push(event);
    if (until(event)) break;
  }
  return events;
}

/** Until the cloud holds nothing of it; the run that was cancelled ends by itself. */
async function nothingLeft(): Promise<void> {
  for (let waited = 0; total(twin) > 0; waited += 100) {
    assert.ok(waited < 30_000, JSON.stringify(standing(twin)));
    await sleep(100);
  }
}

test('runs to its end and leaves nothing', async () => {
  const events = await run(() => false);
  const failed = events.flatMap(event => (event.case?.outcome === 'failed' ? [event.case] : []));
  assert.deepEqual(failed, []);
  const summary = events.at(-1)?.summary;
  assert.ok(summary && summary.passed > 60 && summary.vms > 10, JSON.stringify(summary));
  assert.deepEqual(summary.left, []);
  assert.equal(total(twin), 0);
});

test('who goes away, or a server that is killed, leaves nothing either', async () => {
  const aVm = ({ case: one }: ConformanceEvent) => one?.noun === 'vms';
  const gone = new AbortController();
  await run(aVm, gone).finally(() => gone.abort());
  assert.ok(total(twin) > 0, 'it was stopped amidst VMs');
  await nothingLeft();

  await run(event => {
    if (!aVm(event)) return false;
    void server.kill();
    return true;
  }).catch(() => {});
  await nothingLeft();
  await openTheServer();
});
