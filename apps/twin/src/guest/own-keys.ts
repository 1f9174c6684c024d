/**
 * The keys that a VM's own users have let in: ~/.ssh/authorized_keys, read inside the VM, for what a VM's root puts there (a
 * link, a pipe) must be the VM's trouble and not the host's. A VM that nobody has touched has none beside those of its birth.
 */
import { existsSync } from 'node:fs';
import type { Bench } from './guest.ts';
import type { GuestSpec } from './spec.ts';

const mostBytes = 64 * 1024;
const patienceMs = 5000;

export async function ownKeys(bench: Bench, spec: GuestSpec): Promise<string[]> {
  if (!existsSync(bench.folder(spec.id))) return [];
  try {
    const argv = ['sh', '-c', `head -c ${mostBytes} "$HOME/.ssh/authorized_keys"`];
    const running = await bench.run(spec, { user: spec.user, argv });
    const late = setTimeout(() => running.kill(), patienceMs);
    let text = '';
    running.stdin.end();
    running.stderr.resume();
    running.stdout.on('data', (data: Buffer) => (text += data.toString('latin1')));
    await running.exited;
    clearTimeout(late);
    return text.split('\n');
  } catch {
    // No sandbox to be had: the keys of its birth still count.
    return [];
  }
}
