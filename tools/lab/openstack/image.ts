/** The machine's packages, unpacked into a directory by mmdebstrap; and the small guest, put together in there. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { follow, LabError, removeTree } from './command.ts';
import { here, release, type Places } from './settings.ts';

const guest = join(here, 'guest');

async function packages(): Promise<string[]> {
  const text = await readFile(join(here, 'packages.txt'), 'utf8');
  return text.split('\n').filter(line => line !== '' && !line.startsWith('#'));
}

/** Of all that an image is made of; another one wants another image. */
async function recipe(): Promise<string> {
  const hash = createHash('sha256').update(release.debian);
  hash.update(await readFile(join(here, 'packages.txt')));
  for (const file of (await readdir(guest)).sort()) hash.update(await readFile(join(guest, file)));
  return hash.digest('hex');
}

export async function hasImage({ base, stamp }: Places): Promise<boolean> {
  if (!existsSync(base)) return false;
  const made = await readFile(stamp, 'utf8').catch(() => '');
  return made.trim() === (await recipe());
}

/** mmdebstrap's words → what people see. */
const phases: readonly [RegExp, string][] = [
  [/running apt-get update/, 'package lists'],
  [/downloading packages/, 'downloading Debian’s base'],
  [/extracting archives/, 'unpacking Debian’s base'],
  [/installing essential/, 'installing Debian’s base'],
  [/installing remaining/, 'downloading and installing OpenStack'],
  [/running --customize-hook/, 'putting the guest together'],
  [/cleaning package lists/, 'cleaning up'],
];

export async function imageCommand({ base }: Places): Promise<[string, string[]]> {
  const hook = `mkdir -p "$1/opt/build" && cp "${guest}"/* "$1/opt/build" && chroot "$1" bash /opt/build/build.sh /opt/build /opt/guest && rm -r "$1/opt/build"`;
  // The computer's own sources, where they are of the same release: its mirror, and its security updates.
  const sources = '/etc/apt/sources.list.d/debian.sources';
  const own = existsSync(sources) && (await readFile(sources, 'utf8')).includes(release.debian);
  return [
    'unshare',
    [
      // It mounts /proc and the like in there: in namespaces of its own those go when it ends, however it ends.
      ...'--mount --pid --fork --kill-child=SIGKILL --propagation private --mount-proc'.split(' '),
      'mmdebstrap',
      '--variant=minbase',
      '--format=directory',
      '--aptopt=APT::Install-Recommends "false"',
      `--include=${(await packages()).join(',')}`,
      `--customize-hook=${hook}`,
      release.debian,
      `${base}.new`,
      ...(own ? [sources] : []),
    ],
  ];
}

export async function makeImage(places: Places, show: (message: string) => void): Promise<void> {
  const [command, args] = await imageCommand(places);
  await mkdir(places.dir, { recursive: true });
  removeTree(`${places.base}.new`);
  const { code, text } = await follow(command, args, line => {
    const phase = phases.find(([word]) => word.test(line));
    if (phase) show(phase[1]);
  }).catch((error: unknown) => {
    removeTree(`${places.base}.new`);
    throw error;
  });
  if (code !== 0) {
    removeTree(`${places.base}.new`);
    throw new LabError(
      `mmdebstrap failed:\n${text.trim().split('\n').slice(-8).join('\n')}`,
      'Is a Debian mirror within reach?',
    );
  }
  await rm(places.stamp, { force: true });
  removeTree(places.base);
  await rename(`${places.base}.new`, places.base);
  await writeFile(places.stamp, `${await recipe()}\n`);
}
