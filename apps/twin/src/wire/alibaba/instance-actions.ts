/** What is done to instances, one by one and in batches. Source: ECS API reference: StartInstance(s), StopInstance(s), RebootInstance(s), DeleteInstance(s). */
import { find, commit, type Action, type Answer, type Call } from './call.ts';
import { AliError, invalid, missing, notFound, wrongStatus } from './errors.ts';
import { dropPublicIp, givePublicIp, release, statusOf } from './instance-life.ts';
import { named } from './instances.ts';
import { own } from './params.ts';
import { readDescription, readName } from './names.ts';
import type { Instance, SecurityGroup } from './records.ts';
import type { AliSite } from './site.ts';

interface Deed {
  /** Throws where the instance isn't in the state for it. */
  check(call: Call, instance: Instance, site: AliSite): void;
  carryOut(call: Call, instance: Instance, site: AliSite): void;
}

const start: Deed = {
  check(_call, instance) {
    if (statusOf(instance) !== 'Stopped') throw wrongStatus();
  },
  carryOut({ world }, instance) {
    // An economically stopped one gave its address back and gets another.
    if (instance.economical && instance.bandwidthOut > 0 && !instance.eip) givePublicIp(world, instance);
    instance.economical = false;
    instance.unstarted = false;
    world.machines.start(instance.machine);
  },
};

const stop: Deed = {
  check({ params }, instance) {
    const mode = params.text('StoppedMode') ?? 'KeepCharging';
    if (mode !== 'KeepCharging' && mode !== 'StopCharging')
      throw invalid('InvalidStoppedMode', 'The specified StoppedMode is not valid.');
    if (statusOf(instance) !== 'Running') throw wrongStatus();
  },
  carryOut({ world, params }, instance) {
    instance.economical = params.text('StoppedMode') === 'StopCharging' && instance.chargeType === 'PostPaid';
    if (instance.economical) dropPublicIp(world, instance);
    world.machines.stop(instance.machine);
  },
};

const reboot: Deed = {
  check(_call, instance) {
    if (statusOf(instance) !== 'Running') throw wrongStatus();
  },
  carryOut: ({ world }, instance) => world.machines.reboot(instance.machine),
};

const remove: Deed = {
  check({ params }, instance) {
    const status = statusOf(instance);
    if (instance.protected)
      throw new AliError(
        'InvalidOperation.DeletionProtection',
        'The operation is not allowed due to deletion protection.',
        403,
      );
    if (status === 'Pending') throw wrongStatus('IncorrectInstanceStatus.Initializing');
    const force = params.boolean('Force') === true;
    if (status !== 'Stopped' && !(status === 'Running' && force)) throw wrongStatus();
  },
  carryOut: ({ world }, instance, site) => release(world, site, instance),
};

const deeds = { start, stop, reboot, remove };
type DeedName = keyof typeof deeds;

/** One that is being released takes no more orders. */
function ready(site: AliSite, instance: Instance): void {
  if (site.ending.has(instance)) throw wrongStatus();
}

export const single =
  (name: DeedName): Action =>
  call => {
    const { site, record } = named(call);
    ready(site, record);
    deeds[name].check(call, record, site);
    commit(call);
    deeds[name].carryOut(call, record, site);
    return {};
  };

/** All or none (BatchOptimization AllTogether, the default). */
export const batch =
  (name: DeedName): Action =>
  call => {
    const ids = [...new Set(call.params.list('InstanceId'))];
    if (ids.length === 0) throw missing('InstanceId');
    if (ids.length > 100)
      throw invalid('InvalidParameter.InstanceIds', 'The number of instances exceeds 100.');
    const { site } = call;
    const instances = ids.map(id => {
      const instance = site.instances.get(id);
      if (!instance) throw notFound('InvalidInstanceId.NotFound', 'InstanceId');
      return instance;
    });
    for (const instance of instances) {
      ready(site, instance);
      deeds[name].check(call, instance, site);
    }
    commit(call);
    const before = instances.map(statusOf);
    for (const instance of instances) deeds[name].carryOut(call, instance, site);
    if (name === 'remove') return {};
    return {
      InstanceResponses: {
        InstanceResponse: instances.map((instance, index) => ({
          InstanceId: instance.id,
          Code: '200',
          Message: 'success',
          PreviousStatus: before[index] ?? '',
          CurrentStatus: statusOf(instance),
        })),
      },
    };
  };

