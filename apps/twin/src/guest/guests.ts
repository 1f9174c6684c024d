/**
 * What an emulated VM runs on.
 *
 * Each VM has a public address of its own in 127/8, and answers SSH there. One listener on all addresses serves them
 * all: Linux answers for the whole of 127/8 without any address being set up, and the address that was dialled says
 * which VM is meant. A connection that came in from outside the machine is destroyed before a byte is sent.
 *
 *   caller ── TCP ──> listener ── by address ──> the world's GuestSpec ──> ssh.ts (one small server a VM, last used kept)
 *                                                                           │ session.ts: exec, shell, pty, sftp
 *                                                                           ▼
 *                                              guest.ts: sandbox made at first use, let go when idle
 *                                                                           │ sandbox.ts, setup.ts
 *                                                                           ▼
 *                                  namespaces; root view: host's /usr read-only, the VM's own folder for the rest
 *
 * - A VM that nobody has touched costs nothing here: no entry, no key (derived when asked), no folder, no process.
 * - Commands are real: a shell in Linux namespaces of its own. Where the host forbids these, SSH says so and the exit
 *   code is 126; nothing is ever pretended.
 * - The VM's users are nobody on the host: as root, 65,536 host users from 100000 on, in a user namespace per VM;
 *   otherwise all are the Twin's own user and the login user is a nested user namespace. No path of the host is in the
 *   root view but /usr (without /usr/local), CA certificates, /etc/alternatives and harmless devices.
 * - Programs are started from a small process beside the Twin (launcher.ts), which is there only while one runs: a fork of
 *   the Twin itself would hold up all of its clouds.
 * - Bounds: control groups where they can be used, resource limits per process in any case (limits.ts).
 * - A captured disk (disks.ts) is one folder, shared by all VMs that begin with it as the skeleton is by all others.
 * - When the Twin ends in any way, every sandbox ends (a pipe held by the VM's process 1 closes), mounts vanish with
 *   their namespace; the files go at `close`, and otherwise at the next open of the same `dir`, which belongs to one run.
 * - A VM reaches no network: only its own loopback and its own card, with its private address.
 */
import { mkdir, rm } from 'node:fs/promises';
import type { Server as Listener, Socket } from 'node:net';
import { join } from 'node:path';
import { BaristaError } from '@cloud-barista/model/errors';
import { consoleFile, consoleText, firstBoot } from './boot.ts';
import { removeFolder } from './folder.ts';
import { type Bench, openBench } from './guest.ts';
import { findHost } from './host.ts';
import { defaultLimits, type Limits } from './limits.ts';
import type { GuestSpec } from './spec.ts';
import { listen, openSsh } from './ssh.ts';

export type { GuestSpec } from './spec.ts';
export type { Limits } from './limits.ts';

export interface Guests {
  /** Of every VM; in mode `ports`, the base that `endpoint` counts from. */
  readonly sshPort: number;
  /** True where commands can run sandboxed on this host; else why not, which is what SSH says too. */
  readonly sandbox: true | string;
  /** First boot with user data: runs it as root in the sandbox, its output is the console's text. Ends when it ends. */
  boot(id: string, userData: string): Promise<void>;
  /** Stop or suspend: ends its processes and drops its SSH connections; its files stay. */
  halt(id: string): Promise<void>;
  /** Terminate: processes and files are gone. */
  remove(id: string): Promise<void>;
  /** Keeps a copy of a VM's files under a key; VMs whose spec names that as `disk` begin with them. Ends when it is copied. */
  capture(id: string, disk: string): Promise<void>;
  /** Drops a captured disk; VMs that have begun with it keep its files. */
  discard(disk: string): Promise<void>;
  /** What first boot printed, the newest `consoleKib` of it. */
  console(id: string): Promise<string>;
  /** `SHA256:…`, as `ssh-keygen -lf` prints it. */
  hostKeyFingerprint(id: string): string;
  /** Where the VM at a public address answers SSH. */
  endpoint(address: string): { host: string; port: number };
  /** Mode `ports`: opens, and closes, the port of the VM at an address. Nothing to do in mode `addresses`. */
  expose(address: string): Promise<void>;
  conceal(address: string): Promise<void>;
  /** For tests and the control API: VMs kept in memory, sandboxes alive. */
  counts(): { guests: number; sandboxes: number };
  close(): Promise<void>;
}

export interface GuestsOptions {
  lookup: (address: string) => GuestSpec | undefined;
  byId: (id: string) => GuestSpec | undefined;
  /** What to listen on; default 0.0.0.0, of which only 127/8 is answered. */
  host?: string;
  /** `auto`: 22 where it is free and allowed, else the first free of 2222 to 2321. In mode `ports`, the base (auto: 30000). */
  port?: number | 'auto';
  /** `ports`: for hosts with 127.0.0.1 only (macOS): the VM at address A answers on 127.0.0.1:(base + low 15 bits of A). */
  mode?: 'addresses' | 'ports';
  /** For the VMs' files; emptied now and at `close`. */
  dir: string;
  /** Host keys are derived from it: the same secret, the same keys. */
  secret: Buffer;
  limits?: Partial<Limits>;
  now?: () => number;
}

