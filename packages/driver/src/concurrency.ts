/** For drivers' authors: many things at once, and waiting – always with an end when the caller gives up. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BaristaError } from '@cloud-barista/model/errors';

/** What a wait throws when its caller gave up. */
export const cancelled = (signal: AbortSignal): BaristaError =>
  new BaristaError('cancelled', 'The call was cancelled.', { source: signal.reason });

/** The promise, or `cancelled` as soon as the signal fires; the promise itself goes on for others. */
export async function orCancelled<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: end, reject } = Promise.withResolvers<never>();
  const abort = () => reject(cancelled(signal));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([end, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Milliseconds; throws `cancelled` as soon as the signal fires. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    throw cancelled(signal);
  }
}

const longestMs = 1600;

/** Between two looks at a cloud: `firstMs`, doubled with each `round` (from 0 on) up to 1.6 s; throws `cancelled` as soon as the signal fires. */
export const backOff = (signal: AbortSignal, round: number, firstMs = 50): Promise<void> =>
  pause(Math.min(firstMs * 2 ** round, longestMs), signal);

/** Repeats `look` while it answers undefined and `goOn` says so, with `backOff` between; then its last answer. Throws what `look` throws, and `cancelled`. */
export async function patiently<T>(
  signal: AbortSignal,
  look: () => Promise<T | undefined>,
  goOn: (round: number) => boolean,
  firstMs?: number,
): Promise<T | undefined> {
  for (let round = 0; ; round++) {
    const answer = await look();
    if (answer !== undefined || !goOn(round)) return answer;
    await backOff(signal, round, firstMs);
  }
}

/**
 * At most `width` at once, answers in the order of `items`. The first failure stops what has not begun, and is thrown when all that had
 * begun has ended.
 */
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
  await together(Array.from({ length: Math.min(width, items.length) }, runner));
  return results;
}

/** Waits for all, then throws the first failure: nothing of ours is still under way when the caller begins to undo. */
export async function together<const T extends readonly unknown[]>(
  deeds: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const ends = await Promise.allSettled(deeds);
  return ends.map(end => {
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  }) as { -readonly [K in keyof T]: Awaited<T[K]> };
}
