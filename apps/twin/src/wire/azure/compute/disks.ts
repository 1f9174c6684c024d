/** Managed disks: those that VMs bring, and empty ones and copies of their own. Source: Compute REST API, Disks; "Expand virtual hard disks". */
import type { World } from '../../../world/world.ts';
import { jsonBody, type Call, type Json, type Reply } from '../call.ts';
import { conflict, invalidParameter, missingParameter } from '../errors.ts';
import { nothing, numberAt, objectAt, wordAt } from '../fields.ts';
import { idOf, leave } from '../ids.ts';
import { readZones } from '../names.ts';
import { under } from '../operations.ts';
import { fullType, type Content, type Creation, type Disk, type Group, type Tags } from '../records.ts';
import type { Route } from '../router.ts';
import {
  find,
  fresh,
  head,
  networkDelay,
  orderOf,
  patchTags,
  requireFree,
  settle,
  trackedRoutes,
  vanish,
} from '../tracked.ts';
import {
  checkDiskSize,
  checkDiskZones,
  countDisk,
  diskSkus,
  performance,
  requireDiskRoom,
  stepsOf,
} from './disk-skus.ts';
import { creationView, readSource, systemView } from './disk-source.ts';
import { releaseFiles } from './files.ts';
import { powerOf } from './vm-state.ts';

export function makeDisk(
  call: Call,
  place: { group: Group; name: string; location: string; tags: Tags },
  what: {
    sku: string;
    sizeGb: number;
    zones: readonly string[];
    creation: Creation;
    content: Content | undefined;
  },
): Disk {
  const { sku, sizeGb, zones, creation, content } = what;
  const disk: Disk = Object.assign(fresh(call, 'disks', place), {
    sku,
    sizeGb,
    zones,
    creation,
    content,
    vm: undefined,
  });
  place.group.resources.disks.set(place.name.toLowerCase(), disk);
  countDisk(call.account, place.location, 'Disk', sku, 1);
  return disk;
}

export function dropDisk(world: World, disk: Disk): void {
  if (!leave(disk)) return;
  countDisk(disk.group.account, disk.location, 'Disk', disk.sku, -1);
  releaseFiles(world, disk.content?.files);
}

const stateOf = ({ vm }: Disk): string =>
  vm ? (powerOf(vm) === 'deallocated' ? 'Reserved' : 'Attached') : 'Unattached';

const view = (disk: Disk) => {
  const { iops, mbps, tier } = performance(disk.sku, disk.sizeGb);
  return {
    ...head(disk),
    ...(disk.zones.length > 0 && { zones: disk.zones }),
    ...(disk.vm && { managedBy: idOf(disk.vm) }),
    sku: { name: disk.sku, tier: (disk.sku.split('_')[0] ?? '').replace(/SSD|V2/, '') },
    properties: {
      ...systemView(disk.content),
      creationData: creationView(disk.creation),
      diskSizeGB: disk.sizeGb,
      diskSizeBytes: disk.sizeGb * 2 ** 30,
      diskIOPSReadWrite: iops,
      diskMBpsReadWrite: mbps,
      ...(tier !== undefined && { tier }),
      encryption: { type: 'EncryptionAtRestWithPlatformKey' },
      timeCreated: new Date(disk.createdAt).toISOString(),
      uniqueId: disk.guid,
      provisioningState: disk.state,
      diskState: stateOf(disk),
      networkAccessPolicy: 'AllowAll',
      publicNetworkAccess: 'Enabled',
    },
  };
};

function put(call: Call): Reply {
  const order = orderOf(call, 'disks');
  const { existing, body, location, tags } = order;
  if (existing) return change(call, existing, body, tags);
  const properties = objectAt(body, 'properties') ?? nothing;
  const source = readSource(call, properties, location, 'disk');
  const sku = wordAt(objectAt(body, 'sku') ?? nothing, 'name', diskSkus, 'sku.') ?? 'Standard_LRS';
  const sizeGb = numberAt(properties, 'diskSizeGB', 'properties.') ?? source.sizeGb;
  if (sizeGb === undefined) throw missingParameter('disk.diskSizeGB');
  checkDiskSize(sizeGb, sku);
  if (source.sizeGb !== undefined && sizeGb < source.sizeGb)
    throw invalidParameter(
      'disk.diskSizeGB',
      `The specified disk size ${sizeGb} GB is smaller than the size of its source, ${source.sizeGb} GB.`,
    );
  const zones = readZones(body, location, fullType('disks'));
  checkDiskZones(sku, zones, location);
  requireDiskRoom(call, location, 'Disk', sku);
  const disk = makeDisk(call, order, {
    sku,
    sizeGb,
    zones,
    creation: source.creation,
    content: source.content(),
  });
  return settled(call, disk);
}

