/** Five images. Their ids are CB-Spider's mock driver's; their names tell a system, so that `ubuntu-22.04` finds one. */
import type { Images } from '@cloud-barista/driver/images';
import { readImageName, type Image } from '@cloud-barista/model/image';
import { cloudId, type CloudId } from '@cloud-barista/model/ids';
import type { Context } from './calls.ts';
import { MemoryCloudError } from './errors.ts';
import { createShelf } from './shelf.ts';

const systems = ['ubuntu 22.04', 'ubuntu 24.04', 'debian 12', 'rocky 9', 'almalinux 9'];

const shelf = createShelf<Image & { id: CloudId }>('mock-vmimage');
for (const [index, system] of systems.entries()) {
  const id = cloudId(`mock-vmimage-0${index + 1}`);
  const name = `${id} (${system})`;
  shelf.add({
    id,
    name,
    ...readImageName(name),
    architecture: 'x86_64',
    available: true,
    created: '2020-06-01T00:00:00.000Z',
    minDiskGb: 8,
  });
}

/** Throws ImageNotFound. */
export function imageOf(id: CloudId): Image {
  const image = shelf.get(id);
  if (!image) throw new MemoryCloudError('ImageNotFound', `There is no image ${id}.`);
  return image;
}

export function createImages(context: Context): Images {
  return {
    list: (call, search) =>
      context.send('ListImages', 'image', call, '', () => {
        const part = search?.toLowerCase();
        return shelf.page(
          call,
          image => ({ ...image }),
          image => part === undefined || image.name.toLowerCase().includes(part),
        );
      }),
    get: (call, id) =>
      context.send('GetImage', 'image', call, id, () => {
        const own = context.state.customImages.get(id);
        return own ? { ...imageOf(own.source), id, name: own.name } : { ...imageOf(id) };
      }),
  };
}
