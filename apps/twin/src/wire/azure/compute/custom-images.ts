/**
 * Managed images: of a generalized VM with all its disks, or of a disk or snapshot that holds a generalized system.
 * Source: Compute REST API, Images; "Create a legacy managed image of a generalized VM".
 */
import type { World } from '../../../world/world.ts';
import type { Call, Json, Reply } from '../call.ts';
import { ArmError, badRequest, conflict, invalidParameter, missingParameter } from '../errors.ts';
import { booleanAt, nothing, numberAt, objectAt, objectsAt, referenceAt, wordAt } from '../fields.ts';
import { idOf, leave, resolve } from '../ids.ts';
import { under } from '../operations.ts';
import type { Content, Disk, Image, ImageDisk, Snapshot, VirtualMachine } from '../records.ts';
import type { Route } from '../router.ts';
import {
  fresh,
  head,
  networkDelay,
  orderOf,
  requireFree,
  settle,
  trackedRoutes,
  vanish,
} from '../tracked.ts';
import { diskSkus } from './disk-skus.ts';
import { contentNow, resolveSource, sourceContent } from './disk-source.ts';
import { releaseFiles } from './files.ts';
import { cachings } from './vm-data-disks.ts';

export interface ImageSource {
  readonly sourceVmId: string | undefined;
  readonly osDisk: ImageDisk;
  readonly dataDisks: readonly ImageDisk[];
  readonly system: Content;
  /** Takes its share of the files; called once, when nothing can fail any more. */
  content(): Content;
}

const imageDisk = (disk: Disk, lun: number, caching: string): ImageDisk => ({
  lun,
  sizeGb: disk.sizeGb,
  sku: disk.sku,
  caching,
  source: { kind: 'managedDisk', id: idOf(disk) },
});

export function resolveVm(call: Call, id: string, location: string): VirtualMachine {
  const vm = resolve(call.account, id, 'virtualMachines');
  if (!vm || vm.state === 'Deleting')
    throw new ArmError(404, 'NotFound', `The source virtual machine '${id}' was not found.`, {
      target: 'sourceVirtualMachine',
    });
  if (vm.location !== location)
    throw badRequest(
      'BadRequest',
      `The source virtual machine ${id} is in location '${vm.location}': the image has to be created there.`,
    );
  return vm;
}

/** Of the VM's OS disk and all its data disks. */
export function vmSource(call: Call, vm: VirtualMachine): ImageSource {
  const { osDisk } = vm;
  if (!osDisk?.content)
    throw conflict(
      'OperationNotAllowed',
      `The Virtual Machine '${vm.name}' has no OS disk: it was not provisioned.`,
    );
  const { content } = osDisk;
  return {
    sourceVmId: idOf(vm),
    osDisk: imageDisk(osDisk, 0, vm.osDiskCaching),
    dataDisks: vm.dataDisks.map(({ disk, lun, caching }) => imageDisk(disk, lun, caching)),
    system: content,
    content: () => ({ ...(contentNow(call, osDisk) ?? content), diskGb: osDisk.sizeGb }),
  };
}

function readReference(
  call: Call,
  body: Json,
  inside: string,
  location: string,
): { source: Disk | Snapshot; kind: ImageDisk['source']['kind'] } {
  const managedDisk = referenceAt(body, 'managedDisk', inside);
  const snapshot = referenceAt(body, 'snapshot', inside);
  const id = managedDisk ?? snapshot;
  if (id === undefined || (managedDisk !== undefined && snapshot !== undefined))
    throw invalidParameter(
      inside.slice(0, -1),
      `${inside.slice(0, -1)} has to name one source: managedDisk.id or snapshot.id.`,
    );
  return {
    source: resolveSource(call, id, location),
    kind: managedDisk === undefined ? 'snapshot' : 'managedDisk',
  };
}