export function modifyInstanceAttribute(call: Call): Answer {
  const { params } = call;
  const { site, record } = named(call);
  const name = readName(params, 'InstanceName');
  const description = readDescription(params);
  const ids = params.list('SecurityGroupIds');
  const groups = ids.map((id): SecurityGroup => {
    const group = site.groups.get(id);
    if (!group) throw notFound('InvalidSecurityGroupId.NotFound', 'SecurityGroupId');
    if (group.vpc !== record.vSwitch.vpc)
      throw new AliError(
        'InvalidSecurityGroupId.VPCMismatch',
        'The specified security group and instance are not in the same VPC.',
        403,
      );
    return group;
  });
  const host = params.text('HostName');
  if (host !== undefined && !/^[A-Za-z0-9]+(?:[-.][A-Za-z0-9]+)*$/.test(host))
    throw invalid('InvalidHostName.Malformed', 'The specified HostName is not valid.');
  if (name !== '') record.name = name;
  if (description !== '') record.description = description;
  if (host !== undefined) record.machine.hostname = own(host);
  record.protected = params.boolean('DeletionProtection') ?? record.protected;
  if (groups.length > 0) {
    for (const group of record.groups) group.users--;
    record.groups = [...new Set(groups)];
    for (const group of record.groups) group.users++;
  }
  return {};
}

export function allocatePublicIpAddress(call: Call): Answer {
  const { world } = call;
  const { site, record } = named(call);
  ready(site, record);
  const status = statusOf(record);
  if (status !== 'Running' && status !== 'Stopped') throw wrongStatus();
  if (record.eip || record.machine.publicIp !== '')
    throw new AliError('AllocatedAlready', 'The specified instance has already a public IP address.', 403);
  if (record.bandwidthOut === 0)
    throw new AliError(
      'InvalidInternetMaxBandwidthOut',
      'The specified instance has no internet bandwidth.',
      403,
    );
  if (!givePublicIp(world, record))
    throw new AliError('OperationDenied.NoStock', 'No address is left in the pool.', 403);
  return { IpAddress: record.machine.publicIp };
}

/**
 * Bandwidth alone: a public address comes with AllocatePublicIpAddress. It goes with a bandwidth of 0 (ECS user guide, "Static public IP
 * addresses": which a change of the bandwidth to 0 reclaims); an EIP stays.
 */
export function modifyInstanceNetworkSpec(call: Call): Answer {
  const { site, record } = named(call);
  ready(site, record);
  const bandwidth = call.params.integer('InternetMaxBandwidthOut', 0, 100);
  if (bandwidth !== undefined) record.bandwidthOut = bandwidth;
  if (bandwidth === 0) dropPublicIp(call.world, record);
  return {};
}

const groupOf = (call: Call): SecurityGroup => {
  const found = find(call, site => site.groups, call.params.required('SecurityGroupId'));
  if (!found) throw notFound('InvalidSecurityGroupId.NotFound', 'SecurityGroupId');
  return found.record;
};

export function joinSecurityGroup(call: Call): Answer {
  const { record } = named(call);
  const group = groupOf(call);
  if (group.vpc !== record.vSwitch.vpc)
    throw new AliError(
      'InvalidSecurityGroupId.VPCMismatch',
      'The specified security group and instance are not in the same VPC.',
      403,
    );
  if (record.groups.includes(group))
    throw new AliError(
      'InvalidInstanceId.AlreadyExists',
      'The specified instance already exists in the specified security group.',
      403,
    );
  record.groups = [...record.groups, group];
  group.users++;
  return {};
}

export function leaveSecurityGroup(call: Call): Answer {
  const { record } = named(call);
  const group = groupOf(call);
  if (!record.groups.includes(group))
    throw new AliError(
      'InvalidInstanceId.NotBelong',
      'The specified instance does not belong to the specified security group.',
      403,
    );
  if (record.groups.length === 1)
    throw new AliError(
      'InstanceLastSecurityGroup',
      'The instance must be in at least one security group.',
      403,
    );
  record.groups = record.groups.filter(each => each !== group);
  group.users--;
  return {};
}
