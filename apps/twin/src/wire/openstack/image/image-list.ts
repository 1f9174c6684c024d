/** The images that the cloud comes with: the distributions' own cloud images. */
import { createHash } from 'node:crypto';
import type { Image } from '../records.ts';
import { stableUuid } from '../text.ts';

interface Given {
  name: string;
  distro: string;
  version: string;
  user: string;
  /** MiB. */
  size: number;
  /** GiB. */
  minDisk: number;
  minRam: number;
  createdAt: string;
}

const given: readonly Given[] = [
  {
    name: 'cirros-0.6.2',
    distro: 'cirros',
    version: '0.6.2',
    user: 'cirros',
    size: 21,
    minDisk: 1,
    minRam: 0,
    createdAt: '2023-05-30T08:00:00Z',
  },
  {
    name: 'ubuntu-20.04',
    distro: 'ubuntu',
    version: '20.04',
    user: 'ubuntu',
    size: 597,
    minDisk: 3,
    minRam: 512,
    createdAt: '2024-02-12T08:00:00Z',
  },
  {
    name: 'ubuntu-22.04',
    distro: 'ubuntu',
    version: '22.04',
    user: 'ubuntu',
    size: 642,
    minDisk: 3,
    minRam: 512,
    createdAt: '2024-04-08T08:00:00Z',
  },
  {
    name: 'ubuntu-24.04',
    distro: 'ubuntu',
    version: '24.04',
    user: 'ubuntu',
    size: 581,
    minDisk: 4,
    minRam: 512,
    createdAt: '2024-06-24T08:00:00Z',
  },
  {
    name: 'debian-11',
    distro: 'debian',
    version: '11',
    user: 'debian',
    size: 344,
    minDisk: 2,
    minRam: 512,
    createdAt: '2024-02-11T08:00:00Z',
  },
  {
    name: 'debian-12',
    distro: 'debian',
    version: '12',
    user: 'debian',
    size: 425,
    minDisk: 3,
    minRam: 512,
    createdAt: '2024-05-06T08:00:00Z',
  },
  {
    name: 'rocky-8',
    distro: 'rocky',
    version: '8',
    user: 'rocky',
    size: 1936,
    minDisk: 10,
    minRam: 1024,
    createdAt: '2024-05-28T08:00:00Z',
  },
  {
    name: 'rocky-9',
    distro: 'rocky',
    version: '9',
    user: 'rocky',
    size: 1043,
    minDisk: 10,
    minRam: 1024,
    createdAt: '2024-05-09T08:00:00Z',
  },
  {
    name: 'centos-stream-9',
    distro: 'centos',
    version: '9',
    user: 'cloud-user',
    size: 1123,
    minDisk: 10,
    minRam: 1024,
    createdAt: '2024-04-29T08:00:00Z',
  },
  {
    name: 'almalinux-9',
    distro: 'almalinux',
    version: '9',
    user: 'almalinux',
    size: 547,
    minDisk: 10,
    minRam: 1024,
    createdAt: '2024-05-07T08:00:00Z',
  },
  {
    name: 'fedora-40',
    distro: 'fedora',
    version: '40',
    user: 'fedora',
    size: 388,
    minDisk: 5,
    minRam: 1024,
    createdAt: '2024-04-23T08:00:00Z',
  },
  {
    name: 'opensuse-leap-15.6',
    distro: 'opensuse',
    version: '15.6',
    user: 'opensuse',
    size: 645,
    minDisk: 10,
    minRam: 1024,
    createdAt: '2024-06-12T08:00:00Z',
  },
];

/** More than these are the builds of the days before, whose names end with their day as the publishers' do. */
const mostImages = 20_000;
const dayMs = 86_400_000;

function build(index: number): Given | undefined {
  const each = given[index % given.length];
  const age = Math.floor(index / given.length);
  if (!each || age === 0) return each;
  const createdAt = new Date(Date.parse(each.createdAt) - age * dayMs);
  const day = createdAt.toISOString().slice(0, 10).replaceAll('-', '');
  return { ...each, name: `${each.name}-${day}`, createdAt: createdAt.toISOString() };
}

const noTags: readonly string[] = [];
const propertiesOf = new Map<string, Readonly<Record<string, string>>>();

/** What the builds of one system share. */
function properties(each: Given): Readonly<Record<string, string>> {
  const key = `${each.distro} ${each.version}`;
  let found = propertiesOf.get(key);
  if (!found) {
    found = {
      os_distro: each.distro,
      os_version: each.version,
      os_type: 'linux',
      os_admin_user: each.user,
      architecture: 'x86_64',
      hw_disk_bus: 'virtio',
      hw_vif_model: 'virtio',
    };
    propertiesOf.set(key, found);
  }
  return found;
}

/** `count` of them, at most 20,000. */
export function givenImages(cloud: string, region: string, count: number, next: () => number): Image[] {
  return Array.from({ length: Math.min(Math.max(0, count), mostImages) }, (_, index) => build(index))
    .filter(each => each !== undefined)
    .map(each => {
      const at = Date.parse(each.createdAt);
      return {
        n: next(),
        id: stableUuid(`${cloud}/${region}/image/${each.name}`),
        name: each.name,
        status: 'active',
        visibility: 'public',
        containerFormat: 'bare',
        diskFormat: 'qcow2',
        size: each.size * 2 ** 20,
        minDisk: each.minDisk,
        minRam: each.minRam,
        protected: false,
        hidden: false,
        tags: noTags,
        properties: properties(each),
        createdAt: at,
        updatedAt: at,
        checksum: null,
        hash: null,
        data: undefined,
        given: true,
        disk: undefined,
      };
    });
}

/** Of an image whose bytes nobody has: by its id, so that they are always the same. */
export const sumsOf = (id: string): { checksum: string; hash: string } => ({
  checksum: createHash('md5').update(id).digest('hex'),
  hash: createHash('sha512').update(id).digest('hex'),
});

const titles: Record<string, string> = {
  cirros: 'CirrOS',
  ubuntu: 'Ubuntu',
  debian: 'Debian',
  rocky: 'Rocky Linux',
  centos: 'CentOS Stream',
  almalinux: 'AlmaLinux',
  fedora: 'Fedora',
  opensuse: 'openSUSE Leap',
};

/** e.g. `Ubuntu 22.04`; an uploaded image says it by the same two properties. */
export function osNameOf(image: Image | undefined): string {
  const { os_distro: distro = '', os_version: version = '' } = image?.properties ?? {};
  if (distro === '') return image?.name ?? 'Linux';
  return `${titles[distro] ?? distro} ${version}`.trim();
}
