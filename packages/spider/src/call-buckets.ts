/**
 * Times gathered in buckets whose width grows with the time, eight to each doubling, from 0.05 ms on: a percentile out of them is within
 * 5 %, a million calls take what a hundred take, and two gatherings are added by adding their buckets. (The idea of
 * HdrHistogram and of OpenTelemetry's exponential histograms.)
 */
const least = 0.05;
const perDoubling = 8;
/** 14 minutes; what takes longer is in the last one. */
const last = 24 * perDoubling;

export const bucketOf = (ms: number): number => {
  if (!(ms > least)) return 0;
  const bucket = Math.floor(Math.log2(ms / least) * perDoubling) + 1;
  return bucket < last ? bucket : last;
};
/** Its middle, on the scale that the buckets are even on. */
export const middleOf = (bucket: number): number =>
  bucket === 0 ? least : least * 2 ** ((bucket - 0.5) / perDoubling);

/** Times of one kind of call in one span of time. */
export class Times {
  count = 0;
  sumMs = 0;
  maxMs = 0;
  /** The first bucket that is kept: most calls of a kind take about the same. */
  private first = 0;
  private readonly buckets: number[] = [];

  add(ms: number): void {
    this.count++;
    this.sumMs += ms;
    if (ms > this.maxMs) this.maxMs = ms;
    this.put(bucketOf(ms), 1);
  }

  /** With `from`, only what is in this bucket or above. */
  merge(other: Times, from = 0): void {
    if (from === 0) {
      this.count += other.count;
      this.sumMs += other.sumMs;
    }
    if (other.maxMs > this.maxMs && (from === 0 || bucketOf(other.maxMs) >= from)) this.maxMs = other.maxMs;
    for (let index = 0; index < other.buckets.length; index++) {
      const bucket = other.first + index;
      const count = other.buckets[index] ?? 0;
      if (count === 0 || bucket < from) continue;
      this.put(bucket, count);
      if (from === 0) continue;
      this.count += count;
      this.sumMs += count * middleOf(bucket);
    }
  }

  /** `share` 0 to 1; 0 where nothing is gathered. */
  quantile(share: number): number {
    let left = Math.max(1, Math.ceil(this.count * share));
    for (let index = 0; index < this.buckets.length; index++) {
      left -= this.buckets[index] ?? 0;
      if (left <= 0) return Math.min(this.maxMs, middleOf(this.first + index));
    }
    return this.maxMs;
  }

  /** As numbers, for a file: count, sum, longest, first bucket, then the buckets. */
  dump(): number[] {
    return [this.count, Math.round(this.sumMs), this.maxMs, this.first, ...this.buckets];
  }

  static from([count = 0, sumMs = 0, maxMs = 0, first = 0, ...buckets]: readonly number[]): Times {
    const times = new Times();
    times.count = count;
    times.sumMs = sumMs;
    times.maxMs = maxMs;
    times.first = first;
    times.buckets.push(...buckets);
    return times;
  }

  private put(bucket: number, count: number): void {
    const { buckets } = this;
    if (buckets.length === 0) {
      this.first = bucket;
      buckets.push(count);
      return;
    }
    while (bucket < this.first) {
      buckets.unshift(0);
      this.first--;
    }
    const index = bucket - this.first;
    while (buckets.length <= index) buckets.push(0);
    buckets[index] = (buckets[index] ?? 0) + count;
  }
}
