/** Cloud disks. Source: ECS API reference: CreateDisk, DescribeDisks, ModifyDiskAttribute, DeleteDisk. */
import { commit, find, idempotent, type Answer, type Call } from './call.ts';
import { diskStatus, dropDisk, isSnapshotting, pass } from './disk-life.ts';
import { categoryOf, sizesOf } from './disk-categories.ts';
import { AliError, invalid, missing, notFound } from './errors.ts';
import { readLevel, usableSnapshot } from './launch-disks.ts';
import { readDescription, readName } from './names.ts';
import { page, second } from './pages.ts';
import { quota } from './quotas.ts';
import type { Disk } from './records.ts';
import type { AliSite } from './site.ts';
import { ecsTags, readTags, tagFilter } from './tags.ts';
import { resourceGroup } from './vpcs.ts';

export function createDisk(call: Call): Answer {
  const { site, params, world } = call;
  return idempotent(call, 'CreateDisk', () => {
    const instanceId = params.text('InstanceId');
    const zoneText = params.text('ZoneId');
    if (instanceId !== undefined && zoneText !== undefined)
      throw invalid('InvalidParameter.Conflict', 'ZoneId and InstanceId can not be specified together.');
    if (instanceId !== undefined)
      // It makes a subscription disk and attaches it, to a subscription instance only.
      throw site.instances.has(instanceId)
        ? new AliError(
            'OperationDenied',
            'The charge type of the instance does not support the operation.',
            403,
          )
        : notFound('InvalidInstanceId.NotFound', 'InstanceId');
    if (zoneText === undefined) throw missing('ZoneId');
    const zone = site.zones.find(each => each === zoneText);
    if (zone === undefined) throw notFound('InvalidZoneId.NotFound', 'zone');
    const category = categoryOf(params.text('DiskCategory') ?? 'cloud');
    if (!category)
      throw invalid(
        'InvalidDiskCategory.ValueNotSupported',
        'The specified parameter "DiskCategory" is not valid.',
      );
    const level = readLevel(params.text('PerformanceLevel'), category);
    const snapshot = usableSnapshot(site, params.text('SnapshotId'), world.now());
    const size = params.integer('Size', -1e9, 1e9);
    if (size === undefined && !snapshot)
      throw new AliError(
        'MissingParameter',
        'The input parameter either "SnapshotId" or "Size" should be specified.',
      );
    const { least, most } = sizesOf('data', category, level);
    const sizeGib = size ?? Math.max(least, snapshot?.sizeGib ?? least);
    if (sizeGib < least || sizeGib > most)
      throw level === 'PL2' || level === 'PL3'
        ? new AliError(
            'OperationDenied.PerformanceLevelNotMatch',
            'The specified PerformanceLevel and disk size do not match.',
            403,
          )
        : new AliError('InvalidDiskSize.NotSupported', 'disk size is not supported.', 403);
    if (snapshot && sizeGib < snapshot.sizeGib)
      throw new AliError(
        'InvalidDiskSize.TooSmall',
        'Specified disk size is less than the size of snapshot.',
        403,
      );
    const name = readName(params, 'DiskName');
    const description = readDescription(params);
    const tags = readTags(params);
    const encrypted = params.boolean('Encrypted') === true;
    if (site.disks.size - site.instances.size >= quota(site.cloud, 'disks'))
      throw new AliError('QuotaExceed.PortableCloudDisk', 'The quota of portable cloud disk exceeds.', 403);
    commit(call);
    const disk: Disk = {
      id: site.newId('d'),
      createdAt: world.now(),
      tags,
      name,
      description,
      zone,
      type: 'data',
      category,
      performanceLevel: level,
      sizeGib,
      instance: undefined,
      device: '',
      deleteWithInstance: false,
      deleteAutoSnapshot: false,
      enableAutoSnapshot: true,
      sourceSnapshot: snapshot?.id ?? '',
      imageId: '',
      encrypted,
      chargeType: 'PostPaid',
      passing: 'Creating',
      passUntil: 0,
      attachedAt: 0,
      detachedAt: 0,
      snapshot: undefined,
    };
    if (snapshot) snapshot.disks++;
    pass(world, site, disk, 'Creating');
    site.disks.set(disk.id, disk);
    return { DiskId: disk.id };
  });
}

export function namedDisk(call: Call): { site: AliSite; record: Disk } {
  const found = find(call, site => site.disks, call.params.required('DiskId'));
  if (!found) throw notFound('InvalidDiskId.NotFound', 'disk');
  return found;
}

function view(site: AliSite, disk: Disk, now: number): Answer {
  const status = diskStatus(disk, now);
  const { instance } = disk;
  return {
    DiskId: disk.id,
    DiskName: disk.name,
    Description: disk.description,
    RegionId: site.region,
    ZoneId: disk.zone,
    SerialNumber: disk.id.slice(2),
    Type: disk.type,
    Category: disk.category,
    ...(disk.performanceLevel !== '' && { PerformanceLevel: disk.performanceLevel }),
    Size: disk.sizeGib,
    Status: status,
    InstanceId: instance?.id ?? '',
    ImageId: disk.imageId,
    SourceSnapshotId: disk.sourceSnapshot,
    Device: status === 'In_use' ? disk.device : '',
    Portable: disk.type === 'data' && disk.chargeType === 'PostPaid',
    DeleteWithInstance: disk.deleteWithInstance,
    DeleteAutoSnapshot: disk.deleteAutoSnapshot,
    EnableAutoSnapshot: disk.enableAutoSnapshot,
    EnableAutomatedSnapshotPolicy: false,
    AutoSnapshotPolicyId: '',
    Encrypted: disk.encrypted,
    KMSKeyId: '',
    DiskChargeType: disk.chargeType,
    MultiAttach: 'Disabled',
    MountInstanceNum: instance ? 1 : 0,
    MountInstances: { MountInstance: [] },
    Attachments: {
      Attachment: instance
        ? [{ InstanceId: instance.id, Device: disk.device, AttachedTime: second(disk.attachedAt) }]
        : [],
    },
    CreationTime: second(disk.createdAt),
    AttachedTime: disk.attachedAt === 0 ? '' : second(disk.attachedAt),
    DetachedTime: disk.detachedAt === 0 ? '' : second(disk.detachedAt),
    ExpiredTime: '2999-09-08T16:00Z',
    ProductCode: '',
    StorageSetId: '',
    BurstingEnabled: false,
    ResourceGroupId: resourceGroup,
    OperationLocks: { OperationLock: [] },
    Tags: ecsTags(disk.tags),
  };
}

