/** The data disks that a VM's body asks for. Source: Compute REST API, DataDisk; "Attach a data disk to a Linux VM". */
import type { Call, Json } from '../call.ts';
import { ArmError, badRequest, conflict, invalidParameter, missingParameter } from '../errors.ts';
import { booleanAt, nothing, numberAt, objectAt, objectsAt, textAt, wordAt } from '../fields.ts';
import { idOf, resolve } from '../ids.ts';
import type { DeleteOption, Disk, Group, ImageDisk, VirtualMachine } from '../records.ts';
import { checkDiskSize, checkDiskZones, diskSkus, isPremium } from './disk-skus.ts';
import { checkGrowth } from './disks.ts';
import type { Size } from './sizes.ts';
import { readDeleteOption } from './vm-nic-request.ts';

export const cachings = ['None', 'ReadOnly', 'ReadWrite'] as const;

export interface NewDisk {
  readonly name: string | undefined;
  readonly sizeGb: number;
  readonly sku: string;
  /** Of an image's data disk: what that was made of. */
  readonly copyOf: string | undefined;
}

export interface DataDiskRequest {
  readonly lun: number;
  readonly caching: string;
  readonly deleteOption: DeleteOption;
  /** `sizeGb`: what it grows to. */
  readonly source: { readonly disk: Disk; readonly sizeGb?: number } | NewDisk;
}

/** Where the disks go. */
export interface DiskOwner {
  readonly group: Group;
  readonly name: string;
  readonly location: string;
  readonly zones: readonly string[];
  readonly size: Size;
  /** Undefined while it is being made. */
  readonly vm: VirtualMachine | undefined;
  /** What the image that it is made of brings along. */
  readonly imageDisks: readonly ImageDisk[];
}

export const ownerOf = (vm: VirtualMachine, size = vm.size): DiskOwner => ({
  group: vm.group,
  name: vm.name,
  location: vm.location,
  zones: vm.zones,
  size,
  vm,
  imageDisks: [],
});

const tooMany = (size: Size) =>
  conflict(
    'OperationNotAllowed',
    `The maximum number of data disks allowed to be attached to a VM of this size is ${size.maxDataDisks}.`,
  );

export function checkStorageType(size: Size, sku: string, name: string, target: string): void {
  if (size.premium || !isPremium(sku)) return;
  throw invalidParameter(
    target,
    `Requested operation cannot be performed because the VM size ${size.name} does not support the storage account type ${sku} of disk '${name}'. Consider updating the VM to a size that supports Premium storage.`,
  );
}

/** A disk of its own that is to become one of the VM's. */
export function resolveDisk(
  call: Call,
  id: string,
  owner: Pick<DiskOwner, 'vm' | 'location' | 'zones'>,
  target: string,
): Disk {
  const disk = resolve(call.account, id, 'disks');
  if (!disk || disk.location !== owner.location)
    throw new ArmError(404, 'NotFound', `Disk ${id} is not found.`, { target });
  if (disk.state === 'Deleting')
    throw conflict('OperationNotAllowed', `Disk ${disk.name} is marked for deletion and cannot be attached.`);
  if (disk.vm && disk.vm !== owner.vm)
    throw conflict(
      'ConflictingUserInput',
      `Disk '${idOf(disk)}' cannot be attached as the disk is already owned by VM '${idOf(disk.vm)}'.`,
    );
  if (disk.vm && disk.vm.osDisk === disk)
    throw conflict('ConflictingUserInput', `Disk '${idOf(disk)}' is the OS disk of VM '${idOf(disk.vm)}'.`);
  const [diskZone, vmZone] = [disk.zones[0], owner.zones[0]];
  const redundant = disk.sku.endsWith('_ZRS');
  if (diskZone !== vmZone && !(redundant && diskZone === undefined))
    throw badRequest(
      'BadRequest',
      `Disk ${idOf(disk)} cannot be attached to the VM because it is not in the same zone as the VM. VM zone: '${vmZone ?? ''}'. Disk zone: '${diskZone ?? ''}'.`,
    );
  return disk;
}

