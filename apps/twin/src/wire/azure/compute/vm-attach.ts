/** Data disks to and from a VM without its whole body. Source: Compute REST API, Virtual Machines – Attach Detach Data Disks. */
import { jsonBody, type Call, type Json, type Reply } from '../call.ts';
import { badRequest, invalidParameter, missingParameter } from '../errors.ts';
import { numberAt, objectsAt, textAt, wordAt } from '../fields.ts';
import { idOf } from '../ids.ts';
import { find } from '../tracked.ts';
import { cachings, checkRequests, ownerOf, resolveDisk, type DataDiskRequest } from './vm-data-disks.ts';
import { readDeleteOption } from './vm-nic-request.ts';
import { linkDataDisks } from './vm-disks.ts';
import { requireFree, requireNotGeneralized, settleVm } from './vm-orders.ts';

const idAt = (body: Json, target: string): string => {
  const id = textAt(body, 'diskId');
  if (id === undefined || id === '') throw missingParameter(`${target}.diskId`);
  return id;
};

const firstFree = (held: readonly DataDiskRequest[]): number => {
  let lun = 0;
  while (held.some(each => each.lun === lun)) lun++;
  return lun;
};

export function attachDetach(call: Call): Reply {
  const vm = find(call, 'virtualMachines');
  requireFree(vm, 'attachDetachDataDisks');
  requireNotGeneralized(vm, 'attachDetachDataDisks');
  const body = jsonBody(call);
  const attach = objectsAt(body, 'dataDisksToAttach') ?? [];
  const detach = objectsAt(body, 'dataDisksToDetach') ?? [];
  if (attach.length + detach.length === 0)
    throw badRequest('BadRequest', 'dataDisksToAttach or dataDisksToDetach has to name a disk.');
  const owner = ownerOf(vm);
  let disks: DataDiskRequest[] = vm.dataDisks.map(({ disk, ...rest }) => ({ ...rest, source: { disk } }));
  for (const one of detach) {
    const id = idAt(one, 'dataDisksToDetach').toLowerCase();
    wordAt(one, 'detachOption', ['ForceDetach']);
    const left = disks.filter(({ source }) => !('disk' in source && idOf(source.disk).toLowerCase() === id));
    if (left.length === disks.length)
      throw invalidParameter('dataDisksToDetach.diskId', `Disk ${id} is not attached to VM '${vm.name}'.`);
    disks = left;
  }
  for (const one of attach) {
    const disk = resolveDisk(call, idAt(one, 'dataDisksToAttach'), owner, 'dataDisksToAttach');
    const lun = numberAt(one, 'lun') ?? firstFree(disks);
    if (lun < 0 || lun > 63 || disks.some(each => each.lun === lun))
      throw invalidParameter(
        'dataDisk.lun',
        `The value '${lun}' of parameter 'dataDisk.lun' is invalid: it is out of range, or used by another data disk.`,
      );
    disks.push({
      lun,
      caching: wordAt(one, 'caching', cachings) ?? 'None',
      deleteOption: readDeleteOption(one) ?? 'Detach',
      source: { disk },
    });
  }
  checkRequests(disks, owner);
  linkDataDisks(call, vm, disks);
  const reply = settleVm(call, vm, Math.min(call.account.cloud.delays.start / 10, 3000), 202);
  return {
    ...reply,
    body: {
      dataDisks: vm.dataDisks.map(({ lun, disk, caching, deleteOption }) => ({
        lun,
        name: disk.name,
        createOption: 'Attach',
        caching,
        managedDisk: { id: idOf(disk), storageAccountType: disk.sku },
        deleteOption,
      })),
    },
  };
}
