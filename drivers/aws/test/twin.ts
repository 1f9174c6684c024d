/** Cloud-Twin as another process, met over HTTP only: its control API makes a cloud, sets faults and counts. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CloudConfig } from '@cloud-barista/driver/driver';

const main = fileURLToPath(new URL('../../../apps/twin/src/main.ts', import.meta.url));

export interface Twin {
  /** Makes an emulated cloud without delays, and tells how it is reached. */
  cloud(name: string, region: string): Promise<CloudConfig>;
  count(cloud: string): Promise<Record<string, number>>;
  fault(
    rule: { cloud: string; operation: string; fault: string; probability: number } | undefined,
  ): Promise<void>;
  close(): Promise<void>;
}

export async function startTwin(): Promise<Twin> {
  const child: ChildProcess = spawn(
    process.execPath,
    [main, 'up', '--port', '0', '--ssh-port', '0', '--json'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const ended = once(child, 'exit');
  const base = await Promise.race([
    firstLine(child).then(line => (JSON.parse(line) as { url: string }).url),
    ended.then(([code]) =>
      Promise.reject(new Error(`Cloud-Twin ended with ${String(code)} before it was up.`)),
    ),
  ]);

  async function control<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${base}/twin/v1${path}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`Cloud-Twin's ${method} ${path} answered ${response.status}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  return {
    async cloud(name, region) {
      const delays = { create: 0, start: 0, stop: 0, reboot: 0, terminate: 0 };
      await control('POST', '/clouds', { name, kind: 'aws', delays });
      return control<CloudConfig>('GET', `/clouds/${name}/connection?region=${region}`);
    },
    async count(cloud) {
      const { clouds } = await control<{ clouds: Record<string, Record<string, number>> }>('GET', '/counts');
      return clouds[cloud] ?? {};
    },
    async fault(rule) {
      if (rule) await control('POST', '/faults', rule);
      else await control('DELETE', '/faults');
    },
    async close() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('Cloud-Twin has no output.');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return line;
}

/** A port at which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
