/**
 * How fast the wire is: `node --expose-gc apps/twin/test/alibaba/load.ts`. Prints RunInstances a second over HTTP (client and server
 * share one core), the time to read 1,000 instances, the heap that an idle VM takes, and the time to list 10,000 images.
 */
import { image, network, size, startTwin, zone } from './server.ts';

const twin = await startTwin({ quotas: { instances: 1e9, vcpus: 1e9 } });
const { VpcId, SecurityGroupId } = await network(twin);
const { VSwitchId } = await twin.ok('vpc', 'CreateVSwitch', {
  VpcId,
  ZoneId: zone,
  CidrBlock: '10.0.128.0/17',
});
const input = { ImageId: image, InstanceType: size, VSwitchId, SecurityGroupId, InternetMaxBandwidthOut: 5 };
let n = 0;
const run = () =>
  twin.ok('ecs', 'RunInstances', { ...input, InstanceName: `vm-${n}`, ClientToken: `token-${n++}` });

async function many(count: number, parallel: number): Promise<number> {
  let left = count;
  const from = performance.now();
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      while (left-- > 0) await run();
    }),
  );
  return Math.round((count / (performance.now() - from)) * 1000);
}
const settle = async () => {
  for (let i = 0; i < 3; i++) {
    await new Promise(resolve => setTimeout(resolve, 50));
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
};

await many(500, 8);
const before = await settle();
const made = 3000;
console.log(`RunInstances, both ends in one process: ${await many(made, 8)}/s`);
console.log(`heap per idle VM: ${Math.round(((await settle()) - before) / made)} bytes`);
const from = performance.now();
for (let PageNumber = 1; PageNumber <= 10; PageNumber++)
  await twin.ok('ecs', 'DescribeInstances', { PageNumber, PageSize: 100 });
console.log(`DescribeInstances of 1,000 in 10 pages: ${(performance.now() - from).toFixed(0)} ms`);
await twin.close();

const large = await startTwin({ quotas: { images: 10_000 } });
for (let round = 1; round <= 3; round++) {
  const begin = performance.now();
  for (let PageNumber = 1; PageNumber <= 100; PageNumber++)
    await large.ok('ecs', 'DescribeImages', { PageNumber, PageSize: 100 });
  console.log(`DescribeImages of 10,000 in 100 pages: ${(performance.now() - begin).toFixed(0)} ms`);
}
await large.close();
