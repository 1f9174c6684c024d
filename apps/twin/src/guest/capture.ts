/**
 * Copies what stands on a VM's disk – the skeleton's files and its own as one – without what was that one VM's: its name, its
 * keys, its user data, that it was ever booted.
 *
 * What is copied is a VM's root's to spoil, also while it is being copied. So it is done where nothing else can be met: by
 * the VMs' own root (namespaces.ts) in a view of the host's programs, the disk and the copy alone. Unlike setup.ts it
 * never runs or loads anything from the disk.
 */
import { BaristaError } from '@cloud-barista/model/errors';
import type { Launch } from './launch.ts';
import { type Unshared, unshared } from './namespaces.ts';
import type { Host } from './sandbox.ts';
import { programFolders } from './skeleton.ts';

/** In the VM's folder. `base` is nothing but a place to mount at. An overlay of two layers below and none above is read-only. */
const script = `
set -e
umask 022
mount -n -c -t tmpfs -o size=1m,mode=755 tmpfs base
for each in $FOLDERS; do
  mkdir "base/$each"
  mount -n -o rbind,ro "/$each" "base/$each"
done
mkdir base/from base/to base/old base/proc
# umount(8) looks there.
mount -n -t proc proc base/proc
mount -n -c --bind "../$TO" base/to
if [ "$OVERLAY" = yes ]; then
  mount -n -c -t overlay -o "lowerdir=upper:../$BELOW,userxattr,index=off" overlay base/from
else
  mount -n -c --bind root base/from
fi
# Logically (without -P) it would go by the whole path, which is closed to it.
cd -P base
pivot_root . old
cd /
umount -n -c -l /old
ulimit -f "$BLOCKS"
cp -a /from/. /to/ || echo 'not all was copied' >&2
cd /to
rm -rf etc/.born etc/hostname etc/hosts etc/machine-id etc/ssh/ssh_host_* var/lib/cloud/instance \\
  root/.ssh/authorized_keys home/*/.ssh/authorized_keys
echo copied
`;

/** What a file that goes or changes while it is being copied makes cp(1) say; then it is as after a loss of power. */
const passing = /: No such file or directory$|as it was replaced while being copied$|^not all was copied$/;

/** Copies the disk in `folder`, which lies over `below`, to the folder named `to` beside them. Throws `unavailable`. */
export async function copyDisk(
  host: Host,
  options: { folder: string; below: string; to: string; signal: AbortSignal },
  launch: Launch,
): Promise<void> {
  const { folder, below, to, signal } = options;
  const { captureSeconds, fileMib } = host.limits;
  let whole = false;
  const copying: Unshared = unshared(
    {
      privilege: host.privilege,
      also: ['--ipc', '--net'],
      script,
      cwd: folder,
      env: {
        FOLDERS: programFolders().join(' '),
        OVERLAY: host.overlay ? 'yes' : 'no',
        BELOW: below,
        TO: to,
        BLOCKS: String(fileMib * 2048),
      },
      said: text => {
        whole = text.endsWith('copied\n');
      },
    },
    launch,
  );
  const end = AbortSignal.any([signal, AbortSignal.timeout(captureSeconds * 1000)]);
  const stop = () => copying.close();
  end.addEventListener('abort', stop, { once: true });
  if (end.aborted) stop();
  await copying.child.exited;
  end.removeEventListener('abort', stop);
  const wrong = copying
    .wrong()
    .trim()
    .split('\n')
    .find(line => line !== '' && !passing.test(line));
  const reason = end.aborted
    ? `it took longer than ${captureSeconds} s`
    : (wrong ?? (whole ? '' : 'it ended early'));
  if (reason !== '') throw new BaristaError('unavailable', `The disk could not be copied: ${reason}.`);
}
