import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { canonicalQuery, percentEncode, sign } from './signer.ts';

const key = { accessKeyId: 'YourAccessKeyId', accessKeySecret: 'YourAccessKeySecret' };
const request = {
  method: 'POST',
  path: '/',
  host: 'ecs.cn-shanghai.aliyuncs.com',
  action: 'RunInstances',
  version: '2014-05-26',
  query: { RegionId: 'cn-shanghai', ImageId: 'win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd' },
  body: '',
};
const moment = { date: new Date('2023-10-26T10:22:32.123Z'), nonce: '3156853299f313e23d1673dc12e1703d' };
const authorization = (...asked: Parameters<typeof sign>) => sign(...asked)['authorization'] ?? '';

describe('signature V3', () => {
  it("is the vendor's own for its published example", () => {
    assert.equal(
      authorization(key, request, moment),
      'ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0',
    );
  });

  it('signs the security token and the form, and tells no secret', () => {
    const headers = sign(
      { ...key, securityToken: 'a-token' },
      { ...request, query: {}, body: 'A=1', contentType: 'application/x-www-form-urlencoded' },
      moment,
    );
    assert.match(
      headers['authorization'] ?? '',
      /SignedHeaders=content-type;host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-security-token;x-acs-signature-nonce;x-acs-version,/,
    );
    assert.equal(headers['x-acs-security-token'], 'a-token');
    assert.equal(headers['x-acs-date'], '2023-10-26T10:22:32Z');
    assert.ok(!JSON.stringify(headers).includes(key.accessKeySecret));
  });

  it('is another for another nonce, path, parameter, body or secret', () => {
    const signatures = [
      authorization(key, request, moment),
      authorization(key, request, { ...moment, nonce: 'other' }),
      authorization(key, { ...request, path: '/ecs' }, moment),
      authorization(key, { ...request, query: { ...request.query, A: '1' } }, moment),
      authorization(key, { ...request, body: 'x' }, moment),
      authorization({ ...key, accessKeySecret: 'x' }, request, moment),
    ];
    assert.equal(new Set(signatures).size, signatures.length);
  });

  it('encodes by RFC 3986 and sorts by the parameters’ names', () => {
    assert.equal(percentEncode("a b+c*~!'()/한"), 'a%20b%2Bc%2A~%21%27%28%29%2F%ED%95%9C');
    assert.equal(
      canonicalQuery({ 'Tag.1.Value': 'b', 'Tag.1.Key': 'a', B: '', 'A-1': '*' }),
      'A-1=%2A&B=&Tag.1.Key=a&Tag.1.Value=b',
    );
  });
});
