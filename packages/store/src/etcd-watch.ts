/** A watch on etcd that goes on, after a broken stream, behind the last revision it delivered. */
import { setTimeout as sleep } from 'node:timers/promises';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { EtcdClient } from './etcd-client.ts';
import { compacted, tooSlow, watchLimit } from './feed.ts';
import { queue } from './queue.ts';
import type { Change } from './store.ts';

interface WatchAnswer {
  header?: { revision?: string };
  canceled?: boolean;
  cancel_reason?: string;
  compact_revision?: string;
  events?: { type?: 'DELETE'; kv: { key: string; value?: string; mod_revision: string } }[];
}

export interface EtcdWatch {
  client: EtcdClient;
  /** The first key and the one behind the last, in base64. */
  key: string;
  rangeEnd: string;
  /** The user's key of etcd's. */
  readonly name: (key: string) => string;
  /** The first revision wanted. */
  from: number | Promise<number>;
  signal: AbortSignal;
}

/** Between two attempts to reach a cluster that is away. */
const pauseMs = [50, 100, 200, 500, 1000, 2000];

export function watchEtcd({ client, key, rangeEnd, name, from, signal }: EtcdWatch): AsyncIterable<Change> {
  const stop = new AbortController();
  const live = queue<Change>(watchLimit, self => {
    self.fail(tooSlow(watchLimit));
    stop.abort();
    return false;
  });
  const leave = () => {
    stop.abort();
    live.stop();
  };
  signal.addEventListener('abort', leave);

  async function follow(): Promise<void> {
    let next = await from;
    if (next < 1) throw compacted(next, 1);
    for (let failures = 0; !stop.signal.aborted; ) {
      // Progress notes carry an idle watch's revision on, so that a compaction meanwhile does not end it.
      const create = { key, range_end: rangeEnd, start_revision: String(next), progress_notify: true };
      try {
        for await (const answer of client.stream<WatchAnswer>(
          '/v3/watch',
          { create_request: create },
          stop.signal,
        )) {
          if (answer.compact_revision !== undefined && answer.compact_revision !== '0')
            throw compacted(next, Number(answer.compact_revision));
          if (answer.canceled)
            throw new BaristaError(
              'unavailable',
              `etcd ended a watch: ${answer.cancel_reason ?? 'no reason given'}.`,
            );
          failures = 0;
          for (const { type, kv } of answer.events ?? [])
            live.push({
              type: type === 'DELETE' ? 'delete' : 'put',
              key: name(kv.key),
              value: Buffer.from(kv.value ?? '', 'base64').toString(),
              revision: Number(kv.mod_revision),
            });
          const seen = Number(answer.header?.revision ?? 0);
          // Events of one revision come in one answer: what is behind it is still to come.
          const last = answer.events?.at(-1);
          if (last) next = Number(last.kv.mod_revision) + 1;
          else if (seen >= next && !('created' in answer)) next = seen + 1;
        }
      } catch (error) {
        if (stop.signal.aborted) return;
        if (!hasCode(error, 'unavailable', 'unauthenticated')) throw error;
      }
      await sleep(pauseMs[Math.min(failures++, pauseMs.length - 1)], undefined, {
        signal: stop.signal,
      }).catch(() => undefined);
    }
  }
  if (signal.aborted) leave();
  else follow().then(live.end, live.fail);

  async function* changes(): AsyncGenerator<Change> {
    try {
      for (let change = await live.take(); change; change = await live.take()) yield change;
    } finally {
      signal.removeEventListener('abort', leave);
      leave();
    }
  }
  return changes();
}
