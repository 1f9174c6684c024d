/** SSH public keys as resources. Source: Compute REST API, SSH Public Keys; RFC 4253, section 6.6 (the key's form). */
import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { jsonBody, ok, type Call, type Reply } from '../call.ts';
import { badRequest, invalidParameter } from '../errors.ts';
import { nothing, objectAt, textAt } from '../fields.ts';
import { idOf } from '../ids.ts';
import type { SshPublicKey } from '../records.ts';
import { route, type Route } from '../router.ts';
import { find, fresh, head, orderOf, patchTags, trackedRoutes } from '../tracked.ts';

const field = (data: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, data]);
};
/** The length-prefixed parts of a key's data; undefined where it is cut off. */
function parts(data: Buffer): Buffer[] | undefined {
  const found: Buffer[] = [];
  for (let at = 0; at < data.length; ) {
    if (at + 4 > data.length) return undefined;
    const end = at + 4 + data.readUInt32BE(at);
    if (end > data.length) return undefined;
    found.push(data.subarray(at + 4, end));
    at = end;
  }
  return found;
}

/** RSA of at least 2048 bits, or ed25519. */
export function isPublicKey(text: string): boolean {
  const [, type = '', encoded = ''] =
    /^\s*(ssh-rsa|ssh-ed25519)\s+([A-Za-z0-9+/]+={0,2})(?:\s.*)?\s*$/.exec(text) ?? [];
  const [name, first, second] = parts(Buffer.from(encoded, 'base64')) ?? [];
  if (type === '' || name?.toString() !== type) return false;
  if (type === 'ssh-ed25519') return first?.length === 32;
  return second !== undefined && second.length >= 256;
}

const view = (key: SshPublicKey) => ({
  ...head(key),
  properties: { ...(key.publicKey !== undefined && { publicKey: key.publicKey }) },
});

function readKey(call: Call, body = jsonBody(call)): string | undefined {
  const publicKey = textAt(objectAt(body, 'properties') ?? nothing, 'publicKey', 'properties.');
  if (publicKey === undefined || isPublicKey(publicKey)) return publicKey;
  throw invalidParameter(
    'publicKey',
    "The value of parameter 'publicKey' is invalid: it is a key in OpenSSH form, RSA of at least 2048 bits or ed25519.",
  );
}

function put(call: Call): Reply {
  const order = orderOf(call, 'sshPublicKeys');
  const { existing, group, name, body, tags } = order;
  const publicKey = readKey(call, body);
  if (existing) {
    if (publicKey !== undefined) existing.publicKey = publicKey;
    existing.tags = tags;
    existing.version++;
    return ok(view(existing));
  }
  const key: SshPublicKey = Object.assign(fresh(call, 'sshPublicKeys', order), { publicKey });
  group.resources.sshPublicKeys.set(name.toLowerCase(), key);
  return { status: 201, body: view(key) };
}

const generate = promisify(generateKeyPair);
const number = (text: string | undefined): Buffer => {
  const bytes = Buffer.from(text ?? '', 'base64url');
  return (bytes[0] ?? 0) >= 128 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
};

function rsaLine(key: KeyObject): string {
  const { e, n } = key.export({ format: 'jwk' });
  const data = Buffer.concat([field(Buffer.from('ssh-rsa')), field(number(e)), field(number(n))]);
  return `ssh-rsa ${data.toString('base64')} generated-by-azure`;
}

async function generatePair(call: Call): Promise<Reply> {
  const key = find(call, 'sshPublicKeys');
  if (call.raw.length > 0) {
    const type = textAt(jsonBody(call), 'encryptionType') ?? 'RSA';
    if (type.toUpperCase() !== 'RSA')
      throw badRequest('BadRequest', `The encryption type '${type}' is not offered here: only RSA.`);
  }
  const pair = await generate('rsa', { modulusLength: 3072 });
  key.publicKey = rsaLine(pair.publicKey);
  key.version++;
  return ok({
    id: idOf(key),
    publicKey: key.publicKey,
    privateKey: pair.privateKey.export({ type: 'pkcs1', format: 'pem' }),
  });
}

export const sshKeyRoutes: readonly Route[] = [
  ...trackedRoutes({
    type: 'sshPublicKeys',
    noun: 'SshPublicKeys',
    verbs: ['ListByResourceGroup', 'ListBySubscription', 'Update'],
    put,
    view,
    patch(call) {
      const key = find(call, 'sshPublicKeys');
      const body = jsonBody(call);
      key.publicKey = readKey(call, body) ?? key.publicKey;
      patchTags(call, key, body);
      return ok(view(key));
    },
    remove(_, key) {
      key.group.resources.sshPublicKeys.delete(key.name.toLowerCase());
      return { status: 200 };
    },
  }),
  route(
    'SshPublicKeys_GenerateKeyPair',
    'POST /subscriptions/{}/resourceGroups/{}/providers/Microsoft.Compute/sshPublicKeys/{}/generateKeyPair',
    generatePair,
  ),
];
