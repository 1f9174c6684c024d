/**
 * The figures of calls, kept as they come: a gathering of times for each kind of call and span of time – minutes for an hour, hours
 * for a day, days for a month – so that a summary over a million calls reads some hundred gatherings and no call, and
 * memory grows with the kinds of calls, never with the calls.
 */
import type { CallFigures, CallKey, CallSummary } from '@cloud-barista/model/call';
import { bucketOf, Times } from './call-buckets.ts';
import { matcher, type CallFilter } from './call-filter.ts';
import type { CallRecord } from './calls.ts';

/** What one gathering is about. */
export interface Series {
  readonly provider: string;
  readonly connection: string;
  readonly region: string;
  readonly resource: string;
  readonly api: string;
  readonly outcome: CallRecord['outcome'];
  readonly throttled: boolean;
}
interface Slot {
  readonly start: number;
  readonly lengthMs: number;
  readonly cells: Map<Series, Times>;
  /** Calls that were not needed: connection, then resource. */
  readonly saved: Map<string, Map<string, number>>;
}
/** As `CallFilter`, its times as numbers. */
export type StatsFilter = Omit<CallFilter, 'cursor' | 'limit'>;

/** The figures as a file holds them: gatherings point at the series by its place. */
export interface StatsDump {
  series: Series[];
  slots: [start: number, cells: [series: number, ...times: number[]][]][];
}

export interface CallStats {
  add(call: CallRecord): void;
  saved(connection: string, resource: string): void;
  /** The gatherings that match, span by span. */
  cells(
    filter: StatsFilter,
  ): Iterable<[series: Series, times: Times, slot: Pick<Slot, 'start' | 'lengthMs'>]>;
  summary(filter: StatsFilter, by: readonly CallKey[]): CallSummary;
  /** Without what was saved: that is told since the process began. */
  dump(): StatsDump;
  /** Adds to what is there. */
  load(dump: StatsDump): void;
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** How long spans of each length are kept before they become part of a longer one. */
const tiers = [
  { lengthMs: minute, keptMs: hour },
  { lengthMs: hour, keptMs: day },
  { lengthMs: day, keptMs: 31 * day },
] as const;
/** Kinds of calls in one span; what is beyond is counted, but no longer told apart. */
const mostCells = 2000;
const mostGroups = 1000;

const figuresOf = (times: Times, errors: number, throttled: number, saved: number): CallFigures => {
  const rounded = (ms: number) => Math.round(ms * 1000) / 1000;
  return {
    count: times.count,
    errors,
    throttled,
    errorRate: times.count === 0 ? 0 : errors / times.count,
    saved,
    meanMs: times.count === 0 ? 0 : rounded(times.sumMs / times.count),
    p50Ms: rounded(times.quantile(0.5)),
    p95Ms: rounded(times.quantile(0.95)),
    p99Ms: rounded(times.quantile(0.99)),
    maxMs: rounded(times.maxMs),
  };
};

class Gathered {
  readonly times = new Times();
  errors = 0;
  throttled = 0;
  saved = 0;

  take(series: Series, times: Times, from: number): void {
    const before = this.times.count;
    this.times.merge(times, from);
    const taken = this.times.count - before;
    if (series.outcome !== 'ok') this.errors += taken;
    if (series.throttled) this.throttled += taken;
  }

