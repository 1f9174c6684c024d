/**
 * Who may log in: the `ssh-keys` of the instance's metadata, then of the project's unless it blocks them. Source: "Add SSH keys to VMs", metadata-managed keys. The
 * Twin's machine has one user: the first line's.
 */
import type { Account } from './account.ts';
import type { Instance, MetadataItem } from './records.ts';

const truth = (text: string | undefined): boolean => /^(true|yes|y|1)$/i.test(text ?? '');
export const itemOf = (items: readonly MetadataItem[], key: string): string | undefined =>
  items.find(item => item.key === key)?.value;

export interface Login {
  user: string;
  keys: string[];
}

/** "alice:ssh-ed25519 AAAA… alice@host", one a line. */
function* linesOf(text: string | undefined): Generator<[user: string, key: string]> {
  for (const line of (text ?? '').split('\n')) {
    const at = line.indexOf(':');
    const user = line.slice(0, at).trim();
    const key = line.slice(at + 1).trim();
    if (at > 0 && /^(ssh|ecdsa|sk)-[\w@.-]+ [A-Za-z0-9+/=]+/.test(key)) yield [user, key];
  }
}

export function loginOf(account: Account, metadata: readonly MetadataItem[]): Login {
  const oslogin = itemOf(metadata, 'enable-oslogin') ?? itemOf(account.metadata, 'enable-oslogin');
  // With OS Login metadata's keys count for nothing.
  if (truth(oslogin)) return { user: '', keys: [] };
  const lines = [...linesOf(itemOf(metadata, 'ssh-keys'))];
  if (!truth(itemOf(metadata, 'block-project-ssh-keys')))
    lines.push(...linesOf(itemOf(account.metadata, 'ssh-keys')));
  const user = lines[0]?.[0] ?? '';
  return { user, keys: lines.filter(([each]) => each === user).map(([, key]) => key) };
}

/** The guest agent watches the metadata. */
export function applyKeys(account: Account, instance: Instance): void {
  const { user, keys } = loginOf(account, instance.metadata);
  instance.machine.user = user;
  instance.machine.keys = keys;
}
