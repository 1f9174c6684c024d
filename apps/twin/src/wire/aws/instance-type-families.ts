/**
 * Families of instance types: sizes, memory, network, clock, and what an hour of Linux on demand costs in us-east-1 (USD; EC2 on-demand
 * price list of 2025). Within a family the price follows the memory, as AWS's does. Figures: EC2 instance type pages.
 */
import type { Architecture, InstanceType } from './instance-type-catalogue.ts';

export type Unnumbered = Omit<InstanceType, 'n'>;

/** Interfaces and addresses of each, by size (EC2 user guide, "Maximum IP addresses per network interface"). */
const cards: Readonly<Record<string, readonly [number, number]>> = {
  nano: [2, 2],
  micro: [2, 2],
  small: [3, 4],
  medium: [2, 4],
  large: [3, 10],
  xlarge: [4, 15],
  '2xlarge': [4, 15],
  '4xlarge': [8, 30],
  '8xlarge': [8, 30],
  '9xlarge': [8, 30],
  '12xlarge': [8, 30],
};
const mostCards = [15, 50] as const;
const burstCards: typeof cards = { ...cards, medium: [3, 6], large: [3, 12] };

const sizeOf = (name: string) => name.slice(name.indexOf('.') + 1);

interface Family {
  readonly name: string;
  readonly maker: string;
  readonly ghz: number;
  readonly gibPerVcpu: number;
  readonly usdPerGib: number;
  /** `Up to` this below the first size of `network`, then what each size has. */
  readonly upTo: string;
  /** Size, vCPUs, network of its own. */
  readonly sizes: readonly (readonly [size: string, vcpus: number, network?: string])[];
  readonly absent: InstanceType['absent'];
}

const oldZone = { 'us-east-1': 'e' } as const;
/** Graviton came to Seoul's first zones later. */
const armAbsent = { 'us-east-1': 'e', 'ap-northeast-2': 'b' } as const;

const small = [
  ['large', 2],
  ['xlarge', 4],
  ['2xlarge', 8],
  ['4xlarge', 16],
] as const;
const medium = [['medium', 1], ...small] as const;
const fifth = [
  ...small,
  ['8xlarge', 32, '10 Gigabit'],
  ['12xlarge', 48, '12 Gigabit'],
  ['16xlarge', 64, '20 Gigabit'],
  ['24xlarge', 96, '25 Gigabit'],
] as const;
const compute = [
  ...small,
  ['9xlarge', 36, '12 Gigabit'],
  ['12xlarge', 48, '12 Gigabit'],
  ['18xlarge', 72, '25 Gigabit'],
  ['24xlarge', 96, '25 Gigabit'],
] as const;
const sixth = [
  ...small,
  ['8xlarge', 32, '12.5 Gigabit'],
  ['12xlarge', 48, '18.75 Gigabit'],
  ['16xlarge', 64, '25 Gigabit'],
  ['24xlarge', 96, '37.5 Gigabit'],
  ['32xlarge', 128, '50 Gigabit'],
] as const;
const graviton2 = [
  ...medium,
  ['8xlarge', 32, '12 Gigabit'],
  ['12xlarge', 48, '20 Gigabit'],
  ['16xlarge', 64, '25 Gigabit'],
] as const;
const graviton3 = [
  ...medium,
  ['8xlarge', 32, '15 Gigabit'],
  ['12xlarge', 48, '22.5 Gigabit'],
  ['16xlarge', 64, '30 Gigabit'],
] as const;
const seventh = [...sixth.slice(0, -1), ['48xlarge', 192, '50 Gigabit']] as const;

const intel = { maker: 'Intel', absent: oldZone };
const arm = { maker: 'AWS', absent: armAbsent };
const [ten, twelve] = ['10 Gigabit', '12.5 Gigabit'];

