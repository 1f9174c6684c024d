/** The quality score: what lowers it, what does not, and when there is none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { qualities } from './call-quality.ts';
import { openStats } from './call-stats.ts';
import type { CallRecord } from './calls.ts';

const noon = Date.parse('2026-11-21T12:00:00Z');

function scores(calls: Record<string, [count: number, about: Partial<CallRecord>][]>) {
  const stats = openStats(() => noon);
  for (const [connection, kinds] of Object.entries(calls))
    for (const [count, about] of kinds)
      for (let index = 0; index < count; index++)
        stats.add({
          provider: connection.toUpperCase(),
          connection,
          region: 'r',
          resource: 'vm',
          name: '',
          api: 'X',
          start: noon - 1000,
          elapsedMs: 10,
          outcome: 'ok',
          cause: '',
          attempt: 1,
          ...about,
        });
  return Object.fromEntries(
    qualities(stats, 'connection', noon).map(({ connection, score }) => [connection, score]),
  );
}

test('failures of the cloud lower it, mistakes of the caller do not', () =>
  assert.deepEqual(
    scores({
      good: [[100, {}]],
      wrong: [
        [50, {}],
        [50, { outcome: 'not_found' }],
        [10, { outcome: 'cancelled' }],
      ],
      bad: [
        [90, {}],
        [10, { outcome: 'unavailable' }],
      ],
      worse: [
        [80, {}],
        [20, { outcome: 'resource_exhausted' }],
      ],
      busy: [
        [75, {}],
        [25, { outcome: 'unavailable', throttled: true }],
      ],
      fresh: [[19, {}]],
    }),
    { good: 100, wrong: 100, bad: 50, busy: 50, worse: 0, fresh: undefined },
  ));

test('four times as slow as the median halves it; faster than the others is no merit', () => {
  const { a, b, slow, quick } = scores({
    a: [[50, {}]],
    b: [[50, {}]],
    slow: [[50, { elapsedMs: 40 }]],
    quick: [[50, { elapsedMs: 1 }]],
  });
  assert.deepEqual([a, b, quick], [100, 100, 100]);
  assert.ok((slow ?? 0) >= 48 && (slow ?? 0) <= 52, String(slow));
});

test('an hour ago is forgotten', () =>
  assert.deepEqual(
    scores({ old: [[100, { start: noon - 2 * 3_600_000, outcome: 'unavailable' }]], good: [[30, {}]] }),
    { good: 100 },
  ));
