/** A VM's folder on the host: made at its first use, removed with it. */
import { execFile } from 'node:child_process';
import { chown, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { firstUid, type Privilege } from './skeleton.ts';

/** The VM's folder at its first use. Later they are left as they are: `root`, or `upper` below it, is its own root's `/`. */
export async function makeFolders(
  folder: string,
  { overlay, privilege }: { overlay: boolean; privilege: Privilege },
): Promise<void> {
  const names = overlay ? ['root', 'base', 'upper', 'work'] : ['root', 'base'];
  if ((await mkdir(folder, { recursive: true, mode: 0o700 })) === undefined) return;
  const all = [folder, ...names.map(name => join(folder, name))];
  try {
    await Promise.all(all.slice(1).map(each => mkdir(each, { mode: 0o755 })));
    if (privilege === 'root') await Promise.all(all.map(each => chown(each, firstUid, firstUid)));
  } catch (error) {
    // Half made it would be taken for whole.
    await removeFolder(folder);
    throw error;
  }
}

/** Deletes a folder whose owner may have forbidden to read parts of it (no hindrance to root). Follows no links. */
export async function removeFolder(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true });
  } catch {
    await promisify(execFile)('chmod', ['-R', 'u+rwX', folder]).catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  }
}
