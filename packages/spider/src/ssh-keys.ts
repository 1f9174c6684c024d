/**
 * SSH key pairs in OpenSSH's forms. Public keys: RFC 4253 section 6.6 (blobs), RFC 8709 (ed25519). Private keys: the format of
 * OpenSSH's PROTOCOL.key, unencrypted (the record that holds it is sealed).
 */
import { createHash, generateKeyPair, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { BaristaError } from '@cloud-barista/model/errors';

export interface SshKeyPair {
  publicKey: string;
  privateKey: string;
}

const uint = (value: number): Buffer => {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
};
/** A string as SSH sends it: length, then bytes (RFC 4251 section 5). */
const packed = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value as Buffer);
  return Buffer.concat([uint(bytes.length), bytes]);
};
const generate = promisify(generateKeyPair);

export async function makeSshKeyPair(comment: string): Promise<SshKeyPair> {
  const pair = await generate('ed25519');
  const jwk = pair.privateKey.export({ format: 'jwk' });
  const open = Buffer.from(jwk.x ?? '', 'base64url');
  const secret = Buffer.from(jwk.d ?? '', 'base64url');
  const blob = Buffer.concat([packed('ssh-ed25519'), packed(open)]);
  const check = randomBytes(4);
  let inner = Buffer.concat([check, check, blob, packed(Buffer.concat([secret, open])), packed(comment)]);
  // Padded 1, 2, 3 … to the block size of cipher "none", 8.
  const pad = (8 - (inner.length % 8)) % 8;
  inner = Buffer.concat([inner, Buffer.from(Array.from({ length: pad }, (_, index) => index + 1))]);
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    packed('none'),
    packed('none'),
    packed(''),
    uint(1),
    packed(blob),
    packed(inner),
  ]);
  const lines = body.toString('base64').match(/.{1,70}/g) ?? [];
  return {
    publicKey: `ssh-ed25519 ${blob.toString('base64')} ${comment}`,
    privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`,
  };
}

/** Checks a public key (ed25519 or RSA of 2048 bits or more) and puts it into one form: type, blob, comment on one line. */
export function readPublicKey(text: string): { publicKey: string; fingerprint: string } {
  const fail = (message: string): never => {
    throw new BaristaError('invalid_argument', message, {
      next: 'Give an OpenSSH public key, e.g. the content of ~/.ssh/id_ed25519.pub.',
      where: 'publicKey',
    });
  };
  if (text.includes('PRIVATE KEY')) fail('That is a private key. Keep it to yourself.');
  const [type = '', encoded = '', ...comment] = text.trim().split(/[ \t]+/);
  if (/[\r\n]/.test(text.trim())) fail('A public key is one line.');
  if (type !== 'ssh-ed25519' && type !== 'ssh-rsa')
    fail(
      `Keys of type ${JSON.stringify(type.slice(0, 40))} are not taken by every cloud; use ed25519 or RSA.`,
    );
  const blob = Buffer.from(encoded, 'base64');
  const fields: Buffer[] = [];
  for (let at = 0; at + 4 <= blob.length; ) {
    const length = blob.readUInt32BE(at);
    fields.push(blob.subarray(at + 4, at + 4 + length));
    at += 4 + length;
    if (at > blob.length) fail('The public key is cut off or damaged.');
  }
  const [name, first, modulus] = fields;
  if (name?.toString() !== type || blob.toString('base64').replace(/=+$/, '') !== encoded.replace(/=+$/, ''))
    fail('The public key is cut off or damaged.');
  if (type === 'ssh-ed25519' && (fields.length !== 2 || first?.length !== 32))
    fail('The public key is cut off or damaged.');
  if (type === 'ssh-rsa' && (fields.length !== 3 || (modulus?.length ?? 0) < 256))
    fail('An RSA key needs at least 2048 bits.');
  return {
    publicKey: [type, blob.toString('base64'), ...(comment.length > 0 ? [comment.join(' ')] : [])].join(' '),
    fingerprint: `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`,
  };
}
