/** Answers that many calls need at once: asked for once however many wait, kept for a moment, failures not at all. */
import { hasCode } from '@cloud-barista/model/errors';
import { orCancelled } from './tokens.ts';

type Load<T> = (key: string, signal: AbortSignal) => Promise<T>;

export interface Shared<T> {
  /** `by` loads in the usual one's stead, where nothing is kept. */
  get(key: string, signal: AbortSignal, by?: Load<T>): Promise<T>;
  forget(key: string): void;
}

/** `most` answers are kept; the eldest goes. */
export function createShared<T>(
  keepMs: number,
  load: Load<T>,
  { now = () => performance.now(), most = Infinity }: { now?: () => number; most?: number } = {},
): Shared<T> {
  const kept = new Map<string, { promise: Promise<T>; until: number }>();

  function begin(key: string, signal: AbortSignal, by: Load<T>): Promise<T> {
    const entry = { promise: by(key, signal), until: Number.POSITIVE_INFINITY };
    for (const [old, { until }] of kept) if (until <= now()) kept.delete(old);
    for (const old of kept.keys()) if (kept.size >= most) kept.delete(old);
    kept.set(key, entry);
    entry.promise.then(
      () => (entry.until = now() + keepMs),
      () => kept.get(key) === entry && kept.delete(key),
    );
    return entry.promise;
  }

  async function get(key: string, signal: AbortSignal, by: Load<T> = load): Promise<T> {
    const entry = kept.get(key);
    if (entry === undefined || entry.until <= now()) return begin(key, signal, by);
    try {
      return await orCancelled(entry.promise, signal);
    } catch (error) {
      // Another caller's question, and it was that caller who gave up: ask again for ourselves, once for all who wait.
      if (signal.aborted || !hasCode(error, 'cancelled', 'deadline_exceeded')) throw error;
      return kept.get(key) === entry ? begin(key, signal, by) : get(key, signal, by);
    }
  }

  return { get, forget: key => void kept.delete(key) };
}
