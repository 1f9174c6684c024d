/** Lets a user's own public key in, so that `ssh` works with the user's client and our private key never leaves. */
import { BaristaError } from '@cloud-barista/model/errors';
import { getHostKey } from '@cloud-barista/spider/host-keys';
import type { Output } from '@cloud-barista/api/operations';
import { targetOf } from './command.ts';
import { getMcisVm, readMcis } from './view.ts';
import type { Tumblebug } from './tumblebug.ts';

const keyForm =
  /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)) [A-Za-z0-9+/]+={0,3}(?: [\x20-\x7e]{0,200})?$/;
const letIn =
  'umask 077; mkdir -p "$HOME/.ssh" && IFS= read -r key && f="$HOME/.ssh/authorized_keys" && touch "$f" && { grep -qxF -- "$key" "$f" || printf "%s\\n" "$key" >> "$f"; }';

export async function giveAccess(
  bug: Tumblebug,
  namespace: string,
  mcis: string,
  name: string,
  publicKey: string,
  { signal }: { signal: AbortSignal },
): Promise<Output<'mcis-vm.access'>> {
  const key = publicKey.trim();
  if (!keyForm.test(key))
    throw new BaristaError('invalid_argument', 'That is no OpenSSH public key.', {
      where: 'publicKey',
      next: 'Give one line such as: ssh-ed25519 AAAA… name',
    });
  const record = await readMcis(bug, namespace, mcis);
  const vm = await getMcisVm(bug, namespace, mcis, name);
  const plan = record.plans.find(candidate => candidate.name === vm.group);
  const target = await targetOf(bug, namespace, mcis, vm, plan?.keyPair ?? '');
  let text = '';
  const ran = await bug.ssh.run(target, letIn, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(60_000)]),
    stdin: `${key}\n`,
    onOutput: (_, data) => (text += data.toString()),
  });
  if (ran.exitCode !== 0)
    throw new BaristaError(
      'failed_precondition',
      `${name} could not let the key in: ${text.trim().slice(0, 200)}`,
      { next: 'Look at its disk and home directory.' },
    );
  return {
    user: target.user,
    host: target.host,
    port: target.port,
    hostKey: (await getHostKey(bug.spider, vm.connection, vm.vmName))?.key ?? '',
  };
}
