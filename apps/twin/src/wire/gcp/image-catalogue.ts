/**
 * The public image projects: each family's monthly images, the newest of them READY, the older ones deprecated in its favour.
 * Source: "Operating system details"; names are built as Google builds them.
 */
import type { Image } from './records.ts';
import { stableId } from './text.ts';

interface Family {
  project: string;
  family: string;
  /** {d} is the date; upper-case names and families don't exist. */
  name: string;
  os: string;
  gb: number;
  arm?: boolean;
  license: string;
  description: string;
  /** Whole family out of support. */
  old?: boolean;
}

const ubuntu = (version: string, word: string, lts: boolean): Family[] =>
  ['', 'minimal-'].flatMap(minimal =>
    [false, true].map(arm => {
      const end = `${lts ? '-lts' : ''}${arm ? '-arm64' : ''}`;
      const words = `${version.slice(0, 2)}.${version.slice(2)}${lts ? ' LTS' : ''}${minimal ? ' Minimal' : ''}`;
      return {
        project: 'ubuntu-os-cloud',
        family: `ubuntu-${minimal}${version}${end}`,
        name: `ubuntu-${minimal}${version}-${word}${arm ? '-arm64' : ''}-v{d}`,
        os: `Ubuntu ${version.slice(0, 2)}.${version.slice(2)}`,
        gb: 10,
        arm,
        license: `ubuntu-${minimal}${version}${lts ? '-lts' : ''}`,
        description: `Canonical, Ubuntu, ${words}, ${arm ? 'arm64' : 'amd64'} ${word} image`,
      };
    }),
  );
const debian = (version: number, word: string, old = false): Family[] =>
  (version >= 12 ? [false, true] : [false]).map(arm => ({
    project: 'debian-cloud',
    family: `debian-${version}${arm ? '-arm64' : ''}`,
    name: `debian-${version}-${word}${arm ? '-arm64' : ''}-v{d}`,
    os: `Debian ${version}`,
    gb: 10,
    arm,
    license: `debian-${version}-${word}`,
    description: `Debian, Debian GNU/Linux, ${version} (${word}), ${arm ? 'arm64' : 'amd64'} built on {d}`,
    old,
  }));
const enterprise = (
  project: string,
  word: string,
  title: string,
  versions: readonly number[],
  arm: boolean,
): Family[] =>
  versions.flatMap(version =>
    (arm ? [false, true] : [false]).map(isArm => ({
      project,
      family: `${word}-${version}${isArm ? '-arm64' : ''}`,
      name: `${word}-${version}${isArm ? '-arm64' : ''}-v{d}`,
      os: `${title} ${version}`,
      gb: 20,
      arm: isArm,
      license: `${word}-${version}`,
      description: `${title}, ${version}, ${isArm ? 'aarch64' : 'x86_64'} built on {d}`,
    })),
  );
const windows = (year: number): Family[] =>
  ['', '-core'].map(core => ({
    project: 'windows-cloud',
    family: `windows-${year}${core}`,
    name: `windows-server-${year}-dc${core}-v{d}`,
    os: `Windows Server ${year}`,
    gb: core ? 32 : 50,
    license: `windows-server-${year}-dc`,
    description: `Microsoft, Windows Server, ${year} Datacenter, ${core ? 'Server Core, ' : ''}x64 built on {d}`,
  }));

const families: readonly Family[] = [
  ...ubuntu('2004', 'focal', true),
  ...ubuntu('2204', 'jammy', true),
  ...ubuntu('2404', 'noble', true),
  ...debian(10, 'buster', true),
  ...debian(11, 'bullseye'),
  ...debian(12, 'bookworm'),
  ...enterprise('rocky-linux-cloud', 'rocky-linux', 'Rocky Linux', [8, 9], false),
  ...[8, 9].flatMap(version =>
    enterprise('rocky-linux-cloud', 'rocky-linux', 'Rocky Linux', [version], true).map(each => ({
      ...each,
      family: each.family.replace(String(version), `${version}-optimized-gcp`),
      name: each.name.replace(String(version), `${version}-optimized-gcp`),
    })),
  ),
  ...enterprise('centos-cloud', 'centos-stream', 'CentOS Stream', [9], false),
  ...enterprise('rhel-cloud', 'rhel', 'Red Hat Enterprise Linux', [8, 9], true),
  ...windows(2016),
  ...windows(2019),
  ...windows(2022),
];

