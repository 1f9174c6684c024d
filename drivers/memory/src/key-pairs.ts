/** Key pairs: the public half, looked at as sshd would (RFC 4253 §6.6: the blob begins with its algorithm's name). */
import type { CloudKeyPair, KeyPairs } from '@cloud-barista/driver/key-pairs';
import type { CloudId } from '@cloud-barista/model/ids';
import type { Context } from './calls.ts';
import { MemoryCloudError } from './errors.ts';
import type { KeyPair, State } from './state.ts';

/** Throws KeyPairNotFound. */
export function keyPairOf(state: State, id: CloudId): KeyPair {
  const key = state.keys.get(id);
  if (!key) throw new MemoryCloudError('KeyPairNotFound', `There is no key pair ${id}.`);
  return key;
}

/** Bytes of the least blob of each algorithm: an ed25519 key is 51 bytes long, an RSA key of 1024 bits 149. */
const least: Record<string, number> = { 'ssh-ed25519': 51, 'ssh-rsa': 149 };

function requireKey(publicKey: string): void {
  const [algorithm = '', base64 = ''] = publicKey.trim().split(/\s+/);
  const blob = Buffer.from(base64, 'base64');
  const named = blob.length >= 4 ? blob.subarray(4, 4 + blob.readUInt32BE(0)).toString() : '';
  if (named !== algorithm || blob.length < (least[algorithm] ?? Infinity))
    throw new MemoryCloudError('InvalidPublicKey', 'The public key is not one of OpenSSH, ed25519 or RSA.');
}

const view = ({ id, name, token }: KeyPair): CloudKeyPair => ({ id, name, token });

export function createKeyPairs(context: Context): KeyPairs {
  const { state, send } = context;
  return {
    create: (call, request) =>
      send('ImportKeyPair', 'key-pair', call, request.name, () => {
        const marked = state.marked['key-pair'].get(call.token);
        if (marked) return view(marked);
        requireKey(request.publicKey);
        if (state.names.has(`key ${request.name}`))
          throw new MemoryCloudError('KeyPairNameTaken', `There is a key pair named ${request.name}.`);
        const made: KeyPair = { id: state.keys.nextId(), token: call.token, ...request };
        state.keys.add(made);
        state.names.add(`key ${made.name}`);
        state.marked['key-pair'].set(call.token, made);
        return view(made);
      }),
    list: call => send('ListKeyPairs', 'key-pair', call, '', () => state.keys.page(call, view)),
    get: (call, id) => send('GetKeyPair', 'key-pair', call, id, () => view(keyPairOf(state, id))),
    delete: (call, id) =>
      send('DeleteKeyPair', 'key-pair', call, id, () => {
        const key = state.keys.get(id);
        if (!key) return;
        state.keys.delete(id);
        state.names.delete(`key ${key.name}`);
        state.marked['key-pair'].delete(key.token);
        state.tags.delete(id);
      }),
  };
}
