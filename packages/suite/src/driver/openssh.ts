/** Fresh public keys in OpenSSH's one-line form. RFC 4253 §6.6 (ssh-rsa), RFC 8709 §4 (ssh-ed25519). */
import { generateKeyPairSync } from 'node:crypto';

const field = (bytes: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};
/** RFC 4251 §5 mpint: a leading zero keeps a number with its top bit set positive. */
const number = (bytes: Buffer): Buffer =>
  field((bytes[0] ?? 0) > 127 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
const line = (algorithm: string, ...fields: Buffer[]): string =>
  `${algorithm} ${Buffer.concat([field(Buffer.from(algorithm)), ...fields]).toString('base64')} suite@cloud-barista`;
const bytes = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64url');

export const newEd25519Key = (): string =>
  line('ssh-ed25519', field(bytes(generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x)));

export function newRsaKey(): string {
  const { e, n } = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
  return line('ssh-rsa', number(bytes(e)), number(bytes(n)));
}
