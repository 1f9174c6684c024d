/** What is asked of the cloud once for all who want it, and kept for a while. */
import type { Call } from '@cloud-barista/driver/call';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';

export function createKept<Key, Value>(
  keptMs: number,
  read: (call: Call, key: Key) => Promise<Value>,
): (call: Call, key: Key) => Promise<Value> {
  const known = new Map<Key, { value: Promise<Value>; until: number }>();
  return async function kept(call, key) {
    const standing = known.get(key);
    const asked = standing && performance.now() < standing.until ? standing : undefined;
    const mine = asked ?? { value: read(call, key), until: performance.now() + keptMs };
    if (!asked) known.set(key, mine);
    try {
      return await (asked ? orStop(call.signal, asked.value) : mine.value);
    } catch (error) {
      // A waiter's own end is not the reader's.
      if (asked && call.signal.aborted) throw error;
      if (known.get(key) === mine) known.delete(key);
      // Whoever asked first was cancelled, or ran out of time: that is not our failure.
      if (asked && hasCode(error, 'cancelled', 'deadline_exceeded')) return kept(call, key);
      throw error;
    }
  };
}

async function orStop<T>(signal: AbortSignal, value: Promise<T>): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  const stop = () => stopped.reject(new BaristaError('cancelled', 'The call was cancelled while it waited.'));
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([value, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
