/** A spider over the in-process cloud and the memory store, with a road on which answers can be lost, for tests. */
import { randomBytes } from 'node:crypto';
import type { Driver } from '@cloud-barista/driver/driver';
import type { Request } from '@cloud-barista/driver/road';
import { openMemoryCloud, type MemoryCloud } from '@cloud-barista/driver-memory/open';
import type { VmInput } from '@cloud-barista/model/vm';
import { openMemoryStore } from '@cloud-barista/store/memory';
import type { Store } from '@cloud-barista/store/store';
import { createConnection } from '../src/connections.ts';
import { createCredential } from '../src/credentials.ts';
import { createKeyPair } from '../src/key-pairs.ts';
import { createRegion } from '../src/regions.ts';
import { createSecurityGroup } from '../src/security-groups.ts';
import { openSpider, type Spider, type SpiderOptions } from '../src/spider.ts';
import { createVpc } from '../src/vpcs.ts';

export const call = { signal: new AbortController().signal };
export const mine = { connection: 'seoul' };

/** What may happen to a request: before it reaches the cloud, or to its answer. */
export interface Mishap {
  before?(request: Request, signal: AbortSignal): unknown;
  after?(request: Request, signal: AbortSignal): unknown;
}
export interface Stage {
  spider: Spider;
  store: Store;
  cloud: MemoryCloud;
  mishap: Mishap;
  /** How often each call reached the cloud. */
  sent: Map<string, number>;
  logs: object[];
  /** Another process on the same store, after this one was killed (or beside it). */
  again: (options?: Partial<SpiderOptions>) => Promise<Spider>;
  end: () => Promise<void>;
}

export const cutOff = (): Error => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
const key = randomBytes(32);
let stages = 0;

export async function openStage(
  options: Partial<SpiderOptions> & {
    region?: Record<string, string>;
    wrap?: (driver: Driver) => Driver;
    /** Drivers beside the in-process cloud's, of which only the facts are asked. */
    others?: Record<string, Pick<Driver, 'name' | 'provider' | 'ids'>>;
  } = {},
): Promise<Stage> {
  const { region = {}, wrap = driver => driver, others = {}, ...rest } = options;
  const store = options.store ?? (await openMemoryStore());
  const mockName = `mock-secret-${++stages}-${process.pid}`;
  const cloud = openMemoryCloud(mockName, { region, fresh: true, ...(options.now && { now: options.now }) });
  const mishap: Mishap = {};
  const sent = new Map<string, number>();
  const logs: object[] = [];
  const driver = wrap({
    ...cloud.driver,
    open: (config, road) =>
      cloud.driver.open(config, {
        send: (request, signal, send) =>
          road.send(request, signal, async own => {
            await mishap.before?.(request, own);
            const answer = await send(own);
            sent.set(request.api, (sent.get(request.api) ?? 0) + 1);
            await mishap.after?.(request, own);
            return answer;
          }),
      }),
  });
  const spiders: Spider[] = [];
  const again = async (more: Partial<SpiderOptions> = {}) => {
    const spider = await openSpider({
      store,
      drivers: {
        memory: async () => ({ driver }),
        ...Object.fromEntries(
          Object.entries(others).map(([name, facts]) => [
            name,
            async () => ({ driver: { ...driver, ...facts } }),
          ]),
        ),
      },
      key,
      log: line => logs.push(line),
      random: () => 0.01,
      ...rest,
      ...more,
    });
    spiders.push(spider);
    return spider;
  };
  const spider = await again();
  await createCredential(spider, { name: 'mock', driver: 'memory', values: { mockName } });
  await createRegion(spider, { name: 'here', driver: 'memory', values: region });
  await createConnection(spider, { name: 'seoul', driver: 'memory', credential: 'mock', region: 'here' });
  return {
    spider,
    store,
    cloud,
    mishap,
    sent,
    logs,
    again,
    async end() {
      for (const one of spiders) await one.close();
      if (!options.store) await store.close();
    },
  };
}

/** What VMs stand on. */
export async function makeGround(spider: Spider): Promise<void> {
  await createVpc(
    spider,
    'seoul',
    { name: 'net', cidr: '10.0.0.0/16', subnets: [{ name: 'front', cidr: '10.0.0.0/20' }] },
    call,
  );
  await createSecurityGroup(
    spider,
    'seoul',
    {
      name: 'ssh',
      vpc: 'net',
      rules: [{ direction: 'inbound', protocol: 'tcp', fromPort: 22, toPort: 22, cidr: '0.0.0.0/0' }],
    },
    call,
  );
  await createKeyPair(spider, 'seoul', { name: 'key' }, call);
}
export const vmInput = (name: string): VmInput => ({
  name,
  image: 'mock-vmimage-01',
  spec: 'mock-vmspec-03',
  vpc: 'net',
  subnet: 'front',
  securityGroups: ['ssh'],
  keyPair: 'key',
});
