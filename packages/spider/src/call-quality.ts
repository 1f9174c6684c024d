/**
 * How well each cloud answered in the last hour, 0 to 100, out of the call history:
 *
 *   score = 100 × (1 − 5 × failure rate) × (1 − 2 × throttling rate) × 1/√slowness      (each factor 0 to 1)
 *
 * so that one failure in five, or every second call throttled, leaves nothing, and to be four times as slow as the others halves it. Failures are
 * those of the cloud's doing: what a caller asked wrongly says nothing about it.
 */
import type { CloudQuality, QualityKey } from '@cloud-barista/model/call';
import type { ErrorCode } from '@cloud-barista/model/errors';
import { Times } from './call-buckets.ts';
import type { CallStats } from './call-stats.ts';
import type { Spider } from './context.ts';

const windowMs = 3_600_000;
/** With fewer, one unlucky call would decide. */
const fewestCalls = 20;
/** Of a resource, for its percentile to be compared. */
const fewestTimes = 5;

const cloudsDoing: ReadonlySet<'ok' | ErrorCode> = new Set([
  'unavailable',
  'deadline_exceeded',
  'resource_exhausted',
  'internal',
  'unknown',
  'data_loss',
]);

interface Tally {
  connection: string;
  provider: string;
  samples: number;
  failures: number;
  throttles: number;
  /** Times of calls that ended well, by resource. */
  times: Map<string, Times>;
}

const clamped = (value: number) => Math.min(1, Math.max(0, value));
const median = (sorted: readonly number[]): number => {
  const half = sorted.length >> 1;
  const upper = sorted[half] ?? 0;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? 0)) / 2;
};

export function qualities(stats: CallStats, by: QualityKey, now: number): CloudQuality[] {
  const tallies = new Map<string, Tally>();
  const since = now - windowMs;
  for (const [one, times] of stats.cells({ since })) {
    const connection = by === 'connection' ? one.connection : '';
    const id = by === 'connection' ? one.connection : one.provider;
    if (id === '') continue;
    let tally = tallies.get(id);
    if (!tally) {
      tally = { connection, provider: one.provider, samples: 0, failures: 0, throttles: 0, times: new Map() };
      tallies.set(id, tally);
    }
    // A call that its own caller gave up says nothing either way.
    if (one.outcome === 'cancelled') continue;
    tally.samples += times.count;
    if (one.throttled) tally.throttles += times.count;
    else if (cloudsDoing.has(one.outcome)) tally.failures += times.count;
    if (one.outcome !== 'ok') continue;
    const kind = tally.times.get(one.resource) ?? new Times();
    kind.merge(times);
    tally.times.set(one.resource, kind);
  }

  const usual = new Map<string, number>();
  for (const resource of new Set([...tallies.values()].flatMap(({ times }) => [...times.keys()]))) {
    const all = [...tallies.values()].flatMap(({ times }) => {
      const kind = times.get(resource);
      return kind && kind.count >= fewestTimes ? [kind.quantile(0.95)] : [];
    });
    if (all.length > 1) usual.set(resource, median(all.sort((a, b) => a - b)));
  }
  /** The mean over resources, each as heavy as its calls are many. */
  const slownessOf = (tally: Tally): number => {
    let sum = 0;
    let weight = 0;
    for (const [resource, kind] of tally.times) {
      const average = usual.get(resource);
      if (average === undefined || average === 0 || kind.count < fewestTimes) continue;
      sum += kind.count * Math.log(kind.quantile(0.95) / average);
      weight += kind.count;
    }
    return weight === 0 ? 1 : Math.exp(sum / weight);
  };

  const from = new Date(since).toISOString();
  const to = new Date(now).toISOString();
  return [...tallies.values()]
    .map(tally => {
      const { connection, provider, samples, failures, throttles } = tally;
      const failureRate = samples === 0 ? 0 : failures / samples;
      const throttleRate = samples === 0 ? 0 : throttles / samples;
      const slowness = slownessOf(tally);
      const score = Math.round(
        100 * clamped(1 - 5 * failureRate) * clamped(1 - 2 * throttleRate) * clamped(1 / Math.sqrt(slowness)),
      );
      return {
        connection,
        provider,
        ...(samples >= fewestCalls && { score }),
        samples,
        failureRate,
        throttleRate,
        slowness: Math.round(slowness * 100) / 100,
        from,
        to,
      };
    })
    .sort(
      (a, b) =>
        (b.score ?? -1) - (a.score ?? -1) || (a.connection + a.provider < b.connection + b.provider ? -1 : 1),
    );
}

/** Best first; those with too few calls to have a score last. */
export const callQuality = async (
  spider: Spider,
  { by = 'connection' }: { by?: QualityKey | undefined } = {},
): Promise<{ items: CloudQuality[] }> => ({
  items: qualities(await spider.calls.stats(), by, spider.now()),
});

/** The same of what is known now, without waiting for anything: for choices that must not. */
export const qualityNow = (spider: Spider): CloudQuality[] =>
  qualities(spider.calls.figures, 'connection', spider.now());
