/** The open loopback: its owner's programs come in without a token; pages in the owner's browser do not (DNS rebinding, cross-site requests). */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { openStage, refused } from './stage.ts';

const stage = await openStage({ after });
const asked = (headers: Record<string, string>) => stage.send('/v1/health', { headers });

for (const host of ['127.0.0.1:4600', 'localhost:80', 'LOCALHOST', '127.0.0.53', '[::1]:4600'])
  test(`the Host ${host} is this machine`, async () => {
    assert.equal((await asked({ host })).status, 200);
  });
for (const host of ['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example:4600', '10.0.0.1'])
  test(`the Host ${JSON.stringify(host)} is not`, async () => {
    assert.match(refused(await asked({ host }), 403, 'permission_denied').next ?? '', /localhost/);
  });
for (const origin of ['http://localhost:5173', 'http://127.0.0.1'])
  test(`the Origin ${origin} is this machine`, async () => {
    assert.equal((await asked({ origin })).status, 200);
  });
for (const origin of ['https://evil.example', 'http://localhost.evil.example', 'null', 'file://'])
  test(`the Origin ${origin} is not`, async () => {
    refused(await asked({ origin }), 403, 'permission_denied');
  });

test('what a foreign page may post without asking first changes nothing', async () => {
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])
    refused(
      await stage.send('/v1/namespaces', {
        method: 'POST',
        headers: { 'content-type': type },
        body: '{"name":"stolen"}',
      }),
      415,
      'invalid_argument',
    );
  assert.equal((await stage.send('/v1/namespaces/stolen')).status, 404);
});

test('no answer opens itself to other sites', async () => {
  const answer = await stage.send('/v1/health', { headers: { origin: 'http://localhost:5173' } });
  assert.equal(answer.headers['access-control-allow-origin'], undefined);
});

test('a token that is not known is refused even here', async () => {
  refused(await asked({ authorization: 'Bearer cb_wrong' }), 401, 'unauthenticated');
});
