/** The operations on virtual machines. Source: Compute REST API, Virtual Machines. */
import { ok, type Call, type Reply } from '../call.ts';
import { conflict } from '../errors.ts';
import { rest, syncMachine } from '../network/interfaces.ts';
import type { VirtualMachine } from '../records.ts';
import { route, type Route } from '../router.ts';
import { find, trackedRoutes } from '../tracked.ts';
import { sizeView } from './size-routes.ts';
import { sizes } from './sizes.ts';
import { attachDetach } from './vm-attach.ts';
import { patchVm } from './vm-change.ts';
import { removeVm } from './vm-end.ts';
import { requireFree, requireNotGeneralized, settleVm } from './vm-orders.ts';
import { putVm } from './vms.ts';
import { powerOf } from './vm-state.ts';
import { instanceView, vmView } from './vm-view.ts';

const notAllowed = (order: string, vm: VirtualMachine, why: string) =>
  conflict('OperationNotAllowed', `Operation '${order}' is not allowed on VM '${vm.name}' since ${why}.`);

type Order = 'start' | 'powerOff' | 'deallocate' | 'restart';

/** What is so already succeeds and changes nothing. */
const settled: Partial<Record<Order, string>> = {
  start: 'running',
  powerOff: 'stopped',
  deallocate: 'deallocated',
};

const act =
  (order: Order) =>
  (call: Call): Reply => {
    const vm = find(call, 'virtualMachines');
    requireFree(vm, order);
    if (order !== 'deallocate' && order !== 'powerOff') requireNotGeneralized(vm, order);
    const { machine } = vm;
    const { world, account } = call;
    if (!machine)
      throw notAllowed(order, vm, 'its provisioning has failed: delete the VM and create it again');
    const power = powerOf(vm);
    const off = power === 'deallocated' || power === 'deallocating';
    if (off && (order === 'restart' || order === 'powerOff'))
      throw notAllowed(order, vm, 'the VM is either deallocated or marked to be deallocated');
    if (settled[order] === power && machine.state !== 'crashed') return settleVm(call, vm, 0, 202);
    const { delays } = account.cloud;
    const before = machine.state;
    vm.phase = order;
    switch (order) {
      case 'start':
        syncMachine(world, vm);
        world.machines.start(machine);
        return settleVm(call, vm, delays.start, 202);
      case 'restart':
        if (before === 'running') world.machines.reboot(machine);
        else world.machines.start(machine);
        return settleVm(call, vm, before === 'running' ? delays.reboot : delays.start, 202);
      case 'powerOff':
        world.machines.stop(machine);
        return settleVm(call, vm, delays.stop, 202);
      case 'deallocate':
        world.machines.stop(machine);
        return settleVm(call, vm, delays.stop, 202, undefined, () => {
          // Dynamic addresses are let go with the host.
          for (const { nic } of vm.nics)
            for (const { publicIp } of nic.configurations) if (publicIp) rest(world, publicIp);
          syncMachine(world, vm);
        });
    }
  };

/** Marks it as prepared to be an image: it never starts again. */
function generalize(call: Call): Reply {
  const vm = find(call, 'virtualMachines');
  requireFree(vm, 'generalize');
  const power = powerOf(vm);
  if (power !== 'stopped' && power !== 'deallocated')
    throw notAllowed('generalize', vm, power === undefined ? 'it was not provisioned' : `the VM is ${power}`);
  vm.generalized = true;
  vm.changedAt = call.world.now();
  return { status: 200 };
}

const one = '/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Compute/virtualMachines/{}' as const;

function view(vm: VirtualMachine, call: Call) {
  const { query } = call;
  const expanded = query.get('$expand')?.toLowerCase().split(',') ?? [];
  const shown = vmView(
    vm,
    expanded.includes('instanceview') || query.get('statusonly')?.toLowerCase() === 'true',
  );
  if (!expanded.includes('userdata') || vm.userData === undefined) return shown;
  return { ...shown, properties: { ...shown.properties, userData: vm.userData } };
}

export const vmRoutes: readonly Route[] = [
  ...trackedRoutes({
    type: 'virtualMachines',
    noun: 'VirtualMachines',
    verbs: ['List', 'ListAll', 'Update'],
    put: putVm,
    createsVm: true,
    view,
    patch: patchVm,
    remove: removeVm,
  }),
  route('VirtualMachines_InstanceView', `GET ${one}/instanceView`, call =>
    ok(instanceView(find(call, 'virtualMachines'))),
  ),
  route('VirtualMachines_Start', `POST ${one}/start`, act('start')),
  route('VirtualMachines_PowerOff', `POST ${one}/powerOff`, act('powerOff')),
  route('VirtualMachines_Deallocate', `POST ${one}/deallocate`, act('deallocate')),
  route('VirtualMachines_Restart', `POST ${one}/restart`, act('restart')),
  route('VirtualMachines_Generalize', `POST ${one}/generalize`, generalize),
  route('VirtualMachines_AttachDetachDataDisks', `POST ${one}/attachDetachDataDisks`, attachDetach),
  route('VirtualMachines_ListAvailableSizes', `GET ${one}/vmSizes`, call => {
    const { image } = find(call, 'virtualMachines');
    return ok({ value: sizes.filter(size => size.architecture === image.architecture).map(sizeView) });
  }),
];
