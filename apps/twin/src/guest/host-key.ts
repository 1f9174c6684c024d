/**
 * The SSH host key of a VM: ed25519, derived from (secret of this Twin, the VM's id), so that nothing is stored, it is the
 * same after a restart and no two VMs share one. The seed is HKDF-SHA-256 (RFC 5869); ed25519 takes any 32 bytes as
 * a seed (RFC 8032, 5.1.5). ssh2 reads the openssh-key-v1 layout (OpenSSH's PROTOCOL.key), so it is written here.
 */
import { createHash, createPrivateKey, createPublicKey, hkdfSync } from 'node:crypto';

export interface HostKey {
  /** PEM in OpenSSH's own format. */
  privateKey: string;
  /** As after `SHA256:` in `ssh-keygen -lf`, with that prefix. */
  fingerprint: string;
}

/** PKCS #8 header of an ed25519 private key (RFC 8410, 7); the 32 bytes of seed follow. */
const pkcs8Header = Buffer.from('302e020100300506032b657004220420', 'hex');

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
/** RFC 4251's `string`. */
const sshString = (value: string | Buffer): Buffer =>
  Buffer.concat([uint32(value.length), Buffer.from(value)]);

function publicBytes(seed: Buffer): Buffer {
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Header, seed]), format: 'der', type: 'pkcs8' });
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
}

export function hostKey(secret: Buffer, id: string): HostKey {
  const seed = Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), `cloud-twin ssh host key ${id}`, 32));
  const open = publicBytes(seed);
  const blob = Buffer.concat([sshString('ssh-ed25519'), sshString(open)]);
  const check = createHash('sha256').update(blob).digest().subarray(0, 4);
  const secretPart = Buffer.concat([
    check,
    check,
    blob,
    sshString(Buffer.concat([seed, open])),
    sshString(''),
  ]);
  const padding = Buffer.from(Array.from({ length: (8 - (secretPart.length % 8)) % 8 }, (_, at) => at + 1));
  const whole = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    sshString('none'),
    sshString('none'),
    sshString(''),
    uint32(1),
    sshString(blob),
    sshString(Buffer.concat([secretPart, padding])),
  ]);
  const lines = whole.toString('base64').match(/.{1,70}/g) ?? [];
  return {
    privateKey: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`,
    fingerprint: `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`,
  };
}
