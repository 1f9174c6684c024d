/**
 * kill -9 of the server, for real: SQLite on disk, the clouds in another process. At each step of create, and of delete, the
 * server dies; the next one finishes or undoes. Orphans and doubles are counted in the Twin.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createClient, type Client } from '@cloud-barista/api/client';
import { hasCode } from '@cloud-barista/model/errors';
import { ended, type Operation } from '@cloud-barista/model/operation';
import { start, type Process } from '../tools/process.ts';

const clouds = [
  { name: 'aws', kind: 'aws', regions: ['us-east-1'] },
  { name: 'openstack', kind: 'openstack', regions: ['RegionOne'] },
] as const;
const delays = { create: 30, start: 30, stop: 30, reboot: 30, terminate: 30 };
const body = {
  name: 'mortal',
  groups: [
    { name: 'a', size: 1, connection: 'aws', cpu: 2, memoryGb: 1, image: 'ubuntu-22.04' },
    { name: 'b', size: 1, connection: 'openstack', cpu: 1, memoryGb: 1, image: 'ubuntu-22.04' },
  ],
};
const place = { namespace: 'default', mcis: body.name };

let twin: Process;
let dir: string;
let server: Process | undefined;

async function open(): Promise<Client> {
  server = await start('server', ['--port', '0', '--data', dir]);
  return createClient({ url: String(server.ready['url']) });
}
async function standing(): Promise<{ total: number; clouds: Record<string, Record<string, number>> }> {
  return (await (await fetch(`${String(twin.ready['url'])}/twin/v1/counts`)).json()) as never;
}

/** Kills the server when the `nth` event of the operation is heard (or at once, for 0); false where it ended before. */
async function killAt(client: Client, operation: Operation, nth: number): Promise<boolean> {
  let heard = 0;
  const cut = new AbortController();
  if (nth > 0)
    try {
      for await (const _event of client.stream(
        'operation.events',
        { operation: operation.id },
        { signal: cut.signal },
      ))
        if (++heard >= nth) break;
    } catch {
      // It ended while we looked.
    }
  if (nth > 0 && heard < nth) return false;
  await server?.kill();
  return true;
}

/** The next server; waits until what the dead one left is finished or undone. */
async function recover(): Promise<{ client: Client; last: Operation | undefined }> {
  const client = await open();
  for (let round = 0; round < 3; round++)
    for (const operation of (await client.call('operation.list', { limit: 100 })).items)
      if (!ended.has(operation.state)) await client.follow(operation).catch(() => {});
  const [last] = (await client.call('operation.list', { limit: 1 })).items;
  return { client, last };
}

async function there(client: Client): Promise<boolean> {
  try {
    const { vms } = await client.call('mcis.get', place);
    assert.equal(vms.length, 2);
    return true;
  } catch (error) {
    if (hasCode(error, 'not_found')) return false;
    throw error;
  }
}

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'barista-kill-'));
  twin = await start('twin', ['up', '--port', '0', '--ssh-port', 'off', '--empty']);
  const client = await open();
  for (const cloud of clouds) {
    await fetch(`${String(twin.ready['url'])}/twin/v1/clouds`, {
      method: 'POST',
      body: JSON.stringify({ ...cloud, delays }),
    });
    const answer = await fetch(`${String(twin.ready['url'])}/twin/v1/clouds/${cloud.name}/connection`);
    const { driver, credential, region } = (await answer.json()) as {
      driver: string;
      credential: Record<string, string>;
      region: Record<string, string>;
    };
    const { name } = cloud;
    await client.call('credential.create', { body: { name, driver, values: credential } });
    await client.call('region.create', { body: { name, driver, values: region } });
    await client.call('connection.create', { body: { name, driver, credential: name, region: name } });
  }
  await server?.end();
});
after(async () => {
  await server?.kill();
  await twin.end();
  await rm(dir, { recursive: true, force: true });
});

/** What a whole MCIS comes to in the Twin, learnt from an undisturbed run. */
let whole: Record<string, Record<string, number>>;

describe('kill -9 of the server', { timeout: 600_000 }, () => {
  it('is not needed for the MCIS to stand', async () => {
    const client = await open();
    await client.follow(await client.call('mcis.create', { namespace: 'default', body }));
    whole = (await standing()).clouds;
    await client.follow(await client.call('mcis.delete', place));
    assert.equal((await standing()).total, 0);
    await server?.end();
  });

  it('at each step of create leaves it whole or gone', async () => {
    for (let nth = 0; ; nth++) {
      const client = await open();
      const operation = await client.call('mcis.create', { namespace: 'default', body });
      const killed = await killAt(client, operation, nth);
      if (!killed) await server?.end();
      const next = await recover();
      assert.ok(next.last === undefined || ended.has(next.last.state), `event ${nth}: ${next.last?.state}`);
      if (await there(next.client)) {
        assert.deepEqual((await standing()).clouds, whole, `killed at event ${nth}: whole, nothing doubled`);
        await next.client.follow(await next.client.call('mcis.delete', place));
      }
      assert.equal((await standing()).total, 0, `killed at event ${nth}: nothing left`);
      await server?.end();
      if (!killed) break;
    }
  });

  it('at each step of delete leaves nothing', async () => {
    for (let nth = 0; ; nth++) {
      const client = await open();
      await client.follow(await client.call('mcis.create', { namespace: 'default', body }));
      const operation = await client.call('mcis.delete', place);
      const killed = await killAt(client, operation, nth);
      if (!killed) await server?.end();
      const next = await recover();
      assert.equal(next.last?.state, 'succeeded', `killed at event ${nth}: ${next.last?.error?.message}`);
      assert.equal(await there(next.client), false);
      assert.equal((await standing()).total, 0, `killed at event ${nth}: nothing left`);
      await server?.end();
      if (!killed) break;
    }
  });
});
