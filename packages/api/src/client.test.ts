/** The client against servers of the test's own: good, foreign, dying and absent ones. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { BaristaError, type ErrorCode } from '@cloud-barista/model/errors';
import type { Operation } from '@cloud-barista/model/operation';
import { createClient, route, type Client } from './client.ts';
import type { Definition } from './define.ts';
import { formatEvent } from './events.ts';
import { operations, type OperationName } from './operations.ts';

const definition = (name: OperationName) => operations[name] as unknown as Definition;
type Serve = (request: IncomingMessage, response: ServerResponse) => void;

async function clientOf(t: TestContext, serve: Serve, token?: string): Promise<Client> {
  const server = createServer(serve).listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return createClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, token });
}
const json = (response: ServerResponse, status: number, body: unknown) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
const fails = (code: ErrorCode, next?: RegExp) => (error: unknown) => {
  assert.ok(error instanceof BaristaError, String(error));
  assert.equal(error.code, code, error.message);
  if (next) assert.match(error.next ?? '', next);
  return true;
};

test('route: places are filled and encoded, the rest is the query, the body apart', () => {
  assert.deepEqual(
    route(definition('image.get'), {
      connection: 'c',
      image: 'a/b c?d#é%2F',
      extra: undefined,
      limit: 5,
      body: 7,
    }),
    { path: '/v1/connections/c/images/a%2Fb%20c%3Fd%23%C3%A9%252F?limit=5', body: 7 },
  );
  assert.equal(
    route(definition('watch.stream'), { kind: 'vm', prefix: 'a&b=c' }).path,
    '/v1/watch?kind=vm&prefix=a%26b%3Dc',
  );
});

test('route: a value that would make another path of it is refused', () => {
  for (const value of [undefined, '', '.', '..'])
    assert.throws(
      () => route(definition('mcis.delete'), { namespace: 'default', mcis: value }),
      (error: unknown) =>
        error instanceof BaristaError && error.code === 'invalid_argument' && error.where === 'mcis',
    );
});

test('a call: method, path, token, key and body arrive; the answer is its JSON', async t => {
  const client = await clientOf(
    t,
    (request, response) => {
      let body = '';
      request.on('data', data => (body += String(data)));
      request.on('end', () => {
        assert.equal(`${request.method} ${request.url}`, 'POST /v1/namespaces');
        assert.equal(request.headers.authorization, 'Bearer tok');
        assert.equal(request.headers['idempotency-key'], 'k1');
        assert.equal(request.headers['content-type'], 'application/json');
        assert.deepEqual(JSON.parse(body), { name: 'n' });
        json(response, 201, { name: 'n', description: '', created: '' });
      });
    },
    'tok',
  );
  assert.ok(!client.url.endsWith('/'));
  const made = await client.call('namespace.create', { body: { name: 'n' } }, { idempotencyKey: 'k1' });
  assert.equal(made.name, 'n');
});

test('204 is an empty output', async t => {
  const client = await clientOf(t, (_, response) => response.writeHead(204).end());
  assert.deepEqual(await client.call('namespace.delete', { namespace: 'n' }), {});
});

test('no server: unavailable, and how to start one', async t => {
  const client = await clientOf(t, () => {});
  const { port } = new URL(client.url);
  const gone = createClient({
    url: `http://127.0.0.1:${port}`,
    fetch: () => Promise.reject(new TypeError('fetch failed')),
  });
  await assert.rejects(gone.call('health.get', {}), fails('unavailable', /barista up/));
  await assert.rejects(createClient({ url: 'nonsense' }).call('health.get', {}), fails('unavailable'));
});

test('an error body is that error again', async t => {
  const body = { code: 'not_found', message: 'm', next: 'n', where: 'w', cause: 'Vendor.Code' };
  const client = await clientOf(t, (_, response) => json(response, 404, { error: body }));
  await assert.rejects(client.call('health.get', {}), (error: unknown) => {
    assert.ok(error instanceof BaristaError);
    assert.deepEqual(error.toJSON(), body);
    return true;
  });
});

test('another program’s answers: never a crash, always the address', async t => {
  const answers = [
    [502, '<html>Bad Gateway</html>'],
    [404, 'null'],
    [500, '[]'],
    [400, '{"error":"text"}'],
    [400, '{"error":{"code":"__proto__"}}'],
    [200, '<html>Welcome</html>'],
    [200, ''],
  ] as const;
  for (const [status, text] of answers) {
    const client = await clientOf(t, (_, response) => response.writeHead(status).end(text));
    await assert.rejects(client.call('health.get', {}), fails('unknown', /Check the address/), text);
  }
});

test('an answer that breaks off is unavailable', async t => {
  const client = await clientOf(t, (_, response) => {
    response.writeHead(200, { 'content-length': 100 }).write('{"status":');
    setImmediate(() => response.destroy());
  });
  await assert.rejects(client.call('health.get', {}), fails('unavailable', /try again/));
});

test('abort: cancelled, before the call, while it waits, and in a stream', async t => {
  const stop = new AbortController();
  const client = await clientOf(t, (request, response) => {
    if (request.url === '/v1/health') stop.abort();
    else response.writeHead(200).write(formatEvent({ revision: 1 }));
  });
  await assert.rejects(client.call('health.get', {}, { signal: AbortSignal.abort() }), fails('cancelled'));
  await assert.rejects(client.call('health.get', {}, { signal: stop.signal }), fails('cancelled'));
  const inStream = new AbortController();
  await assert.rejects(async () => {
    for await (const _ of client.stream('watch.stream', { kind: 'vm' }, { signal: inStream.signal }))
      inStream.abort();
  }, fails('cancelled'));
});

test('a stream: events, then an error event as that error', async t => {
  const client = await clientOf(t, (request, response) => {
    assert.equal(request.headers.accept, 'text/event-stream');
    response.writeHead(200);
    response.write(': still here\n\n' + formatEvent({ revision: 1 }));
    response.end(
      formatEvent({ code: 'out_of_range', message: 'too far back', next: 'List again.' }, 'error'),
    );
  });
  const seen: number[] = [];
  await assert.rejects(
    async () => {
      for await (const { revision } of client.stream('watch.stream', { kind: 'vm' })) seen.push(revision);
    },
    fails('out_of_range', /List again/),
  );
  assert.deepEqual(seen, [1]);
});

test('a stream that its reader leaves lets the connection go', async t => {
  const left = Promise.withResolvers<void>();
  const client = await clientOf(t, (_, response) => {
    response.writeHead(200).write(formatEvent({ revision: 1 }));
    response.once('close', left.resolve);
  });
  for await (const _ of client.stream('watch.stream', { kind: 'vm' })) break;
  await left.promise;
});

const operation = (state: Operation['state'], error?: Operation['error']): Operation => ({
  id: 'op_000000001',
  kind: 'mcis.create',
  target: 'default/x',
  state,
  done: 0,
  total: 1,
  message: '',
  created: '',
  updated: '',
  ...(error && { error }),
});
const step = (done: number) =>
  formatEvent({ step: `s${done}`, state: 'done', message: '', time: '', done, total: 3 });

test('follow: across a cut stream, a dead answer and a server that is away for a while', async t => {
  let calls = 0;
  const client = await clientOf(t, (request, response) => {
    calls++;
    const streams = request.url?.endsWith('/events') === true;
    if (calls === 1) {
      response.writeHead(200).write(step(1));
      setImmediate(() => response.destroy());
    } else if (calls === 2) json(response, 503, { error: { code: 'unavailable', message: 'closing' } });
    else if (calls === 3) response.destroy();
    else if (streams) response.writeHead(200).end(calls < 6 ? step(2) : step(3));
    else json(response, 200, operation(calls > 6 ? 'succeeded' : 'running'));
  });
  const seen: unknown[] = [];
  const end = await client.follow(operation('running'), event =>
    seen.push(event.state === 'note' ? event.message : event.done),
  );
  assert.equal(end.state, 'succeeded');
  const note = 'The server does not answer; looking again.';
  assert.deepEqual(seen, [1, note, note, note, 2, 3]);
});

test('follow: what has ended is not asked for; what failed throws its error', async t => {
  const client = await clientOf(t, () => assert.fail('no call is needed'));
  assert.equal((await client.follow(operation('succeeded'))).state, 'succeeded');
  await assert.rejects(
    client.follow(operation('undone', { code: 'resource_exhausted', message: 'no room', next: 'n' })),
    fails('resource_exhausted', /n/),
  );
  await assert.rejects(client.follow(operation('undone')), fails('unknown'));
});

test('follow: an abort ends the waiting between two looks at once', async t => {
  const stop = new AbortController();
  const client = await clientOf(t, (_, response) => {
    json(response, 503, { error: { code: 'unavailable', message: 'closing' } });
    setImmediate(() => stop.abort());
  });
  await assert.rejects(
    client.follow(operation('running'), undefined, { signal: stop.signal }),
    fails('cancelled'),
  );
});

test('pages: every item of every page, and no page that is not read', async t => {
  const asked: string[] = [];
  const client = await clientOf(t, (request, response) => {
    asked.push(request.url ?? '');
    const cursor = Number(new URL(request.url ?? '', 'http://x').searchParams.get('cursor') ?? 0);
    json(response, 200, {
      items: [cursor * 2, cursor * 2 + 1],
      ...(cursor < 2 && { next: String(cursor + 1) }),
    });
  });
  const items: unknown[] = [];
  for await (const item of client.pages('namespace.list', { limit: 2 })) items.push(item);
  assert.deepEqual(items, [0, 1, 2, 3, 4, 5]);
  assert.deepEqual(asked, [
    '/v1/namespaces?limit=2',
    '/v1/namespaces?limit=2&cursor=1',
    '/v1/namespaces?limit=2&cursor=2',
  ]);
  asked.length = 0;
  for await (const _ of client.pages('namespace.list', {})) break;
  assert.equal(asked.length, 1);
});
