/** Ending an MCIS, also one half made or out of reach; and the namespaces that hold them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ended, type Operation } from '@cloud-barista/model/operation';
import { terminateVm } from '@cloud-barista/spider/vms';
import { blocksKey } from '../src/blocks.ts';
import { createMcis } from '../src/create.ts';
import { deleteMcis } from '../src/delete.ts';
import { actOn } from '../src/lifecycle.ts';
import { createNamespace, deleteNamespace, getNamespace } from '../src/namespaces.ts';
import { getMcisVm } from '../src/view.ts';
import { call, group, holdAt, place, unreachable } from './stage.ts';
import { open, two, view, add, del, assertNothing } from './mcis-stage.ts';

describe('delete', { timeout: 20_000 }, () => {
  it('with a cloud out of reach it clears the others, says so, and is gone on with', async t => {
    const stage = await open(t);
    await stage.made({ name: 'm', groups: two });
    stage.gate((_, connection) => {
      if (connection === 'tokyo') throw unreachable();
    });
    const operation = await stage.end(del(stage));
    assert.equal(operation.state, 'failed', 'what is deleted is not undone');
    assert.equal(operation.error?.code, 'unavailable');
    assert.equal(operation.error?.where, 'connection tokyo');
    assert.match(operation.error?.message ?? '', /^tokyo: /);
    assert.match(operation.error?.next ?? '', /Delete it again to go on\.$/);
    assert.equal(stage.clouds['seoul']?.count()['vpcs'], 0);
    const mcis = await view(stage);
    assert.equal(mcis.state, 'Deleting');
    assert.match(mcis.status, /^Deleting: .*Terminated 2.*the delete stopped, delete again/);
    assert.equal(mcis.operation, '');
    await assert.rejects(add(stage, { group: 'a', count: 1 }), {
      code: 'failed_precondition',
      next: /^Delete it: /,
    });
    await assert.rejects(actOn(stage.bug, stage.sagas, place('m'), 'suspend'), {
      code: 'failed_precondition',
    });
    stage.gate(undefined);
    await stage.remove('m');
    await assertNothing(stage);
  });

  it('takes what is gone already for gone', async t => {
    const stage = await open(t);
    await stage.made({ name: 'm', groups: two });
    const vm = await getMcisVm(stage.bug, 'default', 'm', 'a-1');
    await terminateVm(stage.bug.spider, 'seoul', vm.vmName, call);
    await stage.remove('m');
    await assertNothing(stage);
  });

  it('cancelled half way it is gone on with', async t => {
    const stage = await open(t);
    await stage.made({ name: 'm', groups: two });
    const held = holdAt(stage, 'DeleteVpc', 'tokyo');
    const operation = await del(stage);
    await held.reached;
    await stage.sagas.cancel(operation.id);
    stage.gate(undefined);
    assert.equal((await stage.end(operation)).state, 'failed');
    await stage.remove('m');
    await assertNothing(stage);
  });

  it('repeated with its key it is one, also when the MCIS is gone', async t => {
    const stage = await open(t);
    await stage.made({ name: 'm', groups: two });
    const keyed = () => deleteMcis(stage.bug, stage.sagas, place('m'), { idempotencyKey: 'k' });
    const first = await stage.well(keyed());
    assert.equal((await keyed()).id, first.id);
    await assert.rejects(del(stage), { code: 'not_found', where: 'mcis' });
  });

  it('of an MCIS whose making failed and could not be undone', async t => {
    const stage = await open(t);
    const { tokyo } = stage.clouds;
    assert.ok(tokyo);
    stage.gate(({ api }, connection) => {
      if (connection === 'tokyo' && /^(RunVm|DeleteVpc|DeleteSecurityGroup)$/.test(api)) throw unreachable();
    });
    const operation = await stage.end(stage.create({ name: 'm', groups: two }));
    assert.equal(operation.state, 'failed', operation.error?.message);
    assert.match(operation.error?.message ?? '', /may have left something/);
    await assert.rejects(add(stage, { group: 'a', count: 1 }), {
      code: 'failed_precondition',
      message: /never made completely/,
    });
    stage.gate(undefined);
    await stage.remove('m');
    await assertNothing(stage);
  });

  it('of an MCIS that a dead operation holds', async t => {
    for (const operation of ['op_unknown', 'ended']) {
      const stage = await open(t);
      const made = await stage.well(stage.create({ name: 'm', groups: two }));
      await stage.bug.mcises.update('default/m', record => ({
        ...record,
        operation: operation === 'ended' ? made.id : operation,
        holder: 'tok_xxxxxxxxxxxxxxxx',
      }));
      await stage.well(add(stage, { group: 'a', count: 1 }));
      await stage.bug.mcises.update('default/m', record => ({
        ...record,
        operation: 'op_unknown',
        holder: 'tok_xxxxxxxxxxxxxxxx',
      }));
      await stage.remove('m');
      await assertNothing(stage);
    }
  });
});

describe('namespaces', { timeout: 20_000 }, () => {
  it('are there or named', async t => {
    const { bug } = await open(t);
    await createNamespace(bug, { name: 'team' });
    await assert.rejects(createNamespace(bug, { name: 'team' }), { code: 'already_exists' });
    await assert.rejects(getNamespace(bug, 'tean'), { code: 'not_found', next: /Did you mean "team"\?/ });
    await deleteNamespace(bug, 'team');
    await assert.rejects(deleteNamespace(bug, 'team'), { code: 'not_found' });
    await assert.rejects(deleteNamespace(bug, 'default'), { code: 'failed_precondition' });
  });

  it('hold their MCISes: not deleted under one, also not under one that is just being made', async t => {
    const stage = await open(t);
    const { bug } = stage;
    for (let round = 0; round < 10; round++) {
      await createNamespace(bug, { name: 'team' });
      const creating = createMcis(bug, stage.sagas, 'team', { name: 'm', groups: [group('a', 1)] }, call);
      // At every turn of the creation.
      for (let turn = 0; turn < round * 3; turn++) await Promise.resolve();
      const [created, deleted] = await Promise.allSettled([creating, deleteNamespace(bug, 'team')]);
      const operation =
        created.status === 'fulfilled' ? await stage.end(created.value) : ({ state: 'undone' } as Operation);
      assert.ok(ended.has(operation.state));
      const there = (await bug.namespaces.get('team')) !== undefined;
      assert.equal(there, deleted.status === 'rejected');
      if (operation.state === 'succeeded') {
        assert.ok(there, 'an MCIS without its namespace');
        await stage.well(deleteMcis(bug, stage.sagas, { namespace: 'team', name: 'm' }));
      }
      if (there) await deleteNamespace(bug, 'team');
      await assertNothing(stage);
      assert.equal(await stage.store.get(blocksKey('team')), undefined);
    }
  });
});
