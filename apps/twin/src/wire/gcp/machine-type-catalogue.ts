/**
 * Machine types. Source: "General-purpose machine family" and its siblings, "Accelerator-optimized machine family"; figures as listed
 * there in 2024.
 */
import { zonesWith } from './accelerator-catalogue.ts';

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
const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));
const t2aZones = words(
  'us-central1-a us-central1-b us-central1-f asia-southeast1-b asia-southeast1-c europe-west4-a europe-west4-b europe-west4-c',
);
const largeZones = words(
  'us-central1-a us-central1-b us-central1-c us-east1-b us-east1-c us-east1-d us-east4-a us-east4-b us-west1-a us-west1-b asia-east1-a asia-northeast1-b asia-northeast3-a asia-southeast1-a europe-west1-b europe-west2-a europe-west3-a europe-west4-a europe-west4-b',
);
/** Newer series are not everywhere yet. */
const newZones = words(
  'us-central1-a us-central1-b us-central1-c us-east1-b us-east1-c us-east1-d us-east4-a us-east4-b us-east4-c us-east5-a us-east5-b us-west1-a us-west1-b asia-east1-a asia-east1-b asia-east1-c asia-northeast1-b asia-northeast1-c asia-northeast3-a asia-northeast3-b asia-south1-a asia-south1-b asia-southeast1-a asia-southeast1-b asia-southeast1-c europe-north1-a europe-north1-b europe-west1-b europe-west1-c europe-west1-d europe-west2-a europe-west2-b europe-west3-a europe-west3-b europe-west3-c europe-west4-a europe-west4-b europe-west4-c me-central2-a me-central2-c southamerica-east1-a southamerica-east1-b',
);

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
const shared = (name: string, cpus: number, gb: number, description: string) =>
  type(name, cpus, gb * gib, { shared: true, description: `${description}, ${gb} GB RAM` });
const gpus = (name: string, cpus: number, gb: number, accelerator: string, count: number, title: string) =>
  type(name, cpus, gb * gib, {
    accelerator: { type: accelerator, count },
    description: `Accelerator Optimized: ${count} ${title} GPU${count > 1 ? 's' : ''}, ${cpus} vCPUs, ${gb}GB RAM`,
    zones: zonesWith(accelerator),
  });

const n1 = [1, 2, 4, 8, 16, 32, 64, 96];
const n2 = [2, 4, 8, 16, 32, 48, 64, 80];
const n2Large = [...n2, 96, 128];
const n2d = [2, 4, 8, 16, 32, 48, 64, 80, 96];
const c3 = [4, 8, 22, 44, 88, 176];
const c3d = [4, 8, 16, 30, 60, 90, 180, 360];
const news = { zones: newZones };

export const machineTypes: ReadonlyMap<string, MachineType> = new Map(
  [
    shared('f1-micro', 1, 0.6, '1 vCPU (shared physical core) and'),
    shared('g1-small', 1, 1.7, '1 vCPU (shared physical core) and'),
    shared('e2-micro', 2, 1, 'Efficient Instance, 2 vCPU (1/8 shared physical core) and'),
    shared('e2-small', 2, 2, 'Efficient Instance, 2 vCPU (1/4 shared physical core) and'),
    shared('e2-medium', 2, 4, 'Efficient Instance, 2 vCPU (1/2 shared physical core) and'),
    ...row('e2-standard', [2, 4, 8, 16, 32], 4),
    ...row('e2-highmem', [2, 4, 8, 16], 8),
    ...row('e2-highcpu', [2, 4, 8, 16, 32], 1),
    ...row('n1-standard', n1, 3.75),
    ...row('n1-highmem', n1.slice(1), 6.5),
    ...row('n1-highcpu', n1.slice(1), 0.9),
    ...row('n2-standard', n2Large, 4),
    ...row('n2-highmem', n2, 8),
    ...row('n2-highcpu', [...n2, 96], 1),
    ...row('n2d-standard', [...n2d, 128, 224], 4),
    ...row('n2d-highmem', n2d, 8),
    ...row('n2d-highcpu', [...n2d, 128, 224], 1),
    ...row('c2-standard', [4, 8, 16, 30, 60], 4),
    ...row('c2d-standard', [2, 4, 8, 16, 32, 56, 112], 4),
    ...row('c2d-highmem', [2, 4, 8, 16, 32, 56, 112], 8),
    ...row('c2d-highcpu', [2, 4, 8, 16, 32, 56, 112], 2),
    ...row('c3-standard', c3, 4, news),
    ...row('c3-highmem', c3, 8, news),
    ...row('c3-highcpu', c3, 2, news),
    ...row('c3d-standard', c3d, 4, news),
    ...row('c3d-highmem', c3d, 8, news),
    ...row('c3d-highcpu', c3d, 2, news),
    ...row('t2d-standard', [1, 2, 4, 8, 16, 32, 48, 60], 4),
    ...row('t2a-standard', [1, 2, 4, 8, 16, 32, 48], 4, { arm: true, zones: t2aZones }),
    type('m1-megamem-96', 96, 1433.6 * gib, { zones: largeZones }),
    type('m1-ultramem-40', 40, 961 * gib, { zones: largeZones }),
    type('m1-ultramem-80', 80, 1922 * gib, { zones: largeZones }),
    type('m1-ultramem-160', 160, 3844 * gib, { zones: largeZones }),
    type('m3-megamem-64', 64, 976 * gib, { zones: largeZones }),
    type('m3-megamem-128', 128, 1952 * gib, { zones: largeZones }),
    type('m3-ultramem-32', 32, 976 * gib, { zones: largeZones }),
    type('m3-ultramem-64', 64, 1952 * gib, { zones: largeZones }),
    type('m3-ultramem-128', 128, 3904 * gib, { zones: largeZones }),
    ...[1, 2, 4, 8].map(count =>
      gpus(`a2-highgpu-${count}g`, count * 12, count * 85, 'nvidia-tesla-a100', count, 'NVIDIA Tesla A100'),
    ),
    gpus('a2-megagpu-16g', 96, 1360, 'nvidia-tesla-a100', 16, 'NVIDIA Tesla A100'),
    ...[1, 2, 4, 8].map(count =>
      gpus(`a2-ultragpu-${count}g`, count * 12, count * 170, 'nvidia-a100-80gb', count, 'NVIDIA A100 80GB'),
    ),
    ...[1, 2, 4, 8].map(count =>
      gpus(`a3-highgpu-${count}g`, count * 26, count * 234, 'nvidia-h100-80gb', count, 'NVIDIA H100 80GB'),
    ),
    ...[4, 8, 12, 16, 32].map(cpus =>
      gpus(`g2-standard-${cpus}`, cpus, cpus * 4, 'nvidia-l4', 1, 'NVIDIA L4'),
    ),
    gpus('g2-standard-24', 24, 96, 'nvidia-l4', 2, 'NVIDIA L4'),
    gpus('g2-standard-48', 48, 192, 'nvidia-l4', 4, 'NVIDIA L4'),
    gpus('g2-standard-96', 96, 384, 'nvidia-l4', 8, 'NVIDIA L4'),
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
