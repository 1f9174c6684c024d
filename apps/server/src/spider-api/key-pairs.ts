/** Key pairs. */
import { createKeyPair, getKeyPair, listKeyPairs } from '@cloud-barista/spider/key-pairs';
import { whole } from './credentials.ts';
import { remove, tag, tagsOf } from './removing.ts';
import type { Ask, SpiderRoute } from './route.ts';
import { keyPairInfo } from './views.ts';

async function create(ask: Ask) {
  const { spider, info, call } = ask;
  const connection = ask.connection();
  const name = await ask.newName();
  const publicKey = info.text('PublicKey');
  const tags = await tagsOf(ask, 'key-pair');
  const pair = await createKeyPair(
    spider,
    connection,
    { name, ...(publicKey !== '' && { publicKey }) },
    call,
  );
  await tag(ask, 'key-pair', name, tags);
  return keyPairInfo(spider, pair);
}

export const keyPairRoutes: readonly SpiderRoute[] = [
  {
    method: 'POST',
    path: '/keypair',
    since: '2020',
    summary: 'Make a key pair',
    differs:
      'the pair is made here (Ed25519), the cloud gets its public half; PrivateKey is in this answer only, in OpenSSH’s form; VMUserID is empty: the user is the image’s, told by each VM; a PublicKey that is given is imported',
    answer: create,
  },
  {
    method: 'GET',
    path: '/keypair',
    since: '2020',
    summary: 'List key pairs',
    async answer(ask) {
      const { items } = await listKeyPairs(ask.spider, ask.connection(), whole);
      return { keypair: items.map(pair => keyPairInfo(ask.spider, pair)) };
    },
  },
  {
    method: 'GET',
    path: '/keypair/:Name',
    since: '2020',
    summary: 'Get a key pair',
    differs: 'the public half and the fingerprint are shown, the private half never',
    answer: async ask => keyPairInfo(ask.spider, await getKeyPair(ask.spider, ask.connection(), ask.name())),
  },
  {
    method: 'DELETE',
    path: '/keypair/:Name',
    since: '2020',
    summary: 'Delete a key pair',
    differs: 'refused, also with force, while a VM of ours uses it',
    answer: ask => remove(ask, 'key-pair'),
  },
];
