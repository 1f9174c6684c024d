/**
 * How fast the wire is: `node apps/twin/test/gcp/load.ts`. Prints instances.insert a second over HTTP (client and server share one core)
 * and by the wire alone, the time to read 500 instances of 10,000, the heap that an idle instance takes, and how long lists of 10,000 public images and of prices take.
 */
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openTestCloud } from './server.ts';

const t = await openTestCloud();
const token = await t.login();
await t.done('POST global/networks', { name: 'net', autoCreateSubnetworks: false });
await t.done('POST regions/us-central1/subnetworks', {
  name: 'sub',
  network: 'global/networks/net',
  ipCidrRange: '10.0.0.0/15',
});
const line = 'POST zones/us-central1-a/instances';
let made = 0;
const body = () =>
  t.vm(`vm-${made++}`, {
    networkInterfaces: [
      { subnetwork: 'regions/us-central1/subnetworks/sub', accessConfigs: [{ type: 'ONE_TO_ONE_NAT' }] },
    ],
  });

async function rate(count: number, parallel: number, deed: () => Promise<unknown>): Promise<number> {
  let left = count;
  const from = performance.now();
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      while (left-- > 0) await deed();
    }),
  );
  return Math.round((count / (performance.now() - from)) * 1000);
}

function direct(): Promise<void> {
  const request = Object.assign(new Readable({ read() {} }), {
    method: 'POST',
    url: `/gcp/goo/compute/v1/projects/${t.projectId}/zones/us-central1-a/instances`,
    headers: { host: 'twin', authorization: `Bearer ${token}` },
  });
  let status = 0;
  const response = {
    destroyed: false,
    headersSent: false,
    writeHead: (code: number) => (status = code),
    end: () => {},
  };
  const text = Buffer.from(JSON.stringify(body()));
  return t.wire.handle(request as never, text, response as never).then(() => {
    if (status !== 200) throw new Error(`answered ${status}`);
  });
}

const insert = () => t.want(200, line, body());
await rate(500, 16, insert);
console.log(`instances.insert over HTTP, both ends in one process: ${await rate(2000, 16, insert)}/s`);

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const heap = () => {
  collect();
  return process.memoryUsage().heapUsed;
};
await t.want(200, 'GET zones');
const before = heap();
console.log(`instances.insert by the wire alone: ${await rate(10_000, 1, direct)}/s`);
// The connection that was kept has been idle for too long, maybe.
await t.want(200, 'GET zones').catch(() => t.want(200, 'GET zones'));
console.log(`heap an idle instance: ${((heap() - before) / 10_000).toFixed(0)} bytes`);
const from = performance.now();
for (let n = 0; n < 10; n++) await t.want(200, `GET zones/us-central1-a/instances?maxResults=500`);
console.log(`500 of ${made} instances: ${((performance.now() - from) / 10).toFixed(1)} ms`);
const one = performance.now();
for (let n = 0; n < 500; n++) await t.want(200, `GET zones/us-central1-a/instances/vm-${n}`);
console.log(`one instance: ${((performance.now() - one) / 500).toFixed(2)} ms`);
await t.close();

const many = await openTestCloud({ quotas: { images: 10_000 } });
await many.login();
const projects = 'ubuntu debian rocky-linux centos rhel windows'.split(' ');
async function images(query = ''): Promise<number> {
  let count = 0;
  for (const project of projects) {
    const path = `/projects/${project.replace('ubuntu', 'ubuntu-os')}-cloud/global/images?maxResults=500${query}`;
    let page = '';
    do {
      const list = await many.want(200, `GET ${path}&pageToken=${page}`);
      count += list.items?.length ?? 0;
      page = list.nextPageToken ?? '';
    } while (page !== '');
  }
  return count;
}
/** On a busy machine the time on the CPU says more than the clock. */
async function timed(words: string, deed: () => Promise<number>): Promise<void> {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const count = await deed();
  const { user, system } = process.cpuUsage(cpu);
  const clock = (performance.now() - start).toFixed(0);
  console.log(`${count} ${words}: ${clock} ms (CPU of both ends ${((user + system) / 1000).toFixed(0)} ms)`);
}
for (const [words, query] of [
  ['first time', ''],
  ['again', ''],
  ['names only', '&fields=items/name,nextPageToken'],
  ['filtered by name', `&filter=${encodeURIComponent('name:ubuntu-2204')}`],
] as const)
  await timed(`public images in pages of 500, ${words}`, () => images(query));
const prices = `${many.endpoint.replace('/compute/v1', '')}/v1/services/6F81-5844-456A/skus`;
many.useToken(undefined);
for (const words of ['first time', 'again'])
  await timed(`SKUs in a page, ${words}`, async () => {
    const { skus } = await many.want(200, `GET ${prices}?key=${many.cloud.credentials['apiKey']}`);
    return skus.length;
  });
await many.close();
