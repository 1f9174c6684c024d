/** The lease on which everything hangs that this process runs: while it is kept alive, nobody else takes it up. */
import { performance } from 'node:perf_hooks';
import { hasCode } from '@cloud-barista/model/errors';
import type { LeaseId, Store } from './store.ts';

export interface Owner {
  lease(): Promise<LeaseId>;
  /** Lets go. `now`: others may take it up at once; else when the lease runs out. */
  close(now: boolean): Promise<void>;
}

/** `lost` is called when the lease ran out, or may have because the store was away too long. */
export async function openOwner(store: Store, seconds: number, lost: () => void): Promise<Owner> {
  let current: Promise<LeaseId> | undefined = store.grantLease(seconds);
  await current;
  let alive = performance.now();
  let beating = false;

  async function beat(): Promise<void> {
    const lease = current;
    if (!lease || beating) return;
    beating = true;
    const sent = performance.now();
    try {
      await store.keepAlive(await lease);
      alive = sent;
    } catch (error) {
      if (current === lease && (hasCode(error, 'not_found') || performance.now() - alive > seconds * 1000)) {
        current = undefined;
        lost();
      }
    } finally {
      beating = false;
    }
  }
  const timer = setInterval(() => void beat(), (seconds * 1000) / 3).unref();

  return {
    lease() {
      if (!current) {
        const fresh = store.grantLease(seconds);
        current = fresh;
        alive = performance.now();
        fresh.catch(() => {
          if (current === fresh) current = undefined;
        });
      }
      return current;
    },
    async close(now) {
      clearInterval(timer);
      const lease = current;
      current = undefined;
      if (now && lease) await lease.then(id => store.revokeLease(id)).catch(() => undefined);
    },
  };
}
