/**
 * Clouds that lie: a proxy before the Twin answers garbage, half a body, 500s or nothing. Every driver then says `unavailable` within its
 * deadline, and nothing is doubled.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { drivers } from '@cloud-barista/server/drivers';
import { createConnection } from '@cloud-barista/spider/connections';
import { checkConnection } from '@cloud-barista/spider/clouds';
import { createCredential } from '@cloud-barista/spider/credentials';
import { takeInventory } from '@cloud-barista/spider/inventory';
import { createKeyPair } from '@cloud-barista/spider/key-pairs';
import { createRegion } from '@cloud-barista/spider/regions';
import { openSpider, type Spider } from '@cloud-barista/spider/spider';
import { openMemoryStore } from '@cloud-barista/store/memory';
import { openTwin, type Twin } from '@cloud-barista/twin/twin';
import { wireKinds } from '@cloud-barista/twin/wires';
import { BaristaError } from '@cloud-barista/model/errors';
import { noDelays } from './world.ts';

const lies = ['garbage', 'half', 'error', 'silence'] as const;
type Lie = (typeof lies)[number];
const deadlineMs = 400;

let twin: Twin;
let proxy: Server;
let base = '';
let lie: Lie | undefined;

before(async () => {
  twin = await openTwin({ port: 0, ssh: 'off' });
  proxy = createServer((asked, answer) => {
    switch (lie) {
      case 'garbage':
        answer.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Please log in to the Wi-Fi');
        return;
      case 'error':
        answer.writeHead(500).end();
        return;
      case 'half':
        answer.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
        answer.write('{"items": [{"id": "i-0', () => answer.destroy());
        return;
      case 'silence':
        return;
      case undefined: {
        // Host as it came: signatures cover it.
        const { hostname, port } = new URL(twin.url);
        const { method, url: path, headers } = asked;
        const onward = request({ hostname, port, method, path, headers, agent: false }, told => {
          answer.writeHead(told.statusCode ?? 502, told.headers);
          told.pipe(answer);
        });
        onward.on('error', () => answer.destroy());
        asked.pipe(onward);
      }
    }
  });
  await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});
after(async () => {
  proxy.closeAllConnections();
  proxy.close();
  await twin.close();
});

async function connected(kind: string): Promise<Spider> {
  const cloud = twin.world.addCloud({ name: `lying-${kind}`, kind, delays: noDelays });
  const wire = twin.wires.find(each => each.kind === kind);
  const values = wire?.connection(cloud, cloud.regions[0] ?? '', base);
  assert.ok(values);
  const spider = await openSpider({
    store: await openMemoryStore(),
    drivers,
    key: randomBytes(32),
    requestTimeoutMs: deadlineMs,
    strayMs: 1,
  });
  await createCredential(spider, { name: 'c', driver: kind, values: values.credential });
  await createRegion(spider, { name: 'c', driver: kind, values: values.region });
  await createConnection(spider, { name: 'c', driver: kind, credential: 'c', region: 'c' });
  await checkConnection(spider, 'c', { signal: AbortSignal.timeout(20_000) });
  return spider;
}

for (const kind of wireKinds.map(each => each.kind))
  void describe(`a lying ${kind}`, () => {
    let spider: Spider;
    before(async () => {
      lie = undefined;
      spider = await connected(kind);
    });
    after(async () => {
      lie = undefined;
      await spider.close();
    });

    for (const each of lies)
      it(`${each}: unavailable, soon`, async () => {
        lie = each;
        const began = performance.now();
        const error = await takeInventory(spider, 'c', 'vm', { signal: AbortSignal.timeout(30_000) }).then(
          () => assert.fail('it was believed'),
          (thrown: unknown) => thrown,
        );
        assert.ok(error instanceof BaristaError, String(error));
        assert.equal(error.code, 'unavailable', `${error.message} (${error.vendorCode ?? ''})`);
        assert.ok(performance.now() - began < 15_000, `after ${Math.round(performance.now() - began)} ms`);
      });

    it('silence while something is made: when the truth comes back nothing is doubled', async () => {
      lie = 'silence';
      await assert.rejects(
        createKeyPair(spider, 'c', { name: 'key' }, { signal: AbortSignal.timeout(30_000) }),
        (error: unknown) =>
          error instanceof BaristaError && ['unavailable', 'deadline_exceeded'].includes(error.code),
      );
      // The truth comes back: whatever became of it is settled, and nothing is doubled.
      lie = undefined;
      await createKeyPair(spider, 'c', { name: 'key' }, { signal: AbortSignal.timeout(30_000) });
      const items = await takeInventory(spider, 'c', 'key-pair', { signal: AbortSignal.timeout(30_000) });
      assert.deepEqual(
        items.map(({ where, name }) => [where, name]),
        [['mapped', 'key']],
      );
    });
  });
