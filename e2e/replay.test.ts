/**
 * A failure seen once happens again: calls are recorded at a Twin with faults, exported, and played into a fresh Twin without any. The
 * same calls fail there with the same codes and causes, and the frameworks come to the same end.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Driver } from '@cloud-barista/driver/driver';
import { toBaristaError } from '@cloud-barista/model/errors';
import type { Call } from '@cloud-barista/model/call';
import { exportCalls, summarizeCalls } from '@cloud-barista/spider/calls';
import { createConnection } from '@cloud-barista/spider/connections';
import { createCredential } from '@cloud-barista/spider/credentials';
import { createKeyPair, deleteKeyPair } from '@cloud-barista/spider/key-pairs';
import { createRegion } from '@cloud-barista/spider/regions';
import { openSpider, type Spider } from '@cloud-barista/spider/spider';
import { createVpc, deleteVpc } from '@cloud-barista/spider/vpcs';
import { openMemoryStore } from '@cloud-barista/store/memory';
import { openTwin, type Twin } from '@cloud-barista/twin/twin';
import { noDelays } from './world.ts';

const drivers: Record<string, () => Promise<{ driver: Driver }>> = {
  alibaba: () => import('@cloud-barista/driver-alibaba/open'),
  aws: () => import('@cloud-barista/driver-aws/open'),
  azure: () => import('@cloud-barista/driver-azure/open'),
  gcp: () => import('@cloud-barista/driver-gcp/open'),
  cloudit: () => import('@cloud-barista/driver-cloudit/open'),
  openstack: () => import('@cloud-barista/driver-openstack/open'),
};

async function openStage(kind: string): Promise<{ twin: Twin; spider: Spider; close(): Promise<void> }> {
  const twin = await openTwin({ port: 0, ssh: 'off' });
  const cloud = twin.world.addCloud({ name: 'cloud', kind, delays: noDelays });
  const store = await openMemoryStore();
  // Whoever waits (for the cloud's Retry-After, for the rate limit) has waited: the clock goes on instead.
  let ahead = 0;
  const spider = await openSpider({
    store,
    drivers,
    key: randomBytes(32),
    random: () => 0,
    now: () => Date.now() + ahead,
    async sleep(ms) {
      ahead += ms;
      await nextTurn();
    },
  });
  const values = twin.wires
    .find(wire => wire.kind === kind)
    ?.connection(cloud, cloud.regions[0] ?? '', twin.url);
  assert.ok(values);
  await createCredential(spider, { name: 'c', driver: kind, values: values.credential });
  await createRegion(spider, { name: 'c', driver: kind, values: values.region });
  await createConnection(spider, { name: 'cloud', driver: kind, credential: 'c', region: 'c' });
  return {
    twin,
    spider,
    async close() {
      await spider.close();
      await store.close();
      await twin.close();
    },
  };
}

/** What a user does, and how each step ended. */
async function story(spider: Spider): Promise<string[]> {
  const call = { signal: new AbortController().signal };
  const steps: [string, () => Promise<unknown>][] = [
    ['key pair', () => createKeyPair(spider, 'cloud', { name: 'k' }, call)],
    [
      'vpc',
      () =>
        createVpc(
          spider,
          'cloud',
          { name: 'v', cidr: '10.0.0.0/16', subnets: [{ name: 's', cidr: '10.0.1.0/24' }] },
          call,
        ),
    ],
    ['no vpc', () => deleteVpc(spider, 'cloud', 'v', call)],
    ['no key pair', () => deleteKeyPair(spider, 'cloud', 'k', call)],
  ];
  const ends: string[] = [];
  for (const [name, step] of steps)
    try {
      await step();
      ends.push(`${name}: done`);
    } catch (error) {
      const { code, vendorCode = '' } = toBaristaError(error);
      ends.push(`${name}: ${code} ${vendorCode}`);
    }
  return ends;
}

async function recorded(spider: Spider): Promise<Call[]> {
  const calls: Call[] = [];
  for await (const call of exportCalls(spider, {})) calls.push(call);
  return calls;
}
/** What must come out the same. */
const failures = (calls: readonly Call[]) =>
  calls
    .filter(({ outcome }) => outcome !== 'ok')
    .map(({ api, outcome, cause, attempt, throttled, retryAfterMs }) => ({
      api,
      outcome,
      cause,
      attempt,
      throttled,
      retryAfterMs,
    }));

async function replay(twin: Twin, calls: readonly Call[], query = 'speed=0') {
  const answer = await fetch(`${twin.url}/twin/v1/replay?${query}`, {
    method: 'POST',
    body: calls.map(call => `${JSON.stringify(call)}\n`).join(''),
  });
  const body = (await answer.json()) as {
    items: { failures: number; left: number; unknown: object; nearest: object }[];
  };
  assert.equal(answer.status, 201, JSON.stringify(body));
  return body.items[0];
}

/** By the wire: what is throttled, and what fails for good. */
const faults: Record<string, { throttled: string; failing: string }> = {
  aws: { throttled: 'ImportKeyPair', failing: 'CreateSubnet' },
  alibaba: { throttled: 'ImportKeyPair', failing: 'CreateVSwitch' },
  azure: { throttled: 'SshPublicKeys_CreateOrUpdate', failing: 'VirtualNetworks_CreateOrUpdate' },
  gcp: { throttled: 'projects.setCommonInstanceMetadata', failing: 'subnetworks.insert' },
  cloudit: { throttled: 'POST /iam/securitygroups', failing: 'POST /dna/subnets' },
  openstack: { throttled: 'POST /os-keypairs', failing: 'POST /subnets' },
};

describe('a recorded failure replays', { timeout: 60_000 }, () => {
  for (const [kind, { throttled, failing }] of Object.entries(faults))
    it(kind, async () => {
      const first = await openStage(kind);
      let calls: Call[];
      let ends: string[];
      try {
        first.twin.world.faults.set([
          { cloud: 'cloud', operation: throttled, probability: 1, fault: 'throttle' },
          { cloud: 'cloud', operation: failing, probability: 1, fault: 'quota' },
        ]);
        // The cloud throttles the first two only: from the second answer on, the rule is gone.
        const before = first.twin.world.faults.before.bind(first.twin.world.faults);
        let seen = 0;
        first.twin.world.faults.before = async (cloud, operation, createsVm) => {
          const fault = await before(cloud, operation, createsVm);
          return fault === 'throttle' && ++seen > 2 ? undefined : fault;
        };
        ends = await story(first.spider);
        calls = await recorded(first.spider);
      } finally {
        await first.close();
      }
      const [throttle] = calls.filter(call => call.throttled);
      assert.ok(throttle, 'a throttled call is recorded');
      assert.ok(
        calls.some(({ outcome }) => outcome === 'resource_exhausted'),
        'a failed call is recorded',
      );
      assert.match(ends.join(), /vpc: resource_exhausted/);

      const second = await openStage(kind);
      try {
        const state = await replay(second.twin, calls);
        assert.deepEqual(state?.unknown, kind === 'azure' ? { 'POST /oauth2/v2.0/token': 1 } : {});
        assert.deepEqual(await story(second.spider), ends);
        assert.deepEqual(failures(await recorded(second.spider)), failures(calls));
        const { total } = await summarizeCalls(second.spider, {});
        assert.equal(total.throttled, 2);
      } finally {
        await second.close();
      }
    });
});
