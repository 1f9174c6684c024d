/** Lets states that pass arrive: there is no timer, each look at a VM first sees whether its time has come. */
import { publicAddresses, type State, type Vm } from './state.ts';

/** So many terminated VMs stay visible, as they do in clouds for a while; then the oldest is forgotten. */
const mostGraves = 100;

/** Releases what came with the VM. */
function bury(state: State, vm: Vm): void {
  vm.subnet.addresses.give(vm.privateIp);
  if (vm.ownIp) vm.ownIp.vm = undefined;
  else if (vm.publicIp !== '') publicAddresses.give(vm.publicIp);
  vm.ownIp = undefined;
  for (const disk of vm.disks ?? []) disk.vm = undefined;
  vm.disks = undefined;
  state.tags.delete(vm.id);
  vm.publicIp = '';
  vm.privateIp = '';
  vm.subnet.vms--;
  for (const group of vm.groups) group.vms--;
  state.marked.vm.delete(vm.token);
  state.graves.push(vm.id);
  const oldest = state.graves.length > mostGraves ? state.graves.shift() : undefined;
  if (oldest !== undefined) state.vms.delete(oldest);
}

export function settle(state: State, vm: Vm, now: number): Vm {
  if (vm.state !== vm.to && now >= vm.at) {
    vm.state = vm.to;
    state.moving.delete(vm);
    if (vm.state === 'Terminated') bury(state, vm);
  }
  return vm;
}

/** Before what depends on many VMs: lists, and deletes of what VMs may use. */
export function settleAll(state: State, now: number): void {
  for (const vm of state.moving) settle(state, vm, now);
}
