/** System images, by the ids that the vendor gives them: the same in every region. Source: ECS user guide, "Release notes for images". */

import type { Cloud } from '../../world/clouds.ts';

export interface Image {
  readonly id: string;
  readonly osName: string;
  readonly platform: string;
  readonly osType: 'linux' | 'windows';
  readonly architecture: 'x86_64' | 'arm64';
  readonly sizeGib: number;
  readonly family: string;
}
export interface SystemImage extends Image {
  /** 20240101 */
  readonly date: string;
}

interface Release {
  /** The id with ARCH and DATE to be filled in. */
  id: string;
  platform: string;
  /** Without the architecture. */
  os: string;
  family: string;
  dates: readonly string[];
  arm: boolean;
}

const releases: readonly Release[] = [
  {
    id: 'ubuntu_20_04_ARCH_20G_alibase_DATE.vhd',
    platform: 'Ubuntu',
    os: 'Ubuntu  20.04',
    family: 'acs:ubuntu_20_04',
    dates: ['20230718', '20240101'],
    arm: true,
  },
  {
    id: 'ubuntu_22_04_ARCH_20G_alibase_DATE.vhd',
    platform: 'Ubuntu',
    os: 'Ubuntu  22.04',
    family: 'acs:ubuntu_22_04',
    dates: ['20230907', '20240101'],
    arm: true,
  },
  {
    id: 'ubuntu_24_04_ARCH_20G_alibase_DATE.vhd',
    platform: 'Ubuntu',
    os: 'Ubuntu  24.04',
    family: 'acs:ubuntu_24_04',
    dates: ['20240812'],
    arm: true,
  },
  {
    id: 'debian_11_8_ARCH_20G_alibase_DATE.vhd',
    platform: 'Debian',
    os: 'Debian  11.8',
    family: 'acs:debian_11_8',
    dates: ['20231221'],
    arm: true,
  },
  {
    id: 'debian_12_4_ARCH_20G_alibase_DATE.vhd',
    platform: 'Debian',
    os: 'Debian  12.4',
    family: 'acs:debian_12_4',
    dates: ['20231220'],
    arm: true,
  },
  {
    id: 'centos_7_9_ARCH_20G_alibase_DATE.vhd',
    platform: 'CentOS',
    os: 'CentOS  7.9',
    family: 'acs:centos_7_9',
    dates: ['20231220'],
    arm: true,
  },
  {
    id: 'centos_stream_9_ARCH_20G_alibase_DATE.vhd',
    platform: 'CentOS Stream',
    os: 'CentOS Stream  9',
    family: 'acs:centos_stream_9',
    dates: ['20231219'],
    arm: true,
  },
  {
    id: 'rockylinux_8_9_ARCH_20G_alibase_DATE.vhd',
    platform: 'Rocky Linux',
    os: 'Rocky Linux 8.9',
    family: 'acs:rockylinux_8_9',
    dates: ['20231221'],
    arm: true,
  },
  {
    id: 'rockylinux_9_3_ARCH_20G_alibase_DATE.vhd',
    platform: 'Rocky Linux',
    os: 'Rocky Linux 9.3',
    family: 'acs:rockylinux_9_3',
    dates: ['20231221'],
    arm: true,
  },
  {
    id: 'almalinux_9_3_ARCH_20G_alibase_DATE.vhd',
    platform: 'AlmaLinux',
    os: 'AlmaLinux  9.3',
    family: 'acs:almalinux_9_3',
    dates: ['20231219'],
    arm: true,
  },
  {
    id: 'aliyun_2_1903_ARCH_20G_alibase_DATE.vhd',
    platform: 'Aliyun',
    os: 'Alibaba Cloud Linux  2.1903 LTS',
    family: 'acs:alibaba_cloud_linux_2_1903',
    dates: ['20231221'],
    arm: true,
  },
  {
    id: 'aliyun_3_ARCH_20G_alibase_DATE.vhd',
    platform: 'Aliyun',
    os: 'Alibaba Cloud Linux  3.2104 LTS',
    family: 'acs:alibaba_cloud_linux_3_2104_lts',
    dates: ['20231221'],
    arm: true,
  },
  {
    id: 'anolisos_8_8_ARCH_20G_anck_alibase_DATE.vhd',
    platform: 'Anolis',
    os: 'Anolis OS  8.8 ANCK',
    family: 'acs:anolisos_8_8_anck',
    dates: ['20230804'],
    arm: true,
  },
];

function imageOfRelease(release: Release, architecture: Image['architecture'], date: string): SystemImage {
  const chip = architecture === 'arm64' ? 'arm64' : 'x64';
  return {
    id: release.id.replace('ARCH', chip).replace('DATE', date),
    osName: `${release.os} 64 bit${architecture === 'arm64' ? ' for ARM' : ''}`,
    platform: release.platform,
    osType: 'linux',
    architecture,
    sizeGib: 20,
    family: `${release.family}_${chip}`,
    date,
  };
}
const architectures = (release: Release) =>
  release.arm ? (['x86_64', 'arm64'] as const) : (['x86_64'] as const);

/** What each region offers unless a cloud is given more. */
export const ownImages: readonly SystemImage[] = [
  ...releases.flatMap(release =>
    release.dates.flatMap(date => architectures(release).map(each => imageOfRelease(release, each, date))),
  ),
  {
    id: 'win2022_21H2_x64_dtc_en-us_40G_alibase_20240116.vhd',
    osName: 'Windows Server 2022 Datacenter Edition 64 bit (English)',
    platform: 'Windows Server 2022',
    osType: 'windows',
    architecture: 'x86_64',
    sizeGib: 40,
    family: 'acs:win2022_21H2_x64_dtc_en-us',
    date: '20240116',
  },
];

export interface Catalogue {
  readonly images: readonly SystemImage[];
  readonly byId: ReadonlyMap<string, SystemImage>;
}
const mostImages = 20_000;
const catalogues = new Map<number, Catalogue>();

/** The releases' earlier builds, one a day back from before the first of today's. */
function* earlier(): Generator<SystemImage> {
  for (let day = Date.UTC(2023, 5, 30); ; day -= 86_400_000) {
    const date = new Date(day).toISOString().slice(0, 10).replaceAll('-', '');
    for (const release of releases)
      for (const architecture of architectures(release)) yield imageOfRelease(release, architecture, date);
  }
}

/** As many as the cloud is set to (quotas.ts, `images`); made once for each number. */
export function catalogueOf(cloud: Cloud): Catalogue {
  const count = Math.max(0, Math.min(mostImages, Math.floor(cloud.quotas['images'] ?? ownImages.length)));
  let made = catalogues.get(count);
  if (!made) {
    const images = ownImages.slice(0, count);
    if (images.length < count)
      for (const image of earlier()) {
        images.push(image);
        if (images.length === count) break;
      }
    made = { images, byId: new Map(images.map(image => [image.id, image])) };
    catalogues.set(count, made);
  }
  return made;
}
