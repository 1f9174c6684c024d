/** mcis-vm.add, as a saga: more VMs of a group that stands, or a new group. Undone as a whole; what stood before is left alone. */
import { BaristaError } from '@cloud-barista/model/errors';
import { newToken } from '@cloud-barista/model/ids';
import type { Group, GroupInput } from '@cloud-barista/model/mcis';
import { suggest } from '@cloud-barista/model/nearest';
import type { Operation } from '@cloud-barista/model/operation';
import type { Saga, Sagas } from '@cloud-barista/store/saga';
import {
  blocksKey,
  defaultRange,
  giveBlocks,
  networkRoom,
  readBlocks,
  withoutBlocks,
  writeBlocks,
  type Room,
} from './blocks.ts';
import { checkVmName } from './check-groups.ts';
import { begin, hold, readFree, release, type Holding, type LongCall } from './hold.ts';
import { makeVms, stepsOf } from './making.ts';
import type { PlaceCall } from './place.ts';
import { planGroups, tooMany } from './plan.ts';
import type { GroupPlan, McisRecord, NetworkPlan, VmRecord } from './records.ts';
import { mcisKey, type Tumblebug } from './tumblebug.ts';
import { readVms } from './view.ts';
import { changeVms, deleteVms, numberOf, putVms, vmRecord } from './vm-records.ts';

export interface AddInput extends Holding {
  onFailure: McisRecord['onFailure'];
  /** The groups that the VMs are of, at the sizes they will have, and their plans. */
  groups: Group[];
  plans: GroupPlan[];
  /** Of the plans' connections; those that are new have no block yet. */
  networks: NetworkPlan[];
  room: Room;
  vms: VmRecord[];
  /** What stood before, to come back to. */
  before: Pick<McisRecord, 'groups' | 'plans' | 'networks'>;
}

/** `fresh` in the place of what stands under the same name, or behind it. */
function merged<T>(standing: readonly T[], fresh: readonly T[], nameOf: (item: T) => string): T[] {
  const byName = new Map([...standing, ...fresh].map(item => [nameOf(item), item]));
  return [...byName.values()];
}
const byName = (item: { name: string }) => item.name;
const byConnection = (item: { connection: string }) => item.connection;

/** Back to what stood before: the plans, and the blocks. The VMs' records are gone already. */
async function takeBack(bug: Tumblebug, input: AddInput): Promise<void> {
  const { namespace, name, holder, before } = input;
  const keep = new Set(before.networks.map(network => network.cidr));
  for (;;) {
    const found = await bug.mcises.get(mcisKey(input));
    if (found?.value.holder !== holder) return;
    const blocks = await readBlocks(bug.store, namespace);
    const result = await bug.store.txn({
      if: [
        { key: bug.mcises.keyOf(mcisKey(input)), revision: found.revision },
        { key: blocksKey(namespace), revision: blocks.revision },
      ],
      then: [
        bug.mcises.write(mcisKey(input), { ...found.value, ...before }),
        writeBlocks(namespace, withoutBlocks(blocks.taken, name, keep)),
      ],
    });
    if (result.ok) return;
  }
}

export const addSaga = (bug: Tumblebug): Saga<AddInput> => ({
  kind: 'mcis-vm.add',
  target: mcisKey,
  async run(run, input) {
    const { vms, plans, groups } = input;
    run.expect(2 + stepsOf({ bug, run, plans, groups, networks: input.networks }, vms));
    const networks = await run.step<NetworkPlan[]>('records', {
      do: async () => {
        const held = await hold(bug, input, run.id, async record => {
          const blocks = await readBlocks(bug.store, input.namespace);
          const given = giveBlocks(input.name, input.networks, input.room, blocks.taken);
          return {
            record: {
              ...record,
              groups: merged(record.groups, groups, byName),
              plans: merged(record.plans, plans, byName),
              networks: merged(record.networks, given.networks, byConnection),
            },
            if: [{ key: blocksKey(input.namespace), revision: blocks.revision }],
            then: [writeBlocks(input.namespace, given.taken)],
          };
        });
        await putVms(bug, vms);
        return held.networks.filter(({ connection }) =>
          input.networks.some(network => network.connection === connection),
        );
      },
      undo: async () => {
        const there = await bug.mcises.get(mcisKey(input));
        if (there?.value.holder !== input.holder) return;
        await deleteVms(
          bug,
          input,
          vms.map(vm => vm.name),
        );
        await takeBack(bug, input);
      },
    });
    const problems = await makeVms({ bug, run, plans, networks, groups }, vms, input.onFailure);
    await run.step<null>('ready', {
      do: async () => {
        await changeVms(bug, input, [...problems.keys()], vm => ({
          ...vm,
          problem: problems.get(vm.name)?.message ?? '',
        }));
        return null;
      },
    });
    return { namespace: input.namespace, name: input.name };
  },
  settle: input => release(bug, input),
});

