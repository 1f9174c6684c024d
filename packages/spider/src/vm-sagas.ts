/** The long deeds on one VM as journaled sagas: ordered, then awaited. */
import type { Saga } from '@cloud-barista/store/saga';
import { BaristaError } from '@cloud-barista/model/errors';
import { vmActionTable, type VmState } from '@cloud-barista/model/state';
import type { Vm, VmInput } from '@cloud-barista/model/vm';
import type { Spider, SpiderCall } from './context.ts';
import { diskSagas } from './disk-sagas.ts';
import { undoCreate } from './undo.ts';
import { findId } from './claims.ts';
import { createVm, rebootVm, resumeVm, suspendVm, terminateVm } from './vms.ts';
import { awaitVm } from './vm-waiting.ts';

export interface VmTarget {
  connection: string;
  vm: string;
}
export interface VmCreation {
  connection: string;
  vm: VmInput;
}

/** Waits for one VM; throws its error. */
export async function awaitOne(
  spider: Spider,
  connection: string,
  name: string,
  target: VmState,
  signal: AbortSignal,
): Promise<Vm> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(spider.vmTimeoutMs)]);
  const result = (await awaitVm(spider, connection, [name], target, { signal: bounded })).get(name);
  if (!result || result instanceof BaristaError)
    throw result ?? new BaristaError('internal', `Nothing was told of the VM ${JSON.stringify(name)}.`);
  return result;
}

const orders = { suspend: suspendVm, resume: resumeVm, reboot: rebootVm } as const;

function actionSaga(spider: Spider, action: keyof typeof orders): Saga<VmTarget> {
  const { to, via } = vmActionTable[action];
  return {
    kind: `vm.${action}`,
    target: ({ connection, vm }) => `${connection}/${vm}`,
    async run(run, { connection, vm }) {
      run.expect(2);
      await run.step('order', {
        do: ({ signal, again }) => orders[action](spider, connection, vm, { signal, resume: again }),
      });
      run.note(via);
      return run.step('done', { do: ({ signal }) => awaitOne(spider, connection, vm, to, signal) });
    },
  };
}

export interface VmSagas {
  create: Saga<VmCreation>;
  suspend: Saga<VmTarget>;
  resume: Saga<VmTarget>;
  reboot: Saga<VmTarget>;
  terminate: Saga<VmTarget>;
}

export function vmSagas(spider: Spider): VmSagas {
  return {
    create: {
      kind: 'vm.create',
      target: ({ connection, vm }) => `${connection}/${vm.name}`,
      async run(run, { connection, vm }) {
        run.expect(2);
        // The operation's id owns what it makes: its undo never touches another's VM of the same name.
        const owned = (call: { signal: AbortSignal; again: boolean }): SpiderCall => ({
          signal: call.signal,
          resume: call.again,
          owner: run.id,
        });
        await run.step('order', {
          do: call => createVm(spider, connection, vm, owned(call)),
          undo: call => undoCreate(spider, connection, 'vm', vm.name, owned(call)),
        });
        return run.step('running', {
          do: ({ signal }) => awaitOne(spider, connection, vm.name, 'Running', signal),
        });
      },
    },
    suspend: actionSaga(spider, 'suspend'),
    resume: actionSaga(spider, 'resume'),
    reboot: actionSaga(spider, 'reboot'),
    terminate: {
      kind: 'vm.terminate',
      target: ({ connection, vm }) => `${connection}/${vm}`,
      async run(run, { connection, vm }) {
        run.expect(2);
        await run.step('order', {
          async do({ signal, again }) {
            await terminateVm(spider, connection, vm, { signal, resume: again });
            return {};
          },
        });
        return run.step('gone', {
          async do({ signal }) {
            if (await findId(spider, connection, 'vm', vm))
              await awaitOne(spider, connection, vm, 'Terminated', signal);
            return {};
          },
        });
      },
    },
  };
}

/** To be registered with the engine. */
export const spiderSagas = (spider: Spider): Saga<unknown>[] =>
  [...Object.values(vmSagas(spider)), ...Object.values(diskSagas(spider))] as Saga<unknown>[];
