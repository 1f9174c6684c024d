/**
 * How fast the wire is: `node apps/twin/test/azure/load.ts`. Prints VM PUTs a second over HTTP (client and server share one core) and
 * through the wire alone, the time to read 1,000 VMs, and the heap that an idle VM takes with its interface, address and disk.
 */
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { compute, makeStage, openTestCloud, vmBody } from './serve.ts';

const t = await openTestCloud({
  quotas: {
    cores: 1e9,
    familyCores: 1e9,
    virtualMachines: 1e9,
    PublicIPAddresses: 1e9,
    NetworkInterfaces: 1e9,
  },
});
const token = (await t.login()).body.access_token;
const ready = () => makeStage(t, '10.0.0.0/8');
let stage = await ready();
let serial = 0;
const place = `${compute}/virtualMachines`;

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

const overHttp = () => t.want(201, `PUT ${place}/vm${serial++}`, vmBody(stage));
await rate(500, 16, overHttp);
console.log(`VM PUT over HTTP, both ends in one process: ${await rate(2000, 16, overHttp)}/s`);

/** A request as a client sends it, an answer that nobody reads. */
async function direct(method: string, path: string, body = ''): Promise<number> {
  const request = Object.assign(new Readable({ read() {} }), {
    method,
    url: `/azure/${t.cloud.name}/arm${t.subscription}${path}api-version=2023-03-01`,
    headers: { host: 'twin', authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  });
  let status = 0;
  let size = 0;
  const response = {
    destroyed: false,
    writeHead: (code: number) => (status = code),
    end: (text = '') => (size = text.length),
  };
  await t.wire.handle(request as never, Buffer.from(body), response as never);
  if (status >= 300) throw new Error(`answered ${status}`);
  return size;
}
const put = () => direct('PUT', `${place}/vm${serial++}?`, JSON.stringify(vmBody(stage)));
await rate(1000, 1, put);
console.log(
  `VM PUT by the wire alone (interface, address and disk included): ${await rate(10_000, 1, put)}/s`,
);

t.wire.reset(t.cloud);
stage = await ready();
await rate(1000, 16, put);
let answer = await t.want(200, `GET ${place}?statusOnly=true`);
const from = performance.now();
let read = answer.value.length;
while (answer.nextLink) {
  answer = (await t.send('GET', answer.nextLink)).body;
  read += answer.value.length;
}
console.log(
  `the second page of ${read} VMs with their states over HTTP: ${(performance.now() - from).toFixed(0)} ms`,
);

setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc') as () => void;
const settled = async () => {
  for (let i = 0; i < 3; i++) {
    await new Promise(resolve => setTimeout(resolve, 50));
    collect();
  }
  return process.memoryUsage().heapUsed;
};
t.wire.reset(t.cloud);
stage = await ready();
const before = await settled();
const made = 10_000;
await rate(made, 16, put);
console.log(
  `heap per idle VM, ${made} made one by one: ${Math.round(((await settled()) - before) / made)} bytes`,
);
await t.close();
