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

/** What a cloud's driver declares is done through all floors: a disk, an image with its files, an address; they outlive the MCIS. */
async function belongings(kind: string): Promise<void> {
  const { capabilities } = await client.call('driver.get', { driver: kind });
  const can = (word: string) => capabilities[word] === true;
  const connection = kind;
  const place = { namespace: 'default', mcis: `own-${kind}` };
  const follow = async (begun: ReturnType<typeof client.call<'mcis.create'>>) =>
    void (await client.follow(await begun));
  const run = async (command: string, vms: string[]) => {
    const { results } = await client.call('command.run', { ...place, body: { command, vms } });
    return results.map(({ stdout, error }) => error?.message ?? stdout.trim()).join();
  };
  const alone = { ...group(connection), size: 1 };
  await follow(
    client.call('mcis.create', { namespace: 'default', body: { name: place.mcis, groups: [alone] } }),
  );
  const [first] = (await client.call('mcis.get', place)).vms;
  assert.ok(first);
  const vm = first.vmName;
  await run('echo made on the first > ~/proof; sync', [first.name]);

  if (can('disk')) {
    const disk = { connection, disk: 'data' };
    const zone = first.zone === '' ? {} : { zone: first.zone };
    await follow(client.call('disk.create', { connection, body: { name: 'data', sizeGb: 20, ...zone } }));
    await follow(client.call('disk.attach', { ...disk, body: { vm } }));
    assert.equal((await client.call('disk.get', disk)).vm, vm);
  }
  if (can('publicIp')) {
    const body = { name: 'door' };
    const { address } = await client.call('public-ip.create', { connection, body });
    await client.call('public-ip.associate', { connection, publicIp: 'door', body: { vm } });
    assert.equal((await client.call('mcis-vm.get', { ...place, vm: first.name })).publicIp, address);
    assert.equal(await run('cat ~/proof', [first.name]), 'made on the first');
  }
  if (can('tag.vm')) {
    const tagged = { kind: 'vm', name: vm } as const;
    await client.call('tag.set', { connection, body: { ...tagged, tags: { owner: 'e2e' } } });
    assert.deepEqual((await client.call('tag.get', { connection, ...tagged })).tags, { owner: 'e2e' });
  }
  if (can('customImage')) {
    await follow(client.call('custom-image.create', { connection, body: { name: 'golden', vm } }));
    const newGroup = { ...alone, name: 'copy', image: 'golden' };
    await follow(client.call('mcis-vm.add', { ...place, body: { newGroup } }));
    assert.equal(await run('cat ~/proof', ['copy-1']), 'made on the first');
  }
  await follow(client.call('mcis.delete', place));

  // What is the user's own stands still, and nothing else.
  const { items } = await client.call('inventory.list', { connection });
  const own = items.filter(item => item.where === 'mapped').map(({ name }) => name);
  assert.deepEqual(own.sort(), [
    ...(can('disk') ? ['data'] : []),
    ...(can('publicIp') ? ['door'] : []),
    ...(can('customImage') ? ['golden'] : []),
  ]);
  assert.deepEqual(
    items.filter(item => item.orphan),
    [],
  );
  if (can('disk')) {
    assert.equal((await client.call('disk.get', { connection, disk: 'data' })).state, 'Available');
    await client.call('disk.delete', { connection, disk: 'data' });
  }
  if (can('publicIp')) await client.call('public-ip.delete', { connection, publicIp: 'door' });
  if (can('customImage')) await client.call('custom-image.delete', { connection, customImage: 'golden' });
  assert.equal(total(twin), 0, JSON.stringify(standing(twin)));
}

describe('every cloud', { timeout: 180_000 }, () => {
  for (const kind of kinds) it(`${kind}: what it has beside VMs`, () => belongings(kind));
  for (const kind of kinds) it(`${kind}: the same file`, () => wholeLife(`on-${kind}`, [kind]));
  it(`all ${kinds.length} in one MCIS`, () => wholeLife('over-all', kinds));
});