const families: readonly Family[] = [
  { ...intel, name: 'm5', ghz: 3.1, gibPerVcpu: 4, usdPerGib: 0.012, upTo: ten, sizes: fifth },
  { ...intel, name: 'm6i', ghz: 3.5, gibPerVcpu: 4, usdPerGib: 0.012, upTo: twelve, sizes: sixth },
  { ...intel, name: 'm7i', ghz: 3.2, gibPerVcpu: 4, usdPerGib: 0.0126, upTo: twelve, sizes: seventh },
  { ...arm, name: 'm6g', ghz: 2.5, gibPerVcpu: 4, usdPerGib: 0.009625, upTo: ten, sizes: graviton2 },
  { ...arm, name: 'm7g', ghz: 2.6, gibPerVcpu: 4, usdPerGib: 0.0102, upTo: twelve, sizes: graviton3 },
  { ...intel, name: 'c5', ghz: 3.4, gibPerVcpu: 2, usdPerGib: 0.02125, upTo: ten, sizes: compute },
  { ...intel, name: 'c6i', ghz: 3.5, gibPerVcpu: 2, usdPerGib: 0.02125, upTo: twelve, sizes: sixth },
  { ...arm, name: 'c6g', ghz: 2.5, gibPerVcpu: 2, usdPerGib: 0.017, upTo: ten, sizes: graviton2 },
  { ...arm, name: 'c7g', ghz: 2.6, gibPerVcpu: 2, usdPerGib: 0.018125, upTo: twelve, sizes: graviton3 },
  { ...intel, name: 'r5', ghz: 3.1, gibPerVcpu: 8, usdPerGib: 0.007875, upTo: ten, sizes: fifth },
  { ...intel, name: 'r6i', ghz: 3.5, gibPerVcpu: 8, usdPerGib: 0.007875, upTo: twelve, sizes: sixth },
  { ...arm, name: 'r6g', ghz: 2.5, gibPerVcpu: 8, usdPerGib: 0.0063, upTo: ten, sizes: graviton2 },
];

const modern = {
  hypervisor: 'nitro',
  currentGeneration: true,
  freeTier: false,
  gpu: undefined,
  localDisk: undefined,
} as const;

const dollars = (usd: number) => Math.round(usd * 1e6) / 1e6;

function ofFamily(family: Family): Unnumbered[] {
  const isArm = family.maker === 'AWS';
  const architectures: readonly Architecture[] = [isArm ? 'arm64' : 'x86_64'];
  return family.sizes.map(([size, vcpus, network]) => {
    const [interfaces, addressesPerInterface] = cards[size] ?? mostCards;
    return {
      ...modern,
      name: `${family.name}.${size}`,
      vcpus,
      cores: isArm ? vcpus : vcpus / 2,
      memoryMib: vcpus * family.gibPerVcpu * 1024,
      architectures,
      ghz: family.ghz,
      maker: family.maker,
      network: network ?? `Up to ${family.upTo}`,
      interfaces,
      addressesPerInterface,
      absent: family.absent,
      usd: dollars(vcpus * family.gibPerVcpu * family.usdPerGib),
    };
  });
}

/** The burstable sizes, smallest first: GiB of memory. */
const bursts = [
  ['nano', 0.5],
  ['micro', 1],
  ['small', 2],
  ['medium', 4],
  ['large', 8],
  ['xlarge', 16],
  ['2xlarge', 32],
] as const;
const burstVcpus = (gib: number, least: number) => (gib <= 2 ? least : Math.max(2, gib / 4));

function burstable(
  name: string,
  usdPerGib: number,
  rest: Pick<Unnumbered, 'maker' | 'ghz' | 'architectures' | 'hypervisor' | 'absent'>,
): Unnumbered[] {
  const xen = rest.hypervisor === 'xen';
  return bursts.map(([size, gib]) => {
    const vcpus = burstVcpus(gib, xen ? 1 : 2);
    const [interfaces, addressesPerInterface] = burstCards[size] ?? mostCards;
    const threads = xen || rest.maker === 'AWS' ? 1 : 2;
    return {
      ...modern,
      ...rest,
      name: `${name}.${size}`,
      vcpus,
      cores: vcpus / threads,
      memoryMib: gib * 1024,
      network: xen ? (gib > 8 ? 'Moderate' : 'Low to Moderate') : 'Up to 5 Gigabit',
      interfaces: xen ? Math.min(3, interfaces) : interfaces,
      addressesPerInterface,
      freeTier: (name === 't2' || name === 't3') && size === 'micro',
      usd: dollars(gib * usdPerGib),
    };
  });
}

