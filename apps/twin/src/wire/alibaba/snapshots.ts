/** Snapshots. Source: ECS API reference: CreateSnapshot, DescribeSnapshots, ModifySnapshotAttribute, DeleteSnapshot. */
import type { World } from '../../world/world.ts';
import { commit, find, idempotent, type Answer, type Call } from './call.ts';
import { copying, diskStatus, isSnapshotting, progressOf } from './disk-life.ts';
import { namedDisk } from './disks.ts';
import { AliError, invalid, notFound } from './errors.ts';
import { catalogueOf, type Image } from './image-catalogue.ts';
import { statusOf } from './instance-life.ts';
import { readDescription, readName } from './names.ts';
import { like, page, second } from './pages.ts';
import { quota } from './quotas.ts';
import type { Disk, Snapshot, Tags } from './records.ts';
import type { AliSite } from './site.ts';
import { ecsTags, readTags, tagFilter } from './tags.ts';
import { resourceGroup } from './vpcs.ts';

/** Throws where no snapshot can be made of the disk now. */
export function checkSnapshot({ world }: Call, disk: Disk): void {
  const now = world.now();
  if (isSnapshotting(disk, now))
    throw new AliError(
      'IncorrectDiskStatus.CreatingSnapshot',
      'A previous snapshot creation is in process.',
      403,
    );
  if (disk.attachedAt === 0)
    throw new AliError(
      'IncorrectDiskStatus.NeverAttached',
      'The specified disk has never been attached to any instance.',
      403,
    );
  if (disk.instance?.unstarted === true)
    throw new AliError(
      'IncorrectDiskStatus.NeverUsed',
      'The specified disk has never been used after creating.',
      403,
    );
  const status = diskStatus(disk, now);
  if (status !== 'In_use' && status !== 'Available')
    throw new AliError(
      'IncorrectDiskStatus',
      'The current disk status does not support this operation.',
      403,
    );
  const instance = disk.instance && statusOf(disk.instance);
  if (instance !== undefined && instance !== 'Running' && instance !== 'Stopped')
    throw new AliError(
      'IncorrectInstanceStatus',
      'The current status of the resource does not support this operation.',
    );
}

/** Of a disk whose instance is gone. */
const systemImage = (site: AliSite, id: string): Image | undefined =>
  catalogueOf(site.cloud).byId.get(id) ?? site.images.get(id);

/** Of a system disk it carries the machine's files, as long as there is a machine. */
export function makeSnapshot(
  { world, site }: { world: World; site: AliSite },
  disk: Disk,
  input: { name: string; description: string; tags: Tags },
): Snapshot {
  const { instance } = disk;
  const id = site.newId('s');
  const key = `${site.cloud.name}/${id}`;
  const snapshot: Snapshot = {
    ...input,
    id,
    createdAt: world.now(),
    readyAt: world.now() + copying(site),
    diskId: disk.id,
    diskType: disk.type,
    category: disk.category,
    sizeGib: disk.sizeGib,
    encrypted: disk.encrypted,
    image: disk.type === 'system' ? (instance?.image ?? systemImage(site, disk.imageId)) : undefined,
    capture: disk.type === 'system' && instance ? key : undefined,
    images: 0,
    disks: 0,
  };
  if (instance && snapshot.capture !== undefined) world.machines.capture(instance.machine, snapshot.capture);
  site.snapshots.set(id, snapshot);
  disk.snapshot = snapshot;
  return snapshot;
}

export function createSnapshot(call: Call): Answer {
  const { params, world } = call;
  const { site, record: disk } = namedDisk(call);
  return idempotent({ world, params, site, sites: [site] }, 'CreateSnapshot', () => {
    const name = readName(params, 'SnapshotName');
    const description = readDescription(params);
    if (name.startsWith('auto'))
      throw invalid('InvalidSnapshotName.Malformed', 'The specified SnapshotName is wrongly formed.');
    const tags = readTags(params);
    params.integer('RetentionDays', 1, 65_536);
    checkSnapshot(call, disk);
    if (site.snapshots.size >= quota(site.cloud, 'snapshots'))
      throw new AliError('QuotaExceed.Snapshot', 'The snapshot quota exceeds.', 403);
    const snapshot = makeSnapshot({ world, site }, disk, {
      name,
      description,
      tags,
    });
    return { SnapshotId: snapshot.id };
  });
}

