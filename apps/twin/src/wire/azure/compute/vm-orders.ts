/** What all orders on a VM have in common: that another may be under way, and that they take a while. */
import type { Call, Reply } from '../call.ts';
import { conflict } from '../errors.ts';
import { later } from '../later.ts';
import { begin, end, under } from '../operations.ts';
import type { VirtualMachine } from '../records.ts';
import type { vmView } from './vm-view.ts';

export const preempted = {
  code: 'OperationPreempted',
  message: 'Operation execution has been preempted by a more recent operation.',
};

/** Refuses an order on a VM that is going, or that has another order under way. */
export function requireFree(vm: VirtualMachine, order: string): void {
  if (vm.state === 'Deleting' || vm.group.state === 'Deleting')
    throw conflict(
      'OperationNotAllowed',
      `Operation '${order}' is not allowed on VM '${vm.name}' since the VM is marked for deletion. You can only retry the Delete operation (or wait for an ongoing one to complete).`,
    );
  if (vm.operation)
    throw conflict(
      'Conflict',
      'The request failed due to conflict with a concurrent request. To resolve it, please refer to https://aka.ms/activitylog to get more details on the conflicting requests.',
    );
}

export function requireNotGeneralized(vm: VirtualMachine, order: string): void {
  if (vm.generalized)
    throw conflict(
      'OperationNotAllowed',
      `Operation '${order}' is not allowed on VM '${vm.name}' since the VM is generalized.`,
    );
}

/** Enters Updating now and Succeeded after `ms`. */
export function settleVm(
  call: Call,
  vm: VirtualMachine,
  ms: number,
  status: 200 | 202,
  view?: typeof vmView,
  then?: () => void,
): Reply {
  const operation = begin(call, 'Microsoft.Compute', vm.location, ms);
  vm.operation = operation;
  vm.state = 'Updating';
  later(ms, () => {
    end(call, operation, vm.operation === operation ? undefined : preempted);
    if (vm.operation !== operation) return;
    vm.operation = undefined;
    vm.state = vm.fault && !vm.machine ? 'Failed' : 'Succeeded';
    vm.changedAt = call.world.now();
    then?.();
  });
  return { status, headers: under(call, operation, status === 202), ...(view && { body: view(vm, false) }) };
}
