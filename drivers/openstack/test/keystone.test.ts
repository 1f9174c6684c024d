/** Tokens: one request however many wait, renewed before their end and once after a 401; the catalog's answers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '@cloud-barista/model/errors';
import { driver } from '../src/open.ts';
import { createRoad } from '@cloud-barista/suite/driver/road';
import { credential, never, withCloud, type Answerer } from './local-cloud.ts';

const flavors: Answerer = () => ({ body: { flavors: [] } });
const call = () => ({ signal: never(), limit: 10 });
const unauthorized = {
  status: 401,
  body: { error: { code: 401, title: 'Unauthorized', message: 'Go away.' } },
};

test(
  'many callers wait for one token, sent as they are',
  withCloud(flavors, async local => {
    await Promise.all(Array.from({ length: 20 }, () => local.cloud.specs.list(call())));
    assert.equal(local.tokens, 1);
    assert.ok(local.asked.every(asked => asked.token === 'token-1'));
    assert.equal(local.road.sent.filter(sent => sent.request.resource === 'auth').length, 1);
  }),
);

test('a token that a service no longer takes is replaced once, for all who met it', async () => {
  await withCloud(
    asked => (asked.token === 'token-1' ? unauthorized : { body: { flavors: [] } }),
    async local => {
      await Promise.all(Array.from({ length: 10 }, () => local.cloud.specs.list(call())));
      assert.equal(local.tokens, 2);
    },
  )();
  await withCloud(
    () => unauthorized,
    async local => {
      await assert.rejects(local.cloud.specs.list(call()), error => hasCode(error, 'unauthenticated'));
      assert.equal(local.tokens, 2, 'once, not for ever');
    },
  )();
});

test(
  'a token is renewed before it ends, by its own life and not by the clock',
  withCloud(flavors, async local => {
    await local.cloud.specs.list(call());
    await local.cloud.specs.list(call());
    assert.equal(local.tokens, 1, 'issued an hour ago by Keystone’s clock, and good');
  }),
);

test(
  'a token without life left is not used again',
  withCloud(flavors, async local => {
    local.life = 0;
    await local.cloud.specs.list(call());
    local.life = 3600;
    await local.cloud.specs.list(call());
    await local.cloud.specs.list(call());
    assert.equal(local.tokens, 2);
  }),
);

test(
  'a caller that gives up does not take the token from the others',
  withCloud(flavors, async local => {
    const abort = new AbortController();
    const first = local.cloud.specs.list({ signal: abort.signal, limit: 10 });
    const second = local.cloud.specs.list(call());
    abort.abort();
    await assert.rejects(first, error => hasCode(error, 'cancelled'));
    assert.deepEqual(await second, { items: [] });
    assert.equal(local.tokens, 1);
  }),
);

test(
  'wrong credentials are unauthenticated, and no error tells the password',
  withCloud(
    flavors,
    async local => {
      await assert.rejects(local.cloud.check({ signal: never() }), error => {
        assert.ok(hasCode(error, 'invalid_argument', 'unauthenticated'));
        assert.ok(!JSON.stringify(error).includes('a-very-secret-word'), JSON.stringify(error));
        return true;
      });
    },
    () => ({
      status: 400,
      body: { error: { code: 400, title: 'Bad Request', message: "Failed on 'a-very-secret-word'" } },
    }),
  ),
);

test(
  'what answers without a token is not Keystone',
  withCloud(
    flavors,
    local => assert.rejects(local.cloud.check({ signal: never() }), error => hasCode(error, 'unavailable')),
    () => ({ status: 200, body: '<html>Welcome</html>' }),
  ),
);

test(
  'a region that is none names those that exist',
  withCloud(
    flavors,
    local =>
      assert.rejects(
        local.cloud.check({ signal: never() }),
        error =>
          hasCode(error, 'invalid_argument') &&
          /RegionOne/.test(error.next ?? '') &&
          /regionone/.test(error.message),
      ),
    undefined,
    'regionone',
  ),
);

test(
  'check asks anew each time, and of the identity service only',
  withCloud(flavors, async local => {
    await local.cloud.check({ signal: never() });
    await local.cloud.check({ signal: never() });
    assert.deepEqual([local.tokens, local.asked.length], [2, 0]);
  }),
);

test('open names what a credential lacks, and takes an application credential', async () => {
  const road = createRoad(driver, 1000);
  const region = { region: 'RegionOne' };
  const { password: _, ...lacking } = credential(1);
  const missing = (key: string) => (error: unknown) =>
    hasCode(error, 'invalid_argument') && error.where === `credential.${key}`;
  await assert.rejects(driver.open({ credential: lacking, region }, road), missing('password'));
  const application = { authUrl: 'http://127.0.0.1:1', applicationCredentialId: 'a' };
  await assert.rejects(
    driver.open({ credential: application, region }, road),
    missing('applicationCredentialSecret'),
  );
  await assert.rejects(
    driver.open({ credential: { ...credential(1), authUrl: 'cloud' }, region }, road),
    missing('authUrl'),
  );
  const cloud = await driver.open(
    { credential: { ...application, applicationCredentialSecret: 'b' }, region },
    road,
  );
  await assert.rejects(cloud.check({ signal: never() }), error => hasCode(error, 'unavailable'));
  await cloud.close();
});
