/**
 * The saga suite on MCIS create and delete: each step fails in turn, runs twice, and the process dies at every point,
 * over the real drivers and the clouds' wire. What is left is counted in the Twin: no orphan, no double.
 */
import assert from 'node:assert/strict';
import type { McisInput } from '@cloud-barista/model/mcis';
import { openMemoryStore } from '@cloud-barista/store/memory';
import { openSagas } from '@cloud-barista/store/sagas';
import { sagaSuite, type SagaWorld } from '@cloud-barista/suite/saga';
import { createSaga, planCreate, type CreateInput } from '@cloud-barista/tumblebug/create';
import { deleteSaga, planDelete, type DeleteInput } from '@cloud-barista/tumblebug/delete';
import { tumblebugSagas } from '@cloud-barista/tumblebug/handlers';
import { connect, openClouds, openFrameworks, standing } from './world.ts';

const mcis: McisInput = {
  name: 'judged',
  groups: [
    { name: 'a', size: 1, connection: 'aws-1', cpu: 2, memoryGb: 1, image: 'ubuntu-22.04' },
    { name: 'b', size: 1, connection: 'openstack-1', cpu: 1, memoryGb: 1, image: 'ubuntu-22.04' },
  ],
};
const signal = new AbortController().signal;

async function open() {
  const twin = await openClouds({ aws: 1, openstack: 1 });
  const store = await openMemoryStore();
  const bug = await openFrameworks(store);
  await connect(bug, twin);
  return { twin, store, bug };
}
type Opened = Awaited<ReturnType<typeof open>>;

function world<Input>(
  { twin, store, bug }: Opened,
  saga: SagaWorld<Input>['saga'],
  input: Input,
): SagaWorld<Input> {
  return {
    store,
    sagas: tumblebugSagas(bug),
    saga,
    input,
    count: () => standing(twin),
    async check(operation) {
      const { entries } = await store.list({ prefix: '/tumblebug/mcis/' });
      for (const entry of entries)
        assert.equal(
          (JSON.parse(entry.value) as { operation: string }).operation,
          '',
          `${operation.kind} let go`,
        );
      const ids = (await store.list({ prefix: '/spider/ids/' })).entries.length;
      const left = Object.values(standing(twin)).reduce(
        (sum, counts) => sum + Object.values(counts).reduce((a, b) => a + b, 0),
        0,
      );
      assert.equal(ids === 0, left === 0, 'records and clouds agree on whether anything stands');
    },
    async close() {
      await bug.close();
      await bug.spider.close();
      await store.close();
      await twin.close();
    },
  };
}

sagaSuite<CreateInput>('mcis.create', {
  async makeWorld() {
    const opened = await open();
    return world(opened, createSaga(opened.bug), await planCreate(opened.bug, 'default', mcis, { signal }));
  },
});

sagaSuite<DeleteInput>('mcis.delete', {
  undoes: false,
  async makeWorld() {
    const opened = await open();
    const { bug, store } = opened;
    const sagas = await openSagas({ store, sagas: tumblebugSagas(bug), keep: 0 });
    const { id } = await sagas.start(createSaga(bug), await planCreate(bug, 'default', mcis, { signal }));
    assert.equal((await sagas.wait(id, signal)).state, 'succeeded');
    await sagas.close();
    // The suite counts operations: this one is not its.
    for (const { key } of (await store.list({ prefix: '/operations/' })).entries)
      await store.txn({ then: [{ delete: key }] });
    return world(opened, deleteSaga(bug), await planDelete(bug, { namespace: 'default', name: mcis.name }));
  },
});
