/** Key pairs. Their id here is their name, which is unique in a region and which instances report (`KeyName`). */
import type { KeyPairInfo } from '@aws-sdk/client-ec2';
import type { Call } from '@cloud-barista/driver/call';
import type { CloudKeyPair, KeyPairs } from '@cloud-barista/driver/key-pairs';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import type { Ec2 } from './ec2.ts';
import { says } from './errors.ts';
import type { Listings } from '@cloud-barista/driver/listing';
import { byToken, marks, tokenIn } from './marks.ts';

const resource = 'key-pair';

const toKeyPair = (pair: KeyPairInfo): CloudKeyPair => ({
  id: cloudId(pair.KeyName ?? ''),
  name: pair.KeyName ?? '',
  ...tokenIn(pair),
});

export async function readKeyPair(ec2: Ec2, call: Call, name: CloudId): Promise<KeyPairInfo> {
  const about = { resource, name } as const;
  const { KeyPairs = [] } = await ec2.ask(call, 'DescribeKeyPairs', { KeyNames: [name] }, about);
  const [pair] = KeyPairs;
  if (!pair) throw new BaristaError('not_found', `There is no key pair ${name} in ${ec2.region}.`);
  return pair;
}

export async function markedKeyPairs(ec2: Ec2, call: Call, token: Token): Promise<CloudKeyPair[]> {
  const { KeyPairs = [] } = await ec2.ask(
    call,
    'DescribeKeyPairs',
    { Filters: [byToken(token)] },
    { resource },
  );
  return KeyPairs.map(toKeyPair);
}

export function createKeyPairs(ec2: Ec2, listings: Listings): KeyPairs {
  return {
    async create(call, { name, publicKey }) {
      const [standing] = call.again ? await markedKeyPairs(ec2, call, call.token) : [];
      if (standing) return standing;
      const input = {
        KeyName: name,
        PublicKeyMaterial: Buffer.from(publicKey, 'utf8'),
        TagSpecifications: marks(name, call.token, 'key-pair'),
      };
      try {
        await ec2.ask(call, 'ImportKeyPair', input, { resource, name });
        ec2.born(name);
        return { id: cloudId(name), name, token: call.token };
      } catch (error) {
        if (!says(error, 'InvalidKeyPair.Duplicate')) throw error;
        // Perhaps our own: the road sent it twice.
        const [mine] = await markedKeyPairs(ec2, call, call.token);
        if (mine) return mine;
        throw error;
      }
    },
    // DescribeKeyPairs has no pages.
    list: call =>
      listings.page('key-pairs', call, async () => {
        const { KeyPairs = [] } = await ec2.ask(call, 'DescribeKeyPairs', {}, { resource });
        return KeyPairs.map(toKeyPair);
      }),
    get: async (call, id) => toKeyPair(await readKeyPair(ec2, call, id)),
    // "Deletes … succeeds" also for a name that is none.
    async delete(call, id) {
      ec2.gone(id);
      try {
        await ec2.ask(call, 'DeleteKeyPair', { KeyName: id }, { resource, name: id });
      } catch (error) {
        if (!says(error, 'InvalidKeyPair.NotFound')) throw error;
      }
    },
  };
}
