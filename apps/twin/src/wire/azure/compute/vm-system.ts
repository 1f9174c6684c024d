/** What a new VM boots: a marketplace image, a custom one, a gallery's, or a disk that is there. Source: Compute REST API, StorageProfile. */
import type { Call, Json } from '../call.ts';
import { ArmError, badRequest, invalidParameter, missingParameter } from '../errors.ts';
import { nothing, numberAt, objectAt, textAt, wordAt } from '../fields.ts';
import { idOf, resolve } from '../ids.ts';
import type { Bootable, Content, DeleteOption, Disk, ImageDisk, ImageReference } from '../records.ts';
import { diskSkus, largest } from './disk-skus.ts';
import { bootable } from './disk-source.ts';
import { findGalleryImage } from './gallery-ids.ts';
import { catalogueOf } from './image-catalogue.ts';
import type { Size } from './sizes.ts';
import { cachings, checkStorageType, resolveDisk, type DiskOwner } from './vm-data-disks.ts';
import { readDeleteOption } from './vm-nic-request.ts';

export interface System {
  readonly reference: ImageReference;
  readonly content: Content;
  /** The users are on it already: the VM has no OS profile. */
  readonly specialized: boolean;
  readonly dataDisks: readonly ImageDisk[];
  /** As marketplace and custom images show theirs: of disks that are made of it. */
  readonly imageId: string;
}

const base = (call: Call, location: string) =>
  `/Subscriptions/${call.account.subscriptionId}/Providers/Microsoft.Compute/Locations/${location}`;

function platform(
  call: Call,
  location: string,
  [publisher, offer, sku, version]: readonly [string, string, string, string],
): System | undefined {
  const all = catalogueOf(call.account.cloud).versionsOf(publisher, offer, sku);
  const latest = version.toLowerCase() === 'latest';
  const image = latest ? all.at(-1) : all.find(each => each.version === version);
  return (
    image && {
      reference: { kind: 'platform', image, latest },
      content: { ...bootable(image), files: undefined, os: undefined },
      specialized: false,
      dataDisks: [],
      imageId: `${base(call, location)}/Publishers/${image.publisher}/ArtifactTypes/VMImage/Offers/${image.offer}/Skus/${image.sku}/Versions/${image.version}`,
    }
  );
}

function byId(call: Call, id: string, location: string): System {
  const [, publisher, offer, sku, version] =
    /\/publishers\/([^/]+)\/artifacttypes\/vmimage\/offers\/([^/]+)\/skus\/([^/]+)\/versions\/([^/]+)$/i.exec(
      id,
    ) ?? [];
  if (publisher !== undefined && offer !== undefined && sku !== undefined && version !== undefined) {
    const found = platform(call, location, [publisher, offer, sku, version]);
    if (found) return found;
  }
  const image = resolve(call.account, id, 'images');
  if (image && image.location === location && image.state !== 'Deleting') {
    if (image.state === 'Creating')
      throw new ArmError(
        409,
        'OperationNotAllowed',
        `The image '${id}' is not in the Succeeded state: it is ${image.state}.`,
        { target: 'imageReference' },
      );
    return {
      reference: { kind: 'custom', id: idOf(image), exactVersion: undefined },
      content: { ...image.content, os: undefined },
      specialized: false,
      dataDisks: image.dataDisks,
      imageId: idOf(image),
    };
  }
  const version_ = findGalleryImage(call, id, location);
  if (version_) {
    const { image: definition, content, dataDisks, name } = version_.version;
    const specialized = definition.osState === 'Specialized';
    return {
      reference: { kind: 'custom', id: version_.askedId, exactVersion: name },
      content: specialized ? content : { ...content, os: undefined },
      specialized,
      dataDisks,
      imageId: version_.versionId,
    };
  }
  throw new ArmError(404, 'NotFound', `The Image '${id}' cannot be found in '${location}' region.`, {
    target: 'imageReference',
  });
}

