/** SSH host-key pins: what a VM's host key was when it was first met. They go with the VM. */
import type { Spider } from './context.ts';
import { hostKeyKey } from './keys.ts';

export interface HostKey {
  /** OpenSSH form: `ssh-ed25519 AAAA…`. */
  key: string;
  /** When it was first met, RFC 3339. */
  seen: string;
}

export async function getHostKey(
  spider: Spider,
  connection: string,
  vm: string,
): Promise<HostKey | undefined> {
  return (await spider.mirror.find<HostKey>(hostKeyKey(connection, vm)))?.value;
}

/** Pins `key` where none is pinned yet; returns what is pinned then. */
export async function pinHostKey(
  spider: Spider,
  connection: string,
  vm: string,
  key: string,
): Promise<HostKey> {
  const at = hostKeyKey(connection, vm);
  const pin: HostKey = { key, seen: new Date(spider.now()).toISOString() };
  for (;;) {
    const held = await spider.mirror.find<HostKey>(at);
    if (held) return held.value;
    if (await spider.mirror.commit({ if: [{ key: at, revision: 0 }], put: [{ key: at, value: pin }] }))
      return pin;
  }
}
