/** The images of a region, in the order that Glance lists them by itself: it is kept, for whoever reads thousands in pages. */
import type { World } from '../../../world/world.ts';
import type { Image } from '../records.ts';
import { noTags, type Site } from '../site.ts';

const orders = new WeakMap<Site, readonly Image[]>();

/** By created_at, then by the order of creation. */
export function newestFirst(site: Site): readonly Image[] {
  let order = orders.get(site);
  if (!order) {
    order = [...site.images.values()].sort((a, b) => b.createdAt - a.createdAt || b.n - a.n);
    orders.set(site, order);
  }
  return order;
}

/** The project's own, before anything is said or known of it. */
export const blankImage = (site: Site, now: number): Image => ({
  n: site.next(),
  id: site.newId('image'),
  name: '',
  status: 'queued',
  visibility: 'shared',
  containerFormat: null,
  diskFormat: null,
  size: null,
  minDisk: 0,
  minRam: 0,
  protected: false,
  hidden: false,
  tags: noTags,
  properties: {},
  createdAt: now,
  updatedAt: now,
  checksum: null,
  hash: null,
  data: undefined,
  given: false,
  disk: undefined,
});

export function addImage(site: Site, image: Image): void {
  site.images.set(image.id, image);
  orders.delete(site);
}

export function dropImage(world: World, site: Site, image: Image): void {
  if (!site.images.delete(image.id)) return;
  orders.delete(site);
  discardDisk(world, site, image);
}

/** A captured disk is kept for the image, and for the volumes that were made of it and may yet be booted from. */
export function discardDisk(world: World, site: Site, image: Image | undefined): void {
  if (image?.disk === undefined || site.images.get(image.id) === image) return;
  for (const volume of site.volumes.values()) if (volume.image === image) return;
  world.machines.discard(image.disk);
}

/** All captured disks of a region. */
export function disksOf(site: Site): Set<string> {
  const disks = new Set<string>();
  for (const image of site.images.values()) if (image.disk !== undefined) disks.add(image.disk);
  for (const { image } of site.volumes.values()) if (image?.disk !== undefined) disks.add(image.disk);
  return disks;
}
