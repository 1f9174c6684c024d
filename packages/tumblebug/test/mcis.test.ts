/** An MCIS from its making to its end: policies, growing and shrinking, holds, cancels, repeats, races, clouds out of reach. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { BaristaError } from '@cloud-barista/model/errors';
import { Mcis, McisPlan, type FailurePolicy } from '@cloud-barista/model/mcis';
import { ended, type Operation } from '@cloud-barista/model/operation';
import { Value } from 'typebox/value';
import { createKeyPair } from '@cloud-barista/spider/key-pairs';
import { terminateVm } from '@cloud-barista/spider/vms';
import { createVpc } from '@cloud-barista/spider/vpcs';
import { overlaps, parseCidr } from '@cloud-barista/model/cidr';
import { addVms } from '../src/add.ts';
import { blocksKey } from '../src/blocks.ts';
import { createMcis } from '../src/create.ts';
import { deleteMcis, removeVm } from '../src/delete.ts';
import { presentResult } from '../src/handlers.ts';
import { actOn } from '../src/lifecycle.ts';
import { reviewMcis } from '../src/plan.ts';
import { createNamespace, deleteNamespace, getNamespace } from '../src/namespaces.ts';
import type { McisRecord } from '../src/records.ts';
import { getMcis, getMcisVm, listMcises, listMcisVms } from '../src/view.ts';
import {
  call,
  group,
  holdAt,
  nothing,
  openStage,
  place,
  signal,
  unreachable,
  type Stage,
  type StageOptions,
} from './stage.ts';

async function open(t: TestContext, options: StageOptions = {}): Promise<Stage> {
  const stage = await openStage(options);
  t.after(() => stage.close());
  return stage;
}
const two = [group('a', 2), group('b', 1, { connection: 'tokyo' })];
const view = (stage: Stage, name = 'm') => getMcis(stage.bug, 'default', name);
const recordOf = async (stage: Stage, name = 'm') =>
  (await stage.bug.mcises.get(`default/${name}`))?.value as McisRecord;
const add = (stage: Stage, input: Parameters<typeof addVms>[3], key?: string) =>
  addVms(stage.bug, stage.sagas, place('m'), input, { ...call, idempotencyKey: key });
const del = (stage: Stage, name = 'm') => deleteMcis(stage.bug, stage.sagas, place(name));
const names = async (stage: Stage) => (await view(stage)).vms.map(vm => vm.name);
/** Nothing in the clouds, nothing in the records of either floor. */
async function assertNothing(stage: Stage): Promise<void> {
  assert.deepEqual(stage.standing(), nothing);
  for (const prefix of ['/tumblebug/mcis/', '/tumblebug/vms/', '/spider/ids/'])
    assert.deepEqual((await stage.store.list({ prefix })).entries, [], prefix);
  const blocks = await stage.store.get(blocksKey('default'));
  assert.deepEqual(blocks ? JSON.parse(blocks.value) : { taken: {} }, { taken: {} });
}
/** So that no VM can be made at the connection. */
const failing =
  (connection: string, api = 'RunVm') =>
  (request: { api: string }, at: string) => {
    if (request.api === api && at === connection) throw unreachable();
  };
/** Refused for good, VM by VM. */
const full = (stage: Stage, connection: string, probability = 1) =>
  stage.clouds[connection]?.fault({ api: 'create-vm', fault: 'quota', probability });

