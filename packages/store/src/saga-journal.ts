/**
 * The journal of one operation: writes go to the store in the order they were asked for, those that wait together in
 * one transaction. Each transaction holds only while this process owns the operation (a fencing token: the revision of
 * the owner's key), so that an owner that was taken for dead can't write any more.
 */
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { BaristaError, toBaristaError } from '@cloud-barista/model/errors';
import { maxTxnBytes, maxWrites, sizeOf } from './keys.ts';
import type { Compare, Store, Write } from './store.ts';

export interface Journal {
  /** Durable when it resolves; rejects when the journal is stopped. At most 127 writes. */
  write(writes: Write[]): Promise<void>;
  /** No write is taken any more; those that wait are still written, or (`now`) given up. */
  stop(reason: BaristaError, now?: boolean): void;
  /** Resolves when nothing is on its way. */
  idle(): Promise<void>;
}

interface Waiting {
  writes: Write[];
  bytes: number;
  done: PromiseWithResolvers<void>;
}

const keyOf = (write: Write) => ('put' in write ? write.put : write.delete);
const bytesOf = (writes: Write[]) =>
  writes.reduce((sum, write) => sum + sizeOf(keyOf(write)) + ('put' in write ? sizeOf(write.value) : 0), 0);

/** `lost` is called once, when the operation turns out to be another's or the store can't be written. */
export function openJournal(store: Store, fence: Compare, lost: (reason: BaristaError) => void): Journal {
  let waiting: Waiting[] = [];
  let pumping: Promise<void> | undefined;
  let stopped: BaristaError | undefined;
  const stopping = new AbortController();

  function stop(reason: BaristaError, now = false): void {
    stopped ??= reason;
    stopping.abort();
    if (!now) return;
    for (const { done } of waiting) done.reject(stopped);
    waiting = [];
  }
  /** As many as fit into one transaction; the later of two writes of one key. */
  function next(): Waiting[] {
    let bytes = 0;
    let writes = 0;
    const fits = waiting.findIndex(each => {
      bytes += each.bytes;
      writes += each.writes.length;
      return bytes > maxTxnBytes || writes > maxWrites;
    });
    return waiting.splice(0, fits === -1 ? waiting.length : Math.max(fits, 1));
  }
  async function commit(batch: Waiting[]): Promise<void> {
    const latest = new Map(batch.flatMap(each => each.writes).map(write => [keyOf(write), write]));
    for (let pause = 20; ; pause = Math.min(pause * 2, 1000))
      try {
        // Repeating is safe: the same values under the same fence.
        const result = await store.txn({ if: [fence], then: [...latest.values()] });
        if (result.ok) return;
        throw new BaristaError('aborted', 'The operation is run by another process now.');
      } catch (error) {
        const failure = toBaristaError(error);
        if (stopped) throw stopped;
        if (failure.code !== 'unavailable') throw failure;
        await sleep(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
        if (stopped) throw stopped;
      }
  }
  async function pump(): Promise<void> {
    while (waiting.length > 0) {
      const batch = next();
      try {
        await commit(batch);
        for (const { done } of batch) done.resolve();
      } catch (error) {
        const reason = toBaristaError(error);
        for (const { done } of batch) done.reject(reason);
        const known = stopped;
        stop(reason, true);
        if (!known) lost(reason);
      }
    }
    pumping = undefined;
  }

  return {
    stop,
    write(writes) {
      if (stopped) return Promise.reject(stopped);
      const done = Promise.withResolvers<void>();
      waiting.push({ writes, bytes: bytesOf(writes), done });
      // What else this turn has to write goes along.
      pumping ??= turn().then(pump);
      return done.promise;
    },
    async idle() {
      await pumping;
    },
  };
}
