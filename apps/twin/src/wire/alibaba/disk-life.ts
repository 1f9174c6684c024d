/**
 * A disk's life beside its instance's: states that pass, devices, and what becomes of it once the instance is released. Nothing runs on
 * a timer: `settleDisks` looks at what has passed when the next request comes. Source: ECS user guide, "Disk states".
 */
import type { World } from '../../world/world.ts';
import type { Disk, Instance, Snapshot } from './records.ts';
import type { AliSite } from './site.ts';
import { settling } from './vpcs.ts';

export type DiskStatus = Disk['passing'] | 'In_use' | 'Available';

export function diskStatus(disk: Disk, now: number): DiskStatus {
  if (now < disk.passUntil) return disk.passing;
  return disk.instance && disk.passing !== 'Detaching' ? 'In_use' : 'Available';
}

export function pass(world: World, site: AliSite, disk: Disk, passing: Disk['passing']): void {
  disk.passing = passing;
  disk.passUntil = world.now() + settling(site);
  if (passing === 'Detaching') site.detaching.add(disk);
}

function free(disk: Disk, now: number): void {
  const { instance } = disk;
  if (!instance) return;
  instance.disks = instance.disks.filter(each => each !== disk);
  disk.instance = undefined;
  disk.device = '';
  disk.detachedAt = now;
}

export function settleDisks(world: World, site: AliSite): void {
  const now = world.now();
  for (const disk of site.detaching) {
    if (now < disk.passUntil) continue;
    site.detaching.delete(disk);
    free(disk, now);
  }
}

/** Forgets the disk; its snapshots stay. */
export function dropDisk(site: AliSite, disk: Disk): void {
  site.disks.delete(disk.id);
  site.detaching.delete(disk);
  const source = site.snapshots.get(disk.sourceSnapshot);
  if (source) source.disks--;
}

/** Of an instance that is gone: some go with it, the others are free. */
export function releaseDisks(world: World, site: AliSite, instance: Instance): void {
  for (const disk of instance.disks) {
    site.detaching.delete(disk);
    if (disk.deleteWithInstance && disk.passing !== 'Detaching') dropDisk(site, disk);
    else free(disk, world.now());
  }
}

/** /dev/xvdb to /dev/xvdz, for data disks. */
export const devices: readonly string[] = Array.from(
  'bcdefghijklmnopqrstuvwxyz',
  letter => `/dev/xvd${letter}`,
);
/** The first that none of these is. */
export const freeDevice = (taken: ReadonlySet<string>): string =>
  devices.find(each => !taken.has(each)) ?? '';

export const isSnapshotting = (disk: Disk, now: number): boolean =>
  disk.snapshot !== undefined && now < disk.snapshot.readyAt;

/** How long a copy of a disk takes: as long as a VM's creation. */
export const copying = (site: AliSite): number => site.cloud.delays.create;

export const progressOf = (record: Pick<Snapshot, 'createdAt' | 'readyAt'>, now: number): string =>
  now >= record.readyAt
    ? '100%'
    : `${Math.floor(((now - record.createdAt) / (record.readyAt - record.createdAt)) * 100)}%`;