describe('create', { timeout: 20_000 }, () => {
  it('makes all of it, then shows all of it', async t => {
    const stage = await open(t);
    const operation = await stage.well(stage.create({ name: 'm', groups: two, labels: { env: 'test' } }));
    assert.equal(operation.kind, 'mcis.create');
    assert.equal(operation.target, 'default/m');
    assert.deepEqual(operation.result, { namespace: 'default', name: 'm' });
    assert.equal(operation.done, operation.total);
    const mcis = (await presentResult(stage.bug)(operation.result)) as Awaited<ReturnType<typeof view>>;
    assert.deepEqual(mcis, await view(stage), 'who waited is given the MCIS');
    assert.ok(Value.Check(Mcis, mcis), 'in the shape that the API tells');
    assert.ok(
      Value.Check(McisPlan, await reviewMcis(stage.bug, 'default', { name: 'x', groups: two }, call)),
    );
    assert.equal(mcis.status, 'Running 3/3');
    assert.equal(mcis.state, 'Running');
    assert.deepEqual(mcis.counts, { Running: 3 });
    assert.equal(mcis.operation, '');
    assert.deepEqual(
      mcis.vms.map(vm => [vm.name, vm.connection, vm.specName]),
      [
        ['a-1', 'seoul', 'mock-vmspec-04'],
        ['a-2', 'seoul', 'mock-vmspec-04'],
        ['b-1', 'tokyo', 'mock-vmspec-04'],
      ],
    );
    const { networks } = await recordOf(stage);
    assert.deepEqual(
      networks.map(network => network.cidr),
      ['10.0.0.0/20', '10.0.16.0/20'],
    );
    assert.deepEqual(stage.standing(), {
      vpcs: 2,
      subnets: 2,
      gateways: 2,
      securityGroups: 2,
      keyPairs: 2,
      vms: 3,
    });
    await stage.remove('m');
    await assertNothing(stage);
  });

  it('uses what it is told to use, and leaves it when it goes', async t => {
    const stage = await open(t);
    const { spider } = stage.bug;
    const cidr = '10.0.0.0/16';
    await createVpc(spider, 'seoul', { name: 'net', cidr, subnets: [{ name: 'front', cidr }] }, call);
    await createKeyPair(spider, 'seoul', { name: 'mine' }, call);
    const before = stage.standing();
    await stage.made({ name: 'm', groups: [group('a', 1, { vpc: 'net', keyPair: 'mine' })] });
    assert.deepEqual(stage.standing(), { ...before, securityGroups: 1, vms: 1 });
    await stage.remove('m');
    assert.deepEqual(stage.standing(), before);
  });

  it('two of one name at once: one is made, the other is told', async t => {
    const stage = await open(t);
    const input = { name: 'm', groups: two };
    const started = await Promise.all([stage.create(input), stage.create(input)]);
    const states = await Promise.all(started.map(operation => stage.end(operation)));
    const lost = states.find(operation => operation.state === 'undone');
    assert.deepEqual(states.map(operation => operation.state).sort(), ['succeeded', 'undone']);
    assert.equal(lost?.error?.code, 'already_exists');
    assert.equal((await view(stage)).status, 'Running 3/3');
    assert.equal(stage.standing()['vms'], 3);
    await assert.rejects(stage.create(input), { code: 'already_exists', where: 'name' });
    await stage.remove('m');
    await assertNothing(stage);
  });

  it('many at once in one namespace all get blocks of their own', async t => {
    const stage = await open(t);
    const started = await Promise.all(
      Array.from({ length: 8 }, (_, i) => stage.create({ name: `m${i}`, groups: two })),
    );
    for (const operation of started) await stage.well(operation);
    const blocks = Object.keys(
      (JSON.parse((await stage.store.get(blocksKey('default')))?.value ?? '') as { taken: object }).taken,
    ).map(text => parseCidr(text));
    assert.equal(blocks.length, 16);
    for (const [i, a] of blocks.entries()) for (const b of blocks.slice(i + 1)) assert.ok(!overlaps(a, b));
    for (let i = 0; i < 8; i++) {
      const { networks } = await recordOf(stage, `m${i}`);
      assert.ok(networks.every(network => blocks.some(block => block.base === parseCidr(network.cidr).base)));
      await stage.remove(`m${i}`);
    }
    await assertNothing(stage);
  });

  it('repeated with its key it is one, also when all is over', async t => {
    const stage = await open(t);
    const keyed = (name: string) =>
      createMcis(stage.bug, stage.sagas, 'default', { name, groups: two }, { signal, idempotencyKey: 'k' });
    const [first, second] = await Promise.all([keyed('m'), keyed('m')]);
    assert.equal(first.id, second.id);
    await stage.well(first);
    assert.equal((await keyed('m')).state, 'succeeded');
    await assert.rejects(keyed('other'), { code: 'failed_precondition', where: 'idempotencyKey' });
    await stage.remove('m');
    assert.equal((await keyed('m')).id, first.id, 'it was answered; it is not made again');
    await assertNothing(stage);
  });

  it('in a namespace that is not there: the nearest', async t => {
    const stage = await open(t);
    await assert.rejects(createMcis(stage.bug, stage.sagas, 'defalt', { name: 'm', groups: two }, call), {
      code: 'not_found',
      where: 'namespace',
      next: /Did you mean "default"\?/,
    });
  });

  for (const api of ['CreateVpc', 'ImportKeyPair', 'CreateSecurityGroup', 'RunVm'])
    it(`cancelled at ${api} it leaves nothing`, async t => {
      const stage = await open(t);
      const held = holdAt(stage, api, 'tokyo');
      const operation = await stage.create({ name: 'm', groups: two });
      await held.reached;
      await assert.rejects(
        del(stage),
        {
          code: 'aborted',
          where: `operation ${operation.id}`,
          message: 'The MCIS "m" is still being made.',
          next: `Wait for it, or cancel it: barista operations cancel ${operation.id}`,
        },
        'meanwhile it can’t be deleted',
      );
      await stage.sagas.cancel(operation.id);
      stage.gate(undefined);
      const over = await stage.end(operation);
      assert.equal(over.state, 'undone', over.error?.message);
      await assertNothing(stage);
    });
});

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
