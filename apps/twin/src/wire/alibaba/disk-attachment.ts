/** Disks and instances: AttachDisk, DetachDisk; and ResizeDisk, which may ask for the instance's state. Source: ECS API reference. */
import { commit, find, idempotent, type Answer, type Call } from './call.ts';
import { diskStatus, freeDevice, isSnapshotting, pass } from './disk-life.ts';
import { sizesOf } from './disk-categories.ts';
import { namedDisk } from './disks.ts';
import { AliError, invalid, missing, notFound } from './errors.ts';
import { statusOf } from './instance-life.ts';
import { readDevice } from './launch-disks.ts';
import { quota } from './quotas.ts';
import type { Disk, Instance } from './records.ts';
import type { AliSite } from './site.ts';

const wrongInstance = (): AliError =>
  new AliError(
    'IncorrectInstanceStatus',
    'The current status of the resource does not support this operation.',
  );
const wrongDisk = (message: string): AliError => new AliError('IncorrectDiskStatus', message, 403);

/** Running or Stopped, and not being released. */
function checkInstance(site: AliSite, instance: Instance): void {
  const status = statusOf(instance);
  if ((status !== 'Running' && status !== 'Stopped') || site.ending.has(instance)) throw wrongInstance();
}

function instanceOf(call: Call): { site: AliSite; instance: Instance } {
  const found = find(call, site => site.instances, call.params.required('InstanceId'));
  if (!found) throw notFound('InvalidInstanceId.NotFound', 'InstanceId');
  return { site: found.site, instance: found.record };
}

export function attachDisk(call: Call): Answer {
  const { params, world } = call;
  const { site, instance } = instanceOf(call);
  const { record: disk } = namedDisk(call);
  const device = readDevice(params.text('Device'));
  const withInstance = params.boolean('DeleteWithInstance') ?? false;
  if (params.boolean('Bootable') === true)
    throw invalid(
      'InvalidDisk.DiskNotBootable',
      'The specified disk is not a bootable disk, can not be attached as system disk.',
    );
  if (disk.chargeType === 'PrePaid')
    throw new AliError('DiskNotPortable', 'The specified disk is not a portable disk.', 403);
  if (diskStatus(disk, world.now()) !== 'Available')
    throw wrongDisk(
      'The current status of the disk does not support this operation. The expected disk status is Available.',
    );
  if (!site.disks.has(disk.id) || disk.zone !== instance.vSwitch.zone)
    throw new AliError(
      'ResourcesNotInSameZone',
      'The specified instance and disk are not in the same zone.',
      403,
    );
  checkInstance(site, instance);
  if (instance.disks.length > quota(site.cloud, 'disksPerInstance'))
    throw new AliError(
      'InstanceDiskLimitExceeded',
      'The amount of the disk on instance in question reach its limits.',
      403,
    );
  if (device !== '' && instance.disks.some(each => each.device === device))
    throw new AliError('InvalidDevice.InUse', 'The specified device has been occupied.', 403);
  commit(call);
  disk.device = device === '' ? freeDevice(new Set(instance.disks.map(each => each.device))) : device;
  disk.instance = instance;
  disk.type = 'data';
  disk.deleteWithInstance = withInstance;
  disk.attachedAt = world.now();
  instance.disks.push(disk);
  pass(world, site, disk, 'Attaching');
  return {};
}

export function detachDisk(call: Call): Answer {
  const { world } = call;
  const { record: disk } = namedDisk(call);
  const { site, instance } = instanceOf(call);
  if (disk.instance !== instance)
    throw new AliError(
      'DependencyViolation',
      'The specified disk has not been attached on the specified instance.',
      403,
    );
  if (disk.type === 'system')
    throw new AliError(
      'DiskTypeViolation',
      'The specified disk is a system disk and cannot support the operation.',
      403,
    );
  if (disk.chargeType === 'PrePaid')
    throw new AliError('DiskNotPortable', 'The specified disk is not a portable disk.', 403);
  if (diskStatus(disk, world.now()) !== 'In_use')
    throw wrongDisk('The current disk status does not support this operation.');
  checkInstance(site, instance);
  commit(call);
  pass(world, site, disk, 'Detaching');
  return {};
}

/** `cloud` grows offline only; online asks for a running instance, or none. */
function checkOnline({ category, instance }: Disk): void {
  if (category === 'cloud')
    throw new AliError(
      'InvalidDiskCategory.NotSupported',
      'The specified disk category does not support resize online.',
      403,
    );
  if (instance && statusOf(instance) !== 'Running')
    throw new AliError(
      'InvalidInstanceStatus.NotRunning',
      'The status of instance to which the disk attachs must be running when resizing online.',
      403,
    );
}

export function resizeDisk(call: Call): Answer {
  const { params, world } = call;
  const { site, record: disk } = namedDisk(call);
  return idempotent({ world, params, site, sites: [site] }, 'ResizeDisk', () => {
    const text = params.text('NewSize');
    if (text === undefined) throw missing('NewSize');
    const size = params.integer('NewSize', 1, 1e9) ?? 0;
    const type = params.text('Type') ?? 'offline';
    if (type !== 'offline' && type !== 'online')
      throw invalid('InvalidParam.Type', 'The specified type is not supported.');
    const now = world.now();
    const status = diskStatus(disk, now);
    if (status !== 'In_use' && status !== 'Available')
      throw wrongDisk('The current disk status does not support this operation.');
    if (isSnapshotting(disk, now))
      throw new AliError(
        'DiskCreatingSnapshot',
        'The operation is denied due to a snapshot of the specified disk is not completed yet.',
        403,
      );
    if (disk.instance) {
      const state = statusOf(disk.instance);
      if (state !== 'Running' && state !== 'Stopped')
        throw new AliError(
          'IncorrectInstanceStatus',
          'The current status of the resource does not support this operation.',
          403,
        );
    }
    if (type === 'online') checkOnline(disk);
    if (size < disk.sizeGib)
      throw new AliError(
        'InvalidDiskSize.TooSmall',
        'Specified new disk size is less than the original disk size.',
        403,
      );
    if (size === disk.sizeGib)
      throw new AliError(
        'InvalidDiskSize',
        'Specified new disk size is less than or equal the original disk size.',
        403,
      );
    if (size > sizesOf(disk.type, disk.category, disk.performanceLevel).most)
      throw new AliError(
        'InvalidDiskSize.TooLarge',
        'Specified new disk size is beyond the permitted range.',
        403,
      );
    commit(call);
    disk.sizeGib = size;
    return {};
  });
}
