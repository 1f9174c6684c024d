/** For tests: Cloud-Twin as a process of its own, met over HTTP alone, with one OpenStack in it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CloudConfig } from '@cloud-barista/driver/driver';
import type { FaultRule, Subject } from '@cloud-barista/suite/driver/subject';
import { driver } from '../src/open.ts';
import { choose, closedPort } from './choose.ts';

const name = 'judged';
const main = fileURLToPath(new URL('../../../apps/twin/src/main.ts', import.meta.url));

interface Twin {
  url: string;
  close(): Promise<void>;
}

/** It ends with its standard input, so with this process in any case. */
async function startTwin(): Promise<Twin> {
  const args = [main, 'up', '--port', '0', '--ssh-port', 'off', '--empty', '--json', '--parent'];
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

/** `delayMs`: how long its VMs take for each change of state. */
export const openTwin = (delayMs: number) => async (): Promise<Subject> => {
  const twin = await startTwin();
  const delays = { create: delayMs, start: delayMs, stop: delayMs, reboot: delayMs, terminate: delayMs };
  await control(twin, 'POST', '/clouds', { name, kind: 'openstack', delays, quotas: {} });
  const { credential, region } = await control<{
    credential: Record<string, string>;
    region: Record<string, string>;
  }>(twin, 'GET', `/clouds/${name}/connection`);
  const config: CloudConfig = { credential, region };
  const nowhere = `http://127.0.0.1:${await closedPort()}/v3`;
  return {
    driver,
    config,
    ...(await choose(config)),
    badCredential: { ...config, credential: { ...credential, password: 'not-the-password' } },
    unreachable: {
      credential: { ...credential, authUrl: nowhere },
      region: { ...region, ...(region['endpoint'] !== undefined && { endpoint: nowhere }) },
    },
    unknownRegion: { ...config, region: { ...region, region: 'Nowhere' } },
    count: async () =>
      (await control<{ clouds: Record<string, Record<string, number>> }>(twin, 'GET', '/counts')).clouds[
        name
      ] ?? {},
    fault: async (rule: FaultRule | undefined) => {
      const { api: operation = '*', ...rest } = rule ?? { fault: '', probability: 0 };
      await control(twin, 'PUT', '/faults', rule === undefined ? [] : [{ cloud: name, operation, ...rest }]);
    },
    pollMs: 5,
    timeoutMs: 10_000,
    close: () => twin.close(),
  };
};