type GpuRow = readonly [
  size: string,
  vcpus: number,
  gib: number,
  gpus: number,
  disk: readonly [count: number, gb: number] | undefined,
  network: string,
  usd: number,
];

function accelerated(
  family: string,
  gpu: { name: string; memoryMib: number },
  rows: readonly GpuRow[],
  rest: Pick<Unnumbered, 'maker' | 'ghz' | 'absent'> & Partial<Unnumbered>,
): Unnumbered[] {
  return rows.map(([size, vcpus, gib, count, disk, network, usd]) => {
    const [interfaces, addressesPerInterface] = cards[size] ?? mostCards;
    return {
      ...modern,
      architectures: ['x86_64'],
      name: `${family}.${size}`,
      vcpus,
      cores: vcpus / 2,
      memoryMib: gib * 1024,
      network,
      interfaces,
      addressesPerInterface,
      gpu: { ...gpu, count },
      localDisk: disk && { count: disk[0], gib: disk[1], nvme: true },
      usd,
      ...rest,
    };
  });
}

const manyRegions = ['us-east-1', 'us-east-2', 'us-west-2', 'eu-west-1', 'eu-west-2', 'eu-central-1'];
const asia = ['ap-northeast-1', 'ap-northeast-2', 'ap-southeast-1', 'ap-southeast-2', 'ap-south-1'];

const gpus: Unnumbered[] = [
  ...accelerated(
    'g4dn',
    { name: 'T4', memoryMib: 16_384 },
    [
      ['xlarge', 4, 16, 1, [1, 125], 'Up to 25 Gigabit', 0.526],
      ['2xlarge', 8, 32, 1, [1, 225], 'Up to 25 Gigabit', 0.752],
      ['4xlarge', 16, 64, 1, [1, 225], 'Up to 25 Gigabit', 1.204],
      ['8xlarge', 32, 128, 1, [1, 900], '50 Gigabit', 2.176],
      ['12xlarge', 48, 192, 4, [1, 900], '50 Gigabit', 3.912],
      ['16xlarge', 64, 256, 1, [1, 900], '50 Gigabit', 4.352],
    ],
    { maker: 'Intel', ghz: 2.5, absent: oldZone },
  ),
  ...accelerated(
    'g5',
    { name: 'A10G', memoryMib: 24_576 },
    [
      ['xlarge', 4, 16, 1, [1, 250], 'Up to 10 Gigabit', 1.006],
      ['2xlarge', 8, 32, 1, [1, 450], 'Up to 10 Gigabit', 1.212],
      ['4xlarge', 16, 64, 1, [1, 600], 'Up to 25 Gigabit', 1.624],
      ['8xlarge', 32, 128, 1, [1, 900], '25 Gigabit', 2.448],
      ['12xlarge', 48, 192, 4, [1, 3800], '40 Gigabit', 5.672],
      ['16xlarge', 64, 256, 1, [1, 1900], '25 Gigabit', 4.096],
      ['24xlarge', 96, 384, 4, [1, 3800], '50 Gigabit', 8.144],
      ['48xlarge', 192, 768, 8, [2, 3800], '100 Gigabit', 16.288],
    ],
    { maker: 'AMD', ghz: 3.3, absent: oldZone, only: [...manyRegions, ...asia, 'ca-central-1', 'sa-east-1'] },
  ),
  ...accelerated(
    'g6',
    { name: 'L4', memoryMib: 22_888 },
    [
      ['xlarge', 4, 16, 1, [1, 250], 'Up to 10 Gigabit', 0.8048],
      ['2xlarge', 8, 32, 1, [1, 450], 'Up to 10 Gigabit', 0.9776],
      ['4xlarge', 16, 64, 1, [1, 600], 'Up to 25 Gigabit', 1.3232],
      ['8xlarge', 32, 128, 1, [2, 450], '25 Gigabit', 2.0144],
      ['12xlarge', 48, 192, 4, [4, 940], '40 Gigabit', 4.6016],
      ['16xlarge', 64, 256, 1, [2, 940], '25 Gigabit', 3.3968],
      ['24xlarge', 96, 384, 4, [4, 940], '50 Gigabit', 6.6752],
      ['48xlarge', 192, 768, 8, [8, 940], '100 Gigabit', 13.3504],
    ],
    { maker: 'AMD', ghz: 3.4, absent: oldZone, only: [...manyRegions, ...asia] },
  ),
  ...accelerated(
    'p3',
    { name: 'V100', memoryMib: 16_384 },
    [
      ['2xlarge', 8, 61, 1, undefined, 'Up to 10 Gigabit', 3.06],
      ['8xlarge', 32, 244, 4, undefined, '10 Gigabit', 12.24],
      ['16xlarge', 64, 488, 8, undefined, '25 Gigabit', 24.48],
    ],
    {
      maker: 'Intel',
      ghz: 2.7,
      hypervisor: 'xen',
      absent: { 'us-east-1': 'ae', 'ap-northeast-2': 'b', 'eu-west-1': 'c' },
      only: [...manyRegions, ...asia, 'ca-central-1'],
    },
  ),
  ...accelerated(
    'p4d',
    { name: 'A100', memoryMib: 40_960 },
    [['24xlarge', 96, 1152, 8, [8, 1000], '4x 100 Gigabit', 21.957_642]],
    {
      maker: 'Intel',
      ghz: 3,
      absent: { 'us-east-1': 'aef', 'ap-northeast-2': 'ad' },
      only: [...manyRegions.filter(region => region !== 'eu-west-2'), ...asia.slice(0, 3)],
    },
  ),
  ...accelerated(
    'p5',
    { name: 'H100', memoryMib: 81_920 },
    [['48xlarge', 192, 2048, 8, [8, 3840], '3200 Gigabit', 55.04]],
    {
      maker: 'AMD',
      ghz: 3.6,
      absent: { 'us-east-1': 'bce' },
      only: ['us-east-1', 'us-east-2', 'us-west-2', 'ap-northeast-1'],
    },
  ),
];

