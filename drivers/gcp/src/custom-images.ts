/**
 * Custom images: the project's own images ("images"), each made of a VM's root disk in one request – no snapshot is left beside it – with
 * the mark as a label. `forceCreate`: the VM runs on meanwhile ("Create custom images: from a disk of a running VM").
 */
import type { Call } from '@cloud-barista/driver/call';
import type { CloudCustomImage, CustomImages } from '@cloud-barista/driver/custom-images';
import { orAbsent } from '@cloud-barista/driver/errors';
import type { Listings } from '@cloud-barista/driver/listing';
import type { CustomImageState } from '@cloud-barista/model/custom-image';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { Token } from '@cloud-barista/model/ids';
import { tail, type Api } from './api.ts';
import type { Operation } from './errors.ts';
import { imageId, locate, utc, type GcpImage } from './images.ts';
import { placeOf, readInstance } from './instances.ts';
import { requestIds, shown } from './marks.ts';
import { appeared, change, insertsOf, lookTwice } from './pending.ts';

const fields = 'name,status,diskSizeGb,creationTimestamp,labels';
const collection = 'projects/{project}/global/images';

const states: Readonly<Record<string, CustomImageState>> = {
  PENDING: 'Creating',
  READY: 'Available',
  DELETING: 'Deleting',
  FAILED: 'Failed',
};

export function toCustomImage(own: string, image: GcpImage): CloudCustomImage {
  const name = image.name ?? '';
  return {
    id: imageId(own, name),
    name,
    state: states[image.status ?? ''] ?? 'Undefined',
    sizeGb: Number(image.diskSizeGb ?? 0),
    created: utc(image.creationTimestamp),
    ...shown(image.labels?.['cb-token']),
  };
}

export function createCustomImages(
  api: Api,
  listings: Listings,
): CustomImages & { findMarked(call: Call, token: Token): Promise<string[]> } {
  const own = api.settings.project;
  const about = (name: string) => ({ resource: 'custom-image', name, path: { name } }) as const;

  /** undefined for what is none of the project's own. */
  function nameOf(id: string): string | undefined {
    const place = locate(id, own);
    return place?.project === own && !place.image.includes('/') ? place.image : undefined;
  }
  const read = ({ signal }: Call, name: string): Promise<GcpImage> =>
    api.send<GcpImage>(`GET ${collection}/{name}`, { ...about(name), query: { fields } }, signal);
  const readAll = ({ signal }: Call): Promise<GcpImage[]> =>
    api.all<GcpImage>(
      `GET ${collection}`,
      { resource: 'custom-image', query: { fields: `items(${fields}),nextPageToken` } },
      signal,
    );

  /** All are read, not those of the token alone: who looks must not wait minutes for another's image, which shows already. */
  const marked = (call: Call, token: Token): Promise<GcpImage[]> =>
    lookTwice(api, call, async () => {
      const images = await readAll(call);
      const found = images.filter(one => one.labels?.['cb-token'] === token);
      const hidden = insertsOf('images', new Set(images.map(one => one.name ?? '')));
      return { found, scope: { resource: 'custom-image', place: 'global', hidden } };
    });

  return {
    async create(call, { name, vm }) {
      const [standing] = call.again ? await marked(call, call.token) : [];
      if (standing) return toCustomImage(own, standing);
      const place = placeOf(vm);
      const { disks = [] } = await readInstance(api, call, place, 'disks(source,boot)');
      const root = disks.find(disk => disk.boot === true)?.source;
      if (root === undefined)
        throw new BaristaError('failed_precondition', `VM ${vm} has no root disk.`, {
          next: 'Make the image of a VM that has one.',
          where: 'vm',
        });
      const order = {
        resource: 'custom-image',
        name,
        query: { requestId: requestIds(call)('image'), forceCreate: 'true' },
        body: {
          name,
          sourceDisk: `projects/${own}/zones/${place.zone}/disks/${tail(root)}`,
          labels: { 'cb-token': call.token },
        },
      } as const;
      const look = () => orAbsent(read(call, name));
      try {
        const operation = await api.send<Operation>(`POST ${collection}`, order, call.signal);
        const made = await appeared(api, call, operation, { resource: 'custom-image', name }, look);
        return toCustomImage(own, made);
      } catch (error) {
        if (!hasCode(error, 'already_exists')) throw error;
        const found = await look();
        if (found?.labels?.['cb-token'] !== call.token) throw error;
        return toCustomImage(own, found);
      }
    },

    list: call =>
      listings.page('custom-images', call, async () =>
        (await readAll(call)).map(image => toCustomImage(own, image)),
      ),

    async get(call, id) {
      const name = nameOf(id);
      if (name !== undefined) return toCustomImage(own, await read(call, name));
      throw new BaristaError(
        'not_found',
        `${JSON.stringify(id.slice(0, 200))} is no image of this project.`,
        {
          next: 'List them: barista custom-image list',
          where: 'customImage',
        },
      );
    },

    async delete(call, id) {
      const name = nameOf(id);
      if (name !== undefined) await orAbsent(change(api, call, `DELETE ${collection}/{name}`, about(name)));
    },

    findMarked: async (call, token) => (await marked(call, token)).map(one => imageId(own, one.name ?? '')),
  };
}
