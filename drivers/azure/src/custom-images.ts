/**
 * Custom images are Azure's managed images (Microsoft.Compute/images), their id being their name. They are made of a snapshot of the VM's
 * root disk, so that the VM runs on: an image of the VM itself would have it generalized, and it would never start again.
 *
 * The image is called `Generalized` although nothing was taken out of it: only such a one is provisioned with a user, key and user
 * data of the new VM's. That is cloud-init's work, which sees by the id of the machine that this is another and does
 * everything anew. A system without cloud-init (or one like it) starts as the VM it was made of was, and its old keys let in.
 *
 * The snapshot carries the same mark, stands beside the image as `NAME_snapshot`, with an underscore, which no name of ours has, and goes with it.
 */
import { orAbsent } from '@cloud-barista/driver/errors';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { CustomImageState } from '@cloud-barista/model/custom-image';
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import type { Call, CreateCall, PageCall } from '@cloud-barista/driver/call';
import type { CloudCustomImage, CustomImageRequest, CustomImages } from '@cloud-barista/driver/custom-images';
import { nameOf, same, types, type Arm, type Resource } from './arm.ts';
import { claim, make, marked, order, refusals } from './claim.ts';
import type { ManagedDisk } from './disk-view.ts';
import { loginUser, parseUrn, readUrn, textOf } from './image-names.ts';
import type { Found } from './images.ts';
import { createdTag, mark, planTag, sourceTag, tagOf, tokenOf, type Tags } from './marks.ts';
import { pageOf } from './pages.ts';
import type { ResourceGroup } from './resource-group.ts';
import { imageOf, vmName, type Model, type Plan } from './vm-view.ts';

interface OwnImage extends Resource {
  properties?: {
    provisioningState?: string;
    storageProfile?: { osDisk?: { osType?: string; diskSizeGB?: number } };
  };
}

const suffix = '_snapshot';
const snapshotOf = (image: string): string => `${image}${suffix}`;

const states: Record<string, CustomImageState> = {
  creating: 'Creating',
  succeeded: 'Available',
  // Of its tags, say: of what it holds nothing changes.
  updating: 'Available',
  failed: 'Failed',
  canceled: 'Failed',
  deleting: 'Deleting',
};
/** In these it is made anew. */
const lost: ReadonlySet<CustomImageState> = new Set(['Failed', 'Deleting']);
const stateOf = ({ properties }: OwnImage): CustomImageState =>
  states[(properties?.provisioningState ?? 'Succeeded').toLowerCase()] ?? 'Undefined';

const toCustomImage = (image: OwnImage): CloudCustomImage => ({
  id: cloudId(image.name),
  name: image.name,
  state: stateOf(image),
  sizeGb: image.properties?.storageProfile?.osDisk?.diskSizeGB ?? 0,
  created: tagOf(image.tags, createdTag) ?? '',
  ...tokenOf(image.tags),
});

const planOf = (text: string | undefined): Plan | undefined => {
  const [publisher = '', product = '', name = ''] = text?.split(':') ?? [];
  return name === '' ? undefined : { publisher, product, name };
};

function toFound(arm: Arm, image: OwnImage): Found {
  const { name, tags, properties = {} } = image;
  const { osType = 'Linux', diskSizeGB = 0 } = properties.storageProfile?.osDisk ?? {};
  const isWindows = same(osType, 'Windows');
  const urn = parseUrn(tagOf(tags, sourceTag) ?? '');
  return {
    reference: { id: arm.pathOf(types.image, name) },
    isWindows,
    plan: planOf(tagOf(tags, planTag)),
    image: {
      id: name,
      name,
      ...(urn ? readUrn(urn) : { os: isWindows ? 'windows' : '', osVersion: '' }),
      architecture: 'x86_64',
      user: loginUser,
      available: stateOf(image) === 'Available',
      created: tagOf(tags, createdTag) ?? '',
      minDiskGb: diskSizeGB,
    },
  };
}

export interface OwnImages extends CustomImages {
  findMarked(call: Call, token: Token): Promise<string[]>;
  /** not_found where there is none. */
  find(call: Call, id: string): Promise<Found>;
}

