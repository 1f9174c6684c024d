/** The disks that RunInstances and CreateInstance make: SystemDisk.*, DataDisk.N.*, and what the image brings. */
import type { World } from '../../world/world.ts';
import type { Call } from './call.ts';
import { freeDevice } from './disk-life.ts';
import { AliError, invalid, missing, notFound } from './errors.ts';
import {
  categoryOf,
  levelOf,
  sizesOf,
  type DiskCategory,
  type DiskType,
  type PerformanceLevel,
} from './disk-categories.ts';
import type { Image } from './image-catalogue.ts';
import { own } from './params.ts';
import { quota } from './quotas.ts';
import type { CustomImage, Disk, Instance, Snapshot, Tags } from './records.ts';
import type { AliSite } from './site.ts';

export interface DiskDraft {
  type: DiskType;
  category: DiskCategory;
  level: PerformanceLevel | '';
  sizeGib: number;
  name: string;
  description: string;
  device: string;
  deleteWithInstance: boolean;
  encrypted: boolean;
  snapshot: Snapshot | undefined;
}

type Field = (name: string) => string | undefined;

const flag = (text: string | undefined, name: string, fallback: boolean): boolean => {
  if (text === undefined) return fallback;
  const lower = text.toLowerCase();
  if (lower !== 'true' && lower !== 'false')
    throw invalid('InvalidParameter', `The specified parameter "${name}" is not valid.`);
  return lower === 'true';
};

function readName(text: string | undefined): string {
  if (text === undefined) return '';
  if (
    text.length < 2 ||
    text.length > 128 ||
    !/^\p{L}[\p{L}\p{N}:_.,[\]-]*$/u.test(text) ||
    /^https?:\/\//.test(text)
  )
    throw invalid('InvalidDiskName.Malformed', 'The specified disk name is wrongly formed.');
  return own(text);
}

