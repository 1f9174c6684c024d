/**
 * What a new server starts from and has beside it: imageRef, block_device_mapping_v2, and its first form with volumes only.
 * Source: Compute API, "Create Server"; Nova user guide, "Block Device Mapping in Nova"; words of nova.exception.
 */
import { isObject, type SiteCall } from '../call.ts';
import { badRequest } from '../errors.ts';
import type { Image, Snapshot, Volume } from '../records.ts';
import type { Site } from '../site.ts';
import { findType, type VolumeType } from '../volume/type-list.ts';
import { stateOf } from '../volume/volume-records.ts';
import { novaVersions } from '../microversion.ts';
import { isUuid } from '../text.ts';
import { devicesOfImage } from './create-image.ts';
import type { Flavor } from './flavor-list.ts';
import * as input from './input.ts';

export interface Disk {
  /** One that is there, or what a new one is made from; neither: an image, or blank. */
  from: { volume?: Volume; snapshot?: Snapshot };
  image: Image | undefined;
  type: VolumeType | undefined;
  sizeGib: number;
  deleteOnTermination: boolean;
  /** The server starts from it. */
  root: boolean;
  tag: string | null;
}

type Device = Record<string, unknown>;

export function disksOf(
  call: SiteCall,
  flavor: Flavor,
  server: Record<string, unknown>,
  most: number,
): { image: Image | undefined; system: Image | undefined; disks: Disk[] } {
  const { site } = call;
  const ref = server['imageRef'];
  if (ref !== undefined && ref !== '' && !(typeof ref === 'string' && isUuid(ref)))
    throw input.wrong('imageRef', ref, 'is not valid under any of the given schemas');
  let image = ref === undefined || ref === '' ? undefined : imageOf(site, ref);
  const mapped = devicesOfImage(image);
  const disks: Disk[] = mapped.map(device => diskOf({ ...call, version: novaVersions.newest }, device));
  const whole = image;
  // An image of a server on a volume has no disk itself.
  if (disks.some(disk => disk.root)) image = undefined;
  for (const device of devicesOf(server)) {
    if (device['destination_type'] === 'local') {
      if (device['source_type'] === 'image') image ??= imageOf(site, device['uuid']);
      continue;
    }
    disks.push(diskOf(call, device));
  }
  const roots = disks.filter(disk => disk.root);
  if (roots.length > 1 || (roots.length > 0 && image))
    throw badRequest(
      'Block Device Mapping is Invalid: Boot sequence for the instance and image/block device mapping combination is not valid.',
    );
  if (!image && roots.length === 0) throw badRequest('Missing imageRef attribute');
  const given = disks.flatMap(disk => disk.from.volume ?? []);
  if (given.length > 0 && most > 1)
    throw badRequest('Cannot attach one or more volumes to multiple instances');
  if (new Set(given).size < given.length)
    throw badRequest('Block Device Mapping is Invalid: a volume is named more than once.');
  const system = image ?? whole ?? roots[0]?.image;
  checkSystem(image, system, flavor);
  // Letters are given in this order, and the first is the root's.
  return { image, system, disks: [...roots, ...disks.filter(disk => !disk.root)] };
}

function checkSystem(image: Image | undefined, system: Image | undefined, flavor: Flavor): void {
  if (system && flavor.ram < system.minRam)
    throw badRequest("Flavor's memory is too small for requested image.");
  if (image && flavor.disk < image.minDisk)
    throw badRequest(
      `Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk is ${flavor.disk * 2 ** 30} bytes, minimum size is ${image.minDisk * 2 ** 30} bytes.`,
    );
}

/** The first form names volumes alone, the one that the server starts from by its device's name. */
function devicesOf(server: Record<string, unknown>): Device[] {
  const first = server['block_device_mapping'];
  const second = server['block_device_mapping_v2'];
  if (first !== undefined && second !== undefined)
    throw badRequest('Using different block_device_mapping syntaxes is not allowed in the same request.');
  const key = first === undefined ? 'block_device_mapping_v2' : 'block_device_mapping';
  const given = first ?? second ?? [];
  if (!Array.isArray(given)) throw input.wrong(key, given, "is not of type 'array'");
  return given.map((device: unknown) => {
    if (!isObject(device)) throw input.wrong(key, device, "is not of type 'object'");
    if (first === undefined) return device;
    const { volume_id: volume, snapshot_id: snapshot, device_name: name = '' } = device;
    const whole = typeof name === 'string' && /^(\/dev\/)?[a-z]*da$/.test(name);
    return {
      ...device,
      source_type: volume === undefined ? 'snapshot' : 'volume',
      uuid: volume ?? snapshot,
      destination_type: 'volume',
      boot_index: whole ? 0 : -1,
    };
  });
}

