/** An etcd of one's own for tests: a temporary directory, free ports, ended by its pid. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why there is no etcd here; undefined where there is one. */
export function etcdMissing(): string | undefined {
  try {
    execFileSync('etcd', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'no etcd binary on the path (Debian: apt-get install etcd-server)';
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export interface EtcdServer {
  endpoint: string;
  /** Kills it; `start` brings it back on the same port and data. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export async function startEtcd(): Promise<EtcdServer> {
  const directory = await mkdtemp(join(tmpdir(), 'barista-etcd-'));
  let endpoint = '';
  let child: ChildProcess | undefined;

  /** True when it serves; false where the port was taken in between. */
  async function launch(): Promise<boolean> {
    const peer = 'http://127.0.0.1:0';
    const flags = [
      '--data-dir',
      directory,
      '--listen-client-urls',
      endpoint,
      '--advertise-client-urls',
      endpoint,
    ];
    const peers = [
      '--listen-peer-urls',
      peer,
      '--initial-advertise-peer-urls',
      peer,
      '--initial-cluster',
      `default=${peer}`,
    ];
    const etcd = spawn('etcd', [...flags, ...peers, '--unsafe-no-fsync'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child = etcd;
    const gone = once(etcd, 'exit').then(() => false);
    let log = '';
    const ready = new Promise<boolean>(resolve => {
      etcd.stderr.on('data', (part: Buffer) => {
        log += String(part);
        if (log.includes('serving insecure client requests')) resolve(true);
      });
    });
    return Promise.race([ready, gone]);
  }
  async function kill(): Promise<void> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
  async function start(): Promise<void> {
    if (!(await launch())) throw new Error(`etcd did not start at ${endpoint}`);
  }
  for (let tries = 0; ; tries++) {
    endpoint = `http://127.0.0.1:${await freePort()}`;
    if (await launch()) break;
    if (tries > 5) throw new Error('etcd did not start');
  }
  return {
    endpoint,
    kill,
    start,
    async stop() {
      await kill();
      await rm(directory, { recursive: true });
    },
  };
}
