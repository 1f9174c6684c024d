/** Key pairs: made here (the private half sealed in the record) or imported. */
import { BaristaError } from '@cloud-barista/model/errors';
import type { KeyPair, KeyPairInput } from '@cloud-barista/model/key-pair';
import type { Page } from '@cloud-barista/model/schema';
import { boundId, type HeldId, type IdRecord } from './claims.ts';
import { makeId } from './make-id.ts';
import { connectionOf } from './connections.ts';
import type { Spider, SpiderCall } from './context.ts';
import { idFolder, idKey } from './keys.ts';
import { paged, type PageOptions } from './paged.ts';
import { deleteId } from './remove.ts';
import { makeSshKeyPair, readPublicKey } from './ssh-keys.ts';

export interface KeyPairData {
  publicKey: string;
  fingerprint: string;
  /** The private half, sealed; absent where the pair was imported. */
  sealed?: string;
}

const shown = (connection: string, { value }: HeldId<KeyPairData>): KeyPair => ({
  name: value.name,
  connection,
  id: value.id,
  publicKey: value.data.publicKey,
  fingerprint: value.data.fingerprint,
  created: value.created,
});

/** Without `publicKey` a pair is made, and its private half is in the answer: this once. */
export async function createKeyPair(
  spider: Spider,
  connection: string,
  input: KeyPairInput,
  call: SpiderCall,
): Promise<KeyPair> {
  await connectionOf(spider, connection);
  const made =
    input.publicKey === undefined ? await makeSshKeyPair(`${input.name}@cloud-barista`) : undefined;
  const { publicKey, fingerprint } = readPublicKey(made?.publicKey ?? input.publicKey ?? '');
  const place = idKey(connection, 'key-pair', input.name);
  const held = await makeId<KeyPairData>(
    spider,
    {
      connection,
      kind: 'key-pair',
      name: input.name,
      rule: 'key-pair',
      composite: false,
      // In the claim, so that a create that is taken up again goes on with the same pair.
      data: () => ({
        publicKey,
        fingerprint,
        ...(made && { sealed: spider.seals.seal(made.privateKey, place) }),
      }),
      async create(create, { cloud }, record) {
        const { id } = await cloud.keyPairs.create(create, {
          name: record.cloudName,
          publicKey: record.data.publicKey,
        });
        return { id, data: record.data };
      },
    },
    call,
  );
  const { sealed } = held.value.data;
  return {
    ...shown(connection, held),
    ...(made && sealed !== undefined && { privateKey: spider.seals.open(sealed, place) }),
  };
}

export async function listKeyPairs(
  spider: Spider,
  connection: string,
  options: PageOptions = {},
): Promise<Page<KeyPair>> {
  await connectionOf(spider, connection);
  const held = spider.mirror
    .values<IdRecord<KeyPairData>>(idFolder(connection, 'key-pair'))
    .filter(one => one.value.id !== '');
  const page = paged(held, one => one.value.name, options);
  return { ...page, items: page.items.map(one => shown(connection, one)) };
}

export const getKeyPair = async (spider: Spider, connection: string, name: string): Promise<KeyPair> =>
  shown(connection, await boundId<KeyPairData>(spider, connection, 'key-pair', name));
export const deleteKeyPair = (
  spider: Spider,
  connection: string,
  name: string,
  call: SpiderCall,
): Promise<void> => deleteId(spider, connection, 'key-pair', name, call);

/** The private half (OpenSSH PEM), for our own SSH. Never leaves the platform again. */
export async function privateKeyOf(spider: Spider, connection: string, name: string): Promise<string> {
  const held = await boundId<KeyPairData>(spider, connection, 'key-pair', name);
  if (held.value.data.sealed === undefined)
    throw new BaristaError(
      'failed_precondition',
      `The key pair ${JSON.stringify(name)} was imported: its private half is not here.`,
      {
        next: 'Use a key pair that was made here.',
        where: 'keyPair',
      },
    );
  return spider.seals.open(held.value.data.sealed, idKey(connection, 'key-pair', name));
}
