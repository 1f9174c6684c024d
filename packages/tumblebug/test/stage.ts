/** Groups over in-process clouds and the memory store, with a road on which calls can be held or made to fail, for tests. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Driver } from '@cloud-barista/driver/driver';
import type { Request } from '@cloud-barista/driver/road';
import { openMemoryCloud, type MemoryCloud } from '@cloud-barista/driver-memory/open';
import type { GroupInput, McisInput } from '@cloud-barista/model/mcis';
import type { Operation } from '@cloud-barista/model/operation';
import { createConnection } from '@cloud-barista/spider/connections';
import { createCredential } from '@cloud-barista/spider/credentials';
import { createRegion } from '@cloud-barista/spider/regions';
import { openSpider, type SpiderOptions } from '@cloud-barista/spider/spider';
import { openMemoryStore } from '@cloud-barista/store/memory';
import type { Sagas } from '@cloud-barista/store/saga';
import { openSagas } from '@cloud-barista/store/sagas';
import type { Store } from '@cloud-barista/store/store';
import { createMcis } from '../src/create.ts';
import { deleteMcis } from '../src/delete.ts';
import { tumblebugSagas } from '../src/handlers.ts';
import { ensureDefaultNamespace } from '../src/namespaces.ts';
import { openTumblebug, type Tumblebug } from '../src/tumblebug.ts';

export const signal = new AbortController().signal;
export const call = { signal };

/** May hold or refuse a request on its way to a cloud. */
export type Gate = (request: Request, connection: string, signal: AbortSignal) => unknown;

export interface Stage {
  bug: Tumblebug;
  sagas: Sagas;
  store: Store;
  clouds: Record<string, MemoryCloud>;
  /** Requests that reached the clouds. */
  sent: { api: string; connection: string; name: string }[];
  gate(gate: Gate | undefined): void;
  /** What stands in all clouds. */
  standing(): Record<string, number>;
  create(input: McisInput): Promise<Operation>;
  /** Created, and well. */
  made(input: McisInput): Promise<void>;
  end(operation: Operation | Promise<Operation>): Promise<Operation>;
  /** Ended well. */
  well(operation: Operation | Promise<Operation>): Promise<Operation>;
  remove(name: string): Promise<Operation>;
  close(): Promise<void>;
}

let stages = 0;
const key = randomBytes(32);

export interface StageOptions extends Partial<SpiderOptions> {
  connections?: readonly string[];
  /** Changes a connection's driver. */
  wrap?: (driver: Driver) => Driver;
  /** Without the engine: the saga suite brings its own. */
  engine?: false;
  retryPauseMs?: number;
  /** What each connection's region says of the in-process cloud, e.g. `createMs`. */
  region?: Record<string, string>;
}

export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const {
    connections = ['seoul', 'tokyo'],
    wrap = driver => driver,
    engine,
    retryPauseMs = 1,
    region = {},
    ...rest
  } = options;
  const store = await openMemoryStore();
  const number = ++stages;
  const sent: Stage['sent'] = [];
  let gate: Gate | undefined;
  const clouds: Record<string, MemoryCloud> = {};
  for (const name of connections)
    clouds[name] = openMemoryCloud(`${name}-${number}-${process.pid}`, { fresh: true });
  const [first] = Object.values(clouds);
  assert.ok(first);
  const driver = wrap({
    ...first.driver,
    open(config, road) {
      const connection = (config.credential['mockName'] ?? '').split('-')[0] ?? '';
      return first.driver.open(config, {
        send: (request, own, send) =>
          road.send(request, own, async inner => {
            await gate?.(request, connection, inner);
            sent.push({ api: request.api, connection, name: request.name ?? '' });
            return send(inner);
          }),
      });
    },
  });
  const spider = await openSpider({
    store,
    drivers: { memory: async () => ({ driver }) },
    key,
    random: () => 0.01,
    ...rest,
  });
  for (const name of connections) {
    await createCredential(spider, {
      name,
      driver: 'memory',
      values: { mockName: `${name}-${number}-${process.pid}` },
    });
    await createRegion(spider, { name, driver: 'memory', values: region });
    await createConnection(spider, { name, driver: 'memory', credential: name, region: name });
  }
  const bug = openTumblebug({ store, spider, retryPauseMs, ...(rest.now && { now: rest.now }) });
  await ensureDefaultNamespace(bug);
  const sagas =
    engine === false
      ? (undefined as unknown as Sagas)
      : await openSagas({ store, sagas: tumblebugSagas(bug), retries: { pauseMs: 1 } });
  const end = async (operation: Operation | Promise<Operation>) =>
    sagas.wait((await operation).id, AbortSignal.timeout(15_000));
  const well = async (operation: Operation | Promise<Operation>) => {
    const ended = await end(operation);
    assert.equal(ended.state, 'succeeded', JSON.stringify(ended.error));
    return ended;
  };
  return {
    bug,
    sagas,
    store,
    clouds,
    sent,
    gate: wanted => (gate = wanted),
    standing() {
      const sum: Record<string, number> = {};
      for (const cloud of Object.values(clouds))
        for (const [kind, count] of Object.entries(cloud.count())) sum[kind] = (sum[kind] ?? 0) + count;
      return sum;
    },
    create: input => createMcis(bug, sagas, 'default', input, call),
    made: async input => void (await well(createMcis(bug, sagas, 'default', input, call))),
    end,
    well,
    remove: name => well(deleteMcis(bug, sagas, { namespace: 'default', name })),
    async close() {
      gate = undefined;
      if (engine !== false) await sagas.close();
      await bug.close();
      await spider.close();
      await store.close();
    },
  };
}

/** Nothing stands in any cloud. */
export const nothing = { vpcs: 0, subnets: 0, gateways: 0, securityGroups: 0, keyPairs: 0, vms: 0 };

export const group = (name: string, size: number, more: Partial<GroupInput> = {}): GroupInput => ({
  name,
  size,
  connection: 'seoul',
  cpu: 1,
  memoryGb: 1,
  image: 'ubuntu-22.04',
  ...more,
});
export const place = (name: string) => ({ namespace: 'default', name });

/** A request that is held until it is let go; `reached` resolves when it has come. */
export function holdAt(stage: Stage, api: string, connection?: string) {
  const reached = Promise.withResolvers<void>();
  const letGo = Promise.withResolvers<void>();
  stage.gate(async (request, at, own) => {
    if (request.api !== api || (connection !== undefined && at !== connection)) return;
    reached.resolve();
    const stopped = Promise.withResolvers<never>();
    own.addEventListener('abort', () => stopped.reject(own.reason), { once: true });
    await Promise.race([letGo.promise, stopped.promise]);
  });
  return { reached: reached.promise, letGo: letGo.resolve };
}

export const unreachable = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
