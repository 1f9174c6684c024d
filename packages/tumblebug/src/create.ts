/** mcis.create, as a saga: records, then what VMs stand on and the VMs, then ready. Undone as a whole. */
import { BaristaError } from '@cloud-barista/model/errors';
import { newToken } from '@cloud-barista/model/ids';
import type { McisInput } from '@cloud-barista/model/mcis';
import type { Operation } from '@cloud-barista/model/operation';
import type { Saga, Sagas } from '@cloud-barista/store/saga';
import { blocksKey, giveBlocks, readBlocks, withoutBlocks, writeBlocks, type Room } from './blocks.ts';
import { begin, release, type LongCall } from './hold.ts';
import { makeVms, stepsOf } from './making.ts';
import { readNamespace } from './namespaces.ts';
import type { PlaceCall } from './place.ts';
import { planGroups } from './plan.ts';
import type { GroupPlan, McisRecord, NetworkPlan, VmRecord } from './records.ts';
import { mcisKey, type Tumblebug } from './tumblebug.ts';
import { changeVms, deleteVms, putVms, vmRecord } from './vm-records.ts';

export interface CreateInput {
  namespace: string;
  name: string;
  holder: string;
  description: string;
  labels: Record<string, string>;
  onFailure: McisRecord['onFailure'];
  groups: McisRecord['groups'];
  plans: GroupPlan[];
  /** Without their blocks: those are taken by the first step, which is the one to know what is free. */
  networks: NetworkPlan[];
  room: Room;
  created: string;
}

const exists = (mcis: { namespace: string; name: string }) =>
  new BaristaError(
    'already_exists',
    `The MCIS ${JSON.stringify(mcis.name)} already exists in ${mcis.namespace}.`,
    { where: 'name', next: 'Choose another name, or delete it first.' },
  );

/** Takes the blocks and the MCIS's name in one transaction; does nothing where that is done already. Returns the networks with their blocks. */
async function claim(bug: Tumblebug, input: CreateInput, operation: string): Promise<NetworkPlan[]> {
  const { namespace, name, holder, description, labels, onFailure, groups, plans, room, created } = input;
  const key = mcisKey(input);
  for (;;) {
    const there = await bug.mcises.get(key);
    if (there?.value.holder === holder) return there.value.networks;
    if (there) throw exists(input);
    const parent = await readNamespace(bug, namespace);
    const blocks = await readBlocks(bug.store, namespace);
    const { networks, taken } = giveBlocks(name, input.networks, room, blocks.taken);
    const record: McisRecord = {
      namespace,
      name,
      holder,
      description,
      labels,
      onFailure,
      groups,
      plans,
      networks,
      range: room.range,
      phase: 'Preparing',
      operation,
      created,
      updated: created,
    };
    const result = await bug.store.txn({
      if: [
        { key: bug.mcises.keyOf(key), revision: 0 },
        { key: bug.namespaces.keyOf(namespace), revision: parent.revision },
        { key: blocksKey(namespace), revision: blocks.revision },
      ],
      then: [bug.mcises.write(key, record), writeBlocks(namespace, taken)],
    });
    if (result.ok) return networks;
  }
}

/** Removes the MCIS's records and gives back its blocks. Repeatable, as long as the MCIS's own is there: it goes last. */
export async function dropRecords(
  bug: Tumblebug,
  mcis: { namespace: string; name: string },
  vms: readonly string[],
): Promise<void> {
  await deleteVms(bug, mcis, vms);
  for (;;) {
    const blocks = await readBlocks(bug.store, mcis.namespace);
    const result = await bug.store.txn({
      if: [{ key: blocksKey(mcis.namespace), revision: blocks.revision }],
      then: [
        { delete: bug.mcises.keyOf(mcisKey(mcis)) },
        writeBlocks(mcis.namespace, withoutBlocks(blocks.taken, mcis.name)),
      ],
    });
    if (result.ok) return;
  }
}

export const createSaga = (bug: Tumblebug): Saga<CreateInput> => ({
  kind: 'mcis.create',
  target: mcisKey,
  async run(run, input) {
    const { plans, groups } = input;
    const vms: VmRecord[] = plans.flatMap(plan =>
      Array.from({ length: plan.size }, (_, i) => vmRecord(input, plan, i + 1)),
    );
    run.expect(2 + stepsOf({ bug, run, plans, groups, networks: input.networks }, vms));
    const networks = await run.step<NetworkPlan[]>('records', {
      do: async () => {
        const claimed = await claim(bug, input, run.id);
        await putVms(bug, vms);
        return claimed;
      },
      undo: async () => {
        const there = await bug.mcises.get(mcisKey(input));
        if (there?.value.holder !== input.holder) return;
        await dropRecords(
          bug,
          input,
          vms.map(vm => vm.name),
        );
      },
    });
    const problems = await makeVms({ bug, run, plans, networks, groups }, vms, input.onFailure);
    await run.step<null>('ready', {
      do: async () => {
        await changeVms(bug, input, [...problems.keys()], vm => ({
          ...vm,
          problem: problems.get(vm.name)?.message ?? '',
        }));
        await bug.mcises.update(mcisKey(input), record => ({
          ...record,
          phase: 'Ready',
          updated: new Date(bug.now()).toISOString(),
        }));
        return null;
      },
    });
    return { namespace: input.namespace, name: input.name };
  },
  settle: input => release(bug, input),
});

/** All choices made, nothing written: the input of the saga. */
export async function planCreate(
  bug: Tumblebug,
  namespace: string,
  input: McisInput,
  call: PlaceCall,
): Promise<CreateInput> {
  const { name, groups, description = '', labels = {}, onFailure = 'rollback', cidr } = input;
  const planned = await planGroups(bug, { mcis: name, groups, range: cidr }, call);
  // That there is room is said at once; which blocks, the saga decides.
  giveBlocks(name, planned.networks, planned.room, (await readBlocks(bug.store, namespace)).taken);
  return {
    namespace,
    name,
    holder: newToken(),
    description,
    labels,
    onFailure,
    groups,
    plans: planned.groups,
    networks: planned.networks,
    room: planned.room,
    created: new Date(bug.now()).toISOString(),
  };
}

export const createMcis = (
  bug: Tumblebug,
  sagas: Sagas,
  namespace: string,
  input: McisInput,
  call: LongCall & PlaceCall,
): Promise<Operation> => {
  const mcis = { namespace, name: input.name };
  return begin(sagas, createSaga(bug), { namespace, target: mcisKey(mcis) }, call, async () => {
    await readNamespace(bug, namespace);
    if (await bug.mcises.get(mcisKey(mcis))) throw exists(mcis);
    return planCreate(bug, namespace, input, call);
  });
};
