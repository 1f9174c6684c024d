/** A VM's host key: pinned when first met, and another one is refused ever after (trust on first use). */
import { BaristaError } from '@cloud-barista/model/errors';
import type { McisVm } from '@cloud-barista/model/mcis';
import { pinHostKey } from '@cloud-barista/spider/host-keys';
import type { Tumblebug } from './tumblebug.ts';

/** `ssh-ed25519 AAAA…` of the key blob, which begins with its type's length and name (RFC 4253, 6.6). */
export function openSshForm(blob: Buffer): string {
  const length = blob.readUInt32BE(0);
  return `${blob.toString('ascii', 4, 4 + length)} ${blob.toString('base64')}`;
}

/** Throws failed_precondition where the VM shows another key than it did before. */
export async function verifyHostKey(bug: Tumblebug, vm: McisVm, blob: Buffer): Promise<void> {
  const shown = openSshForm(blob);
  const pinned = await pinHostKey(bug.spider, vm.connection, vm.vmName, shown);
  if (pinned.key === shown) return;
  throw new BaristaError(
    'failed_precondition',
    `${vm.name} shows another SSH host key than on ${pinned.seen}.`,
    {
      where: vm.name,
      next: 'Someone may stand between, or the VM was rebuilt outside Cloud-Barista: remove it from the MCIS and add it again.',
    },
  );
}
