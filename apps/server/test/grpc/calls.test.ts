/** The operations over gRPC, by gRPC's own client: the same answers, errors, waits and streams as over HTTP. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { status, type ServiceError } from '@grpc/grpc-js';
import { operationNames, operations } from '@cloud-barista/api/operations';
import type { Definition } from '@cloud-barista/api/define';
import { frozenCloud, group, openStage, slowly } from '../stage.ts';
import { detailOf, openClient, root } from './client.ts';

const cloud = frozenCloud();
const stage = await openStage({ after }, cloud);
const grpc = openClient({ after }, stage.server.url);
const refused = async (answer: Promise<unknown>, code: keyof typeof status) => {
  const error = (await answer.then(
    () => assert.fail('it was answered'),
    thrown => thrown as unknown,
  )) as ServiceError;
  assert.equal(status[error.code], code, error.message);
  return error;
};
const pascal = (word: string) => word.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());

test('every operation is a method, and nothing else is', () => {
  const methods = root.lookup('barista.v1')?.toJSON() as {
    nested: Record<string, { methods?: Record<string, { responseStream?: boolean }> }>;
  };
  const found = Object.entries(methods.nested).flatMap(([service, { methods: all = {} }]) =>
    Object.entries(all).map(
      ([name, { responseStream }]) => `${service}.${name}${responseStream ? ' streams' : ''}`,
    ),
  );
  const wanted = operationNames.map(name => {
    const [noun = '', verb = ''] = name.split('.');
    const { answer } = operations[name] as unknown as Definition;
    return `${pascal(noun)}Service.${pascal(verb)}${answer === 'stream' ? ' streams' : ''}`;
  });
  assert.deepEqual(found.toSorted(), wanted.toSorted());
});

test('a connection, a VM and an MCIS are made; what is read is what HTTP reads', async () => {
  const values = { mockName: 'grpc' };
  await grpc.call('CredentialService/Create', { body: { name: 'c', driver: 'memory', values } });
  await grpc.call('RegionService/Create', { body: { name: 'c', driver: 'memory', values: {} } });
  const body = { name: 'c', driver: 'memory', credential: 'c', region: 'c' };
  assert.equal((await grpc.call('ConnectionService/Create', { body }))['provider'], 'MOCK');
  cloud.thaw();
  const made = await grpc.call(
    'McisService/Create',
    { namespace: 'default', body: { name: 'm', groups: [group('c')], labels: { team: 'a' } } },
    { metadata: { prefer: 'wait=30' } },
  );
  assert.equal(made['state'], 'succeeded');

  const place = { namespace: 'default', mcis: 'm' };
  const pairs = [
    ['HealthService/Get', {}, '/v1/health'],
    ['DriverService/Get', { driver: 'memory' }, '/v1/drivers/memory'],
    ['CredentialService/Get', { credential: 'c' }, '/v1/credentials/c'],
    ['ConnectionService/List', { limit: 10 }, '/v1/connections?limit=10'],
    ['ImageService/List', { connection: 'c', limit: 3 }, '/v1/connections/c/images?limit=3'],
    ['SpecService/List', { connection: 'c', limit: 3 }, '/v1/connections/c/specs?limit=3'],
    ['VpcService/List', { connection: 'c' }, '/v1/connections/c/vpcs'],
    ['VmService/List', { connection: 'c' }, '/v1/connections/c/vms'],
    ['McisService/Get', place, '/v1/namespaces/default/mcis/m'],
    ['McisVmService/List', place, '/v1/namespaces/default/mcis/m/vms'],
    ['OperationService/List', {}, '/v1/operations'],
  ] as const;
  for (const [path, input, url] of pairs) {
    const told = (await stage.send(url)).body;
    const answer = await grpc.call(path, input);
    assert.deepEqual(likeJson(answer), withoutNothing(told), path);
  }
});
/** google.protobuf.Value as the JSON that it is. */
function likeJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(likeJson);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (entries.length === 1 && first && /^(null|number|string|bool|struct|list)Value$/.test(first[0])) {
    const [kind, inner] = first as [string, Record<string, unknown>];
    if (kind === 'structValue') return likeJson(inner['fields'] ?? {});
    if (kind === 'listValue') return withoutNothing(likeJson(inner['values'] ?? []));
    return kind === 'nullValue' ? null : inner;
  }
  return withoutNothing(Object.fromEntries(entries.map(([key, each]) => [key, likeJson(each)])));
}
/** An empty list or map is not told apart from none. */
function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNothing);
  if (typeof value !== 'object' || value === null) return value;
  const isNothing = (each: unknown) =>
    typeof each === 'object' && each !== null && Object.keys(each).length === 0;
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, each]) => [key, withoutNothing(each)])
      .filter(([, each]) => !isNothing(each)),
  );
}

