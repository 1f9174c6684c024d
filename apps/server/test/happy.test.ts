/**
 * Every operation once as it should go, over HTTP against the in-process cloud: its status, and an output that is what its schema
 * promises. The last test holds this list against the list of operations.
 */
import assert from 'node:assert/strict';
import { chmod, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { operationNames, type Input, type OperationName } from '@cloud-barista/api/operations';
import { drivers } from '../src/drivers.ts';
import { definitionOf, directory, group, openStage } from './stage.ts';

/** Not here, and why. May only shrink. */
const exceptions: Partial<Record<OperationName, string>> = {
  'command.run': 'needs VMs that answer SSH: e2e',
  'command.stream': 'needs VMs that answer SSH: e2e',
  'mcis-vm.access': 'needs VMs that answer SSH: e2e',
};

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv, ['date-time']);
const stage = await openStage({ after });
// A driver outside of the repository, in files of this user.
const toy = join(await directory({ after }), 'toy.mjs');
await copyFile(fileURLToPath(new URL('../../../examples/drivers/toy.mjs', import.meta.url)), toy);
await chmod(toy, 0o644);
const seen = new Set<OperationName>();

function fits(name: OperationName, value: unknown): void {
  assert.ok(
    ajv.validate(definitionOf(name).output, value),
    `${name}: ${ajv.errorsText()} in ${JSON.stringify(value)?.slice(0, 500)}`,
  );
}

/** Calls it, waits where it is long, and holds the answer against the definition. */
async function good<N extends OperationName>(name: N, input: Input<N>): Promise<Record<string, unknown>> {
  seen.add(name);
  const answer = await stage.call(name, input);
  const { status } = definitionOf(name);
  assert.equal(answer.status, status, answer.text);
  if (status === 204) assert.equal(answer.text, '');
  else fits(name, answer.body);
  return (answer.body ?? {}) as Record<string, unknown>;
}
async function streamed<N extends 'operation.events' | 'watch.stream' | 'conformance.run' | 'call.export'>(
  name: N,
  input: Input<N>,
): Promise<unknown[]> {
  seen.add(name);
  const events: unknown[] = [];
  for await (const event of stage.client.stream(name, input)) {
    fits(name, event);
    events.push(event);
    if (name === 'watch.stream') break;
  }
  return events;
}
const names = (page: Record<string, unknown>) =>
  (page['items'] as { name: string }[]).map(({ name }) => name);

const connection = 'c';
const values = { mockName: 'happy' };
const rule = { direction: 'inbound', protocol: 'tcp', fromPort: 80, toPort: 80, cidr: '0.0.0.0/0' } as const;
const ssh = { ...rule, fromPort: 22, toPort: 22 };

test('the server itself, and tokens', async () => {
  assert.equal((await good('health.get', {}))['store'], 'memory');
  assert.match(
    String((await good('token.create', { body: { name: 't', role: 'reader' } }))['token']),
    /^cb_.{40}/,
  );
  assert.deepEqual(names(await good('token.list', {})), ['t']);
  await good('token.delete', { token: 't' });
  assert.deepEqual(names(await good('token.list', {})), []);
});

test('drivers, credentials, regions, connections', async () => {
  assert.deepEqual(names(await good('driver.list', {})), Object.keys(drivers).sort());
  assert.equal((await good('driver.get', { driver: 'memory' }))['provider'], 'MOCK');
  assert.equal((await good('driver.create', { body: { module: toy } }))['kind'], 'plug-in');
  assert.equal((await good('driver.get', { driver: 'toy' }))['state'], 'ready');
  assert.equal((await good('driver.reload', { driver: 'toy' }))['state'], 'ready');
  await good('driver.delete', { driver: 'toy' });
  const made = await good('credential.create', { body: { name: 'c', driver: 'memory', values } });
  assert.deepEqual(made['keys'], ['mockName']);
  assert.ok(!('values' in made));
  assert.deepEqual(names(await good('credential.list', {})), ['c']);
  await good('credential.get', { credential: 'c' });
  await good('region.create', { body: { name: 'c', driver: 'memory', values: { region: 'r1' } } });
  assert.deepEqual(names(await good('region.list', {})), ['c']);
  await good('region.get', { region: 'c' });
  await good('connection.create', { body: { name: 'c', driver: 'memory', credential: 'c', region: 'c' } });
  assert.deepEqual(names(await good('connection.list', {})), ['c']);
  await good('connection.get', { connection });
  await good('connection.check', { connection });
});

