/** Disks that come to an instance and go. Source: API reference, instances.attachDisk, detachDisk, setDiskAutoDelete. */
import { flag, neededText, text } from './body.ts';
import { own, parameter, type Call } from './call.ts';
import { keepFiles } from './captures.ts';
import { diskPath, linkedDisk } from './disks.ts';
import { GcpError, inUse, invalid } from './errors.ts';
import { checkAttached, mostDisks, readOnlyOf } from './instance-disks.ts';
import { act, idle, isDown, wrongState } from './instance-order.ts';
import { instancePath } from './instance-view.ts';
import type { AttachedDisk, Instance } from './records.ts';
import { route } from './router.ts';

/** persistent-disk-N, the first that is free. */
function freeName({ disks }: Instance): string {
  const taken = new Set(disks.map(each => each.deviceName));
  let n = 0;
  while (taken.has(`persistent-disk-${n}`)) n++;
  return `persistent-disk-${n}`;
}

function attachDisk(call: Call) {
  const instance = idle(call);
  const { body, world } = call;
  const at = 'resource';
  checkAttached(body, at);
  const disk = linkedDisk(call, neededText(body, 'source', at), `${at}.source`);
  if (disk.user)
    throw inUse(
      'disk',
      own(call, diskPath(disk.zone, disk.name)),
      own(call, instancePath(disk.zone, disk.user.name)),
    );
  if (instance.suspended) throw wrongState(call, instance, 'RUNNING or TERMINATED');
  const most = mostDisks(instance.type);
  if (instance.disks.length >= most)
    throw new GcpError(
      400,
      'limitExceeded',
      `Exceeded limit 'maximum_persistent_disks' on resource '${instance.name}'. Limit: ${most}.0`,
    );
  const deviceName = text(body, 'deviceName', at) ?? freeName(instance);
  if (instance.disks.some(each => each.deviceName === deviceName))
    throw invalid(`${at}.deviceName`, deviceName, 'The device name is used already.');
  const boot = flag(body, 'boot', at) ?? false;
  if (boot && !isDown(instance)) throw wrongState(call, instance, 'TERMINATED to get a boot disk');
  if (boot && instance.disks.some(each => each.boot))
    throw new GcpError(400, 'invalid', 'The instance already has a boot disk.');
  if (boot && disk.os === '') throw invalid(`${at}.source`, disk.name, 'The disk is not bootable.');
  const attached: AttachedDisk = {
    disk,
    boot,
    autoDelete: flag(body, 'autoDelete', at) ?? false,
    deviceName,
    readOnly: readOnlyOf(body, at),
  };
  // Nobody else's from now on.
  disk.user = instance;
  return act(call, instance, 'attachDisk', {
    finish() {
      disk.attachedAt = world.now();
      if (boot) instance.disks.unshift(attached);
      else instance.disks.push(attached);
    },
  });
}

/** By the query's deviceName. */
function attachedDisk(call: Call, instance: Instance): AttachedDisk {
  const deviceName = parameter(call, 'deviceName');
  const attached = instance.disks.find(each => each.deviceName === deviceName);
  if (!attached)
    throw invalid('deviceName', deviceName, `No attached disk found with device name '${deviceName}'`);
  return attached;
}

function detachDisk(call: Call) {
  const { account, world } = call;
  const instance = idle(call);
  const attached = attachedDisk(call, instance);
  const { boot, disk } = attached;
  if (boot && (!isDown(instance) || instance.suspended))
    throw wrongState(call, instance, 'TERMINATED to lose its boot disk');
  return act(call, instance, 'detachDisk', {
    finish() {
      if (boot) keepFiles(world, account, disk);
      instance.disks = instance.disks.filter(each => each !== attached);
      disk.user = undefined;
      disk.detachedAt = world.now();
    },
  });
}

function setDiskAutoDelete(call: Call) {
  const instance = idle(call);
  const attached = attachedDisk(call, instance);
  const value = parameter(call, 'autoDelete');
  if (value !== 'true' && value !== 'false')
    throw invalid('autoDelete', value, 'Must be one of true, false.');
  return act(call, instance, 'setDiskAutoDelete', {
    finish() {
      attached.autoDelete = value === 'true';
    },
  });
}

const at = (verb: string) => `POST zones/{zone}/instances/{name}/${verb}`;

export const instanceAttachmentRoutes = [
  route('instances.attachDisk', at('attachDisk'), attachDisk),
  route('instances.detachDisk', at('detachDisk'), detachDisk),
  route('instances.setDiskAutoDelete', at('setDiskAutoDelete'), setDiskAutoDelete),
];
