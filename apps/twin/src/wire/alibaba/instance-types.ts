/** DescribeInstanceTypes and DescribeInstanceTypeFamilies. */
import type { Answer, Call } from './call.ts';
import { invalid } from './errors.ts';
import { instanceTypes, type InstanceType } from './instance-type-catalogue.ts';
import { readToken } from './pages.ts';

const most = 100;

const view = (type: InstanceType): Answer => ({
  InstanceTypeId: type.name,
  InstanceTypeFamily: type.family,
  InstanceFamilyLevel: type.level,
  InstanceCategory: type.category,
  CpuCoreCount: type.cpus,
  MemorySize: type.memoryGib,
  CpuArchitecture: type.architecture,
  PhysicalProcessorModel: type.cpuModel,
  CpuSpeedFrequency: type.cpuGhz,
  GPUAmount: type.gpus,
  GPUSpec: type.gpuSpec,
  GPUMemorySize: type.gpuMemoryGib,
  InstanceBandwidthRx: type.bandwidth,
  InstanceBandwidthTx: type.bandwidth,
  EniQuantity: Math.min(8, type.cpus > 2 ? 3 + Math.floor(type.cpus / 16) : 2),
  EniPrivateIpAddressQuantity: type.cpus > 4 ? 20 : 6,
  DiskQuantity: 17,
  LocalStorageCategory: '',
  NvmeSupport: type.family.includes('8') ? 'required' : 'unsupported',
  BaselineCredit: type.level === 'EntryLevel' ? type.cpus * 10 : 0,
  InitialCredit: type.level === 'EntryLevel' ? type.cpus * 30 : 0,
});

/** "8" or "0.5", of GiB. */
function readSize(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const size = /^\d{1,6}(?:\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(size)) throw invalid(`Invalid${name}`, `The specified ${name} is not valid.`);
  return size;
}

export function describeInstanceTypes({ params }: Pick<Call, 'params'>): Answer {
  const names = params.list('InstanceTypes');
  if (names.length > 10)
    throw invalid('InvalidParameter.InstanceTypes', 'The number of InstanceTypes exceeds 10.');
  const tests: ((type: InstanceType) => boolean)[] = [];
  const same = (field: string, of: (type: InstanceType) => string) => {
    const wanted = params.text(field);
    if (wanted !== undefined) tests.push(type => of(type) === wanted);
  };
  const within = (field: string, of: (type: InstanceType) => number) => {
    const least = readSize(params.text(`Minimum${field}`), `Minimum${field}`);
    const greatest = readSize(params.text(`Maximum${field}`), `Maximum${field}`);
    if (least !== undefined) tests.push(type => of(type) >= least);
    if (greatest !== undefined) tests.push(type => of(type) <= greatest);
  };
  same('InstanceTypeFamily', type => type.family);
  same('InstanceFamilyLevel', type => type.level);
  same('InstanceCategory', type => type.category);
  same('CpuArchitecture', type => type.architecture);
  same('GPUSpec', type => type.gpuSpec);
  within('CpuCoreCount', type => type.cpus);
  within('MemorySize', type => type.memoryGib);
  within('GPUAmount', type => type.gpus);
  const all = instanceTypes.filter(
    type => (names.length === 0 || names.includes(type.name)) && tests.every(test => test(type)),
  );
  const token = params.text('NextToken');
  const from = token === undefined ? 0 : readToken(token);
  const to = from + (params.integer('MaxResults', 1, most) ?? most);
  return {
    InstanceTypes: { InstanceType: all.slice(from, to).map(view) },
    NextToken: to < all.length ? Buffer.from(`next/${to}`).toString('base64url') : '',
  };
}

const generations: readonly [RegExp, string][] = [
  [/\d*[78][a-z]*$/, 'ecs-6'],
  [/6[a-z]*$/, 'ecs-5'],
];

export function describeInstanceTypeFamilies({ params }: Pick<Call, 'params'>): Answer {
  const wanted = params.text('Generation');
  const families = [...new Set(instanceTypes.map(type => type.family))].map(InstanceTypeFamilyId => ({
    InstanceTypeFamilyId,
    Generation: generations.find(([pattern]) => pattern.test(InstanceTypeFamilyId))?.[1] ?? 'ecs-4',
  }));
  return {
    InstanceTypeFamilies: {
      InstanceTypeFamily: families.filter(each => wanted === undefined || wanted === each.Generation),
    },
  };
}
