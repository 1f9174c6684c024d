/** Key pairs. Source: ECS API reference: CreateKeyPair (RSA of 2048 bits), ImportKeyPair, DescribeKeyPairs, DeleteKeyPairs. */
import { createHash, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { commit, type Answer, type Call } from './call.ts';
import { AliError, invalid, notFound } from './errors.ts';
import { like, page, second } from './pages.ts';
import { own } from './params.ts';
import { quota } from './quotas.ts';
import type { KeyPair } from './records.ts';
import { ecsTags, readTags, tagFilter } from './tags.ts';
import { resourceGroup } from './vpcs.ts';

const generate = promisify(generateKeyPair);

function freeName({ params, site }: Call): string {
  const name = params.required('KeyPairName');
  if (
    name.length < 2 ||
    name.length > 128 ||
    !/^\p{L}[\p{L}\p{N}:_.-]*$/u.test(name) ||
    /^https?:\/\//.test(name)
  )
    throw invalid('InvalidKeyPairName.Malformed', 'Specified Key Pair name is not valid.');
  if (site.keyPairs.has(name)) throw new AliError('KeyPair.AlreadyExist', 'The key pair already exist.');
  if (site.keyPairs.size >= quota(site.cloud, 'keyPairs'))
    throw new AliError('QuotaExceed.KeyPair', 'The maximum number of key pairs is reached.', 403);
  return own(name);
}

/** A blob's fields. Source: RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4. */
function fields(blob: Buffer): Buffer[] | undefined {
  const found: Buffer[] = [];
  for (let at = 0; at < blob.length; ) {
    if (at + 4 > blob.length) return undefined;
    const end = at + 4 + blob.readUInt32BE(at);
    if (end > blob.length) return undefined;
    found.push(blob.subarray(at + 4, end));
    at = end;
  }
  return found;
}

const counts: Readonly<Record<string, number>> = {
  'ssh-rsa': 3,
  'ssh-ed25519': 2,
  'ecdsa-sha2-nistp256': 3,
  'ecdsa-sha2-nistp384': 3,
  'ecdsa-sha2-nistp521': 3,
};

/** The line as it is kept, without its comment. */
function readPublicKey(line: string): { line: string; blob: Buffer } {
  const [kind = '', encoded = ''] = line.trim().split(/\s+/);
  const blob = /^[A-Za-z0-9+/]+={0,2}$/.test(encoded) ? Buffer.from(encoded, 'base64') : Buffer.alloc(0);
  const parts = fields(blob);
  if (!parts || parts[0]?.toString() !== kind || parts.length !== counts[kind])
    throw invalid('InvalidPublicKeyBody.Malformed', 'The specified PublicKeyBody is not a valid public key.');
  return { line: `${kind} ${encoded}`, blob };
}

const fingerprintOf = (blob: Buffer): string => createHash('md5').update(blob).digest('hex');

function keep(
  { site, world }: Call,
  name: string,
  line: string,
  blob: Buffer,
  tags: KeyPair['tags'],
): KeyPair {
  const pair: KeyPair = {
    id: site.newId('ssh'),
    createdAt: world.now(),
    tags,
    name,
    fingerprint: fingerprintOf(blob),
    keys: [own(`${line} ${name}`)],
  };
  site.keyPairs.set(name, pair);
  return pair;
}

const made = (pair: KeyPair): Answer => ({
  KeyPairId: pair.id,
  KeyPairName: pair.name,
  KeyPairFingerPrint: pair.fingerprint,
  ResourceGroupId: resourceGroup,
});

export function importKeyPair(call: Call): Answer {
  const { params } = call;
  const name = freeName(call);
  const { line, blob } = readPublicKey(params.required('PublicKeyBody'));
  const tags = readTags(params);
  commit(call);
  return made(keep(call, name, line, blob, tags));
}

/** The key as SSH writes it. Source: RFC 4253 §6.6: string, mpint e, mpint n. */
function rsaBlob(n: string, e: string): Buffer {
  const parts = [Buffer.from('ssh-rsa'), Buffer.from(e, 'base64url'), Buffer.from(n, 'base64url')];
  return Buffer.concat(
    parts.flatMap((part, index) => {
      const body = index > 0 && ((part[0] ?? 0) & 0x80) !== 0 ? Buffer.concat([Buffer.alloc(1), part]) : part;
      const length = Buffer.alloc(4);
      length.writeUInt32BE(body.length);
      return [length, body];
    }),
  );
}

export async function createKeyPair(call: Call): Promise<Answer> {
  freeName(call);
  const tags = readTags(call.params);
  commit(call);
  const { publicKey, privateKey } = await generate('rsa', { modulusLength: 2048 });
  // Another may have taken the name meanwhile.
  const name = freeName(call);
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const blob = rsaBlob(n, e);
  const pair = keep(call, name, `ssh-rsa ${blob.toString('base64')}`, blob, tags);
  return {
    ...made(pair),
    PrivateKeyBody: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString().trimEnd(),
  };
}

export function describeKeyPairs({ site, params }: Call): Answer {
  const name = like(params.text('KeyPairName'));
  const fingerprint = params.text('KeyPairFingerPrint');
  const whole = params.boolean('IncludePublicKey') === true;
  const has = tagFilter(params);
  const all = [...site.keyPairs.values()].filter(
    pair => name(pair.name) && (fingerprint === undefined || fingerprint === pair.fingerprint) && has(pair),
  );
  const { records, members } = page(params, all, 50);
  return {
    ...members,
    KeyPairs: {
      KeyPair: records.map(pair => ({
        ...made(pair),
        CreationTime: second(pair.createdAt),
        Tags: ecsTags(pair.tags),
        ...(whole && { PublicKey: pair.keys[0] }),
      })),
    },
  };
}

/** All or none. */
export function deleteKeyPairs(call: Call): Answer {
  const { site, params } = call;
  params.required('KeyPairNames');
  const names = params.json('KeyPairNames') ?? [];
  if (names.length === 0 || names.length > 100)
    throw invalid('InvalidKeyPairNames.Malformed', 'The specified KeyPairNames is not valid.');
  if (names.some(name => !site.keyPairs.has(name))) throw notFound('InvalidKeyPair.NotFound', 'KeyPairName');
  commit(call);
  for (const name of names) site.keyPairs.delete(name);
  return {};
}