/** The days that images were built on, oldest first. */
const days =
  '20230112 20230215 20230316 20230411 20230510 20230615 20230711 20230814 20230912 20231010 20231115 20231213 20240110 20240213 20240312 20240415 20240508'.split(
    ' ',
  );

/** At most so many in all, however many a cloud asks for. */
export const mostImages = 20_000;
const daysOf = (given: Family): readonly string[] => (given.arm ? days.slice(4) : days);
/** As many as the families above have by themselves. */
export const usualImages = families.reduce((sum, each) => sum + daysOf(each).length, 0);

const dayMs = 86_400_000;
const compact = (ms: number): string => new Date(ms).toISOString().slice(0, 10).replaceAll('-', '');
const timeOf = (date: string): number =>
  Date.parse(`${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}T08:17:00Z`);

/** A family's image of `round` builds before its newest; there are daily ones before the first of the list. */
function imageOf(given: Family, round: number): Image {
  const dates = daysOf(given);
  const nameOn = (date: string) => given.name.replace('{d}', date);
  const first = dates[0] ?? '';
  const date = dates.at(-1 - round) ?? compact(timeOf(first) - (round - dates.length + 1) * dayMs);
  const name = nameOn(date);
  // Google deprecates all but the newest. What is there only to make the list long is not: clients that leave deprecated ones out are to have it too.
  const current = !given.old && (round === 0 || round >= dates.length);
  return {
    id: stableId(`image/${name}`),
    name,
    description: given.description.replace('{d}', date),
    createdAt: timeOf(date),
    busy: undefined,
    project: given.project,
    family: given.family,
    architecture: given.arm ? 'ARM64' : 'X86_64',
    diskSizeGb: given.gb,
    archiveSizeBytes: given.gb * 60_000_000 + 1024 * Math.max(dates.length - round, 1),
    deprecated: current
      ? undefined
      : {
          state: round >= dates.length - 1 ? 'OBSOLETE' : 'DEPRECATED',
          replacement: `projects/${given.project}/global/images/${nameOn(dates.at(-1) ?? '')}`,
        },
    licenses: [`projects/${given.project}/global/licenses/${given.license}`],
    os: given.os,
    labels: {},
    labelVersion: 0,
    sourceDisk: '',
    sourceDiskId: '',
    sourceSnapshot: '',
    sourceSnapshotId: '',
    sourceImage: '',
    sourceImageId: '',
    content: '',
  };
}

type Catalogue = ReadonlyMap<string, ReadonlyMap<string, Image>>;
const known = new Map<number, Catalogue>();
const byName = (a: Image, b: Image): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/** By project, then name, in the order of names. `count` in all: the newest of each family before the second newest of any. */
export function publicImages(count: number = usualImages): Catalogue {
  const wanted = Math.min(Math.max(count, 1), mostImages);
  const standing = known.get(wanted);
  if (standing) return standing;
  const made: Image[] = [];
  for (let round = 0; made.length < wanted; round++)
    for (const family of families) {
      // Only a catalogue that is longer than the families' own has builds from before their first.
      if (wanted <= usualImages && round >= daysOf(family).length) continue;
      if (made.length < wanted) made.push(imageOf(family, round));
    }
  const projects = new Map<string, Map<string, Image>>(families.map(each => [each.project, new Map()]));
  for (const image of made.toSorted(byName)) projects.get(image.project)?.set(image.name, image);
  known.set(wanted, projects);
  return projects;
}

/** The newest of a family that is not deprecated. */
export function newestOf(images: Iterable<Image>, family: string): Image | undefined {
  let newest: Image | undefined;
  for (const image of images)
    if (
      image.family === family &&
      !image.deprecated &&
      !image.busy &&
      (!newest || image.createdAt >= newest.createdAt)
    )
      newest = image;
  return newest;
}
