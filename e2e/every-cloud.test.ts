/**
 * The same MCIS file on every cloud of the Twin, one value changed (the connection): made by the cloud's own wire, commanded over
 * SSH, suspended, resumed, deleted; and one MCIS that spans them all. The Twin counts what is left.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createClient, type Client } from '@cloud-barista/api/client';
import { openServer, type Server } from '@cloud-barista/server/server';
import { openTwin, type Twin } from '@cloud-barista/twin/twin';
import { wireKinds } from '@cloud-barista/twin/wires';
import { noDelays, standing, total } from './world.ts';

const kinds = wireKinds.map(({ kind }) => kind);
let twin: Twin;
let server: Server;
let client: Client;

before(async () => {
  twin = await openTwin({ port: 0, ssh: 0 });
  server = await openServer({ store: 'memory:', port: 0 });
  client = createClient({ url: server.url });
  for (const kind of kinds) {
    twin.world.addCloud({ name: kind, kind, delays: noDelays });
    const answer = await fetch(`${twin.url}/twin/v1/clouds/${kind}/connection`);
    const { driver, credential, region } = (await answer.json()) as {
      driver: string;
      credential: Record<string, string>;
      region: Record<string, string>;
    };
    await client.call('credential.create', { body: { name: kind, driver, values: credential } });
    await client.call('region.create', { body: { name: kind, driver, values: region } });
    await client.call('connection.create', { body: { name: kind, driver, credential: kind, region: kind } });
    await client.call('connection.check', { connection: kind });
  }
});
after(async () => {
  await server.close();
  await twin.close();
});

const group = (connection: string) => ({
  name: connection,
  size: 2,
  connection,
  cpu: 1,
  memoryGb: 1,
  image: 'ubuntu-22.04',
});

async function wholeLife(name: string, connections: readonly string[]): Promise<void> {
  const place = { namespace: 'default', mcis: name };
  const count = connections.length * 2;
  await client.follow(
    await client.call('mcis.create', {
      namespace: 'default',
      body: { name, groups: connections.map(group) },
    }),
  );
  assert.equal((await client.call('mcis.get', place)).status, `Running ${count}/${count}`);
  const run = async () =>
    (await client.call('command.run', { ...place, body: { command: 'hostname' } })).results.map(
      ({ stdout, exitCode, error }) => error?.message ?? `${exitCode} ${stdout.trim()}`,
    );
  const hosts = await run();
  assert.equal(new Set(hosts).size, count, hosts.join(', '));
  assert.ok(
    hosts.every(host => host.startsWith('0 ')),
    hosts.join(', '),
  );
  await client.follow(await client.call('mcis.suspend', place));
  assert.equal((await client.call('mcis.get', place)).status, `Suspended ${count}/${count}`);
  await client.follow(await client.call('mcis.resume', place));
  assert.equal((await client.call('mcis.get', place)).status, `Running ${count}/${count}`);
  assert.deepEqual(await run(), hosts, 'the same machines, at whatever addresses they have now');
  await client.follow(await client.call('mcis.delete', place));
  assert.equal(total(twin), 0, JSON.stringify(standing(twin)));
}

describe('every cloud', { timeout: 180_000 }, () => {
  for (const kind of kinds) it(`${kind}: the same file`, () => wholeLife(`on-${kind}`, [kind]));
  it(`all ${kinds.length} in one MCIS`, () => wholeLife('over-all', kinds));
});
