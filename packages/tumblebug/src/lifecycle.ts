/** suspend, resume, reboot, terminate of a whole MCIS: a saga each; orders in parallel, waits in bulk. */
import { BaristaError, hasCode, toBaristaError, type ErrorBody } from '@cloud-barista/model/errors';
import { newToken } from '@cloud-barista/model/ids';
import type { Operation } from '@cloud-barista/model/operation';
import { mayAct, vmActionTable, type VmAction } from '@cloud-barista/model/state';
import { rebootVm, resumeVm, suspendVm, terminateVm } from '@cloud-barista/spider/vms';
import type { Saga, Sagas } from '@cloud-barista/store/saga';
import { begin, hold, readFree, release, type Holding, type LongCall } from './hold.ts';
import { ordersAtOnce } from './making.ts';
import { eachOf, settled } from './parallel.ts';
import { unreached } from './reaching.ts';
import { mcisKey, type Tumblebug } from './tumblebug.ts';
import { viewMcis } from './view.ts';
import { byNumber, changeVms, sshKey, type VmList } from './vm-records.ts';

export interface ActInput extends Holding {
  vms: VmList;
  /** For people: the VMs in whose state the action means nothing. */
  leftAlone: string;
}

const deeds = { suspend: suspendVm, resume: resumeVm, reboot: rebootVm, terminate: terminateVm } as const;
const participles = {
  suspend: 'suspended',
  resume: 'resumed',
  reboot: 'rebooted',
  terminate: 'terminated',
} as const satisfies Record<VmAction, string>;

export const actSaga = (bug: Tumblebug, action: VmAction): Saga<ActInput> => ({
  kind: `mcis.${action}`,
  target: mcisKey,
  onward: true,
  async run(run, input) {
    const { vms, leftAlone } = input;
    const connections = Object.keys(vms);
    const count = Object.values(vms).reduce((sum, here) => sum + here.length, 0);
    run.expect(1 + count + connections.length);
    await run.step<null>('hold', {
      do: async () => {
        await hold(bug, input, run.id);
        return null;
      },
    });
    if (leftAlone !== '') run.note(`left as they are: ${leftAlone}`);
    const problems = new Map<string, ErrorBody>();
    await settled(
      connections.map(async connection => {
        const here = vms[connection] ?? [];
        const refused = await orderAll(connection, here);
        for (const [name, error] of refused) problems.set(name, error);
        const taken = here.filter(([name]) => !refused.has(name));
        if (taken.length === 0) return;
        const missed = await arriveAll(connection, taken);
        for (const [name, vmName] of taken) {
          const error = missed[vmName];
          if (error) problems.set(name, error);
        }
      }),
    );
    const [first, ...others] = [...problems.keys()].sort(byNumber);
    const error = first === undefined ? undefined : problems.get(first);
    if (first !== undefined && error)
      throw new BaristaError(
        error.code,
        `${problems.size} of ${count} VMs could not be ${participles[action]} (${[first, ...others].slice(0, 5).join(', ')}${others.length > 4 ? ' …' : ''}): ${error.message}`,
        { where: first, cause: error.cause, next: error.next },
      );
    return { namespace: input.namespace, name: input.name };

    async function orderAll(connection: string, here: VmList[string]): Promise<Map<string, ErrorBody>> {
      const refused = new Map<string, ErrorBody>();
      await eachOf(here, ordersAtOnce, async ([name, vmName]) => {
        const refusal = await run.step<ErrorBody | null>(`${action}/${name}`, {
          do: async ({ signal, again }) => {
            try {
              // What goes down, or comes up anew, answers no old connection.
              bug.ssh.drop(sshKey({ connection, vmName }));
              await deeds[action](bug.spider, connection, vmName, { signal, resume: again });
              return null;
            } catch (thrown) {
              if (signal.aborted) throw thrown;
              if (action === 'terminate' && hasCode(thrown, 'not_found')) return null;
              return toBaristaError(thrown).toJSON();
            }
          },
        });
        if (refusal) refused.set(name, refusal);
      });
      return refused;
    }
    function arriveAll(connection: string, taken: VmList[string]): Promise<Record<string, ErrorBody>> {
      const { to } = vmActionTable[action];
      return run.step<Record<string, ErrorBody>>(`${to}/${connection}`, {
        do: async ({ signal }) => {
          const names = taken.map(([, vmName]) => vmName);
          const missed = await unreached(bug, connection, names, to, signal);
          if (action === 'terminate') {
            const ended = taken.flatMap(([name, vmName]) => (missed[vmName] ? [] : [name]));
            await changeVms(bug, input, ended, vm => ({ ...vm, ended: true }));
          }
          return missed;
        },
      });
    }
  },
  settle: input => release(bug, input),
});

async function planAct(
  bug: Tumblebug,
  sagas: Sagas,
  mcis: { namespace: string; name: string },
  action: VmAction,
): Promise<ActInput> {
  const { value: record, revision } = await readFree(bug, sagas, mcis);
  const view = await viewMcis(bug, record);
  const vms: VmList = {};
  const left: string[] = [];
  for (const vm of view.vms)
    if (vm.problem === '' && mayAct(vm.state, action)) (vms[vm.connection] ??= []).push([vm.name, vm.vmName]);
    else left.push(`${vm.name} (${vm.state})`);
  if (Object.keys(vms).length === 0)
    throw new BaristaError(
      'failed_precondition',
      `No VM of ${mcis.name} can be ${participles[action]}: ${view.status}.`,
      {
        where: 'mcis',
        next: `To ${action} needs VMs that are ${vmActionTable[action].from.join(' or ')}.`,
      },
    );
  const more = left.length > 10 ? ` and ${left.length - 10} more` : '';
  return { ...mcis, holder: newToken(), revision, vms, leftAlone: left.slice(0, 10).join(', ') + more };
}

export const actOn = (
  bug: Tumblebug,
  sagas: Sagas,
  mcis: { namespace: string; name: string },
  action: VmAction,
  call: LongCall = {},
): Promise<Operation> =>
  begin(sagas, actSaga(bug, action), { namespace: mcis.namespace, target: mcisKey(mcis) }, call, () =>
    planAct(bug, sagas, mcis, action),
  );
