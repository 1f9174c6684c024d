import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTls } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createTransport, originOf, type Exchange, type TransportOptions } from './http.ts';

class Refused extends Error {}
const { signal } = new AbortController();
const noAnswer = (ask: Exchange, { code, why }: { code: string; why: string }) =>
  new Refused(`${code}: ${originOf(ask)} ${why}`);

async function open(
  t: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
  options: Partial<TransportOptions<Exchange>> = {},
) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => answer(request, response, Buffer.concat(chunks).toString()));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  let connections = 0;
  server.on('connection', () => connections++);
  const transport = createTransport({ noAnswer, ...options });
  t.after(() => {
    transport.close();
    server.closeAllConnections();
    server.close();
  });
  return { base, transport, connections: () => connections };
}

test('bodies go as JSON, as a form or as they are, with their length; connections are kept', async t => {
  const { base, transport, connections } = await open(t, ({ method, url, headers }, response, body) =>
    response.end(JSON.stringify([method, url, headers['content-type'], headers['content-length'], body])),
  );
  const ask = async (method: string, body?: unknown, headers = {}) =>
    (await transport.send({ method, url: `${base}/a%2Fb?c=%7E`, headers, body }, signal)).body;
  const path = '/a%2Fb?c=%7E';
  assert.deepEqual(await ask('GET'), ['GET', path, null, null, '']);
  assert.deepEqual(await ask('DELETE'), ['DELETE', path, null, '0', '']);
  assert.deepEqual(await ask('POST'), ['POST', path, null, '0', '']);
  assert.deepEqual(await ask('PUT', { é: 1 }), ['PUT', path, 'application/json', '8', '{"é":1}']);
  const form = 'application/x-www-form-urlencoded';
  assert.deepEqual(await ask('POST', new URLSearchParams({ a: 'b c' })), ['POST', path, form, '5', 'a=b+c']);
  const type = { 'content-type': 'application/x-tar' };
  assert.deepEqual(await ask('POST', 'raw', type), ['POST', path, type['content-type'], '3', 'raw']);
  assert.deepEqual(await ask('POST', Buffer.from('raw'), type), [
    'POST',
    path,
    type['content-type'],
    '3',
    'raw',
  ]);
  const { body: told } = await transport.send(
    { method: 'GET', url: new URL(base), path: "/'?a=%2a" },
    signal,
  );
  assert.deepEqual(told, ['GET', "/'?a=%2a", null, null, '']);
  assert.equal(connections(), 1);
});

test('an answer is told whatever its status: JSON, a page, or nothing', async t => {
  const { base, transport } = await open(t, ({ url }, response) => {
    response.writeHead(Number(url?.slice(1, 4)), { 'retry-after': '7' });
    response.end(decodeURI(url?.slice(5) ?? ''));
  });
  const ask = (path: string) => transport.send({ method: 'GET', url: new URL(path, base) }, signal);
  const whole = await ask('/200/{%22a%22:1}');
  assert.deepEqual([whole.status, whole.text, whole.body], [200, '{"a":1}', { a: 1 }]);
  assert.deepEqual((await ask('/502/<p>Bad')).body, undefined);
  const { status, headers, text, body } = await ask('/503/[1]');
  assert.deepEqual([status, headers['retry-after'], text, body], [503, '7', '[1]', [1]]);
  assert.deepEqual(await ask('/404/').then(answer => [answer.status, answer.text, answer.body]), [
    404,
    '',
    undefined,
  ]);
});

test('no answer, half of one or too much of one: the driver’s own error', async t => {
  const { base, transport } = await open(
    t,
    ({ url }, response) => {
      if (url === '/reset') return void response.destroy();
      response.writeHead(200, { 'content-length': '2000' });
      if (url === '/half') response.write('{"items": [', () => response.destroy());
      else response.end('x'.repeat(2000));
    },
    { bytesMax: 1999 },
  );
  const ask = (url: string) => transport.send({ method: 'GET', url }, signal);
  await assert.rejects(ask(`${base}/reset`), {
    message: `ECONNRESET: ${base} can't be reached (ECONNRESET)`,
  });
  await assert.rejects(ask(`${base}/half`), Refused);
  await assert.rejects(ask(`${base}/long`), {
    message: `AnswerTooLong: ${base} answers with more than 1999 bytes`,
  });
  const closed = await open(t, () => {});
  const { promise, resolve } = Promise.withResolvers<string>();
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    server.close(() => resolve(`http://127.0.0.1:${port}`));
  });
  const nowhere = await promise;
  await assert.rejects(closed.transport.send({ method: 'GET', url: nowhere }, signal), {
    message: `ECONNREFUSED: ${nowhere} can't be reached (ECONNREFUSED)`,
  });
});

test('what the signal says is thrown: before anything is sent, before the answer, and within it', async t => {
  let asked = 0;
  const { base, transport } = await open(t, ({ url }, response) => {
    asked++;
    if (url === '/within') response.write('{"items": [', () => caller.abort(reason));
    else caller.abort(reason);
  });
  const reason = new Error('enough');
  let caller = new AbortController();
  const ask = (path: string) => transport.send({ method: 'GET', url: base + path }, caller.signal);
  await assert.rejects(ask('/before'), reason);
  await assert.rejects(ask('/aborted'), reason);
  assert.equal(asked, 1);
  caller = new AbortController();
  await assert.rejects(ask('/within'), reason);
});

test('a socket of the file system', async t => {
  const dir = await mkdtemp(join(tmpdir(), 'barista-http-'));
  const socketPath = join(dir, 'socket');
  const server = createServer(({ url }, response) => response.end(JSON.stringify(url))).listen(socketPath);
  await once(server, 'listening');
  const transport = createTransport({ noAnswer, socketPath });
  t.after(async () => {
    transport.close();
    server.close();
    await rm(dir, { recursive: true });
  });
  assert.equal((await transport.send({ method: 'GET', url: 'http://any/a?b' }, signal)).body, '/a?b');
});

test('a server of an authority of one’s own is believed, and no other', async t => {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const { error, stdout: pem } = spawnSync('openssl', ['req', '-x509', ...ec, ...subject, '-keyout', '-'], {
    encoding: 'utf8',
  });
  if (error) return t.skip('openssl is not installed');
  const server = createTls({ key: pem, cert: pem }, (_, response) => response.end('{"ok":true}'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ca = /-----BEGIN CERT[\s\S]*/.exec(pem)?.[0] ?? '';
  const knowing = createTransport({ noAnswer, tls: { ca } });
  const strange = createTransport({ noAnswer });
  t.after(() => {
    knowing.close();
    strange.close();
    server.closeAllConnections();
    server.close();
  });
  assert.deepEqual((await knowing.send({ method: 'GET', url }, signal)).body, { ok: true });
  await assert.rejects(strange.send({ method: 'GET', url }, signal), /^Error: DEPTH_ZERO_SELF_SIGNED_CERT: /);
});
