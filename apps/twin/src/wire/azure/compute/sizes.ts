/** VM sizes. Source: "Sizes for virtual machines in Azure", and what Resource Skus – List says of them. */
export interface Size {
  readonly name: string;
  /** As quotas are counted, e.g. standardDSv5Family. */
  readonly family: string;
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
}

const both = ['V1', 'V2'] as const;
const second = ['V2'] as const;
type Row = readonly [
  name: string,
  family: string,
  vcpus: number,
  memoryGb: number,
  maxDataDisks: number,
  maxNics: number,
  resourceDiskMb: number,
  more?: Partial<Size>,
];
const arm: Partial<Size> = { architecture: 'Arm64', generations: second };

const table: readonly Row[] = [
  [
    'Standard_A1_v2',
    'standardAv2Family',
    1,
    2,
    2,
    2,
    10_240,
    { generations: ['V1'], premium: false, accelerated: false },
  ],
  [
    'Standard_A2_v2',
    'standardAv2Family',
    2,
    4,
    4,
    2,
    20_480,
    { generations: ['V1'], premium: false, accelerated: false },
  ],
  ['Standard_B1ls', 'standardBSFamily', 1, 0.5, 2, 2, 4096, { accelerated: false }],
  ['Standard_B1s', 'standardBSFamily', 1, 1, 2, 2, 4096, { accelerated: false }],
  ['Standard_B1ms', 'standardBSFamily', 1, 2, 2, 2, 4096, { accelerated: false }],
  ['Standard_B2s', 'standardBSFamily', 2, 4, 4, 3, 8192, { accelerated: false }],
  ['Standard_B2ms', 'standardBSFamily', 2, 8, 4, 3, 16_384, { accelerated: false }],
  ['Standard_B4ms', 'standardBSFamily', 4, 16, 8, 4, 32_768, { accelerated: false }],
  ['Standard_B2ats_v2', 'standardBasv2Family', 2, 1, 4, 2, 0],
  ['Standard_B2pts_v2', 'standardBpsv2Family', 2, 1, 4, 2, 0, arm],
  ['Standard_DS1_v2', 'standardDSv2Family', 1, 3.5, 4, 2, 7168],
  ['Standard_D2s_v3', 'standardDSv3Family', 2, 8, 4, 2, 16_384],
  ['Standard_D4s_v3', 'standardDSv3Family', 4, 16, 8, 2, 32_768],
  ['Standard_D2s_v5', 'standardDSv5Family', 2, 8, 4, 2, 0],
  ['Standard_D4s_v5', 'standardDSv5Family', 4, 16, 8, 2, 0],
  ['Standard_D8s_v5', 'standardDSv5Family', 8, 32, 16, 4, 0],
  ['Standard_D16s_v5', 'standardDSv5Family', 16, 64, 32, 8, 0],
  ['Standard_D2as_v5', 'standardDASv5Family', 2, 8, 4, 2, 0],
  ['Standard_D2ps_v5', 'standardDPSv5Family', 2, 8, 4, 2, 0, arm],
  ['Standard_D4ps_v5', 'standardDPSv5Family', 4, 16, 8, 2, 0, arm],
  ['Standard_E2s_v5', 'standardESv5Family', 2, 16, 4, 2, 0],
  ['Standard_E4s_v5', 'standardESv5Family', 4, 32, 8, 2, 0],
  ['Standard_F2s_v2', 'standardFSv2Family', 2, 4, 4, 2, 16_384],
  ['Standard_F4s_v2', 'standardFSv2Family', 4, 8, 8, 2, 32_768],
  ['Standard_L8s_v3', 'standardLSv3Family', 8, 64, 16, 4, 81_920],
  ['Standard_NC4as_T4_v3', 'Standard NCASv3_T4 Family', 4, 28, 8, 2, 180_224, { gpus: 1 }],
  [
    'Standard_NC24ads_A100_v4',
    'StandardNCADSA100v4Family',
    24,
    220,
    8,
    2,
    65_536,
    { gpus: 1, generations: second },
  ],
];

export const sizes: readonly Size[] = table.map(
  ([name, family, vcpus, memoryGb, maxDataDisks, maxNics, resourceDiskMb, more]) => ({
    name,
    family,
    vcpus,
    memoryGb,
    maxDataDisks,
    maxNics,
    resourceDiskMb,
    architecture: 'x64',
    generations: both,
    gpus: 0,
    premium: true,
    accelerated: true,
    ...more,
  }),
);

/** Sizes that a location has, but not for this kind of subscription. */
const restricted: Readonly<Record<string, readonly string[]>> = {
  koreacentral: ['Standard_NC24ads_A100_v4'],
  japaneast: ['Standard_NC24ads_A100_v4'],
};
export const isRestricted = (size: Size, location: string): boolean =>
  restricted[location]?.includes(size.name) === true;

const byName: ReadonlyMap<string, Size> = new Map(sizes.map(size => [size.name.toLowerCase(), size]));
export const sizeOf = (name: string): Size | undefined => byName.get(name.toLowerCase());
