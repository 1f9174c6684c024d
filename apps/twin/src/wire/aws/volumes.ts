/** CreateVolume, DescribeVolumes, DeleteVolume. Source: EC2 API reference; EBS user guide, "Volume lifecycle". */
import { commit, type Call } from './call.ts';
import { Ec2Error, combination, missing } from './errors.ts';
import { filterAll, page } from './filters.ts';
import { lookup, notFound } from './ids.ts';
import { later } from './instance-life.ts';
import { iso } from './instance-view.ts';
import { smallerThanSnapshot } from './launch-disks.ts';
import { repeated } from './once.ts';
import { own } from './query.ts';
import type { Attachment, Snapshot, Volume } from './records.ts';
import type { AwsSite } from './site.ts';
import { specifiedTags, tagSet } from './tags.ts';
import { allVolumes, checkStorage, findVolume, takeStorage, volumeOrder } from './volume-records.ts';
import { askedFigures, multiAttachable, readFigures } from './volume-types.ts';
import type { Members } from './xml.ts';
import type { Zone } from './zones.ts';

export const stateOfVolume = ({ attachments, state }: Volume): string =>
  attachments.length > 0 ? 'in-use' : state;

/** The account's own key, as `alias/aws/ebs` names it: one a region. */
export const kmsKey = ({ region, accountId }: AwsSite): string =>
  `arn:aws:kms:${region}:${accountId}:alias/aws/ebs`;

export const attachmentView = (volume: Volume, one: Attachment, status: string = one.state): Members => ({
  volumeId: volume.id,
  instanceId: one.instance.id,
  device: one.device,
  status,
  attachTime: iso(one.at),
  deleteOnTermination: one.deleteOnTermination,
});

function volumeView(site: AwsSite, volume: Volume): Members {
  const { id, shape, zone, attachments, createdAt, multiAttach, tags } = volume;
  return {
    volumeId: id,
    size: shape.sizeGib,
    snapshotId: shape.snapshot ?? '',
    availabilityZone: zone.name,
    availabilityZoneId: zone.id,
    status: stateOfVolume(volume),
    createTime: iso(createdAt),
    attachmentSet: attachments.map(one => attachmentView(volume, one)),
    tagSet: tagSet(tags),
    volumeType: shape.type,
    iops: shape.iops,
    throughput: shape.throughput,
    encrypted: shape.encrypted,
    kmsKeyId: shape.encrypted ? kmsKey(site) : undefined,
    multiAttachEnabled: multiAttach,
  };
}

const each =
  (look: (one: Attachment) => string) =>
  ({ attachments }: Volume) =>
    attachments.map(look);

const volumeFilters = {
  'attachment.attach-time': each(one => iso(one.at)),
  'attachment.delete-on-termination': each(one => `${one.deleteOnTermination}`),
  'attachment.device': each(one => one.device),
  'attachment.instance-id': each(one => one.instance.id),
  'attachment.status': each(one => one.state),
  'availability-zone': ({ zone }: Volume) => zone.name,
  'availability-zone-id': ({ zone }: Volume) => zone.id,
  'create-time': ({ createdAt }: Volume) => iso(createdAt),
  encrypted: ({ shape }: Volume) => shape.encrypted,
  'fast-restored': () => false,
  'multi-attach-enabled': ({ multiAttach }: Volume) => multiAttach,
  size: ({ shape }: Volume) => shape.sizeGib,
  'snapshot-id': ({ shape }: Volume) => shape.snapshot ?? '',
  status: stateOfVolume,
  'volume-id': ({ id }: Volume) => id,
  'volume-type': ({ shape }: Volume) => shape.type,
};

export function describeVolumes({ site, params }: Call): Members {
  const ids = new Set(params.texts('VolumeId'));
  const volumes = allVolumes(site);
  const asked = ids.size === 0 ? volumes : volumes.filter(one => ids.has(one.id));
  if (asked.length < ids.size) {
    const unknown = [...ids].filter(id => !asked.some(one => one.id === id));
    for (const id of unknown) findVolume(site, id);
    throw notFound('volume', ...unknown);
  }
  const found = filterAll(params, volumeFilters, asked);
  const rule = { least: 5, most: 1000, not: 'VolumeId' };
  const { records, nextToken } = page(params, 'DescribeVolumes', found, rule);
  return { volumeSet: records.map(volume => volumeView(site, volume)), nextToken };
}

