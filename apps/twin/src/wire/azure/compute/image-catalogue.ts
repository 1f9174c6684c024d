/** Marketplace images by publisher, offer, SKU and version. Source: Azure Marketplace as `az vm image list --all` shows it, Linux only. */
export interface ImageVersion {
  readonly publisher: string;
  readonly offer: string;
  readonly sku: string;
  readonly version: string;
  readonly generation: 'V1' | 'V2';
  readonly architecture: 'x64' | 'Arm64';
  readonly diskGb: number;
  /** As a guest calls itself. */
  readonly osName: string;
}

type Row = readonly [
  publisher: string,
  offer: string,
  osName: string,
  diskGb: number,
  versions: readonly string[],
  skus: readonly string[],
];

const focal = ['20.04.202410080', '20.04.202411120', '20.04.202501150'];
const jammy = ['22.04.202410020', '22.04.202411050', '22.04.202501140'];
const noble = ['24.04.202410070', '24.04.202411030', '24.04.202501080'];
const table: readonly Row[] = [
  [
    'Canonical',
    '0001-com-ubuntu-server-focal',
    'Ubuntu 20.04',
    30,
    focal,
    ['20_04-lts', '20_04-lts-gen2', '20_04-lts-arm64'],
  ],
  [
    'Canonical',
    '0001-com-ubuntu-server-jammy',
    'Ubuntu 22.04',
    30,
    jammy,
    ['22_04-lts', '22_04-lts-gen2', '22_04-lts-arm64'],
  ],
  ['Canonical', '0001-com-ubuntu-minimal-jammy', 'Ubuntu 22.04', 30, jammy, ['minimal-22_04-lts-gen2']],
  [
    'Canonical',
    'ubuntu-24_04-lts',
    'Ubuntu 24.04',
    30,
    noble,
    ['server', 'server-gen1', 'server-arm64', 'minimal'],
  ],
  ['Debian', 'debian-11', 'Debian 11', 30, ['0.20240910.1866', '0.20241202.1949'], ['11', '11-gen2']],
  [
    'Debian',
    'debian-12',
    'Debian 12',
    30,
    ['0.20241004.1890', '0.20250115.1993'],
    ['12', '12-gen2', '12-arm64'],
  ],
  ['RedHat', 'RHEL', 'Red Hat Enterprise Linux 8', 64, ['8.9.2024041113', '8.10.2024101400'], ['8-lvm-gen2']],
  [
    'RedHat',
    'RHEL',
    'Red Hat Enterprise Linux 9',
    64,
    ['9.4.2024081415', '9.5.2024112215'],
    ['9-lvm', '9-lvm-gen2'],
  ],
  ['almalinux', 'almalinux-x86_64', 'AlmaLinux 8', 30, ['8.9.2023120401', '8.10.2024061301'], ['8-gen2']],
  [
    'almalinux',
    'almalinux-x86_64',
    'AlmaLinux 9',
    30,
    ['9.4.2024080501', '9.5.2024112001'],
    ['9-gen1', '9-gen2'],
  ],
  ['almalinux', 'almalinux-arm', 'AlmaLinux 9', 30, ['9.4.2024080501'], ['9-arm-gen2']],
  ['suse', 'sles-15-sp5', 'SUSE Linux Enterprise Server 15 SP5', 30, ['2024.08.09', '2024.11.22'], ['gen2']],
  [
    'MicrosoftCBLMariner',
    'azure-linux-3',
    'Azure Linux 3',
    5,
    ['3.20241101.01', '3.20250102.02'],
    ['azure-linux-3-gen2'],
  ],
];

/** Most SKUs tell by their name; the bare ones of newer offers are of the second generation. */
const generationOf = (offer: string, sku: string): 'V1' | 'V2' =>
  /gen2|arm/.test(sku) || (offer === 'ubuntu-24_04-lts' && !sku.endsWith('gen1')) ? 'V2' : 'V1';

/** Versions count number by number. */
export function byVersion(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export const images: readonly ImageVersion[] = table.flatMap(
  ([publisher, offer, osName, diskGb, versions, skus]) =>
    skus.flatMap(sku =>
      versions.toSorted(byVersion).map(
        (version): ImageVersion => ({
          publisher,
          offer,
          sku,
          version,
          osName,
          diskGb,
          generation: generationOf(offer, sku),
          architecture: /arm/.test(sku) ? 'Arm64' : 'x64',
        }),
      ),
    ),
);

const bySku = new Map<string, ImageVersion[]>();
for (const image of images) {
  const key = `${image.publisher}/${image.offer}/${image.sku}`.toLowerCase();
  bySku.set(key, [...(bySku.get(key) ?? []), image]);
}

/** The oldest first; empty where there is no such SKU. */
export const versionsOf = (publisher: string, offer: string, sku: string): readonly ImageVersion[] =>
  bySku.get(`${publisher}/${offer}/${sku}`.toLowerCase()) ?? [];
