/**
 * The history of calls to the clouds: the newest in memory, the last million in a bounded journal of JSON lines, written behind
 * the calls in batches (a kill loses the last quarter of a second), and the figures of all (call-stats.ts). Not in the store:
 * a line a call would be most of its writes.
 */
import type { Call, CallKey, CallSummary } from '@cloud-barista/model/call';
import type { Page } from '@cloud-barista/model/schema';
import { inText, matcher, type CallFilter } from './call-filter.ts';
import { elapsedOf, lineOf, timeText } from './call-line.ts';
import { readFigures, writeFigures } from './call-figures.ts';
import { openJournal, type Journal } from './call-journal.ts';
import { openStats, type CallStats, type StatsFilter } from './call-stats.ts';
import type { Spider } from './context.ts';

export type { CallFilter } from './call-filter.ts';

/** As a `Call`, its time as a number until somebody reads it. */
export type CallRecord = Omit<Call, 'start' | 'sequence'> & { start: number };
export interface CallHistory {
  record(call: CallRecord): void;
  /** An answer about `resource` needed no call: it was known, or another's question brought it. */
  saved(connection: string, resource: string): void;
  list(filter: CallFilter): Promise<Page<Call>>;
  /** Oldest first. */
  export(filter: CallFilter): AsyncIterable<Call>;
  /** The figures as far as they are gathered: those of earlier processes may still be on their way. */
  readonly figures: CallStats;
  /** The figures, those of earlier processes too. */
  stats(): Promise<CallStats>;
  close(): Promise<void>;
}
export interface CallOptions {
  /** Where the journal is kept; in memory only when absent. */
  dir?: string | undefined;
  log: (line: object) => void;
  now?: () => number;
}

const kept = 10_000;
const batch = 500;
const batchMs = 250;

const shown = (sequence: number, call: CallRecord): Call => ({
  sequence,
  ...call,
  start: timeText(call.start),
  elapsedMs: elapsedOf(call.elapsedMs),
});
const recordOf = (call: Call): CallRecord => ({ ...call, start: Date.parse(call.start) });

