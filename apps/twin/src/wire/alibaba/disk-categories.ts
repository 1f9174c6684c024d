/**
 * Categories of cloud disks, their sizes and prices. Sources: ECS API reference, CreateDisk and RunInstances (sizes); the pricing page
 * "Block storage" (a GiB an hour, CNY, China (Hangzhou)).
 */

export const diskCategories = [
  'cloud_efficiency',
  'cloud_ssd',
  'cloud_essd',
  'cloud_auto',
  'cloud_essd_entry',
  'cloud',
] as const;
export type DiskCategory = (typeof diskCategories)[number];
export const performanceLevels = ['PL0', 'PL1', 'PL2', 'PL3'] as const;
export type PerformanceLevel = (typeof performanceLevels)[number];
export type DiskType = 'system' | 'data';

interface Sizes {
  least: number;
  most: number;
}

const data: Readonly<Record<Exclude<DiskCategory, 'cloud_essd'>, Sizes>> = {
  cloud_efficiency: { least: 20, most: 32_768 },
  cloud_ssd: { least: 20, most: 32_768 },
  cloud_auto: { least: 1, most: 65_536 },
  cloud_essd_entry: { least: 10, most: 32_768 },
  cloud: { least: 5, most: 2000 },
};
const essd: Readonly<Record<PerformanceLevel, Sizes>> = {
  PL0: { least: 1, most: 65_536 },
  PL1: { least: 20, most: 65_536 },
  PL2: { least: 461, most: 65_536 },
  PL3: { least: 1261, most: 65_536 },
};

/** In GiB. */
export function sizesOf(type: DiskType, category: DiskCategory, level: PerformanceLevel | ''): Sizes {
  const sizes = category === 'cloud_essd' ? essd[level === '' ? 'PL1' : level] : data[category];
  if (type === 'data') return sizes;
  return { least: Math.max(20, sizes.least), most: category === 'cloud' ? 500 : 2048 };
}

const perGib: Readonly<Record<Exclude<DiskCategory, 'cloud_essd'>, number>> = {
  cloud_efficiency: 0.000_49,
  cloud_ssd: 0.001_4,
  cloud_auto: 0.001_05,
  cloud_essd_entry: 0.000_5,
  cloud: 0.000_42,
};
const essdPerGib: Readonly<Record<PerformanceLevel, number>> = {
  PL0: 0.001_05,
  PL1: 0.002_1,
  PL2: 0.004_2,
  PL3: 0.008_4,
};
export const pricePerGib = (category: DiskCategory, level: PerformanceLevel | ''): number =>
  category === 'cloud_essd' ? essdPerGib[level === '' ? 'PL1' : level] : perGib[category];

export const categoryOf = (name: string): DiskCategory | undefined =>
  diskCategories.find(each => each === name);
export const levelOf = (name: string): PerformanceLevel | undefined =>
  performanceLevels.find(each => each === name);
