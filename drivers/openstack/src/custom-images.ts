/**
 * Images of VMs: made by Nova ("Create Image" of a server, at microversion 2.45, Pike, from which on the answer names it), kept by Glance. Nova
 * writes the metadata of the order into the image's properties as it makes it: there our mark stands.
 *
 * Where a VM's root disk is a volume, Nova has Cinder make a snapshot, and the image only names that in `block_device_mapping`.
 */
import { together } from '@cloud-barista/driver/concurrency';
import { orAbsent } from '@cloud-barista/driver/errors';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import type { CustomImageState } from '@cloud-barista/model/custom-image';
import type { Call, CreateCall, PageCall } from '@cloud-barista/driver/call';
import type { CloudCustomImage, CustomImageRequest, CustomImages } from '@cloud-barista/driver/custom-images';
import { all, asToken, page, type Api, type Listing } from './api.ts';
import { readImage, type GlanceImage } from './images.ts';
import type { Server } from './servers.ts';
import { waitUntil } from './wait.ts';

export interface OwnImage extends GlanceImage {
  'cb-token'?: string;
  'cb-name'?: string;
  /** `snapshot` on Nova's images of VMs. */
  image_type?: string;
  /** JSON. */
  block_device_mapping?: string;
}
interface Mapping {
  snapshot_id?: string | null;
  volume_size?: number | null;
}

const versionHeaders = { 'openstack-api-version': 'compute 2.45' };
/** How long another image of the VM may take to be read off it. */
const patienceMs = 10 * 60_000;

const states: Record<string, CustomImageState> = {
  queued: 'Creating',
  saving: 'Creating',
  importing: 'Creating',
  uploading: 'Creating',
  active: 'Available',
  pending_delete: 'Deleting',
  deleted: 'Deleting',
  killed: 'Failed',
};

function mappingsOf(image: OwnImage): Mapping[] {
  try {
    const mappings: unknown = JSON.parse(image.block_device_mapping ?? '[]');
    return Array.isArray(mappings) ? (mappings as Mapping[]) : [];
  } catch {
    return [];
  }
}

/**
 * VMs hand their image's properties on to images that others make of them, so the mark says its image's name too: it counts on that one
 * alone. Nova's own note of the VM would not do, for it is handed on likewise where the root disk is a volume.
 */
export const tokenOf = (image: OwnImage): string | undefined =>
  image['cb-name'] === image.name ? image['cb-token'] : undefined;

const isOfVm = (image: OwnImage): boolean =>
  tokenOf(image) !== undefined || image.image_type === 'snapshot' || mappingsOf(image).length > 0;

export const readOwn = (image: OwnImage): CloudCustomImage => ({
  id: cloudId(image.id),
  name: image.name ?? '',
  state: states[image.status] ?? 'Undefined',
  sizeGb: Math.max(readImage(image).minDiskGb, ...mappingsOf(image).map(one => one.volume_size ?? 0)),
  created: image.created_at ?? '',
  ...asToken(tokenOf(image)),
});

const listing: Listing<OwnImage> = {
  service: 'image',
  call: 'GET /images',
  resource: 'custom-image',
  key: 'images',
  id: image => image.id,
};

export function createCustomImages(
  api: Api,
): CustomImages & { findMarked(call: Call, token: Token): Promise<string[]> } {
  const about = (id: string) => ({ resource: 'custom-image', name: id, path: { id } }) as const;
  const show = ({ signal }: Call, id: string): Promise<OwnImage> =>
    api.send<OwnImage>('image', 'GET /images/{id}', about(id), signal);

  async function marked({ signal }: Call, token: Token): Promise<OwnImage[]> {
    // Glance finds images by any property.
    const images = await all(api, { ...listing, query: { 'cb-token': token } }, signal);
    return images.filter(image => tokenOf(image) === token);
  }

  /** Once no other image is being made of it: Nova makes one at a time, and refuses meanwhile. */
  async function readyServer({ signal }: Call, id: string): Promise<Server | undefined> {
    let server: Server | undefined;
    await waitUntil(signal, patienceMs, async () => {
      const order = { resource: 'custom-image', name: id, path: { id } } as const;
      server = (await api.send<{ server: Server }>('compute', 'GET /servers/{id}', order, signal)).server;
      return server['OS-EXT-STS:task_state']?.startsWith('image_') !== true;
    });
    return server;
  }

  return {
    async create(call: CreateCall, request: CustomImageRequest): Promise<CloudCustomImage> {
      const [made] = call.again ? await marked(call, call.token) : [];
      if (made) return readOwn(made);
      const { name, vm } = request;
      const server = await readyServer(call, vm);
      const volumes = server?.['os-extended-volumes:volumes_attached'] ?? [];
      // Nova would take them all into the image, and every VM made of it would come with copies that outlive it.
      if (server?.image === '' && volumes.length > 1)
        throw new BaristaError('failed_precondition', `VM ${vm} has ${volumes.length - 1} data disks.`, {
          next: 'Detach them first: of a VM whose root disk is a volume, OpenStack makes an image with all its disks.',
          where: 'vm',
        });
      const createImage = { name, metadata: { 'cb-token': call.token, 'cb-name': name } };
      const order = { ...about(vm), name, body: { createImage }, headers: versionHeaders };
      const answer = await api.send<{ image_id: string }>(
        'compute',
        'POST /servers/{id}/action',
        order,
        call.signal,
      );
      return {
        id: cloudId(answer.image_id),
        name,
        state: 'Creating',
        sizeGb: 0,
        created: new Date().toISOString(),
        token: call.token,
      };
    },

    async list(call: PageCall) {
      const { projectId } = await api.session(call.signal);
      const query = { owner: projectId, sort_key: 'id', sort_dir: 'asc' };
      const { items, next } = await page(api, { ...listing, query }, call);
      return { items: items.filter(isOfVm).map(readOwn), ...(next !== undefined && { next }) };
    },

    async get(call: Call, id: CloudId) {
      return readOwn(await show(call, id));
    },

    async delete(call: Call, id: CloudId) {
      const image = await orAbsent(show(call, id));
      if (image === undefined) return;
      // Before the image, which alone knows of them.
      await together(
        mappingsOf(image).map(async ({ snapshot_id }) => {
          if (!snapshot_id) return;
          const order = { ...about(snapshot_id), name: id };
          await orAbsent(api.send('volume', 'DELETE /snapshots/{id}', order, call.signal));
        }),
      );
      await orAbsent(api.send('image', 'DELETE /images/{id}', about(id), call.signal));
    },

    async findMarked(call, token) {
      return (await marked(call, token)).map(image => image.id);
    },
  };
}
