/**
 * The account's own images: CreateImage from an instance, of a snapshot or of several; ModifyImageAttribute; DeleteImage. An image made
 * from an instance leaves a snapshot of each of its disks, which outlive the image and can't be deleted before it; the system disk's
 * carries the machine's files. Source: ECS API reference.
 */
import { commit, idempotent, type Answer, type Call } from './call.ts';
import { copying } from './disk-life.ts';
import { AliError, invalid, notFound } from './errors.ts';
import type { Image } from './image-catalogue.ts';
import { isImageUsed } from './images.ts';
import { statusOf } from './instance-life.ts';
import { readDescription, readName } from './names.ts';
import { own, type Params } from './params.ts';
import { quota } from './quotas.ts';
import type { CustomImage, DeviceMapping, Snapshot, Tags } from './records.ts';
import type { AliSite } from './site.ts';
import { checkSnapshot, makeSnapshot } from './snapshots.ts';
import { readTags } from './tags.ts';

const denied = (message: string, status = 403): AliError => new AliError('OperationDenied', message, status);

function readImageName(site: AliSite, params: Params): string {
  const name = readName(params, 'ImageName');
  if (name !== '')
    for (const image of site.images.values())
      if (image.name === name)
        throw invalid('InvalidImageName.Duplicated', 'The specified Image name has already bean used.');
  return name;
}

function readFamily(params: Params): string {
  const family = readName(params, 'ImageFamily');
  if (/^(?:acs:|aliyun)/.test(family))
    throw invalid('InvalidImageFamily.Malformed', 'The specified ImageFamily is wrongly formed.');
  return family;
}

function ready(site: AliSite, id: string, now: number): Snapshot {
  const snapshot = site.snapshots.get(id);
  if (!snapshot) throw notFound('InvalidSnapshotId.NotFound', 'SnapshotId');
  if (now < snapshot.readyAt)
    throw new AliError(
      'InvalidSnapshotId.NotReady',
      'The current status of the DiskDeviceMapping.n.SnapshotId or SnapshotId does not support this operation.',
      403,
    );
  return snapshot;
}

interface Plan {
  source: Image;
  /** Called once all is checked. */
  mappings(): DeviceMapping[];
}

function ofInstance(call: Call, id: string): Plan {
  const { site } = call;
  const instance = site.instances.get(id);
  if (!instance) throw notFound('InvalidInstanceId.NotFound', 'InstanceId');
  const status = statusOf(instance);
  if ((status !== 'Running' && status !== 'Stopped') || site.ending.has(instance))
    throw new AliError(
      'IncorrectInstanceStatus',
      'The current status of the instance does not support this operation.',
    );
  for (const disk of instance.disks) checkSnapshot(call, disk);
  if (site.snapshots.size + instance.disks.length > quota(site.cloud, 'snapshots'))
    throw new AliError('QuotaExceed.Snapshot', 'The snapshot quota exceeds.', 403);
  return {
    source: instance.image,
    mappings: () =>
      instance.disks.map(disk => ({
        device: disk.device,
        type: disk.type,
        sizeGib: disk.sizeGib,
        snapshot: makeSnapshot(call, disk, {
          name: `Created_from_${instance.id}`,
          description: '',
          tags: [],
        }),
      })),
  };
}

function ofMappings(call: Call, objects: readonly ReadonlyMap<string, string>[]): Plan {
  const now = call.world.now();
  const drafts = objects.map((fields, index): DeviceMapping => {
    const id = fields.get('snapshotid');
    const snapshot = id ? ready(call.site, id, now) : undefined;
    const text = fields.get('size');
    const sizeGib = Number(text || (snapshot?.sizeGib ?? 20));
    if (!Number.isInteger(sizeGib) || sizeGib < (snapshot?.sizeGib ?? 5) || sizeGib > 32_768)
      throw invalid(
        'InvalidSize.ValueNotSupported',
        'The specified parameter DiskDeviceMapping.n.Size beyond the permitted range.',
      );
    const type = fields.get('disktype') || (snapshot?.diskType ?? 'data');
    if (type !== 'system' && type !== 'data')
      throw invalid('InvalidDiskType.ValueNotSupported', 'The specified disk type is not supported.');
    const device =
      fields.get('device') ||
      (type === 'system' ? '/dev/xvda' : `/dev/xvd${'bcdefghijklmnopqrstuvwxyz'[index] ?? 'z'}`);
    if (!/^\/dev\/x?vd[a-z]$/.test(device))
      throw invalid(
        'InvalidDevice.Malformed',
        'The specified parameter DiskDeviceMapping.n.Device is not valid.',
      );
    return { device: `/dev/xvd${device.slice(-1)}`, type, sizeGib, snapshot };
  });
  const systems = drafts.filter(each => each.type === 'system');
  const source = systems[0]?.snapshot?.image;
  if (!source)
    throw denied(
      'The specified parameter DiskDeviceMapping.n.SnapshotId does not contain system disk snapshot.',
      400,
    );
  if (systems.length > 1)
    throw denied(
      'The specified parameter DiskDeviceMapping.n.SnapshotId contains two or more system disk snapshots.',
      400,
    );
  if (new Set(drafts.map(each => each.device)).size < drafts.length)
    throw invalid(
      'InvalidDevice.InUse',
      'The specified parameter DiskDeviceMapping.n.Device has been occupied.',
    );
  return { source, mappings: () => drafts };
}

