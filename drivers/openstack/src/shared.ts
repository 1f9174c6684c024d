/** Answers that many calls need and that rarely change: asked for once however many wait, kept for a while. */
import { BaristaError, hasCode } from '@cloud-barista/model/errors';

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
        return begin(key, signal);
      }
    },
    forget: key => void kept.delete(key),
  };
}

/** The promise, or `cancelled` as soon as the signal fires; the promise itself goes on for others. */
export function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(cancelled(signal));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

export const cancelled = (signal: AbortSignal): BaristaError =>
  new BaristaError('cancelled', 'The call was cancelled.', { source: signal.reason });
