/** Tokens: the assertion as RFC 7523 has it, one request however many wait, renewed before the end and once after a 401. */
import assert from 'node:assert/strict';
import { verify } from 'node:crypto';
import { test } from 'node:test';
import { hasCode } from '@cloud-barista/model/errors';
import { createRoad } from '@cloud-barista/suite/driver/road';
import { driver } from '../src/open.ts';
import { assertion } from '../src/tokens.ts';
import { call, keys, pem, refusal, withCloud, type Answerer } from './local-cloud.ts';

const empty: Answerer = () => ({ body: {} });
const decode = (part = ''): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());

test('the assertion is an RS256 JWT with Google’s claims', () => {
  const [header, claims, signature = '', rest] = assertion(
    'a@b',
    keys.privateKey,
    'https://t/',
    1000.7,
  ).split('.');
  assert.equal(rest, undefined);
  assert.deepEqual(decode(header), { alg: 'RS256', typ: 'JWT' });
  assert.deepEqual(decode(claims), {
    iss: 'a@b',
    scope: 'https://www.googleapis.com/auth/compute https://www.googleapis.com/auth/cloud-billing.readonly',
    aud: 'https://t/',
    iat: 990,
    exp: 4590,
  });
  const signed = Buffer.from(`${header}.${claims}`);
  assert.ok(verify('RSA-SHA256', signed, keys.publicKey, Buffer.from(signature, 'base64url')));
});

test(
  'many callers wait for one token, sent as they are',
  withCloud(empty, async local => {
    await Promise.all(Array.from({ length: 20 }, () => local.cloud.specs.list(call())));
    assert.equal(local.assertions.length, 1);
    assert.ok(local.asked.every(asked => asked.token === 'token-1'));
    assert.deepEqual(
      local.road.sent.filter(sent => sent.request.resource === 'auth').map(sent => sent.request.api),
      ['POST /token'],
    );
  }),
);

test('a token that is no longer taken is replaced once, for all who met it', async () => {
  await withCloud(
    ({ token }) => (token === 'token-1' ? refusal(401, 'authError') : { body: {} }),
    async local => {
      await Promise.all(Array.from({ length: 10 }, () => local.cloud.specs.list(call())));
      assert.equal(local.assertions.length, 2);
    },
  )();
  await withCloud(
    () => refusal(401, 'authError'),
    async local => {
      await assert.rejects(local.cloud.specs.list(call()), error => hasCode(error, 'unauthenticated'));
      assert.equal(local.assertions.length, 2, 'once, not for ever');
    },
  )();
});

test(
  'a token without life left is not used again',
  withCloud(empty, async local => {
    local.life = 0;
    await local.cloud.specs.list(call());
    local.life = 3600;
    await local.cloud.specs.list(call());
    await local.cloud.specs.list(call());
    assert.equal(local.assertions.length, 2);
  }),
);

test(
  'a caller that gives up does not take the token from the others',
  withCloud(empty, async local => {
    const abort = new AbortController();
    const first = local.cloud.specs.list({ signal: abort.signal, limit: 10 });
    const second = local.cloud.specs.list(call());
    abort.abort();
    await assert.rejects(first, error => hasCode(error, 'cancelled'));
    assert.deepEqual(await second, { items: [] });
    assert.equal(local.assertions.length, 1);
  }),
);

test(
  'a refused assertion is unauthenticated',
  withCloud(
    empty,
    local =>
      assert.rejects(
        local.cloud.check(call()),
        error => hasCode(error, 'unauthenticated') && error.vendorCode === 'invalid_grant',
      ),
    () => ({ status: 400, body: { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' } }),
  ),
);

test(
  'what answers without a token is unavailable',
  withCloud(
    empty,
    local => assert.rejects(local.cloud.check(call()), error => hasCode(error, 'unavailable')),
    () => ({ body: '<html>Welcome</html>' }),
  ),
);

test('open names the key that is wrong and tells nothing of it; \\n may stand for line breaks', async () => {
  const road = createRoad(driver, 1000);
  const credential = { projectId: 'p', clientEmail: 'a@b', privateKey: pem };
  const region = { region: 'r' };
  const secret = pem.split('\n')[3] ?? '';
  for (const privateKey of ['nonsense', pem.slice(0, 400), `-----BEGIN PRIVATE KEY-----\n${secret}`, ' '])
    await assert.rejects(driver.open({ credential: { ...credential, privateKey }, region }, road), error => {
      assert.ok(hasCode(error, 'invalid_argument') && error.where === 'credential.privateKey');
      assert.ok(!`${JSON.stringify(error)} ${String(error.stack)}`.includes(secret));
      return true;
    });
  for (const privateKey of [pem.replaceAll('\n', '\\n'), `\r\n${pem.replaceAll('\n', '\r\n')}`]) {
    const cloud = await driver.open({ credential: { ...credential, privateKey }, region }, road);
    await cloud.close();
  }
  for (const [part, key] of [
    ['credential', 'projectId'],
    ['credential', 'clientEmail'],
    ['region', 'region'],
  ] as const) {
    const config = { credential: { ...credential }, region: { ...region } };
    Reflect.deleteProperty(config[part], key);
    await assert.rejects(
      driver.open(config, road),
      error => hasCode(error, 'invalid_argument') && error.where === `${part}.${key}`,
    );
  }
  for (const key of ['endpoint', 'tokenUri'])
    await assert.rejects(
      driver.open({ credential, region: { ...region, [key]: 'ftp://x' } }, road),
      error => hasCode(error, 'invalid_argument') && error.where === `region.${key}`,
    );
});