function settled(call: Call, disk: Disk): Reply {
  const operation = settle(call, disk, 'Updating', networkDelay(call));
  return { status: 202, headers: under(call, operation, true), body: view(disk) };
}

const runningOf = ({ vm }: Disk) => (vm && powerOf(vm) !== 'deallocated' ? vm : undefined);

/** Disks grow only, and those that a VM runs on not all. */
export function checkGrowth(disk: Disk, sizeGb: number, sku: string): void {
  checkDiskSize(sizeGb, sku);
  if (sizeGb < disk.sizeGb)
    throw conflict(
      'OperationNotAllowed',
      `Disk cannot be resized from ${disk.sizeGb} GB to ${sizeGb} GB: reducing the size of disk '${disk.name}' is not supported, as it can lose data.`,
    );
  const running = runningOf(disk);
  // Data disks grow without a pause, except over 4 TiB.
  const pausing =
    disk.vm?.osDisk === disk || (disk.sizeGb <= 4095 && sizeGb > 4095 && stepsOf(sku).length > 0);
  if (running && sizeGb > disk.sizeGb && pausing)
    throw conflict(
      'OperationNotAllowed',
      `Cannot resize disk ${disk.name} while it is attached to running VM ${idOf(running)}. Resizing a disk of an Azure Virtual Machine requires the virtual machine to be deallocated. Please stop your VM and retry the operation.`,
    );
}

export function growDisk(disk: Disk, sizeGb: number): void {
  if (disk.sizeGb === sizeGb) return;
  disk.sizeGb = sizeGb;
  disk.version++;
}

/** What PUT and PATCH alike can change of a disk that stands. */
function change(call: Call, disk: Disk, body: Json, tags: Tags | undefined): Reply {
  requireFree(disk);
  const properties = objectAt(body, 'properties') ?? nothing;
  const sizeGb = numberAt(properties, 'diskSizeGB', 'properties.') ?? disk.sizeGb;
  const sku = wordAt(objectAt(body, 'sku') ?? nothing, 'name', diskSkus, 'sku.') ?? disk.sku;
  checkGrowth(disk, sizeGb, sku);
  const running = runningOf(disk);
  if (sku !== disk.sku) {
    if (running)
      throw conflict(
        'OperationNotAllowed',
        `Cannot change the storage account type of disk ${disk.name} while it is attached to running VM ${idOf(running)}.`,
      );
    checkDiskZones(sku, disk.zones, disk.location);
    requireDiskRoom(call, disk.location, 'Disk', sku);
    countDisk(call.account, disk.location, 'Disk', disk.sku, -1);
    countDisk(call.account, disk.location, 'Disk', sku, 1);
    disk.sku = sku;
  }
  disk.sizeGb = sizeGb;
  if (tags) disk.tags = tags;
  return settled(call, disk);
}

export const diskRoutes: readonly Route[] = trackedRoutes({
  type: 'disks',
  noun: 'Disks',
  verbs: ['ListByResourceGroup', 'List', 'Update'],
  put,
  view,
  patch(call) {
    const disk = find(call, 'disks');
    const body = jsonBody(call);
    requireFree(disk);
    patchTags(call, disk, body);
    return change(call, disk, body, undefined);
  },
  remove(call, disk) {
    if (disk.state !== 'Deleting') {
      requireFree(disk);
      if (disk.vm)
        throw conflict('OperationNotAllowed', `Disk ${disk.name} is attached to VM ${idOf(disk.vm)}.`);
    }
    return vanish(call, disk, networkDelay(call), () => dropDisk(call.world, disk));
  },
});
