/** What serves disks, custom images, public addresses, tags, and the inventory. */
import type { Handlers } from '@cloud-barista/api/handlers';
import type { Sagas } from '@cloud-barista/store/saga';
import { listCloudRegions } from './cloud-regions.ts';
import type { Spider } from './context.ts';
import { checkCustomImage, getCustomImage, listCustomImages } from './custom-images.ts';
import { diskSagas } from './disk-sagas.ts';
import { checkDisk, deleteDisk, getDisk, listDisks } from './disks.ts';
import { creating, only, refuseTaken } from './handler-parts.ts';
import { deleteOrphans, takeInventory } from './inventory.ts';
import { pagedByPlace } from './paged.ts';
import {
  associatePublicIp,
  createPublicIp,
  deletePublicIp,
  dissociatePublicIp,
  getPublicIp,
  listPublicIps,
} from './public-ips.ts';
import { register, unregister } from './register.ts';
import { deleteId } from './remove.ts';
import { getTags, removeTags, setTags } from './tags.ts';
import { getVm } from './vms.ts';

export type DiskOperation = Extract<
  keyof Handlers,
  | `disk.${string}`
  | `custom-image.${string}`
  | `public-ip.${string}`
  | `cloud-region.${string}`
  | `tag.${string}`
  | `inventory.${string}`
>;

export function diskHandlers(spider: Spider, sagas: Sagas): Pick<Handlers, DiskOperation> {
  const deeds = diskSagas(spider);
  return {
    async 'disk.create'({ connection, body }, context) {
      await checkDisk(spider, connection, body, only(context));
      if (context.idempotencyKey === undefined) await refuseTaken(spider, connection, 'disk', body.name);
      return sagas.start(
        deeds.create,
        { connection, disk: body },
        { idempotencyKey: context.idempotencyKey },
      );
    },
    'disk.list': (input, context) => listDisks(spider, input.connection, input, only(context)),
    'disk.get': (input, context) => getDisk(spider, input.connection, input.disk, only(context)),
    async 'disk.attach'({ connection, disk, body: { vm } }, context) {
      await getDisk(spider, connection, disk, only(context));
      await getVm(spider, connection, vm, { maxAgeMs: Infinity });
      return sagas.start(deeds.attach, { connection, disk, vm }, { idempotencyKey: context.idempotencyKey });
    },
    async 'disk.detach'({ connection, disk }, context) {
      await getDisk(spider, connection, disk, only(context));
      return sagas.start(deeds.detach, { connection, disk }, { idempotencyKey: context.idempotencyKey });
    },
    async 'disk.resize'({ connection, disk, body: { sizeGb } }, context) {
      await getDisk(spider, connection, disk, only(context));
      return sagas.start(
        deeds.resize,
        { connection, disk, sizeGb },
        { idempotencyKey: context.idempotencyKey },
      );
    },
    'disk.delete': async ({ connection, disk }, context) => (
      await deleteDisk(spider, connection, disk, only(context)), {}
    ),

    async 'custom-image.create'({ connection, body }, context) {
      await checkCustomImage(spider, connection, body, only(context));
      if (context.idempotencyKey === undefined)
        await refuseTaken(spider, connection, 'custom-image', body.name);
      return sagas.start(
        deeds.createImage,
        { connection, image: body },
        { idempotencyKey: context.idempotencyKey },
      );
    },
    'custom-image.list': (input, context) => listCustomImages(spider, input.connection, input, only(context)),
    'custom-image.get': (input, context) =>
      getCustomImage(spider, input.connection, input.customImage, only(context)),
    'custom-image.delete': async ({ connection, customImage }, context) => (
      await deleteId(spider, connection, 'custom-image', customImage, only(context)), {}
    ),

    'public-ip.create': ({ connection, body }, context) =>
      createPublicIp(spider, connection, body, creating(context)),
    'public-ip.list': (input, context) => listPublicIps(spider, input.connection, input, only(context)),
    'public-ip.get': ({ connection, publicIp }, context) =>
      getPublicIp(spider, connection, publicIp, only(context)),
    'public-ip.associate': ({ connection, publicIp, body }, context) =>
      associatePublicIp(spider, connection, publicIp, body.vm, only(context)),
    'public-ip.dissociate': ({ connection, publicIp }, context) =>
      dissociatePublicIp(spider, connection, publicIp, only(context)),
    'public-ip.delete': async ({ connection, publicIp }, context) => (
      await deletePublicIp(spider, connection, publicIp, only(context)), {}
    ),

    'cloud-region.list': (input, context) => listCloudRegions(spider, input.connection, input, only(context)),
    'tag.get': (input, context) => getTags(spider, input, only(context)),
    'tag.set': (input, context) =>
      setTags(spider, { connection: input.connection, ...input.body }, input.body.tags, only(context)),
    'tag.remove': (input, context) =>
      removeTags(spider, { connection: input.connection, ...input.body }, input.body.keys, only(context)),

    'inventory.list': async (input, context) =>
      pagedByPlace(await takeInventory(spider, input.connection, input.kind, only(context)), input),
    'inventory.register': ({ connection, body }, context) =>
      register(spider, connection, body, only(context)),
    'inventory.unregister': async ({ connection, body: { kind, name } }, context) => (
      await unregister(spider, connection, kind, name, only(context)), {}
    ),
    'inventory.delete-orphans': ({ connection, body }, context) =>
      deleteOrphans(spider, connection, body, only(context)),
  };
}
