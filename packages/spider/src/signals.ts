/** Waiting that ends when a signal fires. */
import { BaristaError } from '@cloud-barista/model/errors';

/** Why a signal fired, as an error of ours: a time-out is deadline_exceeded, all else cancelled. */
export function stopped(signal: AbortSignal, what = 'The call'): BaristaError {
  const reason: unknown = signal.reason;
  if (reason instanceof BaristaError) return reason;
  return reason instanceof Error && reason.name === 'TimeoutError'
    ? new BaristaError('deadline_exceeded', `${what} took too long.`, {
        next: 'Look whether it has ended meanwhile, then try again.',
      })
    : new BaristaError('cancelled', `${what} was cancelled.`);
}

/** `promise`, or the signal's error when that is first. The promise itself goes on. */
export function raced<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => {});
    return Promise.reject(stopped(signal));
  }
  return new Promise((resolve, reject) => {
    const stop = () => reject(stopped(signal));
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** Runs `work` over `items`, at most `width` at a time; ends when all have ended, then throws the first error. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed: { error: unknown } | undefined;
  const lane = async () => {
    while (next < items.length) {
      const item = items[next++] as T;
      try {
        await work(item);
      } catch (error) {
        failed ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
  if (failed) throw failed.error;
}
