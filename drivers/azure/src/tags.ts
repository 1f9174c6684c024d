/**
 * Users' tags. Written by ARM's own tags resource ("Tags - Update At Scope"), which merges and deletes in one request and touches nothing
 * else of what is tagged; read from the resource itself. The driver's marks are tags too: not shown, and not the user's to set.
 */
import type { CloudId } from '@cloud-barista/model/ids';
import type { TaggedKind, TagRule, Tags } from '@cloud-barista/model/tag';
import type { Call } from '@cloud-barista/driver/call';
import type { Tagging } from '@cloud-barista/driver/tags';
import { types, versions, type Arm, type Order, type Resource, type Type } from './arm.ts';
import { isOurs } from './marks.ts';
import { vmName } from './vm-view.ts';

/** "Use tags to organize your Azure resources": 50 a resource, of which the marks of a VM in several groups take some. */
export const tagRule: TagRule = {
  key: '(?![cC][bB]-)[^<>%&\\\\?/]{1,512}',
  value: '.{0,256}',
  most: 40,
};

const typeOf: Record<TaggedKind, Type> = {
  vpc: types.vnet,
  'security-group': types.nsg,
  'key-pair': types.key,
  vm: types.vm,
  disk: types.disk,
};

export async function updateTags(
  arm: Arm,
  call: Call,
  type: Type,
  name: string,
  operation: 'Merge' | 'Delete',
  tags: Tags,
): Promise<void> {
  const path = `${arm.pathOf(type, name)}/providers/Microsoft.Resources/tags/default`;
  const about = { api: 'Tags_UpdateAtScope', resource: 'tag', name, path } as const;
  const body = { operation, properties: { tags } };
  const order: Order = { ...about, method: 'PATCH', version: versions.resources, body };
  await arm.finish(call, order, await arm.send(call, order));
}

export function createTags(arm: Arm): Tagging {
  const nameOf = (kind: TaggedKind, id: string) => (kind === 'vm' ? vmName(id) : id);

  async function read(call: Call, kind: TaggedKind, id: CloudId): Promise<[string, string][]> {
    const { tags = {} } = await arm.read<Resource>(call, typeOf[kind], nameOf(kind, id));
    return Object.entries(tags).filter(([key]) => !isOurs(key));
  }

  const update = (call: Call, kind: TaggedKind, id: CloudId, operation: 'Merge' | 'Delete', tags: Tags) =>
    updateTags(arm, call, typeOf[kind], nameOf(kind, id), operation, tags);

  return {
    get: async (call, kind, id) => Object.fromEntries(await read(call, kind, id)),
    set: (call, kind, id, tags) => update(call, kind, id, 'Merge', tags),
    async remove(call, kind, id, keys) {
      const unwanted = new Set(keys.map(key => key.toLowerCase()));
      // "Based on given names or name/value pairs": a pair that stands is right by either reading.
      const pairs = (await read(call, kind, id)).filter(([key]) => unwanted.has(key.toLowerCase()));
      if (pairs.length > 0) await update(call, kind, id, 'Delete', Object.fromEntries(pairs));
    },
  };
}
