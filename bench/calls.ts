/**
 * What the call history costs: the same work with and without it, turn by turn in one process, so that the machine's other load meets both; and a
 * million calls: memory, summary, restart.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { openMemoryCloud } from '@cloud-barista/driver-memory/open';
import { openCalls, type CallHistory } from '@cloud-barista/spider/calls';
import { createConnection } from '@cloud-barista/spider/connections';
import { createCredential } from '@cloud-barista/spider/credentials';
import { createKeyPair } from '@cloud-barista/spider/key-pairs';
import { createRegion } from '@cloud-barista/spider/regions';
import { createSecurityGroup } from '@cloud-barista/spider/security-groups';
import { openSpider, type Spider } from '@cloud-barista/spider/spider';
import { createVm, terminateVm } from '@cloud-barista/spider/vms';
import { awaitVm } from '@cloud-barista/spider/vm-waiting';
import { createVpc } from '@cloud-barista/spider/vpcs';
import { openStore } from '@cloud-barista/store/open';

type Row = (what: string, figure: string, goal: string) => void;
const call = { signal: new AbortController().signal };
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const none: CallHistory = {
  record() {},
  saved() {},
  list: async () => ({ items: [] }),
  async *export() {},
  get figures(): never {
    throw new Error('no history');
  },
  stats: () => Promise.reject(new Error('no history')),
  close: async () => {},
};

/** A spider over the in-process cloud, its store and its history on disk; without a history where `on` is false. */
async function openStage(dir: string, on: boolean): Promise<{ spider: Spider; close(): Promise<void> }> {
  const store = await openStore(`sqlite:${join(dir, on ? 'on.db' : 'off.db')}`);
  const { driver } = openMemoryCloud(String(on));
  const spider = await openSpider({
    store,
    drivers: { memory: async () => ({ driver }) },
    key: randomBytes(32),
    ...(on && { callsDir: join(dir, 'calls') }),
  });
  // Before the first connection opens: its road takes the history that stands here.
  if (!on) Object.assign(spider, { calls: none });
  await createCredential(spider, { name: 'c', driver: 'memory', values: { mockName: String(on) } });
  await createRegion(spider, { name: 'c', driver: 'memory', values: { region: 'r' } });
  await createConnection(spider, { name: 'c', driver: 'memory', credential: 'c', region: 'c' });
  const subnets = [{ name: 's', cidr: '10.0.0.0/18' }];
  await createVpc(spider, 'c', { name: 'v', cidr: '10.0.0.0/16', subnets }, call);
  await createSecurityGroup(spider, 'c', { name: 'g', vpc: 'v', rules: [] }, call);
  await createKeyPair(spider, 'c', { name: 'k' }, call);
  return {
    spider,
    async close() {
      await spider.close();
      await store.close();
    },
  };
}

/** Processor seconds of fifty VMs made and ended, one cloud call each way beside the polling. */
async function work(spider: Spider): Promise<number> {
  const names = Array.from({ length: 50 }, (_, index) => `vm-${index}`);
  const before = process.cpuUsage();
  const order = (name: string) => ({
    name,
    image: 'mock-vmimage-01',
    spec: 'mock-vmspec-01',
    vpc: 'v',
    subnet: 's',
    securityGroups: ['g'],
    keyPair: 'k',
  });
  await Promise.all(names.map(name => createVm(spider, 'c', order(name), call)));
  await awaitVm(spider, 'c', names, 'Running', call);
  await Promise.all(names.map(name => terminateVm(spider, 'c', name, call)));
  await awaitVm(spider, 'c', names, 'Terminated', call);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function measureCost(row: Row, dir: string): Promise<void> {
  const on = await openStage(dir, true);
  const off = await openStage(dir, false);
  const costs = { on: [] as number[], off: [] as number[] };
  for (let turn = 0; turn < 400; turn++) {
    const first = turn % 2 === 0 ? on : off;
    for (const stage of first === on ? [on, off] : [off, on]) {
      const cost = await work(stage.spider);
      // The first turns warm up.
      if (turn >= 50) costs[stage === on ? 'on' : 'off'].push(cost);
    }
  }
  row(
    'throughput of VMs made and ended on MOCK, call history on against off (median processor time of 350 turns each)',
    `${((median(costs.off) / median(costs.on)) * 100).toFixed(1)} %`,
    '≥ 95 %',
  );
  await on.close();
  await off.close();
}

const apis = ['DescribeInstances', 'RunInstances', 'DescribeImages', 'CreateVpc', 'TerminateInstances'];

async function measureMillion(row: Row, dir: string): Promise<void> {
  const history = await openCalls({ dir: join(dir, 'million'), log: () => {} });
  const resident = () => process.memoryUsage().rss / (1 << 20);
  const many = async (count: number) => {
    for (let index = 0; index < count; index++) {
      history.record({
        provider: 'AWS',
        connection: `aws-${index % 20}`,
        region: 'ap-northeast-2',
        resource: 'vm',
        name: `vm-${index % 1000}`,
        api: apis[index % apis.length] ?? '',
        start: Date.now(),
        elapsedMs: 1 + (index % 997),
        outcome: index % 100 === 0 ? 'unavailable' : 'ok',
        cause: index % 100 === 0 ? 'RequestLimitExceeded' : '',
        attempt: 1,
      });
      if (index % 1000 === 0) await nextTurn();
    }
  };
  await many(300_000);
  const before = resident();
  await many(1_000_000);
  const after = resident();
  row('memory that 1,000,000 further calls leave in the process', `${Math.round(after - before)} MB`, 'flat');
  const timed = async (task: () => Promise<unknown>) => {
    const began = performance.now();
    await task();
    return performance.now() - began;
  };
  const summaries: number[] = [];
  for (let run = 0; run < 15; run++)
    summaries.push(await timed(async () => (await history.stats()).summary({}, ['connection', 'api'])));
  row(
    'summary of 1,300,000 calls by connection and API (median of 15)',
    `${median(summaries).toFixed(1)} ms`,
    '',
  );
  await history.close();
  const again = await openCalls({ dir: join(dir, 'million'), log: () => {} });
  const first = await timed(async () => (await again.stats()).summary({}, ['connection', 'api']));
  row('— the first one after a restart', `${first.toFixed(0)} ms`, '');
  await again.close();
}

export async function measureCalls(row: Row): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'barista-bench-'));
  try {
    await measureCost(row, dir);
    await measureMillion(row, dir);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
