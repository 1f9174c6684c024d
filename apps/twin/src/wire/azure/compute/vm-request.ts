/** Reading the body of a VM's PUT: everything is looked up and checked before anything is made. Source: Compute REST API, Virtual Machines – Create Or Update. */
import type { Call, Json } from '../call.ts';
import { ArmError, badRequest, conflict, invalidParameter, missingParameter } from '../errors.ts';
import { nothing, numberAt, objectAt, objectsAt, referenceAt, textAt, wordAt } from '../fields.ts';
import { idOf, resolve } from '../ids.ts';
import { readZones } from '../names.ts';
import type { DeleteOption, Disk, OsProfile } from '../records.ts';
import { skuNotAvailable } from '../faults.ts';
import type { Order } from '../tracked.ts';
import { diskSkus } from './disks.ts';
import { versionsOf, type ImageVersion } from './image-catalogue.ts';
import { isRestricted, sizeOf, sizes, type Size } from './sizes.ts';
import { readDeleteOption, readNics, type NicRequest } from './vm-nic-request.ts';
import { checkData, readOsProfile } from './vm-profile.ts';

const cachings = ['None', 'ReadOnly', 'ReadWrite'] as const;

export interface DataDiskRequest {
  lun: number;
  caching: string;
  deleteOption: DeleteOption;
  source: { disk: Disk } | { name: string | undefined; sizeGb: number; sku: string };
}