export function createCustomImages(arm: Arm, group: ResourceGroup): OwnImages {
  const { location } = arm.settings;
  const read = (call: Call, id: string) => arm.read<OwnImage>(call, types.image, id);

  /** What the image goes back to, and on whose terms: told by the VM, or by the custom image that it was made of in its turn. */
  async function origin(call: Call, vm: Model): Promise<Tags> {
    const id = imageOf(vm);
    const urn = parseUrn(id);
    const parent = !urn && /^[^/]+$/.test(id) ? await orAbsent(read(call, id)) : undefined;
    const source = urn ? textOf(urn) : tagOf(parent?.tags, sourceTag);
    const { plan } = vm;
    return {
      ...(source !== undefined && { [sourceTag]: source }),
      ...(plan && { [planTag]: [plan.publisher, plan.product, plan.name].join(':') }),
    };
  }

  async function removeSnapshot(call: Call, image: string): Promise<void> {
    const name = snapshotOf(image);
    const snapshot = await orAbsent(arm.read<Resource>(call, types.snapshot, name));
    // Another's of that name stays.
    if (snapshot && tokenOf(snapshot.tags).token !== undefined) await arm.remove(call, types.snapshot, name);
  }

  async function makeOf(call: CreateCall, name: string, vm: Model): Promise<CloudCustomImage> {
    const root = vm.properties?.storageProfile?.osDisk;
    const diskId = root?.managedDisk?.id;
    const disk = await arm.read<ManagedDisk>(call, types.disk, nameOf(diskId));
    const { hyperVGeneration, supportedCapabilities } = disk.properties ?? {};
    if (same(supportedCapabilities?.architecture ?? '', 'Arm64'))
      throw new BaristaError('failed_precondition', `VM ${vm.name} is an Arm64 one.`, {
        next: 'Azure’s managed images are of x64 VMs only.',
      });
    const tags = { ...mark(call.token), ...(await origin(call, vm)) };
    const snapshot = {
      location,
      tags,
      sku: { name: 'Standard_LRS' },
      properties: { creationData: { createOption: 'Copy', sourceResourceId: diskId } },
    };
    await make(arm, call, types.snapshot, snapshotOf(name), snapshot);
    const image = {
      location,
      tags: { ...tags, [createdTag]: new Date().toISOString() },
      properties: {
        ...(hyperVGeneration !== undefined && { hyperVGeneration }),
        storageProfile: {
          osDisk: {
            osType: root?.osType ?? 'Linux',
            osState: 'Generalized',
            snapshot: { id: arm.pathOf(types.snapshot, snapshotOf(name)) },
          },
        },
      },
    };
    try {
      return toCustomImage(await order<OwnImage>(arm, call, types.image, name, image));
    } catch (error) {
      // Whoever is told of a refusal looks for nothing.
      if (!call.signal.aborted && hasCode(error, ...refusals)) await removeSnapshot(call, name);
      throw error;
    }
  }

  return {
    create: (call: CreateCall, { name, vm }: CustomImageRequest) =>
      group.within(call, async () => {
        // Looked at before the snapshot is made, which of another's image would be left.
        const left = await claim<OwnImage>(arm, call, types.image, name);
        if (left && !lost.has(stateOf(left))) return toCustomImage(left);
        return makeOf(call, name, await arm.read<Model>(call, types.vm, vmName(vm)));
      }),

    list: async (call: PageCall) =>
      pageOf((await arm.listHere<OwnImage>(call, types.image)).map(toCustomImage), call),
    get: async (call: Call, id: CloudId) => toCustomImage(await read(call, id)),

    async delete(call: Call, id: CloudId) {
      await arm.remove(call, types.image, id);
      await removeSnapshot(call, id);
      await group.sweep(call);
    },

    find: async (call, id) => toFound(arm, await read(call, id)),

    async findMarked(call, token) {
      const [image] = await marked(arm, call, types.image, token);
      if (image !== undefined) return [image];
      // A create that got no further than the snapshot.
      const snapshots = await marked(arm, call, types.snapshot, token);
      return snapshots.filter(name => name.endsWith(suffix)).map(name => name.slice(0, -suffix.length));
    },
  };
}