test('what is wrong is told with its code, and what, where and next in the details', async () => {
  const wrong = { namespace: 'default', body: { name: 'x', groups: [{ ...group('c'), size: 0 }] } };
  const shape = await refused(grpc.call('McisService/Create', wrong), 'INVALID_ARGUMENT');
  assert.equal(detailOf(shape).where, 'groups[0].size');
  assert.equal(detailOf(shape).code, 'invalid_argument');
  assert.equal(detailOf(shape).message, shape.details);

  const word = { namespace: 'default', body: { name: 'x', groups: [group('c')], onFailure: 'kep' } };
  const near = detailOf(await refused(grpc.call('McisService/Create', word), 'INVALID_ARGUMENT'));
  assert.equal(near.where, 'onFailure');
  assert.match(near.next ?? '', /keep/);

  const missing = detailOf(await refused(grpc.call('McisService/Create', {}), 'INVALID_ARGUMENT'));
  assert.equal(missing.where, 'namespace');
  const nobody = await refused(grpc.call('McisService/Create', { namespace: 'default' }), 'INVALID_ARGUMENT');
  assert.equal(detailOf(nobody).where, 'body');

  const absent = await refused(
    grpc.call('McisService/Get', { namespace: 'default', mcis: 'n' }),
    'NOT_FOUND',
  );
  assert.match(detailOf(absent).next ?? '', /./);
  await refused(grpc.call('NamespaceService/Create', { body: { name: 'default' } }), 'ALREADY_EXISTS');

  const garbage = grpc.call('McisService/Get', {}, { raw: Buffer.from([0x0a, 0xff, 0xff]) });
  assert.match((await refused(garbage, 'INVALID_ARGUMENT')).details, /barista\.v1\.McisGetRequest/);
});

test('a message that HTTP would find too large is too large here', async () => {
  const input = { namespace: 'default', body: { name: 'x', description: 'x'.repeat(1024 * 1024) } };
  await refused(grpc.call('McisService/Create', input), 'RESOURCE_EXHAUSTED');
  // And the connection goes on.
  assert.equal((await grpc.call('HealthService/Get'))['status'], 'ok');
});

test('a long operation is answered as it begins; a repeat with the same key is the same one', async () => {
  const input = { namespace: 'default', body: { name: 'twice', groups: [group('c', 1)] } };
  const metadata = { 'idempotency-key': 'once' };
  const first = await grpc.call('McisService/Create', input, { metadata });
  const second = await grpc.call('McisService/Create', input, { metadata });
  assert.match(String(first['id']), /^op_/);
  assert.equal(first['id'], second['id']);
  assert.equal(first['kind'], 'mcis.create');
  const over = await stage.client.call('mcis.create', input, { idempotencyKey: 'once' });
  assert.equal(over.id, first['id'], 'over HTTP too');
  await refused(
    grpc.call('McisService/Create', input, { metadata: { 'idempotency-key': 'not usable' } }),
    'INVALID_ARGUMENT',
  );
  await stage.client.follow(over);
  const end = await grpc.call('OperationService/Get', { operation: first['id'] });
  assert.equal(end['state'], 'succeeded');
});

