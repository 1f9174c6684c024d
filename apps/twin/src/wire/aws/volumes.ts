/** Volumes: those of instances, and those that outlived theirs. */
import { commit, type Call } from './call.ts';
import { volumeId } from './derived.ts';
import { Ec2Error } from './errors.ts';
import { filterAll, page } from './filters.ts';
import { notFound } from './ids.ts';
import { iso } from './instance-view.ts';
import type { Disk, Instance, Tags } from './records.ts';
import type { AwsSite } from './site.ts';
import { tagSet } from './tags.ts';
import type { Members } from './xml.ts';

interface Row {
  n: number;
  id: string;
  disk: Disk;
  zone: string;
  createdAt: number;
  tags: Tags;
  instance: Instance | undefined;
}

function all(site: AwsSite): Row[] {
  const rows: Row[] = [];
  for (const instance of site.instances.values()) {
    if (instance.machine.state === 'terminated') continue;
    for (const [index, disk] of instance.disks.entries())
      rows.push({
        // Between two instances there is room for the volumes of the first.
        n: instance.n * 16 + index,
        id: volumeId(instance.id, index),
        disk,
        zone: instance.subnet.zone.name,
        createdAt: instance.launchedAt,
        tags: instance.diskTags,
        instance,
      });
  }
  for (const volume of site.volumes.values()) rows.push({ ...volume, n: volume.n * 16, instance: undefined });
  return rows.sort((a, b) => a.n - b.n);
}

const status = (row: Row) => (row.instance ? 'in-use' : 'available');

const volumeFilters = {
  'attachment.delete-on-termination': (row: Row) => (row.instance ? row.disk.deleteOnTermination : undefined),
  'attachment.device': (row: Row) => (row.instance ? row.disk.device : undefined),
  'attachment.instance-id': (row: Row) => row.instance?.id,
  'attachment.status': (row: Row) => (row.instance ? 'attached' : undefined),
  'availability-zone': (row: Row) => row.zone,
  'create-time': (row: Row) => iso(row.createdAt),
  encrypted: () => false,
  size: (row: Row) => row.disk.sizeGib,
  'snapshot-id': (row: Row) => row.disk.snapshot ?? '',
  status,
  'volume-id': (row: Row) => row.id,
  'volume-type': (row: Row) => row.disk.type,
};

export function describeVolumes({ site, params }: Call): Members {
  const ids = params.texts('VolumeId');
  const rows = all(site);
  const unknown = ids.filter(id => !rows.some(row => row.id === id));
  if (unknown.length > 0) throw notFound('volume', ...unknown);
  const found = filterAll(
    params,
    volumeFilters,
    ids.length === 0 ? rows : rows.filter(row => ids.includes(row.id)),
  );
  const { records, nextToken } = page(params, 'DescribeVolumes', found, {
    least: 5,
    most: 1000,
    not: 'VolumeId',
  });
  return {
    volumeSet: records.map(row => ({
      volumeId: row.id,
      size: row.disk.sizeGib,
      snapshotId: row.disk.snapshot ?? '',
      availabilityZone: row.zone,
      status: status(row),
      createTime: iso(row.createdAt),
      attachmentSet: row.instance
        ? [
            {
              volumeId: row.id,
              instanceId: row.instance.id,
              device: row.disk.device,
              status: 'attached',
              attachTime: iso(row.createdAt),
              deleteOnTermination: row.disk.deleteOnTermination,
            },
          ]
        : [],
      volumeType: row.disk.type,
      encrypted: false,
      multiAttachEnabled: false,
      tagSet: tagSet(row.tags),
    })),
    nextToken,
  };
}

export function deleteVolume(call: Call): Members {
  const { site, params } = call;
  const id = params.required('VolumeId');
  if (!site.volumes.has(id)) {
    const row = all(site).find(one => one.id === id);
    if (row)
      throw new Ec2Error('VolumeInUse', `Volume ${id} is currently attached to ${row.instance?.id ?? ''}`);
    throw notFound('volume', id);
  }
  commit(call);
  site.volumes.delete(id);
  return { return: true };
}