export interface VmRequest {
  size: Size;
  image: ImageVersion;
  latest: boolean;
  os: OsProfile;
  customData: string | undefined;
  userData: string | undefined;
  zones: readonly string[];
  osDisk: {
    name: string | undefined;
    sizeGb: number;
    sku: string;
    caching: string;
    deleteOption: DeleteOption;
  };
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

function readImage(storage: Json, location: string): { image: ImageVersion; latest: boolean } {
  const reference = objectAt(storage, 'imageReference', 'properties.storageProfile.');
  if (!reference) throw missingParameter('imageReference');
  const id = textAt(reference, 'id');
  const shared =
    id ?? textAt(reference, 'sharedGalleryImageId') ?? textAt(reference, 'communityGalleryImageId');
  if (shared !== undefined) {
    // A marketplace image's id says the same as its four words.
    const [, publisher, offer, sku, version] =
      /\/publishers\/([^/]+)\/artifacttypes\/vmimage\/offers\/([^/]+)\/skus\/([^/]+)\/versions\/([^/]+)$/i.exec(
        shared,
      ) ?? [];
    const image = versionsOf(publisher ?? '', offer ?? '', sku ?? '').find(each => each.version === version);
    if (image) return { image, latest: false };
    throw new ArmError(404, 'NotFound', `The Image '${shared}' cannot be found in '${location}' region.`, {
      target: 'imageReference',
    });
  }
  const word = (key: string) => {
    const value = textAt(reference, key);
    if (value === undefined || value === '') throw missingParameter(`imageReference.${key}`);
    return value;
  };
  const [publisher, offer, sku, version] = [word('publisher'), word('offer'), word('sku'), word('version')];
  const all = versionsOf(publisher, offer, sku);
  const latest = version.toLowerCase() === 'latest';
  const image = latest ? all.at(-1) : all.find(each => each.version === version);
  if (image) return { image, latest };
  throw new ArmError(
    404,
    'PlatformImageNotFound',
    `The platform image '${publisher}:${offer}:${sku}:${version}' is not available. Verify that all fields in the storage profile are correct. For more details about storage profile information, please refer to https://aka.ms/storageprofile`,
    { target: 'imageReference' },
  );
}

function checkFit(size: Size, image: ImageVersion): void {
  if (size.architecture !== image.architecture)
    throw badRequest(
      'BadRequest',
      `Cannot create a VM of size '${size.name}' because this VM size only supports a CPU Architecture of '${size.architecture}', but an image or disk given has CPU Architecture '${image.architecture}'. Please check that the CPU Architecture of the image or disk is compatible with that of the VM size.`,
    );
  if (!size.generations.includes(image.generation))
    throw badRequest(
      'BadRequest',
      `The selected VM size '${size.name}' cannot boot Hypervisor Generation '${image.generation.slice(1)}'. If this was a Create operation please check that the Hypervisor Generation of the Image matches the Hypervisor Generation of the selected VM Size.`,
    );
}

function readOsDisk(storage: Json, size: Size, image: ImageVersion): VmRequest['osDisk'] {
  const disk = objectAt(storage, 'osDisk', 'properties.storageProfile.') ?? nothing;
  const inside = 'properties.storageProfile.osDisk.';
  const option = textAt(disk, 'createOption', inside) ?? 'FromImage';
  if (option.toLowerCase() !== 'fromimage')
    throw invalidParameter(
      'osDisk.createOption',
      `The create option '${option}' is not offered here: only FromImage.`,
    );
  const sizeGb = numberAt(disk, 'diskSizeGB', inside) ?? image.diskGb;
  if (sizeGb < image.diskGb)
    throw invalidParameter(
      'osDisk.diskSizeGB',
      `The specified disk size ${sizeGb} GB is smaller than the size of the corresponding disk in the VM image: ${image.diskGb} GB. This is not allowed. Please choose equal or greater size or do not specify an explicit size.`,
    );
  if (sizeGb > 4095)
    throw invalidParameter(
      'osDisk.diskSizeGB',
      `The value '${sizeGb}' of parameter 'osDisk.diskSizeGB' is out of range. The value must be at most 4095.`,
    );
  const managed = objectAt(disk, 'managedDisk', inside) ?? nothing;
  const sku = wordAt(managed, 'storageAccountType', diskSkus, `${inside}managedDisk.`);
  if (sku?.startsWith('Premium') === true && !size.premium)
    throw invalidParameter(
      'osDisk.managedDisk.storageAccountType',
      `Requested operation cannot be performed because the VM size ${size.name} does not support the storage account type ${sku} of disk '${textAt(disk, 'name') ?? ''}'.`,
    );
  return {
    name: textAt(disk, 'name', inside),
    sizeGb,
    sku: sku ?? (size.premium ? 'Premium_LRS' : 'Standard_LRS'),
    caching: wordAt(disk, 'caching', cachings, inside) ?? 'ReadWrite',
    deleteOption: readDeleteOption(disk) ?? 'Detach',
  };
}

export function readDataDisks(
  call: Call,
  storage: Json,
  size: Size,
  owner: string,
): DataDiskRequest[] | undefined {
  const inside = 'properties.storageProfile.dataDisks.';
  const bodies = objectsAt(storage, 'dataDisks', 'properties.storageProfile.');
  if (!bodies) return undefined;
  if (bodies.length > size.maxDataDisks)
    throw conflict(
      'OperationNotAllowed',
      `The maximum number of data disks allowed to be attached to a VM of this size is ${size.maxDataDisks}.`,
    );
  const luns = new Set<number>();
  return bodies.map(body => {
    const lun = numberAt(body, 'lun', inside);
    if (lun === undefined) throw missingParameter('dataDisks.lun');
    if (luns.has(lun))
      throw invalidParameter('dataDisks.lun', `The lun ${lun} is used by more than one data disk.`);
    luns.add(lun);
    const common = {
      lun,
      caching: wordAt(body, 'caching', cachings, inside) ?? 'None',
      deleteOption: readDeleteOption(body) ?? 'Detach',
    };
    const managed = objectAt(body, 'managedDisk', inside) ?? nothing;
    const option = wordAt(body, 'createOption', ['Empty', 'Attach', 'FromImage'], inside);
    if (option === 'Empty' && textAt(managed, 'id') === undefined) {
      const sizeGb = numberAt(body, 'diskSizeGB', inside);
      if (sizeGb === undefined) throw missingParameter('dataDisks.diskSizeGB');
      const sku = wordAt(managed, 'storageAccountType', diskSkus) ?? 'Standard_LRS';
      return { ...common, source: { name: textAt(body, 'name', inside), sizeGb, sku } };
    }
    const id = textAt(managed, 'id') ?? '';
    const disk = resolve(call.account, id, 'disks');
    if (!disk)
      throw new ArmError(404, 'NotFound', `Disk ${id || textAt(body, 'name') || ''} is not found.`, {
        target: 'dataDisk',
      });
    if (disk.vm && idOf(disk.vm) !== owner)
      throw conflict(
        'AttachDiskWhileBeingDetached',
        `Disk '${disk.name}' is attached to VM '${idOf(disk.vm)}'.`,
      );
    return { ...common, source: { disk } };
  });
}

export function readVm(call: Call, order: Order<'virtualMachines'>): VmRequest {
  const { body, location, name } = order;
  const properties = objectAt(body, 'properties') ?? nothing;
  const size = readSize(properties, location);
  const storage = objectAt(properties, 'storageProfile', 'properties.');
  if (!storage) throw missingParameter('storageProfile');
  const { image, latest } = readImage(storage, location);
  checkFit(size, image);
  const profile = objectAt(properties, 'osProfile', 'properties.');
  if (!profile) throw missingParameter('osProfile');
  const userData = textAt(properties, 'userData', 'properties.');
  checkData(userData, 'userData');
  if (referenceAt(properties, 'availabilitySet') !== undefined)
    throw invalidParameter('availabilitySet', 'Availability sets are not offered here.');
  return {
    size,
    image,
    latest,
    ...readOsProfile(profile, name),
    userData,
    zones: readZones(body, location, 'Microsoft.Compute/virtualMachines'),
    osDisk: readOsDisk(storage, size, image),
    dataDisks: readDataDisks(call, storage, size, '') ?? [],
    nics: readNics(call, properties, order, size),
  };
}
