/** Is this a computer on which it can work? Asked before anything is made. */
import { constants, existsSync, readFileSync, statfsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { LabError, ran } from './command.ts';
import { linkOwner } from './machine.ts';
import { addresses, type Hypervisor, type Places } from './settings.ts';

/** Program → the Debian package that brings it. */
const programs = {
  mmdebstrap: 'mmdebstrap',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  losetup: 'mount',
  ip: 'iproute2',
} as const;
const giB = 2 ** 30;
/** The unpacked packages take 2.1 GiB, what is downloaded meanwhile 0.5, a run up to 2. */
const space = { image: 5 * giB, up: 2 * giB };
/** Its daemons take 3.6 GiB before the first server. */
const memory = 6 * giB;

async function find(program: string): Promise<boolean> {
  for (const dir of (process.env['PATH'] ?? '').split(delimiter).concat('/usr/sbin', '/sbin'))
    try {
      await access(join(dir, program), constants.X_OK);
      return true;
    } catch {
      // Not here.
    }
  return false;
}

export const isRoot = (): boolean => process.getuid?.() === 0;
export function wantRoot(): void {
  if (!isRoot())
    throw new LabError(
      'This makes namespaces and network interfaces, which only root may.',
      'Run it with sudo.',
    );
}

function isDebian(): boolean {
  try {
    return /^ID(_LIKE)?=.*\bdebian\b/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

function wantSpace(dir: string, bytes: number): void {
  let at = dir;
  while (!existsSync(at)) at = dirname(at);
  const { bavail, bsize } = statfsSync(at);
  const free = bavail * bsize;
  if (free < bytes)
    throw new LabError(
      `${dir} has ${(free / giB).toFixed(1)} GiB free; ${(bytes / giB).toFixed(0)} are needed.`,
      'Make room, or choose another place with --dir.',
    );
}

function availableMemory(): number {
  const match = /^MemAvailable:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'utf8'));
  return Number(match?.[1] ?? 0) * 1024;
}

/** What every verb that makes something needs. */
export async function checkComputer(): Promise<void> {
  if (process.platform !== 'linux' || !isDebian())
    throw new LabError(
      'The lab is made of Debian’s packages and needs a Debian (or a system made of it) to run on.',
      'Run it in a Debian 12 virtual machine.',
    );
  const missing: string[] = [];
  for (const [program, from] of Object.entries(programs)) if (!(await find(program))) missing.push(from);
  if (missing.length > 0)
    throw new LabError(
      `Debian packages are missing: ${[...new Set(missing)].join(', ')}.`,
      `apt-get install --no-install-recommends ${[...new Set(missing)].join(' ')}`,
    );
  wantRoot();
}

export function checkRoom(places: Places, work: 'image' | 'up', hypervisor: Hypervisor): void {
  wantSpace(places.dir, space[work]);
  if (work === 'image') return;
  if (availableMemory() < memory)
    throw new LabError(
      `${(availableMemory() / giB).toFixed(1)} GiB of memory are available; ${memory / giB} are needed.`,
      'End what takes it.',
    );
  if (hypervisor === 'kvm' && !existsSync('/dev/kvm'))
    throw new LabError('There is no /dev/kvm.', 'Leave --hypervisor out: QEMU emulates the processor.');
  const owner = linkOwner();
  if (owner !== undefined && owner !== places.run)
    throw new LabError(
      `Another OpenStack of the lab runs on this computer, in ${owner || 'another place'}.`,
      `./barista lab openstack down --dir ${dirname(owner)}`,
    );
  for (const block of [addresses.wire, addresses.floating]) {
    const { text } = ran('ip', ['route', 'show', block]);
    if (text.trim() !== '' && !text.includes(addresses.link))
      throw new LabError(
        `${block} is in use on this computer: ${text.trim()}.`,
        'Free it: the lab needs it.',
      );
  }
}
