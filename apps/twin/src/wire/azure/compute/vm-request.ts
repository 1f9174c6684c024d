/** Reading the body of a VM's PUT: everything is looked up and checked before anything is made. Source: Compute REST API, Virtual Machines – Create Or Update. */
import type { Call, Json } from '../call.ts';
import { invalidParameter, missingParameter } from '../errors.ts';
import { nothing, objectAt, referenceAt, textAt } from '../fields.ts';
import { readZones } from '../names.ts';
import type { OsProfile } from '../records.ts';
import { regionOf } from '../regions.ts';
import { skuNotAvailable } from '../faults.ts';
import type { Order } from '../tracked.ts';
import { requireDiskRoom } from './disk-skus.ts';
import { isRestricted, sizeOf, sizes, zonesOf, type Size } from './sizes.ts';
import { readDataDisks, type DataDiskRequest } from './vm-data-disks.ts';
import { readNics, type NicRequest } from './vm-nic-request.ts';
import { checkData, readOsProfile } from './vm-profile.ts';
import {
  checkFit,
  readAttached,
  readImage,
  readOsDisk,
  type OsDiskRequest,
  type System,
} from './vm-system.ts';

export interface VmRequest {
  size: Size;
  system: System;
  os: OsProfile;
  customData: string | undefined;
  userData: string | undefined;
  zones: readonly string[];
  osDisk: OsDiskRequest;
  dataDisks: readonly DataDiskRequest[];
  nics: readonly NicRequest[];
}

export function readSize(properties: Json, location: string): Size {
  const name = textAt(
    objectAt(properties, 'hardwareProfile', 'properties.') ?? nothing,
    'vmSize',
    'properties.hardwareProfile.',
  );
  if (name === undefined) throw missingParameter('vmSize');
  const size = sizeOf(name);
  if (!size)
    throw invalidParameter(
      'vmSize',
      `The value ${name} provided for the VM size is not valid. The valid sizes in the current region are: ${sizes.map(each => each.name).join(',')}.`,
    );
  if (isRestricted(size, location)) throw skuNotAvailable(size.name, location);
  return size;
}

/** A disk that nobody was ever provisioned on boots, but lets nobody in. */
const unprovisioned = (computerName: string): OsProfile => ({
  computerName,
  adminUsername: 'azureuser',
  disablePasswordAuthentication: true,
  keys: [],
});

function readProfile(
  properties: Json,
  { specialized, content }: System,
  name: string,
): Pick<VmRequest, 'os' | 'customData'> {
  const profile = objectAt(properties, 'osProfile', 'properties.');
  if (!specialized) {
    if (!profile) throw missingParameter('osProfile');
    return readOsProfile(profile, name);
  }
  if (profile) throw invalidParameter('osProfile', "Parameter 'osProfile' is not allowed.");
  return { os: content.os ?? unprovisioned(name), customData: undefined };
}

/** All the disks that are to be made have to have room at once. */
export function checkRoom(
  call: Call,
  location: string,
  dataDisks: readonly DataDiskRequest[],
  osDisk?: OsDiskRequest,
): void {
  const skus = dataDisks.flatMap(({ source }) => ('disk' in source ? [] : [source.sku]));
  if (osDisk && !osDisk.attached) skus.push(osDisk.sku);
  for (const sku of new Set(skus))
    requireDiskRoom(call, location, 'Disk', sku, skus.filter(each => each === sku).length);
}

export function readVm(call: Call, order: Order<'virtualMachines'>): VmRequest {
  const { body, location, name, group } = order;
  const properties = objectAt(body, 'properties') ?? nothing;
  const size = readSize(properties, location);
  const storage = objectAt(properties, 'storageProfile', 'properties.');
  if (!storage) throw missingParameter('storageProfile');
  const zones = readZones(body, location, 'Microsoft.Compute/virtualMachines');
  if (zones.length > 1)
    throw invalidParameter(
      'zones',
      `The value '${zones.join(',')}' of parameter 'zones' is invalid: a VM is in one zone.`,
    );
  const attached = readAttached(call, storage, { size, location, zones });
  const system = attached?.system ?? readImage(call, storage, location);
  checkFit(size, system.content);
  const [zone] = zones;
  if (zone !== undefined && !zonesOf(size, regionOf(location).zones).includes(zone))
    throw skuNotAvailable(size.name, location);
  const profile = readProfile(properties, system, name);
  const userData = textAt(properties, 'userData', 'properties.');
  checkData(userData, 'userData');
  if (referenceAt(properties, 'availabilitySet') !== undefined)
    throw invalidParameter('availabilitySet', 'Availability sets are not offered here.');
  const osDisk = attached?.osDisk ?? readOsDisk(storage, size, system.content);
  const dataDisks =
    readDataDisks(call, storage, {
      group,
      name,
      location,
      zones,
      size,
      vm: undefined,
      imageDisks: system.dataDisks,
    }) ?? [];
  checkRoom(call, location, dataDisks, osDisk);
  return {
    size,
    system,
    ...profile,
    userData,
    zones,
    osDisk,
    dataDisks,
    nics: readNics(call, properties, order, size),
  };
}
