/** Key pairs: the public half, kept as a mark; it is put into each container that is made with it. */
import type { KeyPairs } from '@cloud-barista/driver/key-pairs';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId } from '@cloud-barista/model/ids';
import { filters, type Engine } from './engine.ts';
import { cut, label, listMarks, makeMark, readMark, removeMark, tokenIn, type Mark } from './marks.ts';

/** The blob begins with the length and the name of its type, as the line does. Source: RFC 4253, 6.6. */
function isPublicKey(line: string): boolean {
  const [type = '', text = ''] = line.trim().split(/\s+/);
  const blob = Buffer.from(text, 'base64');
  return (
    /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp\d{3})$/.test(type) &&
    blob.length > type.length + 8 &&
    blob.readUInt32BE(0) === type.length &&
    blob.toString('latin1', 4, 4 + type.length) === type
  );
}

const shown = ({ name, token }: Mark) => ({ id: cloudId(name), name, ...tokenIn(token) });

export function createKeyPairs(engine: Engine): KeyPairs {
  return {
    async create(call, { name, publicKey }) {
      // The engine takes any text; a VM whose key is none would let nobody in.
      if (!isPublicKey(publicKey))
        throw new BaristaError('invalid_argument', 'That is no OpenSSH public key.', {
          where: 'publicKey',
          next: 'Give one line such as: ssh-ed25519 AAAA… name',
        });
      return shown(
        await makeMark(engine, call, 'key-pair', { name, token: call.token, data: { publicKey } }),
      );
    },
    list: async call => cut((await listMarks(engine, call, 'key-pair')).map(shown), key => key.id, call),
    get: async (call, id) => shown(await readMark(engine, call, 'key-pair', id)),
    delete: (call, id) => removeMark(engine, call, 'key-pair', id),
  };
}

export async function publicKeyOf(
  engine: Engine,
  call: Parameters<KeyPairs['get']>[0],
  id: string,
): Promise<string> {
  const { data } = await readMark(engine, call, 'key-pair', id);
  const { publicKey } = (data ?? {}) as { publicKey?: string };
  if (publicKey !== undefined) return publicKey;
  throw new BaristaError('data_loss', `The key pair ${id} of the engine has lost its key.`, {
    next: 'Delete it and make another.',
  });
}

/** Containers, running or not, that carry `key=value` among their labels. */
export async function usersOf(
  engine: Engine,
  call: Parameters<KeyPairs['get']>[0],
  key: keyof typeof label,
  value: string,
): Promise<{ Id: string; Labels: Record<string, string> }[]> {
  return engine.ask(call, 'GET', `/containers/json?all=1&${filters({ label: [`${label[key]}=${value}`] })}`, {
    resource: 'vm',
  });
}
