/** What a cloud tells of itself, tags, and what stands in the cloud whether or not we made it. */
import { CloudRegion } from '@cloud-barista/model/cloud-region';
import { IntegratedKind, InventoryItem, OrphanDeletion, RegisterInput } from '@cloud-barista/model/inventory';
import { closed, Name, oneOf, page } from '@cloud-barista/model/schema';
import { taggedKinds, Tags } from '@cloud-barista/model/tag';
import { Type } from '@cloud-barista/model/type';
import { Done, fromCloud, inConnection, PageQuery, pageQuery } from './common.ts';
import { define } from './define.ts';

const here = closed(inConnection);
const tagged = { kind: oneOf(taggedKinds), name: Name };
const tagsPath = '/v1/connections/{connection}/tags';
const TagSet = closed({ tags: Tags });
const errors = [...fromCloud, 'unimplemented'] as const;

export const inventory = {
  'cloud-region.list': define({
    method: 'GET',
    path: '/v1/connections/{connection}/cloud-regions',
    summary: 'List the regions and zones that a cloud has',
    params: here,
    query: PageQuery,
    output: page(CloudRegion),
    errors,
  }),

  'tag.get': define({
    method: 'GET',
    path: tagsPath,
    summary: 'Show the tags of a resource',
    params: here,
    query: closed(tagged),
    output: TagSet,
    errors,
  }),
  'tag.set': define({
    method: 'POST',
    path: tagsPath,
    summary: 'Add tags to a resource, or change their values',
    params: here,
    body: closed({ ...tagged, tags: Tags }),
    output: TagSet,
    errors,
  }),
  'tag.remove': define({
    method: 'POST',
    path: `${tagsPath}/remove`,
    summary: 'Remove tags from a resource; those that are not there are no error',
    params: here,
    body: closed({
      ...tagged,
      keys: Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { minItems: 1, maxItems: 50 }),
    }),
    output: TagSet,
    errors,
  }),

  'inventory.list': define({
    method: 'GET',
    path: '/v1/connections/{connection}/inventory',
    summary: 'Compare our records with what the cloud has: mapped, only ours, only the cloud’s, orphans',
    params: here,
    query: closed({ ...pageQuery, kind: Type.Optional(IntegratedKind) }),
    output: page(InventoryItem),
    errors: fromCloud,
  }),
  'inventory.register': define({
    method: 'POST',
    path: '/v1/connections/{connection}/inventory',
    summary: 'Take what stands in the cloud under a name of ours',
    status: 201,
    params: here,
    body: RegisterInput,
    output: InventoryItem,
    errors: ['already_exists', ...errors],
  }),
  'inventory.unregister': define({
    method: 'POST',
    path: '/v1/connections/{connection}/inventory/unregister',
    summary: 'Forget a resource; the cloud keeps it',
    status: 204,
    params: here,
    body: closed({ kind: IntegratedKind, name: Name }),
    output: Done,
    errors: ['not_found', 'failed_precondition', 'aborted'],
  }),
  'inventory.delete-orphans': define({
    method: 'POST',
    path: '/v1/connections/{connection}/inventory/delete-orphans',
    summary: 'Delete what this installation made and no record of it knows; a dry run unless told otherwise',
    params: here,
    body: closed({
      /** True: only say what would be deleted. Default true. */
      dryRun: Type.Optional(Type.Boolean()),
      kind: Type.Optional(IntegratedKind),
      /** Of another installation, whose records are lost: its six letters (see the inventory). */
      installation: Type.Optional(Type.String({ pattern: '^[a-z2-9]{6}$' })),
    }),
    output: closed({ items: Type.Array(OrphanDeletion) }),
    errors: fromCloud,
  }),
} as const;
