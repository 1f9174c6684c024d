/** The state tables, every state × action, and the truth of the aggregate. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  aggregate,
  gone,
  mayAct,
  passing,
  vmActions,
  vmActionTable,
  vmStates,
  type VmState,
} from './state.ts';

/** What may be done in each state, written down a second time. */
const may: Record<VmState, string> = {
  Creating: 'terminate',
  Running: 'suspend resume reboot terminate',
  Suspending: 'suspend terminate',
  Suspended: 'suspend resume terminate',
  Resuming: 'resume terminate',
  Rebooting: 'reboot terminate',
  Terminating: 'terminate',
  Terminated: 'terminate',
  NotExist: 'terminate',
  Failed: 'terminate',
  Undefined: 'terminate',
};

test('every state × action', () => {
  for (const state of vmStates)
    assert.deepEqual(
      vmActions.filter(action => mayAct(state, action)),
      may[state].split(' '),
      state,
    );
});

test('an action may be asked for again while it passes and when it has ended', () => {
  for (const action of vmActions) {
    const { via, to } = vmActionTable[action];
    assert.ok(mayAct(via, action) && mayAct(to, action), action);
    assert.ok(passing.has(via));
    assert.ok(!passing.has(to));
  }
});

test('a state passes, or the cloud holds nothing, or neither; never both', () => {
  assert.deepEqual(
    [...passing].filter(state => gone.has(state)),
    [],
  );
  assert.deepEqual(
    [...passing].filter(state => !state.endsWith('ing')),
    [],
  );
});

test('the aggregate hides no VM', () => {
  assert.equal(aggregate([]), 'Empty');
  const state = fc.constantFrom(...vmStates);
  fc.assert(
    fc.property(fc.array(state, { minLength: 1, maxLength: 20 }), states => {
      const told = aggregate(states);
      const kinds = new Set(states);
      if (kinds.size === 1) assert.equal(told, states[0]);
      else if (states.some(each => passing.has(each))) assert.ok(passing.has(told as VmState));
      else assert.equal(told, 'Partial');
      // Their order tells nothing.
      assert.equal(aggregate(states.toReversed()), told);
    }),
  );
});
