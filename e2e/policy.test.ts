/** What a partial failure comes to: 100 VMs, creation failing with probability 0.2, under each policy. Counted in the Twin. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { McisInput } from '@cloud-barista/model/mcis';
import type { Operation } from '@cloud-barista/model/operation';
import { openMemoryStore } from '@cloud-barista/store/memory';
import { openSagas } from '@cloud-barista/store/sagas';
import { createMcis } from '@cloud-barista/tumblebug/create';
import { deleteMcis } from '@cloud-barista/tumblebug/delete';
import { tumblebugSagas } from '@cloud-barista/tumblebug/handlers';
import { getMcis } from '@cloud-barista/tumblebug/view';
import { connect, openClouds, openFrameworks, standing, total } from './world.ts';

const signal = new AbortController().signal;

async function run(onFailure: 'keep' | 'rollback' | 'retry', fault: 'error' | 'capacity' | 'drop' = 'error') {
  const twin = await openClouds({ aws: 3, openstack: 2 });
  const store = await openMemoryStore();
  const bug = await openFrameworks(store);
  const connections = await connect(bug, twin);
  const sagas = await openSagas({ store, sagas: tumblebugSagas(bug) });
  twin.world.faults.set([{ cloud: '*', operation: 'create-vm', probability: 0.2, fault }]);
  const input: McisInput = {
    name: 'unlucky',
    onFailure,
    groups: connections.map(connection => ({
      name: connection,
      size: 20,
      connection,
      cpu: 1,
      memoryGb: 1,
      image: 'ubuntu-22.04',
    })),
  };
  const started = await createMcis(bug, sagas, 'default', input, { signal });
  const operation: Operation = await sagas.wait(started.id, signal);
  const vms = () =>
    Object.values(standing(twin)).reduce(
      (sum, counts) => sum + (counts['instances'] ?? counts['servers'] ?? 0),
      0,
    );
  return {
    operation,
    vms,
    left: () => total(twin),
    mcis: () => getMcis(bug, 'default', 'unlucky'),
    async remove() {
      twin.world.faults.set([]);
      const { id } = await deleteMcis(bug, sagas, { namespace: 'default', name: 'unlucky' });
      return sagas.wait(id, signal);
    },
    async close() {
      await sagas.close();
      await bug.close();
      await bug.spider.close();
      await store.close();
      await twin.close();
    },
  };
}

describe('100 VMs, one creation in five fails', { timeout: 120_000 }, () => {
  for (const fault of ['error', 'drop'] as const)
    it(`retry: all come up (${fault === 'drop' ? 'the answer is lost' : 'refused'})`, async () => {
      const world = await run('retry', fault);
      try {
        assert.equal(world.operation.state, 'succeeded', world.operation.error?.message);
        const mcis = await world.mcis();
        assert.equal(mcis.status, 'Running 100/100');
        assert.equal(world.vms(), 100, 'as many as the clouds hold');
        assert.equal((await world.remove()).state, 'succeeded');
        assert.equal(world.left(), 0);
      } finally {
        await world.close();
      }
    });

  it('rollback: nothing is left, and the operation says why', async () => {
    const world = await run('rollback');
    try {
      assert.equal(world.operation.state, 'undone', world.operation.error?.message);
      assert.match(world.operation.error?.message ?? '', /could not be made/);
      assert.equal(world.left(), 0);
      await assert.rejects(world.mcis(), { code: 'not_found' });
    } finally {
      await world.close();
    }
  });

  it('keep: those that came up stay, the others say why and hold nothing', async () => {
    const world = await run('keep', 'capacity');
    try {
      assert.equal(world.operation.state, 'succeeded', world.operation.error?.message);
      const mcis = await world.mcis();
      const running = mcis.vms.filter(vm => vm.state === 'Running');
      const failed = mcis.vms.filter(vm => vm.state === 'Failed');
      assert.equal(running.length + failed.length, 100);
      assert.ok(running.length > 50 && failed.length > 0, mcis.status);
      assert.equal(mcis.state, 'Partial');
      assert.ok(failed.every(vm => vm.problem !== ''));
      assert.equal(world.vms(), running.length);
      assert.equal((await world.remove()).state, 'succeeded');
      assert.equal(world.left(), 0);
    } finally {
      await world.close();
    }
  });
});