type AddRequest = { group: string; count: number } | { newGroup: GroupInput };

async function planAdd(
  bug: Tumblebug,
  sagas: Sagas,
  mcis: { namespace: string; name: string },
  request: AddRequest,
  call: PlaceCall,
): Promise<AddInput> {
  const { value: record, revision } = await readFree(bug, sagas, mcis);
  const holder = newToken();
  const origin = { ...mcis, holder, created: new Date(bug.now()).toISOString() };
  const { onFailure, groups, plans, networks } = record;
  const common = { ...mcis, holder, revision, onFailure, before: { groups, plans, networks } };
  const range = record.range || defaultRange;
  if ('newGroup' in request) {
    const { newGroup } = request;
    if (groups.some(group => group.name === newGroup.name))
      throw new BaristaError(
        'already_exists',
        `The MCIS already has a group ${JSON.stringify(newGroup.name)}.`,
        {
          where: 'newGroup.name',
          next: 'Add to it with group and count, or choose another name.',
        },
      );
    const planned = await planGroups(
      bug,
      { mcis: mcis.name, groups: [newGroup], range, standing: { networks, plans } },
      call,
    ).catch((error: unknown) => {
      throw inNewGroup(error);
    });
    const vms = planned.groups.flatMap(plan =>
      Array.from({ length: plan.size }, (_, i) => vmRecord(origin, plan, i + 1)),
    );
    return {
      ...common,
      groups: [newGroup],
      plans: planned.groups,
      networks: planned.networks,
      room: planned.room,
      vms,
    };
  }
  const plan = plans.find(candidate => candidate.name === request.group);
  const group = groups.find(candidate => candidate.name === request.group);
  if (!plan || !group)
    throw new BaristaError('not_found', `The MCIS has no group ${JSON.stringify(request.group)}.`, {
      where: 'group',
      next: suggest(
        request.group,
        plans.map(each => each.name),
        `It has ${plans.map(each => each.name).join(', ')}.`,
      ),
    });
  const standing = (await readVms(bug, record)).filter(vm => vm.group === plan.name);
  // Numbers are not given twice while their VM is there; those of removed VMs may be.
  const last = Math.max(0, ...standing.map(vm => numberOf(vm.name)));
  checkVmName(plan.name, last + request.count, 'group');
  const size = standing.length + request.count;
  const crowd = plans.reduce(
    (sum, { connection, vpcMade, size: seats }) =>
      sum + (vpcMade && connection === plan.connection ? seats : 0),
    request.count,
  );
  if (plan.vpcMade && crowd > networkRoom) throw tooMany(plan.connection, crowd, 'count');
  return {
    ...common,
    groups: [{ ...group, size }],
    plans: [{ ...plan, size }],
    networks: networks.filter(network => network.connection === plan.connection),
    room: { range, avoid: [] },
    vms: Array.from({ length: request.count }, (_, i) => vmRecord(origin, plan, last + i + 1)),
  };
}

/** `groups[0].spec` of the plan is the request's `newGroup.spec`. */
function inNewGroup(error: unknown): unknown {
  if (!(error instanceof BaristaError)) return error;
  const { code, message, next, vendorCode, operator, where = '' } = error;
  return new BaristaError(code, message, {
    next,
    cause: vendorCode,
    operator,
    where: where.replace(/^groups\[0\]/, 'newGroup'),
    source: error,
  });
}

export const addVms = (
  bug: Tumblebug,
  sagas: Sagas,
  mcis: { namespace: string; name: string },
  request: AddRequest,
  call: LongCall & PlaceCall,
): Promise<Operation> =>
  begin(sagas, addSaga(bug), { namespace: mcis.namespace, target: mcisKey(mcis) }, call, () =>
    planAdd(bug, sagas, mcis, request, call),
  );
