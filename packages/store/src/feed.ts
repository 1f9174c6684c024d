/** Hands committed changes to the watchers of an embedded store: first those kept since `from`, then live ones, none lost between. */
import { BaristaError } from '@cloud-barista/model/errors';
import { queue } from './queue.ts';
import type { Change } from './store.ts';

/** A watcher may lag by so many changes before it is cut off. */
export const watchLimit = 10_000;
/** Revisions that are read from the log at once. */
const window = 64;

/** The changes that the store still keeps. */
export interface ChangeLog {
  revision(): number;
  /** The oldest revision that is kept whole. */
  floor(): number;
  /** Of the revisions `from` to `to`, both inclusive, in order. */
  read(from: number, to: number): Change[];
}

export interface Feed {
  publish(changes: Change[]): void;
  watch(prefix: string, options: { from?: number; signal: AbortSignal }): AsyncIterable<Change>;
  /** Ends every watch with the error. */
  close(error: Error): void;
}

export const compacted = (from: number, floor: number): BaristaError =>
  new BaristaError(
    'out_of_range',
    `The changes since revision ${from} are no longer kept; the oldest is ${floor}.`,
    {
      where: 'store',
      next: 'List again, and watch from the revision of that listing on.',
    },
  );

export const tooSlow = (limit: number): BaristaError =>
  new BaristaError('out_of_range', `The reader of a watch fell ${limit} changes behind and was cut off.`, {
    where: 'store',
    next: 'List again, and watch from the revision of that listing on.',
  });

export function openFeed(log: ChangeLog): Feed {
  interface Watcher {
    take(change: Change): void;
    fail(error: Error): void;
  }
  const watchers = new Set<Watcher>();
  let closed: Error | undefined;

  return {
    publish(changes) {
      for (const watcher of watchers) for (const change of changes) watcher.take(change);
    },
    watch(prefix, { from, signal }) {
      const start = log.revision();
      const first = from ?? start + 1;
      const live = queue<Change>(watchLimit, self => {
        self.fail(tooSlow(watchLimit));
        return false;
      });
      const watcher: Watcher = {
        take(change) {
          if (change.revision >= first && change.key.startsWith(prefix)) live.push(change);
        },
        fail: live.fail,
      };
      const leave = () => {
        watchers.delete(watcher);
        signal.removeEventListener('abort', stop);
      };
      function stop(): void {
        live.stop();
        leave();
      }
      if (closed) live.fail(closed);
      else if (signal.aborted) live.stop();
      else if (first < log.floor()) live.fail(compacted(first, log.floor()));
      else {
        watchers.add(watcher);
        signal.addEventListener('abort', stop);
      }

      async function* changes(): AsyncGenerator<Change> {
        try {
          for (let next = first; next <= start && watchers.has(watcher); next += window) {
            if (next < log.floor()) throw compacted(next, log.floor());
            for (const change of log.read(next, Math.min(next + window - 1, start))) {
              if (signal.aborted) return;
              if (change.key.startsWith(prefix)) yield change;
            }
          }
          for (let change = await live.take(); change; change = await live.take()) yield change;
        } finally {
          leave();
        }
      }
      return changes();
    },
    close(error) {
      closed = error;
      for (const watcher of watchers) watcher.fail(error);
      watchers.clear();
    },
  };
}
