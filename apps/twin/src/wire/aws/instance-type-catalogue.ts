/**
 * Instance types as AWS publishes them (EC2 instance type pages, read 2025): vCPUs, cores, memory, network, GPU, and where a type is
 * not offered. One row each; `us-east-1e` is the old zone that few of today's types reach.
 */
import { zonesOf } from './zones.ts';

export type Architecture = 'x86_64' | 'arm64' | 'i386';

export interface Gpu {
  name: string;
  count: number;
  memoryMib: number;
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
  readonly localDisk: { count: number; gib: number; nvme: boolean } | undefined;
  /** Letters of the zones without it, by region; `*` for all other regions. */
  readonly absent: Readonly<Record<string, string>>;
}

type Row = [
  name: string,
  vcpus: number,
  cores: number,
  memoryGib: number,
  network: string,
  interfaces: number,
  addresses: number,
];

const intel: Row[] = [
  ['t3.nano', 2, 1, 0.5, 'Up to 5 Gigabit', 2, 2],
  ['t3.micro', 2, 1, 1, 'Up to 5 Gigabit', 2, 2],
  ['t3.small', 2, 1, 2, 'Up to 5 Gigabit', 3, 4],
  ['t3.medium', 2, 1, 4, 'Up to 5 Gigabit', 3, 6],
  ['t3.large', 2, 1, 8, 'Up to 5 Gigabit', 3, 12],
  ['t3.xlarge', 4, 2, 16, 'Up to 5 Gigabit', 4, 15],
  ['t3.2xlarge', 8, 4, 32, 'Up to 5 Gigabit', 4, 15],
  ['m5.large', 2, 1, 8, 'Up to 10 Gigabit', 3, 10],
  ['m5.xlarge', 4, 2, 16, 'Up to 10 Gigabit', 4, 15],
  ['m5.2xlarge', 8, 4, 32, 'Up to 10 Gigabit', 4, 15],
  ['m5.4xlarge', 16, 8, 64, 'Up to 10 Gigabit', 8, 30],
  ['c5.large', 2, 1, 4, 'Up to 10 Gigabit', 3, 10],
  ['c5.xlarge', 4, 2, 8, 'Up to 10 Gigabit', 4, 15],
  ['c5.2xlarge', 8, 4, 16, 'Up to 10 Gigabit', 4, 15],
  ['r5.large', 2, 1, 16, 'Up to 10 Gigabit', 3, 10],
  ['r5.xlarge', 4, 2, 32, 'Up to 10 Gigabit', 4, 15],
  ['r5.2xlarge', 8, 4, 64, 'Up to 10 Gigabit', 4, 15],
];

const graviton: Row[] = [
  ['t4g.nano', 2, 2, 0.5, 'Up to 5 Gigabit', 2, 2],
  ['t4g.micro', 2, 2, 1, 'Up to 5 Gigabit', 2, 2],
  ['t4g.small', 2, 2, 2, 'Up to 5 Gigabit', 3, 4],
  ['t4g.medium', 2, 2, 4, 'Up to 5 Gigabit', 3, 6],
  ['t4g.large', 2, 2, 8, 'Up to 5 Gigabit', 3, 12],
  ['m6g.large', 2, 2, 8, 'Up to 10 Gigabit', 3, 10],
];

type Rest = Omit<
  InstanceType,
  'n' | 'name' | 'vcpus' | 'cores' | 'memoryMib' | 'network' | 'interfaces' | 'addressesPerInterface'
>;
const modern = {
  hypervisor: 'nitro',
  currentGeneration: true,
  freeTier: false,
  gpu: undefined,
  localDisk: undefined,
} as const;
const notInOldZone = { 'us-east-1': 'e' } as const;

const clock: Readonly<Record<string, number>> = { t3: 3.1, m5: 3.1, c5: 3.4, r5: 3.1 };
const family = (name: string) => name.slice(0, name.indexOf('.'));

type Unnumbered = Omit<InstanceType, 'n'>;

const from = (
  [name, vcpus, cores, memoryGib, network, interfaces, addressesPerInterface]: Row,
  rest: Rest,
): Unnumbered => ({
  name,
  vcpus,
  cores,
  memoryMib: memoryGib * 1024,
  network,
  interfaces,
  addressesPerInterface,
  ...rest,
});

const rows: Unnumbered[] = [
  ...intel.map(row =>
    from(row, {
      ...modern,
      architectures: ['x86_64'],
      ghz: clock[family(row[0])] ?? 3.1,
      maker: 'Intel',
      freeTier: row[0] === 't3.micro',
      absent: notInOldZone,
    }),
  ),
  ...graviton.map(row =>
    from(row, {
      ...modern,
      architectures: ['arm64'],
      ghz: 2.5,
      maker: 'AWS',
      absent: { 'us-east-1': 'e', 'ap-northeast-2': 'b' },
    }),
  ),
  from(['g4dn.xlarge', 4, 2, 16, 'Up to 25 Gigabit', 3, 10], {
    ...modern,
    architectures: ['x86_64'],
    ghz: 2.5,
    maker: 'Intel',
    gpu: { name: 'T4', count: 1, memoryMib: 16_384 },
    localDisk: { count: 1, gib: 125, nvme: true },
    absent: notInOldZone,
  }),
  from(['g4dn.12xlarge', 48, 24, 192, '50 Gigabit', 8, 30], {
    ...modern,
    architectures: ['x86_64'],
    ghz: 2.5,
    maker: 'Intel',
    gpu: { name: 'T4', count: 4, memoryMib: 16_384 },
    localDisk: { count: 1, gib: 900, nvme: true },
    absent: notInOldZone,
  }),
  from(['p3.2xlarge', 8, 4, 61, 'Up to 10 Gigabit', 4, 15], {
    ...modern,
    architectures: ['x86_64'],
    hypervisor: 'xen',
    ghz: 2.7,
    maker: 'Intel',
    gpu: { name: 'V100', count: 1, memoryMib: 16_384 },
    absent: { 'us-east-1': 'ae', 'ap-northeast-2': 'b', 'eu-west-1': 'c', 'us-west-2': '' },
  }),
  from(['m1.small', 1, 1, 1.7, 'Low', 2, 4], {
    ...modern,
    architectures: ['i386', 'x86_64'],
    hypervisor: 'xen',
    currentGeneration: false,
    ghz: 2,
    maker: 'Intel',
    localDisk: { count: 1, gib: 160, nvme: false },
    absent: {},
  }),
];

const byName = (a: Unnumbered, b: Unnumbered) => (a.name < b.name ? -1 : 1);

export const instanceTypes: ReadonlyMap<string, InstanceType> = new Map(
  rows
    .sort(byName)
    .map((row, index) => [row.name, { n: index + 1, ...row, memoryMib: Math.floor(row.memoryMib) }]),
);

export const offeredIn = (type: InstanceType, zone: string): boolean =>
  !(type.absent[zone.slice(0, -1)] ?? '').includes(zone.slice(-1));

export const offeredInRegion = (type: InstanceType, region: string): boolean =>
  zonesOf(region).some(zone => offeredIn(type, zone.name));