export async function openCalls({ dir, log, now = Date.now }: CallOptions): Promise<CallHistory> {
  const journal: Journal | undefined = dir === undefined ? undefined : await openJournal(dir);
  const stats = openStats(now);
  const first = (journal?.last ?? 0) + 1;
  /** Call number n stands at (n - first) % kept. */
  const ring: CallRecord[] = [];
  let next = first;
  let written = first;
  /** Done when the figures hold what earlier processes wrote. */
  let earlier: Promise<void> | undefined;
  let whole = false;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;

  const at = (sequence: number): CallRecord | undefined => ring[(sequence - first) % kept];
  /** One batch after the other: what comes while one is written waits as records, not as text. */
  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (!journal || writing || written === next) return;
    if (next - written > kept)
      log({
        level: 'warn',
        message: 'The journal of calls is slower than the calls: some are not in it.',
        calls: next - written - kept,
      });
    const lines: string[] = [];
    for (let sequence = Math.max(written, next - kept); sequence < next; sequence++) {
      const call = at(sequence);
      if (call) lines.push(lineOf(sequence, call));
    }
    written = next;
    writing = journal
      .append(lines)
      .then(newFile => {
        void withEarlier();
        return newFile ? saveFigures() : undefined;
      })
      .catch((error: unknown) =>
        log({ level: 'warn', message: 'Calls could not be written to the journal.', error: String(error) }),
      )
      .then(() => {
        writing = undefined;
        if (next - written >= batch) flush();
        else if (next > written) timer ??= setTimeout(flush, batchMs).unref();
      });
  }
  /** All that were recorded till now are in the journal. */
  async function flushed(): Promise<void> {
    if (!journal) return;
    const end = next;
    while (writing || written < end) {
      flush();
      await writing;
    }
  }

  /** What earlier processes gathered, and what of the journal is not in it: some ten thousand calls after a kill. */
  async function readEarlier(): Promise<void> {
    if (!journal || dir === undefined || first === 1) return;
    const figures = await readFigures(dir);
    if (figures) stats.load(figures.stats);
    for await (const calls of journal.forwards({ before: first, after: figures?.last ?? 0 }))
      for (const call of calls) stats.add(recordOf(call));
  }
  const withEarlier = (): Promise<void> =>
    (earlier ??= readEarlier().then(
      () => void (whole = true),
      (error: unknown) =>
        log({ level: 'warn', message: 'The journal of calls could not be read.', error: String(error) }),
    ));
  async function saveFigures(): Promise<void> {
    if (dir === undefined || !whole) return;
    await writeFigures(dir, { last: next - 1, stats: stats.dump() }).catch((error: unknown) =>
      log({ level: 'warn', message: 'The figures of calls could not be written.', error: String(error) }),
    );
  }

  return {
    record(call) {
      ring[(next - first) % kept] = call;
      next++;
      stats.add(call);
      if (!journal) return;
      if (next - written >= batch) flush();
      else timer ??= setTimeout(flush, batchMs).unref();
    },
    saved(connection, resource) {
      stats.saved(connection, resource);
    },
    figures: stats,
    async stats() {
      await withEarlier();
      return stats;
    },

    async list(filter) {
      const { cursor, limit = 100, since, until } = filter;
      const wanted = matcher(filter);
      const items: Call[] = [];
      const full = () => ({ items, next: String(items.at(-1)?.sequence ?? 0) });
      let sequence = Math.min(cursor === undefined ? Infinity : Number(cursor) || 0, next) - 1;
      for (; sequence >= Math.max(first, next - kept); sequence--) {
        const call = at(sequence);
        if (!call || !wanted(call)) continue;
        if (items.length === limit) return full();
        items.push(shown(sequence, call));
      }
      if (!journal || sequence < 1) return { items };
      const reading = {
        before: sequence + 1,
        ...(since !== undefined && { since }),
        ...(until !== undefined && { until }),
        ...inText(filter),
      };
      for await (const calls of journal.backwards(reading))
        for (const call of calls) {
          if (!wanted(recordOf(call))) continue;
          if (items.length === limit) return full();
          items.push(call);
        }
      return { items };
    },

    async *export(filter) {
      const wanted = matcher(filter);
      const { since, until } = filter;
      const end = next;
      if (journal) {
        await flushed();
        const reading = {
          before: end,
          ...(since !== undefined && { since }),
          ...(until !== undefined && { until }),
          ...inText(filter),
        };
        for await (const calls of journal.forwards(reading))
          for (const call of calls) if (wanted(recordOf(call))) yield call;
        return;
      }
      const from = Math.max(first, end - kept);
      const calls = Array.from({ length: end - from }, (_, index) => at(from + index));
      for (const [index, call] of calls.entries()) if (call && wanted(call)) yield shown(from + index, call);
    },

    async close() {
      await flushed();
      clearTimeout(timer);
      if (next > first) await saveFigures();
    },
  };
}

/** Of a request: its times are text. */
export interface CallQuery extends Omit<CallFilter, 'since' | 'until'> {
  since?: string | undefined;
  until?: string | undefined;
}
function filterOf({ since, until, ...rest }: CallQuery): CallFilter {
  return {
    ...rest,
    ...(since !== undefined && { since: Date.parse(since) }),
    ...(until !== undefined && { until: Date.parse(until) }),
  };
}

/** The calls that match, newest first. */
export const listCalls = (spider: Spider, query: CallQuery): Promise<Page<Call>> =>
  spider.calls.list(filterOf(query));

/** The calls that match, oldest first. */
export const exportCalls = (spider: Spider, query: CallQuery): AsyncIterable<Call> =>
  spider.calls.export(filterOf(query));

/** `by`: call keys with commas. */
export async function summarizeCalls(
  spider: Spider,
  { by = 'provider', ...query }: CallQuery & { by?: string | undefined },
): Promise<CallSummary> {
  const stats = await spider.calls.stats();
  const filter: StatsFilter = filterOf(query);
  return stats.summary(filter, [...new Set(by.split(','))] as CallKey[]);
}
