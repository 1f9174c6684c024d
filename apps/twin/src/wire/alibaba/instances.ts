/** Reading instances. Source: ECS API reference: DescribeInstances, DescribeInstanceStatus, GetInstanceConsoleOutput. */
import { find, type Answer, type Call } from './call.ts';
import { notFound } from './errors.ts';
import { statusOf } from './instance-life.ts';
import { like, minute, page, second } from './pages.ts';
import type { Instance } from './records.ts';
import type { AliSite } from './site.ts';
import { ecsTags, tagFilter } from './tags.ts';
import { resourceGroup } from './vpcs.ts';

/** The id of the primary interface that each instance has by itself, made from its own. */
export const interfaceId = (instance: Instance): string => `eni${instance.id.slice(1)}`;
export function macOf({ machine }: Instance): string {
  const octets = machine.privateIp.split('.').map(part => Number(part).toString(16).padStart(2, '0'));
  return `00:16:${octets.join(':')}`;
}

const own = (instance: Instance): string[] =>
  instance.eip || instance.machine.publicIp === '' ? [] : [instance.machine.publicIp];

export function view(site: AliSite, instance: Instance): Answer {
  const { machine, type, image, vSwitch, eip } = instance;
  const status = statusOf(instance);
  return {
    InstanceId: instance.id,
    InstanceName: instance.name === '' ? instance.id : instance.name,
    Description: instance.description,
    HostName: machine.hostname,
    Status: status,
    RegionId: site.region,
    ZoneId: vSwitch.zone,
    ClusterId: '',
    SerialNumber: '',
    InstanceType: type.name,
    InstanceTypeFamily: type.family,
    InstanceNetworkType: 'vpc',
    InstanceChargeType: instance.chargeType,
    InternetChargeType: 'PayByTraffic',
    InternetMaxBandwidthIn: instance.bandwidthOut > 0 ? 100 : 0,
    InternetMaxBandwidthOut: instance.bandwidthOut,
    Cpu: type.cpus,
    CPU: type.cpus,
    Memory: Math.round(type.memoryGib * 1024),
    GPUAmount: type.gpus,
    GPUSpec: type.gpuSpec,
    ImageId: image.id,
    OSName: image.osName,
    OSNameEn: image.osName,
    OSType: image.osType,
    KeyPairName: instance.keyName ?? '',
    ResourceGroupId: resourceGroup,
    CreationTime: minute(instance.createdAt),
    StartTime: machine.bootedAt === 0 ? '' : minute(machine.bootedAt),
    ExpiredTime: '2099-12-31T15:59Z',
    IoOptimized: true,
    DeviceAvailable: true,
    Recyclable: false,
    DeletionProtection: instance.protected,
    StoppedMode:
      status !== 'Stopped' ? 'Not-applicable' : instance.economical ? 'StopCharging' : 'KeepCharging',
    SpotStrategy: 'NoSpot',
    SpotPriceLimit: 0,
    CreditSpecification: type.level === 'EntryLevel' ? 'Standard' : '',
    VlanId: '',
    SecurityGroupIds: { SecurityGroupId: instance.groups.map(group => group.id) },
    PublicIpAddress: { IpAddress: own(instance) },
    InnerIpAddress: { IpAddress: [] },
    EipAddress: eip
      ? {
          AllocationId: eip.id,
          IpAddress: eip.ip,
          Bandwidth: eip.bandwidth,
          InternetChargeType: eip.chargeType,
          IsSupportUnassociate: true,
        }
      : { AllocationId: '', IpAddress: '', InternetChargeType: '' },
    VpcAttributes: {
      VpcId: vSwitch.vpc.id,
      VSwitchId: vSwitch.id,
      NatIpAddress: '',
      PrivateIpAddress: { IpAddress: [machine.privateIp] },
    },
    NetworkInterfaces: {
      NetworkInterface: [
        {
          NetworkInterfaceId: interfaceId(instance),
          MacAddress: macOf(instance),
          PrimaryIpAddress: machine.privateIp,
          Type: 'Primary',
          PrivateIpSets: {
            PrivateIpSet: [{ PrivateIpAddress: machine.privateIp, Primary: true }],
          },
        },
      ],
    },
    OperationLocks: { LockReason: [] },
    Tags: ecsTags(instance.tags),
  };
}

