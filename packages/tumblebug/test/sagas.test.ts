/**
 * The saga suite on what changes an MCIS, over in-process clouds: each step fails in turn, runs twice, and the process dies at
 * every point. (create and delete are judged end to end too, over the clouds' wire: e2e/mcis-sagas.test.ts.)
 */
import assert from 'node:assert/strict';
import type { Saga, Sagas } from '@cloud-barista/store/saga';
import { openSagas } from '@cloud-barista/store/sagas';
import { sagaSuite, type SagaWorld } from '@cloud-barista/suite/saga';
import { addSaga, addVms } from '../src/add.ts';
import { createMcis, createSaga, planCreate, type CreateInput } from '../src/create.ts';
import { removeSaga, removeVm } from '../src/delete.ts';
import { tumblebugSagas } from '../src/handlers.ts';
import { actOn, actSaga } from '../src/lifecycle.ts';
import type { McisRecord } from '../src/records.ts';
import { getMcis } from '../src/view.ts';
import { call, group, openStage, place, signal, type Stage } from './stage.ts';

/** What a start would have begun with. */
async function inputOf<Input>(start: (sagas: Sagas) => Promise<unknown>): Promise<Input> {
  let taken: unknown;
  const sagas = {
    start: async (_saga: unknown, input: unknown) => {
      taken = JSON.parse(JSON.stringify(input));
      return {};
    },
  } as unknown as Sagas;
  await start(sagas);
  return taken as Input;
}

async function ready(stage: Stage): Promise<void> {
  const { store, bug } = stage;
  const sagas = await openSagas({ store, sagas: tumblebugSagas(bug), keep: 0 });
  const operation = await createMcis(bug, sagas, 'default', { name: 'm', groups: [group('a', 2)] }, call);
  assert.equal((await sagas.wait(operation.id, signal)).state, 'succeeded');
  await sagas.close();
  // The suite counts operations: this one is not its.
  for (const { key } of (await store.list({ prefix: '/operations/' })).entries)
    await store.txn({ then: [{ delete: key }] });
}

function world<Input>(stage: Stage, saga: Saga<Input>, input: Input): SagaWorld<Input> {
  const { bug, store } = stage;
  return {
    store,
    sagas: tumblebugSagas(bug),
    saga,
    input,
    async count() {
      const { entries } = await store.list({ prefix: '/tumblebug/' });
      return {
        clouds: stage.standing(),
        records: entries.flatMap(entry => {
          // Which blocks are taken; the record itself stays.
          if (entry.key.startsWith('/tumblebug/blocks/')) return Object.keys(JSON.parse(entry.value).taken);
          if (!entry.key.startsWith('/tumblebug/mcis/')) return entry.key;
          const { groups, networks, plans } = JSON.parse(entry.value) as McisRecord;
          // Each world's names have an ending of their own.
          return `${entry.key} ${JSON.stringify([groups, networks, plans]).replaceAll(/-[a-km-np-z2-9]{6}"/g, '-~"')}`;
        }),
        states: entries.some(entry => entry.key === '/tumblebug/mcis/default/m')
          ? (await getMcis(bug, 'default', 'm')).status
          : '',
      };
    },
    async check() {
      const { entries } = await store.list({ prefix: '/tumblebug/mcis/' });
      for (const { value } of entries) {
        const { operation, holder } = JSON.parse(value) as McisRecord;
        assert.deepEqual([operation, holder], ['', ''], 'it let go');
      }
    },
    close: () => stage.close(),
  };
}

sagaSuite<unknown>('mcis-vm.add, a new group on a new connection', {
  async makeWorld() {
    const stage = await openStage({ engine: false });
    await ready(stage);
    const { bug } = stage;
    const request = { newGroup: group('b', 1, { connection: 'tokyo' }) };
    const input = await inputOf<never>(sagas => addVms(bug, sagas, place('m'), request, call));
    return world(stage, addSaga(bug) as Saga<unknown>, input);
  },
});

sagaSuite<CreateInput>('mcis.create, with VMs that fail at first', {
  async makeWorld() {
    const stage = await openStage({ engine: false });
    const { bug } = stage;
    const refused = new Set<string>();
    stage.gate(({ api, name = '' }, connection) => {
      const vm = name.split('-').slice(0, 2).join('-');
      if (api !== 'RunVm' || connection !== 'tokyo' || refused.has(vm)) return;
      refused.add(vm);
      throw Object.assign(new Error('no room'), { code: 'InsufficientCapacity' });
    });
    const groups = [group('a', 1), group('b', 2, { connection: 'tokyo' })];
    const input = await planCreate(bug, 'default', { name: 'm', groups, onFailure: 'retry' }, call);
    return world(stage, createSaga(bug), input);
  },
});

sagaSuite<unknown>('mcis-vm.remove', {
  undoes: false,
  async makeWorld() {
    const stage = await openStage({ connections: ['seoul'], engine: false });
    await ready(stage);
    const { bug } = stage;
    const input = await inputOf<never>(sagas => removeVm(bug, sagas, place('m'), 'a-1'));
    return world(stage, removeSaga(bug) as Saga<unknown>, input);
  },
});

for (const action of ['suspend', 'terminate'] as const)
  sagaSuite<unknown>(`mcis.${action}`, {
    undoes: false,
    async makeWorld() {
      const stage = await openStage({ connections: ['seoul'], engine: false });
      await ready(stage);
      const { bug } = stage;
      const input = await inputOf<never>(sagas => actOn(bug, sagas, place('m'), action));
      return world(stage, actSaga(bug, action) as Saga<unknown>, input);
    },
  });
