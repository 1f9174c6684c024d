/** Answers that many calls need at once: asked for once however many wait, kept for a moment, failures not at all. */
import { hasCode } from '@cloud-barista/model/errors';
import { orCancelled } from './tokens.ts';

export interface Shared<T> {
  get(key: string, signal: AbortSignal): Promise<T>;
  forget(key: string): void;
}

export function createShared<T>(
  keepMs: number,
  load: (key: string, signal: AbortSignal) => Promise<T>,
  now: () => number = () => performance.now(),
): Shared<T> {
  const kept = new Map<string, { promise: Promise<T>; until: number }>();

  function begin(key: string, signal: AbortSignal): Promise<T> {
    const entry = { promise: load(key, signal), until: Number.POSITIVE_INFINITY };
    for (const [old, { until }] of kept) if (until <= now()) kept.delete(old);
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
        return await orCancelled(entry.promise, signal);
      } catch (error) {
        // Another caller's question, and it was that caller who gave up: ask again for ourselves.
        if (signal.aborted || !hasCode(error, 'cancelled', 'deadline_exceeded')) throw error;
        return begin(key, signal);
      }
    },
    forget: key => void kept.delete(key),
  };
}
