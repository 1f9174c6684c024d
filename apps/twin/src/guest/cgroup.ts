/**
 * Control groups: a real bound on a VM's memory and processes, where the Twin may make them (root, on a host whose
 * hierarchy can be written to). Version 2 and, where memory and pids are mounted each by itself, version 1.
 * Kernel: Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/{memory,pids}.rst.
 */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

export interface Cgroup {
  /** Files that a process writes `0` to, to join. */
  join: string[];
  /** Its processes must have ended; waits while the kernel is still putting the last of them away. */
  remove(): Promise<void>;
}
export interface Cgroups {
  open(name: string, memoryMib: number, processes: number): Promise<Cgroup>;
  close(): void;
}

const root = '/sys/fs/cgroup';
const prefix = 'cloud-twin-';

/** The group folder(s) of this process under `bases`; what dead Twins left there goes. */
function claim(bases: string[]): string[] {
  return bases.map(base => {
    for (const name of readdirSync(base).filter(each => each.startsWith(prefix))) sweep(base, name);
    const path = join(base, `${prefix}${process.pid}`);
    mkdirSync(path, { recursive: true });
    return path;
  });
}

function sweep(base: string, name: string): void {
  try {
    process.kill(Number(name.slice(prefix.length)), 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') removeTree(join(base, name));
  }
}

/** Whether it is gone. */
function removeTree(path: string): boolean {
  try {
    for (const entry of readdirSync(path, { withFileTypes: true }))
      if (entry.isDirectory()) removeTree(join(path, entry.name));
    rmdirSync(path);
    return true;
  } catch (error) {
    // Busy while its last process is being reaped.
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

/** What is still busy after that is swept at the next open. */
async function removeAll(folders: string[]): Promise<void> {
  for (let tries = 0; tries < 40; tries++) {
    if (folders.map(removeTree).every(Boolean)) return;
    await setTimeout(25);
  }
}

function attempt(write: () => void): boolean {
  try {
    write();
    return true;
  } catch {
    return false;
  }
}

function two(): string[] | undefined {
  if (!attempt(() => readFileSync(join(root, 'cgroup.controllers')))) return undefined;
  const [top] = claim([root]);
  if (top === undefined) return undefined;
  // Fails where this is not the real root of the hierarchy and holds processes ("no internal processes").
  attempt(() => writeFileSync(join(root, 'cgroup.subtree_control'), '+memory +pids'));
  if (attempt(() => writeFileSync(join(top, 'cgroup.subtree_control'), '+memory +pids'))) return [top];
  removeTree(top);
  return undefined;
}

let claims = 0;

/** Undefined where control groups can't be used; resource limits per process are the bound then. */
export function openCgroups(): Cgroups | undefined {
  let tops: string[] | undefined;
  let version = 2;
  attempt(() => (tops = two()));
  if (!tops) {
    version = 1;
    attempt(() => (tops = claim([join(root, 'memory'), join(root, 'pids')])));
  }
  if (!tops) return undefined;
  const paths = tops;
  const mine = `${++claims}`;
  let opened = 0;
  const limitFiles = (memoryMib: number, processes: number): [number, string, string][] => {
    const bytes = String(memoryMib * 1024 * 1024);
    return version === 2
      ? [
          [0, 'memory.max', bytes],
          [0, 'memory.swap.max', '0'],
          [0, 'pids.max', String(processes)],
        ]
      : [
          [0, 'memory.limit_in_bytes', bytes],
          [1, 'pids.max', String(processes)],
        ];
  };
  return {
    async open(name, memoryMib, processes) {
      // Each time another: a VM that starts again soon must not lose its group to the one before, which is still being put away.
      const own = `${mine}-${name}-${++opened}`;
      const folders = paths.map(path => join(path, own));
      // The kernel takes milliseconds for a new one that counts memory.
      await Promise.all(folders.map(folder => mkdir(folder, { recursive: true })));
      for (const [at, file, value] of limitFiles(memoryMib, processes))
        attempt(() => writeFileSync(join(folders[at] ?? '', file), value));
      return {
        join: folders.map(folder => join(folder, 'cgroup.procs')),
        remove: () => removeAll(folders),
      };
    },
    close() {
      for (const path of paths) {
        for (const name of readdirSync(path).filter(each => each.startsWith(`${mine}-`)))
          removeTree(join(path, name));
        attempt(() => rmdirSync(path));
      }
    },
  };
}
