/**
 * Block device mappings: the volumes of an instance to be (the image's, changed and added to by `BlockDeviceMapping.N`) and of an
 * image to be (the instance's, likewise). Source: EC2 user guide, "Block device mappings for volumes".
 */
import type { Call } from './call.ts';
import { mostVolumes } from './derived.ts';
import { Ec2Error } from './errors.ts';
import type { Image } from './image-catalogue.ts';
import { lookup } from './ids.ts';
import { own, type Params } from './query.ts';
import type { Disk, OwnImage } from './records.ts';
import type { AwsSite } from './site.ts';
import { askedFigures, checkType, readFigures } from './volume-types.ts';

/** One array an image, shared by all instances that take it as it is. */
const usual = new WeakMap<Image, readonly Disk[]>();

/** The volumes that an image makes. */
export function disksOf(image: Image | OwnImage): readonly Disk[] {
  if ('disks' in image) return image.disks;
  let disks = usual.get(image);
  if (!disks) {
    disks = [
      {
        device: image.rootDevice,
        ...readFigures(image.rootType, image.rootGib, { iops: undefined, throughput: undefined }),
        snapshot: image.snapshot,
        encrypted: false,
        deleteOnTermination: true,
      },
    ];
    usual.set(image, disks);
  }
  return disks;
}

const badMapping = (message: string) => new Ec2Error('InvalidBlockDeviceMapping', message);

export const smallerThanSnapshot = (sizeGib: number, snapshot: string, least: number): string =>
  `Volume of size ${sizeGib}GB is smaller than snapshot '${snapshot}', expect size >= ${least}GB`;

/** EBS user guide, "Device names for volumes". */
export const isDevice = (name: string): boolean =>
  /^(?:\/dev\/)?(?:sd[a-z](?:[1-9]|1[0-5])?|xvd[a-e]?[a-z](?:[1-9]|1[0-5])?|hd[a-d])$/.test(name);

/** What the volume begins with: what stands at the device, or a snapshot of the account's. */
function source(site: AwsSite, mapping: Params, standing: Disk | undefined) {
  const id = mapping.text('Ebs.SnapshotId');
  if (id === undefined || id === '' || id === standing?.snapshot)
    return { snapshot: standing?.snapshot, least: standing?.sizeGib, encrypted: standing?.encrypted };
  const snapshot = lookup(site.snapshots, 'snapshot', id);
  if (snapshot.state !== 'completed')
    throw new Ec2Error('IncorrectState', `Snapshot is in invalid state - ${snapshot.state}`);
  return { snapshot: snapshot.id, least: snapshot.sizeGib, encrypted: snapshot.encrypted };
}

function readDisk(site: AwsSite, mapping: Params, device: string, standing: Disk | undefined): Disk {
  const { snapshot, least, encrypted } = source(site, mapping, standing);
  const sizeGib = mapping.integer('Ebs.VolumeSize') ?? least;
  const type = mapping.text('Ebs.VolumeType') ?? standing?.type ?? 'gp2';
  checkType(type);
  if (sizeGib === undefined) throw badMapping(`The mapping of ${device} needs a volume size or a snapshot.`);
  if (least !== undefined && sizeGib < least)
    throw badMapping(smallerThanSnapshot(sizeGib, snapshot ?? '', least));
  const asked = askedFigures(mapping, 'Ebs.');
  const same = standing?.type === type;
  // gp2's figure follows the size; it is never asked for.
  const keeps = same && type !== 'gp2';
  const figures = readFigures(type, sizeGib, {
    iops: asked.iops ?? (keeps ? standing.iops : undefined),
    throughput: asked.throughput ?? (keeps ? standing.throughput : undefined),
  });
  const secret = mapping.boolean('Ebs.Encrypted');
  if (secret === false && encrypted === true)
    throw new Ec2Error('InvalidParameterDependency', `The snapshot ${snapshot ?? ''} is encrypted.`);
  return {
    device: own(device),
    ...figures,
    type: own(type),
    snapshot: snapshot === undefined ? undefined : own(snapshot),
    encrypted: secret ?? encrypted ?? false,
    deleteOnTermination: mapping.boolean('Ebs.DeleteOnTermination') ?? standing?.deleteOnTermination ?? false,
  };
}

export function readMappings(
  { site, params }: Call,
  standing: readonly Disk[],
  root: string,
): readonly Disk[] {
  const mappings = params.list('BlockDeviceMapping');
  if (mappings.length === 0) return standing;
  const disks = new Map(standing.map(disk => [disk.device, disk]));
  const seen = new Set<string>();
  for (const mapping of mappings) {
    const device = mapping.required('DeviceName');
    if (seen.has(device))
      throw badMapping(`The device '${device}' is used in more than one block-device mapping`);
    seen.add(device);
    if (!isDevice(device))
      throw new Ec2Error(
        'InvalidParameterValue',
        `Value (${device}) for parameter deviceName is invalid. ${device} is not a valid EBS device name.`,
      );
    // Local disks of the host (ephemeral0 …) come with the type and are no volumes.
    if (mapping.text('VirtualName') !== undefined) continue;
    if (mapping.text('NoDevice') !== undefined) {
      if (device === root) throw badMapping(`The root device ${device} cannot be suppressed.`);
      disks.delete(device);
    } else disks.set(device, readDisk(site, mapping, device, disks.get(device)));
  }
  if (disks.size > mostVolumes)
    throw new Ec2Error(
      'AttachmentLimitExceeded',
      `At most ${mostVolumes} volumes can be attached at launch.`,
    );
  return [...disks.values()];
}

export const readDisks = (call: Call, image: Image): readonly Disk[] =>
  readMappings(call, disksOf(image), image.rootDevice);
