/** Tokens, and what a request is refused for before its resource is looked at. Written from the references, with plain fetch. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openTestCloud, type TestCloud } from './serve.ts';

describe('entering', () => {
  let t: TestCloud;
  before(async () => {
    t = await openTestCloud();
  });
  after(() => t.close());

  for (const [what, status, error, number, form, tenant] of [
    ['a wrong secret', 401, 'invalid_client', 7000215, { client_secret: 'no' }],
    ['no secret', 401, 'invalid_client', 7000218, { client_secret: '' }],
    ['another application', 400, 'unauthorized_client', 700016, { client_id: 'no' }],
    ['another tenant', 400, 'invalid_request', 90002, {}, '00000000-0000-0000-0000-000000000000'],
    ['another grant', 400, 'unsupported_grant_type', 70003, { grant_type: 'password' }],
    ['a scope without /.default', 400, 'invalid_scope', 1002012, { scope: 'https://management.azure.com/' }],
    ['another resource', 400, 'invalid_resource', 500011, { scope: 'https://graph.microsoft.com/.default' }],
  ] as const)
    it(`refuses ${what} with AADSTS${number}`, async () => {
      const answer = await t.login(form, tenant);
      assert.equal(answer.status, status, answer.text);
      assert.equal(answer.body.error, error);
      assert.deepEqual(answer.body.error_codes, [number]);
      assert.match(answer.text, new RegExp(`"error_description":"AADSTS${number}: `));
    });

  it('gives tokens by both protocols, to a form and by Basic authentication', async () => {
    const { 'content-type': type } = { 'content-type': 'application/x-www-form-urlencoded' };
    const { tenantId = '', clientId = '', clientSecret = '' } = t.cloud.credentials;
    const v1 = await t.send(
      'POST',
      `${t.root}/login/${tenantId}/oauth2/token`,
      'grant_type=client_credentials&resource=https://management.azure.com/',
      {
        'content-type': type,
        authorization: `Basic ${Buffer.from(`${clientId}:${encodeURIComponent(clientSecret)}`).toString('base64')}`,
      },
    );
    assert.equal(v1.status, 200, v1.text);
    assert.equal(v1.body.expires_in, '3599');
    assert.equal((await t.login({ scope: `${t.root}/arm/.default` })).status, 200);
    const discovery = await t.send(
      'GET',
      `${t.root}/login/${tenantId}/v2.0/.well-known/openid-configuration`,
    );
    assert.equal(discovery.body.token_endpoint, `${t.root}/login/${tenantId}/oauth2/v2.0/token`);
  });

  it('wants a token that it gave, for an hour', async () => {
    const mine = (await t.login()).body.access_token;
    const code = async (token: string | undefined) => {
      t.useToken(token);
      const answer = await t.call('GET /resourcegroups');
      if (answer.status === 200) return 'fine';
      assert.equal(answer.status, 401);
      assert.match(
        answer.headers.get('www-authenticate') ?? '',
        /^Bearer authorization_uri="http:\/\/.*\/login\//,
      );
      return answer.body.error.code;
    };
    assert.equal(await code(undefined), 'AuthenticationFailed');
    assert.equal(await code('not.a.token'), 'InvalidAuthenticationToken');
    assert.equal(await code(`${String(mine).slice(0, -2)}xx`), 'InvalidAuthenticationToken');
    assert.equal(await code(mine), 'fine');
    t.advance(3_601_000);
    assert.equal(await code(mine), 'ExpiredAuthenticationToken');
    const next = (await t.login()).body.access_token;
    assert.equal(await code(next), 'fine');
    t.wire.expireTokens(t.cloud);
    assert.equal(await code(next), 'InvalidAuthenticationToken');
    t.useToken((await t.login()).body.access_token);
  });

  it('checks api-version, subscription, namespace, type and method', async () => {
    const url = `${t.root}/arm${t.subscription}`;
    const error = async (method: string, path: string) => {
      const { status, body } = await t.send(method, `${url}${path}`);
      return `${status} ${body.error.code}`;
    };
    const net = '/providers/Microsoft.Network';
    assert.equal(await error('GET', '/resourcegroups'), '400 MissingApiVersionParameter');
    assert.equal(
      await error('GET', '/resourcegroups?api-version=2011-01-01'),
      '400 InvalidApiVersionParameter',
    );
    assert.equal(
      await error('GET', `${net}/virtualNetworks?api-version=2011-01-01`),
      '400 NoRegisteredProviderFound',
    );
    assert.equal(
      await error('GET', '/providers/Microsoft.Compute/disks?api-version=2023-03-01'),
      '400 NoRegisteredProviderFound',
    );
    assert.equal(
      await error('GET', `/providers/Some.Thing/x?api-version=2023-04-01`),
      '404 InvalidResourceNamespace',
    );
    assert.equal(await error('GET', `${net}/nothing?api-version=2023-04-01`), '404 InvalidResourceType');
    assert.equal(
      await error('POST', `${net}/virtualNetworks?api-version=2023-04-01`),
      '405 HttpMethodNotSupported',
    );
    const other = '/subscriptions/00000000-0000-0000-0000-000000000000/resourcegroups';
    assert.equal(await t.fails(404, `GET ${other}`), 'SubscriptionNotFound');
    assert.equal(await t.fails(400, 'GET /subscriptions/mine/resourcegroups'), 'InvalidSubscriptionId');
    assert.equal(
      await t.fails(404, 'GET /resourceGroups/none/providers/Microsoft.Network/virtualNetworks/x'),
      'ResourceGroupNotFound',
    );
  });

  it('bears its own and the caller’s request ids', async () => {
    const { headers } = await t.call('GET /locations', undefined, {
      'x-ms-correlation-request-id': 'mine',
      'x-ms-client-request-id': 'also-mine',
      'x-ms-return-client-request-id': 'true',
    });
    assert.match(headers.get('x-ms-request-id') ?? '', /^[0-9a-f-]{36}$/);
    assert.equal(headers.get('x-ms-correlation-request-id'), 'mine');
    assert.equal(headers.get('x-ms-client-request-id'), 'also-mine');
    assert.ok(Number(headers.get('x-ms-ratelimit-remaining-subscription-reads')) > 0);
  });
});
