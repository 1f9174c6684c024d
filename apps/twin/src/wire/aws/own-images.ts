/**
 * Images that the account makes of its instances. Source: EC2 API reference, CreateImage, DeregisterImage; EC2 user guide, "Create an
 * Amazon EBS-backed AMI". What is on the machine's disk is captured by the world; snapshots tell of it.
 */
import { commit, type Call } from './call.ts';
import { Ec2Error, invalidValue } from './errors.ts';
import { lookup, checkId, notFound } from './ids.ts';
import type { Image } from './image-catalogue.ts';
import { later, stateOf } from './instance-life.ts';
import { iso } from './instance-view.ts';
import { readMappings } from './launch-disks.ts';
import { own } from './query.ts';
import { quota } from './quotas.ts';
import type { Disk, Instance, OwnImage, Volume } from './records.ts';
import type { AwsSite } from './site.ts';
import { checkSnapshots, makeSnapshot, userOf } from './snapshots.ts';
import { specifiedTags } from './tags.ts';
import { attachmentTo, volumesOf } from './volume-records.ts';
import type { Members } from './xml.ts';

/** Behind all of the catalogue's. */
export const ownImagesFrom = 1_000_000;

/** An image that an instance can be made of. */
export function launchable(site: AwsSite, id: string): Image {
  const own = site.ownImages.get(id);
  if (!own) return lookup(site.images, 'image', id);
  if (own.state === 'available') return own;
  throw new Ec2Error('InvalidAMIID.Unavailable', `The image ID '${id}' is not available`);
}

/** The world's key of the files that a machine of this image begins with. */
export const capturedOf = (image: Image | OwnImage): string | undefined =>
  'captured' in image ? image.captured : undefined;

function readName({ site, params }: Call): string {
  const name = params.required('Name');
  if (name.length < 3 || name.length > 128 || !/^[A-Za-z0-9()[\] ./\-'@_]+$/.test(name))
    throw new Ec2Error(
      'InvalidAMIName.Malformed',
      "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', '.', '-', '/' and '_'",
    );
  for (const image of site.ownImages.values())
    if (image.name === name)
      throw new Ec2Error('InvalidAMIName.Duplicate', `AMI name ${name} is already in use by AMI ${image.id}`);
  return own(name);
}

/** The instance's volumes as mappings of an image, without their snapshots, which are still to be made. */
function standingDisks(instance: Instance): Map<string, { volume: Volume; disk: Disk }> {
  const found = new Map<string, { volume: Volume; disk: Disk }>();
  for (const volume of volumesOf(instance)) {
    const attachment = attachmentTo(volume, instance);
    if (!attachment || attachment.state === 'detaching') continue;
    const { device, deleteOnTermination } = attachment;
    const disk: Disk = { ...volume.shape, snapshot: undefined, device, deleteOnTermination };
    found.set(device, { volume, disk });
  }
  return found;
}

export function createImage(call: Call): Members {
  const { site, world, params } = call;
  const instance = lookup(site.instances, 'instance', params.required('InstanceId'));
  const name = readName(call);
  const { name: state } = stateOf(instance);
  if (state !== 'running' && state !== 'stopped' && state !== 'stopping')
    throw new Ec2Error(
      'IncorrectInstanceState',
      `The instance '${instance.id}' is not in the 'running' or 'stopped' state. (It is ${state}.)`,
    );
  const description = params.text('Description') ?? '';
  if (description.length > 255)
    throw invalidValue(`${description.slice(0, 80)}…`, 'description', 'At most 255 characters.');
  const { rootDevice } = instance.image;
  const standing = standingDisks(instance);
  if (!standing.has(rootDevice))
    throw new Ec2Error(
      'InvalidParameterValue',
      `Instance ${instance.id} does not have a volume attached at root (${rootDevice})`,
    );
  const mapped = readMappings(
    call,
    [...standing.values()].map(one => one.disk),
    rootDevice,
  );
  const tags = specifiedTags(params, 'image', ['image', 'snapshot']);
  const snapshotTags = specifiedTags(params, 'snapshot', ['image', 'snapshot']);
  const noReboot = params.boolean('NoReboot') ?? false;
  checkSnapshots(site, standing.size);
  if (site.ownImages.size >= quota(site.cloud, 'ownImages'))
    throw new Ec2Error(
      'ResourceLimitExceeded',
      'The maximum number of AMIs in this region has been reached.',
    );
  commit(call);

  const id = site.newId('ami');
  const disks = mapped.map((disk): Disk => {
    const source = standing.get(disk.device);
    if (!source || disk.snapshot !== undefined) return disk;
    const told = `Created by CreateImage(${instance.id}) for ${id}`;
    return { ...disk, snapshot: makeSnapshot(call, source.volume, told, snapshotTags).id };
  });
  const root = disks.find(disk => disk.device === rootDevice);
  const image: OwnImage = {
    ...instance.image,
    n: ownImagesFrom + site.next(),
    id,
    tags,
    name,
    description: own(description),
    owner: site.accountId,
    ownerAlias: undefined,
    created: iso(world.now()),
    rootGib: root?.sizeGib ?? 0,
    rootType: root?.type ?? '',
    snapshot: root?.snapshot ?? '',
    state: 'pending',
    disks,
    captured: `${site.cloud.name}/${id}`,
    sourceInstance: instance.id,
    sourceImage: instance.image.id,
  };
  site.ownImages.set(id, image);
  world.machines.capture(instance.machine, image.captured);
  if (!noReboot && instance.machine.state === 'running') world.machines.reboot(instance.machine);
  later(call, site.cloud.delays.create, () => {
    image.state = 'available';
  });
  return { imageId: id };
}

export function deregisterImage(call: Call): Members {
  const { site, world, params } = call;
  const id = params.required('ImageId');
  const image = site.ownImages.get(id);
  if (!image) {
    if (site.images.has(id)) throw new Ec2Error('AuthFailure', `Not authorized for image:${id}`);
    checkId('image', id);
    throw notFound('image', id);
  }
  const alsoSnapshots = params.boolean('DeleteAssociatedSnapshots') ?? false;
  commit(call);
  site.ownImages.delete(id);
  world.machines.discard(image.captured);
  if (!alsoSnapshots) return { return: true };
  const snapshots = image.disks.flatMap(disk => (disk.snapshot === undefined ? [] : [disk.snapshot]));
  return {
    return: true,
    deleteSnapshotResultSet: snapshots.map(snapshotId => {
      const used = userOf(site, snapshotId) !== undefined;
      if (!used) site.snapshots.delete(snapshotId);
      return { snapshotId, returnCode: used ? 'skipped' : 'success' };
    }),
  };
}
