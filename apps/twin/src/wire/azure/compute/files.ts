/**
 * Files that were captured from a VM's disk: images, snapshots and disks hold them together, and the last to go takes
 * them along. What a running VM writes is its own and no part of them.
 */
import type { World } from '../../../world/world.ts';
import type { Call } from '../call.ts';
import { newGuid } from '../account.ts';
import type { Content, VirtualMachine } from '../records.ts';

export interface Files {
  /** As the world's machines know them. */
  readonly key: string;
  holders: number;
}

/** What is on the VM's OS disk at this moment, held once. Undefined where no host ever had it. */
export function captureFiles(
  { world, account }: Pick<Call, 'world' | 'account'>,
  { machine }: VirtualMachine,
): Files | undefined {
  if (!machine) return undefined;
  const key = `${account.cloud.name}/${newGuid(world, account, 'files')}`;
  world.machines.capture(machine, key);
  return { key, holders: 1 };
}

/** One more holder of the same. */
export function shareContent(content: Content | undefined): Content | undefined {
  if (content?.files) content.files.holders++;
  return content;
}

export function releaseFiles(world: World, files: Files | undefined): void {
  if (files && --files.holders === 0) world.machines.discard(files.key);
}