export function describeInstances({ site, params }: Call): Answer {
  const ids = params.json('InstanceIds');
  const privateIps = params.json('PrivateIpAddresses');
  const publicIps = params.json('PublicIpAddresses');
  const eips = params.json('EipAddresses');
  const name = like(params.text('InstanceName'));
  const has = tagFilter(params);
  const tests: ((instance: Instance) => boolean)[] = [];
  const same = (field: string, of: (instance: Instance) => string | undefined) => {
    const wanted = params.text(field);
    if (wanted !== undefined) tests.push(instance => of(instance) === wanted);
  };
  same('VpcId', each => each.vSwitch.vpc.id);
  same('VSwitchId', each => each.vSwitch.id);
  same('ZoneId', each => each.vSwitch.zone);
  same('Status', statusOf);
  same('ImageId', each => each.image.id);
  same('InstanceType', each => each.type.name);
  same('InstanceTypeFamily', each => each.type.family);
  same('KeyPairName', each => each.keyName);
  same('InstanceChargeType', each => each.chargeType);
  const group = params.text('SecurityGroupId');
  if (group !== undefined) tests.push(instance => instance.groups.some(each => each.id === group));
  const candidates = ids
    ? [...new Set(ids)].map(id => site.instances.get(id)).filter(each => each !== undefined)
    : [...site.instances.values()];
  const all = candidates.filter(
    each =>
      name(each.name) &&
      has(each) &&
      (!privateIps || privateIps.includes(each.machine.privateIp)) &&
      (!publicIps || own(each).some(ip => publicIps.includes(ip))) &&
      (!eips || (each.eip !== undefined && eips.includes(each.eip.ip))) &&
      tests.every(test => test(each)),
  );
  const { records, members } = page(params, all, 100);
  return { ...members, Instances: { Instance: records.map(each => view(site, each)) } };
}

export function describeInstanceStatus({ site, params }: Call): Answer {
  const ids = params.list('InstanceId');
  const zone = params.text('ZoneId');
  for (const id of ids)
    if (!site.instances.has(id)) throw notFound('InvalidInstanceId.NotFound', 'InstanceId');
  const all = [...site.instances.values()].filter(
    each => (ids.length === 0 || ids.includes(each.id)) && (zone === undefined || zone === each.vSwitch.zone),
  );
  const { records, members } = page(params, all, 50);
  return {
    ...members,
    InstanceStatuses: {
      InstanceStatus: records.map(each => ({ InstanceId: each.id, Status: statusOf(each) })),
    },
  };
}

export function named(call: Call): { site: AliSite; record: Instance } {
  const found = find(call, site => site.instances, call.params.required('InstanceId'));
  if (!found) throw notFound('InvalidInstanceId.NotFound', 'InstanceId');
  return found;
}

export function describeInstanceAttribute(call: Call): Answer {
  const { site, record } = named(call);
  return view(site, record);
}

export function getInstanceConsoleOutput(call: Call): Answer {
  const { record } = named(call);
  const { machine } = record;
  const lines =
    machine.bootedAt === 0
      ? []
      : [
          `Booting ${machine.osName} (${record.image.architecture}), ${machine.cpus} CPU(s), ${machine.memoryMib} MiB`,
          `ci-info: | eth0 | True | ${machine.privateIp} | ${macOf(record)} |`,
          `ci-info: authorized keys for user ${machine.user}: ${machine.keys.length}`,
          `${machine.osName} ${machine.hostname} ttyS0`,
          '',
          `${machine.hostname} login: `,
        ];
  return {
    InstanceId: record.id,
    ConsoleOutput: Buffer.from(lines.join('\n')).toString('base64'),
    LastUpdateTime: second(machine.bootedAt === 0 ? call.world.now() : machine.bootedAt),
  };
}

/** Primary interfaces only. */
export function describeNetworkInterfaces({ site, params }: Call): Answer {
  const ids = params.list('NetworkInterfaceId');
  const instanceId = params.text('InstanceId');
  const vSwitchId = params.text('VSwitchId');
  const vpcId = params.text('VpcId');
  const group = params.text('SecurityGroupId');
  const type = params.text('Type') ?? 'Primary';
  const has = tagFilter(params);
  const all =
    type !== 'Primary'
      ? []
      : [...site.instances.values()].filter(
          each =>
            (ids.length === 0 || ids.includes(interfaceId(each))) &&
            (instanceId === undefined || instanceId === each.id) &&
            (vSwitchId === undefined || vSwitchId === each.vSwitch.id) &&
            (vpcId === undefined || vpcId === each.vSwitch.vpc.id) &&
            (group === undefined || each.groups.some(one => one.id === group)) &&
            has({ tags: each.interfaceTags }),
        );
  const { records, members } = page(params, all, 500);
  return {
    ...members,
    NetworkInterfaceSets: {
      NetworkInterfaceSet: records.map(each => ({
        NetworkInterfaceId: interfaceId(each),
        NetworkInterfaceName: '',
        Type: 'Primary',
        Status: 'InUse',
        InstanceId: each.id,
        VpcId: each.vSwitch.vpc.id,
        VSwitchId: each.vSwitch.id,
        ZoneId: each.vSwitch.zone,
        MacAddress: macOf(each),
        PrivateIpAddress: each.machine.privateIp,
        PrivateIpSets: { PrivateIpSet: [{ PrivateIpAddress: each.machine.privateIp, Primary: true }] },
        SecurityGroupIds: { SecurityGroupId: each.groups.map(one => one.id) },
        CreationTime: second(each.createdAt),
        Tags: ecsTags(each.interfaceTags),
      })),
    },
  };
}
