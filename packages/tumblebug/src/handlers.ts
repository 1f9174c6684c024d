/** Tumblebug's part of the operations. */
import type { Handlers } from '@cloud-barista/api/handlers';
import type { OperationName } from '@cloud-barista/api/operations';
import { vmActions } from '@cloud-barista/model/state';
import type { Saga, Sagas } from '@cloud-barista/store/saga';
import { giveAccess } from './access.ts';
import { runCommand, streamCommand } from './command.ts';
import { addSaga, addVms } from './add.ts';
import { createMcis, createSaga } from './create.ts';
import { deleteMcis, deleteSaga, removeSaga, removeVm } from './delete.ts';
import { actOn, actSaga } from './lifecycle.ts';
import { createNamespace, deleteNamespace, getNamespace } from './namespaces.ts';
import { reviewMcis } from './plan.ts';
import type { Tumblebug } from './tumblebug.ts';
import { getMcis, getMcisVm, listMcises, listMcisVms } from './view.ts';

// oxlint-disable-next-line typescript/no-explicit-any -- sagas of different inputs in one list; each is only ever given its own
export const tumblebugSagas = (bug: Tumblebug): Saga<any>[] => [
  createSaga(bug),
  addSaga(bug),
  deleteSaga(bug),
  removeSaga(bug),
  ...vmActions.map(action => actSaga(bug, action)),
];

type Served = Extract<
  OperationName,
  `namespace.${string}` | `mcis.${string}` | `mcis-vm.${string}` | `command.${string}`
>;

export function tumblebugHandlers(bug: Tumblebug, sagas: Sagas): Pick<Handlers, Served> {
  const of = (input: { namespace: string; mcis: string }) => ({
    namespace: input.namespace,
    name: input.mcis,
  });
  return {
    'namespace.create': ({ body }) => createNamespace(bug, body),
    'namespace.list': ({ cursor, limit = 100 }) => bug.namespaces.page({ cursor, limit }),
    'namespace.get': ({ namespace }) => getNamespace(bug, namespace),
    'namespace.delete': async ({ namespace }) => {
      await deleteNamespace(bug, namespace);
      return {};
    },

    'mcis.create': ({ namespace, body }, call) => createMcis(bug, sagas, namespace, body, call),
    'mcis.review': async ({ namespace, body }, call) => {
      await getNamespace(bug, namespace);
      return reviewMcis(bug, namespace, body, call);
    },
    'mcis.list': async ({ namespace, cursor, limit = 100 }) => {
      await getNamespace(bug, namespace);
      return listMcises(bug, namespace, { cursor, limit });
    },
    'mcis.get': ({ namespace, mcis }) => getMcis(bug, namespace, mcis),
    'mcis.suspend': (input, call) => actOn(bug, sagas, of(input), 'suspend', call),
    'mcis.resume': (input, call) => actOn(bug, sagas, of(input), 'resume', call),
    'mcis.reboot': (input, call) => actOn(bug, sagas, of(input), 'reboot', call),
    'mcis.terminate': (input, call) => actOn(bug, sagas, of(input), 'terminate', call),
    'mcis.delete': (input, call) => deleteMcis(bug, sagas, of(input), call),

    'mcis-vm.add': (input, call) => addVms(bug, sagas, of(input), input.body, call),
    'mcis-vm.list': ({ namespace, mcis, cursor, limit = 100 }) =>
      listMcisVms(bug, namespace, mcis, { cursor, limit }),
    'mcis-vm.get': ({ namespace, mcis, vm }) => getMcisVm(bug, namespace, mcis, vm),
    'mcis-vm.remove': (input, call) => removeVm(bug, sagas, of(input), input.vm, call),
    'mcis-vm.access': ({ namespace, mcis, vm, body }, call) =>
      giveAccess(bug, namespace, mcis, vm, body.publicKey, call),

    'command.run': async ({ namespace, mcis, body }, call) => ({
      results: await runCommand(bug, namespace, mcis, body, call),
    }),
    'command.stream': async ({ namespace, mcis, body }, call) =>
      streamCommand(bug, namespace, mcis, body, call),
  };
}

/** A long operation's journaled result is small (`{ namespace, name }`); this is what a client that waited is given. */
export const presentResult =
  (bug: Tumblebug) =>
  async (result: unknown): Promise<unknown> => {
    const { namespace, name } = (result ?? {}) as { namespace?: string; name?: string };
    return namespace === undefined || name === undefined ? result : getMcis(bug, namespace, name);
  };
