/**
 * One VM's sandbox while something runs in it: namespaces of its own (user, mount, pid, network, uts, ipc, time), held by
 * a single `cat` that is the VM's process 1. It waits on a pipe from the Twin, so that when the Twin ends in any way,
 * kill -9 too, it ends, and the kernel ends all else in its process namespace with it; mounts vanish with theirs.
 * SIGCHLD is ignored in it, so orphans are reaped by the kernel (wait(2), notes).
 *
 * A command is one process that joins: a shell sets limits and becomes nsenter(1), whose child drops rights and becomes
 * the command.
 */
import { readFileSync } from 'node:fs';
import { BaristaError } from '@cloud-barista/model/errors';
import type { Cgroup, Cgroups } from './cgroup.ts';
import { makeFolders } from './folder.ts';
import { childrenOf, type Launch } from './launch.ts';
import type { Limits } from './limits.ts';
import { unshared } from './namespaces.ts';
import { setup } from './setup.ts';
import { cpuinfo, meminfo, osRelease } from './shows.ts';
import { type Privilege, programFolders, skeleton } from './skeleton.ts';
import type { GuestSpec } from './spec.ts';

/** How this host can sandbox, found once. */
export interface Host {
  privilege: Privilege;
  /** Lines for `ip -batch` that make the VM's network card, ADDRESS for its address. */
  network: string;
  /** Whether a VM's disk can be an overlay over the common skeleton; else it is a copy of it. */
  overlay: boolean;
  /** Whether a time namespace can be had: then uptime is the VM's own. */
  time: boolean;
  cgroups: Cgroups | undefined;
  limits: Limits;
}

export interface Sandbox {
  /** Its process 1, as the host counts. */
  pid: number;
  cgroup: Cgroup | undefined;
  time: boolean;
  gone: Promise<void>;
  /** Ends everything in it. */
  close(): void;
  /** Whether something runs in it besides process 1. Sessions' own commands are children of nsenter, not of it. */
  busy(): boolean;
}

export const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const firstLine = (text: string): string => text.trim().split('\n').at(-1) ?? '';

function uptimeOffset(bootedAt: number, now: number): number {
  const host = Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]);
  // The kernel refuses an offset that would make the clock negative: never round down.
  return Math.ceil(Math.max(0, now - bootedAt) / 1000 - host);
}

/** What setup.ts goes by. */
const environment = (host: Host, spec: GuestSpec, below: string): Record<string, string> => ({
  FOLDERS: programFolders().join(' '),
  PRIVILEGE: host.privilege,
  OVERLAY: host.overlay ? 'yes' : 'no',
  BELOW: below,
  CAPTURED: below === skeleton ? 'no' : 'yes',
  NAME: spec.hostname,
  LOGIN: spec.user,
  PRIVATE_IP: spec.privateIp,
  NETWORK: host.network.replaceAll('ADDRESS', spec.privateIp),
  KEYS: spec.authorizedKeys.join('\n'),
  OS_RELEASE: osRelease(spec.osName),
  CPUINFO: cpuinfo(spec),
  MEMINFO: meminfo(spec),
  // Without root, a login user is a nested user namespace; with it none is needed, and the fewer rights the better.
  NAMESPACES: host.privilege === 'root' ? '0' : '512',
});

/** Makes the sandbox of a VM over its `folder` (made at first use) and, beside that, `below` (disks.ts). Throws `unavailable`. */
export async function openSandbox(
  host: Host,
  spec: GuestSpec,
  folder: string,
  name: string,
  now: number,
  launch: Launch,
  below = skeleton,
): Promise<Sandbox> {
  const [cgroup] = await Promise.all([
    host.cgroups?.open(name, Math.min(spec.memoryMib, host.limits.memoryMib), host.limits.processes),
    makeFolders(folder, host),
  ]);
  const up = Promise.withResolvers<void>();
  const refuse = (reason: string) =>
    up.reject(new BaristaError('unavailable', `No sandbox for ${spec.id}: ${reason}.`));
  const { child, pid, wrong, close } = unshared(
    {
      privilege: host.privilege,
      also: [
        '--uts',
        '--ipc',
        '--net',
        ...(host.time ? ['--time', '--boottime', String(uptimeOffset(spec.bootedAt, now))] : []),
      ],
      script: setup,
      cwd: folder,
      env: environment(host, spec, below),
      said: text => {
        if (text.endsWith('up\n')) up.resolve();
      },
    },
    launch,
  );
  const gone = child.exited.then(() => refuse(firstLine(wrong()) || 'it ended at once'));
  const { upSeconds } = host.limits;
  const patience = setTimeout(() => refuse(`it was not up after ${upSeconds} s`), upSeconds * 1000);
  try {
    await up.promise;
  } catch (error) {
    close();
    void gone.then(() => cgroup?.remove());
    throw error;
  } finally {
    clearTimeout(patience);
  }
  return {
    pid: pid(),
    cgroup,
    time: host.time,
    gone: gone.then(() => cgroup?.remove()),
    close,
    busy: () => childrenOf(pid()).length > 0,
  };
}

/** What root of a VM may do: all that is bounded by its own namespaces, and nothing that is wide open to the kernel. */
const kept =
  'chown,dac_override,dac_read_search,fowner,fsetid,kill,setgid,setuid,setpcap,net_bind_service,net_admin,net_raw,' +
  'sys_chroot,sys_nice,setfcap,audit_write';
const bounding = `-all,${kept
  .split(',')
  .map(name => `+${name}`)
  .join(',')}`;

/** The command line that runs `command` as `user` in the sandbox, and ends it with us. */
export function entry(host: Host, sandbox: Sandbox, user: string, command: string[]): string[] {
  const { limits } = host;
  const limit = [
    ...(sandbox.cgroup?.join ?? []).map(file => `echo 0 >${file} || exit 126`),
    'ulimit -c 0',
    `ulimit -n ${limits.files}`,
    `ulimit -f ${limits.fileMib * 2048}`,
    `ulimit -t ${limits.cpuSeconds}`,
    `ulimit -p ${limits.processes} 2>/dev/null || ulimit -u ${limits.processes}`,
    ...(sandbox.cgroup ? [] : [`ulimit -v ${limits.memoryMib * 1024}`]),
    'exec "$@"',
  ].join('; ');
  const id = user === 'root' ? '0' : '1000';
  const drop =
    host.privilege === 'root'
      ? `/usr/bin/setpriv --reuid ${id} --regid ${id} --clear-groups --bounding-set ${bounding} --inh-caps -all --pdeathsig KILL`
      : `${user === 'root' ? '' : `/usr/bin/unshare --user --map-user=${id} --map-group=${id} `}/usr/bin/setpriv --no-new-privs --pdeathsig KILL`;
  return [
    'sh',
    '-c',
    limit,
    'sh',
    'nsenter',
    `--target=${sandbox.pid}`,
    '--user',
    '--mount',
    '--uts',
    '--ipc',
    '--net',
    '--pid',
    ...(sandbox.time ? ['--time'] : []),
    ...(host.privilege === 'root' ? [] : ['--preserve-credentials']),
    ...drop.split(' '),
    '/usr/bin/setsid',
    '/bin/sh',
    '-c',
    'cd "$HOME" 2>/dev/null || cd /; exec "$@"',
    'sh',
    ...command,
  ];
}
