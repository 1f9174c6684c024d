/** The public half of a private key that a user brings: OpenSSH's own form (PROTOCOL.key) or PEM (PKCS#1, PKCS#8). */
import { createPrivateKey, createPublicKey, type JsonWebKey } from 'node:crypto';
import { BaristaError } from '@cloud-barista/model/errors';
import { readPublicKey } from './ssh-keys.ts';

const magic = 'openssh-key-v1\0';

const bytesOf = (value: string | undefined): Buffer => Buffer.from(value ?? '', 'base64url');
const packed = (bytes: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
/** A positive number as SSH sends it: a leading zero keeps it so (RFC 4251 section 5, mpint). */
const mpint = (bytes: Buffer): Buffer =>
  packed((bytes[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);

/** The public blob in front of the private part: cipher, KDF, its options, the number of keys, then the blob. */
function openSshBlob(privateKey: string): Buffer | undefined {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/.exec(privateKey)?.[1];
  if (body === undefined) return undefined;
  const bytes = Buffer.from(body, 'base64');
  if (bytes.toString('latin1', 0, magic.length) !== magic) return undefined;
  let at = magic.length;
  const next = (): Buffer => {
    const length = at + 4 <= bytes.length ? bytes.readUInt32BE(at) : 0;
    const field = bytes.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    return field;
  };
  const cipher = next().toString();
  if (cipher !== 'none')
    throw new BaristaError('invalid_argument', 'The private key is protected by a passphrase.', {
      next: 'Give it without one (ssh-keygen -p): it is stored sealed here.',
      where: 'privateKey',
    });
  next();
  next();
  at += 4;
  return next();
}

function pemBlob(privateKey: string): Buffer | undefined {
  let jwk: JsonWebKey;
  try {
    jwk = createPublicKey(createPrivateKey(privateKey)).export({ format: 'jwk' });
  } catch {
    return undefined;
  }
  if (jwk.crv === 'Ed25519')
    return Buffer.concat([packed(Buffer.from('ssh-ed25519')), packed(bytesOf(jwk.x))]);
  if (jwk.kty === 'RSA')
    return Buffer.concat([packed(Buffer.from('ssh-rsa')), mpint(bytesOf(jwk.e)), mpint(bytesOf(jwk.n))]);
  return undefined;
}

/** invalid_argument where it is no private key that we can use; never tells any of it. */
export function publicHalf(privateKey: string): { publicKey: string; fingerprint: string } {
  const blob = openSshBlob(privateKey) ?? pemBlob(privateKey);
  if (blob && blob.length > 4)
    return readPublicKey(
      `${blob.toString('latin1', 4, 4 + blob.readUInt32BE(0))} ${blob.toString('base64')}`,
    );
  throw new BaristaError('invalid_argument', 'That is no private key of OpenSSH or PEM form.', {
    next: 'Give the content of a file such as ~/.ssh/id_ed25519.',
    where: 'privateKey',
  });
}
