/** Managed disks: those that VMs bring, and empty ones of their own. Source: Compute REST API, Disks. */
import type { Call, Reply } from '../call.ts';
import { badRequest, conflict, invalidParameter, missingParameter } from '../errors.ts';
import { nothing, numberAt, objectAt, textAt, wordAt } from '../fields.ts';
import { idOf, leave } from '../ids.ts';
import { readZones } from '../names.ts';
import { under } from '../operations.ts';
import { fullType, type Disk, type Group, type Tags } from '../records.ts';
import type { Route } from '../router.ts';
import { fresh, head, networkDelay, orderOf, settle, trackedRoutes, vanish } from '../tracked.ts';
import type { ImageVersion } from './image-catalogue.ts';

export const diskSkus = [
  'Standard_LRS',
  'StandardSSD_LRS',
  'Premium_LRS',
  'StandardSSD_ZRS',
  'Premium_ZRS',
] as const;

export function makeDisk(
  call: Call,
  place: { group: Group; name: string; location: string; tags: Tags },
  {
    sku,
    sizeGb,
    zones,
    image,
  }: { sku: string; sizeGb: number; zones: readonly string[]; image: ImageVersion | undefined },
): Disk {
  const disk: Disk = Object.assign(fresh(call, 'disks', place), { sku, sizeGb, zones, image, vm: undefined });
  place.group.resources.disks.set(place.name.toLowerCase(), disk);
  return disk;
}

export const dropDisk = (disk: Disk): void => {
  leave(disk);
};

const view = (disk: Disk, call: Call) => {
  const { vm, image } = disk;
  const reserved = vm?.phase === 'deallocate' && vm.machine?.state === 'stopped';
  return {
    ...head(disk),
    ...(disk.zones.length > 0 && { zones: disk.zones }),
    ...(vm && { managedBy: idOf(vm) }),
    sku: { name: disk.sku, tier: disk.sku.split('_')[0]?.replace('SSD', '') },
    properties: {
      ...(image && {
        osType: 'Linux',
        hyperVGeneration: image.generation,
        supportedCapabilities: { architecture: image.architecture },
      }),
      creationData: image
        ? {
            createOption: 'FromImage',
            imageReference: {
              id: `/Subscriptions/${call.account.subscriptionId}/Providers/Microsoft.Compute/Locations/${disk.location}/Publishers/${image.publisher}/ArtifactTypes/VMImage/Offers/${image.offer}/Skus/${image.sku}/Versions/${image.version}`,
            },
          }
        : { createOption: 'Empty' },
      diskSizeGB: disk.sizeGb,
      diskSizeBytes: disk.sizeGb * 2 ** 30,
      timeCreated: new Date(disk.createdAt).toISOString(),
      uniqueId: disk.guid,
      provisioningState: disk.state,
      diskState: vm ? (reserved ? 'Reserved' : 'Attached') : 'Unattached',
      networkAccessPolicy: 'AllowAll',
      publicNetworkAccess: 'Enabled',
    },
  };
};

function put(call: Call): Reply {
  const order = orderOf(call, 'disks');
  const { existing, body, location, tags } = order;
  const properties = objectAt(body, 'properties') ?? nothing;
  const option = textAt(objectAt(properties, 'creationData', 'properties.') ?? nothing, 'createOption');
  const sizeGb = numberAt(properties, 'diskSizeGB', 'properties.');
  const sku = wordAt(objectAt(body, 'sku') ?? nothing, 'name', diskSkus, 'sku.') ?? 'Standard_LRS';
  let disk: Disk;
  if (existing) {
    if (existing.state === 'Deleting')
      throw conflict('OperationNotAllowed', `Disk ${existing.name} is being deleted.`);
    resize(existing, sizeGb);
    existing.tags = tags;
    disk = existing;
  } else {
    if (option === undefined) throw missingParameter('disk.creationData.createOption');
    if (option.toLowerCase() !== 'empty')
      throw badRequest('BadRequest', `The create option '${option}' is not offered here: only Empty.`);
    if (sizeGb === undefined) throw missingParameter('disk.diskSizeGB');
    checkSize(sizeGb);
    disk = makeDisk(call, order, {
      sku,
      sizeGb,
      zones: readZones(body, location, fullType('disks')),
      image: undefined,
    });
  }
  const operation = settle(call, disk, 'Updating', networkDelay(call));
  return { status: 202, headers: under(call, operation, true), body: view(disk, call) };
}

function checkSize(sizeGb: number): void {
  if (sizeGb < 1 || sizeGb > 32_767)
    throw invalidParameter(
      'disk.diskSizeGB',
      `The value '${sizeGb}' of parameter 'disk.diskSizeGB' is out of range. The value must be from 1 to 32767.`,
    );
}

function resize(disk: Disk, sizeGb: number | undefined): void {
  if (sizeGb === undefined || sizeGb === disk.sizeGb) return;
  checkSize(sizeGb);
  if (sizeGb < disk.sizeGb)
    throw badRequest(
      'OperationNotAllowed',
      `Disk cannot be resized from ${disk.sizeGb} GB to ${sizeGb} GB: shrinking is not supported.`,
    );
  disk.sizeGb = sizeGb;
}

export const diskRoutes: readonly Route[] = trackedRoutes({
  type: 'disks',
  noun: 'Disks',
  verbs: ['ListByResourceGroup', 'List', 'Update'],
  put,
  view,
  remove(call, disk) {
    if (disk.vm)
      throw conflict('OperationNotAllowed', `Disk ${disk.name} is attached to VM ${idOf(disk.vm)}.`);
    return vanish(call, disk, networkDelay(call), () => dropDisk(disk));
  },
});
