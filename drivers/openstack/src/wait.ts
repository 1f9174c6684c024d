/** Waits for what the cloud is still about, where an order is not enough: looks, soon at first and then more seldom. */
import { pause } from '@cloud-barista/driver/concurrency';

/** False where `withinMs` went by without it. */
export async function waitUntil(
  signal: AbortSignal,
  withinMs: number,
  look: () => Promise<boolean>,
): Promise<boolean> {
  const end = performance.now() + withinMs;
  for (let pauseMs = 50; ; pauseMs = Math.min(pauseMs * 1.5, 2000)) {
    if (await look()) return true;
    if (performance.now() + pauseMs > end) return false;
    await pause(pauseMs, signal);
  }
}
