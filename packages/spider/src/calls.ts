/**
 * The history of calls to the clouds: the newest in memory, all of them in a bounded journal of JSON lines, written behind
 * the calls in batches (a kill loses the last quarter of a second). Not in the store: a line a call would be most
 * of its writes.
 */
import type { Call } from '@cloud-barista/model/call';
import type { Page } from '@cloud-barista/model/schema';
import { openJournal, type Journal } from './call-journal.ts';
import type { Spider } from './context.ts';

/** As a `Call`, its time as a number until somebody reads it. */
export type CallRecord = Omit<Call, 'start' | 'sequence'> & { start: number };
export interface CallFilter {
  connection?: string | undefined;
  resource?: string | undefined;
  api?: string | undefined;
  /** `ok`, `error` (anything else) or an error code. */
  outcome?: string | undefined;
  /** The `next` of the page before. */
  cursor?: string | undefined;
  limit?: number | undefined;
}
export interface CallHistory {
  record(call: CallRecord): void;
  list(filter: CallFilter): Promise<Page<Call>>;
  close(): Promise<void>;
}

const kept = 10_000;
const batch = 500;
const batchMs = 250;

const shown = (sequence: number, call: CallRecord): Call => ({
  sequence,
  ...call,
  start: new Date(call.start).toISOString(),
});

export async function openCalls(dir: string | undefined, log: (line: object) => void): Promise<CallHistory> {
  const journal: Journal | undefined = dir === undefined ? undefined : await openJournal(dir);
  const first = (journal?.last ?? 0) + 1;
  /** Call number n stands at (n - first) % kept. */
  const ring: CallRecord[] = [];
  let next = first;
  let written = first;
  /** Calls of earlier processes, oldest first; read from the journal when first asked for. */
  let earlier: Promise<Call[]> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> = Promise.resolve();

  const at = (sequence: number): CallRecord | undefined => ring[(sequence - first) % kept];
  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (!journal || written === next) return;
    const lines: string[] = [];
    for (let sequence = Math.max(written, next - kept); sequence < next; sequence++) {
      const call = at(sequence);
      if (call) lines.push(JSON.stringify(shown(sequence, call)));
    }
    written = next;
    writing = writing
      .then(() => journal.append(lines))
      .catch((error: unknown) =>
        log({ level: 'warn', message: 'Calls could not be written to the journal.', error: String(error) }),
      );
  }

  return {
    record(call) {
      ring[(next - first) % kept] = call;
      next++;
      if (!journal) return;
      if (next - written >= batch) flush();
      else timer ??= setTimeout(flush, batchMs).unref();
    },
    async list({ connection, resource, api, outcome, cursor, limit = 100 }) {
      const wanted = (call: Pick<Call, 'connection' | 'resource' | 'api' | 'outcome'>) =>
        (connection === undefined || call.connection === connection) &&
        (resource === undefined || call.resource === resource) &&
        (api === undefined || call.api === api) &&
        (outcome === undefined || call.outcome === outcome || (outcome === 'error' && call.outcome !== 'ok'));
      const items: Call[] = [];
      let sequence = Math.min(cursor === undefined ? Infinity : Number(cursor) || 0, next) - 1;
      for (; sequence >= Math.max(first, next - kept); sequence--) {
        const call = at(sequence);
        if (!call || !wanted(call)) continue;
        if (items.length === limit) return { items, next: String(items.at(-1)?.sequence ?? 0) };
        items.push(shown(sequence, call));
      }
      // What an earlier process wrote, as far as the memory's bound leaves room for it.
      if (journal && next - first < kept) {
        const old = await (earlier ??= journal.tail(kept));
        for (let index = old.length - 1; index >= Math.max(0, next - first + old.length - kept); index--) {
          const call = old[index];
          if (!call || call.sequence > sequence || call.sequence >= first || !wanted(call)) continue;
          if (items.length === limit) return { items, next: String(items.at(-1)?.sequence ?? 0) };
          items.push(call);
        }
      }
      return { items };
    },
    async close() {
      flush();
      await writing;
    },
  };
}

/** The calls that match, newest first. */
export const listCalls = (spider: Spider, filter: CallFilter): Promise<Page<Call>> =>
  spider.calls.list(filter);
