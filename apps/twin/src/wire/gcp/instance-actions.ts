/** What is done to an instance that stands. Source: API reference, instances; "VM instance lifecycle". */
import type { MachineState } from '../../world/machines.ts';
import { regionOf } from './account.ts';
import { flag, labelsOf, metadataItems, neededText, text } from './body.ts';
import { checkFingerprint, own, parameter, type Call } from './call.ts';
import { danglingLink, GcpError, inUse, invalid, notReady } from './errors.ts';
import { diskPath } from './disks.ts';
import { applyKeys } from './instance-keys.ts';
import { bury, count, giveNatIp, rest, statusOf, takeNatIp } from './instance-life.ts';
import { accessConfigOf } from './instance-network.ts';
import { instancePath, labelsPrint, metadataPrint, tagsPrint } from './instance-view.ts';
import { lateError, tagsOf, typeOf } from './instance-request.ts';
import { findInstance } from './instances.ts';
import { begin, ready, type Begin } from './operations.ts';
import { checkCpuQuota, checkRegionQuota, regionUsage } from './quotas.ts';
import type { Instance, Operation } from './records.ts';
import { route } from './router.ts';
import { parseLink } from './text.ts';

const act = (
  call: Call,
  instance: Instance,
  type: string,
  more: Partial<Pick<Begin, 'takes' | 'arrived' | 'finish' | 'error'>> = {},
): Operation =>
  begin(call, {
    type,
    scope: `zones/${instance.zone}`,
    path: instancePath(instance.zone, instance.name),
    target: instance,
    ...more,
  });

/** The instance of the path, with no other operation at work on it. */
const idle = (call: Call): Instance => ready(call, findInstance(call), instancePath(call.zone, call.name));

const left = (instance: Instance, state: MachineState) => () => instance.machine.state !== state;
const isDown = (instance: Instance) => ['stopped', 'crashed'].includes(instance.machine.state);

function wrongState(call: Call, instance: Instance, wanted: string): GcpError {
  return new GcpError(
    400,
    'invalid',
    `Instance '${own(call, instancePath(instance.zone, instance.name))}' is in state ${statusOf(call.world, instance)}: it must be ${wanted}.`,
  );
}

function boot(call: Call, type: 'start' | 'resume') {
  const { world, account } = call;
  const instance = idle(call);
  const { machine } = instance;
  if (type === 'start' && machine.state === 'running') return act(call, instance, type);
  if (!isDown(instance) || instance.suspended !== (type === 'resume'))
    throw wrongState(call, instance, type === 'resume' ? 'SUSPENDED' : 'TERMINATED');
  const region = regionOf(instance.zone);
  checkCpuQuota(account, region, instance.type.cpus);
  const error = lateError(call, instance.zone);
  if (error) return act(call, instance, type, { error });
  // A crashed one still has its address and counts.
  if (!giveNatIp(world, account, instance))
    throw new GcpError(400, 'ipSpaceExhausted', 'No external IP address is left in the region.');
  count(account, instance, true);
  instance.suspended = false;
  instance.bootingAt = world.now();
  world.machines.start(machine);
  return act(call, instance, type, {
    takes: account.cloud.delays.start,
    arrived: left(instance, 'pending'),
    finish() {
      instance.startedAt = world.now();
    },
  });
}

function halt(call: Call, type: 'stop' | 'suspend') {
  const { world, account } = call;
  const instance = idle(call);
  if (isDown(instance) && type === 'stop') {
    instance.suspended = false;
    rest(world, account, instance);
    return act(call, instance, type);
  }
  if (instance.machine.state !== 'running') throw wrongState(call, instance, 'RUNNING');
  instance.suspended = type === 'suspend';
  world.machines.stop(instance.machine);
  return act(call, instance, type, {
    takes: account.cloud.delays.stop,
    arrived: left(instance, 'stopping'),
    // What was told to go meanwhile is not at rest.
    finish: () => isDown(instance) && rest(world, account, instance),
  });
}

function remove(call: Call) {
  const { world, account } = call;
  const instance = findInstance(call);
  const { machine } = instance;
  // One that is on its way up may be deleted; one that is being deleted may not.
  if (instance.busy?.type === 'delete') throw notReady(own(call, instancePath(call.zone, call.name)));
  if (instance.deletionProtection)
    throw new GcpError(
      400,
      'invalid',
      `Invalid resource usage: 'Resource cannot be deleted if it's protected against deletion. Disable deletion protection first.'.`,
    );
  world.machines.terminate(machine);
  return act(call, instance, 'delete', {
    takes: account.cloud.delays.terminate,
    arrived() {
      // A crash on the way out would leave it there for ever.
      if (machine.state === 'crashed') world.machines.terminate(machine);
      return machine.state === 'terminated';
    },
    finish: () => bury(world, account, instance),
  });
}

