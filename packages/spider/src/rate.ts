/**
 * The rate limit of one cloud account in one region: unlimited until the cloud first throttles, then additive increase,
 * multiplicative decrease (as TCP's congestion avoidance, RFC 5681): halved at a throttling answer, grown back slowly.
 * Waiters are served in the order they came.
 */
import { stopped } from './signals.ts';

export interface Limiter {
  /** Resolves when the request may leave; undefined: now. Every grant must be released. */
  acquire(signal: AbortSignal): Promise<void> | undefined;
  release(): void;
  /** A request that left at `sentAt` was throttled. */
  throttled(sentAt: number, retryAfterMs: number): void;
  /** Requests a second; Infinity while the cloud has not throttled. */
  readonly rate: number;
  readonly waiting: number;
}

export interface LimiterOptions {
  now: () => number;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Ends the limiter's own waiting. */
  signal: AbortSignal;
  maxInFlight: number;
}

/** Least rate, so that a cloud that throttles everything is still asked now and then. */
const floor = 0.5;
/** The bucket's depth: what was not used of the last 100 ms may be made up for. */
const burstMs = 100;
const leastPauseMs = 100;
/** After so long without throttling, and back at the old rate, the limit is lifted. */
const forgetMs = 60_000;

interface Waiter {
  grant(): void;
  gone: boolean;
}

export function openLimiter({ now, sleep, signal, maxInFlight }: LimiterOptions): Limiter {
  let inFlight = 0;
  let rate = Infinity;
  let ceiling = Infinity;
  let nextAt = 0;
  let decreasedAt = -Infinity;
  let grownAt = 0;
  let pumping = false;
  let queue: Waiter[] = [];
  let head = 0;
  let windowStart = now();
  let windowCount = 0;
  let lastWindow = 0;

  function count(at: number): void {
    if (at - windowStart >= 1000) {
      lastWindow = (windowCount * 1000) / (at - windowStart);
      windowStart = at;
      windowCount = 0;
    }
    windowCount++;
  }
  function grow(at: number): void {
    if (rate === Infinity) return;
    rate += (Math.max(floor, ceiling * 0.05) * Math.max(0, at - grownAt)) / 1000;
    grownAt = at;
    if (at - decreasedAt > forgetMs && rate >= ceiling) rate = Infinity;
  }
  /** Milliseconds until the next request may leave. */
  function waitMs(at: number): number {
    return rate === Infinity && nextAt <= at ? 0 : nextAt - at;
  }
  function start(at: number): void {
    inFlight++;
    count(at);
    if (rate !== Infinity) nextAt = Math.max(nextAt, at - burstMs) + 1000 / rate;
  }
  function pump(): void {
    if (pumping) return;
    for (;;) {
      while (queue[head]?.gone) head++;
      const waiter = queue[head];
      if (!waiter) {
        queue = [];
        head = 0;
        return;
      }
      if (inFlight >= maxInFlight) return;
      const at = now();
      grow(at);
      const wait = waitMs(at);
      if (wait > 0) {
        pumping = true;
        const again = () => {
          pumping = false;
          if (!signal.aborted) pump();
        };
        sleep(Math.ceil(wait), signal).then(again, again);
        return;
      }
      head++;
      if (head > 1024) {
        queue = queue.slice(head);
        head = 0;
      }
      start(at);
      waiter.grant();
    }
  }

  return {
    get rate() {
      return rate;
    },
    get waiting() {
      return queue.slice(head).filter(waiter => !waiter.gone).length;
    },
    acquire(caller) {
      if (caller.aborted) return Promise.reject(stopped(caller));
      if (head >= queue.length && inFlight < maxInFlight) {
        const at = now();
        grow(at);
        if (waitMs(at) <= 0) {
          start(at);
          return undefined;
        }
      }
      return new Promise((resolve, reject) => {
        const stop = () => {
          waiter.gone = true;
          reject(stopped(caller, 'Waiting for the rate limit'));
        };
        const waiter: Waiter = {
          gone: false,
          grant() {
            caller.removeEventListener('abort', stop);
            resolve();
          },
        };
        caller.addEventListener('abort', stop, { once: true });
        queue.push(waiter);
        pump();
      });
    },
    release() {
      inFlight--;
      if (head < queue.length) pump();
    },
    throttled(sentAt, retryAfterMs) {
      const at = now();
      nextAt = Math.max(nextAt, at + Math.max(retryAfterMs, leastPauseMs));
      // Those that left before the last decrease tell nothing about the rate since.
      if (sentAt < decreasedAt) return;
      grow(at);
      const elapsed = Math.max(1000, at - windowStart);
      ceiling = rate === Infinity ? Math.max(lastWindow, (windowCount * 1000) / elapsed) : rate;
      rate = Math.max(floor, ceiling / 2);
      decreasedAt = at;
      grownAt = nextAt;
    },
  };
}
