/** Answers that go on: both forms, errors at the start and in the middle, signs of life, clients that leave, a server that ends. */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { after, mock, test } from 'node:test';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ChangeEvent } from '@cloud-barista/api/operation-operations';
import type { Static } from 'typebox';
import { readEvents } from '@cloud-barista/api/events';
import { BaristaError } from '@cloud-barista/model/errors';
import type { Operation, OperationEvent } from '@cloud-barista/model/operation';
import { sendStream } from '../src/stream.ts';
import { frozenCloud, group, openStage, refused, slowly } from './stage.ts';

type Change = Static<typeof ChangeEvent>;
const cloud = frozenCloud();
const stage = await openStage({ after }, cloud);
await stage.connect('c');
await stage.connect('slow', slowly);
const opened = (path: string, accept: string, signal?: AbortSignal) =>
  fetch(stage.server.url + path, { headers: { accept }, ...(signal && { signal }) });

test('an operation’s events: each step, in order, and an end with the operation', async () => {
  const begun = await stage.client.call('mcis.create', {
    namespace: 'default',
    body: { name: 'a', groups: [group('slow')] },
  });
  const response = await opened(`/v1/operations/${begun.id}/events`, 'text/event-stream');
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
  assert.equal(response.headers.get('cache-control'), 'no-store');
  const events: OperationEvent[] = [];
  for await (const { data } of readEvents(response)) {
    const event = JSON.parse(data) as OperationEvent;
    events.push(event);
    if (event.state !== 'started' || !event.step.startsWith('vm')) continue;
    await stage.client.call('operation.cancel', { operation: begun.id });
    cloud.thaw();
  }
  assert.ok(
    events.some(({ state }) => state === 'started') && events.some(({ state }) => state === 'undone'),
  );
  const times = events.map(({ time }) => time);
  assert.deepEqual(times, times.toSorted());
  const end: Operation = await stage.client.call('operation.get', { operation: begun.id });
  assert.equal(end.state, 'undone');
});

test('watch as JSON lines: what changes, in the shape of its list, from a revision on', async () => {
  const stop = new AbortController();
  const response = await opened(
    '/v1/watch?kind=mcis&prefix=default/w&from=1',
    'application/x-ndjson',
    stop.signal,
  );
  assert.match(response.headers.get('content-type') ?? '', /^application\/x-ndjson/);
  const place = { namespace: 'default', mcis: 'w' };
  await stage.client.follow(
    await stage.client.call('mcis.create', {
      namespace: 'default',
      body: { name: 'w', groups: [group('c')] },
    }),
  );
  await stage.client.follow(await stage.client.call('mcis.delete', place));
  const changes: Change[] = [];
  let rest = '';
  for await (const text of (response.body as ReadableStream<Uint8Array>).pipeThrough(
    new TextDecoderStream(),
  )) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    changes.push(...lines.filter(line => line !== '').map(line => JSON.parse(line) as Change));
    if (changes.at(-1)?.type === 'delete') break;
  }
  stop.abort();
  const revisions = changes.map(({ revision }) => revision);
  assert.deepEqual(
    revisions,
    revisions.toSorted((a, b) => a - b),
  );
  assert.ok(changes.every(({ kind, name }) => kind === 'mcis' && name === 'default/w'));
  for (const { object } of changes)
    if (object !== undefined) {
      assert.ok('status' in (object as object));
      // What the store keeps for itself is not shown.
      for (const inner of ['plans', 'holder', 'phase']) assert.ok(!(inner in (object as object)), inner);
    }
  // From the middle: only what is younger.
  const from = revisions[1] ?? 0;
  for await (const change of stage.client.stream('watch.stream', {
    kind: 'mcis',
    prefix: 'default/w',
    from,
  })) {
    assert.equal(change.revision, from);
    break;
  }
});

test('an error at the start has its own status', async () => {
  refused(await stage.send('/v1/operations/op_000000000/events'), 404, 'not_found');
  refused(await stage.send('/v1/watch'), 400, 'invalid_argument');
});

test('clients that leave free what they held', async () => {
  const before = process.getActiveResourcesInfo().filter(name => name === 'TCPSocketWrap').length;
  const stops = Array.from({ length: 20 }, () => new AbortController());
  await Promise.all(stops.map(({ signal }) => opened('/v1/watch?kind=vm', 'text/event-stream', signal)));
  for (const stop of stops) stop.abort();
  // Each leaves the store's watch with its socket: bounded by the test's time-out, not by a guess.
  const open = () => process.getActiveResourcesInfo().filter(name => name === 'TCPSocketWrap').length;
  while (open() > before + 2) await new Promise(resolve => setImmediate(resolve));
});

