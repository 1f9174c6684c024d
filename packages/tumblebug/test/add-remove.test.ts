/** Growing and shrinking an MCIS. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Mcis } from '@cloud-barista/model/mcis';
import { Value } from 'typebox/value';
import { addVms } from '../src/add.ts';
import { removeVm } from '../src/delete.ts';
import { getMcisVm } from '../src/view.ts';
import { call, group, holdAt, place } from './stage.ts';
import { open, two, view, recordOf, add, names, assertNothing, failing } from './mcis-stage.ts';

describe('add and remove', { timeout: 20_000 }, () => {
  it('grows a group, with the next numbers', async t => {
    const stage = await open(t);
    await stage.made({ name: 'm', groups: two });
    const operation = await stage.well(add(stage, { group: 'a', count: 2 }));
    assert.equal(operation.done, operation.total);
    assert.deepEqual(await names(stage), ['a-1', 'a-2', 'a-3', 'a-4', 'b-1']);
    assert.equal((await view(stage)).groups[0]?.size, 4);
    assert.equal(stage.standing()['vpcs'], 2, 'on the network that stands');
    await stage.remove('m');
    await assertNothing(stage);
  });

  it('a number is given again after its VM was removed, to another VM', async t => {
    const stage = await open(t);
    await stage.made({ name: 'm', groups: two });
    const before = await getMcisVm(stage.bug, 'default', 'm', 'a-2');
    await stage.well(removeVm(stage.bug, stage.sagas, place('m'), 'a-2'));
    assert.deepEqual(await names(stage), ['a-1', 'b-1']);
    await stage.well(add(stage, { group: 'a', count: 1 }));
    const after = await getMcisVm(stage.bug, 'default', 'm', 'a-2');
    assert.notEqual(after.vmName, before.vmName);
    assert.notEqual(after.id, before.id);
  });

  it('a group can be emptied, and grow again', async t => {
    const stage = await open(t);
    await stage.made({ name: 'm', groups: two });
    await stage.well(removeVm(stage.bug, stage.sagas, place('m'), 'b-1'));
    assert.equal((await view(stage)).groups[1]?.size, 0);
    assert.ok(Value.Check(Mcis, await view(stage)));
    await stage.well(add(stage, { group: 'b', count: 1 }));
    assert.equal((await view(stage)).status, 'Running 3/3');
    for (const vm of ['a-1', 'a-2', 'b-1'])
      await stage.well(removeVm(stage.bug, stage.sagas, place('m'), vm));
    assert.equal((await view(stage)).status, 'Empty');
    await stage.remove('m');
    await assertNothing(stage);
  });

  it('a new group on a new connection takes a block of the MCIS’s range', async t => {
    const stage = await open(t);
    await stage.made({ name: 'm', groups: [group('a', 1)], cidr: '192.168.0.0/16' });
    await stage.well(add(stage, { newGroup: group('c', 1, { connection: 'tokyo' }) }));
    assert.deepEqual(
      (await recordOf(stage)).networks.map(network => network.cidr),
      ['192.168.0.0/20', '192.168.16.0/20'],
    );
    await stage.remove('m');
    await assertNothing(stage);
  });

  it('a new group that fails leaves what stood as it was', async t => {
    const stage = await open(t);
    await stage.made({ name: 'm', groups: [group('a', 1)] });
    const { updated: _, ...before } = await recordOf(stage);
    const standing = stage.standing();
    stage.gate(failing('tokyo'));
    const operation = await stage.end(add(stage, { newGroup: group('c', 1, { connection: 'tokyo' }) }));
    assert.equal(operation.state, 'undone', operation.error?.message);
    stage.gate(undefined);
    const { updated: __, ...after } = await recordOf(stage);
    assert.deepEqual(after, before);
    assert.deepEqual(stage.standing(), standing);
    assert.equal((await view(stage)).status, 'Running 1/1');
    await stage.remove('m');
    await assertNothing(stage);
  });

  it('tells what is wrong with it by its field', async t => {
    const stage = await open(t);
    await stage.made({ name: 'm', groups: two });
    await assert.rejects(add(stage, { group: 'c', count: 1 }), { code: 'not_found', where: 'group' });
    await assert.rejects(add(stage, { newGroup: group('a', 1) }), {
      code: 'already_exists',
      where: 'newGroup.name',
    });
    await assert.rejects(add(stage, { newGroup: group('c', 1, { image: 'ubunto-22.04' }) }), {
      code: 'not_found',
      where: 'newGroup.image',
    });
    await assert.rejects(removeVm(stage.bug, stage.sagas, place('m'), 'a-9'), {
      code: 'not_found',
      where: 'vm',
      next: /Did you mean "a-1"\?/,
    });
    await assert.rejects(add(stage, { group: 'a', count: 4090 }), { where: 'count' });
  });

  it('two adds at once: the second is told, nothing is doubled', async t => {
    const stage = await open(t);
    await stage.made({ name: 'm', groups: two });
    const started = await Promise.all([
      add(stage, { group: 'a', count: 1 }),
      add(stage, { group: 'a', count: 1 }),
    ]);
    const over = await Promise.all(started.map(operation => stage.end(operation)));
    assert.deepEqual(over.map(operation => operation.state).sort(), ['succeeded', 'undone']);
    assert.equal(over.find(operation => operation.state === 'undone')?.error?.code, 'aborted');
    assert.deepEqual(await names(stage), ['a-1', 'a-2', 'a-3', 'b-1']);
    assert.equal(stage.standing()['vms'], 4);
  });

  it('what was planned before another change is not done after it', async t => {
    const stage = await open(t);
    await stage.made({ name: 'm', groups: two });
    // Planned on the clouds' offers, which are slow; meanwhile the MCIS is changed from beginning to end.
    const held = Promise.withResolvers<void>();
    const reached = Promise.withResolvers<void>();
    const slow = {
      ...stage.sagas,
      start: (async (...input: Parameters<typeof stage.sagas.start>) => {
        reached.resolve();
        await held.promise;
        return stage.sagas.start(...input);
      }) as typeof stage.sagas.start,
    };
    const late = addVms(stage.bug, slow, place('m'), { group: 'a', count: 1 }, call);
    await reached.promise;
    await stage.well(add(stage, { group: 'a', count: 1 }));
    held.resolve();
    const over = await stage.end(late);
    assert.equal(over.error?.code, 'aborted');
    assert.match(over.error?.message ?? '', /changed since this was planned/);
    assert.deepEqual(await names(stage), ['a-1', 'a-2', 'a-3', 'b-1']);
    await stage.remove('m');
    await assertNothing(stage);
  });

  it('repeated with its key, while it runs and after, it is one', async t => {
    const stage = await open(t);
    await stage.made({ name: 'm', groups: two });
    const held = holdAt(stage, 'RunVm');
    const first = await add(stage, { group: 'a', count: 1 }, 'k');
    await held.reached;
    assert.equal((await add(stage, { group: 'a', count: 1 }, 'k')).id, first.id);
    held.letGo();
    await stage.well(first);
    assert.equal((await add(stage, { group: 'a', count: 1 }, 'k')).id, first.id);
    assert.equal((await names(stage)).length, 4);
  });

  it('cancelled it leaves what stood', async t => {
    const stage = await open(t);
    await stage.made({ name: 'm', groups: [group('a', 1)] });
    const standing = stage.standing();
    const held = holdAt(stage, 'RunVm', 'tokyo');
    const operation = await add(stage, { newGroup: group('c', 2, { connection: 'tokyo' }) });
    await held.reached;
    assert.equal((await view(stage)).operation, operation.id);
    await stage.sagas.cancel(operation.id);
    stage.gate(undefined);
    assert.equal((await stage.end(operation)).state, 'undone');
    assert.deepEqual(stage.standing(), standing);
    assert.deepEqual(await names(stage), ['a-1']);
  });
});