const statuses = ['In_use', 'Available', 'Attaching', 'Detaching', 'Creating', 'ReIniting', 'All'];

export function describeDisks({ site, params, world }: Call): Answer {
  const now = world.now();
  const ids = params.json('DiskIds');
  if (ids && ids.length > 100)
    throw new AliError(
      'InvalidDiskIds.Malformed',
      'The amount of specified disk Ids exceeds the limit.',
      403,
    );
  const type = params.text('DiskType') ?? 'all';
  if (!['all', 'system', 'data'].includes(type))
    throw invalid('InvalidDiskType.ValueNotSupported', 'The specified disk type is not supported.');
  const category = params.text('Category') ?? 'all';
  if (category !== 'all' && !categoryOf(category))
    throw invalid('InvalidCategory.ValueNotSupported', 'The specified disk category is not supported.');
  const status = params.text('Status') ?? 'All';
  if (!statuses.includes(status))
    throw invalid('InvalidStatus.ValueNotSupported', 'The specified disk status is not supported.');
  const zone = params.text('ZoneId');
  if (zone !== undefined && !site.zones.includes(zone))
    throw invalid('InvalidZoneId.NotFound', 'The zoneId provided does not exist in our records.');
  const tests: ((disk: Disk) => boolean)[] = [];
  const same = (field: string, of: (disk: Disk) => string | undefined) => {
    const wanted = params.text(field);
    if (wanted !== undefined) tests.push(disk => of(disk) === wanted);
  };
  const flag = (field: string, of: (disk: Disk) => boolean) => {
    const wanted = params.boolean(field);
    if (wanted !== undefined) tests.push(disk => of(disk) === wanted);
  };
  same('InstanceId', disk => disk.instance?.id);
  same('DiskName', disk => disk.name);
  same('SnapshotId', disk => disk.sourceSnapshot);
  same('DiskChargeType', disk => disk.chargeType);
  flag('Portable', disk => disk.type === 'data' && disk.chargeType === 'PostPaid');
  flag('DeleteWithInstance', disk => disk.deleteWithInstance);
  flag('DeleteAutoSnapshot', disk => disk.deleteAutoSnapshot);
  flag('Encrypted', disk => disk.encrypted);
  const has = tagFilter(params);
  const candidates = ids
    ? [...new Set(ids)].map(id => site.disks.get(id)).filter(each => each !== undefined)
    : [...site.disks.values()];
  const all = candidates.filter(
    disk =>
      (type === 'all' || type === disk.type) &&
      (category === 'all' || category === disk.category) &&
      (status === 'All' || status === diskStatus(disk, now)) &&
      (zone === undefined || zone === disk.zone) &&
      has(disk) &&
      tests.every(test => test(disk)),
  );
  const tokened = params.text('NextToken') !== undefined || params.text('MaxResults') !== undefined;
  const { records, members } = page(params, all, tokened ? 500 : 100);
  return { ...members, Disks: { Disk: records.map(disk => view(site, disk, now)) } };
}

/** One by DiskId, several by DiskIds.N. */
export function modifyDiskAttribute(call: Call): Answer {
  const { params } = call;
  const ids = params.list('DiskIds');
  const disks =
    ids.length === 0
      ? [namedDisk(call).record]
      : ids.map(id => {
          const found = find(call, site => site.disks, id);
          if (!found) throw notFound('InvalidDiskId.NotFound', 'disk');
          return found.record;
        });
  const name = readName(params, 'DiskName');
  const description = readDescription(params);
  const withInstance = params.boolean('DeleteWithInstance');
  const withSnapshots = params.boolean('DeleteAutoSnapshot');
  const automatic = params.boolean('EnableAutoSnapshot');
  for (const disk of disks) {
    if (name !== '') disk.name = name;
    if (description !== '') disk.description = description;
    disk.deleteWithInstance = withInstance ?? disk.deleteWithInstance;
    disk.deleteAutoSnapshot = withSnapshots ?? disk.deleteAutoSnapshot;
    disk.enableAutoSnapshot = automatic ?? disk.enableAutoSnapshot;
  }
  return {};
}

export function deleteDisk(call: Call): Answer {
  const { site, record } = namedDisk(call);
  const now = call.world.now();
  if (record.type === 'system' && record.instance)
    throw new AliError(
      'DiskTypeViolation',
      'The specified disk is a system disk and cannot support the operation.',
      403,
    );
  if (diskStatus(record, now) !== 'Available')
    throw new AliError(
      'IncorrectDiskStatus',
      'The current disk status does not support this operation.',
      403,
    );
  if (isSnapshotting(record, now))
    throw new AliError(
      'DiskCreatingSnapshot',
      'The operation is denied due to a snapshot of the specified disk is not completed yet.',
      403,
    );
  commit(call);
  dropDisk(site, record);
  return {};
}
