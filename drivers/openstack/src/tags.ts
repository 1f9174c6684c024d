/**
 * Tags. VMs and disks have metadata, keys with values (Compute API, "Server metadata"; Block Storage API, "Volume metadata"). Networks and
 * security groups have plain words instead (Networking API, "Standard attributes tag extension"), so a tag of theirs is the
 * one word `key=value`, as other tools write it too, and a word without `=` a tag without a value. Neutron takes words of
 * 60 characters and, since 2023, 255: it is left to say so.
 */
import { together } from '@cloud-barista/driver/concurrency';
import { orAbsent } from '@cloud-barista/driver/errors';
import { BaristaError } from '@cloud-barista/model/errors';
import type { CloudId } from '@cloud-barista/model/ids';
import type { TaggedKind, TagRule, Tags } from '@cloud-barista/model/tag';
import type { Call } from '@cloud-barista/driver/call';
import type { Tagging } from '@cloud-barista/driver/tags';
import type { Api, Order } from './api.ts';
import { requireCinder } from './disks.ts';

/** Keys as Nova and Cinder have them. Of Nova's usual 128 items of a server some are ours. */
export const tagRule: TagRule = {
  key: '(?!cb-)[A-Za-z0-9_.:-][A-Za-z0-9 _.:-]{0,127}',
  value: '.{0,255}',
  most: 100,
};
export const noKeyPairTags = 'Nova keeps nothing of a key pair but its name and its key.';

/** What the driver notes in metadata. */
const isOurs = (key: string): boolean => key.startsWith('cb-');

export function tagsOf(words: readonly string[]): Tags {
  return Object.fromEntries(
    words.map(word => {
      const at = word.indexOf('=', 1);
      return at === -1 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}
export const wordsOf = (tags: Tags): string[] =>
  Object.entries(tags).map(([key, value]) => (value === '' ? key : `${key}=${value}`));

/** Where the kinds with metadata have it, and those with words. */
const metadata = {
  vm: { service: 'compute', path: '/servers/{id}/metadata' },
  disk: { service: 'volume', path: '/volumes/{id}/metadata' },
} as const;
const words = {
  vpc: '/networks/{id}/tags',
  'security-group': '/security-groups/{id}/tags',
} as const;

type Kind = keyof typeof metadata | keyof typeof words;
const hasWords = (kind: Kind): kind is keyof typeof words => kind in words;

export function createTags(api: Api): Tagging {
  async function taggable(call: Call, kind: TaggedKind): Promise<Kind> {
    if (kind === 'key-pair')
      throw new BaristaError('unimplemented', `OpenStack can't tag key pairs: ${noKeyPairTags}`, {
        next: 'Tag the VMs that are made with it.',
        where: 'kind',
      });
    if (kind === 'disk') await requireCinder(api, call);
    return kind;
  }
  const about = (id: string, more?: Partial<Order>): Order => ({
    resource: 'tag',
    name: id,
    path: { id },
    ...more,
  });

  async function read({ signal }: Call, kind: Kind, id: CloudId): Promise<Tags> {
    if (hasWords(kind))
      return tagsOf(
        (await api.send<{ tags: string[] }>('network', `GET ${words[kind]}`, about(id), signal)).tags,
      );
    const { service, path } = metadata[kind];
    const all = (await api.send<{ metadata: Tags }>(service, `GET ${path}`, about(id), signal)).metadata;
    return Object.fromEntries(Object.entries(all).filter(([key]) => !isOurs(key)));
  }

  /**
   * All words at once: Neutron takes single ones in an address only, where it would cut one like `a=b.json`. So of two who
   * write at the same instant the later one wins.
   */
  async function write({ signal }: Call, kind: keyof typeof words, id: CloudId, tags: Tags): Promise<void> {
    await api.send('network', `PUT ${words[kind]}`, about(id, { body: { tags: wordsOf(tags) } }), signal);
  }

  return {
    async get(call, kind, id) {
      return read(call, await taggable(call, kind), id);
    },
    async set(call, kind, id, tags) {
      const known = await taggable(call, kind);
      if (hasWords(known)) return write(call, known, id, { ...(await read(call, known, id)), ...tags });
      const { service, path } = metadata[known];
      const order = about(id, { body: { metadata: tags }, idempotent: true });
      await api.send(service, `POST ${path}`, order, call.signal);
    },
    async remove(call, kind, id, keys) {
      const known = await taggable(call, kind);
      const standing = await read(call, known, id);
      const gone = keys.filter(key => Object.hasOwn(standing, key));
      if (gone.length === 0) return;
      if (hasWords(known)) {
        const left = Object.entries(standing).filter(([key]) => !gone.includes(key));
        return write(call, known, id, Object.fromEntries(left));
      }
      const { service, path } = metadata[known];
      await together(
        gone.map(key =>
          orAbsent(api.send(service, `DELETE ${path}/{key}`, about(id, { path: { id, key } }), call.signal)),
        ),
      );
    },
  };
}
