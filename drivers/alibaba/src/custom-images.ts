/**
 * Images of the account's own VMs. CreateImage of an instance takes one request, but all its disks: where data disks are attached it is made
 * of a snapshot of the system disk. The VM runs on in both cases.
 */
import type { Call, CreateCall } from '@cloud-barista/driver/call';
import type { CloudCustomImage, CustomImages } from '@cloud-barista/driver/custom-images';
import type { Listings } from '@cloud-barista/driver/listing';
import type { CustomImageState } from '@cloud-barista/model/custom-image';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import { type Api, clientToken, notShown, type Parameters, time } from './api.ts';
import { readDisks } from './disk-read.ts';
import { type EcsImage, everyStatus, readImages } from './images.ts';
import { markOf, marks } from './marks.ts';
import {
  deleteSnapshots,
  isSnapshot,
  leftOf,
  makeSnapshot,
  markedSnapshots,
  nameImage,
} from './snapshots.ts';

const resource = 'custom-image';

/** What CreateImage takes: the instance with all its disks, or a snapshot of its system disk alone. */
interface Source {
  InstanceId?: CloudId;
  SnapshotId?: string;
}
const refusals = ['already_exists', 'invalid_argument', 'resource_exhausted', 'permission_denied'] as const;

const states: Readonly<Record<string, CustomImageState>> = {
  Creating: 'Creating',
  Waiting: 'Creating',
  Available: 'Available',
  // "Deprecated" ones can be started from like before.
  Deprecated: 'Available',
  UnAvailable: 'Failed',
  CreateFailed: 'Failed',
};

export function toCustomImage(image: EcsImage): CloudCustomImage {
  const { Status = '' } = image;
  return {
    id: cloudId(image.ImageId ?? ''),
    name: image.ImageName ?? '',
    state: Object.hasOwn(states, Status) ? (states[Status] ?? 'Undefined') : 'Undefined',
    sizeGb: image.Size ?? 0,
    created: time(image.CreationTime),
    ...markOf(image),
  };
}

const read = (api: Api, call: Call, parameters: Parameters): Promise<EcsImage[]> =>
  readImages(api, call, { ImageOwnerAlias: 'self', Status: everyStatus, ...parameters }, resource);

async function find(api: Api, call: Call, id: string): Promise<EcsImage | undefined> {
  return (await read(api, call, { ImageId: id })).find(image => image.ImageId === id);
}

/** The image; where its making broke before that, the snapshot that it was to be made of. */
export async function markedCustomImages(api: Api, call: Call, token: Token): Promise<string[]> {
  const images = await read(api, call, { Tag: marks(token) });
  return images.length > 0 ? images.map(image => image.ImageId ?? '') : markedSnapshots(api, call, token);
}

export function createCustomImages(api: Api, listings: Listings): CustomImages {
  async function source(call: CreateCall, name: string, vm: CloudId): Promise<Source> {
    const disks = (await readDisks(api, call, { InstanceId: vm })).filter(disk => disk.InstanceId === vm);
    const root = disks.find(disk => disk.Type === 'system')?.DiskId;
    if (root === undefined || disks.length === 1) return { InstanceId: vm };
    return { SnapshotId: await makeSnapshot(api, call, root, name) };
  }

  async function order(call: CreateCall, name: string, from: Source): Promise<string> {
    const parameters = {
      ...from,
      ImageName: name,
      Tag: marks(call.token),
      ClientToken: clientToken(call.token, 'image'),
    };
    const about = { resource, name } as const;
    try {
      return (await api.ask<EcsImage>(call, 'ecs', 'CreateImage', parameters, about)).ImageId ?? '';
    } catch (error) {
      // Refused for good: the snapshot is of no use to anybody.
      if (from.SnapshotId !== undefined && hasCode(error, ...refusals))
        await deleteSnapshots(api, call, [from.SnapshotId]);
      throw error;
    }
  }

  return {
    async create(call, { name, vm }) {
      const [standing] = call.again ? await read(api, call, { Tag: marks(call.token) }) : [];
      if (standing) return toCustomImage(standing);
      const id = await order(call, name, await source(call, name, vm));
      api.born(id);
      const image = await api.seen(call, id, () => find(api, call, id));
      if (image) return toCustomImage(image);
      throw notShown('Image', id);
    },
    list: call =>
      listings.page('custom-images', call, async () => (await read(api, call, {})).map(toCustomImage)),
    async get(call, id) {
      const image = await api.seen(call, id, () => find(api, call, id));
      if (!image)
        throw new BaristaError('not_found', `There is no image ${id} of your own in ${api.region}.`);
      return toCustomImage(image);
    },
    async delete(call, id) {
      api.gone(id);
      if (isSnapshot(id)) return deleteSnapshots(api, call, [id]);
      const image = await find(api, call, id);
      if (!image) return deleteSnapshots(api, call, await leftOf(api, call, id));
      // Those of an image that was made elsewhere may have been there before it.
      const parts = markOf(image).token === undefined ? [] : image.DiskDeviceMappings?.DiskDeviceMapping;
      const snapshots = (parts ?? []).flatMap(({ SnapshotId }) => SnapshotId || []);
      await nameImage(api, call, id, snapshots);
      try {
        // "Force": also while VMs stand that were made of it.
        await api.ask(call, 'ecs', 'DeleteImage', { ImageId: id, Force: true }, { resource, name: id });
      } catch (error) {
        if (!hasCode(error, 'not_found')) throw error;
      }
      return deleteSnapshots(api, call, snapshots);
    },
  };
}
