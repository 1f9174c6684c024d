/** Key pairs: OpenSSH itself reads what we make. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import ssh2 from 'ssh2';
import { makeSshKeyPair, readPublicKey } from './ssh-keys.ts';

test('ssh2 reads the pair, and the halves belong together', async () => {
  for (let count = 0; count < 20; count++) {
    const pair = await makeSshKeyPair('web@cloud-barista'.slice(0, count));
    const read = ssh2.utils.parseKey(pair.privateKey);
    assert.ok(!(read instanceof Error));
    assert.equal(read.type, 'ssh-ed25519');
    assert.equal(read.getPublicSSH().toString('base64'), pair.publicKey.split(' ')[1]);
    assert.equal(read.verify('data', read.sign('data')), true);
  }
});

test('ssh-keygen reads the pair and prints our fingerprint', async t => {
  if (spawnSync('ssh-keygen', ['-?']).error) return t.skip('no ssh-keygen here');
  const dir = mkdtempSync(join(tmpdir(), 'barista-ssh-'));
  try {
    const pair = await makeSshKeyPair('web');
    writeFileSync(join(dir, 'key'), pair.privateKey, { mode: 0o600 });
    const [type, blob] = execFileSync('ssh-keygen', ['-y', '-f', join(dir, 'key')], { encoding: 'utf8' })
      .trim()
      .split(' ');
    assert.equal(`${type} ${blob} web`, pair.publicKey);
    writeFileSync(join(dir, 'key.pub'), pair.publicKey);
    const listed = execFileSync('ssh-keygen', ['-l', '-f', join(dir, 'key.pub')], { encoding: 'utf8' });
    assert.ok(listed.includes(readPublicKey(pair.publicKey).fingerprint));
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('refuses what is no public key, and says so', async () => {
  const { publicKey, privateKey } = await makeSshKeyPair('x');
  for (const bad of [
    '',
    'hello',
    privateKey,
    publicKey.slice(0, 40),
    publicKey.replace('ssh-ed25519', 'ssh-rsa'),
    'ssh-dss AAAA',
    `${publicKey}\n${publicKey}`,
  ])
    assert.throws(() => readPublicKey(bad), { code: 'invalid_argument' });
  assert.equal(readPublicKey(`  ${publicKey}\n`).publicKey, publicKey);
});