function readZone({ site, params }: Call): Zone {
  const name = params.text('AvailabilityZone');
  const id = params.text('AvailabilityZoneId');
  if ((name === undefined || name === '') && (id === undefined || id === ''))
    throw missing('AvailabilityZone');
  if (name !== undefined && id !== undefined)
    throw combination('The parameters AvailabilityZone and AvailabilityZoneId cannot be used together');
  const zone = site.zones.find(one => (name === undefined ? one.id === id : one.name === name));
  if (!zone) throw new Ec2Error('InvalidZone.NotFound', `The zone '${name ?? id ?? ''}' does not exist.`);
  return zone;
}

function readSnapshot({ site, params }: Call): Snapshot | undefined {
  const id = params.text('SnapshotId');
  if (id === undefined || id === '') return undefined;
  const snapshot = lookup(site.snapshots, 'snapshot', id);
  if (snapshot.state !== 'completed')
    throw new Ec2Error('IncorrectState', `Snapshot is in invalid state - ${snapshot.state}`);
  return snapshot;
}

export function createVolume(call: Call): Members {
  const { site, world, params } = call;
  const { token, digest, standing } = repeated(params, site.volumeTokens);
  if (standing) {
    commit(call);
    return volumeView(site, standing.volume);
  }
  const zone = readZone(call);
  const snapshot = readSnapshot(call);
  const sizeGib = params.integer('Size') ?? snapshot?.sizeGib;
  if (sizeGib === undefined) throw missing('size or snapshotId');
  if (snapshot && sizeGib < snapshot.sizeGib)
    throw new Ec2Error('InvalidParameterValue', smallerThanSnapshot(sizeGib, snapshot.id, snapshot.sizeGib));
  const type = params.text('VolumeType') ?? 'gp2';
  const figures = readFigures(type, sizeGib, askedFigures(params));
  const multiAttach = params.boolean('MultiAttachEnabled') ?? false;
  if (multiAttach && !multiAttachable(type))
    throw combination(`Multi-Attach is not supported for volume type '${type}'.`);
  const encrypted = params.boolean('Encrypted') ?? snapshot?.encrypted ?? false;
  if (snapshot?.encrypted === true && !encrypted)
    throw new Ec2Error('InvalidParameterDependency', `The snapshot ${snapshot.id} is encrypted.`);
  if (params.text('KmsKeyId') !== undefined) {
    if (!encrypted)
      throw new Ec2Error(
        'InvalidParameterDependency',
        'The parameter KmsKeyId requires the parameter Encrypted to be set.',
      );
    if (params.text('KmsKeyId') !== 'alias/aws/ebs' && params.text('KmsKeyId') !== kmsKey(site))
      throw new Ec2Error('InvalidParameterValue', 'The account has no such KMS key; alias/aws/ebs is there.');
  }
  const tags = specifiedTags(params, 'volume');
  checkStorage(site, type, sizeGib);
  commit(call);
  takeStorage(site, type, sizeGib);
  const volume: Volume = {
    n: volumeOrder(site.next()),
    id: site.newId('vol'),
    tags,
    shape: { ...figures, type: own(type), snapshot: snapshot?.id, encrypted },
    zone,
    state: 'creating',
    multiAttach,
    createdAt: world.now(),
    attachments: [],
    modification: undefined,
    modifiedAt: [],
  };
  site.volumes.set(volume.id, volume);
  if (token !== '') site.volumeTokens.set(own(token), { digest, volume });
  later(call, site.cloud.delays.create, () => {
    if (volume.state === 'creating') volume.state = 'available';
  });
  return volumeView(site, volume);
}

export function deleteVolume(call: Call): Members {
  const { site, params } = call;
  const volume = findVolume(site, params.required('VolumeId'));
  const { id, attachments, state } = volume;
  const [first] = attachments;
  if (first) throw new Ec2Error('VolumeInUse', `Volume ${id} is currently attached to ${first.instance.id}`);
  if (state !== 'available')
    throw new Ec2Error('IncorrectState', `The volume '${id}' is in the '${state}' state.`);
  commit(call);
  volume.state = 'deleting';
  later(call, site.cloud.delays.terminate, () => {
    site.volumes.delete(id);
    for (const [token, one] of site.volumeTokens) if (one.volume === volume) site.volumeTokens.delete(token);
  });
  return { return: true };
}
