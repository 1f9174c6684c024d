/** The figures of calls: percentiles within their bound, spans that grow with age, what was saved, and no more memory than kinds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Times } from './call-buckets.ts';
import { openStats } from './call-stats.ts';
import type { CallRecord } from './calls.ts';

const noon = Date.parse('2026-11-21T12:00:00Z');
const one = (about: Partial<CallRecord>): CallRecord => ({
  provider: 'AWS',
  connection: 'seoul',
  region: 'ap-northeast-2',
  resource: 'vm',
  name: '',
  api: 'RunInstances',
  start: noon,
  elapsedMs: 1,
  outcome: 'ok',
  cause: '',
  attempt: 1,
  ...about,
});

test('a percentile is within 5 % of the true one, and buckets add up', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.1, max: 600_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
      fc.nat(300),
      fc.constantFrom(0.5, 0.95, 0.99),
      (values, cut, share) => {
        const [left, right] = [new Times(), new Times()];
        for (const value of values.slice(0, cut)) left.add(value);
        for (const value of values.slice(cut)) right.add(value);
        left.merge(right);
        const sorted = values.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(sorted.length * share)) - 1] ?? 0;
        assert.ok(Math.abs(left.quantile(share) / exact - 1) < 0.05, `${left.quantile(share)} for ${exact}`);
        assert.deepEqual([left.count, left.maxMs], [values.length, sorted.at(-1)]);
      },
    ),
  );
});

test('grouped and filtered; throttled ones are errors of their own kind', () => {
  const stats = openStats(() => noon);
  for (let index = 0; index < 100; index++) {
    stats.add(one({ elapsedMs: 10 + index }));
    stats.add(one({ connection: 'korea', provider: 'AZURE', api: 'VirtualMachines_Get', elapsedMs: 1 }));
  }
  for (let index = 0; index < 25; index++)
    stats.add(one({ outcome: 'unavailable', throttled: true, elapsedMs: 2 }));
  const { total, groups } = stats.summary({}, ['provider', 'resource']);
  assert.deepEqual([total.count, total.errors, total.throttled], [225, 25, 25]);
  assert.deepEqual(
    groups.map(({ key, count, errorRate }) => [key, count, errorRate]),
    [
      [{ provider: 'AWS', resource: 'vm' }, 125, 0.2],
      [{ provider: 'AZURE', resource: 'vm' }, 100, 0],
    ],
  );
  const slow = stats.summary({ provider: 'aws', minElapsedMs: 60, outcome: 'ok' }, ['api']).total;
  assert.ok(slow.count >= 45 && slow.count <= 55, String(slow.count));
  assert.equal(stats.summary({ outcome: 'throttled' }, ['api']).total.count, 25);
  assert.equal(stats.summary({ connection: 'tokyo' }, ['api']).groups.length, 0);
});

test('calls saved are counted by connection and resource, and where calls are told apart by name not at all', () => {
  const stats = openStats(() => noon);
  stats.add(one({}));
  for (let index = 0; index < 7; index++) stats.saved('seoul', 'image');
  stats.saved('seoul', 'vm');
  const { total, groups } = stats.summary({}, ['provider', 'resource']);
  assert.equal(total.saved, 8);
  assert.deepEqual(
    groups.map(({ key, count, saved }) => [key['provider'], key['resource'], count, saved]),
    [
      ['AWS', 'vm', 1, 1],
      ['AWS', 'image', 0, 7],
    ],
  );
  assert.deepEqual(
    stats.summary({}, ['api']).groups.map(({ saved }) => saved),
    [0],
  );
  assert.equal(stats.summary({ resource: 'image' }, ['provider']).total.saved, 7);
});

test('spans grow with their age and go after a month; nothing is counted twice on the way', () => {
  let now = noon;
  const stats = openStats(() => now);
  const count = (since?: number, until?: number) =>
    stats.summary({ ...(since !== undefined && { since }), ...(until !== undefined && { until }) }, ['api'])
      .total.count;
  stats.add(one({}));
  for (let index = 0; index < 60; index++) {
    now = noon + index * 60_000;
    stats.add(one({ start: now }));
  }
  assert.equal(count(), 61);
  assert.equal(count(now - 600_000 + 60_000), 10, 'the last ten minutes');
  assert.equal(count(undefined, noon + 60_000), 2, 'the first minute');
  now = noon + 5 * 3_600_000;
  stats.add(one({ start: now }));
  assert.equal(count(), 62);
  assert.equal(count(noon + 60_000, noon + 120_000), 61, 'by now an hour');
  now = noon + 4 * 86_400_000;
  assert.equal(count(), 62);
  now = noon + 40 * 86_400_000;
  assert.equal(count(), 0);
});

test('more kinds than can be told apart are counted all the same', () => {
  const stats = openStats(() => noon);
  for (let index = 0; index < 5000; index++) stats.add(one({ api: `Api${index}` }));
  const { total, groups } = stats.summary({}, ['api']);
  assert.equal(total.count, 5000);
  assert.equal(groups[0]?.key['api'], '');
});
