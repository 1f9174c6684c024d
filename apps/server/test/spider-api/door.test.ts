/** Who may call: nobody beyond the loopback without a token; with a user and a password configured, nobody without those. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createClient } from '@cloud-barista/api/client';
import { openServer } from '../../src/server.ts';
import { directory, send } from '../stage.ts';

const hooks = { after };
const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
const everything = [
  '/readyz',
  '/version',
  '/cloudos',
  '/vpc?ConnectionName=x',
  '/api',
  '/api/openapi.json',
  '',
];

describe('a server that wants tokens', async () => {
  const dataDir = await directory(hooks);
  const server = await openServer({ store: 'memory:', port: 0, dataDir, authenticate: true });
  hooks.after(() => server.close());
  const token = (await readFile(String(server.adminTokenFile), 'utf8')).trim();
  const get = (path: string, headers = {}) => send(server.url, `/spider${path}`, { headers });

  it('opens nothing without one', async () => {
    for (const path of everything) {
      const answer = await get(path);
      assert.deepEqual([answer.status, answer.text], [401, '{"message":"Unauthorized"}\n'], path);
      assert.match(String(answer.headers['www-authenticate']), /^basic realm=/i);
    }
  });
  it('takes a token as bearer, and as the password of any user', async () => {
    for (const headers of [{ authorization: `Bearer ${token}` }, basic('anybody', token), basic('', token)])
      assert.equal((await get('/cloudos', headers)).status, 200);
    for (const headers of [
      basic('anybody', 'cb_wrong'),
      basic('anybody', 'wrong'),
      { authorization: 'Basic !' },
    ])
      assert.equal((await get('/cloudos', headers)).status, 401);
  });
  it('holds a token to its role', async () => {
    const client = createClient({ url: server.url, token });
    const { token: reading } = await client.call('token.create', { body: { name: 'reads', role: 'reader' } });
    const as = basic('r', String(reading));
    assert.equal((await get('/cloudos', as)).status, 200);
    assert.equal(
      (await get('/controlvm/x?action=suspend&ConnectionName=c', as)).status,
      403,
      'a GET that does something',
    );
    const body = { DriverName: 'd', ProviderName: 'MOCK', DriverLibFileName: 'l' };
    for (const [method, path] of [
      ['POST', '/driver'],
      ['DELETE', '/destroy'],
      ['POST', '/vpc'],
      ['POST', '/sshrun'],
    ] as const)
      assert.equal(
        (await send(server.url, `/spider${path}`, { method, body, headers: as })).status,
        403,
        path,
      );
  });
});

describe('a server with a user and a password for /spider', async () => {
  const server = await openServer({
    store: 'memory:',
    port: 0,
    upstreamPorts: { spider: 0 },
    spiderUser: { name: 'default', password: 'pass:word' },
  });
  hooks.after(() => server.close());
  const get = (path: string, headers = {}) => send(server.url, `/spider${path}`, { headers });

  it('wants them for everything, on the loopback too', async () => {
    for (const path of everything) {
      assert.equal((await get(path)).status, 401, path);
      assert.notEqual((await get(path, basic('default', 'pass:word'))).status, 401, path);
    }
    for (const headers of [basic('default', 'wrong'), basic('other', 'pass:word'), basic('default', '')])
      assert.equal((await get('/cloudos', headers)).status, 401);
    for (const authorization of [
      'x',
      'Bearer',
      'Bearer ',
      'Basic',
      'Basic !',
      'Negotiate x',
      'Bearer cb_none',
    ])
      assert.equal((await get('/cloudos', { authorization })).status, 401, authorization);
  });
  it('lets nobody into our own API by them', async () => {
    const answer = await send(server.url, '/v1/connections', { headers: basic('default', 'pass:word') });
    assert.equal(answer.status, 401);
  });
  it('serves the same on CB-Spider’s port, and nothing else there', async () => {
    const { origin } = new URL(String(server.upstream.spider));
    assert.equal(
      (await send(origin, '/spider/cloudos', { headers: basic('default', 'pass:word') })).status,
      200,
    );
    assert.equal((await send(origin, '/spider/cloudos')).status, 401);
    for (const path of ['/v1/connections', '/docs', '/openapi.json', '/', '/spiderweb']) {
      const answer = await send(origin, path);
      assert.deepEqual([answer.status, answer.text], [404, '{"message":"Not Found"}\n'], path);
    }
  });
});

describe('an open loopback', async () => {
  const server = await openServer({ store: 'memory:', port: 0 });
  hooks.after(() => server.close());
  const get = (headers: Record<string, string>) => send(server.url, '/spider/cloudos', { headers });

  it('lets clients in that send a user and a password unasked', async () => {
    assert.equal((await get(basic('default', 'default'))).status, 200);
    assert.equal((await get(basic('default', 'cb_not-a-token'))).status, 401);
  });
  it('is closed to pages of other sites', async () => {
    assert.equal((await get({ host: 'evil.example' })).status, 403);
    assert.equal((await get({ origin: 'https://evil.example' })).status, 403);
    assert.equal((await get({ 'sec-fetch-site': 'cross-site' })).status, 403, 'an <img> sends no Origin');
    assert.equal((await get({ 'sec-fetch-site': 'same-origin' })).status, 200);
    assert.equal((await get({ host: 'evil.example', ...basic('a', 'b') })).status, 403);
  });
});

describe('the server as a process', () => {
  it('wants user and password both, or neither', async () => {
    const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
    const child = spawn(process.execPath, [main, '--port', '0', '--store', 'memory:'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, SPIDER_USERNAME: 'somebody', SPIDER_PASSWORD: '' },
    });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', text => (said += String(text)));
    const [code] = (await once(child, 'close')) as [number | null];
    assert.deepEqual([code, /SPIDER_USERNAME and SPIDER_PASSWORD/.test(said)], [2, true], said);
  });
});

describe('a port that is taken', () => {
  it('ends the start, and what was opened', async () => {
    const first = await openServer({ store: 'memory:', port: 0, upstreamPorts: { spider: 0 } });
    const port = Number(new URL(String(first.upstream.spider)).port);
    await assert.rejects(
      openServer({ store: 'memory:', port: 0, upstreamPorts: { spider: port } }),
      /is taken/,
    );
    await first.close();
  });
});
