/** What a failure in the middle of making means, by policy: nothing is left that was not asked for. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BaristaError } from '@cloud-barista/model/errors';
import type { FailurePolicy } from '@cloud-barista/model/mcis';
import { removeVm } from '../src/delete.ts';
import { holdAt, place, signal, unreachable, type Stage } from './stage.ts';
import { open, two, view, add, assertNothing, failing } from './mcis-stage.ts';

describe('failure policies', { timeout: 20_000 }, () => {
  const make = (stage: Stage, onFailure: FailurePolicy) =>
    stage.end(stage.create({ name: 'm', groups: two, onFailure }));

  for (const api of ['CreateVpc', 'CreateSecurityGroup', 'RunVm']) {
    it(`rollback: ${api} fails in one cloud, nothing is left in either`, async t => {
      const stage = await open(t);
      stage.gate(failing('tokyo', api));
      const operation = await make(stage, 'rollback');
      assert.equal(operation.state, 'undone', operation.error?.message);
      assert.match(operation.error?.message ?? '', /^b-1 could not be made: /);
      assert.equal(operation.error?.where, 'b-1');
      assert.match(operation.error?.next ?? '', /removed again\..*onFailure to retry or keep\.$/);
      stage.gate(undefined);
      await assertNothing(stage);
    });

    it(`keep: ${api} fails in one cloud, the other’s VMs stand and the rest says why`, async t => {
      const stage = await open(t);
      stage.gate(failing('tokyo', api));
      const operation = await make(stage, 'keep');
      assert.equal(operation.state, 'succeeded', operation.error?.message);
      const mcis = await view(stage);
      assert.equal(mcis.state, 'Partial');
      assert.equal(mcis.status, 'Partial: Running 2, Failed 1');
      const failed = mcis.vms.find(vm => vm.name === 'b-1');
      assert.equal(failed?.state, 'Failed');
      assert.notEqual(failed?.problem, '');
      assert.equal(failed?.id, '');
      // The group can grow once its cloud is well.
      stage.gate(undefined);
      await stage.well(add(stage, { group: 'b', count: 1 }));
      assert.equal((await view(stage)).status, 'Partial: Running 3, Failed 1');
      await stage.well(removeVm(stage.bug, stage.sagas, place('m'), 'b-1'));
      assert.equal((await view(stage)).status, 'Running 3/3');
      await stage.remove('m');
      await assertNothing(stage);
    });
  }

  it('retry: what fails at first comes up', async t => {
    const stage = await open(t);
    let refusals = 3;
    stage.gate(({ api }) => {
      if (api === 'RunVm' && refusals-- > 0)
        throw Object.assign(new Error('no room'), { code: 'InsufficientCapacity' });
    });
    const operation = await make(stage, 'retry');
    assert.equal(operation.state, 'succeeded', operation.error?.message);
    assert.equal((await view(stage)).status, 'Running 3/3');
    assert.equal(stage.standing()['vms'], 3);
  });

  it('retry: a network that fails at first comes up', async t => {
    const stage = await open(t);
    let refusals = 6;
    stage.gate(({ api }, connection) => {
      if (connection === 'tokyo' && api === 'CreateVpc' && refusals-- > 0) throw unreachable();
    });
    const operation = await make(stage, 'retry');
    assert.equal(operation.state, 'succeeded', operation.error?.message);
    assert.equal((await view(stage)).status, 'Running 3/3');
    await stage.remove('m');
    await assertNothing(stage);
  });

  it('retry gives up at once what no try can change', async t => {
    const stage = await open(t);
    stage.gate(({ api }, connection) => {
      if (api === 'RunVm' && connection === 'tokyo') throw new BaristaError('permission_denied', 'Not you.');
    });
    const operation = await make(stage, 'retry');
    assert.equal(operation.state, 'succeeded', operation.error?.message);
    assert.match((await view(stage)).vms.at(-1)?.problem ?? '', /^Not you\./);
  });

  for (const policy of ['keep', 'retry', 'rollback'] as const)
    it(`${policy}: where no VM at all can be made, nothing is left`, async t => {
      const stage = await open(t);
      stage.gate(({ api }) => {
        if (api === 'RunVm') throw new BaristaError('permission_denied', 'Not you.');
      });
      const operation = await make(stage, policy);
      assert.equal(operation.state, 'undone');
      stage.gate(undefined);
      await assertNothing(stage);
    });

  it('cancelled while it waits for the next try it leaves nothing', async t => {
    const stage = await open(t, { retryPauseMs: 60_000 });
    stage.gate(({ api }, connection) => {
      if (api === 'RunVm' && connection === 'tokyo')
        throw Object.assign(new Error('no room'), { code: 'InsufficientCapacity' });
    });
    const operation = await stage.create({ name: 'm', groups: two, onFailure: 'retry' });
    for await (const event of stage.sagas.events(operation.id, signal))
      if (event.step === 'pause/tokyo/0' && event.state === 'started') break;
    await stage.sagas.cancel(operation.id);
    assert.equal((await stage.end(operation)).state, 'undone');
    stage.gate(undefined);
    await assertNothing(stage);
  });

  it('a VM that does not come up in time is one that failed', async t => {
    const stage = await open(t, { vmTimeoutMs: 1000, region: { createMs: '1' } });
    // Its states never come.
    const held = holdAt(stage, 'GetVms', 'tokyo');
    const operation = await stage.create({ name: 'm', groups: two, onFailure: 'keep' });
    for await (const event of stage.sagas.events(operation.id, signal))
      if (event.step === 'running/tokyo' && event.state === 'done') held.letGo();
    assert.equal((await stage.end(operation)).state, 'succeeded');
    const failed = (await view(stage)).vms.find(vm => vm.name === 'b-1');
    assert.match(failed?.problem ?? '', /is still Creating after 1 s, not Running\.$/);
    assert.equal(stage.standing()['vms'], 2, 'it was cleared away');
  });
});
