/** One attribute of one instance, read or changed, and its console. Source: EC2 API reference, DescribeInstanceAttribute. */
import { commit, type Call } from './call.ts';
import { Ec2Error, invalidValue, missing } from './errors.ts';
import { lookup } from './ids.ts';
import { groupSet, iso, mappingSet } from './instance-view.ts';
import { readGroups } from './launch-network.ts';
import type { Params } from './query.ts';
import type { Instance, InstanceOptions } from './records.ts';
import { checkArchitecture, readType, readUserData } from './run-instances.ts';
import { mappingsOf, ownVolumes } from './volume-records.ts';
import type { Members, Xml } from './xml.ts';

const named = ({ site, params }: Call): Instance =>
  lookup(site.instances, 'instance', params.required('InstanceId'));

const attributes: Readonly<Record<string, (instance: Instance) => Xml>> = {
  instanceType: ({ type }) => ({ value: type.name }),
  userData: ({ userData }) => (userData === undefined ? {} : { value: userData }),
  disableApiTermination: ({ options }) => ({ value: options.terminationProtected }),
  disableApiStop: ({ options }) => ({ value: options.stopProtected }),
  instanceInitiatedShutdownBehavior: ({ options }) => ({ value: options.shutdown }),
  rootDeviceName: ({ image }) => ({ value: image.rootDevice }),
  sourceDestCheck: ({ options }) => ({ value: options.sourceDestCheck }),
  ebsOptimized: ({ options }) => ({ value: options.ebsOptimized }),
  enaSupport: () => ({ value: true }),
  sriovNetSupport: () => ({ value: 'simple' }),
  enclaveOptions: () => ({ enabled: false }),
  kernel: () => ({}),
  ramdisk: () => ({}),
  productCodes: () => [],
  groupSet,
  blockDeviceMapping: mappingSet,
};

export function describeInstanceAttribute(call: Call): Members {
  const instance = named(call);
  const attribute = call.params.required('Attribute');
  const look = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined;
  if (!look) throw invalidValue(attribute, 'attribute', 'Unknown attribute.');
  return { instanceId: instance.id, [attribute]: look(instance) };
}

const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);

/** The new value of `name`, given as `Name.Value` or as `Attribute=name&Value=…`. */
function given(params: Params, name: string): string | undefined {
  const direct = params.text(`${capital(name)}.Value`) ?? params.text(capital(name));
  return direct ?? (params.text('Attribute') === name ? params.text('Value') : undefined);
}

const truth = (text: string, name: string): boolean => {
  if (/^(?:true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  throw invalidValue(text, name, 'It must be true or false.');
};

function needsStopped(instance: Instance): void {
  if (instance.machine.state !== 'stopped' && instance.machine.state !== 'crashed')
    throw new Ec2Error(
      'IncorrectInstanceState',
      `The instance '${instance.id}' is not in the 'stopped' state.`,
    );
}

const optionNames = {
  disableApiTermination: 'terminationProtected',
  disableApiStop: 'stopProtected',
  sourceDestCheck: 'sourceDestCheck',
  ebsOptimized: 'ebsOptimized',
} as const satisfies Record<string, keyof InstanceOptions>;

export function modifyInstanceAttribute(call: Call): Members {
  const { site, params } = call;
  const instance = named(call);
  const { machine } = instance;
  const changes: (() => void)[] = [];
  for (const [name, option] of Object.entries(optionNames)) {
    const text = given(params, name);
    if (text === undefined) continue;
    const value = truth(text, name);
    changes.push(() => {
      instance.options = { ...instance.options, [option]: value };
    });
  }
  const shutdown = given(params, 'instanceInitiatedShutdownBehavior');
  if (shutdown !== undefined) {
    if (shutdown !== 'stop' && shutdown !== 'terminate')
      throw invalidValue(shutdown, 'instanceInitiatedShutdownBehavior', 'Expecting stop or terminate.');
    changes.push(() => {
      instance.options = { ...instance.options, shutdown };
    });
  }
  const typeName = given(params, 'instanceType');
  if (typeName !== undefined) {
    const type = readType(site, typeName);
    checkArchitecture(type, instance.image);
    needsStopped(instance);
    changes.push(() => {
      instance.type = type;
      machine.cpus = type.vcpus;
      machine.memoryMib = type.memoryMib;
    });
  }
  const userData = given(params, 'userData');
  if (userData !== undefined) {
    const checked = readUserData(userData);
    needsStopped(instance);
    changes.push(() => {
      instance.userData = checked;
    });
  }
  const groupIds = params.texts('GroupId');
  if (groupIds.length > 0) {
    const groups = readGroups(site, instance.subnet, groupIds);
    if (machine.state === 'terminating' || machine.state === 'terminated')
      throw new Ec2Error('IncorrectInstanceState', `The instance '${instance.id}' is terminated.`);
    changes.push(() => {
      for (const group of instance.groups) group.users--;
      for (const group of groups) group.users++;
      instance.groups = groups;
    });
  }
  for (const mapping of params.list('BlockDeviceMapping')) {
    const device = mapping.required('DeviceName');
    const value = mapping.boolean('Ebs.DeleteOnTermination');
    if (value === undefined) continue;
    if (!mappingsOf(instance).some(one => one.device === device))
      throw new Ec2Error('InvalidInstanceAttributeValue', `No device is currently mapped at ${device}`);
    changes.push(() => {
      for (const volume of ownVolumes(site, instance))
        for (const one of volume.attachments)
          if (one.instance === instance && one.device === device) one.deleteOnTermination = value;
    });
  }
  if (changes.length === 0) throw missing('attribute');
  commit(call);
  for (const change of changes) change();
  return { return: true };
}

/** What a serial console would have shown at the last boot, from what the machine is. */
export function getConsoleOutput(call: Call): Members {
  const { site, world } = call;
  const instance = named(call);
  const { machine } = instance;
  const time = machine.bootedAt === 0 ? world.now() : machine.bootedAt;
  const lines =
    machine.bootedAt === 0
      ? []
      : [
          `Booting ${machine.osName} (${instance.image.architecture}), ${machine.cpus} CPU(s), ${machine.memoryMib} MiB`,
          `ci-info: | eth0 | True | ${machine.privateIp} | ${site.region} |`,
          `ci-info: authorized keys for user ${machine.user}: ${machine.keys.length}${instance.keyName === undefined ? '' : ` (${instance.keyName})`}`,
          `cloud-init: user data ${instance.userData === undefined ? 'none' : 'present'}, finished at ${iso(machine.bootedAt)}`,
          '',
          `${machine.osName} ${machine.hostname} ttyS0`,
          '',
          `${machine.hostname} login: `,
        ];
  return {
    instanceId: instance.id,
    timestamp: iso(time),
    output: Buffer.from(lines.join('\r\n')).toString('base64'),
  };
}
