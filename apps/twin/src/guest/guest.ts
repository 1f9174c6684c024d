/**
 * One VM while it is touched: its sandbox, made at the first command and let go when idle, its open SSH connections and
 * its folder. `openBench` keeps a Guest only while it has one of these; an idle VM is nothing but its files, and an
 * untouched one not even that.
 */
import { createHash } from 'node:crypto';
import { existsSync, readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { BaristaError } from '@cloud-barista/model/errors';
import { openDisks } from './disks.ts';
import { removeFolder } from './folder.ts';
import { childrenOf, type Exit, type Order } from './launch.ts';
import { openLauncher } from './launcher.ts';
import { openPipes, type Streams } from './pipes.ts';
import { queue } from './queue.ts';
import { entry, type Host, openSandbox, path, type Sandbox } from './sandbox.ts';
import type { GuestSpec } from './spec.ts';

export interface Guest {
  readonly id: string;
  readonly sockets: Set<Socket>;
  sandbox: Promise<Sandbox> | undefined;
  /** Commands running in it through us. */
  commands: number;
  idleSince: number;
  timer: NodeJS.Timeout | undefined;
}

export interface Command {
  user: string;
  /** As for execve, found by the VM's own path. */
  argv: string[];
  env?: Record<string, string>;
}

export interface Running extends Pick<Streams, 'stdin' | 'stdout' | 'stderr'> {
  exited: Promise<Exit>;
  /** To the command and its process group, as sshd does. */
  signal(name: NodeJS.Signals): void;
  /** Ends it without asking. */
  kill(): void;
  /** The number of its terminal under the VM's /dev/pts, where it has one. */
  terminal(): number | undefined;
}

export interface Bench {
  /** Notes a connection, so that `halt` can drop it. */
  connected(id: string, socket: Socket): void;
  run(spec: GuestSpec, command: Command): Promise<Running>;
  halt(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  /** Keeps a copy of its files under a key; VMs whose spec names that as `disk` begin with them. */
  capture(spec: GuestSpec, disk: string): Promise<void>;
  discard(disk: string): Promise<void>;
  folder(id: string): string;
  /** How many VMs are in memory, and how many of them have a sandbox. */
  counts(): { guests: number; sandboxes: number };
  close(): Promise<void>;
}

/** script(1) holds a terminal's one end; its child has the other as standard input. */
function terminalOf(script: number): number | undefined {
  try {
    const [shell] = childrenOf(script);
    const number = shell === undefined ? undefined : /(\d+)$/.exec(readlinkSync(`/proc/${shell}/fd/0`))?.[1];
    return number === undefined ? undefined : Number(number);
  } catch {
    return undefined;
  }
}

const homeOf = (user: string): string => (user === 'root' ? '/root' : `/home/${user}`);

export function openBench(host: Host, guestsDir: string, now: () => number): Bench {
  const { limits } = host;
  const guests = new Map<string, Guest>();
  const starting = queue(limits.starting);
  const launcher = openLauncher();
  const pipes = openPipes(launcher.launch);
  const disks = openDisks(host, guestsDir, launcher.launch);
  /** Called when a VM's last command ended. */
  const quiet = new Set<() => void>();
  let live = 0;
  let closed = false;

  const nameOf = (id: string): string => createHash('sha256').update(id).digest('hex').slice(0, 24);
  const folder = (id: string): string => join(guestsDir, nameOf(id));

  function at(id: string): Guest {
    let guest = guests.get(id);
    if (!guest)
      guests.set(
        id,
        (guest = { id, sockets: new Set(), sandbox: undefined, commands: 0, idleSince: 0, timer: undefined }),
      );
    return guest;
  }

  function forget(guest: Guest): void {
    if (!guest.sandbox && guest.commands === 0 && guest.sockets.size === 0 && guests.get(guest.id) === guest)
      guests.delete(guest.id);
  }

  /** Lets the sandbox go once nothing of ours and nothing of its own has run in it for `idleSeconds`. */
  function watch(guest: Guest): void {
    clearTimeout(guest.timer);
    guest.idleSince = performance.now();
    guest.timer = setTimeout(async () => {
      const sandbox = await guest.sandbox?.catch(() => undefined);
      if (guest.commands > 0) return;
      if (sandbox?.busy()) watch(guest);
      else sandbox?.close();
    }, limits.idleSeconds * 1000);
    guest.timer.unref();
  }

  /** Waits until one more sandbox may live: lets the longest idle go, or waits for a command somewhere to end. */
  async function makeRoom(): Promise<void> {
    const patience = performance.now() + 30_000;
    while (live >= limits.sandboxes) {
      const idle = [...guests.values()].filter(guest => guest.sandbox && guest.commands === 0);
      let freed = false;
      for (const guest of idle.sort((a, b) => a.idleSince - b.idleSince)) {
        const sandbox = await guest.sandbox?.catch(() => undefined);
        if (!sandbox || guest.commands > 0 || sandbox.busy()) continue;
        sandbox.close();
        await sandbox.gone;
        freed = true;
        break;
      }
      if (freed) continue;
      if (performance.now() > patience || closed)
        throw new BaristaError(
          'resource_exhausted',
          `All ${limits.sandboxes} sandboxes of this Cloud-Twin are in use.`,
          {
            next: 'End commands on other VMs, or raise the limit `sandboxes`.',
          },
        );
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, 1000);
        quiet.add(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  function enter(guest: Guest, spec: GuestSpec): Promise<Sandbox> {
    if (guest.sandbox) return guest.sandbox;
    // Its disk is waited for out of the queue: that may take long.
    const below = disks.below(guest.id, spec.disk);
    const make = async (under: string): Promise<Sandbox> => {
      await makeRoom();
      live++;
      let sandbox: Sandbox;
      try {
        const name = nameOf(guest.id);
        sandbox = await openSandbox(host, spec, folder(guest.id), name, now(), launcher.launch, under);
      } catch (error) {
        live--;
        throw error;
      }
      void sandbox.gone.then(() => live--);
      if (closed || guest.sandbox !== making) {
        sandbox.close();
        throw new BaristaError('unavailable', `VM ${guest.id} was stopped.`);
      }
      void sandbox.gone.then(() => {
        if (guest.sandbox === making) guest.sandbox = undefined;
        clearTimeout(guest.timer);
        forget(guest);
      });
      return sandbox;
    };
    const making = below.then(under => starting(() => make(under)));
    guest.sandbox = making;
    making.catch(() => {
      if (guest.sandbox === making) guest.sandbox = undefined;
      forget(guest);
    });
    return making;
  }

  function orderOf(spec: GuestSpec, sandbox: Sandbox, command: Command, streams: Streams): Order {
    const [file = 'sh', ...args] = entry(host, sandbox, command.user, command.argv);
    return {
      file,
      args,
      cwd: '/',
      streams: streams.child,
      env: {
        PATH: path,
        HOME: homeOf(command.user),
        USER: command.user,
        LOGNAME: command.user,
        SHELL: '/bin/bash',
        // nproc(1) goes by it; the sandbox itself sees all of the host's processors.
        OMP_NUM_THREADS: String(spec.cpus),
        ...command.env,
      },
    };
  }

  async function run(spec: GuestSpec, command: Command): Promise<Running> {
    if (closed) throw new BaristaError('unavailable', 'This Cloud-Twin is closing.');
    const guest = at(spec.id);
    guest.commands++;
    clearTimeout(guest.timer);
    const ended = (): void => {
      guest.commands--;
      if (guest.commands === 0 && guest.sandbox) watch(guest);
      forget(guest);
      if (guest.commands > 0) return;
      for (const wake of quiet) wake();
      quiet.clear();
    };
    try {
      const sandbox = await enter(guest, spec);
      const streams = await pipes.take();
      let pid: number;
      const child = launcher.launch(orderOf(spec, sandbox, command, streams));
      try {
        pid = await child.started;
      } catch (error) {
        for (const each of [streams.stdin, streams.stdout, streams.stderr]) each.destroy();
        throw error;
      } finally {
        streams.release();
      }
      let over = false;
      void child.exited.then(() => {
        over = true;
        ended();
      });
      return {
        stdin: streams.stdin,
        stdout: streams.stdout,
        stderr: streams.stderr,
        exited: child.exited,
        signal: name => child.signal(name),
        kill: () => {
          child.signal('SIGHUP');
          child.kill();
        },
        terminal: () => {
          const [inner] = over ? [] : childrenOf(pid);
          return inner === undefined ? undefined : terminalOf(inner);
        },
      };
    } catch (error) {
      ended();
      throw error;
    }
  }

  async function halt(id: string): Promise<void> {
    const guest = guests.get(id);
    if (!guest) return;
    for (const socket of guest.sockets) socket.destroy();
    const making = guest.sandbox;
    guest.sandbox = undefined;
    const sandbox = await making?.catch(() => undefined);
    sandbox?.close();
    await sandbox?.gone;
    clearTimeout(guest.timer);
    forget(guest);
  }

  return {
    connected(id, socket) {
      const guest = at(id);
      guest.sockets.add(socket);
      socket.once('close', () => {
        guest.sockets.delete(socket);
        forget(guest);
      });
    },
    run,
    halt,
    async remove(id) {
      await halt(id);
      await disks.copied(id);
      await removeFolder(folder(id));
      await disks.release(id);
    },
    async capture(spec, disk) {
      const making = guests.get(spec.id)?.sandbox;
      const touched = making !== undefined || existsSync(folder(spec.id));
      await disks.capture(
        spec.id,
        disk,
        spec.disk,
        touched ? { folder: folder(spec.id), making } : undefined,
      );
    },
    discard: disk => disks.discard(disk),
    folder,
    counts: () => ({
      guests: guests.size,
      sandboxes: [...guests.values()].filter(guest => guest.sandbox).length,
    }),
    async close() {
      closed = true;
      await Promise.all([disks.close(), ...[...guests.keys()].map(halt)]);
      pipes.close();
      launcher.close();
      host.cgroups?.close();
    },
  };
}
