/** Tags. */
import { BaristaError } from '@cloud-barista/model/errors';
import type { TaggedKind } from '@cloud-barista/model/tag';
import { getTags, removeTags, setTags, type Tagged } from '@cloud-barista/spider/tags';
import { ours } from './names.ts';
import { needed } from './request.ts';
import { done, type Ask, type SpiderRoute } from './route.ts';

/** Upstream's words for what can carry tags, and what it prints for them. */
const kinds: Record<string, readonly [TaggedKind, string]> = {
  vpc: ['vpc', 'VPC'],
  sg: ['security-group', 'Security Group'],
  securitygroup: ['security-group', 'Security Group'],
  key: ['key-pair', 'VM KeyPair'],
  keypair: ['key-pair', 'VM KeyPair'],
  vm: ['vm', 'VM'],
  disk: ['disk', 'Disk'],
};

function tagged(ask: Ask): Tagged & { shown: string } {
  const word = needed(ask.word('ResourceType'), 'ResourceType').toLowerCase();
  const found = kinds[word];
  if (!found)
    throw new BaristaError('invalid_argument', `${word} is not supported Resource!!`, {
      next: 'Tags are kept of vpc, sg, keypair, vm and disk.',
      where: 'ResourceType',
    });
  const name = ours(needed(ask.word('ResourceName'), 'ResourceName'));
  return { connection: ask.connection(), kind: found[0], name, shown: found[1] };
}

async function listed(ask: Ask): Promise<{ Key: string; Value: string }[]> {
  const { tags } = await getTags(ask.spider, tagged(ask), ask.call);
  return Object.entries(tags)
    .map(([Key, Value]) => ({ Key, Value }))
    .sort((a, b) => (a.Key < b.Key ? -1 : 1));
}

async function oneOf(ask: Ask) {
  const key = ask.param('Key');
  const found = (await listed(ask)).find(tag => tag.Key === key);
  if (found) return found;
  throw new BaristaError('not_found', `The tag ${JSON.stringify(key)} does not exist.`, { where: 'Key' });
}

async function add(ask: Ask) {
  const tag = ask.info.part('Tag');
  const [Key, Value] = [needed(tag.text('Key'), 'Key'), tag.text('Value')];
  await setTags(ask.spider, tagged(ask), { [Key]: Value }, ask.call);
  return { Key, Value };
}

export const tagRoutes: readonly SpiderRoute[] = [
  {
    method: 'POST',
    path: '/tag',
    since: 'newest',
    summary: 'Set a tag',
    differs: 'of vpc, sg, keypair, vm and disk; a key that is there gets the new value',
    answer: add,
  },
  {
    method: 'GET',
    path: '/tag',
    since: 'newest',
    summary: 'List a resource’s tags',
    answer: async ask => ({ tag: await listed(ask), resourceType: tagged(ask).shown }),
  },
  { method: 'GET', path: '/tag/:Key', since: 'newest', summary: 'Get a tag', answer: oneOf },
  {
    method: 'DELETE',
    path: '/tag/:Key',
    since: 'newest',
    summary: 'Remove a tag',
    async answer(ask) {
      await removeTags(ask.spider, tagged(ask), [ask.param('Key')], ask.call);
      return done;
    },
  },
];
