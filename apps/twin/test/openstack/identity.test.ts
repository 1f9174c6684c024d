/** Keystone: who gets a token, how long it holds, and what the services say to those without. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openTestCloud, type TestCloud } from './serve.ts';

describe('Keystone', () => {
  let t: TestCloud;
  before(async () => {
    t = await openTestCloud({ regions: ['RegionOne', 'RegionTwo'] });
  });
  after(() => t.close());

  it('answers a password with a token for an hour and the catalog of every region', async () => {
    const answer = await t.call('POST identity /auth/tokens', t.credentials());
    assert.equal(answer.status, 201);
    const { token } = answer.body;
    assert.equal(Date.parse(token['expires_at']) - Date.parse(token['issued_at']), 3_600_000);
    assert.deepEqual(
      token['catalog'].map(service => service.type),
      ['identity', 'compute', 'network', 'image', 'volumev3', 'block-storage'],
    );
    const [, compute] = token['catalog'];
    assert.deepEqual(
      [...new Set(compute?.['endpoints'].map(each => each.region))],
      ['RegionOne', 'RegionTwo'],
    );
    assert.equal(compute?.['endpoints'][0]?.['url'], t.roots.compute);
    for (const cinder of token['catalog'].slice(4)) {
      assert.equal(cinder['name'], 'cinderv3');
      assert.equal(cinder['endpoints'][0]?.['url'], t.roots.volume);
    }
  });

  it('refuses a wrong password, an unknown user, an unknown project in Keystone’s words', async () => {
    const wrong = t.credentials('nonsense');
    const stranger = t.credentials();
    stranger.auth.identity.password.user.name = 'eve';
    const elsewhere = t.credentials();
    elsewhere.auth.scope.project.name = 'other';
    for (const body of [wrong, stranger, elsewhere]) {
      const answer = await t.call('POST identity /auth/tokens', body);
      assert.equal(answer.status, 401);
      assert.match(answer.headers.get('www-authenticate') ?? '', /^Keystone uri="http.*\/identity\/v3"$/);
      assert.deepEqual(answer.body, {
        error: {
          code: 401,
          message: 'The request you have made requires authentication.',
          title: 'Unauthorized',
        },
      });
    }
    const empty = await t.call('POST identity /auth/tokens', {});
    assert.equal(empty.status, 400);
    assert.match(empty.body['error']['message'], /Expecting to find auth/);
  });

  it('takes no scope for the default project, and says in each answer what it varies by', async () => {
    const { identity } = t.credentials().auth;
    const of = async (scope?: unknown) => {
      const answer = await t.call('POST identity /auth/tokens', {
        auth: { identity, ...(scope !== undefined && { scope }) },
      });
      assert.equal(answer.status, 201);
      assert.equal(answer.headers.get('vary'), 'X-Auth-Token');
      return answer.body['token'];
    };
    assert.equal((await of())['project']['name'], 'demo');
    assert.equal((await of('unscoped'))['project'], undefined);
    const lost = await t.call('GET identity /nothing');
    assert.deepEqual([lost.status, lost.headers.get('content-type')], [404, 'text/html; charset=utf-8']);
    assert.equal(lost.headers.get('vary'), 'X-Auth-Token');
  });

  it('refuses on every service whoever has no token, a wrong, a revoked or an old one', async () => {
    const lines = [
      'GET identity /projects',
      'GET compute /servers',
      'GET network /networks',
      'GET image /images',
      'GET volume /volumes',
    ];
    const refused = async () => {
      for (const line of lines) {
        const answer = await t.call(line);
        assert.equal(answer.status, 401, line);
        assert.match(answer.headers.get('www-authenticate') ?? '', /^Keystone uri=/);
      }
    };
    t.useToken(undefined);
    await refused();
    t.useToken('gAAAAAnonsense');
    await refused();
    const id = await t.login();
    for (const line of lines) await t.want(200, line);
    await t.want(204, 'DELETE identity /auth/tokens', undefined, { 'x-subject-token': id });
    await refused();
    await t.login();
    t.advance(3_600_001);
    await refused();
    await t.login();
    t.wire.expireTokens(t.cloud);
    await refused();
  });

  it('shows a token, makes one of another, and one of an application credential', async () => {
    const id = await t.login();
    const shown = await t.call('GET identity /auth/tokens', undefined, { 'x-subject-token': id });
    assert.equal(shown.body['token']['project']['name'], 'demo');
    const head = await t.call('HEAD identity /auth/tokens', undefined, { 'x-subject-token': id });
    assert.deepEqual([head.status, head.text], [200, '']);
    const unscoped = await t.call('POST identity /auth/tokens', {
      auth: { identity: { methods: ['token'], token: { id } }, scope: 'unscoped' },
    });
    assert.equal(unscoped.status, 201);
    const user = shown.body['token']['user']['id'];
    const { application_credential: made } = await t.want(
      201,
      `POST identity /users/${user}/application_credentials`,
      {
        application_credential: { name: 'ci' },
      },
    );
    const byCredential = (secret: string) =>
      t.call('POST identity /auth/tokens', {
        auth: {
          identity: {
            methods: ['application_credential'],
            application_credential: { id: made['id'], secret },
          },
        },
      });
    assert.equal((await byCredential('wrong')).status, 401);
    const answer = await byCredential(made['secret']);
    assert.equal(answer.status, 201);
    assert.equal(answer.body['token']['project']['name'], 'demo');
    t.useToken(unscoped.headers.get('x-subject-token') ?? '');
    assert.equal((await t.call('GET compute /servers')).status, 403);
    await t.login();
  });

  it('tells an unknown address, region and cloud with 404, an unknown method with 405', async () => {
    await t.login();
    assert.equal((await t.call('GET compute /nonsense')).status, 404);
    assert.equal((await t.call('PATCH compute /servers')).status, 405);
    for (const path of [
      '/openstack/stack/Nowhere/compute/v2.1/servers',
      '/openstack/none/identity/v3',
      '/openstack/%zz/',
    ])
      assert.equal((await fetch(`${t.base}${path}`)).status, 404);
  });

  it('lets clients find the versions without a token', async () => {
    const get = async (path: string) => {
      const response = await fetch(`${t.base}/openstack/stack${path}`);
      return [response.status, await response.json()] as [number, Record<string, unknown>];
    };
    assert.equal((await get('/identity'))[0], 300);
    assert.equal((await get('/identity/v3'))[0], 200);
    assert.equal((await get('/RegionTwo/compute/'))[0], 200);
    const [, compute] = await get('/RegionTwo/compute/v2.1/');
    assert.equal((compute['version'] as { version: string }).version, '2.93');
    assert.equal((await get('/RegionOne/network/'))[0], 200);
    assert.equal((await get('/RegionOne/image'))[0], 300);
    assert.equal((await get('/RegionOne/image/versions'))[0], 200);
  });
});