function readDescription(text: string | undefined): string {
  if (text === undefined) return '';
  if (text.length < 2 || text.length > 256 || /^https?:\/\//.test(text))
    throw invalid('InvalidDiskDescription.Malformed', 'The specified disk description is wrongly formed.');
  return own(text);
}

export function readLevel(text: string | undefined, category: DiskCategory): PerformanceLevel | '' {
  const level = text === undefined ? (category === 'cloud_essd' ? 'PL1' : '') : levelOf(text);
  if (level === undefined || (level !== '' && category !== 'cloud_essd'))
    throw invalid(
      'InvalidPerformanceLevel.Malformed',
      'The specified parameter PerformanceLevel is not valid.',
    );
  return level;
}

/** AliError where the snapshot can't become a disk. */
export function usableSnapshot(site: AliSite, id: string | undefined, now: number): Snapshot | undefined {
  if (id === undefined) return undefined;
  const snapshot = site.snapshots.get(id);
  if (!snapshot) throw notFound('InvalidSnapshotId.NotFound', 'SnapshotId');
  if (now < snapshot.readyAt)
    throw new AliError('InvalidSnapshotId.NotReady', 'The specified snapshot has not completed yet.', 403);
  return snapshot;
}

function systemDisk({ params }: Call, image: Image): DiskDraft {
  const text = params.text('SystemDisk.Category') ?? 'cloud_efficiency';
  const category = categoryOf(text);
  if (!category)
    throw new AliError(
      'InvalidSystemDiskCategory.ValueNotSupported',
      'The specified parameter "SystemDisk.Category" is not valid.',
      403,
    );
  const level = readLevel(params.text('SystemDisk.PerformanceLevel'), category);
  const { least, most } = sizesOf('system', category, level);
  const sizeGib = params.integer('SystemDisk.Size', least, most) ?? Math.max(40, least, image.sizeGib);
  if (sizeGib < image.sizeGib)
    throw invalid(
      'InvalidSystemDiskSize.LessThanImageSize',
      'The specified parameter SystemDisk.Size is less than the image size.',
    );
  return {
    type: 'system',
    category,
    level,
    sizeGib,
    name: readName(params.text('SystemDisk.DiskName')),
    description: readDescription(params.text('SystemDisk.Description')),
    device: '/dev/xvda',
    deleteWithInstance: true,
    encrypted: false,
    snapshot: undefined,
  };
}

function dataDisk(call: Call, field: Field, number: number): DiskDraft {
  const text = field('category') ?? 'cloud_efficiency';
  const category = categoryOf(text);
  if (!category)
    throw invalid(
      'InvalidDataDiskCategory.ValueNotSupported',
      'The specified parameter "DataDisk.n.Category" is not valid.',
    );
  const level = readLevel(field('performancelevel'), category);
  const snapshot = usableSnapshot(call.site, field('snapshotid'), call.world.now());
  const size = field('size');
  if (size === undefined && !snapshot) throw missing(`DataDisk.${number}.Size`);
  const sizeGib = Number(size ?? snapshot?.sizeGib);
  const { least, most } = sizesOf('data', category, level);
  if (!Number.isInteger(sizeGib) || sizeGib < least || sizeGib > most || sizeGib < (snapshot?.sizeGib ?? 0))
    throw invalid(
      'InvalidDataDiskSize.ValueNotSupported',
      'The specified DataDisk.n.Size beyond the permitted range, or the capacity of snapshot exceeds the size limit of the specified disk category.',
    );
  return {
    type: 'data',
    category,
    level,
    sizeGib,
    name: readName(field('diskname')),
    description: readDescription(field('description')),
    device: readDevice(field('device')),
    deleteWithInstance: flag(field('deletewithinstance'), 'DataDisk.n.DeleteWithInstance', true),
    encrypted: flag(field('encrypted'), 'DataDisk.n.Encrypted', false),
    snapshot,
  };
}

/** `/dev/vdb` is `/dev/xvdb`; "" leaves the choice to the cloud. */
export function readDevice(text: string | undefined): string {
  if (text === undefined) return '';
  if (!/^\/dev\/x?vd[b-z]$/.test(text))
    throw invalid('InvalidDevice.Malformed', 'The specified device is not valid.');
  return `/dev/xvd${text.slice(-1)}`;
}

/** The system disk first. */
export function readLaunchDisks(call: Call, image: Image, mappings: CustomImage['mappings']): DiskDraft[] {
  const { params, site } = call;
  const given = params
    .objects('DataDisk')
    .map((fields, index) => dataDisk(call, name => fields.get(name) || undefined, index + 1));
  const brought = mappings
    .filter(each => each.type === 'data' && !given.some(disk => disk.device === each.device))
    .map(
      (each): DiskDraft => ({
        type: 'data',
        category: 'cloud_efficiency',
        level: '',
        sizeGib: Math.max(20, each.sizeGib),
        name: '',
        description: '',
        device: each.device,
        deleteWithInstance: true,
        encrypted: false,
        snapshot: each.snapshot,
      }),
    );
  const data = [...brought, ...given];
  if (data.length > quota(site.cloud, 'disksPerInstance'))
    throw new AliError(
      'InstanceDiskNumLimitExceed',
      'The number of specified disk in an instance exceeds.',
      403,
    );
  const devices = data.map(each => each.device).filter(device => device !== '');
  if (new Set(devices).size < devices.length)
    throw new AliError('InvalidDevice.InUse', 'The specified device has been occupied.', 403);
  return [systemDisk(call, image), ...data];
}

/** Makes the disks of a fresh instance; they are In_use at once. */
export function makeDisks(
  world: World,
  site: AliSite,
  instance: Instance,
  drafts: readonly DiskDraft[],
  tags: Tags,
): void {
  const now = world.now();
  const taken = new Set(drafts.map(each => each.device));
  for (const draft of drafts) {
    const device = draft.device === '' ? freeDevice(taken) : draft.device;
    taken.add(device);
    const disk: Disk = {
      id: draft.type === 'system' ? `d${instance.id.slice(1)}` : site.newId('d'),
      createdAt: now,
      tags,
      name: draft.name,
      description: draft.description,
      zone: instance.vSwitch.zone,
      type: draft.type,
      category: draft.category,
      performanceLevel: draft.level,
      sizeGib: draft.sizeGib,
      instance,
      device,
      deleteWithInstance: draft.deleteWithInstance,
      deleteAutoSnapshot: true,
      enableAutoSnapshot: true,
      sourceSnapshot: draft.snapshot?.id ?? '',
      imageId: draft.type === 'system' ? instance.image.id : '',
      encrypted: draft.encrypted,
      chargeType: instance.chargeType,
      passing: 'Creating',
      passUntil: 0,
      attachedAt: now,
      detachedAt: 0,
      snapshot: undefined,
    };
    if (draft.snapshot) draft.snapshot.disks++;
    instance.disks.push(disk);
    site.disks.set(disk.id, disk);
  }
}
