/** Asks one thing of a cloud until it is as wanted. (VMs, which are many, have one poller a connection: vm-waiting.ts.) */
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { Spider } from './context.ts';

const leastMs = 100;
const mostMs = 3000;

/** Bounded by the spider's `vmTimeoutMs`: deadline_exceeded after it. A cloud that is away for a moment is asked again. */
export async function polled<T>(
  spider: Spider,
  what: string,
  signal: AbortSignal,
  ask: () => Promise<T>,
  done: (answer: T) => boolean,
): Promise<T> {
  const end = spider.now() + spider.vmTimeoutMs;
  for (let pause = leastMs; ; pause = Math.min(pause * 1.5, mostMs)) {
    try {
      const answer = await ask();
      if (done(answer)) return answer;
    } catch (error) {
      if (!hasCode(error, 'unavailable') || spider.now() > end) throw error;
    }
    if (spider.now() > end)
      throw new BaristaError(
        'deadline_exceeded',
        `Waited ${Math.round(spider.vmTimeoutMs / 1000)} s for ${what}.`,
        {
          next: 'Look at it again later; the cloud may still get there.',
        },
      );
    await spider.sleep(pause, signal);
  }
}
