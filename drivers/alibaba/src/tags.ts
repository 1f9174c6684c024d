/**
 * Tags, by TagResources and UntagResources of ECS and VPC. They are read out of what describes the resource, which tells too whether it is
 * there: ListTagResources says nothing of both an absent resource and one without tags.
 */
import type { Call } from '@cloud-barista/driver/call';
import type { Tagging } from '@cloud-barista/driver/tags';
import { BaristaError } from '@cloud-barista/model/errors';
import type { CloudId } from '@cloud-barista/model/ids';
import type { TaggedKind } from '@cloud-barista/model/tag';
import type { Api, Service } from './api.ts';
import { readDisk } from './disk-read.ts';
import { readInstance } from './instances.ts';
import { readKeyPair } from './key-pairs.ts';
import { type Tagged, tagsOf } from './marks.ts';
import { readGroup } from './security-groups.ts';
import { readVpc } from './vpc-read.ts';

/** Ours, and those that Alibaba Cloud sets itself. */
const hidden = /^(cb-|acs:|aliyun)/i;

interface Noun {
  service: Service;
  /** "ResourceType". A key pair's id is its name. */
  type: string;
  untag: string;
  read: (api: Api, call: Call, id: string) => Promise<Tagged | undefined>;
}
const ecs = { service: 'ecs', untag: 'UntagResources' } as const;
const nouns: Readonly<Record<TaggedKind, Noun>> = {
  vpc: { service: 'vpc', untag: 'UnTagResources', type: 'VPC', read: readVpc },
  'security-group': { ...ecs, type: 'securitygroup', read: readGroup },
  'key-pair': { ...ecs, type: 'keypair', read: readKeyPair },
  vm: { ...ecs, type: 'instance', read: readInstance },
  disk: { ...ecs, type: 'disk', read: readDisk },
};

export function createTags(api: Api): Tagging {
  const send = (call: Call, kind: TaggedKind, id: CloudId, deed: 'tag' | 'untag', more: object) => {
    const { service, type, untag } = nouns[kind];
    const parameters = { ResourceType: type, ResourceId: [id], ...more };
    const action = deed === 'tag' ? 'TagResources' : untag;
    return api.ask(call, service, action, parameters, { resource: 'tag', name: id });
  };
  return {
    async get(call, kind, id) {
      const found = await api.seen(call, id, () => nouns[kind].read(api, call, id));
      if (!found) throw new BaristaError('not_found', `There is no ${kind} ${id} in ${api.region}.`);
      return Object.fromEntries([...tagsOf(found)].filter(([key]) => !hidden.test(key)));
    },
    async set(call, kind, id, tags) {
      const Tag = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      if (Tag.length > 0) await send(call, kind, id, 'tag', { Tag });
    },
    async remove(call, kind, id, keys) {
      // Its marks are not the user's to take.
      const TagKey = keys.filter(key => !hidden.test(key));
      if (TagKey.length > 0) await send(call, kind, id, 'untag', { TagKey });
    },
  };
}
