/** Images by Glance (Image service API v2, "List images", "Show image"). */
import { orAbsent } from '@cloud-barista/driver/errors';
import { BaristaError } from '@cloud-barista/model/errors';
import type { CloudId } from '@cloud-barista/model/ids';
import { readImageName, type Image } from '@cloud-barista/model/image';
import type { Page } from '@cloud-barista/model/schema';
import type { Call, PageCall } from '@cloud-barista/driver/call';
import type { Images } from '@cloud-barista/driver/images';
import { all, page, type Api, type Listing } from './api.ts';

export interface GlanceImage {
  id: string;
  name: string | null;
  status: string;
  container_format?: string | null;
  created_at?: string;
  /** GiB. */
  min_disk?: number;
  /** Bytes, unpacked; Glance knows it since Newton, for some formats. */
  virtual_size?: number | null;
  architecture?: string;
  os_distro?: string;
  os_version?: string;
  os_admin_user?: string;
  /** Nova says in its snapshots what they were made of. */
  base_image_ref?: string;
  image_type?: string;
}

const listing: Listing<GlanceImage> = {
  service: 'image',
  call: 'GET /images',
  resource: 'image',
  key: 'images',
  query: { status: 'active', sort_key: 'id', sort_dir: 'asc' },
  id: image => image.id,
};

/** Kernels and ramdisks are images too, but no VM starts from one. */
const bootable = (image: GlanceImage): boolean => !['aki', 'ari'].includes(image.container_format ?? '');

export const isUuid = (text: string): boolean => /^[0-9a-f]{8}(-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/i.test(text);

export function createImages(api: Api): Images {
  return {
    async list(call: PageCall, search?: string): Promise<Page<Image>> {
      if (search === undefined || search === '') {
        const { items, next } = await page(api, listing, call);
        return { items: items.filter(bootable).map(readImage), ...(next !== undefined && { next }) };
      }
      // Glance finds exact names only: read large parts, keep what fits, stop when the page is full.
      const word = search.toLowerCase();
      const found: Image[] = [];
      let cursor = call.cursor;
      for (;;) {
        const { items, next } = await page(api, listing, {
          ...call,
          limit: 1000,
          ...(cursor !== undefined && { cursor }),
        });
        for (const image of items) {
          if (!bootable(image) || !(image.name ?? '').toLowerCase().includes(word)) continue;
          if (found.push(readImage(image)) === call.limit) return { items: found, next: image.id };
        }
        if (next === undefined) return { items: found };
        cursor = next;
      }
    },
    async get(call: Call, id: CloudId): Promise<Image> {
      return readImage(await findImage(api, call, id));
    },
  };
}

/** By id, or by name where one image alone has it. */
export async function findImage(api: Api, { signal }: Call, ref: string): Promise<GlanceImage> {
  if (isUuid(ref)) {
    const order = { resource: 'image', name: ref, path: { id: ref } } as const;
    const image = await orAbsent(api.send<GlanceImage>('image', 'GET /images/{id}', order, signal));
    if (image) return image;
  }
  const named = await all(api, { ...listing, query: { ...listing.query, name: ref } }, signal);
  // Clouds keep retired images hidden or renamed; two visible ones of a name can't be told apart.
  const [image, ...others] = named.filter(one => one.name === ref && bootable(one));
  if (image && others.length === 0) return image;
  if (image)
    throw new BaristaError(
      'invalid_argument',
      `OpenStack has ${others.length + 1} images named ${JSON.stringify(ref)}.`,
      {
        next: `Give the id of one: ${[image, ...others].map(one => one.id).join(', ')}.`,
        where: 'image',
      },
    );
  throw new BaristaError('not_found', `OpenStack has no image ${JSON.stringify(ref)}.`, {
    next: 'List the images of this connection, and give an id or a name.',
    where: 'image',
  });
}

const architectures: Record<string, Image['architecture']> = {
  x86_64: 'x86_64',
  amd64: 'x86_64',
  aarch64: 'arm64',
  arm64: 'arm64',
};

/** What its properties say, then its name ("Useful image properties", Glance admin guide). */
export function readImage(image: GlanceImage): Image {
  const name = image.name ?? image.id;
  const byName = readImageName(name);
  const os = image.os_distro?.toLowerCase() ?? byName.os;
  const osVersion = image.os_version ?? (os === byName.os ? byName.osVersion : '');
  const byOs = readImageName(`${os} ${osVersion}`);
  return {
    id: image.id,
    name,
    os,
    osVersion,
    architecture: architectures[image.architecture?.toLowerCase() ?? ''] ?? '',
    user: image.os_admin_user ?? (byOs.user || byName.user),
    available: image.status === 'active',
    created: image.created_at ?? '',
    minDiskGb: Math.max(image.min_disk ?? 0, Math.ceil((image.virtual_size ?? 0) / 2 ** 30)),
    ...((image.base_image_ref !== undefined || image.image_type === 'snapshot') && { custom: true as const }),
  };
}
