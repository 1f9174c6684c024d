/**
 * Machine images as their publishers name them. An image's id is drawn from region and name, so that it differs between
 * regions and stays the same from run to run. Owners: the publishers' own pages (Canonical, Debian, Rocky, Red Hat, AWS).
 */
import { hash } from 'node:crypto';
import type { Architecture } from './instance-type-catalogue.ts';

export interface Image {
  readonly n: number;
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly owner: string;
  /** `amazon` where the image is AWS's own or verified as such. */
  readonly ownerAlias: string | undefined;
  readonly architecture: Architecture;
  /** 2024-09-27T00:00:00.000Z */
  readonly created: string;
  readonly rootDevice: string;
  readonly rootGib: number;
  readonly rootType: string;
  readonly snapshot: string;
  readonly platform: 'windows' | undefined;
  readonly platformDetails: string;
  readonly usageOperation: string;
  readonly bootMode: string;
  /** Who logs in. */
  readonly user: string;
  /** As a machine's console greets. */
  readonly osName: string;
}

const canonical = '099720109477';
const debian = '136693071363';
const amazon = '137112412989';
const rocky = '792107900819';
const redHat = '309956199498';
const microsoft = '801119661308';

type Draft = Omit<Image, 'n' | 'id' | 'snapshot' | 'bootMode'>;
type Chip = 'amd64' | 'arm64';

const linux = {
  platform: undefined,
  platformDetails: 'Linux/UNIX',
  usageOperation: 'RunInstances',
  ownerAlias: undefined,
} as const;
const isoDay = (date: string) => `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6, 8)}`;
const architecture = (chip: Chip): Architecture => (chip === 'amd64' ? 'x86_64' : 'arm64');

const ubuntu = (
  code: string,
  version: string,
  date: string,
  chip: Chip,
  volume: 'ssd' | 'ssd-gp3',
): Draft => ({
  ...linux,
  name: `ubuntu/images/hvm-${volume}/ubuntu-${code}-${version}-${chip}-server-${date}`,
  description: `Canonical, Ubuntu, ${version} LTS, ${chip} ${code} image build on ${isoDay(date)}`,
  owner: canonical,
  ownerAlias: 'amazon',
  architecture: architecture(chip),
  created: `${isoDay(date)}T07:11:00.000Z`,
  rootDevice: '/dev/sda1',
  rootGib: 8,
  rootType: volume === 'ssd' ? 'gp2' : 'gp3',
  user: 'ubuntu',
  osName: `Ubuntu ${version} LTS`,
});

const debianImage = (version: string, date: string, build: string, chip: Chip): Draft => ({
  ...linux,
  name: `debian-${version}-${chip}-${date}-${build}`,
  description: `Debian ${version} (${date}-${build})`,
  owner: debian,
  architecture: architecture(chip),
  created: `${isoDay(date)}T10:28:00.000Z`,
  rootDevice: '/dev/xvda',
  rootGib: 8,
  rootType: 'gp3',
  user: 'admin',
  osName: `Debian GNU/Linux ${version}`,
});

const amazonImage = (name: string, description: string, date: string, chip: Chip, osName: string): Draft => ({
  ...linux,
  name,
  description,
  owner: amazon,
  ownerAlias: 'amazon',
  architecture: architecture(chip),
  created: `${isoDay(date)}T22:30:00.000Z`,
  rootDevice: '/dev/xvda',
  rootGib: 8,
  rootType: osName.endsWith('2023') ? 'gp3' : 'gp2',
  user: 'ec2-user',
  osName,
});

const amazon2 = (date: string, chip: Chip): Draft => {
  const arch = architecture(chip);
  const name = `amzn2-ami-hvm-2.0.${date}.0-${arch}-gp2`;
  return amazonImage(name, `Amazon Linux 2 AMI 2.0.${date}.0 ${arch} HVM gp2`, date, chip, 'Amazon Linux 2');
};

const amazon2023 = (date: string, minor: string, chip: Chip): Draft => {
  const arch = architecture(chip);
  const release = `2023.${minor}.${date}.0`;
  const name = `al2023-ami-${release}-kernel-6.1-${arch}`;
  return amazonImage(
    name,
    `Amazon Linux 2023 AMI ${release} ${arch} HVM kernel-6.1`,
    date,
    chip,
    'Amazon Linux 2023',
  );
};

const rockyImage = (release: string, date: string, chip: Chip): Draft => {
  const arch = chip === 'amd64' ? 'x86_64' : 'aarch64';
  return {
    ...linux,
    name: `Rocky-9-EC2-Base-${release}-${date}.0.${arch}`,
    description: `Rocky-9-EC2-Base-${release}-${date}.0.${arch}`,
    owner: rocky,
    architecture: architecture(chip),
    created: `${isoDay(date)}T01:14:00.000Z`,
    rootDevice: '/dev/sda1',
    rootGib: 10,
    rootType: 'gp3',
    user: 'rocky',
    osName: `Rocky Linux ${release}`,
  };
};

