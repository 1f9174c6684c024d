/**
 * For tests: a real Docker Engine of this test's own (Debian's docker.io), and a small VM-like image made from Debian's packages.
 * Nothing is pulled from anywhere. An engine that runs already is used where DOCKER_TEST_HOST names it.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import http from 'node:http';
import net from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

export const image = 'barista-test/ubuntu-22.04:latest';
const packages = 'openssh-server,sudo,iproute2';

export interface TestEngine {
  socket: string;
  close(): Promise<void>;
}

/** Why no engine can be had here, or undefined. */
export function missing(): string | undefined {
  if (process.getuid?.() !== 0) return 'a Docker Engine of its own needs root';
  for (const program of ['dockerd', 'mmdebstrap', 'iptables'])
    if (spawnSync(program, ['--version']).error)
      return `${program} is not installed (Debian: docker.io, mmdebstrap, iptables)`;
  return undefined;
}

function ping(socketPath: string): Promise<boolean> {
  return new Promise(resolve => {
    const request = http.get({ socketPath, path: '/_ping' }, answer =>
      resolve(answer.resume().statusCode === 200),
    );
    request.on('error', () => resolve(false));
  });
}

/** The root file system, kept between runs: half a minute to make. */
async function rootFs(): Promise<string> {
  const kept = join(
    process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
    'cloud-barista',
    'docker-vm.tar',
  );
  if (existsSync(kept)) return kept;
  await mkdir(join(kept, '..'), { recursive: true });
  const dir = await mkdtemp(join(tmpdir(), 'barista-rootfs-'));
  const made = join(dir, 'vm.tar');
  const sources = ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list'].filter(existsSync);
  const hook =
    'chroot "$1" sh -c "useradd -m -s /bin/bash debian && echo \'debian ALL=(ALL) NOPASSWD:ALL\' > /etc/sudoers.d/debian && rm -f /etc/ssh/ssh_host_*"';
  execFileSync(
    'mmdebstrap',
    [
      '--variant=minbase',
      '--aptopt=APT::Install-Recommends "false"',
      `--include=${packages}`,
      `--customize-hook=${hook}`,
      'bookworm',
      made,
      ...sources.slice(0, 1),
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  await rename(made, kept).catch(async () => {
    // Another file system.
    execFileSync('cp', [made, kept]);
  });
  await rm(dir, { recursive: true, force: true });
  return kept;
}

/**
 * One engine at a time on this machine: two that program the same packet filter stumble over each other. The lock is an abstract socket
 * (Linux), which its holder's end frees, whatever ended it.
 */
async function lock(): Promise<() => Promise<void>> {
  for (;;) {
    const server = net.createServer();
    const held = await new Promise<boolean>(resolve => {
      server.once('error', () => resolve(false));
      server.listen({ path: '\0cloud-barista-test-engine' }, () => resolve(true));
    });
    if (held) return () => new Promise(resolve => server.close(() => resolve()));
    await new Promise(resolve => setTimeout(resolve, 200));
  }
}

export async function openTestEngine(): Promise<TestEngine> {
  const given = process.env['DOCKER_TEST_HOST'];
  const dir = await mkdtemp(join(tmpdir(), 'barista-docker-'));
  const socket = given?.replace(/^unix:\/\//, '') ?? join(dir, 'docker.sock');
  const stop: (() => Promise<void>)[] = [() => rm(dir, { recursive: true, force: true })];
  if (given === undefined) {
    stop.unshift(await lock());
    const log: string[] = [];
    const args = [
      '--host',
      `unix://${socket}`,
      '--data-root',
      join(dir, 'data'),
      '--exec-root',
      join(dir, 'exec'),
      '--pidfile',
      join(dir, 'pid'),
      '--bridge',
      'none',
      '--default-address-pool',
      'base=10.213.0.0/16,size=24',
    ];
    const daemon = spawn('dockerd', args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    daemon.stderr.on('data', data => log.push(String(data)));
    const gone = new Promise<void>(resolve => daemon.once('exit', () => resolve()));
    stop.push(async () => {
      daemon.kill('SIGTERM');
      await Promise.race([gone, new Promise(resolve => setTimeout(resolve, 15_000))]);
      daemon.kill('SIGKILL');
    });
    for (let i = 0; !(await ping(socket)); i++) {
      if (i > 150 || daemon.exitCode !== null)
        throw new Error(`the Docker Engine does not come up: ${log.join('').slice(-800)}`);
      await new Promise(resolve => setTimeout(resolve, 200));
    }
  }
  const docker = (...args: string[]) =>
    execFileSync('docker', ['-H', `unix://${socket}`, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    }).toString();
  if (!docker('images', '-q', image).trim()) {
    // Host keys are made at first start: a VM's own, not the image's.
    docker(
      'import',
      '-c',
      'CMD ["/bin/sh","-c","mkdir -p /run/sshd; ssh-keygen -A >/dev/null; exec /usr/sbin/sshd -D -e"]',
      '-c',
      'LABEL org.cloud-barista.user=debian',
      await rootFs(),
      image,
    );
  }
  return {
    socket,
    async close() {
      for (const each of stop.reverse()) await each();
    },
  };
}
