/** The token: asked for once however many wait, renewed before its end and where ARM no longer takes it, told to nobody. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { hasCode } from '@cloud-barista/model/errors';
import { types } from '../src/arm.ts';
import { call, script, secret } from './scripted.ts';

const empty = { body: { value: [] } };
const ask = (server: Awaited<ReturnType<typeof script>>) => server.arm.list(call(), types.vnet);

it('is asked for once by many at once, with the client-credentials grant', async () => {
  let form: URLSearchParams | undefined;
  const server = await script(() => empty, {
    token: asked => {
      form = new URLSearchParams(asked.body);
      assert.equal(asked.url, '/tenant/oauth2/v2.0/token');
      return { body: { access_token: 'abc', expires_in: 3599, token_type: 'Bearer' } };
    },
  });
  await Promise.all(Array.from({ length: 10 }, () => ask(server)));
  assert.equal(server.tokens(), 1);
  assert.deepEqual(Object.fromEntries(form ?? []), {
    grant_type: 'client_credentials',
    client_id: 'client',
    client_secret: secret,
    scope: 'https://management.azure.com/.default',
  });
  assert.ok(server.asked.every(({ headers }) => headers.authorization === 'Bearer abc'));
  await server.close();
});

it('is renewed before it ends', async () => {
  let now = 0;
  const server = await script(() => empty, { now: () => now });
  await ask(server);
  now = (3599 - 301) * 1000;
  await ask(server);
  assert.equal(server.tokens(), 1);
  now = (3599 - 299) * 1000;
  await ask(server);
  assert.equal(server.tokens(), 2);
  await server.close();
});

it('is renewed once where ARM answers 401, for many at once', async () => {
  const expired = {
    status: 401,
    body: { error: { code: 'ExpiredAuthenticationToken', message: 'Expired.' } },
  };
  let revoked = 'none';
  const server = await script(asked => (asked.headers.authorization === revoked ? expired : empty));
  await ask(server);
  revoked = server.asked[0]?.headers.authorization ?? '';
  await Promise.all(Array.from({ length: 5 }, () => ask(server)));
  assert.equal(server.tokens(), 2);
  await server.close();

  const never = await script(() => expired);
  await assert.rejects(ask(never), error => hasCode(error, 'unauthenticated'));
  assert.equal(never.tokens(), 2, 'and not again and again');
  await never.close();
});

it('a wrong secret is unauthenticated, and told to nobody', async () => {
  const server = await script(() => empty, {
    token: () => ({
      status: 401,
      body: {
        error: 'invalid_client',
        error_description: `AADSTS7000215: Invalid client secret ${secret}. Trace ID: 1 Timestamp: 2`,
      },
    }),
  });
  await assert.rejects(ask(server), error => {
    assert.ok(hasCode(error, 'unauthenticated'));
    assert.equal(error.vendorCode, 'invalid_client');
    assert.ok(!error.message.includes(secret) && !error.message.includes('Trace ID'), error.message);
    return true;
  });
  assert.equal(server.asked.length, 0);
  await server.close();
});

it('one waiter that gives up does not take the token from the others', async () => {
  const server = await script(() => empty);
  const abort = new AbortController();
  const one = server.arm.list({ signal: abort.signal }, types.vnet);
  const other = ask(server);
  abort.abort();
  await assert.rejects(one, error => hasCode(error, 'cancelled'));
  assert.deepEqual(await other, []);
  assert.equal(server.tokens(), 1);
  await server.close();
});
