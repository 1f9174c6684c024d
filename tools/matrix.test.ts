/** The matrix out of what was seen, and recorded runs beside it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matrixOf, printMatrix, withRuns, type Seen } from './matrix.ts';
import { readRuns } from './runs.ts';

const seen = (suite: string, title: string, outcome: Seen['outcome'], reason = ''): Seen => ({
  suite,
  noun: 'vms',
  title,
  outcome,
  reason,
});

test('a recorded run is a column of its own, with its date; what the suite no longer asks is left out of it', () => {
  const now = matrixOf([
    seen('driver openstack on Cloud-Twin', 'starts', 'passed'),
    seen('driver openstack on Cloud-Twin', 'sings', 'skipped', 'not declared: nobody sings'),
  ]);
  const cases = [
    { noun: 'vms', title: 'starts', outcome: 'failed', reason: '', date: '2026-11-21' },
    { noun: 'vms', title: 'danced once', outcome: 'passed', reason: '', date: '2026-11-20' },
  ] as const;
  const both = withRuns(now, [
    {
      driver: 'openstack',
      label: 'real, Zed',
      against: 'a real OpenStack',
      versions: {},
      cases: [...cases],
    },
  ]);
  const text = printMatrix(both, '2026-11-22');
  assert.match(text, /^\| case \| openstack \| openstack \(real, Zed\) \|$/m);
  assert.match(text, /^\| vms: starts \| ✔ \| ✖ \|$/m);
  assert.match(text, /^\| vms: sings \| gap 1 \|   \|$/m);
  assert.ok(!text.includes('danced'));
  assert.match(text, /\*\*openstack \(real, Zed\)\*\* a real OpenStack, 2026-11-20 to 2026-11-21/);
  assert.equal(now.rows.get('vms: starts')?.size, 1, 'what was seen is left as it was');
});

test('every recorded run says what it is, and none of its cases failed', () => {
  for (const run of readRuns()) {
    for (const { date } of run.cases) assert.match(date, /^\d{4}-\d\d-\d\d$/);
    assert.ok(run.driver !== '' && run.label !== '' && run.against !== '' && run.cases.length > 0);
    assert.deepEqual(
      run.cases.filter(each => each.outcome === 'failed').map(each => `${each.noun}: ${each.title}`),
      [],
    );
  }
});
