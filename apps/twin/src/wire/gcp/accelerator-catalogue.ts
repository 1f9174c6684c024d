/** Accelerators and the zones that have them. Source: "GPU platforms" and "GPU regions and zones", as listed there in 2024. */
import type { RegionQuota } from './quotas.ts';

export interface AcceleratorType {
  readonly name: string;
  readonly description: string;
  /** Of one instance. */
  readonly most: number;
  /** How many an N1 instance may have, each with the most vCPUs that go with it; empty where only its own machine types have it. */
  readonly attach: Readonly<Record<number, number>>;
  readonly metric: Extract<RegionQuota, `NVIDIA_${string}`>;
  readonly zones: ReadonlySet<string>;
}

/** `us-central1-abc` */
const zones = (text: string): ReadonlySet<string> =>
  new Set(
    text.split(' ').flatMap(word => {
      const at = word.lastIndexOf('-');
      return Array.from(word.slice(at + 1), letter => `${word.slice(0, at)}-${letter}`);
    }),
  );

export const acceleratorTypes: readonly AcceleratorType[] = [
  {
    name: 'nvidia-a100-80gb',
    description: 'NVIDIA A100 80GB',
    most: 8,
    attach: {},
    metric: 'NVIDIA_A100_80GB_GPUS',
    zones: zones('us-central1-ac us-east4-c us-east5-b asia-southeast1-c europe-west4-a'),
  },
  {
    name: 'nvidia-h100-80gb',
    description: 'NVIDIA H100 80GB',
    most: 8,
    attach: {},
    metric: 'NVIDIA_H100_GPUS',
    zones: zones(
      'us-central1-ac us-east4-ab us-east5-a us-west1-ab us-west4-a asia-northeast1-b asia-southeast1-bc europe-west1-b europe-west4-bc',
    ),
  },
  {
    name: 'nvidia-l4',
    description: 'NVIDIA L4',
    most: 8,
    attach: {},
    metric: 'NVIDIA_L4_GPUS',
    zones: zones(
      'us-central1-abc us-east1-bcd us-east4-ac us-west1-abc us-west4-ac northamerica-northeast2-ab asia-east1-abc asia-northeast1-abc asia-northeast3-ab asia-south1-abc asia-southeast1-abc europe-west1-bc europe-west2-ab europe-west3-ab europe-west4-abc europe-west6-bc me-central2-ac',
    ),
  },
  {
    name: 'nvidia-tesla-a100',
    description: 'NVIDIA A100 40GB',
    most: 16,
    attach: {},
    metric: 'NVIDIA_A100_GPUS',
    zones: zones(
      'us-central1-abcf us-east1-b us-west1-b us-west3-b us-west4-b asia-northeast1-ac asia-northeast3-ab asia-southeast1-bc europe-west4-ab me-west1-ac',
    ),
  },
  {
    name: 'nvidia-tesla-p100',
    description: 'NVIDIA Tesla P100',
    most: 4,
    attach: { 1: 16, 2: 32, 4: 96 },
    metric: 'NVIDIA_P100_GPUS',
    zones: zones('us-central1-cf us-east1-bc us-west1-ab asia-east1-ac europe-west1-bd europe-west4-a'),
  },
  {
    name: 'nvidia-tesla-p4',
    description: 'NVIDIA Tesla P4',
    most: 4,
    attach: { 1: 24, 2: 48, 4: 96 },
    metric: 'NVIDIA_P4_GPUS',
    zones: zones(
      'us-central1-ac us-east4-abc us-west2-bc northamerica-northeast1-abc asia-southeast1-bc australia-southeast1-ab europe-west4-bc',
    ),
  },
  {
    name: 'nvidia-tesla-t4',
    description: 'NVIDIA T4',
    most: 4,
    attach: { 1: 48, 2: 48, 4: 96 },
    metric: 'NVIDIA_T4_GPUS',
    zones: zones(
      'us-central1-abcf us-east1-cd us-east4-ab us-west1-ab us-west2-bc us-west3-b us-west4-ab northamerica-northeast1-c southamerica-east1-ac asia-east1-ac asia-east2-ac asia-northeast1-ac asia-northeast3-bc asia-south1-ab asia-southeast1-abc asia-southeast2-ab australia-southeast1-ac europe-central2-bc europe-west1-bcd europe-west2-ab europe-west3-b europe-west4-abc me-west1-bc',
    ),
  },
  {
    name: 'nvidia-tesla-v100',
    description: 'NVIDIA V100',
    most: 8,
    attach: { 1: 12, 2: 24, 4: 48, 8: 96 },
    metric: 'NVIDIA_V100_GPUS',
    zones: zones('us-central1-abcf us-east1-c us-west1-ab asia-east1-c europe-west4-abc'),
  },
];

export const acceleratorsIn = (zone: string): readonly AcceleratorType[] =>
  acceleratorTypes.filter(each => each.zones.has(zone));
export const acceleratorIn = (name: string, zone: string): AcceleratorType | undefined =>
  acceleratorTypes.find(each => each.name === name && each.zones.has(zone));
/** What has an accelerator is where it is. */
export const zonesWith = (name: string): ReadonlySet<string> | undefined =>
  acceleratorTypes.find(each => each.name === name)?.zones;
