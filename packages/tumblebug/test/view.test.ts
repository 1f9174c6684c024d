/** MCISes and their VMs as people see them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { terminateVm } from '@cloud-barista/spider/vms';
import { removeVm } from '../src/delete.ts';
import { actOn } from '../src/lifecycle.ts';
import { getMcisVm, listMcises, listMcisVms } from '../src/view.ts';
import { call, group, holdAt, place, unreachable } from './stage.ts';
import { open, two, view, add, del, full } from './mcis-stage.ts';

describe('views', { timeout: 20_000 }, () => {
  it('in each phase', async t => {
    const stage = await open(t, { connections: ['seoul'] });
    let held = holdAt(stage, 'CreateVpc');
    const creating = await stage.create({ name: 'm', groups: [group('a', 2)] });
    await held.reached;
    let mcis = await view(stage);
    assert.equal(mcis.status, 'Creating 2/2');
    assert.equal(mcis.operation, creating.id);
    held.letGo();
    await stage.well(creating);

    held = holdAt(stage, 'RunVm');
    const adding = await add(stage, { group: 'a', count: 1 });
    await held.reached;
    mcis = await view(stage);
    assert.equal(mcis.status, 'Creating: Creating 1, Running 2');
    held.letGo();
    await stage.well(adding);

    await stage.well(actOn(stage.bug, stage.sagas, place('m'), 'suspend'));
    assert.equal((await view(stage)).status, 'Suspended 3/3');
    await stage.well(actOn(stage.bug, stage.sagas, place('m'), 'terminate'));
    assert.equal((await view(stage)).status, 'Terminated 3/3');
    assert.equal((await getMcisVm(stage.bug, 'default', 'm', 'a-1')).state, 'Terminated');

    held = holdAt(stage, 'DeleteVpc');
    const deleting = await del(stage);
    await held.reached;
    mcis = await view(stage);
    assert.equal(mcis.state, 'Deleting');
    assert.equal(mcis.status, 'Deleting: Terminated 3');
    assert.equal((await listMcises(stage.bug, 'default', { limit: 10 })).items[0]?.status, mcis.status);
    held.letGo();
    await stage.well(deleting);
    await assert.rejects(view(stage), { code: 'not_found', where: 'mcis' });
  });

  it('a list says what each of its MCISes says itself', async t => {
    const stage = await open(t);
    full(stage, 'tokyo');
    await stage.made({ name: 'a', groups: two, onFailure: 'keep' });
    full(stage, 'tokyo', 0);
    await stage.made({ name: 'b', groups: two });
    await stage.well(actOn(stage.bug, stage.sagas, place('b'), 'suspend'));
    const { items } = await listMcises(stage.bug, 'default', { limit: 10 });
    for (const item of items) {
      const { vms: _vms, groups: _groups, ...summary } = await view(stage, item.name);
      assert.deepEqual(item, summary);
    }
    assert.equal(items.length, 2);
  });

  it('pages: MCISes by name, VMs by number, also behind a VM that is gone', async t => {
    const stage = await open(t, { connections: ['seoul'] });
    await stage.made({ name: 'm', groups: [group('b', 12), group('a', 1)] });
    await stage.made({ name: 'n', groups: [group('a', 1)] });
    const first = await listMcises(stage.bug, 'default', { limit: 1 });
    assert.equal(first.next, 'm');
    const second = await listMcises(stage.bug, 'default', { limit: 1, cursor: first.next });
    assert.deepEqual([second.items[0]?.name, second.next], ['n', undefined]);

    const all: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listMcisVms(stage.bug, 'default', 'm', { limit: 5, cursor });
      all.push(...page.items.map(vm => vm.name));
      cursor = page.next;
    } while (cursor !== undefined);
    assert.deepEqual(all, ['a-1', ...Array.from({ length: 12 }, (_, i) => `b-${i + 1}`)]);
    const head = await listMcisVms(stage.bug, 'default', 'm', { limit: 3 });
    assert.equal(head.next, 'b-2');
    await stage.well(removeVm(stage.bug, stage.sagas, place('m'), 'b-2'));
    const rest = await listMcisVms(stage.bug, 'default', 'm', { limit: 100, cursor: 'b-2' });
    assert.deepEqual(
      rest.items.map(vm => vm.name),
      Array.from({ length: 10 }, (_, i) => `b-${i + 3}`),
    );
    assert.equal(
      (await listMcisVms(stage.bug, 'default', 'm', { limit: 5, cursor: 'b-99' })).items.length,
      0,
    );
  });

  it('a cloud that does not answer keeps nobody waiting for long, and is named', async t => {
    let time = Date.now();
    const stage = await open(t, { now: () => time });
    await stage.made({ name: 'm', groups: two });
    time += 60_000;
    stage.gate((_, connection) => {
      if (connection === 'tokyo') throw unreachable();
    });
    const mcis = await view(stage);
    assert.equal(mcis.state, 'Running');
    assert.equal(mcis.status, 'Running 3/3 (as last seen; no answer from tokyo)');
    assert.equal((await getMcisVm(stage.bug, 'default', 'm', 'b-1')).state, 'Running');
    stage.gate(undefined);
    time += 60_000;
    await view(stage);
    assert.equal((await view(stage)).status, 'Running 3/3');
  });

  it('a VM that was ended at the connection shows as such', async t => {
    const stage = await open(t);
    await stage.made({ name: 'm', groups: two });
    const vm = await getMcisVm(stage.bug, 'default', 'm', 'a-1');
    await terminateVm(stage.bug.spider, 'seoul', vm.vmName, call);
    assert.match((await getMcisVm(stage.bug, 'default', 'm', 'a-1')).state, /^Terminat(ing|ed)$/);
  });

  it('what is not there: the nearest', async t => {
    const stage = await open(t);
    await stage.made({ name: 'meeting', groups: [group('a', 1)] });
    await assert.rejects(view(stage, 'meting'), { code: 'not_found', next: /Did you mean "meeting"\?/ });
    await assert.rejects(getMcisVm(stage.bug, 'default', 'meeting', 'a-11'), {
      code: 'not_found',
      where: 'vm',
      next: /Did you mean "a-1"\?/,
    });
  });
});