function setMetadata(call: Call) {
  const instance = idle(call);
  checkFingerprint(call.body['fingerprint'], metadataPrint(instance), 'metadata');
  const items = metadataItems(call.body, 'metadata');
  return act(call, instance, 'setMetadata', {
    finish() {
      instance.metadata = items;
      applyKeys(call.account, instance);
    },
  });
}

function attachDisk(call: Call) {
  const instance = idle(call);
  const { body, zone, world } = call;
  const at = 'resource';
  const source = neededText(body, 'source', at);
  const { name, place } = parseLink(call, source, `${at}.source`, 'disks');
  const standing = call.account.disks.get(place)?.get(name);
  if (!standing || place !== zone) throw danglingLink(`${at}.source`, source, 'disk');
  const disk = ready(call, standing, diskPath(zone, name));
  if (disk.user)
    throw inUse('disk', own(call, diskPath(zone, name)), own(call, instancePath(zone, disk.user.name)));
  const deviceName = text(body, 'deviceName', at) ?? `persistent-disk-${instance.disks.length}`;
  if (instance.disks.some(each => each.deviceName === deviceName))
    throw invalid(`${at}.deviceName`, deviceName, 'The device name is used already.');
  const autoDelete = flag(body, 'autoDelete', at) ?? false;
  const readOnly = text(body, 'mode', at) === 'READ_ONLY';
  // Nobody else's from now on.
  disk.user = instance;
  return act(call, instance, 'attachDisk', {
    finish() {
      disk.attachedAt = world.now();
      instance.disks.push({ disk, boot: false, autoDelete, deviceName, readOnly });
    },
  });
}

function detachDisk(call: Call) {
  const instance = idle(call);
  const deviceName = parameter(call, 'deviceName');
  const attached = instance.disks.find(each => each.deviceName === deviceName);
  if (!attached)
    throw invalid('deviceName', deviceName, `No attached disk found with device name '${deviceName}'`);
  if (attached.boot && !isDown(instance))
    throw wrongState(call, instance, 'TERMINATED to lose its boot disk');
  return act(call, instance, 'detachDisk', {
    finish() {
      instance.disks = instance.disks.filter(each => each !== attached);
      attached.disk.user = undefined;
      attached.disk.detachedAt = call.world.now();
    },
  });
}

const checkInterface = (call: Call) => {
  const name = parameter(call, 'networkInterface');
  if (name !== 'nic0') throw invalid('networkInterface', name, 'No such network interface.');
};

function addAccessConfig(call: Call) {
  const { account, world } = call;
  checkInterface(call);
  const instance = idle(call);
  if (instance.accessConfig)
    throw invalid('access_config', '', 'At most one access config currently supported.');
  const accessConfig = accessConfigOf(call, call.body, 'resource');
  const region = regionOf(instance.zone);
  checkRegionQuota(account, 'IN_USE_ADDRESSES', region, regionUsage(account, region).IN_USE_ADDRESSES);
  instance.accessConfig = accessConfig;
  if (accessConfig.address) accessConfig.address.user = instance;
  if ((!isDown(instance) || accessConfig.address) && !giveNatIp(world, account, instance)) {
    instance.accessConfig = undefined;
    throw new GcpError(400, 'ipSpaceExhausted', 'No external IP address is left in the region.');
  }
  return act(call, instance, 'addAccessConfig');
}

function deleteAccessConfig(call: Call) {
  const { account, world } = call;
  checkInterface(call);
  const name = parameter(call, 'accessConfig');
  const instance = idle(call);
  const config = instance.accessConfig;
  if (config?.name !== name) throw invalid('accessConfig', name, `No access config '${name}' exists.`);
  takeNatIp(world, account, instance);
  if (config.address) config.address.user = undefined;
  instance.accessConfig = undefined;
  return act(call, instance, 'deleteAccessConfig');
}

