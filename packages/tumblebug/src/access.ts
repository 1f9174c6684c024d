/** Lets a user's own public key in, so that `ssh` works with the user's client and our private key never leaves. */
import { BaristaError } from '@cloud-barista/model/errors';
import { getHostKey } from '@cloud-barista/spider/host-keys';
import type { Output } from '@cloud-barista/api/operations';
import { targetOf } from './command.ts';
import { keeper } from './output.ts';
import { getMcisVm, readMcis } from './view.ts';
import type { Tumblebug } from './tumblebug.ts';

/**
 * One key and nothing else: options (`command=…`), which sshd takes in front of the type, have no place in it, and no line can
 * follow. Types: sshd(8), AUTHORIZED_KEYS FILE FORMAT, without DSA.
 */
const keyForm =
  /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)|sk-ssh-ed25519@openssh\.com|sk-ecdsa-sha2-nistp256@openssh\.com) ([A-Za-z0-9+/]+={0,3})(?: [\x20-\x7e]{0,200})?$/;
/** The key comes by standard input: no shell ever reads it. A last line without its end would swallow it. */
export const letIn = [
  'umask 077',
  'mkdir -p "$HOME/.ssh"',
  'IFS= read -r key',
  'f="$HOME/.ssh/authorized_keys"',
  'touch "$f"',
  '{ grep -qxF -- "$key" "$f" || { { [ ! -s "$f" ] || [ -z "$(tail -c 1 "$f")" ] || echo >> "$f"; } && printf "%s\\n" "$key" >> "$f"; }; }',
].join(' && ');
const timeoutMs = 60_000;

/** The key as one line; invalid_argument where it is none. */
export function checkPublicKey(text: string): string {
  const fail = (message: string): never => {
    throw new BaristaError('invalid_argument', message, {
      where: 'publicKey',
      next: 'Give one line such as: ssh-ed25519 AAAA… name',
    });
  };
  if (text.includes('PRIVATE KEY')) fail('That is a private key. Keep it to yourself.');
  const key = text.trim();
  const [, type = '', encoded = ''] = keyForm.exec(key) ?? fail('That is no OpenSSH public key.');
  // The blob begins with its type (RFC 4253, 6.6), so one that was cut or mixed up shows.
  const blob = Buffer.from(encoded, 'base64');
  const length = blob.length >= 4 ? blob.readUInt32BE(0) : 0;
  if (length !== type.length || blob.toString('ascii', 4, 4 + length) !== type || blob.length <= 4 + length)
    fail('The public key is cut off or damaged.');
  return key;
}

export async function giveAccess(
  bug: Tumblebug,
  namespace: string,
  mcis: string,
  name: string,
  publicKey: string,
  { signal }: { signal: AbortSignal },
): Promise<Output<'mcis-vm.access'>> {
  const key = checkPublicKey(publicKey);
  const vm = await getMcisVm(bug, namespace, mcis, name);
  const record = await readMcis(bug, namespace, mcis);
  const plan = record.plans.find(candidate => candidate.name === vm.group);
  const target = await targetOf(bug, vm, plan?.keyPair ?? '');
  const output = keeper(4096);
  const ran = await bug.ssh.run(target, letIn, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    stdin: `${key}\n`,
    onOutput: (_, data) => void output.take(data),
  });
  if (ran.exitCode !== 0)
    throw new BaristaError(
      'failed_precondition',
      `${name} could not let the key in: ${output.text().trim().slice(0, 200) || `exit code ${ran.exitCode ?? ran.signal}`}`,
      { where: name, next: 'Look at its disk and home directory.' },
    );
  return {
    user: target.user,
    host: target.host,
    port: target.port,
    hostKey: (await getHostKey(bug.spider, vm.connection, vm.vmName))?.key ?? '',
  };
}