  get figures(): CallFigures {
    return figuresOf(this.times, this.errors, this.throttled, this.saved);
  }
}

export function openStats(now: () => number): CallStats {
  const series = new Map<string, Series>();
  /** Where a connection's calls go, for what is told of a connection only. */
  const places = new Map<string, { provider: string; region: string }>();
  let current: Slot | undefined;

  /** By their length, then by the number of the span. */
  const slots: ReadonlyMap<number, Map<number, Slot>> = new Map(
    tiers.map(({ lengthMs }) => [lengthMs, new Map()]),
  );
  const allSlots = function* () {
    for (const spans of slots.values()) yield* spans.values();
  };
  /** The span that a time of this age belongs to; undefined: too old. */
  function slotOf(start: number, at: number): Slot | undefined {
    for (const { lengthMs, keptMs } of tiers) {
      if (at - start >= keptMs + lengthMs) continue;
      const number = Math.floor(start / lengthMs);
      let slot = slots.get(lengthMs)?.get(number);
      if (!slot) {
        slot = { start: number * lengthMs, lengthMs, cells: new Map(), saved: new Map() };
        slots.get(lengthMs)?.set(number, slot);
      }
      return slot;
    }
    return undefined;
  }
  const keepSaved = (slot: Slot, connection: string, resource: string, count: number): void => {
    let kinds = slot.saved.get(connection);
    if (!kinds) slot.saved.set(connection, (kinds = new Map<string, number>()));
    kinds.set(resource, (kinds.get(resource) ?? 0) + count);
  };
  const timesOf = (slot: Slot, about: Series): Times => {
    let times = slot.cells.get(about);
    if (times) return times;
    if (slot.cells.size >= mostCells && about.api !== '') {
      const { provider, outcome, throttled } = about;
      return timesOf(
        slot,
        seriesOf({ provider, connection: '', region: '', resource: '', api: '', outcome, throttled }),
      );
    }
    slot.cells.set(about, (times = new Times()));
    return times;
  };
  function seriesOf(about: Omit<Series, 'throttled'> & { throttled?: boolean | undefined }): Series {
    const { provider, connection, region, resource, api, outcome, throttled = false } = about;
    const key = `${connection}\0${api}\0${resource}\0${outcome}\0${throttled ? 1 : 0}\0${region}\0${provider}`;
    let known = series.get(key);
    if (!known) {
      series.set(key, (known = { provider, connection, region, resource, api, outcome, throttled }));
      if (connection !== '') places.set(connection, { provider, region });
    }
    return known;
  }
  /** What has become old goes into longer spans; what nobody calls any more is forgotten. */
  function compact(at: number): void {
    for (const { lengthMs, keptMs } of tiers)
      for (const [number, slot] of slots.get(lengthMs) ?? []) {
        if (at - slot.start < keptMs + lengthMs) continue;
        slots.get(lengthMs)?.delete(number);
        const into = slotOf(slot.start, at);
        if (!into) continue;
        for (const [about, times] of slot.cells) timesOf(into, about).merge(times);
        for (const [connection, kinds] of slot.saved)
          for (const [resource, count] of kinds) keepSaved(into, connection, resource, count);
      }
    const used = new Set([...allSlots()].flatMap(slot => [...slot.cells.keys()]));
    for (const [key, known] of series) if (!used.has(known)) series.delete(key);
    const connections = new Set([...used].map(({ connection }) => connection));
    for (const connection of places.keys()) if (!connections.has(connection)) places.delete(connection);
  }
  function slotFor(start: number): Slot | undefined {
    if (current && start >= current.start && start < current.start + minute) return current;
    const at = Math.max(now(), start);
    const slot = slotOf(start, at);
    if (slot && slot.lengthMs === minute && slot.start > (current?.start ?? -Infinity)) {
      current = slot;
      compact(at);
    }
    return slot;
  }
  const inRange = (slot: Slot, { since = -Infinity, until = Infinity }: StatsFilter): boolean =>
    slot.start < until && slot.start + slot.lengthMs > since;

  function* cells(filter: StatsFilter): Generator<[Series, Times, Slot]> {
    compact(now());
    const { since: _since, until: _until, minElapsedMs: _least, ...about } = filter;
    const matches = matcher(about);
    for (const slot of allSlots()) {
      if (!inRange(slot, filter)) continue;
      for (const [one, times] of slot.cells)
        if (matches({ ...one, start: 0, elapsedMs: 0 })) yield [one, times, slot];
    }
  }

  return {
    add(call) {
      const slot = slotFor(call.start);
      if (slot) timesOf(slot, seriesOf(call)).add(call.elapsedMs);
    },
    saved(connection, resource) {
      const slot = slotFor(now());
      if (slot) keepSaved(slot, connection, resource, 1);
    },
    cells,
    dump() {
      compact(now());
      const known = [...series.values()];
      const places = new Map(known.map((one, index) => [one, index]));
      return {
        series: known,
        slots: [...allSlots()].map(slot => [
          slot.start,
          [...slot.cells].map(([one, times]) => [places.get(one) ?? -1, ...times.dump()]),
        ]),
      };
    },
    load(dump) {
      for (const [start, cells] of dump.slots) {
        const slot = slotOf(start, Math.max(now(), start));
        if (!slot) continue;
        for (const [index, ...numbers] of cells) {
          const one = dump.series[index];
          if (one) timesOf(slot, seriesOf(one)).merge(Times.from(numbers));
        }
      }
    },
    summary(filter, by) {
      const from = filter.minElapsedMs === undefined ? 0 : bucketOf(filter.minElapsedMs);
      const total = new Gathered();
      const groups = new Map<string, { key: Record<string, string>; gathered: Gathered }>();
      const groupOf = (about: Record<CallKey, string>): Gathered => {
        const values = by.map(key => about[key]);
        const id = values.join('\0');
        let group = groups.get(id);
        if (!group) {
          const key = Object.fromEntries(by.map((name, index) => [name, values[index] ?? '']));
          groups.set(id, (group = { key, gathered: new Gathered() }));
        }
        return group.gathered;
      };
      let first = Infinity;
      let end = -Infinity;
      for (const [one, times, slot] of cells(filter)) {
        first = Math.min(first, slot.start);
        end = Math.max(end, slot.start + slot.lengthMs);
        total.take(one, times, from);
        groupOf(one).take(one, times, from);
      }
      // An answer without a call has no call's name, no outcome and no time: where these are asked for, it is none.
      if (filter.api === undefined && filter.outcome === undefined && filter.minElapsedMs === undefined) {
        const { since: _since, until: _until, ...about } = filter;
        const matches = matcher(about);
        const grouped = !by.includes('api') && !by.includes('outcome');
        for (const slot of allSlots()) {
          if (!inRange(slot, filter)) continue;
          for (const [connection, kinds] of slot.saved)
            for (const [resource, count] of kinds) {
              const { provider = '', region = '' } = places.get(connection) ?? {};
              const one = { provider, connection, region, resource, api: '', outcome: 'ok' as const };
              if (!matches({ ...one, start: 0, elapsedMs: 0 })) continue;
              total.saved += count;
              if (grouped) groupOf(one).saved += count;
            }
        }
      }
      return {
        ...(first < end && {
          from: new Date(first).toISOString(),
          to: new Date(Math.min(end, Math.max(now(), first))).toISOString(),
        }),
        total: total.figures,
        groups: [...groups.values()]
          .filter(({ gathered }) => gathered.times.count > 0 || gathered.saved > 0)
          .sort((a, b) => b.gathered.times.count - a.gathered.times.count)
          .slice(0, mostGroups)
          .map(({ key, gathered }) => ({ key, ...gathered.figures })),
      };
    },
  };
}
