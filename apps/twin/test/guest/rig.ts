/** A few emulated VMs for the tests: their specs, a Guests over them, and callers: OpenSSH's client and ssh2's. */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import ssh2, { type ConnectConfig } from 'ssh2';
import { type Guests, type GuestSpec, type GuestsOptions, openGuests } from '../../src/guest/guests.ts';

export const run = promisify(execFile);

export interface Outcome {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

export interface Rig extends AsyncDisposable {
  guests: Guests;
  folder: string;
  dir: string;
  key: string;
  otherKey: string;
  /** VM `n`, at 127.90.x.y. Change it, and the world has changed. */
  vm(n: number): GuestSpec;
  /** Debian's own client. */
  ssh(
    n: number,
    args: string[],
    options?: { key?: string; user?: string; input?: string; timeout?: number; flags?: string[] },
  ): Promise<Outcome>;
  /** ssh2's client. */
  exec(n: number, command: string, input?: string): Promise<Outcome>;
  connect(n: number, config?: ConnectConfig): Promise<InstanceType<typeof ssh2.Client>>;
}

export async function openRig(options: Partial<GuestsOptions> = {}): Promise<Rig> {
  const folder = mkdtempSync(join(tmpdir(), 'twin-guest-'));
  for (const name of ['key', 'other'])
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(folder, name)]);
  const authorized = readFileSync(join(folder, 'key.pub'), 'utf8');
  const vms = new Map<string, GuestSpec>();
  const addressOf = (n: number): string => `127.90.${n >> 8}.${n & 255}`;
  const vm = (n: number): GuestSpec => {
    const id = `aws/123/i-${n}`;
    let spec = vms.get(id);
    if (!spec)
      vms.set(
        id,
        (spec = {
          id,
          hostname: `vm-${n}`,
          user: 'ubuntu',
          authorizedKeys: [authorized],
          cpus: 3,
          memoryMib: 512,
          privateIp: `10.9.${n >> 8}.${n & 255}`,
          publicIp: addressOf(n),
          osName: 'Ubuntu 22.04',
          bootedAt: Date.now() - 7_200_000,
          reachable: true,
        }),
      );
    return spec;
  };
  const dir = join(folder, 'twin');
  const guests = await openGuests({
    lookup: address => [...vms.values()].find(each => each.publicIp === address),
    byId: id => vms.get(id),
    port: 0,
    dir,
    secret: Buffer.from('a secret of the tests'),
    ...options,
  });
  const key = join(folder, 'key');

  function connect(n: number, config: ConnectConfig = {}): Promise<InstanceType<typeof ssh2.Client>> {
    const client = new ssh2.Client();
    const { host, port } = guests.endpoint(vm(n).publicIp);
    return new Promise((resolve, reject) => {
      client.once('ready', () => resolve(client));
      client.once('error', reject);
      client.connect({
        host,
        port,
        username: vm(n).user,
        privateKey: readFileSync(key),
        readyTimeout: 15_000,
        ...config,
      });
      // Else Nagle's algorithm and delayed acknowledgements cost 40 ms a step.
      client.setNoDelay(true);
    });
  }

  return {
    guests,
    folder,
    dir,
    key,
    otherKey: join(folder, 'other'),
    vm,
    connect,
    ssh(n, args, { key: with_ = key, user = vm(n).user, input = '', timeout = 10, flags = [] } = {}) {
      const { host, port } = guests.endpoint(vm(n).publicIp);
      const settings = [
        'BatchMode=yes',
        'StrictHostKeyChecking=no',
        `UserKnownHostsFile=${join(folder, 'known')}`,
        'LogLevel=ERROR',
        'IdentitiesOnly=yes',
        `ConnectTimeout=${timeout}`,
      ];
      const all = [
        '-F',
        'none',
        '-i',
        with_,
        '-p',
        String(port),
        ...settings.flatMap(each => ['-o', each]),
        ...flags,
        `${user}@${host}`,
        ...args,
      ];
      const child = spawn('ssh', all, { stdio: 'pipe' });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
      child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
      child.stdin.on('error', () => undefined);
      child.stdin.end(input);
      return new Promise((resolve, reject) => {
        child.on('error', reject);
        child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
      });
    },
    async exec(n, command, input = '') {
      const client = await connect(n);
      try {
        return await new Promise<Outcome>((resolve, reject) => {
          client.exec(command, (error, channel) => {
            if (error) return reject(error);
            const outcome: Outcome = { code: null, signal: null, stdout: '', stderr: '' };
            channel.on('data', (text: Buffer) => (outcome.stdout += text.toString()));
            channel.stderr.on('data', (text: Buffer) => (outcome.stderr += text.toString()));
            channel.on('exit', (code: number | null, signal?: string) =>
              Object.assign(outcome, { code, signal: signal ?? null }),
            );
            channel.on('close', () => resolve(outcome));
            channel.end(input);
          });
        });
      } finally {
        client.end();
      }
    },
    async [Symbol.asyncDispose]() {
      await guests.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