const rhel = (release: string, date: string, chip: Chip): Draft => ({
  ...linux,
  name: `RHEL-${release}.0_HVM-${date}-${architecture(chip)}-0-Hourly2-GP3`,
  description: 'Provided by Red Hat, Inc.',
  owner: redHat,
  ownerAlias: 'amazon',
  architecture: architecture(chip),
  created: `${isoDay(date)}T14:22:00.000Z`,
  rootDevice: '/dev/sda1',
  rootGib: 10,
  rootType: 'gp3',
  platformDetails: 'Red Hat Enterprise Linux',
  usageOperation: 'RunInstances:0010',
  user: 'ec2-user',
  osName: `Red Hat Enterprise Linux ${release}`,
});

const windows = (year: string, date: string): Draft => ({
  name: `Windows_Server-${year}-English-Full-Base-${isoDay(date).replaceAll('-', '.')}`,
  description: `Microsoft Windows Server ${year} Full Locale English AMI provided by Amazon`,
  owner: microsoft,
  ownerAlias: 'amazon',
  architecture: 'x86_64',
  created: `${isoDay(date)}T12:04:00.000Z`,
  rootDevice: '/dev/sda1',
  rootGib: 30,
  rootType: 'gp2',
  platform: 'windows',
  platformDetails: 'Windows',
  usageOperation: 'RunInstances:0002',
  user: 'Administrator',
  osName: `Microsoft Windows Server ${year}`,
});

const chips = ['amd64', 'arm64'] as const;

const drafts: Draft[] = [
  ...chips.flatMap(chip => [
    ubuntu('focal', '20.04', '20240801', chip, 'ssd'),
    ubuntu('focal', '20.04', '20241011', chip, 'ssd'),
    ubuntu('jammy', '22.04', '20240801', chip, 'ssd'),
    ubuntu('jammy', '22.04', '20241211', chip, 'ssd'),
    ubuntu('noble', '24.04', '20240801', chip, 'ssd-gp3'),
    ubuntu('noble', '24.04', '20241209', chip, 'ssd-gp3'),
    debianImage('11', '20240717', '1811', chip),
    debianImage('12', '20240717', '1811', chip),
    debianImage('12', '20241201', '1948', chip),
    amazon2('20241217', chip),
    amazon2023('20241113', '6', chip),
    amazon2023('20241212', '6', chip),
    rockyImage('9.5', '20241118', chip),
    rhel('9.5', '20241211', chip),
  ]),
  windows('2019', '20241211'),
  windows('2022', '20241211'),
];

/** As many as a cloud may have in a region. */
export const mostImages = 20_000;

/**
 * Publishers keep the builds of years. Those before the ones above, newest first: each day of a family on both chips, back from the
 * middle of 2024.
 */
function earlier(count: number): Draft[] {
  const families = [
    (date: string, chip: Chip) => ubuntu('noble', '24.04', date, chip, 'ssd-gp3'),
    (date: string, chip: Chip) => ubuntu('jammy', '22.04', date, chip, 'ssd'),
    (date: string, chip: Chip) => ubuntu('focal', '20.04', date, chip, 'ssd'),
    (date: string, chip: Chip) => debianImage('12', date, '1700', chip),
    (date: string, chip: Chip) => debianImage('11', date, '1600', chip),
    (date: string, chip: Chip) => amazon2(date, chip),
    (date: string, chip: Chip) => amazon2023(date, '5', chip),
    (date: string, chip: Chip) => rockyImage('9.4', date, chip),
  ];
  const last = Date.UTC(2024, 5, 30);
  const found: Draft[] = [];
  for (let day = 0; found.length < count; day++) {
    const date = new Date(last - day * 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');
    for (const family of families) for (const chip of chips) found.push(family(date, chip));
  }
  return found.slice(0, count);
}

const digest = (text: string): string => hash('sha256', text, 'hex').slice(0, 16);

const made = new Map<string, ReadonlyMap<string, Image>>();

/** The region's images by id. All accounts with as many share them. */
export function imagesOf(region: string, asked = drafts.length): ReadonlyMap<string, Image> {
  const count = Math.max(0, Math.min(mostImages, Math.floor(asked)));
  const key = `${region} ${count}`;
  let images = made.get(key);
  if (!images) {
    const all =
      count <= drafts.length ? drafts.slice(0, count) : [...drafts, ...earlier(count - drafts.length)];
    images = new Map(
      all.map((draft, index) => {
        const id = `ami-0${digest(`${region}/${draft.name}`)}`;
        const snapshot = `snap-0${digest(`snapshot/${region}/${draft.name}`)}`;
        const bootMode = draft.architecture === 'arm64' ? 'uefi' : 'uefi-preferred';
        return [id, { n: index + 1, id, snapshot, bootMode, ...draft }];
      }),
    );
    made.set(key, images);
  }
  return images;
}
