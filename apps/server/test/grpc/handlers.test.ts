/** What reaches a handler over gRPC: its input as over HTTP, the client's cancel and deadline, the key; and what becomes of what it throws. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { status, type ServiceError } from '@grpc/grpc-js';
import type { CallContext, Handlers } from '@cloud-barista/api/handlers';
import { BaristaError, errorCodes } from '@cloud-barista/model/errors';
import { codeOf } from '../../src/grpc/errors.ts';
import { openDoor } from '../../src/grpc/door.ts';
import { serveGrpc } from '../../src/grpc/serve.ts';
import { detailOf, openClient } from './client.ts';

type Handler = (input: never, context: CallContext) => Promise<unknown>;
let handler: Handler = async () => ({});
const calls = new Proxy({}, { get: () => (input: never, context: CallContext) => handler(input, context) });
const heard: BaristaError[] = [];
const server = createServer((_, response) => response.end('HTTP/1'));
const door = openDoor(
  async () =>
    serveGrpc({
      handlers: calls as Handlers,
      sagas: { wait: () => Promise.reject(new Error('not asked')) },
      auth: { authorize() {} },
      present: async result => result,
      onError: error => heard.push(error),
    }),
  () => {},
);
door.guard(server);
server.listen(0, '127.0.0.1');
await once(server, 'listening');
after(async () => {
  await door.close();
  server.close();
});
const grpc = openClient({ after }, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
const failing = (answer: Promise<unknown>) =>
  answer.then(
    () => assert.fail('it was answered'),
    error => error as ServiceError,
  );

test('path, query and body as HTTP gives them; nothing where nothing was sent', async () => {
  const inputs: unknown[] = [];
  handler = async input => inputs.push(input) && { items: [] };
  await grpc.call('SpecService/List', { connection: 'c', limit: 7 });
  await grpc.call('NamespaceService/Create', { body: { name: 'a' } });
  const group = { name: 'g', size: 3, image: 'ubuntu-22.04' };
  const rules = [{ direction: 'inbound', protocol: 'tcp', fromPort: 80, toPort: 80, cidr: '0.0.0.0/0' }];
  const body = { name: 'm', labels: { a: 'b' }, groups: [{ ...group, memoryGb: 0.5, rules }, group] };
  await grpc.call('McisService/Review', { namespace: 'n', body });
  await grpc.call('McisVmService/Add', { namespace: 'n', mcis: 'm', body: { group: 'g', count: 2 } });
  await grpc.call('McisVmService/Add', { namespace: 'n', mcis: 'm', body: { newGroup: group } });
  assert.deepEqual(inputs, [
    { connection: 'c', limit: 7 },
    { body: { name: 'a' } },
    { namespace: 'n', body },
    { namespace: 'n', mcis: 'm', body: { group: 'g', count: 2 } },
    { namespace: 'n', mcis: 'm', body: { newGroup: group } },
  ]);
});

test('a union takes one of its shapes, as over HTTP', async () => {
  const both = { group: 'g', count: 2, newGroup: { name: 'g', size: 3, image: 'ubuntu-22.04' } };
  const error = await failing(grpc.call('McisVmService/Add', { namespace: 'n', mcis: 'm', body: both }));
  assert.equal(status[error.code], 'INVALID_ARGUMENT');
});

test('a number that JSON has not is refused, not rounded', async () => {
  const error = await failing(
    grpc.call('WatchService/Stream', { kind: 'vm', from: 1 }, { raw: Buffer.alloc(0) }),
  );
  assert.equal(status[error.code], 'INVALID_ARGUMENT');
  // SpecListRequest.limit as the largest int64 there is.
  const type = (await import('./client.ts')).root.lookupType('barista.v1.SpecListRequest');
  const limit = type.fields['limit']?.id ?? 0;
  const raw = Buffer.from([limit << 3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
  assert.equal(detailOf(await failing(grpc.call('SpecService/List', {}, { raw }))).where, 'limit');
});

test('any JSON comes through as it was', async () => {
  const result = { a: [1, 'two', null, true, { b: [] }], c: {}, 'd e': -0.5, f: '' };
  handler = async () => ({
    id: 'op_0',
    kind: 'x',
    target: '',
    state: 'running',
    done: 0,
    total: 0,
    message: '',
    result,
    created: '',
    updated: '',
  });
  const { result: value } = await grpc.call('OperationService/Get', { operation: 'op_000000000' });
  const json = (await import('../../src/grpc/value.ts')).fromValue(value as object);
  assert.deepEqual(json, result);
});

for (const how of ['cancel', 'deadline', 'connection'] as const)
  test(`the handler hears that its client is gone: ${how}`, async t => {
    const own =
      how === 'connection'
        ? openClient(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
            'grpc.use_local_subchannel_pool': 1,
          })
        : grpc;
    const { promise: gone, resolve: tell } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    handler = async (_, { signal }) => {
      signal.addEventListener('abort', () => tell());
      begin();
      await gone;
      throw new BaristaError('cancelled', 'The call was cancelled.');
    };
    const stream = own.stream(
      'WatchService/Stream',
      { kind: 'vm' },
      how === 'deadline' ? { deadlineMs: 200 } : {},
    );
    stream.on('error', () => {});
    await begun;
    if (how === 'cancel') stream.cancel();
    if (how === 'connection') {
      stream.cancel();
      own.client.close();
    }
    await gone;
  });

test('every code word is the code of its name', () => {
  const codes = errorCodes.map(codeOf);
  assert.deepEqual(
    codes.toSorted((a, b) => a - b),
    Array.from({ length: 16 }, (_, at) => at + 1),
  );
  for (const word of errorCodes) assert.equal(status[codeOf(word)], word.toUpperCase());
});

test('what a handler throws: as it is where it is ours, else nothing of it; the operator reads it', async () => {
  handler = async () => {
    throw new BaristaError('resource_exhausted', 'No “t3” left in 서울.', {
      next: 'Take another zone.',
      cause: 'InsufficientInstanceCapacity',
      operator: 'for the log',
      retryAfterMs: 2500,
    });
  };
  const ours = await failing(grpc.call('HealthService/Get'));
  assert.equal(status[ours.code], 'RESOURCE_EXHAUSTED');
  assert.equal(ours.details, 'No “t3” left in 서울.');
  assert.deepEqual(
    { ...detailOf(ours) },
    {
      code: 'resource_exhausted',
      message: ours.details,
      next: 'Take another zone.',
      cause: 'InsufficientInstanceCapacity',
    },
  );
  assert.deepEqual(ours.metadata.get('retry-after'), ['3']);
  assert.equal(heard.at(-1)?.operator, 'for the log');

  handler = async () => {
    throw new Error('password=hunter2');
  };
  const theirs = await failing(grpc.call('HealthService/Get'));
  assert.equal(status[theirs.code], 'INTERNAL');
  assert.ok(!JSON.stringify([theirs.details, detailOf(theirs)]).includes('hunter2'));
  assert.match(detailOf(theirs).where ?? '', /^request /);
  assert.match(heard.at(-1)?.operator ?? '', /hunter2/);

  handler = async () => {
    throw new BaristaError('internal', '한'.repeat(5000) + '\ud800', { next: '😀'.repeat(5000) });
  };
  const long = await failing(grpc.call('HealthService/Get'));
  assert.equal(status[long.code], 'INTERNAL');
  assert.ok(long.details.length > 100);
});

test('an answer that is no answer is our fault', async () => {
  handler = async () => ({ status: 7, uptimeSeconds: {} });
  const error = await failing(grpc.call('HealthService/Get'));
  assert.equal(status[error.code], 'INTERNAL');
});

test('a stream’s error in the middle ends it, what came before is there; a slow reader holds the source back', async () => {
  let given = 0;
  handler = async () =>
    (async function* () {
      for (; given < 100_000; given++) yield { vm: 'a', stream: 'stdout', data: 'x'.repeat(10_000) };
    })();
  const input = { namespace: 'n', mcis: 'm', body: { command: 'true' } };
  const slow = grpc.stream('CommandService/Stream', input);
  await once(slow, 'readable');
  let before = -1;
  while (before !== given) {
    before = given;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  assert.ok(given < 5000, `${given} were asked for`);
  slow.on('error', () => {});
  slow.cancel();

  handler = async () =>
    (async function* () {
      yield { vm: 'a', stream: 'stdout', data: 'one' };
      throw new BaristaError('out_of_range', 'Too slow.', { next: 'List again.' });
    })();
  const cut = grpc.stream('CommandService/Stream', input);
  const items: unknown[] = [];
  cut.on('data', item => items.push(item));
  const [error] = (await once(cut, 'error').catch(thrown => [thrown])) as [ServiceError];
  assert.equal(items.length, 1);
  assert.equal(status[error.code], 'OUT_OF_RANGE');
  assert.equal(detailOf(error).next, 'List again.');
});
