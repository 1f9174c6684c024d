/** The volumes of an instance to be: the image's root, changed and added to by `BlockDeviceMapping.N`. */
import { mostVolumes } from './derived.ts';
import { Ec2Error } from './errors.ts';
import type { Image } from './image-catalogue.ts';
import { own, type Params } from './query.ts';
import type { Disk } from './records.ts';

/** EBS user guide, "Amazon EBS volume types": gibibytes. */
const volumeTypes: Readonly<Record<string, { least: number; most: number }>> = {
  gp2: { least: 1, most: 16_384 },
  gp3: { least: 1, most: 16_384 },
  io1: { least: 4, most: 16_384 },
  io2: { least: 4, most: 65_536 },
  st1: { least: 125, most: 16_384 },
  sc1: { least: 125, most: 16_384 },
  standard: { least: 1, most: 1024 },
};

/** One array an image, shared by all instances that take it as it is. */
const usual = new WeakMap<Image, readonly Disk[]>();

function usualDisks(image: Image): readonly Disk[] {
  let disks = usual.get(image);
  if (!disks) {
    disks = [
      {
        device: image.rootDevice,
        sizeGib: image.rootGib,
        type: image.rootType,
        snapshot: image.snapshot,
        deleteOnTermination: true,
      },
    ];
    usual.set(image, disks);
  }
  return disks;
}

function readDisk(mapping: Params, device: string, root: Disk | undefined): Disk {
  const bad = (message: string) => new Ec2Error('InvalidBlockDeviceMapping', message);
  const snapshot = mapping.text('Ebs.SnapshotId');
  if (snapshot !== undefined && snapshot !== root?.snapshot)
    throw new Ec2Error('InvalidSnapshot.NotFound', `The snapshot '${snapshot}' does not exist.`);
  const sizeGib = mapping.integer('Ebs.VolumeSize') ?? root?.sizeGib;
  const type = mapping.text('Ebs.VolumeType') ?? root?.type ?? 'gp2';
  const limits = volumeTypes[type];
  if (!limits)
    throw new Ec2Error('InvalidParameterValue', `Value (${type}) for parameter volumeType is invalid.`);
  if (sizeGib === undefined) throw bad(`The mapping of ${device} needs a volume size or a snapshot.`);
  if (root && sizeGib < root.sizeGib)
    throw bad(
      `Volume of size ${sizeGib}GB is smaller than snapshot '${root.snapshot ?? ''}', expect size >= ${root.sizeGib}GB`,
    );
  if (sizeGib < limits.least || sizeGib > limits.most)
    throw new Ec2Error(
      'InvalidParameterValue',
      `Volume of ${sizeGib}GiB is invalid; a ${type} volume has ${limits.least} to ${limits.most} GiB.`,
    );
  return {
    device: own(device),
    sizeGib,
    type: own(type),
    snapshot: root?.snapshot,
    deleteOnTermination: mapping.boolean('Ebs.DeleteOnTermination') ?? root?.deleteOnTermination ?? false,
  };
}

export function readDisks(params: Params, image: Image): readonly Disk[] {
  const mappings = params.list('BlockDeviceMapping');
  const standing = usualDisks(image);
  if (mappings.length === 0) return standing;
  const disks = new Map(standing.map(disk => [disk.device, disk]));
  for (const mapping of mappings) {
    const device = mapping.required('DeviceName');
    // Local disks of the host (ephemeral0 …) come with the type and are no volumes.
    if (mapping.text('VirtualName') !== undefined) continue;
    if (mapping.text('NoDevice') !== undefined) {
      if (device === image.rootDevice)
        throw new Ec2Error('InvalidBlockDeviceMapping', `The root device ${device} cannot be suppressed.`);
      disks.delete(device);
    } else
      disks.set(
        device,
        readDisk(
          mapping,
          device,
          standing.find(disk => disk.device === device),
        ),
      );
  }
  if (disks.size > mostVolumes)
    throw new Ec2Error(
      'AttachmentLimitExceeded',
      `At most ${mostVolumes} volumes can be attached at launch.`,
    );
  return [...disks.values()];
}
