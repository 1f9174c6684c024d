import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, it } from 'node:test';
import { makeSshKeyPair, readPublicKey } from './ssh-keys.ts';
import { publicHalf } from './ssh-private-keys.ts';

describe('the public half of a private key', () => {
  it('of OpenSSH’s own form', async () => {
    const { publicKey, privateKey } = await makeSshKeyPair('me');
    assert.equal(publicHalf(privateKey).fingerprint, readPublicKey(publicKey).fingerprint);
  });
  it('of PEM: ed25519 and RSA', () => {
    const ed = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    assert.match(publicHalf(ed).publicKey, /^ssh-ed25519 /);
    for (const type of ['pkcs1', 'pkcs8'] as const) {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      assert.match(publicHalf(privateKey.export({ type, format: 'pem' }).toString()).publicKey, /^ssh-rsa /);
    }
  });
  it('refuses what is none, without telling any of it', () => {
    for (const text of ['', 'secret words', '-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END'])
      assert.throws(
        () => publicHalf(text),
        (error: Error) =>
          !/secret|c2Vj/.test(error.message) && 'code' in error && error.code === 'invalid_argument',
      );
  });
});
