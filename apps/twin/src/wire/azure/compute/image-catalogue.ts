/** Marketplace images by publisher, offer, SKU and version. Source: Azure Marketplace as `az vm image list --all` shows it, Linux only. */
import type { Cloud } from '../../../world/clouds.ts';
import type { Bootable } from '../records.ts';

export interface ImageVersion extends Bootable {
  readonly publisher: string;
  readonly offer: string;
  readonly sku: string;
  readonly version: string;
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

/** A cloud with more images than these has further offers of the same publishers: ten SKUs of twenty versions each. */
function further(count: number): ImageVersion[] {
  const more: ImageVersion[] = [];
  const originals = [...new Map(images.map(image => [image.publisher, image])).values()];
  for (let offer = 0; more.length < count; offer++) {
    const like = originals[offer % originals.length];
    if (!like) break;
    for (let sku = 0; sku < 10 && more.length < count; sku++) {
      const gen2 = sku % 2 === 1;
      for (let version = 0; version < 20 && more.length < count; version++)
        more.push({
          publisher: like.publisher,
          offer: `${like.publisher.toLowerCase()}-solution-${String(offer).padStart(3, '0')}`,
          sku: `edition-${sku}${gen2 ? '-gen2' : ''}`,
          version: `1.${version}.${20_240_101 + version * 7}`,
          generation: gen2 ? 'V2' : 'V1',
          architecture: 'x64',
          diskGb: like.diskGb,
          osName: like.osName,
        });
    }
  }
  return more;
}

export interface Catalogue {
  /** The tree by lower-case names: publisher, offer, SKU; versions, the oldest first. */
  readonly publishers: ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, readonly ImageVersion[]>>>;
  /** Empty where there is no such SKU. */
  versionsOf(publisher: string, offer: string, sku: string): readonly ImageVersion[];
}

function makeCatalogue(all: readonly ImageVersion[]): Catalogue {
  const publishers = new Map<string, Map<string, Map<string, ImageVersion[]>>>();
  const below = <V>(map: Map<string, V>, name: string, make: () => V): V => {
    const key = name.toLowerCase();
    const found = map.get(key) ?? make();
    map.set(key, found);
    return found;
  };
  for (const image of all) {
    const offers = below(publishers, image.publisher, () => new Map<string, Map<string, ImageVersion[]>>());
    const skus = below(offers, image.offer, () => new Map<string, ImageVersion[]>());
    below(skus, image.sku, (): ImageVersion[] => []).push(image);
  }
  return {
    publishers,
    versionsOf: (publisher, offer, sku) =>
      publishers.get(publisher.toLowerCase())?.get(offer.toLowerCase())?.get(sku.toLowerCase()) ?? [],
  };
}

export const mostImages = 20_000;
const catalogues = new Map<number, Catalogue>();

/** As many images as the cloud's quota `images` says; never fewer than stand above. */
export function catalogueOf(cloud: Cloud): Catalogue {
  const count = Math.min(Math.max(cloud.quotas['images'] ?? 0, images.length), mostImages);
  let catalogue = catalogues.get(count);
  if (!catalogue) {
    catalogue = makeCatalogue([...images, ...further(count - images.length)]);
    catalogues.set(count, catalogue);
  }
  return catalogue;
}