test('images and specs', async () => {
  assert.ok(names(await good('image.list', { connection, search: 'ubuntu-22.04' })).length > 0);
  const image = await good('image.get', { connection, image: 'mock-vmimage-01' });
  assert.equal(image['os'], 'ubuntu');
  assert.equal(names(await good('spec.list', { connection, limit: 2 })).length, 2);
  assert.equal((await good('spec.get', { connection, spec: 'mock-vmspec-04' }))['cpu'], 8);
  assert.ok(names(await good('cloud-region.list', { connection })).includes('r1'));
});

test('VPCs and subnets', async () => {
  const subnets = [{ name: 's1', cidr: '10.1.0.0/24' }];
  await good('vpc.create', { connection, body: { name: 'v', cidr: '10.1.0.0/16', subnets } });
  assert.deepEqual(names(await good('vpc.list', { connection })), ['v']);
  await good('vpc.get', { connection, vpc: 'v' });
  const grown = await good('subnet.add', { connection, vpc: 'v', body: { name: 's2', cidr: '10.1.1.0/24' } });
  assert.equal((grown['subnets'] as unknown[]).length, 2);
  const shrunk = await good('subnet.remove', { connection, vpc: 'v', subnet: 's2' });
  assert.equal((shrunk['subnets'] as unknown[]).length, 1);
});

test('security groups', async () => {
  const place = { connection, securityGroup: 'g' };
  await good('security-group.create', { connection, body: { name: 'g', vpc: 'v', rules: [ssh] } });
  assert.deepEqual(names(await good('security-group.list', { connection })), ['g']);
  await good('security-group.get', place);
  const rules = async (page: Promise<Record<string, unknown>>) => ((await page)['rules'] as unknown[]).length;
  assert.equal(await rules(good('security-group.add-rules', { ...place, body: { rules: [rule, ssh] } })), 2);
  assert.equal(await rules(good('security-group.remove-rules', { ...place, body: { rules: [rule] } })), 1);
});

test('key pairs', async () => {
  const made = await good('key-pair.create', { connection, body: { name: 'k' } });
  assert.match(String(made['privateKey']), /PRIVATE KEY/);
  assert.deepEqual(names(await good('key-pair.list', { connection })), ['k']);
  const shown = await good('key-pair.get', { connection, keyPair: 'k' });
  assert.equal(shown['privateKey'], undefined);
  assert.equal(shown['fingerprint'], made['fingerprint']);
});

