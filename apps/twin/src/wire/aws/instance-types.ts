/** What instance types a region and its zones offer. */
import type { Call } from './call.ts';
import { Ec2Error, invalidValue } from './errors.ts';
import { filterAll, page } from './filters.ts';
import { instanceTypes, offeredIn, offeredInRegion, type InstanceType } from './instance-type-catalogue.ts';
import type { Members } from './xml.ts';

const burstable = (type: InstanceType) => /^t\d/.test(type.name);

function typeView(type: InstanceType): Members {
  const { gpu, localDisk } = type;
  const nitro = type.hypervisor === 'nitro';
  return {
    instanceType: type.name,
    currentGeneration: type.currentGeneration,
    freeTierEligible: type.freeTier,
    supportedUsageClasses: ['on-demand'],
    supportedRootDeviceTypes: ['ebs'],
    supportedVirtualizationTypes: ['hvm'],
    bareMetal: false,
    hypervisor: type.hypervisor,
    processorInfo: {
      supportedArchitectures: type.architectures,
      sustainedClockSpeedInGhz: type.ghz,
      manufacturer: type.maker,
    },
    vCpuInfo: {
      defaultVCpus: type.vcpus,
      defaultCores: type.cores,
      defaultThreadsPerCore: type.vcpus / type.cores,
    },
    memoryInfo: { sizeInMiB: type.memoryMib },
    instanceStorageSupported: localDisk !== undefined,
    instanceStorageInfo: localDisk && {
      totalSizeInGB: localDisk.count * localDisk.gib,
      disks: [{ sizeInGB: localDisk.gib, count: localDisk.count, type: localDisk.nvme ? 'ssd' : 'hdd' }],
      nvmeSupport: localDisk.nvme ? 'required' : 'unsupported',
    },
    ebsInfo: {
      ebsOptimizedSupport: type.currentGeneration ? 'default' : 'unsupported',
      encryptionSupport: 'supported',
      nvmeSupport: nitro ? 'required' : 'unsupported',
    },
    networkInfo: {
      networkPerformance: type.network,
      maximumNetworkInterfaces: type.interfaces,
      maximumNetworkCards: 1,
      defaultNetworkCardIndex: 0,
      ipv4AddressesPerInterface: type.addressesPerInterface,
      ipv6AddressesPerInterface: nitro ? type.addressesPerInterface : 0,
      ipv6Supported: nitro,
      enaSupport: nitro ? 'required' : 'unsupported',
      efaSupported: false,
    },
    gpuInfo: gpu && {
      gpus: [
        {
          name: gpu.name,
          manufacturer: 'NVIDIA',
          count: gpu.count,
          memoryInfo: { sizeInMiB: gpu.memoryMib },
        },
      ],
      totalGpuMemoryInMiB: gpu.count * gpu.memoryMib,
    },
    placementGroupInfo: { supportedStrategies: ['partition', 'spread'] },
    hibernationSupported: false,
    burstablePerformanceSupported: burstable(type),
    dedicatedHostsSupported: false,
    autoRecoverySupported: nitro && localDisk === undefined,
    supportedBootModes: type.architectures.includes('arm64') ? ['uefi'] : ['legacy-bios'],
  };
}