function serialPort(call: Call) {
  const instance = findInstance(call);
  const { machine } = instance;
  const lines = [
    `SeaBIOS (version 1.8.2-google)`,
    `Booting from Hard Disk 0...`,
    `[    0.000000] Linux version (${machine.osName})`,
    `[    2.104291] systemd[1]: Set hostname to <${machine.hostname}>.`,
    `${machine.osName} ${machine.hostname} ttyS0`,
    '',
    `${machine.hostname} login: `,
  ];
  const contents = machine.bootedAt === 0 ? '' : lines.join('\r\n');
  const start = Number(call.query.get('start') ?? 0) || 0;
  return {
    view: {
      kind: 'compute#serialPortOutput',
      contents: contents.slice(start),
      start: String(start),
      next: String(contents.length),
      selfLink: `${call.base}/${own(call, instancePath(instance.zone, instance.name))}/serialPort`,
    },
  };
}

const at = (verb: string) => `POST zones/{zone}/instances/{name}/${verb}`;

export const instanceActionRoutes = [
  route('instances.start', at('start'), call => boot(call, 'start')),
  route('instances.resume', at('resume'), call => boot(call, 'resume')),
  route('instances.stop', at('stop'), call => halt(call, 'stop')),
  route('instances.suspend', at('suspend'), call => halt(call, 'suspend')),
  route('instances.reset', at('reset'), call => {
    const instance = idle(call);
    if (instance.machine.state !== 'running') throw wrongState(call, instance, 'RUNNING');
    call.world.machines.reboot(instance.machine);
    return act(call, instance, 'reset', {
      takes: call.account.cloud.delays.reboot,
      arrived: left(instance, 'rebooting'),
    });
  }),
  route('instances.delete', 'DELETE zones/{zone}/instances/{name}', remove),
  route('instances.setMetadata', at('setMetadata'), setMetadata),
  route('instances.setTags', at('setTags'), call => {
    const instance = idle(call);
    checkFingerprint(call.body['fingerprint'], tagsPrint(instance), 'tags');
    const tags = tagsOf(call.body, 'tags');
    return act(call, instance, 'setTags', {
      finish() {
        instance.tags = tags;
      },
    });
  }),
  route('instances.setLabels', at('setLabels'), call => {
    const instance = idle(call);
    checkFingerprint(call.body['labelFingerprint'], labelsPrint(instance), 'labels');
    const labels = labelsOf(call.body, 'request');
    return act(call, instance, 'setLabels', {
      finish() {
        instance.labels = labels;
        instance.labelVersion++;
      },
    });
  }),
  route('instances.setMachineType', at('setMachineType'), call => {
    const instance = idle(call);
    const type = typeOf(call, neededText(call.body, 'machineType'), 'machineType');
    if (!isDown(instance) || instance.suspended) throw wrongState(call, instance, 'TERMINATED');
    if (type.arm !== instance.type.arm)
      throw new GcpError(
        400,
        'invalidUsage',
        'The machine type is of another architecture than the boot disk.',
      );
    return act(call, instance, 'setMachineType', {
      finish() {
        count(call.account, instance, false);
        instance.type = type;
        instance.machine.cpus = type.cpus;
        instance.machine.memoryMib = Math.floor(type.memoryMb);
      },
    });
  }),
  route('instances.setDeletionProtection', at('setDeletionProtection'), call => {
    const instance = idle(call);
    const protect = call.query.get('deletionProtection') !== 'false';
    return act(call, instance, 'setDeletionProtection', {
      finish() {
        instance.deletionProtection = protect;
      },
    });
  }),
  route('instances.setDiskAutoDelete', at('setDiskAutoDelete'), call => {
    const instance = idle(call);
    const deviceName = parameter(call, 'deviceName');
    const on = parameter(call, 'autoDelete') === 'true';
    const attached = instance.disks.find(each => each.deviceName === deviceName);
    if (!attached)
      throw invalid('deviceName', deviceName, `No attached disk found with device name '${deviceName}'`);
    return act(call, instance, 'setDiskAutoDelete', {
      finish() {
        attached.autoDelete = on;
      },
    });
  }),
  route('instances.attachDisk', at('attachDisk'), attachDisk),
  route('instances.detachDisk', at('detachDisk'), detachDisk),
  route('instances.addAccessConfig', at('addAccessConfig'), addAccessConfig),
  route('instances.deleteAccessConfig', at('deleteAccessConfig'), deleteAccessConfig),
  route('instances.getSerialPortOutput', 'GET zones/{zone}/instances/{name}/serialPort', serialPort),
];
