/** One deed at a time on one key, in this process. First come, first served; a waiter may give up. */
import { raced } from './signals.ts';

export interface Locks {
  with<T>(key: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
  held(key: string): boolean;
}

export function openLocks(): Locks {
  const tails = new Map<string, Promise<void>>();
  return {
    held: key => tails.has(key),
    async with(key, signal, work) {
      const before = tails.get(key);
      const own = Promise.withResolvers<void>();
      // A waiter that gives up resolves `own` at once; those behind it still wait for `before`.
      const tail = before ? before.then(() => own.promise) : own.promise;
      tails.set(key, tail);
      try {
        if (before) await raced(before, signal);
        return await work();
      } finally {
        own.resolve();
        void tail.then(() => {
          if (tails.get(key) === tail) tails.delete(key);
        });
      }
    },
  };
}
