/** Ending VMs, and what goes with them. Source: Compute REST API, Virtual Machines – Delete; "Delete a VM and attached resources". */
import type { World } from '../../../world/world.ts';
import { use } from '../account.ts';
import type { Call, Reply } from '../call.ts';
import { later } from '../later.ts';
import { configure, dropInterface } from '../network/interfaces.ts';
import { dropPublicIp } from '../network/public-ips.ts';
import { begin, end, under } from '../operations.ts';
import type { VirtualMachine } from '../records.ts';
import { dropDisk } from './disks.ts';
import { captureFiles, releaseFiles } from './files.ts';
import { preempted } from './vm-orders.ts';
import { count } from './vm-quota.ts';

export function removeVm(call: Call, vm: VirtualMachine): Reply {
  const { operation } = vm;
  if (vm.state === 'Deleting' && operation) return { status: 202, headers: under(call, operation, true) };
  if (operation) end(call, operation, preempted);
  const ms = vm.machine ? call.account.cloud.delays.terminate : 0;
  const begun = begin(call, 'Microsoft.Compute', vm.location, ms);
  vm.operation = begun;
  vm.state = 'Deleting';
  vm.phase = 'delete';
  keepOsDisk(call, vm);
  if (vm.machine) call.world.machines.terminate(vm.machine);
  later(ms, () => {
    if (vm.operation === begun) dropVm(call.world, vm);
    end(call, begun);
  });
  return { status: 202, headers: under(call, begun, true) };
}

/** An OS disk that stays keeps what the machine wrote: it is copied before the machine goes. */
export function keepOsDisk(call: Call, vm: VirtualMachine): void {
  const { osDisk, osDiskDelete } = vm;
  if (!osDisk?.content || osDiskDelete === 'Delete') return;
  const before = osDisk.content.files;
  const files = captureFiles(call, vm);
  osDisk.content = { ...osDisk.content, files, os: vm.generalized ? undefined : vm.os };
  releaseFiles(call.world, before);
}

/** Takes the VM away with what is to go with it; the rest stays, detached. */
export function dropVm(world: World, vm: VirtualMachine): void {
  const { group, location } = vm;
  const { account } = group;
  if (!account.vms.delete(vm.guid)) return;
  group.resources.virtualMachines.delete(vm.name.toLowerCase());
  if (vm.machine) world.machines.forget(vm.machine);
  vm.machine = undefined;
  count({ account }, location, vm.size, -1);
  use(account, location, 'virtualMachines', -1);
  const disks = [...(vm.osDisk ? [{ disk: vm.osDisk, deleteOption: vm.osDiskDelete }] : []), ...vm.dataDisks];
  for (const { disk, deleteOption } of disks) {
    disk.vm = undefined;
    if (deleteOption === 'Delete') dropDisk(world, disk);
  }
  for (const { nic, deleteOption } of vm.nics) {
    nic.vm = undefined;
    const leaving = nic.configurations.map(each => each.publicIp).filter(ip => ip?.deleteOption === 'Delete');
    if (deleteOption === 'Delete') dropInterface(world, nic);
    else if (leaving.length > 0)
      configure(
        world,
        nic,
        nic.configurations.map(each => ({
          ...each,
          publicIp: leaving.includes(each.publicIp) ? undefined : each.publicIp,
        })),
      );
    for (const ip of leaving) if (ip) dropPublicIp(world, ip);
  }
}