function ofSnapshot(call: Call, id: string): Plan {
  const snapshot = ready(call.site, id, call.world.now());
  const source = snapshot.image;
  if (!source) throw denied('The specified snapshot is not from system disk.');
  return {
    source,
    mappings: () => [{ device: '/dev/xvda', type: 'system', sizeGib: snapshot.sizeGib, snapshot }],
  };
}

function plan(call: Call): Plan {
  const { params } = call;
  const instance = params.text('InstanceId');
  if (instance !== undefined) return ofInstance(call, instance);
  const objects = params.objects('DiskDeviceMapping');
  if (objects.length > 0) return ofMappings(call, objects);
  const snapshot = params.text('SnapshotId');
  if (snapshot !== undefined) return ofSnapshot(call, snapshot);
  throw new AliError(
    'MissingParameter',
    'The input parameter SnapshotId or InstanceId or DiskDeviceMapping that is mandatory for processing this request is not supplied.',
  );
}

export function createImage(call: Call): Answer {
  const { site, params, world } = call;
  return idempotent(call, 'CreateImage', () => {
    const name = readImageName(site, params);
    const description = readDescription(params);
    const family = readFamily(params);
    const version = params.text('ImageVersion') ?? '';
    if (version.length > 40 || !/^[\w.:-]*$/.test(version))
      throw invalid('InvalidImageVersion.Malformed', 'The specified ImageVersion is wrongly formed.');
    const tags: Tags = readTags(params);
    if (site.images.size >= quota(site.cloud, 'customImages'))
      throw new AliError('QuotaExceed.Image', 'The Image Quota exceeds.', 403);
    const planned = plan(call);
    commit(call);
    const { source } = planned;
    const made = planned.mappings();
    for (const { snapshot } of made) if (snapshot) snapshot.images++;
    const id = site.newId('m');
    const image: CustomImage = {
      custom: true,
      id,
      createdAt: world.now(),
      tags,
      name: name === '' ? id : name,
      description,
      version: own(version),
      family,
      osName: source.osName,
      platform: source.platform,
      osType: source.osType,
      architecture: source.architecture,
      sizeGib: made.find(each => each.type === 'system')?.sizeGib ?? source.sizeGib,
      readyAt: world.now() + copying(site),
      mappings: made,
    };
    site.images.set(id, image);
    return { ImageId: id };
  });
}

export function modifyImageAttribute(call: Call): Answer {
  const { site, params } = call;
  const image = site.images.get(params.required('ImageId'));
  if (!image) throw notFound('InvalidImageId.NotFound', 'ImageId');
  const name = params.text('ImageName') === image.name ? '' : readImageName(site, params);
  const description = readDescription(params);
  const family = readFamily(params);
  commit(call);
  if (name !== '') image.name = name;
  if (description !== '') image.description = description;
  if (family !== '') image.family = family;
  return {};
}

/** One that isn't there is passed over. With Force, also one that is in use: its instances keep what they have. */
export function deleteImage(call: Call): Answer {
  const { site, params, world } = call;
  const image = site.images.get(params.required('ImageId'));
  const force = params.boolean('Force') === true;
  if (!image) {
    commit(call);
    return {};
  }
  if (!force) {
    if (world.now() < image.readyAt)
      throw new AliError('ImageIsCreating', 'The specified image is being created.', 403);
    if (isImageUsed(call, image))
      throw new AliError(
        'ImageUsingByInstance',
        'The specified image has been used to create instances. You can use the DescribeInstances API to query these instances, or you can use the force parameter to proceed.',
        403,
      );
  }
  commit(call);
  site.images.delete(image.id);
  for (const { snapshot } of image.mappings) if (snapshot) snapshot.images--;
  return {};
}
