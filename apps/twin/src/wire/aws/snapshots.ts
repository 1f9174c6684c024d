/** Snapshots of volumes. Source: EC2 API reference, CreateSnapshot, DescribeSnapshots, DeleteSnapshot. Public ones there are none. */
import { commit, type Call } from './call.ts';
import { Ec2Error, invalidValue } from './errors.ts';
import { filterAll, page } from './filters.ts';
import { lookup, select } from './ids.ts';
import { later } from './instance-life.ts';
import { iso } from './instance-view.ts';
import { own } from './query.ts';
import { quota } from './quotas.ts';
import type { Snapshot, Tags, Volume } from './records.ts';
import type { AwsSite } from './site.ts';
import { specifiedTags, tagSet } from './tags.ts';
import { findVolume } from './volume-records.ts';
import { kmsKey } from './volumes.ts';
import type { Members } from './xml.ts';

function snapshotView(site: AwsSite, snapshot: Snapshot): Members {
  const done = snapshot.state === 'completed';
  return {
    snapshotId: snapshot.id,
    volumeId: snapshot.volume,
    status: snapshot.state,
    startTime: iso(snapshot.startedAt),
    completionTime: done ? iso(snapshot.completedAt) : undefined,
    progress: done ? '100%' : '',
    ownerId: site.accountId,
    volumeSize: snapshot.sizeGib,
    description: snapshot.description,
    encrypted: snapshot.encrypted,
    kmsKeyId: snapshot.encrypted ? kmsKey(site) : undefined,
    storageTier: 'standard',
    tagSet: tagSet(snapshot.tags),
  };
}

export function checkSnapshots(site: AwsSite, more: number): void {
  const limit = quota(site.cloud, 'snapshots');
  if (site.snapshots.size + more > limit)
    throw new Ec2Error(
      'SnapshotLimitExceeded',
      `You have exceeded your maximum snapshot limit of ${limit} in this region.`,
    );
}

export function makeSnapshot(call: Call, volume: Volume, description: string, tags: Tags): Snapshot {
  const { site, world } = call;
  const snapshot: Snapshot = {
    n: site.next(),
    id: site.newId('snap'),
    tags,
    volume: volume.id,
    sizeGib: volume.shape.sizeGib,
    encrypted: volume.shape.encrypted,
    description,
    startedAt: world.now(),
    completedAt: 0,
    state: 'pending',
  };
  site.snapshots.set(snapshot.id, snapshot);
  later(call, site.cloud.delays.create, () => {
    snapshot.state = 'completed';
    snapshot.completedAt = world.now();
  });
  return snapshot;
}

export function createSnapshot(call: Call): Members {
  const { site, params } = call;
  const volume = findVolume(site, params.required('VolumeId'));
  if (volume.state !== 'available')
    throw new Ec2Error('IncorrectState', `The volume '${volume.id}' is in the '${volume.state}' state.`);
  const description = params.text('Description') ?? '';
  if (description.length > 255)
    throw invalidValue(`${description.slice(0, 80)}…`, 'description', 'At most 255 characters.');
  const tags = specifiedTags(params, 'snapshot');
  checkSnapshots(site, 1);
  let pending = 0;
  for (const one of site.snapshots.values())
    if (one.volume === volume.id && one.state === 'pending') pending++;
  const slow = volume.shape.type === 'st1' || volume.shape.type === 'sc1';
  if (pending >= (slow ? 1 : quota(site.cloud, 'snapshotsPerVolumeAtOnce')))
    throw new Ec2Error(
      'ConcurrentSnapshotLimitExceeded',
      'Maximum allowed in-progress snapshots for a single volume exceeded.',
    );
  commit(call);
  return snapshotView(site, makeSnapshot(call, volume, own(description), tags));
}

const snapshotFilters = (site: AwsSite) => ({
  description: (one: Snapshot) => one.description,
  encrypted: (one: Snapshot) => one.encrypted,
  'owner-alias': () => undefined,
  'owner-id': () => site.accountId,
  progress: (one: Snapshot) => (one.state === 'completed' ? '100%' : '0%'),
  'snapshot-id': (one: Snapshot) => one.id,
  'start-time': (one: Snapshot) => iso(one.startedAt),
  status: (one: Snapshot) => one.state,
  'storage-tier': () => 'standard',
  'transfer-type': () => undefined,
  'volume-id': (one: Snapshot) => one.volume,
  'volume-size': (one: Snapshot) => one.sizeGib,
});

export function describeSnapshots({ site, params }: Call): Members {
  const owners = params.texts('Owner');
  const restorers = params.texts('RestorableBy');
  const mine = (names: string[]) =>
    names.length === 0 || names.includes('self') || names.includes(site.accountId);
  const chosen = select(site.snapshots, 'snapshot', params.texts('SnapshotId'));
  const visible = mine(owners) && mine(restorers) ? chosen : [];
  const found = filterAll(params, snapshotFilters(site), visible);
  const rule = { least: 5, most: 1000, not: 'SnapshotId' };
  const { records, nextToken } = page(params, 'DescribeSnapshots', found, rule);
  return { snapshotSet: records.map(one => snapshotView(site, one)), nextToken };
}

/** The image that needs the snapshot. */
export function userOf(site: AwsSite, snapshot: string): string | undefined {
  for (const image of site.ownImages.values())
    if (image.disks.some(disk => disk.snapshot === snapshot)) return image.id;
  return undefined;
}

export function deleteSnapshot(call: Call): Members {
  const { site, params } = call;
  const { id } = lookup(site.snapshots, 'snapshot', params.required('SnapshotId'));
  const user = userOf(site, id);
  if (user !== undefined)
    throw new Ec2Error('InvalidSnapshot.InUse', `The snapshot ${id} is currently in use by ${user}`);
  commit(call);
  site.snapshots.delete(id);
  return { return: true };
}
