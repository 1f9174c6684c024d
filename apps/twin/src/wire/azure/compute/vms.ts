/** Making virtual machines. Source: Compute REST API, Virtual Machines – Create Or Update. */
import { formatAddress } from '@cloud-barista/model/cidr';
import { siteOf, use } from '../account.ts';
import type { Call, Reply } from '../call.ts';
import { conflict } from '../errors.ts';
import { brokenInside, outOfCapacity, skuNotAvailable } from '../faults.ts';
import { later } from '../later.ts';
import { syncMachine } from '../network/interfaces.ts';
import { begin, end, under } from '../operations.ts';
import { noTags, noZones, type VirtualMachine } from '../records.ts';
import { fresh, orderOf, type Order } from '../tracked.ts';
import { bootable } from './disk-source.ts';
import { makeDisk } from './disks.ts';
import { changeVm } from './vm-change.ts';
import { diskName, linkDataDisks } from './vm-disks.ts';
import { makeNics } from './vm-nics.ts';
import { preempted } from './vm-orders.ts';
import { checkQuota, count } from './vm-quota.ts';
import { readVm, type VmRequest } from './vm-request.ts';
import { vmView } from './vm-view.ts';

function makeVm(call: Call, order: Order<'virtualMachines'>, request: VmRequest): VirtualMachine {
  const { group, name, location } = order;
  const { size, zones } = request;
  const osDiskName = request.osDisk.name ?? diskName(call, name, 'OsDisk_1');
  if (!request.osDisk.attached && group.resources.disks.has(osDiskName.toLowerCase()))
    throw conflict(
      'ConflictingUserInput',
      `Disk ${osDiskName} already exists in resource group ${group.name.toUpperCase()}. Only CreateOption.Attach is supported.`,
    );
  const nics = makeNics(call, order, request.nics, zones);
  const vm: VirtualMachine = Object.assign(fresh(call, 'virtualMachines', order), {
    size,
    zones,
    image: bootable(request.system.content),
    reference: request.system.reference,
    os: request.os,
    specialized: request.system.specialized,
    generalized: false,
    osDiskName,
    osDisk: undefined,
    osDiskDelete: request.osDisk.deleteOption,
    osDiskCaching: request.osDisk.caching,
    dataDisks: [],
    nics,
    customData: request.customData,
    userData: request.userData,
    machine: undefined,
    phase: 'create' as const,
    fault: undefined,
    changedAt: call.world.now(),
  });
  for (const { nic, primary } of nics) {
    nic.vm = vm;
    nic.primary = primary;
  }
  group.resources.virtualMachines.set(name.toLowerCase(), vm);
  call.account.vms.set(vm.guid, vm);
  count(call, location, size, 1);
  use(call.account, location, 'virtualMachines', 1);
  return vm;
}

const decode = (encoded: string | undefined): string | undefined =>
  encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString('utf8');

/** From here on a host has it. */
function boot(call: Call, vm: VirtualMachine, request: VmRequest): void {
  const { group, location, zones } = vm;
  const { osDisk, system } = request;
  const disk =
    osDisk.attached ??
    makeDisk(
      call,
      { group, name: vm.osDiskName, location, tags: noTags },
      {
        sku: osDisk.sku,
        sizeGb: osDisk.sizeGb,
        zones: osDisk.sku.endsWith('_ZRS') ? noZones : zones,
        creation: { option: 'FromImage', imageId: system.imageId },
        // What the machine writes is its own from here on: only a copy of the disk knows of it.
        content: { ...bootable(system.content), files: undefined, os: vm.os },
      },
    );
  disk.vm = vm;
  vm.osDisk = disk;
  linkDataDisks(call, vm, request.dataDisks);
  const primary = vm.nics.find(each => each.primary)?.nic.configurations[0];
  vm.machine = call.world.machines.create({
    site: siteOf(call.account, location),
    id: vm.guid,
    hostname: vm.os.computerName,
    user: vm.os.adminUsername,
    keys: vm.os.keys.map(key => key.keyData.trim()),
    osName: vm.image.osName,
    cpus: vm.size.vcpus,
    memoryMib: vm.size.memoryGb * 1024,
    privateIp: primary ? formatAddress(primary.address) : '',
    // cloud-init takes custom data, and user data where there is none.
    userData: decode(vm.customData ?? vm.userData),
    disk: system.content.files?.key,
  });
  syncMachine(call.world, vm);
}

export function putVm(call: Call): Reply {
  const order = orderOf(call, 'virtualMachines');
  const { existing, location } = order;
  if (existing) return changeVm(call, existing, order.body, true);
  const request = readVm(call, order);
  checkQuota(call, location, request.size, undefined);
  // Azure tells of missing capacity at once or when the allocator has tried.
  if (call.late === 'capacity' && call.world.random.next(`${call.account.cloud.name}/capacity`) < 0.5)
    throw skuNotAvailable(request.size.name, location);
  const vm = makeVm(call, order, request);
  vm.state = 'Creating';
  const fault = call.late === undefined ? undefined : call.late === 'capacity' ? outOfCapacity : brokenInside;
  if (!fault) boot(call, vm, request);
  const ms = call.account.cloud.delays.create;
  const operation = begin(call, 'Microsoft.Compute', location, ms);
  vm.operation = operation;
  later(ms, () => {
    end(call, operation, vm.operation === operation ? fault : preempted);
    if (vm.operation !== operation) return;
    vm.operation = undefined;
    vm.state = fault ? 'Failed' : 'Succeeded';
    vm.fault = fault;
    vm.changedAt = call.world.now();
  });
  return { status: 201, headers: under(call, operation, false), body: vmView(vm, false) };
}
