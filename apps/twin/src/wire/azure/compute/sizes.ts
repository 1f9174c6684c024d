/** VM sizes, from the table (size-table.ts). */
import { families } from './size-table.ts';

export interface Size {
  readonly name: string;
  /** As quotas are counted, e.g. standardDSv5Family. */
  readonly family: string;
  /** As the price list calls it, e.g. Dsv5. */
  readonly series: string;
  readonly vcpus: number;
  readonly memoryGb: number;
  readonly architecture: 'x64' | 'Arm64';
  readonly generations: readonly ('V1' | 'V2')[];
  readonly gpus: number;
  readonly maxDataDisks: number;
  readonly maxNics: number;
  /** MB of the temporary disk. */
  readonly resourceDiskMb: number;
  readonly premium: boolean;
  readonly accelerated: boolean;
  readonly burstable: boolean;
  readonly rdma: boolean;
  /** Of Linux in eastus, pay as you go. */
  readonly usdPerHour: number;
}

export const sizes: readonly Size[] = families.flatMap(({ name: family, series, common, sizes: rows }) =>
  rows.map(
    ([name, vcpus, memoryGb, maxDataDisks, maxNics, temporaryGb, usdPerHour, gpus = 0]): Size => ({
      name: `Standard_${name}`,
      family,
      series,
      vcpus,
      memoryGb,
      maxDataDisks,
      maxNics,
      resourceDiskMb: temporaryGb * 1024,
      usdPerHour,
      gpus,
      architecture: 'x64',
      generations: ['V1', 'V2'],
      premium: true,
      accelerated: true,
      burstable: false,
      rdma: false,
      ...common,
    }),
  ),
);

const usual = ['eastus', 'eastus2', 'southcentralus', 'westus2', 'westus3', 'westeurope', 'northeurope'];
/** The newest GPUs stand in few places: elsewhere the list says that a subscription like this does not have them. */
const scarce: readonly (readonly [series: RegExp, locations: readonly string[]])[] = [
  [/A100|NDrSv2/, usual],
  [/H100/, ['eastus', 'eastus2', 'southcentralus', 'westus3', 'westeurope', 'swedencentral']],
];
export const isRestricted = (size: Size, location: string): boolean =>
  scarce.some(([series, locations]) => series.test(size.series) && !locations.includes(location));

/** Zones that a size is not in, where the location has it: GPUs stand in two zones of three. */
export const zonesOf = (size: Size, zones: readonly string[]): readonly string[] =>
  size.gpus > 0 ? zones.slice(0, 2) : zones;

const byName: ReadonlyMap<string, Size> = new Map(sizes.map(size => [size.name.toLowerCase(), size]));
export const sizeOf = (name: string): Size | undefined => byName.get(name.toLowerCase());
