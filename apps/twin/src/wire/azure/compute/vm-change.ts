/** Changing a VM that stands, by PUT or PATCH. Source: Compute REST API, Virtual Machines – Update; "Resize a virtual machine". */
import { jsonBody, type Call, type Json, type Reply } from '../call.ts';
import { conflict } from '../errors.ts';
import { nothing, numberAt, objectAt, textAt } from '../fields.ts';
import { idOf } from '../ids.ts';
import type { VirtualMachine } from '../records.ts';
import { find, patchTags } from '../tracked.ts';
import { checkGrowth, growDisk } from './disks.ts';
import { ownerOf, readDataDisks } from './vm-data-disks.ts';
import { linkDataDisks } from './vm-disks.ts';
import { readDeleteOption } from './vm-nic-request.ts';
import { requireFree, requireNotGeneralized, settleVm } from './vm-orders.ts';
import { checkData } from './vm-profile.ts';
import { checkQuota, count } from './vm-quota.ts';
import { checkRoom, readSize } from './vm-request.ts';
import { checkFit } from './vm-system.ts';
import { vmView } from './vm-view.ts';

const unchangeable = (property: string) =>
  conflict('PropertyChangeNotAllowed', `Changing property '${property}' is not allowed.`);

/** What cannot change has to be the same, where the body names it at all. */
function checkSame(vm: VirtualMachine, properties: Json): void {
  const storage = objectAt(properties, 'storageProfile') ?? nothing;
  const image = objectAt(storage, 'imageReference') ?? nothing;
  const { reference } = vm;
  const shown: Readonly<Record<string, string>> =
    reference.kind === 'platform'
      ? { publisher: reference.image.publisher, offer: reference.image.offer, sku: reference.image.sku }
      : reference.kind === 'custom'
        ? { id: reference.id }
        : {};
  for (const key of ['publisher', 'offer', 'sku', 'id'] as const) {
    const given = textAt(image, key);
    if (given !== undefined && given.toLowerCase() !== shown[key]?.toLowerCase())
      throw unchangeable('imageReference');
  }
  const disk = objectAt(objectAt(storage, 'osDisk') ?? nothing, 'managedDisk') ?? nothing;
  const diskId = textAt(disk, 'id');
  if (diskId !== undefined && vm.osDisk && diskId.toLowerCase() !== idOf(vm.osDisk).toLowerCase())
    throw unchangeable('osDisk.managedDisk.id');
  const os = objectAt(properties, 'osProfile') ?? nothing;
  for (const key of ['adminUsername', 'computerName'] as const) {
    const given = textAt(os, key);
    if (given !== undefined && given !== vm.os[key]) throw unchangeable(`osProfile.${key}`);
  }
  const customData = textAt(os, 'customData');
  if (customData !== undefined && customData !== vm.customData) throw unchangeable('osProfile.customData');
}

export function changeVm(call: Call, vm: VirtualMachine, body: Json, whole: boolean): Reply {
  requireFree(vm, whole ? 'write' : 'update');
  requireNotGeneralized(vm, whole ? 'write' : 'update');
  const properties = objectAt(body, 'properties') ?? nothing;
  checkSame(vm, properties);
  const size = objectAt(properties, 'hardwareProfile') ? readSize(properties, vm.location) : vm.size;
  const storage = objectAt(properties, 'storageProfile') ?? nothing;
  const { osDisk } = vm;
  const osSizeGb =
    osDisk &&
    numberAt(objectAt(storage, 'osDisk') ?? nothing, 'diskSizeGB', 'properties.storageProfile.osDisk.');
  if (osDisk && osSizeGb !== undefined) checkGrowth(osDisk, osSizeGb, osDisk.sku);
  const dataDisks = readDataDisks(call, storage, ownerOf(vm, size));
  if (dataDisks) checkRoom(call, vm.location, dataDisks);
  const userData = textAt(properties, 'userData');
  checkData(userData, 'userData');
  if (size !== vm.size) {
    checkFit(size, vm.image);
    checkQuota(call, vm.location, size, vm.size);
  }
  patchTags(call, vm, whole && body['tags'] === undefined ? { tags: {} } : body);
  if (userData !== undefined) vm.userData = userData;
  vm.osDiskDelete = readDeleteOption(objectAt(storage, 'osDisk') ?? nothing) ?? vm.osDiskDelete;
  if (osDisk && osSizeGb !== undefined) growDisk(osDisk, osSizeGb);
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

export const patchVm = (call: Call): Reply =>
  changeVm(call, find(call, 'virtualMachines'), jsonBody(call), false);
