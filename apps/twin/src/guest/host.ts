/**
 * Finds out, by doing it, whether and how this host can sandbox. Trying is the only true answer: what forbids it (a
 * container's seccomp, AppArmor's userns rule on Ubuntu 24.04, a missing program) has no common sign.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openCgroups } from './cgroup.ts';
import { removeFolder } from './folder.ts';
import { launchHere } from './launch.ts';
import type { Limits } from './limits.ts';
import { type Host, openSandbox } from './sandbox.ts';
import { makeSkeleton } from './skeleton.ts';

const run = promisify(execFile);

const works = async (file: string, args: string[]): Promise<boolean> =>
  run(file, args, { timeout: 5_000 }).then(
    () => true,
    () => false,
  );

/** A card named eth0, for `hostname -I` leaves the loopback's addresses out. Not every kernel has dummy. */
const cards = [
  'link add eth0 type dummy\naddr add ADDRESS/20 dev eth0\nlink set eth0 up',
  'link add eth0 type veth peer name eth0peer\naddr add ADDRESS/20 dev eth0\nlink set eth0peer up\nlink set eth0 up',
];
const cardless = 'addr add ADDRESS/32 dev lo';

const programs = [
  'unshare',
  'nsenter',
  'setpriv',
  'setsid',
  'mount',
  'umount',
  'pivot_root',
  'env',
  'mkfifo',
  'cp',
  'hostname',
];

export async function findHost(guests: string, limits: Limits): Promise<Host | string> {
  if (process.platform !== 'linux')
    return `it runs ${process.platform}, and a VM's sandbox is made of Linux namespaces`;
  const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  const missing = programs.filter(name => !folders.some(folder => existsSync(join(folder, name))));
  if (missing.length > 0) return `it lacks ${missing.join(', ')} (package util-linux or coreutils)`;
  const privilege = process.getuid?.() === 0 ? 'root' : 'user';
  const alone = privilege === 'root' ? [] : ['--user', '--map-root-user'];
  const [time, dummy, veth] = await Promise.all([
    works('unshare', [...alone, '--time', '--fork', '--boottime', '0', 'true']),
    works('unshare', [...alone, '--net', 'ip', 'link', 'add', 'probe0', 'type', 'dummy']),
    works('unshare', [
      ...alone,
      '--net',
      'ip',
      'link',
      'add',
      'probe0',
      'type',
      'veth',
      'peer',
      'name',
      'probe1',
    ]),
    makeSkeleton(guests, privilege),
  ]);
  const network = (dummy ? cards[0] : veth ? cards[1] : undefined) ?? cardless;
  const host: Host = { privilege, network, time, overlay: true, cgroups: openCgroups(), limits };
  const refusal = await attempt(host, guests);
  if (refusal === undefined) return host;
  // Perhaps it was the overlay alone.
  const plain: Host = { ...host, overlay: false };
  if ((await attempt(plain, guests)) === undefined) return plain;
  host.cgroups?.close();
  return `it forbids namespaces: ${refusal}`;
}

/** Why no sandbox can be made so. */
async function attempt(host: Host, guests: string): Promise<string | undefined> {
  const folder = join(guests, 'probe');
  try {
    const sandbox = await openSandbox(
      host,
      {
        id: 'probe',
        hostname: 'probe',
        user: 'probe',
        authorizedKeys: [],
        privateIp: '10.0.0.1',
        publicIp: '127.0.0.1',
        cpus: 1,
        memoryMib: 64,
        osName: 'Linux',
        bootedAt: Date.now(),
        reachable: false,
      },
      folder,
      'probe',
      Date.now(),
      launchHere,
    );
    sandbox.close();
    await sandbox.gone;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await removeFolder(folder);
  }
}
