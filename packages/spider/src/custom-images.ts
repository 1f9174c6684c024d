/** Images made of VMs. */
import type { CloudCustomImage } from '@cloud-barista/driver/custom-images';
import type { CustomImage, CustomImageInput } from '@cloud-barista/model/custom-image';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId } from '@cloud-barista/model/ids';
import type { Page } from '@cloud-barista/model/schema';
import { boundId, findId, titleOf, type HeldId, type IdRecord } from './claims.ts';
import { cloudOf, guarded } from './clouds.ts';
import { connectionOf } from './connections.ts';
import type { CustomImageData } from './custom-image-records.ts';
import type { Spider, SpiderCall } from './context.ts';
import { idFolder } from './keys.ts';
import { makeId } from './make-id.ts';
import { paged, type PageOptions } from './paged.ts';
import { partOf } from './parts.ts';
import { polled } from './polling.ts';
import { readWhole } from './read-whole.ts';
import type { VmData } from './vm-records.ts';
import { usableVm } from './vm-names.ts';

type HeldImage = HeldId<CustomImageData>;

const shown = (
  connection: string,
  { value }: HeldImage,
  image: CloudCustomImage | undefined,
): CustomImage => ({
  name: value.name,
  connection,
  id: value.id,
  state: image?.state ?? 'NotExist',
  vm: value.data.vm,
  user: value.data.user,
  sizeGb: image?.sizeGb ?? value.data.sizeGb,
  created: value.created,
});

/** What can be said before anything leaves. */
export async function checkCustomImage(
  spider: Spider,
  connection: string,
  input: CustomImageInput,
  call: SpiderCall,
): Promise<void> {
  partOf(await cloudOf(spider, connection, call.signal), 'customImages');
  await usableVm(spider, connection, input.vm, ['Running', 'Suspended'], call);
}

/** Orders an image and binds it; `awaitCustomImage` waits until VMs can be made of it. */
export async function createCustomImage(
  spider: Spider,
  connection: string,
  input: CustomImageInput,
  call: SpiderCall,
): Promise<CustomImage> {
  const open = await cloudOf(spider, connection, call.signal);
  const images = partOf(open, 'customImages');
  const vm = await usableVm(spider, connection, input.vm, ['Running', 'Suspended'], call);
  const source = await findId<VmData>(spider, connection, 'vm', input.vm);
  const user = source?.value.data.user ?? '';
  let made: CloudCustomImage | undefined;
  const held = await makeId<CustomImageData>(
    spider,
    {
      connection,
      kind: 'custom-image',
      name: input.name,
      rule: 'custom-image',
      // Many clouds make a snapshot first and the image of it.
      composite: true,
      data: () => ({ vm: input.vm, user, sizeGb: 0 }),
      async create(create, _open, record) {
        made = await images.create(create, { name: record.cloudName, vm });
        return { id: made.id, data: { ...record.data, sizeGb: made.sizeGb } };
      },
    },
    call,
  );
  return made ? shown(connection, held, made) : getCustomImage(spider, connection, input.name, call);
}

export async function getCustomImage(
  spider: Spider,
  connection: string,
  name: string,
  call: SpiderCall,
): Promise<CustomImage> {
  const open = await cloudOf(spider, connection, call.signal);
  const images = partOf(open, 'customImages');
  const held = await boundId<CustomImageData>(spider, connection, 'custom-image', name);
  const image = await guarded(open, () => images.get({ signal: call.signal }, cloudId(held.value.id))).catch(
    (error: unknown) => {
      if (hasCode(error, 'not_found')) return undefined;
      throw error;
    },
  );
  return shown(connection, held, image);
}

export async function listCustomImages(
  spider: Spider,
  connection: string,
  options: PageOptions,
  call: SpiderCall,
): Promise<Page<CustomImage>> {
  await connectionOf(spider, connection);
  const open = await cloudOf(spider, connection, call.signal);
  const images = partOf(open, 'customImages');
  const held = spider.mirror
    .values<IdRecord<CustomImageData>>(idFolder(connection, 'custom-image'))
    .filter(one => one.value.id !== '');
  const page = paged(held, one => one.value.name, options);
  const real = new Map<string, CloudCustomImage>();
  if (page.items.length > 0)
    for (const image of await readWhole(open, part => images.list(part), call.signal))
      real.set(image.id, image);
  return { ...page, items: page.items.map(one => shown(connection, one, real.get(one.value.id))) };
}

export function awaitCustomImage(
  spider: Spider,
  connection: string,
  name: string,
  call: SpiderCall,
): Promise<CustomImage> {
  const title = titleOf('custom-image', name, connection);
  return polled(
    spider,
    `the ${title}`,
    call.signal,
    () => getCustomImage(spider, connection, name, call),
    image => {
      if (image.state === 'Failed' || image.state === 'NotExist')
        throw new BaristaError('failed_precondition', `The ${title} is ${image.state}.`, {
          next: 'Delete it and make another.',
        });
      return image.state === 'Available';
    },
  );
}