export function readImage(call: Call, storage: Json, location: string): System {
  const reference = objectAt(storage, 'imageReference', 'properties.storageProfile.');
  if (!reference) throw missingParameter('imageReference');
  const id = textAt(reference, 'id');
  if (id !== undefined) return byId(call, id, location);
  const shared = textAt(reference, 'sharedGalleryImageId') ?? textAt(reference, 'communityGalleryImageId');
  if (shared !== undefined)
    throw new ArmError(404, 'NotFound', `The Image '${shared}' cannot be found in '${location}' region.`, {
      target: 'imageReference',
    });
  const word = (key: string) => {
    const value = textAt(reference, key);
    if (value === undefined || value === '') throw missingParameter(`imageReference.${key}`);
    return value;
  };
  const words = [word('publisher'), word('offer'), word('sku'), word('version')] as const;
  const found = platform(call, location, words);
  if (found) return found;
  throw new ArmError(
    404,
    'PlatformImageNotFound',
    `The platform image '${words.join(':')}' is not available. Verify that all fields in the storage profile are correct. For more details about storage profile information, please refer to https://aka.ms/storageprofile`,
    { target: 'imageReference' },
  );
}

export function checkFit(size: Size, image: Bootable): void {
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

export interface OsDiskRequest {
  /** The disk that is there, with `Attach`. */
  readonly attached: Disk | undefined;
  readonly name: string | undefined;
  readonly sizeGb: number;
  readonly sku: string;
  readonly caching: string;
  readonly deleteOption: DeleteOption;
}

const inside = 'properties.storageProfile.osDisk.';

/** `Attach`: the VM boots what lies on the disk, as it is. */
export function readAttached(
  call: Call,
  storage: Json,
  owner: Pick<DiskOwner, 'size' | 'location' | 'zones'>,
): { system: System; osDisk: OsDiskRequest } | undefined {
  const body = objectAt(storage, 'osDisk', 'properties.storageProfile.') ?? nothing;
  if (textAt(body, 'createOption', inside)?.toLowerCase() !== 'attach') return undefined;
  if (objectAt(storage, 'imageReference'))
    throw invalidParameter('imageReference', "Parameter 'imageReference' is not allowed.");
  if (textAt(body, 'osType', inside) === undefined) throw missingParameter('osDisk.osType');
  const id = textAt(objectAt(body, 'managedDisk', inside) ?? nothing, 'id', `${inside}managedDisk.`);
  if (id === undefined) throw missingParameter('osDisk.managedDisk.id');
  const disk = resolveDisk(call, id, { ...owner, vm: undefined }, 'osDisk');
  const osType = wordAt(body, 'osType', ['Linux', 'Windows'], inside);
  if (!disk.content || osType !== 'Linux')
    throw invalidParameter(
      'osDisk.osType',
      `Disk ${disk.name} holds no system of OS type '${osType}' to boot.`,
    );
  checkStorageType(owner.size, disk.sku, disk.name, 'osDisk.managedDisk.storageAccountType');
  return {
    system: {
      reference: { kind: 'attached' },
      content: disk.content,
      specialized: true,
      dataDisks: [],
      imageId: '',
    },
    osDisk: {
      attached: disk,
      name: disk.name,
      sizeGb: disk.sizeGb,
      sku: disk.sku,
      caching: wordAt(body, 'caching', cachings, inside) ?? 'ReadWrite',
      deleteOption: readDeleteOption(body) ?? 'Detach',
    },
  };
}

export function readOsDisk(storage: Json, size: Size, image: Bootable): OsDiskRequest {
  const disk = objectAt(storage, 'osDisk', 'properties.storageProfile.') ?? nothing;
  const option = textAt(disk, 'createOption', inside) ?? 'FromImage';
  if (option.toLowerCase() !== 'fromimage')
    throw invalidParameter(
      'osDisk.createOption',
      `The create option '${option}' of an OS disk is not valid: it is FromImage or Attach.`,
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
  if (sku !== undefined)
    checkStorageType(size, sku, textAt(disk, 'name') ?? '', 'osDisk.managedDisk.storageAccountType');
  if (sku !== undefined && largest(sku) > 32_767)
    throw invalidParameter(
      'osDisk.managedDisk.storageAccountType',
      `The storage account type ${sku} is not supported for an OS disk.`,
    );
  return {
    attached: undefined,
    name: textAt(disk, 'name', inside),
    sizeGb,
    sku: sku ?? (size.premium ? 'Premium_LRS' : 'Standard_LRS'),
    caching: wordAt(disk, 'caching', cachings, inside) ?? 'ReadWrite',
    deleteOption: readDeleteOption(disk) ?? 'Detach',
  };
}
