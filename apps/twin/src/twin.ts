/**
 * Cloud-Twin: one HTTP port on which every emulated cloud answers its own API, one SSH listener on which every VM
 * answers, and the control API. Run alone (main.ts) or embedded:
 *
 *   const twin = await openTwin({ port: 0 });
 *   twin.world.addCloud({ name: 'aws', kind: 'aws' });
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { BaristaError, toBaristaError } from '@cloud-barista/model/errors';
import { createControl } from './control/control.ts';
import { openGuests, type GuestSpec, type Guests } from './guest/guests.ts';
import { readBody, sendJson } from './http.ts';
import { createWorld, machineKey, type Machine, type Wire, type World } from './world/world.ts';

export interface TwinOptions {
  /** Default 127.0.0.1. The clouds' APIs check their own credentials, so another address may be given. */
  host?: string;
  /** Default 4650; 0 takes a free one. */
  port?: number;
  seed?: string;
  /** `off` makes VMs without SSH; `auto` is 22 where free and allowed, else 2222 and on; a number is that port, 0 a free one. */
  ssh?: 'auto' | 'off' | number;
  /** `ports` where the loopback has one address only (macOS). */
  sshMode?: 'addresses' | 'ports';
  /** Where the VMs' files lie; a temporary directory, removed at the end, where absent. */
  dir?: string;
  onError?: (error: unknown) => void;
}

export interface Twin {
  readonly url: string;
  readonly world: World;
  readonly wires: readonly Wire[];
  /** Undefined with ssh off. */
  readonly guests: Guests | undefined;
  close(): Promise<void>;
}

export const defaultPort = 4650;

function guestSpec(machine: Machine): GuestSpec {
  return {
    id: machineKey(machine),
    hostname: machine.hostname,
    user: machine.user,
    authorizedKeys: machine.keys,
    password: machine.password,
    privateIp: machine.privateIp,
    publicIp: machine.publicIp,
    cpus: machine.cpus,
    memoryMib: machine.memoryMib,
    osName: machine.osName,
    bootedAt: machine.bootedAt,
    reachable: machine.state === 'running' && machine.site.reachable(machine, 22),
    disk: machine.disk,
  };
}

export async function openTwin(options: TwinOptions = {}): Promise<Twin> {
  const { host = '127.0.0.1', port = defaultPort, ssh = 'auto', onError = () => {} } = options;
  const world = createWorld({ onError, ...(options.seed !== undefined && { seed: options.seed }) });
  const wires = world.kinds.map(each => each.open(world));
  const ownDir = options.dir === undefined;
  const dir = options.dir ?? (await mkdtemp(join(tmpdir(), 'cloud-twin-')));
  const mode = options.sshMode ?? (process.platform === 'darwin' ? 'ports' : 'addresses');

  let guests: Guests | undefined;
  if (ssh !== 'off') {
    const find = (machine: Machine | undefined) => machine && guestSpec(machine);
    guests = await openGuests({
      lookup: address => find(world.machines.byAddress(address)),
      byId: id => find(world.machines.byKey(id)),
      port: ssh,
      mode,
      dir,
      secret: randomBytes(32),
    });
    world.setHypervisor(guests);
  }

  let url = '';
  const control = createControl({
    world,
    wires,
    base: () => url,
    ssh: () =>
      guests === undefined
        ? {}
        : mode === 'ports'
          ? { sshVia: `127.0.0.1:${guests.sshPort}` }
          : { sshPort: String(guests.sshPort) },
    sandbox: () => (guests === undefined ? 'SSH is off.' : guests.sandbox),
    console: async machine => (await guests?.console(machineKey(machine))) ?? '',
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await readBody(request);
      if (control.matches(request)) return await control.handle(request, body, response);
      for (const wire of wires) if (wire.matches(request)) return await wire.handle(request, body, response);
      sendJson(response, 404, {
        error: {
          code: 'not_found',
          message: 'This is Cloud-Twin; no cloud here has that address.',
          next: `${world.kinds.map(each => each.place).join(', ')}, the control API at /twin/v1/.`,
        },
      });
    } catch (error) {
      // A client that left while sending is nobody's error.
      if (request.destroyed && !request.complete) return;
      const known = toBaristaError(error);
      if (known.code === 'internal') onError(error);
      if (!response.headersSent) sendJson(response, known.status, { error: known.toJSON() });
      else response.destroy();
    }
  }

  const server = createServer(
    { keepAliveTimeout: 60_000 },
    (request, response) => void serve(request, response),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      void guests?.close();
      reject(
        error.code === 'EADDRINUSE'
          ? new BaristaError('failed_precondition', `Port ${port} is taken by another program.`, {
              next: 'Is a Twin running already? Choose another port with --port.',
              source: error,
            })
          : new BaristaError(
              'failed_precondition',
              `Cloud-Twin can't listen on ${host}:${port}: ${error.message}.`,
              { source: error },
            ),
      );
    });
    server.listen(port, host, resolve);
  });
  server.on('connection', socket => socket.setNoDelay(true));
  url = `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`;

  return {
    url,
    world,
    wires,
    guests,
    async close() {
      server.closeAllConnections();
      await new Promise<void>(resolve => server.close(() => resolve()));
      await guests?.close();
      if (ownDir) await rm(dir, { recursive: true, force: true });
    },
  };
}
