/** Waiting for what the cloud has taken but does not show everywhere yet. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BaristaError } from '@cloud-barista/model/errors';

/** 50 ms, doubled each round up to 1.6 s; throws `cancelled` as soon as `signal` fires. */
export async function waitOrStop(signal: AbortSignal, round: number): Promise<void> {
  try {
    await sleep(50 * 2 ** Math.min(round, 5), undefined, { signal });
  } catch (source) {
    throw new BaristaError('cancelled', 'The call was cancelled while it waited for EC2.', { source });
  }
}

/** Repeats `deed` while it answers undefined and `goOn` says so; then its last answer. */
export async function patiently<T>(
  signal: AbortSignal,
  deed: () => Promise<T | undefined>,
  goOn: (round: number) => boolean,
): Promise<T | undefined> {
  for (let round = 0; ; round++) {
    const answer = await deed();
    if (answer !== undefined || !goOn(round)) return answer;
    await waitOrStop(signal, round);
  }
}

/**
 * Waits for all and then throws the first failure, so that nothing is under way any more when the caller begins to undo.
 */
export async function together<const T extends readonly unknown[]>(
  deeds: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const ends = await Promise.allSettled(deeds);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return Promise.all(deeds) as Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }>;
}
