/** /v2.1/os-keypairs: imported, or made here. Source: Compute API, "Keypairs"; RFC 4253 §6.6 for the key's blob. */
import { createHash, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import { jsonBody, isObject, type SiteCall } from '../call.ts';
import { noContent, type Reply } from '../reply.ts';
import { ApiError, badRequest, conflict, notFound } from '../errors.ts';
import { quota } from '../quotas.ts';
import type { KeyPair } from '../records.ts';
import { route, type SiteRoute } from '../router.ts';
import { micros } from '../text.ts';
import * as input from './input.ts';
import { cut, nextLink, pagesOf } from './pages.ts';

const generate = promisify(generateKeyPair);

const string = (value: string | Buffer): Buffer => {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
/** A positive number never starts with a set sign bit. */
const mpint = (value: Buffer): Buffer =>
  string((value[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), value]) : value);

const keyTypes =
  /^(ssh-(rsa|dss|ed25519)|ecdsa-sha2-nistp(256|384|521)|sk-(ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com)$/;

/** MD5 of the blob in pairs of digits, as `ssh-keygen -E md5` has it. */
export function fingerprint(publicKey: string): string {
  const [type = '', blob = ''] = publicKey.trim().split(/\s+/);
  const bytes = Buffer.from(blob, 'base64');
  const length = bytes.length >= 4 ? bytes.readUInt32BE(0) : 0;
  if (!keyTypes.test(type) || bytes.subarray(4, 4 + length).toString() !== type)
    throw badRequest('Keypair data is invalid: failed to generate fingerprint');
  return (createHash('md5').update(bytes).digest('hex').match(/../g) ?? []).join(':');
}

async function makeRsa(): Promise<{ publicKey: string; privateKey: string }> {
  const { publicKey, privateKey } = await generate('rsa', { modulusLength: 2048 });
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const blob = Buffer.concat([
    string('ssh-rsa'),
    mpint(Buffer.from(e, 'base64url')),
    mpint(Buffer.from(n, 'base64url')),
  ]);
  return {
    publicKey: `ssh-rsa ${blob.toString('base64')} Generated-by-Nova`,
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs1' }).toString(),
  };
}

const view = (call: SiteCall, pair: KeyPair) => ({
  name: pair.name,
  public_key: pair.publicKey,
  fingerprint: pair.fingerprint,
  ...(call.version >= 2 && { type: pair.type }),
});

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

function readName(call: SiteCall, value: unknown): string {
  const name = input.name(value);
  const [safe, shown] = call.version >= 92 ? [/^[\w. @-]*$/, '@._- '] : [/^[\w -]*$/, '_- '];
  if (!safe.test(name))
    throw badRequest(
      `An invalid 'name' value was provided. The name must be: Only expected characters: [${shown}${alphabet}]`,
    );
  return name;
}

async function create(call: SiteCall): Promise<Reply> {
  const { site, account, world } = call;
  const { keypair } = jsonBody(call);
  if (!isObject(keypair))
    throw badRequest(
      "Invalid input for field/attribute keypair. Value: None. 'keypair' is a required property",
    );
  if (keypair['name'] === undefined) throw input.lacking('keypair', keypair, 'name');
  const name = readName(call, keypair['name']);
  const type = keypair['type'] ?? 'ssh';
  if (type !== 'ssh')
    throw badRequest(
      `Keypair data is invalid: this cloud has keys of the type ssh only, not ${String(type).slice(0, 16)}`,
    );
  const exists = () => conflict(`Key pair '${name}' already exists.`);
  if (site.keyPairs.has(name)) throw exists();
  const limit = quota(account, 'key_pairs');
  if (limit >= 0 && site.keyPairs.size >= limit)
    throw new ApiError(403, 'Quota exceeded, too many key pairs.');
  const given = keypair['public_key'];
  if (given === undefined && call.version >= 92)
    throw badRequest("Invalid input for field/attribute keypair. 'public_key' is a required property");
  if (given !== undefined && typeof given !== 'string')
    throw badRequest('Keypair data is invalid: failed to generate fingerprint');
  const made = given === undefined ? await makeRsa() : { publicKey: given, privateKey: undefined };
  const print = fingerprint(made.publicKey);
  // Another request may have come first while the key was made.
  if (site.keyPairs.has(name)) throw exists();
  const pair: KeyPair = {
    n: site.next(),
    name,
    type: 'ssh',
    fingerprint: print,
    publicKey: made.publicKey,
    keys: [made.publicKey.trim()],
    createdAt: world.now(),
  };
  site.keyPairs.set(name, pair);
  return {
    status: call.version >= 2 ? 201 : 200,
    body: {
      keypair: {
        ...view(call, pair),
        user_id: account.userId,
        ...(made.privateKey !== undefined && { private_key: made.privateKey }),
      },
    },
  };
}

function find(call: SiteCall): KeyPair {
  const pair = call.site.keyPairs.get(call.id);
  if (!pair) throw notFound(`Keypair ${call.id} not found for user ${call.account.userId}`);
  return pair;
}

function list(call: SiteCall): Reply {
  const rows = [...call.site.keyPairs.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const paged = call.version >= 35;
  const { page, more } = paged ? cut(rows, pagesOf(call), each => each.name) : { page: rows, more: false };
  return {
    status: 200,
    body: {
      keypairs: page.map(pair => ({ keypair: view(call, pair) })),
      ...(more && { keypairs_links: nextLink(call, '/os-keypairs', page.at(-1)?.name ?? '') }),
    },
  };
}

export const keyPairRoutes: readonly SiteRoute[] = [
  route('GET /os-keypairs', list),
  route('POST /os-keypairs', create),
  route('GET /os-keypairs/{}', call => {
    const pair = find(call);
    return {
      status: 200,
      body: {
        keypair: {
          ...view(call, pair),
          id: pair.n,
          user_id: call.account.userId,
          created_at: micros(pair.createdAt),
          updated_at: null,
          deleted: false,
          deleted_at: null,
        },
      },
    };
  }),
  route('DELETE /os-keypairs/{}', call => {
    call.site.keyPairs.delete(find(call).name);
    return call.version >= 2 ? noContent : { status: 202 };
  }),
];