function readProfile(call: Call, properties: Json, location: string): ImageSource {
  const storage = objectAt(properties, 'storageProfile', 'properties.');
  const body = storage && objectAt(storage, 'osDisk', 'properties.storageProfile.');
  if (!storage || !body) throw missingParameter('image.storageProfile.osDisk');
  const inside = 'storageProfile.osDisk.';
  const read = (from: Json, lun: number): ImageDisk & { found: Disk | Snapshot } => {
    const { source, kind } = readReference(call, from, inside, location);
    return {
      lun,
      sizeGb: Math.max(numberAt(from, 'diskSizeGB', inside) ?? 0, source.sizeGb),
      sku: wordAt(from, 'storageAccountType', diskSkus, inside) ?? source.sku,
      caching: wordAt(from, 'caching', cachings, inside) ?? 'None',
      source: { kind, id: idOf(source) },
      found: source,
    };
  };
  const osType = wordAt(body, 'osType', ['Linux', 'Windows'], inside);
  const osState = wordAt(body, 'osState', ['Generalized', 'Specialized'], inside);
  if (osType === undefined) throw missingParameter('osDisk.osType');
  if (osState === undefined) throw missingParameter('osDisk.osState');
  if (osState !== 'Generalized')
    throw invalidParameter(
      'osDisk.osState',
      "The value of parameter 'osDisk.osState' is invalid: a managed image is Generalized.",
    );
  const { found, ...osDisk } = read(body, 0);
  if (!found.content || osType !== 'Linux')
    throw invalidParameter(
      'osDisk.osType',
      `The source ${osDisk.source.id} holds no system of OS type '${osType}'.`,
    );
  const { content } = found;
  const dataDisks = (objectsAt(storage, 'dataDisks', 'properties.storageProfile.') ?? []).map(each => {
    const lun = numberAt(each, 'lun', 'storageProfile.dataDisks.');
    if (lun === undefined) throw missingParameter('dataDisks.lun');
    const { found: _, ...disk } = read(each, lun);
    return disk;
  });
  return {
    sourceVmId: undefined,
    osDisk,
    dataDisks,
    system: content,
    content: () => ({ ...(sourceContent(call, found) ?? content), diskGb: osDisk.sizeGb, os: undefined }),
  };
}

export const imageDiskView = (disk: ImageDisk) => ({
  [disk.source.kind]: { id: disk.source.id },
  diskSizeGB: disk.sizeGb,
  caching: disk.caching,
  storageAccountType: disk.sku,
});

const view = (image: Image) => ({
  ...head(image),
  properties: {
    ...(image.sourceVmId !== undefined && { sourceVirtualMachine: { id: image.sourceVmId } }),
    storageProfile: {
      osDisk: { osType: 'Linux', osState: 'Generalized', ...imageDiskView(image.osDisk) },
      dataDisks: image.dataDisks.map(disk => ({ lun: disk.lun, ...imageDiskView(disk) })),
      zoneResilient: image.zoneResilient,
    },
    provisioningState: image.state,
    hyperVGeneration: image.content.generation,
  },
});

function put(call: Call): Reply {
  const order = orderOf(call, 'images');
  const { existing, group, name, body, location, tags } = order;
  const properties = objectAt(body, 'properties') ?? nothing;
  const vmId = referenceAt(properties, 'sourceVirtualMachine', 'properties.');
  if (existing) {
    requireFree(existing);
    if (vmId !== undefined && vmId.toLowerCase() !== existing.sourceVmId?.toLowerCase())
      throw conflict('PropertyChangeNotAllowed', "Changing property 'sourceVirtualMachine' is not allowed.");
    existing.tags = tags;
    const operation = settle(call, existing, 'Updating', networkDelay(call));
    return { status: 200, headers: under(call, operation, false), body: view(existing) };
  }
  let source: ImageSource;
  if (vmId === undefined) source = readProfile(call, properties, location);
  else {
    const vm = resolveVm(call, vmId, location);
    if (!vm.generalized)
      throw conflict(
        'OperationNotAllowed',
        `The operation 'Create Image' requires the Virtual Machine '${vm.name}' to be Generalized.`,
      );
    source = vmSource(call, vm);
  }
  const { generation } = source.system;
  const given = wordAt(properties, 'hyperVGeneration', ['V1', 'V2'], 'properties.');
  if (given !== undefined && given !== generation)
    throw invalidParameter(
      'hyperVGeneration',
      `The Hypervisor Generation '${given}' of the image is not that of its source, '${generation}'.`,
    );
  const storage = objectAt(properties, 'storageProfile') ?? nothing;
  const zoneResilient = booleanAt(storage, 'zoneResilient', 'properties.storageProfile.') ?? false;
  const image: Image = Object.assign(fresh(call, 'images', order), {
    sourceVmId: source.sourceVmId,
    osDisk: source.osDisk,
    dataDisks: source.dataDisks,
    zoneResilient,
    content: source.content(),
  });
  group.resources.images.set(name.toLowerCase(), image);
  const operation = settle(call, image, 'Creating', networkDelay(call));
  return { status: 201, headers: under(call, operation, false), body: view(image) };
}

export function dropImage(world: World, image: Image): void {
  if (leave(image)) releaseFiles(world, image.content.files);
}

export const customImageRoutes: readonly Route[] = trackedRoutes({
  type: 'images',
  noun: 'Images',
  verbs: ['ListByResourceGroup', 'List', 'Update'],
  put,
  view,
  remove(call, image) {
    if (image.state !== 'Deleting') requireFree(image);
    return vanish(call, image, networkDelay(call), () => dropImage(call.world, image));
  },
});
