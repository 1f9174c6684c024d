/** Images of the account's own VMs: an image of the catalogue under another id. */
import type { CloudCustomImage, CustomImages } from '@cloud-barista/driver/custom-images';
import type { CloudId } from '@cloud-barista/model/ids';
import type { Context } from './calls.ts';
import { MemoryCloudError } from './errors.ts';
import { settle } from './settle.ts';
import type { CustomImage, State } from './state.ts';

/** Throws CustomImageNotFound. */
export function customImageOf(state: State, id: CloudId): CustomImage {
  const image = state.customImages.get(id);
  if (!image) throw new MemoryCloudError('CustomImageNotFound', `There is no image ${id} of your own.`);
  return image;
}

const view = (image: CustomImage): CloudCustomImage => ({
  id: image.id,
  name: image.name,
  state: 'Available',
  sizeGb: 8,
  created: new Date(image.created).toISOString(),
  token: image.token,
});

export function createCustomImages(context: Context): CustomImages {
  const { state, send, now } = context;
  return {
    create: (call, request) =>
      send('CreateImage', 'custom-image', call, request.name, () => {
        const marked = state.marked['custom-image'].get(call.token);
        if (marked) return view(marked);
        const vm = state.vms.get(request.vm);
        if (!vm) throw new MemoryCloudError('VmNotFound', `There is no VM ${request.vm}.`);
        const { state: at } = settle(state, vm, now());
        if (at !== 'Running' && at !== 'Suspended')
          throw new MemoryCloudError(
            'IncorrectVmState',
            `${request.vm} is ${at}: no image can be made of it.`,
          );
        const made: CustomImage = {
          id: state.customImages.nextId(),
          name: request.name,
          token: call.token,
          // An image of a VM that was itself made of one goes back to the same of the catalogue.
          source: state.customImages.get(vm.image)?.source ?? vm.image,
          created: now(),
        };
        state.customImages.add(made);
        state.marked['custom-image'].set(call.token, made);
        return view(made);
      }),
    list: call => send('ListOwnImages', 'custom-image', call, '', () => state.customImages.page(call, view)),
    get: (call, id) => send('GetOwnImage', 'custom-image', call, id, () => view(customImageOf(state, id))),
    delete: (call, id) =>
      send('DeleteImage', 'custom-image', call, id, () => {
        const image = state.customImages.get(id);
        if (!image) return;
        state.customImages.delete(id);
        state.marked['custom-image'].delete(image.token);
      }),
  };
}
