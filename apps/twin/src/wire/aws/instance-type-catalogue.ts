/** Instance types as AWS publishes them, and where each is offered. `us-east-1e` is the old zone that few of today's types reach. */
import { allTypes } from './instance-type-families.ts';
import { zonesOf } from './zones.ts';

export type Architecture = 'x86_64' | 'arm64' | 'i386';

export interface Gpu {
  readonly name: string;
  readonly count: number;
  readonly memoryMib: number;
}

export interface InstanceType {
  readonly n: number;
  readonly name: string;
  readonly vcpus: number;
  readonly cores: number;
  readonly memoryMib: number;
  readonly architectures: readonly Architecture[];
  readonly ghz: number;
  readonly maker: string;
  readonly network: string;
  readonly interfaces: number;
  readonly addressesPerInterface: number;
  readonly hypervisor: 'nitro' | 'xen';
  readonly currentGeneration: boolean;
  readonly freeTier: boolean;
  readonly gpu: Gpu | undefined;
  /** Gigabytes of local disks: count × size. */
  readonly localDisk: { readonly count: number; readonly gib: number; readonly nvme: boolean } | undefined;
  /** Letters of the zones without it, by region. */
  readonly absent: Readonly<Record<string, string>>;
  /** The regions that have it; all where undefined. */
  readonly only?: readonly string[];
  /** An hour of Linux, on demand, in us-east-1. */
  readonly usd: number;
}

export const instanceTypes: ReadonlyMap<string, InstanceType> = new Map(
  allTypes
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((row, index) => [row.name, { n: index + 1, ...row }]),
);

export const offeredIn = (type: InstanceType, zone: string): boolean => {
  const region = zone.slice(0, -1);
  if (type.only && !type.only.includes(region)) return false;
  return !(type.absent[region] ?? '').includes(zone.slice(-1));
};

export const offeredInRegion = (type: InstanceType, region: string): boolean =>
  zonesOf(region).some(zone => offeredIn(type, zone.name));
