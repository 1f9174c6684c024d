/** Machine types. Source: "General-purpose machine family" and its siblings, and "GPU platforms"; figures as listed there in 2024. */
export interface MachineType {
  readonly name: string;
  readonly cpus: number;
  readonly memoryMb: number;
  readonly arm: boolean;
  readonly shared: boolean;
  readonly accelerator: { readonly type: string; readonly count: number } | undefined;
  readonly description: string;
  /** Zones that have it; undefined where all do. */
  readonly zones: ReadonlySet<string> | undefined;
}

const gib = 1024;
const a2Zones = new Set(
  'us-central1-a us-central1-b us-central1-c asia-northeast3-a asia-northeast3-b europe-west4-a europe-west4-b'.split(
    ' ',
  ),
);
const g2Zones = new Set(
  'us-central1-a us-central1-b us-central1-c us-east4-a us-east4-c asia-northeast3-a asia-northeast3-b europe-west4-a europe-west4-b europe-west4-c'.split(
    ' ',
  ),
);
const t2aZones = new Set(
  'us-central1-a us-central1-b europe-west4-a europe-west4-b europe-west4-c'.split(' '),
);
const m1Zones = new Set('us-central1-a us-central1-b us-central1-c europe-west4-a us-east4-b'.split(' '));

type More = Partial<Pick<MachineType, 'arm' | 'shared' | 'accelerator' | 'zones' | 'description'>>;

function type(name: string, cpus: number, memoryMb: number, more: More = {}): MachineType {
  const gb = memoryMb / gib;
  return {
    name,
    cpus,
    memoryMb,
    arm: more.arm ?? false,
    shared: more.shared ?? false,
    accelerator: more.accelerator,
    description: more.description ?? `${cpus} vCPU${cpus > 1 ? 's' : ''}, ${gb} GB RAM`,
    zones: more.zones,
  };
}
const row = (series: string, cpus: readonly number[], gbPerCpu: number, more?: More) =>
  cpus.map(count => type(`${series}-${count}`, count, count * gbPerCpu * gib, more));
const shared = (name: string, cpus: number, gb: number, words: string) =>
  type(name, cpus, gb * gib, {
    shared: true,
    description: `${words}, ${gb} GB RAM`,
  });

export const machineTypes: ReadonlyMap<string, MachineType> = new Map(
  [
    shared('f1-micro', 1, 0.6, '1 vCPU (shared physical core) and'),
    shared('g1-small', 1, 1.7, '1 vCPU (shared physical core) and'),
    shared('e2-micro', 2, 1, 'Efficient Instance, 2 vCPU (1/8 shared physical core) and'),
    shared('e2-small', 2, 2, 'Efficient Instance, 2 vCPU (1/4 shared physical core) and'),
    shared('e2-medium', 2, 4, 'Efficient Instance, 2 vCPU (1/2 shared physical core) and'),
    ...row('e2-standard', [2, 4, 8, 16, 32], 4),
    ...row('e2-highmem', [2, 4, 8], 8),
    ...row('e2-highcpu', [2, 4, 8], 1),
    ...row('n1-standard', [1, 2, 4, 8], 3.75),
    ...row('n2-standard', [2, 4, 8, 16, 32], 4),
    ...row('n2-highmem', [2, 4, 8], 8),
    ...row('n2-highcpu', [2, 4, 8], 1),
    ...row('n2d-standard', [2, 4, 8], 4),
    ...row('c2-standard', [4, 8, 16], 4),
    ...row('t2d-standard', [1, 2, 4], 4),
    ...row('t2a-standard', [1, 2, 4, 8], 4, { arm: true, zones: t2aZones }),
    type('m1-ultramem-40', 40, 961 * gib, { zones: m1Zones }),
    ...([1, 2, 4] as const).map(count =>
      type(`a2-highgpu-${count}g`, count * 12, count * 85 * gib, {
        accelerator: { type: 'nvidia-tesla-a100', count },
        description: `Accelerator Optimized: ${count} NVIDIA Tesla A100 GPU${count > 1 ? 's' : ''}, ${count * 12} vCPUs, ${count * 85}GB RAM`,
        zones: a2Zones,
      }),
    ),
    ...([4, 8, 12] as const).map(cpus =>
      type(`g2-standard-${cpus}`, cpus, cpus * 4 * gib, {
        accelerator: { type: 'nvidia-l4', count: 1 },
        description: `Accelerator Optimized: 1 NVIDIA L4 GPU, ${cpus} vCPUs, ${cpus * 4}GB RAM`,
        zones: g2Zones,
      }),
    ),
  ].map(each => [each.name, each]),
);

/** Memory per CPU in MB that a series' custom types may have. */
const customSeries: Readonly<Record<string, { least: number; most: number; cpus: number }>> = {
  n1: { least: 922, most: 6656, cpus: 96 },
  e2: { least: 512, most: 8192, cpus: 32 },
  n2: { least: 512, most: 8192, cpus: 80 },
  n2d: { least: 512, most: 8192, cpus: 96 },
};

/** `custom-4-5120`, `n2-custom-4-8192`. */
function customType(name: string): MachineType | undefined {
  const match = /^(?:(e2|n1|n2|n2d)-)?custom-(\d+)-(\d+)$/.exec(name);
  if (!match) return undefined;
  const [, series = 'n1', cpuText = '', memoryText = ''] = match;
  const limits = customSeries[series];
  const [cpus, memoryMb] = [Number(cpuText), Number(memoryText)];
  if (!limits || cpus < 1 || cpus > limits.cpus || (cpus > 1 && cpus % 2 === 1)) return undefined;
  if (memoryMb % 256 !== 0 || memoryMb < cpus * limits.least || memoryMb > cpus * limits.most)
    return undefined;
  return type(name, cpus, memoryMb, { description: `Custom created machine type.` });
}

export const machineTypeIn = (name: string, zone: string): MachineType | undefined => {
  const found = machineTypes.get(name) ?? customType(name);
  return found && (found.zones?.has(zone) ?? true) ? found : undefined;
};

export interface AcceleratorType {
  readonly name: string;
  readonly description: string;
  readonly most: number;
}
export const acceleratorTypes: readonly AcceleratorType[] = [
  { name: 'nvidia-l4', description: 'NVIDIA L4', most: 8 },
  { name: 'nvidia-tesla-a100', description: 'NVIDIA A100 40GB', most: 16 },
  { name: 'nvidia-tesla-t4', description: 'NVIDIA T4', most: 4 },
  { name: 'nvidia-tesla-v100', description: 'NVIDIA V100', most: 8 },
];

export interface DiskType {
  readonly name: string;
  readonly description: string;
  readonly size: string;
  readonly least: number;
  readonly most: number;
  readonly standard: string;
}
export const diskTypes: readonly DiskType[] = [
  {
    name: 'pd-balanced',
    description: 'Balanced Persistent Disk',
    size: '10GB-65536GB',
    least: 10,
    most: 65_536,
    standard: '100',
  },
  {
    name: 'pd-extreme',
    description: 'Extreme Persistent Disk',
    size: '500GB-65536GB',
    least: 500,
    most: 65_536,
    standard: '1000',
  },
  {
    name: 'pd-ssd',
    description: 'SSD Persistent Disk',
    size: '10GB-65536GB',
    least: 10,
    most: 65_536,
    standard: '100',
  },
  {
    name: 'pd-standard',
    description: 'Standard Persistent Disk',
    size: '10GB-65536GB',
    least: 10,
    most: 65_536,
    standard: '500',
  },
];
