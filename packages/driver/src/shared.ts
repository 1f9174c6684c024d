/**
 * For drivers' authors: answers that many calls need and that rarely change. Asked for once however many wait, kept for a while, failures not at
 * all. What is kept is the cloud's own and can be asked again at any moment.
 */
import { hasCode } from '@cloud-barista/model/errors';
import { orCancelled } from './concurrency.ts';

type Load<T> = (key: string, signal: AbortSignal) => Promise<T>;

export interface Shared<T> {
  /**
   * What is kept under `key`, what another caller is just asking for, or a new answer; `by` loads it in the usual one's stead. Throws what the
   * load throws, and `cancelled` as soon as the signal fires – a caller who gives up takes no other caller's answer along.
   */
  get(key: string, signal: AbortSignal, by?: Load<T>): Promise<T>;
  /** The next `get` asks anew. */
  forget(key: string): void;
}

/** An answer is kept for `keepMs` from when it came, and `most` of them: then the eldest goes. `now` in milliseconds. */
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
