/**
 * Which volumes there are. An instance's volumes are derived from its launch until somebody looks at one of them by itself (attaches,
 * detaches, modifies, tags …): an idle instance stays small. From then on they are records like those that stand for themselves.
 */
import { instanceOfVolume, volumeId } from './derived.ts';
import { Ec2Error } from './errors.ts';
import { checkId, notFound } from './ids.ts';
import { quota } from './quotas.ts';
import type { Attachment, Instance, Volume, VolumeShape } from './records.ts';
import type { AwsSite } from './site.ts';

/** Between two instances there is room for the volumes of the first. */
export const volumeOrder = (n: number, index = 0): number => n * 16 + index;

const derived = (instance: Instance): Volume[] =>
  instance.disks.map((disk, index) => ({
    n: volumeOrder(instance.n, index),
    id: volumeId(instance.id, index),
    tags: instance.diskTags,
    shape: disk,
    zone: instance.subnet.zone,
    state: 'available',
    multiAttach: false,
    createdAt: instance.reservation.at,
    attachments: [
      {
        instance,
        device: disk.device,
        at: instance.reservation.at,
        deleteOnTermination: disk.deleteOnTermination,
        state: 'attached',
      },
    ],
    modification: undefined,
    modifiedAt: [],
  }));

/** The volumes of an instance to read; changes to them may be lost. */
export const volumesOf = (instance: Instance): readonly Volume[] => instance.volumes ?? derived(instance);

/** The volumes of an instance to change. */
export function ownVolumes(site: AwsSite, instance: Instance): Volume[] {
  if (!instance.volumes) {
    instance.volumes = derived(instance);
    for (const volume of instance.volumes) site.volumes.set(volume.id, volume);
  }
  return instance.volumes;
}

export interface Mapped {
  readonly id: string;
  readonly device: string;
  readonly status: Attachment['state'];
  readonly at: number;
  readonly deleteOnTermination: boolean;
}

/** The block device mappings of an instance, without making records. */
export function mappingsOf(instance: Instance): readonly Mapped[] {
  const { volumes, disks, id, reservation } = instance;
  if (!volumes)
    return disks.map(({ device, deleteOnTermination }, index) => ({
      id: volumeId(id, index),
      device,
      status: 'attached',
      at: reservation.at,
      deleteOnTermination,
    }));
  return volumes.flatMap(volume => {
    const one = attachmentTo(volume, instance);
    if (!one) return [];
    const { device, state, at, deleteOnTermination } = one;
    return [{ id: volume.id, device, status: state, at, deleteOnTermination }];
  });
}

export const attachmentTo = (volume: Volume, instance: Instance): Attachment | undefined =>
  volume.attachments.find(one => one.instance === instance);

/** All, ordered by creation. */
export function allVolumes(site: AwsSite): Volume[] {
  const all = [...site.volumes.values()];
  for (const instance of site.instances.values())
    if (!instance.volumes && instance.machine.state !== 'terminated') all.push(...derived(instance));
  return all.sort((a, b) => a.n - b.n);
}

/** A volume to change. Ids of an instance's volumes lead to the instance, so none is searched for. */
export function findVolume(site: AwsSite, id: string): Volume {
  const known = site.volumes.get(id);
  if (known) return known;
  checkId('volume', id);
  const { instance, index } = instanceOfVolume(id);
  const owner = site.instances.get(instance);
  if (!owner || owner.volumes || owner.machine.state === 'terminated' || index >= owner.disks.length)
    throw notFound('volume', id);
  const volume = ownVolumes(site, owner)[index];
  if (!volume) throw notFound('volume', id);
  return volume;
}

/** Drops `attachment` from both sides. */
export function part(volume: Volume, attachment: Attachment): void {
  volume.attachments = volume.attachments.filter(one => one !== attachment);
  const { instance } = attachment;
  instance.volumes = instance.volumes?.filter(one => one !== volume);
}

/** The instance has ended: its volumes go with it, or stay behind. */
export function endVolumes(site: AwsSite, instance: Instance): void {
  if (!instance.volumes && instance.disks.every(disk => disk.deleteOnTermination)) {
    instance.volumes = [];
    return;
  }
  for (const volume of ownVolumes(site, instance)) {
    const attachment = attachmentTo(volume, instance);
    if (!attachment) continue;
    part(volume, attachment);
    if (attachment.deleteOnTermination && volume.attachments.length === 0) site.volumes.delete(volume.id);
  }
  instance.volumes = [];
}

function storage(site: AwsSite): Record<string, number> {
  const sum: Record<string, number> = {};
  const add = ({ type, sizeGib }: VolumeShape) => {
    sum[type] = (sum[type] ?? 0) + sizeGib;
  };
  for (const volume of site.volumes.values()) add(volume.shape);
  for (const instance of site.instances.values()) if (!instance.volumes) instance.disks.forEach(add);
  return sum;
}

/** VolumeLimitExceeded where the type's storage would not hold `gib` more; called before anything is made, `takeStorage` after. */
export function checkStorage(site: AwsSite, type: string, gib: number): void {
  const limit = quota(site.cloud, 'volumeStorageTib');
  if ((site.gib[type] ?? 0) + gib <= limit * 1024) return;
  site.gib = storage(site);
  if ((site.gib[type] ?? 0) + gib <= limit * 1024) return;
  throw new Ec2Error(
    'VolumeLimitExceeded',
    `You have exceeded your maximum ${type} storage limit of ${limit} TiB in this region. Please contact AWS Support to request an Elastic Block Store service limit increase.`,
  );
}

export function takeStorage(site: AwsSite, type: string, gib: number): void {
  site.gib[type] = (site.gib[type] ?? 0) + gib;
}
