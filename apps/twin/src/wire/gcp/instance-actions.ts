/** What is done to an instance that stands. Source: API reference, instances; "VM instance lifecycle". */
import type { MachineState } from '../../world/machines.ts';
import { regionOf } from './account.ts';
import { metadataItems, neededText } from './body.ts';
import { checkFingerprint, checkLabels, own, type Call } from './call.ts';
import { keepFiles } from './captures.ts';
import { GcpError, invalid, notReady } from './errors.ts';
import { applyKeys } from './instance-keys.ts';
import { bury, count, giveNatIp, rest } from './instance-life.ts';
import { act, idle, isDown, wrongState } from './instance-order.ts';
import { acceleratorsOf, lateError, noMigration, schedulingOf, tagsOf, typeOf } from './instance-request.ts';
import { instancePath, labelsPrint, metadataPrint, tagsPrint } from './instance-view.ts';
import { findInstance } from './instances.ts';
import { checkCpuQuota, checkGpuQuota } from './quotas.ts';
import type { Instance } from './records.ts';
import { route } from './router.ts';

const left = (instance: Instance, state: MachineState) => () => instance.machine.state !== state;

function boot(call: Call, type: 'start' | 'resume') {
  const { world, account } = call;
  const instance = idle(call);
  const { machine } = instance;
  if (type === 'start' && machine.state === 'running') return act(call, instance, type);
  if (!isDown(instance) || instance.suspended !== (type === 'resume'))
    throw wrongState(call, instance, type === 'resume' ? 'SUSPENDED' : 'TERMINATED');
  if (!instance.disks.some(each => each.boot))
    throw new GcpError(400, 'invalid', 'The instance has no boot disk: attach one before it is started.');
  const region = regionOf(instance.zone);
  checkCpuQuota(account, region, instance.type.cpus);
  checkGpuQuota(account, region, instance.accelerators);
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
  for (const { disk, boot: boots, autoDelete } of instance.disks)
    if (boots && !autoDelete) keepFiles(world, account, disk);
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
    const labels = checkLabels(call, labelsPrint(instance));
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
    // Types that come with accelerators bring theirs, and take them away again.
    const accelerators =
      type.accelerator || instance.type.accelerator ? acceleratorsOf(call, {}, type) : instance.accelerators;
    if (accelerators.length > 0 && instance.scheduling.onHostMaintenance === 'MIGRATE') throw noMigration();
    return act(call, instance, 'setMachineType', {
      finish() {
        count(call.account, instance, false);
        instance.type = type;
        instance.accelerators = accelerators;
        instance.machine.cpus = type.cpus;
        instance.machine.memoryMib = Math.floor(type.memoryMb);
      },
    });
  }),
  route('instances.setMachineResources', at('setMachineResources'), call => {
    const instance = idle(call);
    if (!isDown(instance) || instance.suspended) throw wrongState(call, instance, 'TERMINATED');
    const accelerators = acceleratorsOf(call, call.body, instance.type);
    if (accelerators.length > 0 && instance.scheduling.onHostMaintenance === 'MIGRATE') throw noMigration();
    return act(call, instance, 'setMachineResources', {
      finish() {
        count(call.account, instance, false);
        instance.accelerators = accelerators;
      },
    });
  }),
  route('instances.setScheduling', at('setScheduling'), call => {
    const instance = idle(call);
    const scheduling = schedulingOf({ scheduling: call.body }, instance.accelerators.length > 0);
    if (scheduling.preemptible !== instance.scheduling.preemptible && !isDown(instance))
      throw invalid('scheduling.preemptible', String(scheduling.preemptible), 'Stop the instance first.');
    return act(call, instance, 'setScheduling', {
      finish() {
        instance.scheduling = scheduling;
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
  route('instances.getSerialPortOutput', 'GET zones/{zone}/instances/{name}/serialPort', serialPort),
];
