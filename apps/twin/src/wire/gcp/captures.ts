/**
 * Captured disks: what was on a VM's disk when an image or a snapshot was made of it, kept by the guests under a key. Images, snapshots,
 * machine images and disks that no machine runs on hold a key; with its last holder what was captured goes.
 */
import type { Machine } from '../../world/machines.ts';
import type { World } from '../../world/world.ts';
import type { Account } from './account.ts';
import type { Disk } from './records.ts';

export function hold(account: Account, key: string): string {
  if (key !== '') account.captures.set(key, (account.captures.get(key) ?? 0) + 1);
  return key;
}

export function release(world: World, account: Account, key: string): void {
  const held = account.captures.get(key);
  if (held === undefined) return;
  if (held > 1) account.captures.set(key, held - 1);
  else {
    account.captures.delete(key);
    world.machines.discard(key);
  }
}

const bootMachineOf = (disk: Disk): Machine | undefined =>
  disk.user?.disks.some(each => each.boot && each.disk === disk) === true ? disk.user.machine : undefined;

/** What is on the disk now, held under a key for its new owner: a copy of the machine's that runs on it, or what it was made of. "" of a data disk. */
export function captured(world: World, account: Account, disk: Disk, owner: string): string {
  const machine = bootMachineOf(disk);
  if (!machine) return hold(account, disk.content);
  const key = `${account.cloud.name}/${owner}`;
  world.machines.capture(machine, key);
  return hold(account, key);
}

/** A boot disk that leaves its machine takes its files along. */
export function keepFiles(world: World, account: Account, disk: Disk): void {
  const before = disk.content;
  // Not the key that this machine may have begun with.
  disk.content = captured(world, account, disk, `disks/${disk.id}-${disk.user?.machine.id ?? ''}`);
  release(world, account, before);
}

/** A disk that a machine runs on has its files there. What nobody else holds stays with the disk until it goes. */
export function board(world: World, account: Account, disk: Disk): void {
  if ((account.captures.get(disk.content) ?? 0) < 2) return;
  release(world, account, disk.content);
  disk.content = '';
}
