/** AttachVolume and DetachVolume. Source: EC2 API reference; EBS user guide, "Attach an Amazon EBS volume to an instance". */
import { commit, type Call } from './call.ts';
import { Ec2Error, combination, invalidValue } from './errors.ts';
import { lookup } from './ids.ts';
import { later, stateOf } from './instance-life.ts';
import { isDevice } from './launch-disks.ts';
import { own } from './query.ts';
import type { Attachment, Instance, Volume } from './records.ts';
import { attachmentTo, findVolume, mappingsOf, ownVolumes, part } from './volume-records.ts';
import { attachmentView, stateOfVolume } from './volumes.ts';
import type { Members } from './xml.ts';

/** EC2 user guide, "Volume limits": 28 attachments of a Nitro instance, its network interface among them; 40 volumes of another. */
const mostAttached = ({ type }: Instance): number => (type.hypervisor === 'nitro' ? 27 : 40);
const mostInstances = 16;

function checkFree({ id, attachments, multiAttach, state }: Volume, instance: Instance): void {
  if (state !== 'available') throw new Ec2Error('IncorrectState', `${id} is not 'available'.`);
  if (attachments.length === 0) return;
  if (!multiAttach || attachments.some(one => one.instance === instance))
    throw new Ec2Error('VolumeInUse', `${id} is already attached to an instance`);
  if (instance.type.hypervisor !== 'nitro')
    throw new Ec2Error('UnsupportedOperation', 'Multi-Attach needs an instance of the Nitro System.');
  if (attachments.length >= mostInstances)
    throw new Ec2Error('AttachmentLimitExceeded', `${id} is attached to ${mostInstances} instances.`);
}

export function attachVolume(call: Call): Members {
  const { site, world, params } = call;
  const [volumeId, instanceId] = [params.required('VolumeId'), params.required('InstanceId')];
  const device = params.required('Device');
  if (!isDevice(device)) throw invalidValue(device, 'device', `${device} is not a valid EBS device name.`);
  const volume = findVolume(site, volumeId);
  const instance = lookup(site.instances, 'instance', instanceId);
  const { name } = stateOf(instance);
  if (name !== 'running' && name !== 'stopped' && name !== 'stopping')
    throw new Ec2Error('IncorrectState', `Instance '${instance.id}' is not 'running'.`);
  checkFree(volume, instance);
  if (volume.zone !== instance.subnet.zone)
    throw new Ec2Error(
      'InvalidVolume.ZoneMismatch',
      `The volume '${volume.id}' is not in the same availability zone as instance '${instance.id}'`,
    );
  const standing = mappingsOf(instance);
  if (standing.some(one => one.device === device))
    throw new Ec2Error(
      'InvalidParameterValue',
      `Invalid value '${device}' for unixDevice. Attachment point ${device} is already in use`,
    );
  if (standing.length >= mostAttached(instance))
    throw new Ec2Error(
      'AttachmentLimitExceeded',
      `The maximum number of attachments (${mostAttached(instance)}) of ${instance.id} has been reached.`,
    );
  commit(call);
  const attachment: Attachment = {
    instance,
    device: own(device),
    at: world.now(),
    deleteOnTermination: false,
    state: 'attaching',
  };
  ownVolumes(site, instance).push(volume);
  volume.attachments.push(attachment);
  later(call, site.cloud.delays.start, () => {
    if (attachment.state === 'attaching') attachment.state = 'attached';
  });
  return attachmentView(volume, attachment);
}

/** The attachment that the request means. */
function meant({ site, params }: Call, volume: Volume): Attachment {
  const { id, attachments } = volume;
  const instanceId = params.text('InstanceId');
  const device = params.text('Device');
  if (attachments.length === 0)
    throw new Ec2Error('IncorrectState', `Volume '${id}' is in the '${stateOfVolume(volume)}' state.`);
  if (instanceId === undefined) {
    const [first, second] = attachments;
    if (second)
      throw combination(`The volume ${id} is attached to more than one instance: InstanceId is needed`);
    if (first && (device === undefined || first.device === device)) return first;
  } else {
    const found = attachmentTo(volume, lookup(site.instances, 'instance', instanceId));
    if (found && (device === undefined || found.device === device)) return found;
  }
  throw new Ec2Error(
    'InvalidAttachment.NotFound',
    `The volume '${id}' is not attached to instance '${instanceId ?? ''}'${device === undefined ? '' : ` as device '${device}'`}.`,
  );
}

export function detachVolume(call: Call): Members {
  const { site, params } = call;
  const volume = findVolume(site, params.required('VolumeId'));
  const attachment = meant(call, volume);
  const { instance, device } = attachment;
  if (attachment.state === 'detaching')
    throw new Ec2Error('IncorrectState', `Volume '${volume.id}' is in the 'detaching' state.`);
  const { name } = stateOf(instance);
  if (device === instance.image.rootDevice && name !== 'stopped')
    throw new Ec2Error(
      'OperationNotPermitted',
      `Unable to detach root volume '${volume.id}' from instance '${instance.id}'`,
    );
  params.boolean('Force');
  commit(call);
  attachment.state = 'detaching';
  later(call, site.cloud.delays.stop, () => {
    if (volume.attachments.includes(attachment)) part(volume, attachment);
  });
  return attachmentView(volume, attachment);
}