export function describeSnapshots({ site, params, world }: Call): Answer {
  const now = world.now();
  const ids = params.json('SnapshotIds');
  if (ids && ids.length > 100)
    throw new AliError(
      'InvalidSnapshotIds.Malformed',
      'The amount of specified snapshot Ids exceeds the limit.',
      403,
    );
  const name = like(params.text('SnapshotName'));
  const diskId = params.text('DiskId');
  const instanceId = params.text('InstanceId');
  if (instanceId !== undefined && !site.instances.has(instanceId))
    throw notFound('InvalidInstanceId.NotFound', 'InstanceId');
  const of =
    instanceId === undefined
      ? undefined
      : new Set(site.instances.get(instanceId)?.disks.map(each => each.id));
  const type = params.text('SourceDiskType');
  const status = params.text('Status') ?? 'all';
  if (!['progressing', 'accomplished', 'failed', 'all'].includes(status))
    throw invalid('InvalidStatus.ValueNotSupported', 'The specified status is not supported.');
  const usage = params.text('Usage');
  const kind = params.text('SnapshotType') ?? 'all';
  const has = tagFilter(params);
  const statusOfSnapshot = (each: Snapshot) => (now < each.readyAt ? 'progressing' : 'accomplished');
  const all = [...site.snapshots.values()].filter(
    each =>
      (!ids || ids.includes(each.id)) &&
      name(each.name) &&
      (diskId === undefined || diskId === each.diskId) &&
      (!of || of.has(each.diskId)) &&
      (type === undefined || type.toLowerCase() === each.diskType) &&
      (status === 'all' || status === statusOfSnapshot(each)) &&
      (usage === undefined || usage === usageOf(each)) &&
      (kind === 'all' || kind === 'user') &&
      has(each),
  );
  const { records, members } = page(params, all, 100);
  return {
    ...members,
    Snapshots: {
      Snapshot: records.map(each => ({
        SnapshotId: each.id,
        SnapshotName: each.name,
        Description: each.description,
        RegionId: site.region,
        Status: statusOfSnapshot(each),
        Progress: progressOf(each, now),
        RemainTime: Math.max(0, Math.ceil((each.readyAt - now) / 1000)),
        Available: now >= each.readyAt,
        SourceDiskId: each.diskId,
        SourceDiskSize: `${each.sizeGib}`,
        SourceDiskType: each.diskType,
        SourceStorageType: 'disk',
        SnapshotType: 'user',
        Category: 'standard',
        InstantAccess: false,
        InstantAccessRetentionDays: 0,
        RetentionDays: 0,
        Encrypted: each.encrypted,
        Usage: usageOf(each),
        ProductCode: '',
        CreationTime: second(each.createdAt),
        LastModifiedTime: second(Math.min(now, each.readyAt)),
        SnapshotLinkId: `sl${each.diskId.slice(1)}`,
        SnapshotSN: each.id.slice(2),
        ResourceGroupId: resourceGroup,
        Tags: ecsTags(each.tags),
      })),
    },
  };
}

const usageOf = ({ images, disks }: Snapshot): string =>
  images > 0 ? (disks > 0 ? 'image_disk' : 'image') : disks > 0 ? 'disk' : 'none';

function named(call: Call): { site: AliSite; record: Snapshot } {
  const found = find(call, site => site.snapshots, call.params.required('SnapshotId'));
  if (!found) throw notFound('InvalidSnapshotId.NotFound', 'SnapshotId');
  return found;
}

export function modifySnapshotAttribute(call: Call): Answer {
  const { record } = named(call);
  const name = readName(call.params, 'SnapshotName');
  const description = readDescription(call.params);
  if (name !== '') record.name = name;
  if (description !== '') record.description = description;
  return {};
}

/** Force takes one away that disks were made of, never one that an image is made of. */
export function deleteSnapshot(call: Call): Answer {
  const { site, record } = named(call);
  if (record.images > 0)
    throw new AliError(
      'SnapshotCreatedImage',
      'The snapshot has been used to create user defined image(s).',
      403,
    );
  if (record.disks > 0 && call.params.boolean('Force') !== true)
    throw new AliError('SnapshotCreatedDisk', 'The snapshot has been used to create disk(s).', 403);
  commit(call);
  site.snapshots.delete(record.id);
  const disk = site.disks.get(record.diskId);
  if (disk?.snapshot === record) disk.snapshot = undefined;
  if (record.capture !== undefined) call.world.machines.discard(record.capture);
  return {};
}