test('a waited-for operation that fails is its error', async () => {
  const input = {
    namespace: 'default',
    body: { name: 'nowhere', groups: [{ ...group('c'), image: 'no-such-image' }] },
  };
  const error = await refused(
    grpc.call('McisService/Create', input, { metadata: { prefer: 'wait=30' } }),
    'NOT_FOUND',
  );
  assert.ok(detailOf(error).where);
});

test('changes come as they happen, the stream open before the first of them', async () => {
  const watch = grpc.stream('WatchService/Stream', { kind: 'namespace', prefix: 'seen' });
  await new Promise(resolve => watch.once('metadata', resolve));
  await grpc.call('NamespaceService/Create', { body: { name: 'seen' } });
  const [change] = (await new Promise(resolve => watch.once('data', (...data) => resolve(data)))) as [
    Record<string, unknown>,
  ];
  assert.equal(change['name'], 'seen');
  assert.equal((likeJson(change['object']) as { name: string }).name, 'seen');
  watch.on('error', () => {});
  watch.cancel();
  const wrong = grpc.stream('WatchService/Stream', { kind: 'nothing' });
  const error = (await new Promise(resolve => wrong.once('error', resolve))) as ServiceError;
  assert.equal(status[error.code], 'INVALID_ARGUMENT');
  assert.equal(detailOf(error).where, 'kind');
});

test('a deadline ends a wait, not the operation', async () => {
  const slow = frozenCloud();
  const other = await openStage({ after }, slow);
  await other.connect('slow', slowly);
  const client = openClient({ after }, other.server.url);
  const input = { namespace: 'default', body: { name: 'm', groups: [group('slow', 1)] } };
  await refused(
    client.call('McisService/Create', input, { metadata: { prefer: 'wait' }, deadlineMs: 300 }),
    'DEADLINE_EXCEEDED',
  );
  const [operation] = (await other.client.call('operation.list', {})).items;
  assert.equal(operation?.state, 'running');
  const events = client.stream('OperationService/Events', { operation: operation?.id });
  await new Promise(resolve => events.once('metadata', resolve));
  await other.client.call('operation.cancel', { operation: operation?.id ?? '' });
  const [event] = (await new Promise(resolve => events.once('data', (...data) => resolve(data)))) as [object];
  assert.ok('step' in event && 'state' in event);
  events.on('error', () => {});
  // Closing does not wait for streams, nor for connections that say nothing.
  const watch = client.stream('WatchService/Stream', { kind: 'vm' });
  await new Promise(resolve => watch.once('metadata', resolve));
  const ended = new Promise<ServiceError>(resolve =>
    watch.once('error', error => resolve(error as ServiceError)),
  );
  const began = performance.now();
  await other.server.close();
  assert.ok(performance.now() - began < 2000, `${performance.now() - began} ms`);
  assert.ok(['UNAVAILABLE', 'CANCELLED'].includes(status[(await ended).code]));
});

test('what a credential holds is in no error', async () => {
  const secret = 'hunter2-very-secret';
  const input = { body: { name: 'bad', driver: 'memory', values: { mockName: secret, nonsense: secret } } };
  const error = await grpc.call('CredentialService/Create', input).then(
    () => undefined,
    thrown => thrown as ServiceError,
  );
  if (error) assert.ok(!JSON.stringify([error.details, detailOf(error)]).includes(secret));
  const long = {
    body: { name: 'bad', driver: 'memory', values: { [secret.repeat(20)]: secret.repeat(1000) } },
  };
  const refusedLong = await refused(grpc.call('CredentialService/Create', long), 'INVALID_ARGUMENT');
  assert.ok(
    !JSON.stringify([refusedLong.details, detailOf(refusedLong)]).includes(
      secret.repeat(2) + secret.repeat(500),
    ),
  );
});
