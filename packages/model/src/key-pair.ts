/** A key pair for SSH. Made here: the public half goes to the cloud, the private half is stored sealed and shown once. */
import type { Static } from 'typebox';
import { closed, Name, Time } from './schema.ts';
import { Type } from './type.ts';

/** Without `publicKey` a pair is made (ed25519) and the private half is in the answer, once. */
export const KeyPairInput = closed({
  name: Name,
  publicKey: Type.Optional(Type.String({ maxLength: 16384 })),
});
export type KeyPairInput = Static<typeof KeyPairInput>;
export const KeyPair = closed({
  name: Name,
  connection: Name,
  id: Type.String({ description: "the cloud's id" }),
  /** OpenSSH form: `ssh-ed25519 AAAA… comment`. */
  publicKey: Type.String(),
  /** `SHA256:…`, as `ssh-keygen -l` prints it. */
  fingerprint: Type.String(),
  /** OpenSSH PEM; only in the answer to the create that made the pair. */
  privateKey: Type.Optional(Type.String()),
  created: Time,
});
export type KeyPair = Static<typeof KeyPair>;
