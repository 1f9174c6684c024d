/**
 * Instance types with their true shapes, and what each costs. Sources: ECS user guide, "Overview of instance families"; the pricing page
 * "ECS": CNY an hour, pay-as-you-go, Linux, China (Hangzhou), of the order that is published; within a family it is proportional to size.
 */

import { zonesOf } from './region-catalogue.ts';

export interface InstanceType {
  readonly name: string;
  readonly family: string;
  readonly cpus: number;
  readonly memoryGib: number;
  readonly architecture: 'X86' | 'ARM';
  readonly category: string;
  readonly cpuModel: string;
  readonly cpuGhz: number;
  readonly gpus: number;
  readonly gpuSpec: string;
  /** Of one. */
  readonly gpuMemoryGib: number;
  /** kbit/s */
  readonly bandwidth: number;
  readonly level: 'EntryLevel' | 'EnterpriseLevel';
  /** CNY an hour. */
  readonly price: number;
}

const sizes: Readonly<Record<string, number>> = {
  large: 2,
  xlarge: 4,
  '2xlarge': 8,
  '3xlarge': 12,
  '4xlarge': 16,
  '6xlarge': 24,
  '8xlarge': 32,
  '13xlarge': 52,
  '16xlarge': 64,
  '26xlarge': 104,
  '32xlarge': 128,
};

interface Chip {
  model: string;
  ghz: number;
  arm?: boolean;
}
const skylake: Chip = { model: 'Intel Xeon(Skylake) Platinum 8163', ghz: 2.5 };
const cascade: Chip = { model: 'Intel Xeon(Cascade Lake) Platinum 8269CY', ghz: 2.5 };
const iceLake: Chip = { model: 'Intel Xeon(Ice Lake) Platinum 8369B', ghz: 2.7 };
const sapphire: Chip = { model: 'Intel Xeon(Sapphire Rapids) Platinum 8475B', ghz: 2.7 };
const genoa: Chip = { model: 'AMD EPYC 9T24', ghz: 2.7 };
const milan: Chip = { model: 'AMD EPYC 7T83', ghz: 2.55 };
const yitian: Chip = { model: 'YiTian 710', ghz: 2.75, arm: true };

const categories: Readonly<Record<number, string>> = {
  2: 'Compute-optimized',
  4: 'General-purpose',
  8: 'Memory-optimized',
};

const round = (price: number): number => Math.round(price * 1e4) / 1e4;

/** `ratio` GiB a vCPU; `price` of two vCPUs. */
function family(
  name: string,
  ratio: number,
  chip: Chip,
  price: number,
  names: readonly string[],
): InstanceType[] {
  return names.map(size => {
    const cpus = sizes[size] ?? 2;
    return {
      name: `ecs.${name}.${size}`,
      family: `ecs.${name}`,
      cpus,
      memoryGib: cpus * ratio,
      architecture: chip.arm ? 'ARM' : 'X86',
      category: categories[ratio] ?? 'General-purpose',
      cpuModel: chip.model,
      cpuGhz: chip.ghz,
      gpus: 0,
      gpuSpec: '',
      gpuMemoryGib: 0,
      bandwidth: Math.min(64_000_000, 512_000 * cpus),
      level: 'EnterpriseLevel',
      price: round((price * cpus) / 2),
    };
  });
}

const entry = (
  name: string,
  family: string,
  cpus: number,
  memoryGib: number,
  price: number,
): InstanceType => ({
  name,
  family,
  cpus,
  memoryGib,
  architecture: 'X86',
  category: 'Shared',
  cpuModel: 'Intel(R) Xeon(R) Platinum',
  cpuGhz: 2.5,
  gpus: 0,
  gpuSpec: '',
  gpuMemoryGib: 0,
  bandwidth: 81_920,
  level: 'EntryLevel',
  price,
});

interface Card {
  family: string;
  spec: string;
  memoryGib: number;
  chip: Chip;
}
const t4: Card = { family: 'gn6i', spec: 'NVIDIA T4', memoryGib: 16, chip: skylake };
const v100: Card = { family: 'gn6v', spec: 'NVIDIA V100', memoryGib: 16, chip: skylake };
const v100Large: Card = { family: 'gn6e', spec: 'NVIDIA V100', memoryGib: 32, chip: skylake };
const a10: Card = { family: 'gn7i', spec: 'NVIDIA A10', memoryGib: 24, chip: iceLake };
const a100: Card = { family: 'gn7e', spec: 'NVIDIA A100', memoryGib: 80, chip: iceLake };

const gpu = (
  card: Card,
  size: string,
  cpus: number,
  memoryGib: number,
  gpus: number,
  price: number,
): InstanceType => ({
  name: `ecs.${card.family}-${size}`,
  family: `ecs.${card.family}`,
  cpus,
  memoryGib,
  architecture: 'X86',
  category: 'GPU-accelerated compute-optimized',
  cpuModel: card.chip.model,
  cpuGhz: card.chip.ghz,
  gpus,
  gpuSpec: card.spec,
  gpuMemoryGib: card.memoryGib,
  bandwidth: Math.min(32_768_000, 1_024_000 * cpus),
  level: 'EnterpriseLevel',
  price,
});