test('VMs', async () => {
  const vm = { connection, vm: 'm' };
  const state = async (answer: Promise<Record<string, unknown>>) => (await answer)['state'];
  const body = {
    name: 'm',
    image: 'mock-vmimage-01',
    spec: 'mock-vmspec-04',
    vpc: 'v',
    subnet: 's1',
    securityGroups: ['g'],
    keyPair: 'k',
  };
  assert.equal(await state(good('vm.create', { connection, body })), 'Running');
  assert.deepEqual(names(await good('vm.list', { connection })), ['m']);
  assert.equal(await state(good('vm.get', vm)), 'Running');
  assert.equal(await state(good('vm.suspend', vm)), 'Suspended');
  assert.equal(await state(good('vm.resume', vm)), 'Running');
  assert.equal(await state(good('vm.reboot', vm)), 'Running');

  const disk = { connection, disk: 'd' };
  assert.equal(
    await state(good('disk.create', { connection, body: { name: 'd', sizeGb: 10 } })),
    'Available',
  );
  assert.equal((await good('disk.attach', { ...disk, body: { vm: 'm' } }))['vm'], 'm');
  assert.deepEqual(names(await good('disk.list', { connection })), ['d']);
  assert.equal(await state(good('disk.detach', disk)), 'Available');
  assert.equal((await good('disk.resize', { ...disk, body: { sizeGb: 20 } }))['sizeGb'], 20);
  assert.equal((await good('disk.get', disk))['vm'], '');
  await good('disk.delete', disk);

  const own = { connection, customImage: 'o' };
  assert.equal(
    await state(good('custom-image.create', { connection, body: { name: 'o', vm: 'm' } })),
    'Available',
  );
  assert.deepEqual(names(await good('custom-image.list', { connection })), ['o']);
  assert.equal((await good('custom-image.get', own))['vm'], 'm');
  await good('custom-image.delete', own);

  const ip = { connection, publicIp: 'p' };
  const { address } = await good('public-ip.create', { connection, body: { name: 'p' } });
  assert.equal((await good('public-ip.associate', { ...ip, body: { vm: 'm' } }))['vm'], 'm');
  assert.equal((await good('vm.get', vm))['publicIp'], address);
  assert.deepEqual(names(await good('public-ip.list', { connection })), ['p']);
  assert.equal((await good('public-ip.get', ip))['address'], address);
  assert.equal((await good('public-ip.dissociate', ip))['vm'], '');
  await good('public-ip.delete', ip);

  const tagged = { kind: 'vm', name: 'm' } as const;
  await good('tag.set', { connection, body: { ...tagged, tags: { owner: 'me', team: 'a' } } });
  await good('tag.remove', { connection, body: { ...tagged, keys: ['team'] } });
  assert.deepEqual((await good('tag.get', { connection, ...tagged }))['tags'], { owner: 'me' });

  const item = { kind: 'vm', name: 'm' } as const;
  const { items } = await good('inventory.list', { connection, kind: 'vm' });
  const [listed] = items as { where: string; id: string }[];
  assert.equal(listed?.where, 'mapped');
  await good('inventory.unregister', { connection, body: item });
  await good('inventory.register', { connection, body: { ...item, id: listed?.id ?? '' } });
  assert.deepEqual(await good('inventory.delete-orphans', { connection, body: {} }), { items: [] });

  await good('vm.terminate', vm);
  assert.deepEqual(names(await good('vm.list', { connection })), []);
});

test('namespaces and MCISes', async () => {
  const namespace = 'n';
  const mcis = { namespace, mcis: 'i' };
  await good('namespace.create', { body: { name: namespace, description: 'mine' } });
  assert.deepEqual(names(await good('namespace.list', {})), ['default', 'n']);
  assert.equal((await good('namespace.get', { namespace }))['description'], 'mine');
  const body = { name: 'i', groups: [group(connection)] };
  assert.equal((await good('mcis.review', { namespace, body }))['vmCount'], 2);
  assert.deepEqual(names(await good('mcis.list', { namespace })), []);
  assert.equal((await good('mcis.create', { namespace, body }))['status'], 'Running 2/2');
  assert.deepEqual(names(await good('mcis.list', { namespace })), ['i']);
  assert.equal((await good('mcis.get', mcis))['state'], 'Running');
  assert.equal((await good('mcis.suspend', mcis))['state'], 'Suspended');
  assert.equal((await good('mcis.resume', mcis))['state'], 'Running');
  assert.equal((await good('mcis.reboot', mcis))['state'], 'Running');
  await good('mcis-vm.add', { ...mcis, body: { group: 'web', count: 1 } });
  assert.deepEqual(names(await good('mcis-vm.list', mcis)), ['web-1', 'web-2', 'web-3']);
  assert.equal((await good('mcis-vm.get', { ...mcis, vm: 'web-3' }))['state'], 'Running');
  const left = await good('mcis-vm.remove', { ...mcis, vm: 'web-2' });
  assert.deepEqual(
    (left['vms'] as { name: string }[]).map(({ name }) => name),
    ['web-1', 'web-3'],
  );
  assert.equal((await good('mcis.terminate', mcis))['state'], 'Terminated');
  await good('mcis.delete', mcis);
  assert.deepEqual(names(await good('mcis.list', { namespace })), []);
  await good('namespace.delete', { namespace });
});

