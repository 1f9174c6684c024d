/** DescribeInstanceTypes and DescribeInstanceTypeFamilies. */
import type { Answer, Call } from './call.ts';
import { instanceTypes, type InstanceType } from './instance-type-catalogue.ts';
import { readToken } from './pages.ts';

const most = 100;

const view = (type: InstanceType): Answer => ({
  InstanceTypeId: type.name,
  InstanceTypeFamily: type.family,
  InstanceFamilyLevel: type.level,
  InstanceCategory: type.gpus > 0 ? 'GPU' : type.level === 'EntryLevel' ? 'Shared' : 'General-purpose',
  CpuCoreCount: type.cpus,
  MemorySize: type.memoryGib,
  CpuArchitecture: type.architecture,
  PhysicalProcessorModel: type.cpuModel,
  GPUAmount: type.gpus,
  GPUSpec: type.gpuSpec,
  GPUMemorySize: type.gpus > 0 ? 16 : 0,
  InstanceBandwidthRx: type.bandwidth,
  InstanceBandwidthTx: type.bandwidth,
  EniQuantity: type.cpus > 2 ? 3 : 2,
  EniPrivateIpAddressQuantity: 6,
  LocalStorageCategory: '',
  NvmeSupport: 'unsupported',
});

export function describeInstanceTypes({ params }: Call): Answer {
  const names = params.list('InstanceTypes');
  const family = params.text('InstanceTypeFamily');
  const architecture = params.text('CpuArchitecture');
  const spec = params.text('GPUSpec');
  const cores = params.integer('MinimumCpuCoreCount', 1, 1024) ?? 0;
  const memory = Number(params.text('MinimumMemorySize') ?? 0);
  const all = instanceTypes.filter(
    type =>
      (names.length === 0 || names.includes(type.name)) &&
      (family === undefined || family === type.family) &&
      (architecture === undefined || architecture === type.architecture) &&
      (spec === undefined || spec === type.gpuSpec) &&
      type.cpus >= cores &&
      type.memoryGib >= memory,
  );
  const token = params.text('NextToken');
  const from = token === undefined ? 0 : readToken(token);
  const to = from + (params.integer('MaxResults', 1, most) ?? most);
  return {
    InstanceTypes: { InstanceType: all.slice(from, to).map(view) },
    NextToken: to < all.length ? Buffer.from(`next/${to}`).toString('base64url') : '',
  };
}

export function describeInstanceTypeFamilies(): Answer {
  const families = new Map(instanceTypes.map(type => [type.family, type.level]));
  return {
    InstanceTypeFamilies: {
      InstanceTypeFamily: [...families].map(([InstanceTypeFamilyId, level]) => ({
        InstanceTypeFamilyId,
        Generation: level === 'EntryLevel' ? 'ecs-4' : 'ecs-6',
      })),
    },
  };
}