function imageOf(site: Site, ref: unknown): Image {
  const id = String(ref).split('/').at(-1) ?? '';
  const image = site.images.get(id);
  if (!image) throw badRequest('Can not find requested image');
  if (image.status !== 'active') throw badRequest(`Image ${image.id} is not active.`);
  return image;
}

const isTrue = (value: unknown) => /^(true|1|t|on|y|yes)$/i.test(String(value));
const failedToGet = (what: string, id: unknown) =>
  badRequest(`Block Device Mapping is Invalid: failed to get ${what} ${String(id).slice(0, 36)}.`);

function diskOf({ site, version }: SiteCall, device: Device): Disk {
  const { source_type: source, uuid, volume_type: typeName, tag } = device;
  if (typeName !== undefined && typeName !== null && version < 67)
    throw input.unexpected('block_device_mapping_v2', 'volume_type');
  const type = typeof typeName === 'string' ? findType(typeName) : undefined;
  if (typeof typeName === 'string' && !type)
    throw badRequest(`Volume type ${typeName.slice(0, 255)} could not be found.`);
  const common = {
    type,
    deleteOnTermination: isTrue(device['delete_on_termination']),
    root: Number(device['boot_index'] ?? -1) === 0,
    tag: typeof tag === 'string' ? tag : null,
  };
  const size = device['volume_size'];
  const asked = size === undefined || size === null || size === '' ? undefined : Number(size);
  if (asked !== undefined && (!Number.isInteger(asked) || asked < 1))
    throw input.wrong('volume_size', size, 'is not a positive integer');
  switch (source) {
    case 'volume': {
      const volume = site.volumes.get(String(uuid));
      if (!volume) throw failedToGet('volume', uuid);
      if (stateOf(volume) !== 'available' || volume.attachment)
        throw badRequest(
          `Invalid volume: volume '${volume.id}' status must be 'available'. Currently in '${stateOf(volume)}'`,
        );
      if (common.root && !volume.bootable) throw badRequest(`Block Device ${volume.id} is not bootable.`);
      return { ...common, from: { volume }, image: volume.image, sizeGib: volume.sizeGib };
    }
    case 'snapshot': {
      const snapshot = site.snapshots.get(String(uuid));
      if (!snapshot) throw failedToGet('snapshot', uuid);
      if (asked !== undefined && asked < snapshot.sizeGib)
        throw badRequest(
          `Volume size '${asked}'GB cannot be smaller than the snapshot size ${snapshot.sizeGib}GB. They must be >= original snapshot size.`,
        );
      return {
        ...common,
        from: { snapshot },
        image: snapshot.volume.image,
        sizeGib: asked ?? snapshot.sizeGib,
      };
    }
    case 'image': {
      const image = imageOf(site, uuid);
      if (asked === undefined)
        throw badRequest("Images with destination_type 'volume' need to have a non-zero size specified");
      if (asked < image.minDisk)
        throw badRequest(
          `Volume is smaller than the minimum size specified in image metadata. Volume size is ${asked * 2 ** 30} bytes, minimum size is ${image.minDisk * 2 ** 30} bytes.`,
        );
      return { ...common, from: {}, image, sizeGib: asked };
    }
    case 'blank': {
      if (asked === undefined)
        throw badRequest("Blank volumes (source: 'blank', dest: 'volume') need to have non-zero size");
      if (common.root)
        throw badRequest('Block Device Mapping is Invalid: a blank disk can not be booted from.');
      return { ...common, from: {}, image: undefined, sizeGib: asked };
    }
    default:
      throw badRequest(
        `Invalid input for field/attribute source_type. Value: ${String(source).slice(0, 16)}. It is not one of ['volume', 'image', 'snapshot', 'blank']`,
      );
  }
}