function readOne(call: Call, body: Json, lun: number, owner: DiskOwner): DataDiskRequest {
  const inside = 'properties.storageProfile.dataDisks.';
  const managed = objectAt(body, 'managedDisk', inside) ?? nothing;
  const option = wordAt(body, 'createOption', ['Empty', 'Attach', 'FromImage'], inside);
  const name = textAt(body, 'name', inside);
  const held = owner.vm?.dataDisks.find(each => each.lun === lun);
  const template = owner.imageDisks.find(each => each.lun === lun);
  const common = {
    lun,
    caching: wordAt(body, 'caching', cachings, inside) ?? held?.caching ?? template?.caching ?? 'None',
    deleteOption: readDeleteOption(body) ?? held?.deleteOption ?? 'Detach',
  };
  const id = textAt(managed, 'id', `${inside}managedDisk.`);
  const given = numberAt(body, 'diskSizeGB', inside);
  const grown = (disk: Disk): DataDiskRequest => {
    if (given === undefined) return { ...common, source: { disk } };
    checkGrowth(disk, given, disk.sku);
    return { ...common, source: { disk, sizeGb: given } };
  };
  if (id !== undefined) return grown(resolveDisk(call, id, owner, 'dataDisk'));
  // A body that comes again, as it made the disk.
  if (
    held &&
    (name === undefined || name.toLowerCase() === held.disk.name.toLowerCase()) &&
    option !== undefined
  )
    return grown(held.disk);
  if (option === undefined) throw missingParameter('dataDisk.createOption');
  if (option === 'Attach') throw missingParameter('dataDisk.managedDisk.id');
  if (name !== undefined && owner.group.resources.disks.has(name.toLowerCase()))
    throw conflict(
      'ConflictingUserInput',
      `Disk ${name} already exists in resource group ${owner.group.name.toUpperCase()}. Only CreateOption.Attach is supported.`,
    );
  if (option === 'FromImage' && !template)
    throw invalidParameter('dataDisk.lun', `The image has no data disk at lun ${lun}.`);
  const sizeGb = given ?? template?.sizeGb;
  if (sizeGb === undefined) throw missingParameter('dataDisk.diskSizeGB');
  if (option === 'FromImage' && template && sizeGb < template.sizeGb)
    throw invalidParameter(
      'dataDisk.diskSizeGB',
      `The specified disk size ${sizeGb} GB is smaller than the size of the corresponding disk in the VM image: ${template.sizeGb} GB.`,
    );
  const sku =
    wordAt(managed, 'storageAccountType', diskSkus, `${inside}managedDisk.`) ??
    (owner.size.premium ? 'Premium_LRS' : 'Standard_LRS');
  checkDiskSize(sizeGb, sku);
  checkDiskZones(sku, sku.endsWith('_ZRS') ? [] : owner.zones, owner.location);
  const copyOf = option === 'FromImage' ? template?.source.id : undefined;
  return { ...common, source: { name, sizeGb, sku, copyOf } };
}

/** Undefined where the body says nothing of them: they stay as they are. */
export function readDataDisks(call: Call, storage: Json, owner: DiskOwner): DataDiskRequest[] | undefined {
  const inside = 'properties.storageProfile.dataDisks.';
  const bodies = objectsAt(storage, 'dataDisks', 'properties.storageProfile.');
  if (!bodies && owner.vm) {
    if (owner.vm.dataDisks.length > owner.size.maxDataDisks) throw tooMany(owner.size);
    return undefined;
  }
  const luns = new Set<number>();
  const requests: DataDiskRequest[] = [];
  for (const body of bodies ?? []) {
    const lun = numberAt(body, 'lun', inside);
    if (lun === undefined) throw missingParameter('dataDisk.lun');
    if (lun < 0 || lun > 63)
      throw invalidParameter(
        'dataDisk.lun',
        `The value '${lun}' of parameter 'dataDisk.lun' is out of range. Value must be between '0' and '63'.`,
      );
    if (luns.has(lun))
      throw invalidParameter(
        'dataDisk.lun',
        `The value '${lun}' of parameter 'dataDisk.lun' is invalid: it is used by another data disk. Specify a LUN that is free.`,
      );
    luns.add(lun);
    if (booleanAt(body, 'toBeDetached', inside) === true) {
      if (owner.vm) continue;
      throw invalidParameter('dataDisk.toBeDetached', 'A VM that is being created has no disk to detach.');
    }
    requests.push(readOne(call, body, lun, owner));
  }
  for (const { lun, sizeGb, sku, caching, source } of owner.imageDisks)
    if (!luns.has(lun))
      requests.push({
        lun,
        caching,
        deleteOption: 'Detach',
        source: { name: undefined, sizeGb, sku, copyOf: source.id },
      });
  checkRequests(requests, owner);
  return requests;
}

/** What only shows when all of them are seen. */
export function checkRequests(requests: readonly DataDiskRequest[], owner: DiskOwner): void {
  if (requests.length > owner.size.maxDataDisks) throw tooMany(owner.size);
  const seen = new Set<string>();
  for (const { source } of requests) {
    const [sku, name] = 'disk' in source ? [source.disk.sku, idOf(source.disk)] : [source.sku, source.name];
    checkStorageType(owner.size, sku, name ?? '', 'dataDisk.managedDisk.storageAccountType');
    if (name === undefined) continue;
    if (seen.has(name.toLowerCase()))
      throw conflict(
        'ConflictingUserInput',
        `Disk '${name}' is named by more than one data disk of the request.`,
      );
    seen.add(name.toLowerCase());
  }
}
