/** Making, changing and ending virtual machines. Source: Compute REST API, Virtual Machines; "Delete a VM and attached resources". */
import { formatAddress } from '@cloud-barista/model/cidr';
import type { World } from '../../../world/world.ts';
import { newGuid, siteOf, use } from '../account.ts';
import { jsonBody, type Call, type Json, type Reply } from '../call.ts';
import { conflict } from '../errors.ts';
import { brokenInside, outOfCapacity, skuNotAvailable } from '../faults.ts';
import { nothing, objectAt, textAt } from '../fields.ts';
import { idOf } from '../ids.ts';
import { later } from '../later.ts';
import { begin, end, under } from '../operations.ts';
import { configure, dropInterface, syncMachine } from '../network/interfaces.ts';
import { dropPublicIp } from '../network/public-ips.ts';
import { noTags, type DataDisk, type VirtualMachine } from '../records.ts';
import { find, fresh, orderOf, patchTags, type Order } from '../tracked.ts';
import { dropDisk, makeDisk } from './disks.ts';
import { makeNics } from './vm-nics.ts';
import { readDeleteOption } from './vm-nic-request.ts';
import { checkQuota, count } from './vm-quota.ts';
import { readDataDisks, readSize, readVm, type DataDiskRequest, type VmRequest } from './vm-request.ts';
import { checkData } from './vm-profile.ts';
import { vmView } from './vm-view.ts';

const diskName = (call: Call, vm: string, kind: string): string =>
  `${vm}_${kind}_${newGuid(call.world, call.account, 'disk-name').replaceAll('-', '')}`;

function makeVm(call: Call, order: Order<'virtualMachines'>, request: VmRequest): VirtualMachine {
  const { group, name, location } = order;
  const { size, zones } = request;
  const osDiskName = request.osDisk.name ?? diskName(call, name, 'OsDisk_1');
  if (group.resources.disks.has(osDiskName.toLowerCase()))
    throw conflict(
      'ConflictingUserInput',
      `Disk ${osDiskName} already exists in resource group ${group.name.toUpperCase()}. Only CreateOption.Attach is supported.`,
    );
  const nics = makeNics(call, order, request.nics, zones);
  const vm: VirtualMachine = Object.assign(fresh(call, 'virtualMachines', order), {
    size,
    zones,
    image: request.image,
    latest: request.latest,
    os: request.os,
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
  const { osDisk } = request;
  const disk = makeDisk(
    call,
    { group, name: vm.osDiskName, location, tags: noTags },
    { ...osDisk, zones, image: vm.image },
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
  });
  syncMachine(call.world, vm);
}

function linkDataDisks(call: Call, vm: VirtualMachine, requests: readonly DataDiskRequest[]): void {
  const old = vm.dataDisks;
  vm.dataDisks = requests.map(({ lun, caching, deleteOption, source }): DataDisk => {
    const disk =
      'disk' in source
        ? source.disk
        : makeDisk(
            call,
            {
              group: vm.group,
              name: source.name ?? diskName(call, vm.name, `disk${lun + 2}`),
              location: vm.location,
              tags: noTags,
            },
            { ...source, zones: vm.zones, image: undefined },
          );
    disk.vm = vm;
    return { lun, caching, deleteOption, disk };
  });
  for (const { disk } of old) if (!vm.dataDisks.some(each => each.disk === disk)) disk.vm = undefined;
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

const unchangeable = (property: string) =>
  conflict('PropertyChangeNotAllowed', `Changing property '${property}' is not allowed.`);

/** What cannot change has to be the same, where the body names it at all. */
function checkSame(vm: VirtualMachine, properties: Json): void {
  const image = objectAt(objectAt(properties, 'storageProfile') ?? nothing, 'imageReference') ?? nothing;
  for (const key of ['publisher', 'offer', 'sku'] as const) {
    const given = textAt(image, key);
    if (given !== undefined && given.toLowerCase() !== vm.image[key].toLowerCase())
      throw unchangeable('imageReference');
  }
  const os = objectAt(properties, 'osProfile') ?? nothing;
  for (const key of ['adminUsername', 'computerName'] as const) {
    const given = textAt(os, key);
    if (given !== undefined && given !== vm.os[key]) throw unchangeable(`osProfile.${key}`);
  }
  const customData = textAt(os, 'customData');
  if (customData !== undefined && customData !== vm.customData) throw unchangeable('osProfile.customData');
}

function changeVm(call: Call, vm: VirtualMachine, body: Json, whole: boolean): Reply {
  requireFree(vm, whole ? 'write' : 'update');
  const properties = objectAt(body, 'properties') ?? nothing;
  checkSame(vm, properties);
  const size = objectAt(properties, 'hardwareProfile') ? readSize(properties, vm.location) : vm.size;
  const storage = objectAt(properties, 'storageProfile') ?? nothing;
  const dataDisks = readDataDisks(call, storage, size, idOf(vm));
  const userData = textAt(properties, 'userData');
  checkData(userData, 'userData');
  if (size !== vm.size) checkQuota(call, vm.location, size, vm.size);
  patchTags(call, vm, whole && body['tags'] === undefined ? { tags: {} } : body);
  if (userData !== undefined) vm.userData = userData;
  vm.osDiskDelete = readDeleteOption(objectAt(storage, 'osDisk') ?? nothing) ?? vm.osDiskDelete;
  if (dataDisks) linkDataDisks(call, vm, dataDisks);
  const { delays } = call.account.cloud;
  let ms = Math.min(delays.start / 10, 3000);
  if (size !== vm.size) {
    count(call, vm.location, vm.size, -1);
    count(call, vm.location, size, 1);
    vm.size = size;
    if (vm.machine) {
      vm.machine.cpus = size.vcpus;
      vm.machine.memoryMib = size.memoryGb * 1024;
      if (vm.machine.state === 'running') {
        vm.phase = 'resize';
        call.world.machines.reboot(vm.machine);
        ms = delays.reboot;
      }
    }
  }
  return settleVm(call, vm, ms, 200, vmView);
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

export const patchVm = (call: Call): Reply =>
  changeVm(call, find(call, 'virtualMachines'), jsonBody(call), false);

export function removeVm(call: Call, vm: VirtualMachine): Reply {
  const { operation } = vm;
  if (vm.state === 'Deleting' && operation) return { status: 202, headers: under(call, operation, true) };
  if (operation) end(call, operation, preempted);
  const ms = vm.machine ? call.account.cloud.delays.terminate : 0;
  const begun = begin(call, 'Microsoft.Compute', vm.location, ms);
  vm.operation = begun;
  vm.state = 'Deleting';
  vm.phase = 'delete';
  if (vm.machine) call.world.machines.terminate(vm.machine);
  later(ms, () => {
    if (vm.operation === begun) dropVm(call.world, vm);
    end(call, begun);
  });
  return { status: 202, headers: under(call, begun, true) };
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
    if (deleteOption === 'Delete') dropDisk(disk);
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
