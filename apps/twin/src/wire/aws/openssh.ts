/** OpenSSH's forms of keys. Sources: RFC 4253 §6.6 (ssh-rsa), RFC 8709 (ssh-ed25519), OpenSSH's PROTOCOL.key (private keys). */
import { randomBytes, type JsonWebKey, type KeyObject } from 'node:crypto';

const text = (value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/** A positive integer: a zero byte goes before a high bit. */
const integer = (bytes: Buffer): Buffer =>
  text(((bytes[0] ?? 0) & 0x80) === 0 ? bytes : Buffer.concat([Buffer.alloc(1), bytes]));

const url = (value: string | undefined): Buffer => Buffer.from(value ?? '', 'base64url');

export function rsaBlob(key: KeyObject): Buffer {
  const { n, e } = key.export({ format: 'jwk' });
  return Buffer.concat([text('ssh-rsa'), integer(url(e)), integer(url(n))]);
}

export const ed25519Blob = (key: KeyObject): Buffer =>
  Buffer.concat([text('ssh-ed25519'), text(url(key.export({ format: 'jwk' }).x))]);

/** The fields of a blob, or undefined where it is cut short. */
function fields(blob: Buffer): Buffer[] | undefined {
  const found: Buffer[] = [];
  let at = 0;
  while (at < blob.length) {
    if (at + 4 > blob.length) return undefined;
    const length = blob.readUInt32BE(at);
    if (at + 4 + length > blob.length) return undefined;
    found.push(blob.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return found;
}

/** The first field of a blob: the key's type. */
export const field = (blob: Buffer): string => fields(blob)?.[0]?.toString() ?? '';

/** An ED25519 private key as `ssh-keygen` writes it; that is also the form that EC2 gives. */
export function ed25519Pem(key: KeyObject, blob: Buffer): string {
  const { d, x } = key.export({ format: 'jwk' });
  const check = randomBytes(4);
  let secret = Buffer.concat([check, check, blob, text(Buffer.concat([url(d), url(x)])), text('')]);
  for (let pad = 1; secret.length % 8 !== 0; pad++) secret = Buffer.concat([secret, Buffer.from([pad])]);
  const count = Buffer.from([0, 0, 0, 1]);
  const all = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    text('none'),
    text('none'),
    text(''),
    count,
    text(blob),
    text(secret),
  ]);
  const lines = all.toString('base64').match(/.{1,70}/g) ?? [];
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

export interface PublicKey {
  type: 'rsa' | 'ed25519';
  blob: Buffer;
  jwk: JsonWebKey;
}

const unsigned = (bytes: Buffer): string =>
  (bytes[0] === 0 ? bytes.subarray(1) : bytes).toString('base64url');

/** `ssh-rsa AAAA… comment`; RSA of 1024, 2048 or 4096 bits, as EC2 takes. Undefined where it is no such key. */
export function parsePublicKey(line: string): PublicKey | undefined {
  const [kind = '', encoded = ''] = line.trim().split(/\s+/);
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
  const blob = Buffer.from(encoded, 'base64');
  const parts = fields(blob);
  if (!parts || parts[0]?.toString() !== kind) return undefined;
  if (kind === 'ssh-ed25519' && parts.length === 2 && parts[1]?.length === 32)
    return { type: 'ed25519', blob, jwk: { kty: 'OKP', crv: 'Ed25519', x: parts[1].toString('base64url') } };
  const [, e, n] = parts;
  if (kind !== 'ssh-rsa' || !e || !n || parts.length !== 3) return undefined;
  const bits = (n[0] === 0 ? n.length - 1 : n.length) * 8;
  if (![1024, 2048, 4096].includes(bits)) return undefined;
  return { type: 'rsa', blob, jwk: { kty: 'RSA', n: unsigned(n), e: unsigned(e) } };
}
