/**
 * Key pairs: made (the private key is given once and not kept) or imported. Source: EC2 user guide, "Amazon EC2 key pairs": RSA
 * of 2048 bits or ED25519; fingerprints: SHA-1 of the private key (made RSA), MD5 of the public key (imported RSA), SHA-256 of the
 * OpenSSH public key (ED25519).
 */
import { createHash, createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { commit, type Call } from './call.ts';
import { Ec2Error, invalidValue } from './errors.ts';
import { filterAll } from './filters.ts';
import { checkId, notFound } from './ids.ts';
import { ed25519Pem, field, rsaBlob, ed25519Blob, parsePublicKey } from './openssh.ts';
import { own } from './query.ts';
import { quota } from './quotas.ts';
import type { KeyPair } from './records.ts';
import { specifiedTags, tagSet } from './tags.ts';
import type { Members } from './xml.ts';

const generate = promisify(generateKeyPair);

const colons = (digest: string): string => (digest.match(/../g) ?? []).join(':');
const md5 = (key: KeyObject) =>
  colons(
    createHash('md5')
      .update(key.export({ type: 'spki', format: 'der' }))
      .digest('hex'),
  );
const sha1 = (key: KeyObject) =>
  colons(
    createHash('sha1')
      .update(key.export({ type: 'pkcs8', format: 'der' }))
      .digest('hex'),
  );
const sha256 = (blob: Buffer) => createHash('sha256').update(blob).digest('base64');

function freeName({ site, params }: Call): string {
  const name = params.required('KeyName');
  if (name.length > 255 || !/^[\u0020-\u007e]+$/.test(name))
    throw invalidValue(name.slice(0, 300), 'KeyName', 'Up to 255 ASCII characters.');
  if (site.keyPairsByName.has(name))
    throw new Ec2Error('InvalidKeyPair.Duplicate', `The keypair already exists: ${name}`);
  if (site.keyPairs.size >= quota(site.cloud, 'keyPairs'))
    throw new Ec2Error('KeyPairLimitExceeded', 'The maximum number of key pairs has been reached.');
  return name;
}

function keep(
  { site, world }: Call,
  pair: Omit<KeyPair, 'n' | 'id' | 'createdAt' | 'name'>,
  name: string,
): KeyPair {
  const made: KeyPair = {
    n: site.next(),
    id: site.newId('key'),
    createdAt: world.now(),
    name: own(name),
    ...pair,
  };
  site.keyPairs.set(made.id, made);
  site.keyPairsByName.set(made.name, made);
  return made;
}

const createdView = (pair: KeyPair): Members => ({
  keyName: pair.name,
  keyFingerprint: pair.fingerprint,
  keyPairId: pair.id,
  tagSet: tagSet(pair.tags),
});

export async function createKeyPair(call: Call): Promise<Members> {
  const { params } = call;
  const name = freeName(call);
  const type = params.text('KeyType') ?? 'rsa';
  const format = params.text('KeyFormat') ?? 'pem';
  if (type !== 'rsa' && type !== 'ed25519') throw invalidValue(type, 'keyType', 'Expecting rsa or ed25519.');
  if (format === 'ppk') throw new Ec2Error('Unsupported', 'Keys are given in the format pem only.');
  if (format !== 'pem') throw invalidValue(format, 'keyFormat', 'Expecting pem or ppk.');
  const tags = specifiedTags(params, 'key-pair');
  commit(call);
  const { publicKey, privateKey } =
    type === 'rsa' ? await generate('rsa', { modulusLength: 2048 }) : await generate('ed25519');
  // Another may have taken the name meanwhile.
  freeName(call);
  const blob = type === 'rsa' ? rsaBlob(publicKey) : ed25519Blob(publicKey);
  const material =
    type === 'rsa'
      ? privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()
      : ed25519Pem(privateKey, blob);
  const key = `${field(blob)} ${blob.toString('base64')} ${name}`;
  const fingerprint = type === 'rsa' ? sha1(privateKey) : sha256(blob);
  const pair = keep(call, { tags, type, fingerprint, keys: [key] }, name);
  return { ...createdView(pair), keyMaterial: material.trimEnd() };
}

export function importKeyPair(call: Call): Members {
  const { params } = call;
  const name = freeName(call);
  const text = Buffer.from(params.required('PublicKeyMaterial'), 'base64').toString();
  const parsed = parsePublicKey(text);
  if (!parsed) throw new Ec2Error('InvalidKey.Format', 'Key is not in valid OpenSSH public key format');
  const tags = specifiedTags(params, 'key-pair');
  const fingerprint =
    parsed.type === 'rsa' ? md5(createPublicKey({ key: parsed.jwk, format: 'jwk' })) : sha256(parsed.blob);
  commit(call);
  const key = `${field(parsed.blob)} ${parsed.blob.toString('base64')} ${name}`;
  return createdView(keep(call, { tags, type: parsed.type, fingerprint, keys: [key] }, name));
}

/** What is not there is deleted too, as EC2 has it. */
export function deleteKeyPair(call: Call): Members {
  const { site, params } = call;
  const id = params.text('KeyPairId');
  const name = id === undefined ? params.required('KeyName') : '';
  if (id !== undefined) checkId('keyPair', id);
  const pair = id === undefined ? site.keyPairsByName.get(name) : site.keyPairs.get(id);
  commit(call);
  if (!pair) return { return: true };
  site.keyPairs.delete(pair.id);
  site.keyPairsByName.delete(pair.name);
  return { return: true, keyPairId: pair.id };
}

const keyFilters = {
  'key-pair-id': (pair: KeyPair) => pair.id,
  fingerprint: (pair: KeyPair) => pair.fingerprint,
  'key-name': (pair: KeyPair) => pair.name,
};

export function describeKeyPairs({ site, params }: Call): Members {
  const names = params.texts('KeyName');
  const ids = params.texts('KeyPairId');
  const unknown = [
    ...names.filter(name => !site.keyPairsByName.has(name)),
    ...ids.filter(id => !site.keyPairs.has(id)),
  ];
  if (unknown.length > 0) throw notFound('keyPair', ...unknown);
  const visible = [...site.keyPairs.values()].filter(
    pair => (names.length === 0 && ids.length === 0) || names.includes(pair.name) || ids.includes(pair.id),
  );
  const whole = params.boolean('IncludePublicKey') === true;
  return {
    keySet: filterAll(params, keyFilters, visible).map(pair => ({
      keyPairId: pair.id,
      keyFingerprint: pair.fingerprint,
      keyName: pair.name,
      keyType: pair.type,
      tagSet: tagSet(pair.tags),
      publicKey: whole ? pair.keys[0] : undefined,
      createTime: new Date(pair.createdAt).toISOString(),
    })),
  };
}
