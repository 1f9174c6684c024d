/** The sign of life of a server among several on one store: a key under a lease. */
import type { Store } from '@cloud-barista/store/store';
import { processes } from './keys.ts';

const leaseSeconds = 15;

export interface SignOfLife {
  end(): Promise<void>;
}

export async function signOfLife(
  store: Store,
  process: string,
  options: {
    signal: AbortSignal;
    sleep: (ms: number, signal: AbortSignal) => Promise<void>;
    log: (line: object) => void;
  },
): Promise<SignOfLife> {
  const grant = async () => {
    const lease = await store.grantLease(leaseSeconds);
    await store.txn({ then: [{ put: processes + process, value: '{}', lease }] });
    return lease;
  };
  let lease = await grant();
  const beat = async () => {
    while (!options.signal.aborted) {
      try {
        await options.sleep((leaseSeconds * 1000) / 3, options.signal);
      } catch {
        return;
      }
      try {
        await store.keepAlive(lease);
      } catch (error) {
        options.log({
          level: 'warn',
          message: 'The sign of life was late; giving it anew.',
          error: String(error),
        });
        lease = await grant().catch(() => lease);
      }
    }
  };
  const beating = beat();
  return {
    async end() {
      await beating;
      await store.revokeLease(lease);
    },
  };
}
