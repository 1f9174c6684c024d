/** mcis.delete and mcis-vm.remove, as sagas. They only go forward: what fails is gone on with by deleting again. */
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { newToken } from '@cloud-barista/model/ids';
import type { Operation } from '@cloud-barista/model/operation';
import type { SpiderCall } from '@cloud-barista/spider/spider';
import { deleteKeyPair } from '@cloud-barista/spider/key-pairs';
import { deleteSecurityGroup } from '@cloud-barista/spider/security-groups';
import { deleteVpc } from '@cloud-barista/spider/vpcs';
import type { Run, Saga, Sagas } from '@cloud-barista/store/saga';
import { dropRecords } from './create.ts';
import { hold, release, requireFree } from './hold.ts';
import { endVms, settled } from './making.ts';
import type { GroupPlan, NetworkPlan, VmRecord } from './records.ts';
import { mcisKey, type Tumblebug } from './tumblebug.ts';
import { getMcisVm, readMcis, readVms } from './view.ts';

export interface DeleteInput {
  namespace: string;
  name: string;
  holder: string;
  vms: VmRecord[];
  plans: GroupPlan[];
  networks: NetworkPlan[];
}

const gone = (error: unknown) => {
  if (!hasCode(error, 'not_found')) throw error;
};

/** What the MCIS made goes, in the order in which clouds allow it; what it found stays. */
async function removeGround(bug: Tumblebug, run: Run, { plans, networks }: DeleteInput): Promise<void> {
  const { spider } = bug;
  const deed = (name: string, work: (call: SpiderCall) => Promise<void>) =>
    run.step<null>(name, {
      do: async ({ signal, again }) => {
        await work({ signal, resume: again }).catch(gone);
        return null;
      },
    });
  await settled(
    plans
      .filter(plan => plan.securityGroupMade)
      .map(plan =>
        deed(`security-group/${plan.name}`, call =>
          deleteSecurityGroup(spider, plan.connection, plan.securityGroups[0] ?? '', call),
        ),
      ),
  );
  await settled(
    networks.flatMap(({ connection, vpc, keyPair }) => [
      deed(`network/${connection}`, call => deleteVpc(spider, connection, vpc, call)),
      deed(`key/${connection}`, call => deleteKeyPair(spider, connection, keyPair, call)),
    ]),
  );
}

export const deleteSaga = (bug: Tumblebug): Saga<DeleteInput> => ({
  kind: 'mcis.delete',
  target: mcisKey,
  async run(run, input) {
    const { vms, plans, networks } = input;
    run.expect(
      2 + vms.length + new Set(vms.map(vm => vm.connection)).size + plans.length + networks.length * 2,
    );
    await run.step<null>('hold', {
      do: async () => {
        await hold(bug, input, { operation: run.id, holder: input.holder }, record => ({
          ...record,
          phase: 'Deleting',
        }));
        return null;
      },
    });
    await endVms(bug, run, vms);
    await removeGround(bug, run, input);
    await run.step<null>('records', {
      do: async () => {
        await dropRecords(bug, input, vms);
        return null;
      },
    });
    return {};
  },
  settle: input => release(bug, input, input.holder),
});

/** What the saga is to take away, as it stands now. */
export async function planDelete(
  bug: Tumblebug,
  mcis: { namespace: string; name: string },
): Promise<DeleteInput> {
  const record = await readMcis(bug, mcis.namespace, mcis.name);
  requireFree(record);
  const { plans, networks } = record;
  return { ...mcis, holder: newToken(), vms: await readVms(bug, record), plans, networks };
}

export const deleteMcis = async (
  bug: Tumblebug,
  sagas: Sagas,
  mcis: { namespace: string; name: string },
): Promise<Operation> => sagas.start(deleteSaga(bug), await planDelete(bug, mcis));

interface RemoveInput {
  namespace: string;
  name: string;
  holder: string;
  vm: VmRecord;
}

export const removeSaga = (bug: Tumblebug): Saga<RemoveInput> => ({
  kind: 'mcis-vm.remove',
  target: ({ namespace, name, vm }) => `${namespace}/${name}/${vm.name}`,
  async run(run, input) {
    const { vm } = input;
    run.expect(4);
    await run.step<null>('hold', {
      do: async () => {
        await hold(bug, input, { operation: run.id, holder: input.holder });
        return null;
      },
    });
    await endVms(bug, run, [vm]);
    await run.step<null>('records', {
      do: async () => {
        await bug.vms.delete(`${mcisKey(input)}/${vm.name}`);
        const left = (await readVms(bug, input)).filter(other => other.group === vm.group).length;
        // A group whose last VM is gone keeps its plan (its security group stands) and may grow again.
        await bug.mcises.update(mcisKey(input), record => ({
          ...record,
          groups: record.groups.map(group => (group.name === vm.group ? { ...group, size: left } : group)),
          plans: record.plans.map(plan => (plan.name === vm.group ? { ...plan, size: left } : plan)),
        }));
        return null;
      },
    });
    return { namespace: input.namespace, name: input.name };
  },
  settle: input => release(bug, input, input.holder),
});

export async function removeVm(
  bug: Tumblebug,
  sagas: Sagas,
  mcis: { namespace: string; name: string },
  name: string,
): Promise<Operation> {
  await getMcisVm(bug, mcis.namespace, mcis.name, name);
  const record = await readMcis(bug, mcis.namespace, mcis.name);
  requireFree(record);
  const vm = (await bug.vms.get(`${mcisKey(mcis)}/${name}`))?.value;
  if (!vm) throw new BaristaError('not_found', `The VM ${name} is gone.`, { next: 'Nothing is left to do.' });
  return sagas.start(removeSaga(bug), { ...mcis, holder: newToken(), vm });
}
