/** For tests: Cloud-Twin as a process of its own, met over HTTP alone; its control API makes an Azure, sets faults and counts. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CloudConfig } from '@cloud-barista/driver/driver';
import type { FaultRule } from '@cloud-barista/suite/driver/subject';

const main = fileURLToPath(new URL('../../../apps/twin/src/main.ts', import.meta.url));

export interface Twin {
  /** Makes an Azure whose VMs take `delayMs` for each change of state, and tells how it is reached. */
  cloud(name: string, region: string, delayMs: number): Promise<CloudConfig>;
  count(cloud: string): Promise<Record<string, number>>;
  fault(cloud: string, rule: FaultRule | undefined): Promise<void>;
  close(): Promise<void>;
}

/** It ends with its standard input, so with this process in any case. */
export async function startTwin(): Promise<Twin> {
  const args = [main, 'up', '--port', '0', '--ssh-port', 'off', '--empty', '--json', '--parent'];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await Promise.race([lines.next(), ended.then(() => ({ value: undefined }))]);
  assert.ok(typeof first.value === 'string', 'the Twin says where it answers');
  const { port } = JSON.parse(first.value) as { port: number };

  async function control<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${port}/twin/v1${path}`, {
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  return {
    async cloud(name, region, delayMs) {
      // Networks are made and deleted at once: a wait of Azure's is a second at least (Retry-After), for each of hundreds.
      const delays = { create: 0, start: delayMs, stop: delayMs, reboot: delayMs, terminate: delayMs };
      await control('POST', '/clouds', { name, kind: 'azure', delays });
      const { credential, region: values } = await control<CloudConfig>(
        'GET',
        `/clouds/${name}/connection?region=${region}`,
      );
      return { credential, region: values };
    },
    async count(cloud) {
      const { clouds } = await control<{ clouds: Record<string, Record<string, number>> }>('GET', '/counts');
      return clouds[cloud] ?? {};
    },
    async fault(cloud, rule) {
      const { api: operation = '*', ...rest } = rule ?? { fault: '', probability: 0 };
      await control('PUT', '/faults', rule === undefined ? [] : [{ cloud, operation, ...rest }]);
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}

/** A port at which nobody listens: one that was free a moment ago. */
export async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
