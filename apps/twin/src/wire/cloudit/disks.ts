/** Captured disks: what a snapshot of a boot volume keeps of its server's files, until nothing begins with it any more. */
import type { World } from '../../world/world.ts';
import type { Disk, Server } from './records.ts';
import type { Site } from './site.ts';

/** Undefined: the server never ran, so there is nothing to keep. */
export function capture(world: World, site: Site, server: Server | undefined, id: string): Disk | undefined {
  if (!server?.machine) return undefined;
  const disk: Disk = { key: `${site.cloud.name}/${id}`, holders: 1 };
  world.machines.capture(server.machine, disk.key);
  return disk;
}

export function hold(disk: Disk | undefined): Disk | undefined {
  if (disk) disk.holders++;
  return disk;
}

export function letGo(world: World, disk: Disk | undefined): void {
  if (disk && --disk.holders === 0) world.machines.discard(disk.key);
}
