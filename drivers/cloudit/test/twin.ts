/** For tests: Cloud-Twin as a process of its own, met over HTTP and SSH alone, with one Cloudit in it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CloudConfig } from '@cloud-barista/driver/driver';
import { bySize } from '@cloud-barista/model/spec';
import { createRoad } from '@cloud-barista/suite/driver/road';
import type { FaultRule, Subject } from '@cloud-barista/suite/driver/subject';
import { driver } from '../src/open.ts';

const name = 'judged';
/** Keys are put in place over SSH, by a command in a sandbox of the VM's own: that takes a moment on a busy machine. */
const timeoutMs = 20_000;
const main = fileURLToPath(new URL('../../../apps/twin/src/main.ts', import.meta.url));

interface Twin {
  url: string;
  close(): Promise<void>;
}

/** It ends with its standard input, so with this process in any case. */
async function startTwin(): Promise<Twin> {
  const args = [main, 'up', '--port', '0', '--ssh-port', '0', '--empty', '--json', '--parent'];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>(resolve => child.on('exit', () => resolve()));
  const first = await Promise.race([
    createInterface({ input: child.stdout })[Symbol.asyncIterator]().next(),
    ended.then(() => ({ value: undefined })),
  ]);
  assert.ok(typeof first.value === 'string', 'the Twin says where it answers');
  const { port } = JSON.parse(first.value) as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}

async function control<T>(twin: Twin, method: string, path: string, body?: unknown): Promise<T> {
  const response = await fetch(`${twin.url}/twin/v1${path}`, {
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

/** An image to start from, and the least spec. */
async function choose(config: CloudConfig): Promise<{ image: string; spec: string }> {
  const cloud = await driver.open(config, createRoad(driver, timeoutMs));
  try {
    const call = { signal: AbortSignal.timeout(timeoutMs), limit: 1000 };
    const [images, specs] = await Promise.all([cloud.images.list(call), cloud.specs.list(call)]);
    const image = images.items.find(one => one.os === 'ubuntu');
    const [spec] = specs.items.sort(bySize);
    assert.ok(image && spec, 'the Twin has an Ubuntu image and specs');
    return { image: image.id, spec: spec.id };
  } finally {
    await cloud.close();
  }
}

/** A port on which nothing listens: one that was free a moment ago. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** `delayMs`: how long its VMs take for each change of state. */
export const openTwin = (delayMs: number) => async (): Promise<Subject> => {
  const twin = await startTwin();
  const delays = { create: delayMs, start: delayMs, stop: delayMs, reboot: delayMs, terminate: delayMs };
  await control(twin, 'POST', '/clouds', { name, kind: 'cloudit', delays, quotas: {} });
  const config = await control<CloudConfig>(twin, 'GET', `/clouds/${name}/connection`);
  const { credential, region } = config;
  const nowhere = `http://127.0.0.1:${await closedPort()}`;
  return {
    driver,
    config: { credential, region },
    ...(await choose(config)),
    badCredential: { region, credential: { ...credential, authToken: 'not-the-token-of-this-tenant' } },
    unreachable: { credential, region: { ...region, endpoint: nowhere } },
    count: async () =>
      (await control<{ clouds: Record<string, Record<string, number>> }>(twin, 'GET', '/counts')).clouds[
        name
      ] ?? {},
    fault: async (rule: FaultRule | undefined) => {
      const { api: operation = '*', ...rest } = rule ?? { fault: '', probability: 0 };
      await control(twin, 'PUT', '/faults', rule === undefined ? [] : [{ cloud: name, operation, ...rest }]);
    },
    pollMs: 5,
    timeoutMs,
    close: () => twin.close(),
  };
};
