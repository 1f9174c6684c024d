/** Signatures of both forms, on the vendor's own examples and over HTTP; replay, age, tampering. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { rpcSignature, rpcStringToSign } from '../../src/wire/alibaba/signature.ts';
import { acs3Canonical, acs3Signature, acs3StringToSign } from '../../src/wire/alibaba/signature.ts';
import { callNew, callOld, reply, sha, signNew, signOld, stamp } from './client.ts';
import { region, startTwin, type Twin } from './server.ts';

let twin: Twin;
before(async () => {
  twin = await startTwin();
});
after(() => twin.close());

test('the vendor’s example of the older form', () => {
  const fields = {
    Format: 'XML',
    Action: 'DescribeRegions',
    SignatureMethod: 'HMAC-SHA1',
    AccessKeyId: 'testid',
    SignatureNonce: '3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf',
    Version: '2014-05-26',
    SignatureVersion: '1.0',
    Timestamp: '2016-02-23T12:46:24Z',
  };
  const wanted = 'OLeaidS1JvxuMvnyHOwuJ+uX5qY=';
  assert.equal(signOld('GET', fields, 'testsecret'), wanted);
  assert.equal(rpcSignature('testsecret', rpcStringToSign('GET', Object.entries(fields))), wanted);
});

test('the vendor’s example of the newer form', () => {
  const query = {
    ImageId: 'win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd',
    RegionId: 'cn-shanghai',
  };
  const headers = {
    host: 'ecs.cn-shanghai.aliyuncs.com',
    'x-acs-action': 'RunInstances',
    'x-acs-content-sha256': sha(''),
    'x-acs-date': '2023-10-26T10:22:32Z',
    'x-acs-signature-nonce': '3156853299f313e23d1673dc12e1703d',
    'x-acs-version': '2014-05-26',
  };
  const wanted = '06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0';
  const mine = signNew({
    method: 'POST',
    query,
    headers,
    id: 'YourAccessKeyId',
    secret: 'YourAccessKeySecret',
  });
  assert.ok(mine.endsWith(`Signature=${wanted}`), mine);
  const canonical = acs3Canonical({
    method: 'POST',
    path: '/',
    query: Object.entries(query),
    headers: Object.entries(headers),
    payloadHash: sha(''),
  });
  assert.equal(acs3Signature('YourAccessKeySecret', acs3StringToSign(canonical)), wanted);
});

test('both forms, in query and body, are taken', async () => {
  const fields = { RegionId: region, 'Tag.1.Value': "a b*c~d'()!&=+/한" };
  for (const answer of [
    await callNew(twin.base, 'ecs', 'DescribeRegions', fields, twin.keys),
    await callNew(twin.base, 'ecs', 'DescribeRegions', fields, twin.keys, { form: true }),
    await callNew(twin.base, 'ecs', 'DescribeRegions', fields, twin.keys, { path: '/alibaba/seoul/ecs' }),
    await callOld(twin.base, 'ecs', 'DescribeRegions', fields, twin.keys),
    await callOld(twin.base, 'ecs', 'DescribeRegions', fields, twin.keys, { method: 'POST' }),
  ]) {
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.body.Regions.Region.length, 29);
  }
});

test('who calls', async () => {
  const { body } = await callNew(twin.base, 'sts', 'GetCallerIdentity', {}, twin.keys);
  assert.equal(body.AccountId, twin.cloud.credentials['accountId']);
  assert.equal(body.IdentityType, 'RAMUser');
});

test('XML where nobody asks for JSON', async () => {
  const fine = await callOld(twin.base, 'ecs', 'DescribeRegions', {}, twin.keys, {
    extra: { Format: 'XML' },
  });
  assert.match(fine.text, /^<\?xml.*<DescribeRegionsResponse>.*<Regions><Region><RegionId>cn-hangzhou</);
  const bad = await callOld(twin.base, 'ecs', 'Nothing', {}, twin.keys, { extra: { Format: 'XML' } });
  assert.match(bad.text, /<Error>.*<Code>InvalidAction\.NotFound<\/Code>/);
});

test('what is refused', async () => {
  const { base, keys } = twin;
  const stranger = { ...keys, id: 'LTAIstranger' };
  const liar = { ...keys, secret: 'wrong' };
  const old = stamp(Date.now() - 16 * 60_000);
  const cases = [
    [callNew(base, 'ecs', 'DescribeRegions', {}, stranger), 'InvalidAccessKeyId.NotFound', 404],
    [callOld(base, 'ecs', 'DescribeRegions', {}, stranger), 'InvalidAccessKeyId.NotFound', 404],
    [callNew(base, 'ecs', 'DescribeRegions', {}, liar), 'SignatureDoesNotMatch', 400],
    [callOld(base, 'ecs', 'DescribeRegions', {}, liar), 'SignatureDoesNotMatch', 400],
    [callNew(base, 'ecs', 'DescribeRegions', {}, keys, { date: old }), 'InvalidTimeStamp.Expired', 400],
    [callNew(base, 'ecs', 'DescribeRegions', {}, keys, { date: 'now' }), 'InvalidTimeStamp.Format', 400],
    [
      callOld(base, 'ecs', 'DescribeRegions', {}, keys, { extra: { Timestamp: old } }),
      'InvalidTimeStamp.Expired',
      400,
    ],
    [
      callOld(base, 'ecs', 'DescribeRegions', {}, keys, { extra: { SignatureMethod: 'HMAC-MD5' } }),
      'InvalidSignatureMethod',
      400,
    ],
    [callNew(base, 'ecs', 'DescribeRegions', {}, keys, { version: '2011-01-01' }), 'InvalidVersion', 400],
    [callNew(base, 'ecs', 'NoSuchThing', {}, keys), 'InvalidAction.NotFound', 404],
    [callNew(base, 'ecs', 'constructor', {}, keys), 'InvalidAction.NotFound', 404],
    [callNew(base, 'vpc', 'RunInstances', {}, keys), 'InvalidAction.NotFound', 404],
    [callNew(base, 'ecs', 'DescribeInstances', {}, keys), 'MissingRegionId', 400],
    [
      callNew(base, 'ecs', 'DescribeInstances', { RegionId: 'mars-1' }, keys),
      'InvalidRegionId.NotFound',
      404,
    ],
    [
      callNew(base.replace('seoul', 'nobody'), 'ecs', 'DescribeRegions', {}, keys),
      'InvalidAccessKeyId.NotFound',
      404,
    ],
    [
      reply(await fetch(`${base}/ecs?Action=DescribeRegions&Version=2014-05-26&Format=JSON`)),
      'MissingAccessKeyId',
      400,
    ],
    [reply(await fetch(`${base}/ecs?Format=JSON`)), 'MissingAction', 400],
  ] as const;
  for (const [answer, code, status] of cases) {
    const { body, text, ...rest } = await answer;
    assert.equal(body.Code, code, text);
    assert.equal(rest.status, status, text);
  }
});

test('a nonce serves once, in either form', async () => {
  const options = { nonce: 'once-only' };
  assert.equal((await callNew(twin.base, 'ecs', 'DescribeRegions', {}, twin.keys, options)).status, 200);
  const again = await callNew(twin.base, 'ecs', 'DescribeRegions', {}, twin.keys, options);
  assert.equal(again.body.Code, 'SignatureNonceUsed');
  const extra = { SignatureNonce: 'once-only' };
  const other = await callOld(twin.base, 'ecs', 'DescribeRegions', {}, twin.keys, { extra });
  assert.equal(other.body.Code, 'SignatureNonceUsed');
});

test('an unsigned header, a body other than its hash', async () => {
  const url = new URL(`${twin.base}/ecs`);
  const headers = {
    host: url.host,
    'x-acs-action': 'DescribeRegions',
    'x-acs-content-sha256': sha(''),
    'x-acs-date': stamp(),
    'x-acs-signature-nonce': 'n1',
    'x-acs-version': '2014-05-26',
  };
  const authorization = signNew({ method: 'POST', query: {}, headers, ...twin.keys });
  const { host: _, ...sent } = headers;
  const send = (more: Record<string, string>, body?: string) =>
    fetch(url, { method: 'POST', headers: { ...sent, authorization, ...more }, ...(body && { body }) }).then(
      reply,
    );
  assert.equal((await send({ 'x-acs-more': '1' })).body.Code, 'IncompleteSignature');
  assert.equal((await send({}, 'RegionId=x')).body.Code, 'IncompleteSignature');
  assert.equal((await send({ authorization: 'ACS3-HMAC-SHA256 nonsense' })).body.Code, 'IncompleteSignature');
  assert.equal((await send({})).status, 200);
});
