/** mcis.delete and mcis-vm.remove, as sagas. They only go forward: what fails is gone on with by deleting again. */
import { BaristaError } from '@cloud-barista/model/errors';
import { newToken } from '@cloud-barista/model/ids';
import { suggest } from '@cloud-barista/model/nearest';
import type { Operation } from '@cloud-barista/model/operation';
import type { Saga, Sagas } from '@cloud-barista/store/saga';
import { dropRecords } from './create.ts';
import { atEach, endVms } from './ending.ts';
import { removeGround, type MadeGroup } from './ground.ts';
import { begin, hold, readFree, release, type Holding, type LongCall } from './hold.ts';
import type { NetworkPlan, VmRecord } from './records.ts';
import { mcisKey, type Tumblebug } from './tumblebug.ts';
import { readVms } from './view.ts';
import { listOf, namesOf, type VmList } from './vm-records.ts';

export interface DeleteInput extends Holding {
  vms: VmList;
  plans: MadeGroup[];
  networks: NetworkPlan[];
}

export const deleteSaga = (bug: Tumblebug): Saga<DeleteInput> => ({
  kind: 'mcis.delete',
  target: mcisKey,
  onward: true,
  async run(run, input) {
    const { vms, plans, networks } = input;
    const connections = [
      ...new Set([
        ...Object.keys(vms),
        ...plans.map(plan => plan.connection),
        ...networks.map(n => n.connection),
      ]),
    ];
    run.expect(
      2 +
        Object.values(vms).reduce((sum, here) => sum + here.length + 1, 0) +
        plans.filter(plan => plan.securityGroupMade).length +
        networks.reduce((sum, { vpc, keyPair }) => sum + Number(vpc !== '') + Number(keyPair !== ''), 0),
    );
    await run.step<null>('hold', {
      do: async () => {
        await hold(bug, input, run.id, record => ({ record: { ...record, phase: 'Deleting' } }));
        return null;
      },
    });
    // A cloud that can't be reached keeps none of the others from being cleared.
    await atEach(connections, 'Delete it again to go on.', async connection => {
      await endVms(bug, run, connection, vms[connection] ?? []);
      await removeGround(bug, run, connection, { plans, networks });
    });
    await run.step<null>('records', {
      do: async () => {
        await dropRecords(bug, input, namesOf(vms));
        return null;
      },
    });
    return {};
  },
  settle: input => release(bug, input),
});

/** What the saga is to take away, as it stands now. */
export async function planDelete(
  bug: Tumblebug,
  mcis: { namespace: string; name: string },
  sagas?: Pick<Sagas, 'get'>,
): Promise<DeleteInput> {
  const { value: record, revision } = await readFree(bug, sagas, mcis, true);
  return {
    ...mcis,
    holder: newToken(),
    revision,
    vms: listOf(await readVms(bug, record)),
    plans: record.plans.map(({ name, connection, securityGroups, securityGroupMade }) => ({
      name,
      connection,
      securityGroups,
      securityGroupMade,
    })),
    networks: record.networks,
  };
}

export const deleteMcis = (
  bug: Tumblebug,
  sagas: Sagas,
  mcis: { namespace: string; name: string },
  call: LongCall = {},
): Promise<Operation> =>
  begin(sagas, deleteSaga(bug), { namespace: mcis.namespace, target: mcisKey(mcis) }, call, () =>
    planDelete(bug, mcis, sagas),
  );

interface RemoveInput extends Holding {
  vm: VmRecord;
}

export const removeSaga = (bug: Tumblebug): Saga<RemoveInput> => ({
  kind: 'mcis-vm.remove',
  target: ({ namespace, name, vm }) => `${namespace}/${name}/${vm.name}`,
  onward: true,
  async run(run, input) {
    const { vm } = input;
    run.expect(4);
    await run.step<null>('hold', {
      do: async () => {
        await hold(bug, input, run.id);
        return null;
      },
    });
    await atEach([vm.connection], 'Remove it again to go on.', connection =>
      endVms(bug, run, connection, [[vm.name, vm.vmName]]),
    );
    await run.step<null>('records', {
      do: async () => {
        await bug.vms.delete(`${mcisKey(input)}/${vm.name}`);
        const size = (await readVms(bug, input)).filter(other => other.group === vm.group).length;
        // A group whose last VM is gone keeps its plan (its security group stands) and may grow again.
        const sized = <T extends { name: string }>(group: T): T =>
          group.name === vm.group ? { ...group, size } : group;
        await bug.mcises.update(mcisKey(input), record => ({
          ...record,
          groups: record.groups.map(sized),
          plans: record.plans.map(sized),
        }));
        return null;
      },
    });
    return { namespace: input.namespace, name: input.name };
  },
  settle: input => release(bug, input),
});

export const removeVm = (
  bug: Tumblebug,
  sagas: Sagas,
  mcis: { namespace: string; name: string },
  name: string,
  call: LongCall = {},
): Promise<Operation> => {
  const target = `${mcisKey(mcis)}/${name}`;
  return begin(sagas, removeSaga(bug), { namespace: mcis.namespace, target }, call, async () => {
    const { value: record, revision } = await readFree(bug, sagas, mcis);
    const vm = (await bug.vms.get(target))?.value;
    if (vm) return { ...mcis, holder: newToken(), revision, vm };
    const names = (await readVms(bug, record)).map(each => each.name);
    throw new BaristaError('not_found', `The MCIS ${mcis.name} has no VM ${JSON.stringify(name)}.`, {
      where: 'vm',
      next: suggest(name, names, `List them: barista get vms --mcis ${mcis.name} -n ${mcis.namespace}`),
    });
  });
};