const loopback = /^127\./;

async function listenOn(
  host: string,
  port: number | 'auto',
  take: (socket: Socket) => void,
): Promise<Listener> {
  const ports = port === 'auto' ? [22, ...Array.from({ length: 100 }, (_, at) => 2222 + at)] : [port];
  let failed: NodeJS.ErrnoException | undefined;
  for (const each of ports) {
    const found = await listen(host, each, take);
    if (!(found instanceof Error)) return found;
    failed = found;
  }
  throw new BaristaError(
    'unavailable',
    `SSH of the emulated VMs can't listen on ${host}:${ports.at(-1)}: ${failed?.code ?? ''}.`,
    {
      next: 'Give another port, or end what listens there.',
      source: failed,
    },
  );
}

const portOf = (listener: Listener): number => {
  const at = listener.address();
  return typeof at === 'object' && at !== null ? at.port : 0;
};

/** Low 15 bits of an IPv4 address. */
const lowBits = (address: string): number => {
  const [, , third = 0, fourth = 0] = address.split('.').map(Number);
  return ((third & 0x7f) << 8) | fourth;
};

export async function openGuests(options: GuestsOptions): Promise<Guests> {
  const { lookup, byId, mode = 'addresses', port = 'auto', now = Date.now } = options;
  const limits: Limits = { ...defaultLimits, ...options.limits };
  const guestsDir = join(options.dir, 'guests');
  const consoles = join(options.dir, 'consoles');
  await Promise.all([removeFolder(guestsDir), rm(consoles, { recursive: true, force: true })]);
  await mkdir(options.dir, { recursive: true, mode: 0o700 });
  // Its folders are entered by the VMs' own users, by name only; `dir` above it is closed to them.
  await mkdir(guestsDir, { mode: 0o711 });

  const host = await findHost(guestsDir, limits);
  const refusal = typeof host === 'string' ? host : '';
  const bench: Bench | undefined = typeof host === 'string' ? undefined : openBench(host, guestsDir, now);
  const { outputMib, connections } = limits;
  const ssh = openSsh({
    secret: options.secret,
    lookup,
    byId,
    bench,
    refusal,
    connections,
    outputBytes: outputMib * 1024 * 1024,
  });

  const listeners = new Map<string, Listener>();
  const base = port === 'auto' ? 30_000 : port;
  let sshPort = base;
  if (mode === 'addresses') {
    const listener = await listenOn(options.host ?? '0.0.0.0', port, socket => {
      const address = socket.localAddress?.replace(/^::ffff:/, '') ?? '';
      if (loopback.test(address)) ssh.take(socket, address);
      else socket.destroy();
    });
    listeners.set('', listener);
    sshPort = portOf(listener);
  }

  return {
    sshPort,
    sandbox: bench ? true : refusal,
    async boot(id, userData) {
      const spec = byId(id);
      if (!spec) throw new BaristaError('not_found', `No VM ${id} to boot.`);
      if (bench) await firstBoot(bench, spec, userData, consoles, limits.consoleKib * 1024);
    },
    async halt(id) {
      await bench?.halt(id);
    },
    async remove(id) {
      await bench?.remove(id);
      if (bench) await rm(consoleFile(consoles, bench, id), { force: true });
    },
    async capture(id, disk) {
      const spec = byId(id);
      if (!spec) throw new BaristaError('not_found', `No VM ${id} to capture.`);
      await bench?.capture(spec, disk);
    },
    async discard(disk) {
      await bench?.discard(disk);
    },
    async console(id) {
      if (!bench) return `Cloud-Twin can't run commands on this host: ${refusal}\n`;
      return consoleText(consoles, bench, id);
    },
    hostKeyFingerprint: id => ssh.keyOf(id).fingerprint,
    endpoint: address =>
      mode === 'ports'
        ? { host: '127.0.0.1', port: base + lowBits(address) }
        : { host: address, port: sshPort },
    async expose(address) {
      if (mode !== 'ports' || listeners.has(address)) return;
      listeners.set(
        address,
        await listenOn('127.0.0.1', base + lowBits(address), socket => ssh.take(socket, address)),
      );
    },
    async conceal(address) {
      const listener = mode === 'ports' ? listeners.get(address) : undefined;
      listeners.delete(address);
      listener?.close();
    },
    counts: () => bench?.counts() ?? { guests: 0, sandboxes: 0 },
    async close() {
      for (const listener of listeners.values()) listener.close();
      ssh.close();
      await bench?.close();
      await Promise.all([removeFolder(guestsDir), rm(consoles, { recursive: true, force: true })]);
    },
  };
}
