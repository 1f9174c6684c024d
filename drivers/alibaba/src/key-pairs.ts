/** Key pairs. Their id here is their name, which is unique in a region and which instances report (`KeyPairName`). */
import type { Call } from '@cloud-barista/driver/call';
import type { CloudKeyPair, KeyPairs } from '@cloud-barista/driver/key-pairs';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId, type Token } from '@cloud-barista/model/ids';
import type { Api, Parameters } from './api.ts';
import { says } from './errors.ts';
import type { Listings } from '@cloud-barista/driver/listing';
import { markOf, marks, type Tagged } from './marks.ts';

const resource = 'key-pair';

interface Pair extends Tagged {
  KeyPairName?: string;
}
interface Answer {
  TotalCount?: number;
  KeyPairs?: { KeyPair?: Pair[] };
}

const toKeyPair = (pair: Pair): CloudKeyPair => ({
  id: cloudId(pair.KeyPairName ?? ''),
  name: pair.KeyPairName ?? '',
  ...markOf(pair),
});

const read = (api: Api, call: Call, parameters: Parameters): Promise<Pair[]> =>
  api.all<Answer, Pair>(
    call,
    'ecs',
    'DescribeKeyPairs',
    parameters,
    { resource },
    { size: 50, pick: answer => answer.KeyPairs?.KeyPair, id: pair => pair.KeyPairName },
  );

/** The name may hold wildcards; ours does not, but it may be the beginning of another. */
export const readKeyPair = async (api: Api, call: Call, id: string): Promise<Pair | undefined> =>
  (await read(api, call, { KeyPairName: id })).find(pair => pair.KeyPairName === id);

export const markedKeyPairs = async (api: Api, call: Call, token: Token): Promise<CloudKeyPair[]> =>
  (await read(api, call, { Tag: marks(token) })).map(toKeyPair);

export function createKeyPairs(api: Api, listings: Listings): KeyPairs {
  return {
    async create(call, { name, publicKey }) {
      const [standing] = call.again ? await markedKeyPairs(api, call, call.token) : [];
      if (standing) return standing;
      const parameters = { KeyPairName: name, PublicKeyBody: publicKey.trim(), Tag: marks(call.token) };
      try {
        await api.ask<Pair>(call, 'ecs', 'ImportKeyPair', parameters, { resource, name });
        api.born(name);
        return { id: cloudId(name), name, token: call.token };
      } catch (error) {
        if (!says(error, 'KeyPair.AlreadyExist', 'InvalidKeyPair.Duplicate')) throw error;
        // Perhaps our own: the road sent it twice.
        const [mine] = await markedKeyPairs(api, call, call.token);
        if (mine) return mine;
        throw error;
      }
    },
    list: call => listings.page('key-pairs', call, async () => (await read(api, call, {})).map(toKeyPair)),
    async get(call, id) {
      const pair = await api.seen(call, id, () => readKeyPair(api, call, id));
      if (!pair) throw new BaristaError('not_found', `There is no key pair ${id} in ${api.region}.`);
      return toKeyPair(pair);
    },
    async delete(call, id) {
      api.gone(id);
      const KeyPairNames = JSON.stringify([id]);
      try {
        await api.ask(call, 'ecs', 'DeleteKeyPairs', { KeyPairNames }, { resource, name: id });
      } catch (error) {
        if (!hasCode(error, 'not_found')) throw error;
      }
    },
  };
}
