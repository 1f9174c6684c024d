/** Attaching a volume to an instance, under a device name that is still free there, and detaching it. */
import type { Call } from '@cloud-barista/driver/call';
import { backOff, together } from '@cloud-barista/driver/concurrency';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { CloudId } from '@cloud-barista/model/ids';
import { readVolume, toDisk, volumesOf } from './volumes.ts';
import type { Ec2 } from './ec2.ts';
import { says } from './errors.ts';

const resource = 'disk';

/** What EC2 recommends for data volumes ("Device names for volumes on Amazon EC2 instances"), and the names behind them. */
const devices = [
  ...Array.from('fghijklmnop', letter => `/dev/sd${letter}`),
  ...Array.from('bcdefghijklmnopqrstuvwxyz', letter => `/dev/xvdb${letter}`),
];
/** The kernel may call /dev/sdf /dev/xvdf: one place under two names. */
const placeOf = (device = '') => device.replace(/^\/dev\/(?:sd|xvd)/, '');

/** `claimed` holds the places that attachments under way are about to take. */
export async function attach(
  ec2: Ec2,
  call: Call,
  id: CloudId,
  vm: CloudId,
  claimed: Set<string>,
): Promise<void> {
  const tried = new Set<string>();
  for (;;) {
    const [volume, others] = await together([readVolume(ec2, call, id), volumesOf(ec2, call, vm)]);
    const disk = toDisk(volume);
    if (disk.vm === vm && disk.state !== 'Detaching') return;
    if (disk.vm !== '') throw inUse(id, disk.vm);
    const taken = new Set(
      others.flatMap(({ Attachments = [] }) => Attachments.map(({ Device }) => placeOf(Device))),
    );
    const claim = (device: string) => `${vm} ${placeOf(device)}`;
    const Device = devices.find(
      device => !tried.has(device) && !taken.has(placeOf(device)) && !claimed.has(claim(device)),
    );
    if (Device === undefined)
      throw new BaristaError('resource_exhausted', `Instance ${vm} has no device name left for ${id}.`, {
        next: 'Detach another disk first.',
      });
    claimed.add(claim(Device));
    try {
      await ec2.ask(call, 'AttachVolume', { VolumeId: id, InstanceId: vm, Device }, { resource, name: id });
      return;
    } catch (error) {
      // Attached meanwhile: perhaps by ourselves, where the road sent it twice. The next look tells.
      const lost = says(error, 'VolumeInUse');
      // EC2 has no word of its own for a device name that somebody took in between.
      const refused =
        says(error, 'InvalidParameterValue') && error instanceof Error && error.message.includes(Device);
      if ((!lost && !refused) || tried.size > 5) throw error;
      tried.add(Device);
    } finally {
      claimed.delete(claim(Device));
    }
    await backOff(call.signal, tried.size - 1);
  }
}

const inUse = (id: CloudId, vm: CloudId) =>
  new BaristaError('failed_precondition', `Disk ${id} is attached to ${vm}.`, {
    next: 'Detach it there first.',
    cause: 'VolumeInUse',
  });

export async function detach(ec2: Ec2, call: Call, id: CloudId, vm: CloudId): Promise<void> {
  try {
    await ec2.ask(call, 'DetachVolume', { VolumeId: id, InstanceId: vm }, { resource, name: id });
  } catch (error) {
    // It is free (IncorrectState), another's (InvalidAttachment.NotFound), or no such instance is known: not attached to `vm` is all that is asked.
    if (!hasCode(error, 'failed_precondition', 'not_found')) throw error;
    const disk = toDisk(await readVolume(ec2, call, id));
    if (disk.vm === vm && disk.state !== 'Detaching') throw error;
  }
}
