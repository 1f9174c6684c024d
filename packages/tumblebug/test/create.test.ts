/** Making an MCIS: all of it or nothing, races, repeats, cancels. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Mcis, McisPlan } from '@cloud-barista/model/mcis';
import { Value } from 'typebox/value';
import { createKeyPair } from '@cloud-barista/spider/key-pairs';
import { createVpc } from '@cloud-barista/spider/vpcs';
import { overlaps, parseCidr } from '@cloud-barista/model/cidr';
import { blocksKey } from '../src/blocks.ts';
import { createMcis } from '../src/create.ts';
import { presentResult } from '../src/handlers.ts';
import { reviewMcis } from '../src/plan.ts';
import { call, group, holdAt, signal } from './stage.ts';
import { open, two, view, recordOf, del, assertNothing } from './mcis-stage.ts';

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
