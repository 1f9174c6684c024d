/**
 * Key pairs by Nova (Compute API, "Keypairs"). A name is unique per user and is the id. Nova keeps the public key's
 * text as it came, so the mark stands in its comment. On microversion 2.1: from 2.35 on the list comes in pages.
 */
import { orAbsent } from '@cloud-barista/driver/errors';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import type { Call, CreateCall, PageCall } from '@cloud-barista/driver/call';
import type { CloudKeyPair, KeyPairRequest, KeyPairs } from '@cloud-barista/driver/key-pairs';
import { asToken, mark, markOf, pageOf, type Api } from './api.ts';

interface NovaKeyPair {
  name: string;
  public_key: string;
}
interface One {
  keypair: NovaKeyPair;
}

/** Type and key, without the comment. */
const material = (publicKey: string): string => publicKey.trim().split(/\s+/).slice(0, 2).join(' ');
const read = (pair: NovaKeyPair): CloudKeyPair => ({
  id: cloudId(pair.name),
  name: pair.name,
  ...asToken(markOf(pair.public_key)),
});

export function createKeyPairs(
  api: Api,
): KeyPairs & { findMarked(call: Call, token: Token): Promise<string[]> } {
  const everything = async ({ signal }: Call): Promise<NovaKeyPair[]> => {
    const body = await api.send<{ keypairs: One[] }>(
      'compute',
      'GET /os-keypairs',
      { resource: 'key-pair' },
      signal,
    );
    return body.keypairs.map(one => one.keypair);
  };
  const show = async ({ signal }: Call, name: string): Promise<NovaKeyPair> => {
    const order = { resource: 'key-pair', name, path: { name } } as const;
    return (await api.send<One>('compute', 'GET /os-keypairs/{name}', order, signal)).keypair;
  };

  return {
    async create(call: CreateCall, request: KeyPairRequest): Promise<CloudKeyPair> {
      const { name } = request;
      const public_key = `${material(request.publicKey)} ${mark(call.token)}`;
      const order = { resource: 'key-pair', name, body: { keypair: { name, public_key } } } as const;
      try {
        return read((await api.send<One>('compute', 'POST /os-keypairs', order, call.signal)).keypair);
      } catch (error) {
        if (!call.again || !hasCode(error, 'already_exists')) throw error;
        const pair = await show(call, name);
        if (markOf(pair.public_key) === call.token && material(pair.public_key) === material(public_key))
          return read(pair);
        throw new BaristaError('already_exists', `OpenStack has another key pair named ${name}.`, {
          next: 'Delete that one or use another name.',
          where: 'keyPair',
          source: error,
        });
      }
    },
    async list(call: PageCall) {
      return pageOf((await everything(call)).map(read), pair => pair.id, call);
    },
    async get(call: Call, id: CloudId) {
      return read(await show(call, id));
    },
    async delete({ signal }: Call, id: CloudId) {
      const order = { resource: 'key-pair', name: id, path: { name: id } } as const;
      await orAbsent(api.send('compute', 'DELETE /os-keypairs/{name}', order, signal));
    },
    async findMarked(call, token) {
      return (await everything(call))
        .filter(pair => markOf(pair.public_key) === token)
        .map(pair => pair.name);
    },
  };
}
