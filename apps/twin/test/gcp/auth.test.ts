/** The token endpoint and what the API says to callers it doesn't know. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { compute, openTestCloud, type TestCloud } from './server.ts';

describe('authentication', () => {
  let t: TestCloud;
  before(async () => {
    t = await openTestCloud();
  });
  after(() => t.close());

  it('grants a token for an hour', async () => {
    const answer = await t.grant(t.assertion());
    assert.equal(answer.status, 200, answer.text);
    assert.equal(Number(answer.body.expires_in), 3599);
    t.useToken(answer.body.access_token);
    await t.want(200, 'GET zones');
    t.advance(3600_000);
    await t.refused(401, 'authError', 'GET zones');
    t.advance(-3600_000);
  });

  it('takes Google’s own audiences', async () => {
    for (const aud of ['https://oauth2.googleapis.com/token', 'https://accounts.google.com/o/oauth2/token'])
      assert.equal((await t.grant(t.assertion({ aud }))).status, 200);
  });

  it('refuses assertions that are not right', async () => {
    const other = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const now = Math.floor(Date.now() / 1000);
    const wrong: [signed: string, error: string, why: RegExp][] = [
      [t.assertion({}, {}, other.privateKey), 'invalid_grant', /Signature/],
      [t.assertion({ iss: 'x@y.iam.gserviceaccount.com' }), 'invalid_grant', /account not found/],
      [t.assertion({ aud: 'https://example.com/' }), 'invalid_grant', /audience/],
      [t.assertion({ exp: now - 600, iat: now - 4000 }), 'invalid_grant', /short-lived/],
      [t.assertion({ exp: now + 7200 }), 'invalid_grant', /short-lived/],
      [t.assertion({ iat: now + 3000 }), 'invalid_grant', /short-lived/],
      [t.assertion({ scope: undefined }), 'invalid_scope', /scope/],
      [t.assertion({ scope: 'compute' }), 'invalid_scope', /scope/],
      [t.assertion({}, { alg: 'none' }), 'invalid_grant', /algorithm/],
      ['nonsense', 'invalid_grant', /JWT/],
    ];
    for (const [signed, error, why] of wrong) {
      const answer = await t.grant(signed);
      assert.equal(answer.status, 400, answer.text);
      assert.equal(answer.body.error, error);
      assert.match(answer.body.error_description, why);
    }
    assert.equal((await t.token({})).body.error, 'invalid_request');
    assert.equal((await t.token({ grant_type: 'password' })).body.error, 'unsupported_grant_type');
  });

  it('says who may not', async () => {
    t.useToken(undefined);
    const bare = await t.call('GET zones');
    assert.equal(bare.status, 401);
    assert.match(bare.headers.get('www-authenticate') ?? '', /^Bearer realm=/);
    assert.equal(bare.body.error.errors[0]?.reason, 'required');
    assert.equal(bare.body.error.status, 'UNAUTHENTICATED');
    t.useToken('ya29.nonsense');
    await t.refused(401, 'authError', 'GET zones');
    await t.login();
    assert.match(
      await t.refused(403, 'forbidden', 'GET /projects/other/zones/us-central1-a/instances'),
      /^Required 'compute\.instances\.list' permission for 'projects\/other'$/,
    );
    await t.want(200, 'GET /projects/debian-cloud/global/images?maxResults=1');
    await t.refused(403, 'forbidden', 'POST /projects/debian-cloud/global/images', {});
    const reader = await t.grant(t.assertion({ scope: `${compute}.readonly` }));
    t.useToken(reader.body.access_token);
    await t.want(200, 'GET zones');
    assert.match(await t.refused(403, 'insufficientPermissions', 'POST global/networks', {}), /scopes/);
    assert.equal((await t.call('GET no/such/thing')).status, 404);
  });

  it('has the same key after a restart, and another for another cloud', async () => {
    const again = await openTestCloud();
    const other = await openTestCloud({ name: 'other' });
    assert.equal(again.privateKey, t.privateKey);
    assert.notEqual(other.privateKey, t.privateKey);
    // A key that OpenSSL takes, in both directions.
    assert.ok(sign('RSA-SHA256', Buffer.from('x'), other.privateKey).length === 256);
    await again.login();
    await other.login();
    await again.close();
    await other.close();
  });
});
