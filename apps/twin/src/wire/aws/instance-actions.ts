/** Start, stop, reboot, terminate. Source: EC2 user guide, "Instance lifecycle". One instance that may not be acted on stops all. */
import { commit, type Call } from './call.ts';
import { Ec2Error, missing } from './errors.ts';
import { select } from './ids.ts';
import { dropPublicIp, givePublicIp, releaseAddress, runningVcpus, stateOf } from './instance-life.ts';
import { quota } from './quotas.ts';
import type { Instance } from './records.ts';
import { vcpuLimitExceeded } from './run-instances.ts';
import type { Members } from './xml.ts';

function chosen({ site, params }: Call): Instance[] {
  const ids = params.texts('InstanceId');
  if (ids.length === 0) throw missing('InstanceId');
  return select(site.instances, 'instance', ids);
}

const incorrect = (instance: Instance, deed: string): Ec2Error =>
  new Ec2Error(
    'IncorrectInstanceState',
    `The instance '${instance.id}' is not in a state from which it can be ${deed}. (It is ${stateOf(instance).name}.)`,
  );

/** Changes those that `needs` it, and tells of all what they were and are. */
function change(
  instances: Instance[],
  needs: (instance: Instance) => boolean,
  deed: (instance: Instance) => void,
): Members {
  return {
    instancesSet: instances.map(instance => {
      const previousState = stateOf(instance);
      if (needs(instance)) deed(instance);
      return {
        instanceId: instance.id,
        currentState: { ...stateOf(instance) },
        previousState: { ...previousState },
      };
    }),
  };
}

const stopped = ({ machine }: Instance) => machine.state === 'stopped' || machine.state === 'crashed';

export function startInstances(call: Call): Members {
  const { world, site } = call;
  const instances = chosen(call);
  for (const instance of instances) {
    const { name } = stateOf(instance);
    if (!stopped(instance) && name !== 'running' && name !== 'pending') throw incorrect(instance, 'started');
  }
  for (const { id, image, volumes, machine } of instances)
    if (
      machine.state !== 'terminated' &&
      volumes &&
      !volumes.some(volume =>
        volume.attachments.some(one => one.instance.id === id && one.device === image.rootDevice),
      )
    )
      throw new Ec2Error(
        'InvalidParameterValue',
        `Invalid value '${id}' for instanceId. Instance does not have a volume attached at root (${image.rootDevice})`,
      );
  const wanted = instances.filter(stopped).reduce((sum, instance) => sum + instance.type.vcpus, 0);
  const limit = quota(site.cloud, 'vcpus');
  if (site.vcpus + wanted > limit) site.vcpus = runningVcpus(site);
  if (site.vcpus + wanted > limit) throw vcpuLimitExceeded(limit);
  commit(call);
  return change(instances, stopped, instance => {
    instance.launchedAt = world.now();
    instance.stoppedAt = 0;
    site.vcpus += instance.type.vcpus;
    givePublicIp(world, instance);
    world.machines.start(instance.machine);
  });
}

export function stopInstances(call: Call): Members {
  const { world, params } = call;
  const instances = chosen(call);
  if (params.boolean('Hibernate') === true)
    throw new Ec2Error(
      'UnsupportedHibernationConfiguration',
      'The instance is not configured for hibernation.',
    );
  for (const instance of instances) {
    const { name } = stateOf(instance);
    if (name !== 'running' && name !== 'stopping' && name !== 'stopped') throw incorrect(instance, 'stopped');
    if (instance.options.stopProtected)
      throw new Ec2Error(
        'OperationNotPermitted',
        `The instance '${instance.id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.`,
      );
  }
  commit(call);
  return change(
    instances,
    ({ machine }) => machine.state === 'running' || machine.state === 'rebooting',
    instance => {
      instance.stoppedAt = world.now();
      dropPublicIp(world, instance);
      world.machines.stop(instance.machine);
    },
  );
}

export function rebootInstances(call: Call): Members {
  const { world } = call;
  const instances = chosen(call);
  for (const instance of instances)
    if (stateOf(instance).name !== 'running') throw incorrect(instance, 'rebooted');
  commit(call);
  for (const { machine } of instances) if (machine.state === 'running') world.machines.reboot(machine);
  return { return: true };
}

export function terminateInstances(call: Call): Members {
  const { world, site } = call;
  const instances = chosen(call);
  for (const instance of instances)
    if (instance.options.terminationProtected && stateOf(instance).name !== 'terminated')
      throw new Ec2Error(
        'OperationNotPermitted',
        `The instance '${instance.id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
      );
  commit(call);
  return change(
    instances,
    ({ machine }) => machine.state !== 'terminating' && machine.state !== 'terminated',
    instance => {
      instance.stoppedAt = world.now();
      if (instance.address) {
        world.machines.detach(instance.machine);
        releaseAddress(instance);
      } else dropPublicIp(world, instance);
      world.machines.terminate(instance.machine);
      site.ending.push(instance);
    },
  );
}
