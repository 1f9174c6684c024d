/** suspend, resume, reboot, terminate of a whole MCIS, as one saga: orders in parallel, waits in bulk. */
import { BaristaError, hasCode, toBaristaError, type ErrorBody } from '@cloud-barista/model/errors';
import { newToken } from '@cloud-barista/model/ids';
import type { Operation } from '@cloud-barista/model/operation';
import { mayAct, vmActionTable, type VmAction } from '@cloud-barista/model/state';
import { awaitVm } from '@cloud-barista/spider/vm-waiting';
import { rebootVm, resumeVm, suspendVm, terminateVm } from '@cloud-barista/spider/vms';
import type { Saga, Sagas } from '@cloud-barista/store/saga';
import { hold, release, requireFree } from './hold.ts';
import { bootDeadlineMs, eachOf, settled } from './making.ts';
import { vmKey, writeVms } from './vm-records.ts';
import type { VmRecord } from './records.ts';
import { mcisKey, type Tumblebug } from './tumblebug.ts';
import { getMcis, readMcis, readVms } from './view.ts';

interface ActInput {
  namespace: string;
  name: string;
  holder: string;
  action: VmAction;
  vms: VmRecord[];
}

const deeds = { suspend: suspendVm, resume: resumeVm, reboot: rebootVm, terminate: terminateVm } as const;
const ordersAtOnce = 64;

const markEnded = (bug: Tumblebug, vms: readonly VmRecord[]) =>
  writeVms(bug, vms, vm => bug.vms.write(vmKey(vm), { ...vm, ended: true }));

export const actSaga = (bug: Tumblebug): Saga<ActInput> => ({
  kind: 'mcis.act',
  target: mcisKey,
  async run(run, input) {
    const { action, vms } = input;
    const connections = [...new Set(vms.map(vm => vm.connection))];
    run.expect(1 + vms.length + connections.length);
    await run.step<null>('hold', {
      do: async () => {
        await hold(bug, input, { operation: run.id, holder: input.holder });
        return null;
      },
    });
    const problems: Record<string, ErrorBody> = {};
    await settled(
      connections.map(async connection => {
        const here = vms.filter(vm => vm.connection === connection);
        const ordered: VmRecord[] = [];
        await eachOf(here, ordersAtOnce, async vm => {
          const error = await run.step<ErrorBody | null>(`${action}/${vm.name}`, {
            do: async ({ signal }) => {
              try {
                await deeds[action](bug.spider, connection, vm.vmName, { signal });
                return null;
              } catch (error) {
                if (signal.aborted) throw error;
                if (action === 'terminate' && hasCode(error, 'not_found')) return null;
                return toBaristaError(error).toJSON();
              }
            },
          });
          if (error) problems[vm.name] = error;
          else ordered.push(vm);
        });
        const names = ordered.map(vm => vm.vmName).sort();
        if (names.length === 0) return;
        const missed = await run.step<Record<string, ErrorBody>>(
          `${vmActionTable[action].to}/${connection}`,
          {
            do: async ({ signal }) => {
              const deadline = AbortSignal.any([signal, AbortSignal.timeout(bootDeadlineMs)]);
              const found: Record<string, ErrorBody> = {};
              for (const [name, outcome] of await awaitVm(
                bug.spider,
                connection,
                names,
                vmActionTable[action].to,
                { signal: deadline },
              ))
                if (
                  outcome instanceof BaristaError &&
                  !(action === 'terminate' && hasCode(outcome, 'not_found'))
                )
                  found[name] = outcome.toJSON();
              if (action === 'terminate')
                await markEnded(
                  bug,
                  ordered.filter(vm => found[vm.vmName] === undefined),
                );
              return found;
            },
          },
        );
        for (const vm of ordered) {
          const problem = missed[vm.vmName];
          if (problem) problems[vm.name] = problem;
        }
      }),
    );
    const failed = Object.keys(problems).sort();
    const first = problems[failed[0] ?? ''];
    if (first)
      throw new BaristaError(
        first.code,
        `${failed.length} of ${vms.length} VMs did not ${action}: ${failed.slice(0, 5).join(', ')}: ${first.message}`,
        {
          cause: first.cause,
          next: first.next,
        },
      );
    return { namespace: input.namespace, name: input.name };
  },
  settle: input => release(bug, input, input.holder),
});

export async function actOn(
  bug: Tumblebug,
  sagas: Sagas,
  mcis: { namespace: string; name: string },
  action: VmAction,
  call: { idempotencyKey?: string | undefined },
): Promise<Operation> {
  const record = await readMcis(bug, mcis.namespace, mcis.name);
  requireFree(record);
  const view = await getMcis(bug, mcis.namespace, mcis.name);
  const able = new Set(
    view.vms.filter(vm => vm.problem === '' && mayAct(vm.state, action)).map(vm => vm.name),
  );
  const vms = (await readVms(bug, record)).filter(vm => able.has(vm.name));
  if (vms.length === 0)
    throw new BaristaError('failed_precondition', `No VM of ${mcis.name} can ${action}: ${view.status}.`, {
      next: `${action} needs VMs that are ${vmActionTable[action].from.join(' or ')}.`,
    });
  return sagas.start(
    actSaga(bug),
    { ...mcis, holder: newToken(), action, vms },
    {
      idempotencyKey:
        call.idempotencyKey === undefined
          ? undefined
          : `mcis.${action}/${mcisKey(mcis)}/${call.idempotencyKey}`,
    },
  );
}
