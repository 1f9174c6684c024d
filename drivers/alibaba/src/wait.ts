/** Waiting for what the cloud has taken but has not finished, or does not show everywhere yet. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BaristaError } from '@cloud-barista/model/errors';

/** 25 ms, doubled each round up to 1.6 s; throws `cancelled` as soon as `signal` fires. */
export async function waitOrStop(signal: AbortSignal, round: number): Promise<void> {
  try {
    await sleep(25 * 2 ** Math.min(round, 6), undefined, { signal });
  } catch (source) {
    throw new BaristaError('cancelled', 'The call was cancelled while it waited for Alibaba Cloud.', {
      source,
    });
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

/** Repeats `deed` while it is refused for a reason that passes by itself; at most `rounds` times. */
export async function whileRefused<T>(
  signal: AbortSignal,
  rounds: number,
  passes: (error: unknown) => boolean,
  deed: () => Promise<T>,
): Promise<T> {
  for (let round = 0; ; round++)
    try {
      return await deed();
    } catch (error) {
      if (round >= rounds || !passes(error)) throw error;
      await waitOrStop(signal, round);
    }
}

/** Waits for all and then throws the first failure, so that nothing is under way any more when the caller begins to undo. */
export async function together<const T extends readonly unknown[]>(
  deeds: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const ends = await Promise.allSettled(deeds);
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return Promise.all(deeds) as Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }>;
}
