/**
 * For tests: Cloud-Twin as a process of its own, met over HTTP alone. Its control API makes clouds, sets faults and counts; a driver is judged on
 * one of them.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { CloudConfig, Driver } from '@cloud-barista/driver/driver';
import { bySize } from '@cloud-barista/model/spec';
import { createRoad } from './road.ts';
import type { FaultRule, Subject } from './subject.ts';

const main = fileURLToPath(new URL('../../../../apps/twin/src/main.ts', import.meta.url));

/** Milliseconds that a VM takes for each change of state. */
export interface Delays {
  create: number;
  start: number;
  stop: number;
  reboot: number;
  terminate: number;
}
export interface TwinCloud {
  /** The Twin's kind of cloud; a driver's name is its kind. */
  kind: string;
  /** Of the connection; default: the kind's first. */
  region?: string;
  /** A number is all of them; default 0. */
  delays?: number | Delays;
  /** Beside the kind's own, e.g. `{ images: 500 }`: how many its lists show. */
  quotas?: Record<string, number>;
}
export interface Twin {
  readonly url: string;
  /** Makes a cloud, and tells how it is reached: what a credential and a region of the driver take. */
  cloud(name: string, cloud: TwinCloud): Promise<CloudConfig>;
  /** What a cloud holds, by someone else than the driver: `{ vms: 3, vpcs: 1, … }`. */
  count(cloud: string): Promise<Record<string, number>>;
  /** The only fault of all clouds from now on; undefined: none. */
  fault(cloud: string, rule: FaultRule | undefined): Promise<void>;
  close(): Promise<void>;
}

/** Without clouds. `ssh`: its VMs answer SSH, at a port of its own choice. It ends with its standard input, so with this process in any case. */
export async function startTwin({ ssh = false }: { ssh?: boolean } = {}): Promise<Twin> {
  const args = ['up', '--port', '0', '--ssh-port', ssh ? '0' : 'off', '--empty', '--json', '--parent'];
  const child = spawn(process.execPath, [main, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const first = await Promise.race([lines.next(), ended.then(() => ({ value: undefined }))]);
  assert.ok(typeof first.value === 'string', 'the Twin says where it answers');
  const { port } = JSON.parse(first.value) as { port: number };
  const url = `http://127.0.0.1:${port}`;

  async function control<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${url}/twin/v1${path}`, {
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
    url,
    async cloud(name, { kind, region, delays = 0, quotas = {} }) {
      await control('POST', '/clouds', { name, kind, delays: delaysOf(delays), quotas });
      const query = region === undefined ? '' : `?region=${encodeURIComponent(region)}`;
      const found = await control<CloudConfig>('GET', `/clouds/${name}/connection${query}`);
      return { credential: found.credential, region: found.region };
    },
    async count(cloud) {
      const { clouds } = await control<{ clouds: Record<string, Record<string, number>> }>('GET', '/counts');
      return clouds[cloud] ?? {};
    },
    async fault(cloud, rule) {
      const { api: operation = '*', ...rest } = rule ?? {};
      await control('PUT', '/faults', rule === undefined ? [] : [{ cloud, operation, ...rest }]);
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}

const delaysOf = (delays: number | Delays): Delays =>
  typeof delays === 'number'
    ? { create: delays, start: delays, stop: delays, reboot: delays, terminate: delays }
    : delays;

/** An address at which nobody listens: its port was free a moment ago. */
export async function nowhere(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

/**
 * What a VM is made with in a cloud not known before: an Ubuntu image where there is one, and the least spec that it fits on; or those of the
 * names `wanted`.
 */
export async function choose(
  driver: Driver,
  config: CloudConfig,
  timeoutMs: number,
  wanted: { image?: string | undefined; spec?: string | undefined } = {},
): Promise<{ image: string; spec: string }> {
  const cloud = await driver.open(config, createRoad(driver, timeoutMs));
  try {
    const call = { signal: AbortSignal.timeout(timeoutMs), limit: 1000 };
    const [images, specs] = await Promise.all([cloud.images.list(call), cloud.specs.list(call)]);
    const plain = images.items.filter(one => one.os === 'ubuntu' && one.architecture !== 'arm64');
    const image =
      wanted.image === undefined
        ? (plain[0] ?? images.items[0])
        : images.items.find(one => one.name === wanted.image);
    const fits = specs.items.filter(({ architecture, diskGb, name }) =>
      wanted.spec === undefined
        ? architecture !== 'arm64' && (diskGb === 0 || diskGb >= (image?.minDiskGb ?? 0))
        : name === wanted.spec,
    );
    const [spec] = fits.sort(bySize);
    assert.ok(image && spec, 'the cloud has such images and specs');
    return { image: image.id, spec: spec.id };
  } finally {
    await cloud.close();
  }
}

export interface TwinSubject extends Omit<TwinCloud, 'kind'> {
  /** The one that the connection is bound to; "" for none, where the Twin gives one by itself. */
  zone?: string;
  /** The driver needs it to make VMs. */
  ssh?: boolean;
  /** Default 10 s. */
  timeoutMs?: number;
  /** Default: as `choose` does. */
  spec?: string;
  /** The configs that must fail, where the cloud has such; `nowhere` is an address at which nobody listens. */
  wrong: (
    config: CloudConfig,
    nowhere: string,
  ) => Pick<Subject, 'badCredential' | 'unreachable' | 'unknownRegion'>;
}

/** A driver and a Twin with one cloud of its kind; the Twin ends with the subject. */
export const onTwin =
  (driver: Driver, { zone, ssh = false, timeoutMs = 10_000, spec, wrong, ...about }: TwinSubject) =>
  async (): Promise<Subject> => {
    const twin = await startTwin({ ssh });
    try {
      const name = 'judged';
      const { credential, region: found } = await twin.cloud(name, { kind: driver.name, ...about });
      const { zone: given, ...region } = found;
      const bound = zone ?? given ?? '';
      const config = { credential, region: { ...region, ...(bound !== '' && { zone: bound }) } };
      return {
        driver,
        config,
        ...(await choose(driver, config, timeoutMs)),
        ...(spec !== undefined && { spec }),
        ...wrong(config, await nowhere()),
        count: () => twin.count(name),
        fault: rule => twin.fault(name, rule),
        pollMs: 5,
        timeoutMs,
        close: () => twin.close(),
      };
    } catch (error) {
      await twin.close();
      throw error;
    }
  };
