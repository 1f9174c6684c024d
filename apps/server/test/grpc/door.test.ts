/** Who gets in over gRPC, by which port, and who does not: roles, hosts, origins, HTTP/1 beside HTTP/2, connections that say little. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { status, type ServiceError } from '@grpc/grpc-js';
import { createClient } from '@cloud-barista/api/client';
import { roles, type Role } from '@cloud-barista/api/define';
import { operationNames } from '@cloud-barista/api/operations';
import { openServer } from '../../src/server.ts';
import { definitionOf, directory, openStage } from '../stage.ts';
import { detailOf, openClient } from './client.ts';

const dataDir = await directory({ after });
const server = await openServer({ port: 0, store: 'memory:', dataDir, authenticate: true });
after(() => server.close());
const grpc = openClient({ after }, server.url);
const admin = createClient({
  url: server.url,
  token: (await readFile(server.adminTokenFile ?? '', 'utf8')).trim(),
});
const tokens = {} as Record<Role, string>;
for (const role of roles)
  tokens[role] = (await admin.call('token.create', { body: { name: role, role } })).token ?? '';

const pascal = (word: string) => word.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
/** With bytes that are no message: who gets past the door is told so, and changes nothing. */
async function knock(name: (typeof operationNames)[number], metadata: Record<string, string>) {
  const [noun = '', verb = ''] = name.split('.').map(pascal);
  const raw = Buffer.from([0x0a, 0xff, 0xff]);
  const error = await grpc.call(`${noun}Service/${verb}`, {}, { metadata, raw }).then(
    () => assert.fail('it was answered'),
    thrown => thrown as ServiceError,
  );
  return { code: status[error.code], detail: detailOf(error) };
}
for (const name of operationNames)
  test(`${name} is for the role ${definitionOf(name).role}`, async () => {
    assert.equal((await knock(name, {})).code, 'UNAUTHENTICATED');
    for (const authorization of ['Bearer cb_wrong', 'Bearer ', tokens.admin])
      assert.equal((await knock(name, { authorization })).code, 'UNAUTHENTICATED');
    for (const role of roles) {
      const { code, detail } = await knock(name, { authorization: `Bearer ${tokens[role]}` });
      const allowed = roles.indexOf(role) >= roles.indexOf(definitionOf(name).role);
      assert.equal(code, allowed ? 'INVALID_ARGUMENT' : 'PERMISSION_DENIED', detail.message);
    }
  });

const stage = await openStage({ after });
const frame = Buffer.alloc(5);
/** One call by bare HTTP/2, whatever its head; answers the head and the trailers together. */
async function call(headers: Record<string, string>): Promise<IncomingHttpHeaders> {
  const session = connectHttp2(stage.server.url);
  const stream = session.request({
    ':method': 'POST',
    ':path': '/barista.v1.HealthService/Get',
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  const found: IncomingHttpHeaders = {};
  stream
    .on('response', head => Object.assign(found, head))
    .on('trailers', tail => Object.assign(found, tail));
  stream.end(frame);
  stream.resume();
  await once(stream, 'close');
  session.destroy();
  return found;
}
for (const authority of ['127.0.0.1:4600', 'localhost', '[::1]:80'])
  test(`the authority ${authority} is this machine`, async () => {
    assert.equal((await call({ ':authority': authority }))['grpc-status'], '0');
  });
for (const authority of ['evil.example', '127.0.0.1.evil.example:80', '10.0.0.1'])
  test(`the authority ${authority} is not`, async () => {
    const answer = await call({ ':authority': authority });
    assert.equal(Number(answer['grpc-status']), status.PERMISSION_DENIED);
  });
for (const origin of ['https://evil.example', 'null', 'http://localhost.evil.example'])
  test(`the origin ${origin} is not let in`, async () => {
    assert.equal(Number((await call({ origin }))['grpc-status']), status.PERMISSION_DENIED);
  });
test('what a page could send is no gRPC: another type, HTTP/1', async () => {
  for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded'])
    assert.equal((await call({ 'content-type': type }))[':status'], 415, type);
  const answer = await stage.send('/barista.v1.HealthService/Get', {
    method: 'POST',
    headers: { 'content-type': 'application/grpc' },
    body: '',
  });
  assert.ok(answer.status === 404 || answer.status === 415, String(answer.status));
});

const raw = async (hooks: { after(fn: () => void): void }): Promise<Socket> => {
  const socket = connect(Number(new URL(stage.server.url).port), '127.0.0.1');
  hooks.after(() => socket.destroy());
  await once(socket, 'connect');
  return socket.setNoDelay(true);
};
const request = 'PUT /v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
for (const [what, pieces] of [
  ['at once', [request]],
  ['byte by byte', request.split('')],
  ['with a P first', ['P', request.slice(1)]],
] as const)
  test(`HTTP/1 comes through ${what}`, async t => {
    const socket = await raw(t);
    for (const piece of pieces) await new Promise(resolve => socket.write(piece, resolve));
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    assert.match(text, /^HTTP\/1\.1 405 /);
  });
test('HTTP/2 comes through in pieces', async t => {
  const socket = await raw(t);
  for (const piece of ['P', 'RI', ' * HTTP/2.0\r\n\r\nSM\r\n\r\n', '\0\0\0\x04\0\0\0\0\0'])
    await new Promise(resolve => socket.write(piece, 'latin1', resolve));
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  assert.equal(chunk[3], 4, 'a SETTINGS frame (RFC 9113, 6.5)');
});
test('several requests on one connection of HTTP/1, bodies too', async t => {
  const socket = await raw(t);
  const body = JSON.stringify({ name: 'over-one' });
  socket.write(
    `POST /v1/namespaces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}` +
      'GET /v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  );
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  assert.match(text, /^HTTP\/1\.1 201 [\s\S]*HTTP\/1\.1 200 /);
});
test('nonsense is answered as before, and closing waits for no silent connection', async t => {
  const other = await openStage(t);
  const port = Number(new URL(other.server.url).port);
  const silent = ['', 'P', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'].map(text => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    t.after(() => socket.destroy());
    socket.write(text);
    return socket;
  });
  await Promise.all(silent.map(socket => once(socket, 'connect')));
  const nonsense = connect(port, '127.0.0.1');
  nonsense.end('\x16\x03\x01\r\n\r\n');
  let text = '';
  for await (const chunk of nonsense) text += String(chunk);
  assert.match(text, /^HTTP\/1\.1 400 /);
  const began = performance.now();
  await other.server.close();
  assert.ok(performance.now() - began < 2000, `${performance.now() - began} ms`);
});
