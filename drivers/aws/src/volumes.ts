/**
 * EBS volumes: those that an instance comes with, which EC2 deletes with it (DeleteOnTermination), and data disks, which it leaves. One
 * that is being deleted, which takes EC2 up to minutes, is gone for us.
 */
import type { Filter, Volume, VolumeState } from '@aws-sdk/client-ec2';
import type { Call } from '@cloud-barista/driver/call';
import type { CloudDisk } from '@cloud-barista/driver/disks';
import type { DiskState } from '@cloud-barista/model/disk';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import type { Ec2 } from './ec2.ts';
import { byToken, filter, isOfVm, nameOf, tokenIn } from './marks.ts';

const resource = 'disk';

const standing = ['creating', 'available', 'in-use', 'error'] as const satisfies VolumeState[];
const states = {
  creating: 'Creating',
  available: 'Available',
  'in-use': 'Attached',
  deleting: 'Deleting',
  deleted: 'NotExist',
  error: 'Failed',
} as const satisfies Record<VolumeState, DiskState>;
/** `busy`: the instance does not let go of it. */
const attachments: Readonly<Record<string, DiskState>> = {
  attaching: 'Attaching',
  attached: 'Attached',
  detaching: 'Detaching',
  busy: 'Detaching',
};

export function toDisk(volume: Volume): CloudDisk {
  const on = volume.Attachments?.find(({ State = '' }) => Object.hasOwn(attachments, State));
  const { State } = volume;
  const own = State !== undefined && Object.hasOwn(states, State) ? states[State] : 'Undefined';
  return {
    id: cloudId(volume.VolumeId ?? ''),
    name: nameOf(volume),
    state: (own === 'Attached' || own === 'Available') && on ? (attachments[on.State ?? ''] ?? own) : own,
    type: volume.VolumeType ?? '',
    sizeGb: volume.Size ?? 0,
    zone: volume.AvailabilityZone ?? '',
    vm: cloudId(on?.InstanceId ?? ''),
    device: on?.Device ?? '',
    created: volume.CreateTime?.toISOString() ?? '',
    ...tokenIn(volume),
  };
}

/** One that comes and goes with its instance: attached so, or just being made with it. */
export const isInstances = (volume: Volume): boolean =>
  volume.Attachments?.some(({ DeleteOnTermination }) => DeleteOnTermination === true) === true ||
  (isOfVm(volume) && volume.State === 'creating');

export const describeVolumes = (ec2: Ec2, call: Call, ...Filters: Filter[]): Promise<Volume[]> =>
  ec2.all(
    call,
    'DescribeVolumes',
    { Filters: [filter('status', ...standing), ...Filters], MaxResults: 1000 },
    { resource },
    out => out.Volumes,
  );

/** All volumes that are attached to an instance, its own among them. */
export const volumesOf = (ec2: Ec2, call: Call, vm: CloudId): Promise<Volume[]> =>
  describeVolumes(ec2, call, filter('attachment.instance-id', vm));

export const markedVolumes = (ec2: Ec2, call: Call, token: Token): Promise<Volume[]> =>
  describeVolumes(ec2, call, byToken(token));

export async function readVolume(ec2: Ec2, call: Call, id: CloudId): Promise<Volume> {
  const { Volumes = [] } = await ec2.ask(
    call,
    'DescribeVolumes',
    { VolumeIds: [id] },
    { resource, name: id },
  );
  const volume = Volumes.find(({ State }) => State !== 'deleting' && State !== 'deleted');
  if (!volume || isInstances(volume))
    throw new BaristaError('not_found', `There is no data disk ${id} in ${ec2.region}.`);
  return volume;
}