const older = ['large', 'xlarge', '2xlarge', '3xlarge', '4xlarge', '6xlarge', '8xlarge'];
const sixth = [...older, '13xlarge', '26xlarge'];
const seventh = [...older, '16xlarge', '32xlarge'];
const eighth = ['large', 'xlarge', '2xlarge', '4xlarge', '8xlarge'];

export const instanceTypes: readonly InstanceType[] = [
  entry('ecs.t5-lc2m1.nano', 'ecs.t5', 1, 0.5, 0.0325),
  entry('ecs.t5-lc1m1.small', 'ecs.t5', 1, 1, 0.065),
  entry('ecs.t5-lc1m2.small', 'ecs.t5', 1, 2, 0.094),
  entry('ecs.t5-lc1m2.large', 'ecs.t5', 2, 4, 0.188),
  entry('ecs.t5-lc1m4.large', 'ecs.t5', 2, 8, 0.277),
  entry('ecs.t6-c4m1.large', 'ecs.t6', 2, 0.5, 0.051),
  entry('ecs.t6-c2m1.large', 'ecs.t6', 2, 1, 0.102),
  entry('ecs.t6-c1m1.large', 'ecs.t6', 2, 2, 0.17),
  entry('ecs.t6-c1m2.large', 'ecs.t6', 2, 4, 0.23),
  entry('ecs.t6-c1m4.large', 'ecs.t6', 2, 8, 0.34),
  entry('ecs.t6-c1m4.xlarge', 'ecs.t6', 4, 16, 0.68),
  entry('ecs.e-c1m1.large', 'ecs.e', 2, 2, 0.14),
  entry('ecs.e-c1m2.large', 'ecs.e', 2, 4, 0.2),
  entry('ecs.e-c1m2.xlarge', 'ecs.e', 4, 8, 0.4),
  entry('ecs.e-c1m4.large', 'ecs.e', 2, 8, 0.3),
  ...family('c5', 2, skylake, 0.41, older),
  ...family('g5', 4, skylake, 0.53, older),
  ...family('r5', 8, skylake, 0.7, older),
  ...family('c6', 2, cascade, 0.39, sixth),
  ...family('g6', 4, cascade, 0.5, sixth),
  ...family('r6', 8, cascade, 0.66, sixth),
  ...family('c7', 2, iceLake, 0.4056, seventh),
  ...family('g7', 4, iceLake, 0.52, seventh),
  ...family('r7', 8, iceLake, 0.6864, seventh),
  ...family('c7a', 2, milan, 0.3314, older),
  ...family('g7a', 4, milan, 0.43, older),
  ...family('c8i', 2, sapphire, 0.426, eighth),
  ...family('g8i', 4, sapphire, 0.546, eighth),
  ...family('r8i', 8, sapphire, 0.7207, eighth),
  ...family('g8a', 4, genoa, 0.4473, eighth),
  ...family('c8y', 2, yitian, 0.3245, eighth),
  ...family('g8y', 4, yitian, 0.416, eighth),
  ...family('r8y', 8, yitian, 0.5491, eighth),
  gpu(t4, 'c4g1.xlarge', 4, 15, 1, 11.63),
  gpu(t4, 'c8g1.2xlarge', 8, 31, 1, 13.96),
  gpu(t4, 'c16g1.4xlarge', 16, 62, 1, 16.41),
  gpu(t4, 'c24g1.6xlarge', 24, 93, 1, 17.18),
  gpu(t4, 'c24g1.12xlarge', 48, 186, 2, 34.36),
  gpu(t4, 'c24g1.24xlarge', 96, 372, 4, 68.72),
  gpu(v100, 'c8g1.2xlarge', 8, 32, 1, 26.46),
  gpu(v100, 'c8g1.8xlarge', 32, 128, 4, 105.84),
  gpu(v100, 'c8g1.16xlarge', 64, 256, 8, 211.68),
  gpu(v100Large, 'c12g1.3xlarge', 12, 92, 1, 27.88),
  gpu(v100Large, 'c12g1.12xlarge', 48, 368, 4, 111.52),
  gpu(a10, 'c8g1.2xlarge', 8, 30, 1, 12.69),
  gpu(a10, 'c16g1.4xlarge', 16, 60, 1, 13.46),
  gpu(a10, 'c32g1.8xlarge', 32, 188, 1, 15.96),
  gpu(a10, 'c32g1.16xlarge', 64, 376, 2, 31.92),
  gpu(a100, 'c16g1.4xlarge', 16, 125, 1, 34.74),
  gpu(a100, 'c16g1.32xlarge', 128, 1000, 8, 277.93),
];
const byName = new Map(instanceTypes.map(type => [type.name, type]));
export const typeOf = (name: string): InstanceType | undefined => byName.get(name);

/** Not every zone has everything: GPUs stand in each region's first zone only, which is its a, b or c. */
export const offeredIn = (type: InstanceType, zone: string): boolean =>
  type.gpus === 0 || zone === firstZone(zone);

function firstZone(zone: string): string {
  const region = zone.replace(/-?[a-z]$/, '');
  return zonesOf(region)[0] ?? zone;
}
