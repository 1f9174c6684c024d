/** Instance types with their true shapes. Source: ECS user guide, "Overview of instance families". */

export interface InstanceType {
  readonly name: string;
  readonly family: string;
  readonly cpus: number;
  readonly memoryGib: number;
  readonly architecture: 'X86' | 'ARM';
  readonly cpuModel: string;
  readonly gpus: number;
  readonly gpuSpec: string;
  /** kbit/s */
  readonly bandwidth: number;
  readonly level: 'EntryLevel' | 'EnterpriseLevel';
}

const sizes: Readonly<Record<string, number>> = {
  large: 2,
  xlarge: 4,
  '2xlarge': 8,
  '4xlarge': 16,
  '8xlarge': 32,
};

function family(
  name: string,
  ratio: number,
  cpuModel: string,
  names: readonly string[],
  architecture: InstanceType['architecture'] = 'X86',
): InstanceType[] {
  return names.map(size => {
    const cpus = sizes[size] ?? 2;
    return {
      name: `ecs.${name}.${size}`,
      family: `ecs.${name}`,
      cpus,
      memoryGib: cpus * ratio,
      architecture,
      cpuModel,
      gpus: 0,
      gpuSpec: '',
      bandwidth: 512_000 * cpus,
      level: 'EnterpriseLevel',
    };
  });
}

const entry = (name: string, family: string, cpus: number, memoryGib: number): InstanceType => ({
  name,
  family,
  cpus,
  memoryGib,
  architecture: 'X86',
  cpuModel: 'Intel(R) Xeon(R) Platinum',
  gpus: 0,
  gpuSpec: '',
  bandwidth: 81_920,
  level: 'EntryLevel',
});

const gpu = (size: string, cpus: number, memoryGib: number, gpus: number): InstanceType => ({
  name: `ecs.gn6i-${size}`,
  family: 'ecs.gn6i',
  cpus,
  memoryGib,
  architecture: 'X86',
  cpuModel: 'Intel Xeon Platinum 8163',
  gpus,
  gpuSpec: 'NVIDIA T4',
  bandwidth: 4_096_000,
  level: 'EnterpriseLevel',
});

const cascade = 'Intel Xeon(Cascade Lake) Platinum 8269CY';
const iceLake = 'Intel Xeon(Ice Lake) Platinum 8369B';

export const instanceTypes: readonly InstanceType[] = [
  entry('ecs.t5-lc2m1.nano', 'ecs.t5', 1, 0.5),
  entry('ecs.t5-lc1m1.small', 'ecs.t5', 1, 1),
  entry('ecs.t5-lc1m2.small', 'ecs.t5', 1, 2),
  entry('ecs.t5-lc1m2.large', 'ecs.t5', 2, 4),
  entry('ecs.t6-c4m1.large', 'ecs.t6', 2, 0.5),
  entry('ecs.t6-c2m1.large', 'ecs.t6', 2, 1),
  entry('ecs.t6-c1m1.large', 'ecs.t6', 2, 2),
  entry('ecs.t6-c1m2.large', 'ecs.t6', 2, 4),
  entry('ecs.t6-c1m4.large', 'ecs.t6', 2, 8),
  entry('ecs.t6-c1m4.xlarge', 'ecs.t6', 4, 16),
  ...family('c6', 2, cascade, ['large', 'xlarge', '2xlarge', '4xlarge']),
  ...family('g6', 4, cascade, ['large', 'xlarge', '2xlarge', '4xlarge']),
  ...family('r6', 8, cascade, ['large', 'xlarge', '2xlarge']),
  ...family('c7', 2, iceLake, ['large', 'xlarge', '2xlarge']),
  ...family('g7', 4, iceLake, ['large', 'xlarge', '2xlarge', '8xlarge']),
  ...family('r7', 8, iceLake, ['large', 'xlarge']),
  ...family('g8y', 4, 'YiTian 710', ['large', 'xlarge', '2xlarge'], 'ARM'),
  gpu('c4g1.xlarge', 4, 15, 1),
  gpu('c8g1.2xlarge', 8, 31, 1),
  gpu('c16g1.4xlarge', 16, 62, 1),
  gpu('c24g1.12xlarge', 48, 186, 2),
];
const byName = new Map(instanceTypes.map(type => [type.name, type]));
export const typeOf = (name: string): InstanceType | undefined => byName.get(name);

/** Not every zone has everything: GPUs stand in each region's first zone only. */
export const offeredIn = (type: InstanceType, zone: string): boolean => type.gpus === 0 || zone.endsWith('a');