const typeFilters = {
  'auto-recovery-supported': (type: InstanceType) =>
    type.hypervisor === 'nitro' && type.localDisk === undefined,
  'bare-metal': () => false,
  'burstable-performance-supported': burstable,
  'current-generation': (type: InstanceType) => type.currentGeneration,
  'free-tier-eligible': (type: InstanceType) => type.freeTier,
  'dedicated-hosts-supported': () => false,
  'ebs-info.ebs-optimized-support': (type: InstanceType) =>
    type.currentGeneration ? 'default' : 'unsupported',
  'ebs-info.encryption-support': () => 'supported',
  'ebs-info.nvme-support': (type: InstanceType) => (type.hypervisor === 'nitro' ? 'required' : 'unsupported'),
  'hibernation-supported': () => false,
  hypervisor: (type: InstanceType) => type.hypervisor,
  'instance-storage-supported': (type: InstanceType) => type.localDisk !== undefined,
  'instance-storage-info.disk.count': (type: InstanceType) => type.localDisk?.count,
  'instance-storage-info.disk.size-in-gb': (type: InstanceType) => type.localDisk?.gib,
  'instance-storage-info.disk.type': (type: InstanceType) =>
    type.localDisk && (type.localDisk.nvme ? 'ssd' : 'hdd'),
  'instance-storage-info.nvme-support': (type: InstanceType) =>
    type.localDisk && (type.localDisk.nvme ? 'required' : 'unsupported'),
  'instance-storage-info.total-size-in-gb': (type: InstanceType) =>
    type.localDisk && type.localDisk.count * type.localDisk.gib,
  'instance-type': (type: InstanceType) => type.name,
  'memory-info.size-in-mib': (type: InstanceType) => type.memoryMib,
  'network-info.ena-support': (type: InstanceType) =>
    type.hypervisor === 'nitro' ? 'required' : 'unsupported',
  'network-info.efa-supported': () => false,
  'network-info.ipv4-addresses-per-interface': (type: InstanceType) => type.addressesPerInterface,
  'network-info.ipv6-supported': (type: InstanceType) => type.hypervisor === 'nitro',
  'network-info.maximum-network-cards': () => 1,
  'network-info.maximum-network-interfaces': (type: InstanceType) => type.interfaces,
  'network-info.network-performance': (type: InstanceType) => type.network,
  'processor-info.supported-architecture': (type: InstanceType) => type.architectures,
  'processor-info.sustained-clock-speed-in-ghz': (type: InstanceType) => type.ghz,
  'supported-root-device-type': () => 'ebs',
  'supported-usage-class': () => 'on-demand',
  'supported-virtualization-type': () => 'hvm',
  'vcpu-info.default-cores': (type: InstanceType) => type.cores,
  'vcpu-info.default-threads-per-core': (type: InstanceType) => type.vcpus / type.cores,
  'vcpu-info.default-vcpus': (type: InstanceType) => type.vcpus,
};

export function describeInstanceTypes({ site, params }: Call): Members {
  const asked = params.texts('InstanceType');
  const offered = [...instanceTypes.values()].filter(type => offeredInRegion(type, site.region));
  const unknown = asked.filter(name => !offered.some(type => type.name === name));
  if (unknown.length > 0)
    throw new Ec2Error(
      'InvalidInstanceType',
      `The following supplied instance types do not exist: [${unknown.join(', ')}]`,
    );
  const visible = asked.length === 0 ? offered : offered.filter(type => asked.includes(type.name));
  const rule = { least: 5, most: 100, usual: 100, not: 'InstanceType' };
  const { records, nextToken } = page(
    params,
    'DescribeInstanceTypes',
    filterAll(params, typeFilters, visible),
    rule,
  );
  return { instanceTypeSet: records.map(typeView), nextToken };
}

interface Offering {
  n: number;
  type: string;
  location: string;
}

const offeringFilters = {
  'instance-type': (offering: Offering) => offering.type,
  location: (offering: Offering) => offering.location,
};

export function describeInstanceTypeOfferings({ site, params }: Call): Members {
  const kind = params.text('LocationType') ?? 'region';
  if (!['region', 'availability-zone', 'availability-zone-id'].includes(kind))
    throw invalidValue(kind, 'locationType', 'Expecting region, availability-zone or availability-zone-id.');
  const offerings: Offering[] = [];
  const add = (type: InstanceType, location: string) =>
    offerings.push({ n: offerings.length + 1, type: type.name, location });
  for (const type of instanceTypes.values())
    if (kind === 'region') {
      if (offeredInRegion(type, site.region)) add(type, site.region);
    } else
      for (const zone of site.zones)
        if (offeredIn(type, zone.name)) add(type, kind === 'availability-zone' ? zone.name : zone.id);
  const found = filterAll(params, offeringFilters, offerings);
  const { records, nextToken } = page(params, 'DescribeInstanceTypeOfferings', found, {
    least: 5,
    most: 1000,
    usual: 1000,
  });
  return {
    instanceTypeOfferingSet: records.map(({ type, location }) => ({
      instanceType: type,
      locationType: kind,
      location,
    })),
    nextToken,
  };
}