const old: Unnumbered = {
  ...modern,
  name: 'm1.small',
  vcpus: 1,
  cores: 1,
  memoryMib: Math.floor(1.7 * 1024),
  network: 'Low',
  interfaces: 2,
  addressesPerInterface: 4,
  architectures: ['i386', 'x86_64'],
  hypervisor: 'xen',
  currentGeneration: false,
  ghz: 2,
  maker: 'Intel',
  localDisk: { count: 1, gib: 160, nvme: false },
  absent: {},
  usd: 0.044,
};

const x86 = ['x86_64'] as const;
export const allTypes: readonly Unnumbered[] = [
  ...burstable('t2', 0.0116, {
    maker: 'Intel',
    ghz: 2.3,
    architectures: ['i386', 'x86_64'],
    hypervisor: 'xen',
    absent: {},
  }),
  ...burstable('t3', 0.0104, { ...intel, ghz: 2.5, architectures: x86, hypervisor: 'nitro' }),
  ...burstable('t3a', 0.0094, {
    maker: 'AMD',
    ghz: 2.2,
    architectures: x86,
    hypervisor: 'nitro',
    absent: oldZone,
  }),
  ...burstable('t4g', 0.0084, { ...arm, ghz: 2.5, architectures: ['arm64'], hypervisor: 'nitro' }),
  ...families.flatMap(ofFamily),
  ...gpus,
  old,
];

/** Nano 0.25, micro 0.5 … xlarge 8, and eight for each x of the larger ones. */
export function normalization(name: string): number {
  const size = sizeOf(name);
  const few: Readonly<Record<string, number>> = {
    nano: 0.25,
    micro: 0.5,
    small: 1,
    medium: 2,
    large: 4,
    xlarge: 8,
  };
  return few[size] ?? Number.parseInt(size, 10) * 8;
}
