/** Key pairs: what is made works in OpenSSH's form, and the fingerprints are those that AWS documents. */
import * as ec2 from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import ssh2 from 'ssh2';
import { fails, some, startTwin, type Twin } from './server.ts';

describe('key pairs', () => {
  let twin: Twin;
  let client: ec2.EC2Client;
  before(async () => {
    twin = await startTwin({ quotas: { keyPairs: 5 } });
    client = twin.client;
  });
  after(() => twin.close());

  const describeOne = async (name: string) =>
    some(
      (await client.send(new ec2.DescribeKeyPairsCommand({ KeyNames: [name], IncludePublicKey: true })))
        .KeyPairs?.[0],
    );
  const publicOf = (material: string): string => {
    const parsed = ssh2.utils.parseKey(material);
    assert.ok(!(parsed instanceof Error) && parsed.isPrivateKey());
    return `${parsed.type} ${parsed.getPublicSSH().toString('base64')}`;
  };

  it('makes RSA: PKCS #1, fingerprint SHA-1 of the private key', async () => {
    const made = await client.send(new ec2.CreateKeyPairCommand({ KeyName: 'rsa' }));
    const material = some(made.KeyMaterial);
    assert.match(material, /^-----BEGIN RSA PRIVATE KEY-----\n/);
    const der = createPrivateKey(material).export({ type: 'pkcs8', format: 'der' });
    const expected = createHash('sha1').update(der).digest('hex').match(/../g)?.join(':');
    assert.equal(made.KeyFingerprint, expected);
    const found = await describeOne('rsa');
    assert.equal(found.PublicKey, `${publicOf(material)} rsa`);
    assert.equal(found.KeyType, 'rsa');
    assert.ok(Math.abs(some(found.CreateTime).getTime() - Date.now()) < 60_000);
  });

  it('makes ED25519: OpenSSH form, fingerprint SHA-256 of the public key', async () => {
    const made = await client.send(new ec2.CreateKeyPairCommand({ KeyName: 'ed', KeyType: 'ed25519' }));
    const line = publicOf(`${some(made.KeyMaterial)}\n`);
    assert.equal((await describeOne('ed')).PublicKey, `${line} ed`);
    const blob = Buffer.from(some(line.split(' ')[1]), 'base64');
    assert.equal(made.KeyFingerprint, createHash('sha256').update(blob).digest('base64'));
  });

  it('imports RSA (MD5 of the public key) and ED25519, and nothing else', async () => {
    const rsa = ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 });
    const parsed = ssh2.utils.parseKey(rsa.private);
    assert.ok(!(parsed instanceof Error));
    const pem = parsed.getPublicPEM();
    const line = `${rsa.public} me@home`;
    const sent = (KeyName: string, text: string) =>
      client.send(new ec2.ImportKeyPairCommand({ KeyName, PublicKeyMaterial: Buffer.from(text) }));
    const imported = await sent('imported', line);
    const der = createPublicKey(pem).export({ type: 'spki', format: 'der' });
    assert.equal(
      imported.KeyFingerprint,
      createHash('md5').update(der).digest('hex').match(/../g)?.join(':'),
    );
    await fails(sent('imported', line), 'InvalidKeyPair.Duplicate');
    await fails(sent('other', 'ssh-rsa AAAA'), 'InvalidKey.Format', /OpenSSH/);
    await fails(sent('other', 'hello'), 'InvalidKey.Format');
    await fails(sent('other', line.replace('ssh-rsa', 'ssh-dss')), 'InvalidKey.Format');
    const ed = ssh2.utils.generateKeyPairSync('ed25519');
    await sent('ed-imported', ed.public);
    assert.equal((await describeOne('ed-imported')).KeyType, 'ed25519');
  });

  it('lists, filters, deletes, also what is not there', async () => {
    const wild = await client.send(
      new ec2.DescribeKeyPairsCommand({ Filters: [{ Name: 'key-name', Values: ['ed*'] }] }),
    );
    assert.deepEqual(
      wild.KeyPairs?.map(pair => pair.KeyName),
      ['ed', 'ed-imported'],
    );
    await fails(
      client.send(new ec2.DescribeKeyPairsCommand({ KeyNames: ['nobody'] })),
      'InvalidKeyPair.NotFound',
      /'nobody'/,
    );
    await client.send(new ec2.CreateKeyPairCommand({ KeyName: 'fifth', KeyType: 'ed25519' }));
    await fails(
      client.send(new ec2.CreateKeyPairCommand({ KeyName: 'sixth', KeyType: 'ed25519' })),
      'KeyPairLimitExceeded',
    );
    await client.send(new ec2.DeleteKeyPairCommand({ KeyName: 'fifth' }));
    await client.send(new ec2.DeleteKeyPairCommand({ KeyName: 'fifth' }));
    assert.equal(twin.wire.counts(twin.cloud)['keyPairs'], 4);
  });

  it('gives a name to one of two who ask at once', async () => {
    const send = () => client.send(new ec2.CreateKeyPairCommand({ KeyName: 'race' }));
    const outcome = await Promise.allSettled([send(), send()]);
    assert.deepEqual(outcome.map(one => one.status).sort(), ['fulfilled', 'rejected']);
  });
});