/** A socket's worth of reply: what is written, and its end. */
function fakeReply() {
  const raw = Object.assign(new EventEmitter(), {
    written: [] as string[],
    destroyed: false,
    ended: Promise.withResolvers<void>(),
    status: 0,
    writeHead(status: number) {
      raw.status = status;
    },
    flushHeaders() {},
    write: (text: string) => raw.written.push(text) > 0,
    end: () => raw.ended.resolve(),
  });
  return { raw, reply: { raw, hijack() {} } as unknown as FastifyReply };
}
const asking = (accept: string) => ({ headers: { accept } }) as FastifyRequest;

for (const [accept, sign] of [
  ['text/event-stream', ': still here\n\n'],
  ['application/x-ndjson', '\n'],
] as const)
  test(`a quiet ${accept} gives signs of life, none behind its end`, async t => {
    t.mock.timers.enable({ apis: ['setInterval', 'setTimeout'] });
    const { raw, reply } = fakeReply();
    const left = Promise.withResolvers<IteratorResult<unknown>>();
    const source = { [Symbol.asyncIterator]: () => ({ next: () => left.promise }) };
    const sent = sendStream(asking(accept), reply, source, { keepAliveMs: 1000 });
    // The first item is waited for a moment, then the head goes out.
    t.mock.timers.tick(50);
    while (raw.status === 0) await Promise.resolve();
    t.mock.timers.tick(2500);
    assert.deepEqual(raw.written, [sign, sign]);
    left.resolve({ done: true, value: undefined });
    await sent;
    t.mock.timers.tick(10_000);
    assert.equal(raw.written.length, 2);
    mock.timers.reset();
  });

test('an error in the middle comes in the stream, and the operator hears of it', async () => {
  for (const [accept, expected] of [
    [
      'text/event-stream',
      /event: error\ndata: \{"code":"out_of_range","message":"Too slow.","next":"List again."\}\n\n$/,
    ],
    [
      'application/x-ndjson',
      /\n\{"error":\{"code":"out_of_range","message":"Too slow.","next":"List again."\}\}\n$/,
    ],
  ] as const) {
    const { raw, reply } = fakeReply();
    const heard: BaristaError[] = [];
    async function* source() {
      yield 1;
      throw new BaristaError('out_of_range', 'Too slow.', { next: 'List again.', operator: 'buffer full' });
    }
    await sendStream(asking(accept), reply, source(), { onError: error => heard.push(error) });
    assert.match(raw.written.join(''), expected);
    assert.equal(heard[0]?.operator, 'buffer full');
  }
});

test('a reader that is slow holds the source back', async () => {
  const { raw, reply } = fakeReply();
  let asked = 0;
  raw.write = () => false;
  const source = {
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: false as const, value: ++asked }),
      return: async () => ({ done: true as const, value: undefined }),
    }),
  };
  const sent = sendStream(asking('application/x-ndjson'), reply, source);
  while (raw.listenerCount('drain') === 0) await new Promise(resolve => setImmediate(resolve));
  assert.equal(asked, 1);
  raw.emit('drain');
  while (raw.listenerCount('drain') === 0) await new Promise(resolve => setImmediate(resolve));
  assert.equal(asked, 2);
  raw.destroyed = true;
  raw.emit('close');
  await sent;
});

test('closing ends streams, and waits, at once', async t => {
  const other = await openStage(t, frozenCloud());
  await other.connect('slow', slowly);
  const begun = await other.client.call('mcis.create', {
    namespace: 'default',
    body: { name: 'a', groups: [group('slow')] },
  });
  const responses = await Promise.all([
    fetch(`${other.server.url}/v1/watch?kind=vm`),
    fetch(`${other.server.url}/v1/operations/${begun.id}/events`),
  ]);
  const waiting = fetch(`${other.server.url}/v1/namespaces/default/mcis/a`, {
    method: 'DELETE',
    headers: { prefer: 'wait' },
  }).then(
    response => response.status,
    () => 0,
  );
  const began = performance.now();
  await other.server.close();
  assert.ok(performance.now() - began < 2000, `${performance.now() - began} ms`);
  await Promise.all(responses.map(response => response.text().catch(() => '')));
  assert.notEqual(await waiting, 200);
});