test('operations, newest first', async () => {
  const page = await good('operation.list', { limit: 3 });
  const ids = (page['items'] as { id: string }[]).map(({ id }) => id);
  assert.deepEqual(ids, ids.toSorted().reverse());
  assert.equal((page['items'] as { kind: string }[])[0]?.kind, 'mcis.delete');
  const older = await good('operation.list', { limit: 1000, cursor: String(page['next']) });
  assert.ok((older['items'] as { id: string }[]).every(({ id }) => id < (ids.at(-1) ?? '')));
  const operation = ids[0] ?? '';
  assert.equal((await good('operation.get', { operation }))['state'], 'succeeded');
  // Of an ended one: nothing is undone, the stream ends at once.
  assert.equal((await good('operation.cancel', { operation }))['state'], 'succeeded');
  await streamed('operation.events', { operation });
});

test('the history of calls, newest first', async () => {
  const { items } = (await good('call.list', { connection, outcome: 'ok', limit: 5 })) as {
    items: { sequence: number }[];
  };
  assert.equal(items.length, 5);
  assert.deepEqual(
    items.map(({ sequence }) => sequence),
    items.map(({ sequence }) => sequence).toSorted((a, b) => b - a),
  );
});

test('the figures of calls, what each cloud is worth, and all calls oldest first', async () => {
  const summary = (await good('call.summary', { connection, by: 'resource,outcome' })) as {
    total: { count: number; errorRate: number };
    groups: { key: Record<string, string>; count: number }[];
  };
  assert.ok(summary.total.count >= 5 && summary.total.errorRate < 1);
  assert.ok(summary.groups.every(({ key }) => 'resource' in key && 'outcome' in key));
  const { items } = (await good('call.quality', {})) as { items: { connection: string; samples: number }[] };
  assert.ok(items.some(each => each.connection === connection && each.samples > 0));
  const calls = (await streamed('call.export', { connection })) as { sequence: number }[];
  assert.ok(calls.length >= summary.total.count);
  assert.ok(
    calls.every(({ sequence }, index) => index === 0 || sequence > (calls[index - 1]?.sequence ?? 0)),
  );
});

test('changes', async () => {
  const watching = streamed('watch.stream', { kind: 'namespace', prefix: 'w', from: 1 });
  await good('namespace.create', { body: { name: 'watched' } });
  assert.equal(((await watching)[0] as { name: string }).name, 'watched');
});

test('the driver suite, planned', async () => {
  const [first] = await streamed('conformance.run', { connection, body: {} });
  assert.equal((first as { plan: { driver: string } }).plan.driver, 'memory');
});

test('deletes', async () => {
  await good('key-pair.delete', { connection, keyPair: 'k' });
  await good('security-group.delete', { connection, securityGroup: 'g' });
  await good('vpc.delete', { connection, vpc: 'v' });
  await good('connection.delete', { connection });
  await good('region.delete', { region: 'c' });
  await good('credential.delete', { credential: 'c' });
});

test('every operation is here, or has a reason not to be', () => {
  assert.deepEqual(
    operationNames.filter(name => !seen.has(name) && !(name in exceptions)),
    [],
  );
  assert.deepEqual(
    Object.keys(exceptions).filter(name => seen.has(name as OperationName)),
    [],
  );
});
