/** Small things of time and concurrency: answers that many wait for, pauses, a bound on what runs at once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';

export const cancelled = (signal: AbortSignal): BaristaError =>
  new BaristaError('cancelled', 'The call was cancelled.', { source: signal.reason });

/** The promise, or `cancelled` as soon as the signal fires; the promise itself goes on for others. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(cancelled(signal));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    throw cancelled(signal);
  }
}

/** What rarely changes: asked for once however many wait, kept for a while. A failure is not kept. */
export interface Shared<T> {
  get(key: string, signal: AbortSignal): Promise<T>;
  forget(key: string): void;
}

export function createShared<T>(
  keepMs: number,
  load: (key: string, signal: AbortSignal) => Promise<T>,
  now: () => number = Date.now,
): Shared<T> {
  const kept = new Map<string, { promise: Promise<T>; until: number }>();

  function begin(key: string, signal: AbortSignal): Promise<T> {
    const entry = { promise: load(key, signal), until: Number.POSITIVE_INFINITY };
    for (const [name, { until }] of kept) if (until <= now()) kept.delete(name);
    kept.set(key, entry);
    entry.promise.then(
      () => (entry.until = now() + keepMs),
      () => kept.get(key) === entry && kept.delete(key),
    );
    return entry.promise;
  }

  return {
    async get(key, signal) {
      const entry = kept.get(key);
      if (entry === undefined || entry.until <= now()) return begin(key, signal);
      try {
        return await orAborted(entry.promise, signal);
      } catch (error) {
        // Another caller's answer, and it was that caller who gave up: ask again for ourselves.
        if (signal.aborted || !hasCode(error, 'cancelled', 'deadline_exceeded')) throw error;
        return this.get(key, signal);
      }
    },
    forget: key => void kept.delete(key),
  };
}

/** At most `width` at once, answers in the order of `items`. The first failure stops what has not begun. */
export async function each<T, R>(
  items: readonly T[],
  width: number,
  deed: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  let failed = false;
  const runner = async () => {
    while (next < items.length && !failed) {
      const at = next++;
      const item = items[at] as T;
      try {
        results[at] = await deed(item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, runner));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return results;
}

/** Waits for all, then throws the first failure: nothing of ours is still under way when the caller cleans up. */
export async function together<T extends readonly unknown[]>(
  promises: {
    [Key in keyof T]: Promise<T[Key]>;
  },
): Promise<T> {
  const ends = await Promise.allSettled(promises);
  return ends.map(end => {
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  }) as unknown as T;
}

/** undefined where the cloud says not_found. */
export async function orAbsent<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (hasCode(error, 'not_found')) return undefined;
    throw error;
  }
}
