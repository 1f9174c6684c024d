/**
 * How fast the wire is: `node apps/twin/test/aws/load.ts`. Prints RunInstances a second through the SDK (client and server share one
 * core) and through the wire alone, the time to read 1,000 instances, and the heap that an idle instance takes.
 */
import * as ec2 from '@aws-sdk/client-ec2';
import { Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createHash, createHmac } from 'node:crypto';
import { region, startTwin } from './server.ts';

const twin = await startTwin({ quotas: { vcpus: 1e9, instances: 1e9 } });
const { client } = twin;
const { Images = [] } = await client.send(new ec2.DescribeImagesCommand({ Owners: ['099720109477'] }));
const ImageId = Images.find(one => one.Architecture === 'x86_64')?.ImageId ?? '';
const VpcId = (await client.send(new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).Vpc?.VpcId;
const SubnetId = (await client.send(new ec2.CreateSubnetCommand({ VpcId, CidrBlock: '10.0.0.0/16' }))).Subnet
  ?.SubnetId;
await client.send(new ec2.CreateKeyPairCommand({ KeyName: 'key', KeyType: 'ed25519' }));
const userData = Buffer.from('#!/bin/sh\necho hello\n').toString('base64');
const input = {
  ImageId,
  SubnetId,
  InstanceType: 't3.nano',
  KeyName: 'key',
  MinCount: 1,
  MaxCount: 1,
  UserData: userData,
} as const;
const name: ec2.TagSpecification = { ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'vm' }] };
const run = () => client.send(new ec2.RunInstancesCommand({ ...input, TagSpecifications: [name] }));

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

await rate(500, 16, run);
console.log(`RunInstances through the SDK, both ends in one process: ${await rate(2000, 16, run)}/s`);

/** The wire alone: a request as the SDK signs it, an answer that nobody reads. */
const direct = (token: number): Promise<void> =>
  sendDirect(
    `Action=RunInstances&ImageId=${ImageId}&SubnetId=${SubnetId}&InstanceType=t3.nano&KeyName=key&MinCount=1&MaxCount=1&UserData=${encodeURIComponent(userData)}&TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=Name&TagSpecification.1.Tag.1.Value=vm&ClientToken=token-${token}&Version=2016-11-15`,
  );

function sendDirect(body: string): Promise<void> {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const sha = (text: string) => createHash('sha256').update(text).digest('hex');
  const scope = `${time.slice(0, 8)}/${region}/ec2/aws4_request`;
  const canonical = `POST\n/\n\nhost:twin\nx-amz-date:${time}\n\nhost;x-amz-date\n${sha(body)}`;
  const signature = createHmac('sha256', signingKey)
    .update(`AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha(canonical)}`)
    .digest('hex');
  const request = Object.assign(new Readable({ read() {} }), {
    method: 'POST',
    url: '/',
    headers: {
      host: 'twin',
      'x-amz-date': time,
      authorization: `AWS4-HMAC-SHA256 Credential=${twin.cloud.credentials['accessKeyId']}/${scope}, SignedHeaders=host;x-amz-date, Signature=${signature}`,
    },
  });
  let status = 0;
  const response = {
    destroyed: false,
    headersSent: false,
    writeHead: (code: number) => (status = code),
    end: () => {},
  };
  return twin.wire.handle(request as never, Buffer.from(body), response as never).then(() => {
    if (status !== 200) throw new Error(`answered ${status}`);
  });
}
let signingKey: Buffer | string = `AWS4${twin.cloud.credentials['secretAccessKey']}`;
for (const part of [new Date().toISOString().slice(0, 10).replaceAll('-', ''), region, 'ec2', 'aws4_request'])
  signingKey = createHmac('sha256', signingKey).update(part).digest();

let token = 0;
await rate(1000, 1, () => direct(token++));
console.log(
  `RunInstances by the wire alone (the caller's signing included): ${await rate(10_000, 1, () => direct(token++))}/s`,
);

twin.wire.reset(twin.cloud);
const again = await client.send(
  new ec2.RunInstancesCommand({ ...input, SubnetId: undefined, KeyName: undefined, MaxCount: 1000 }),
);
const ids = again.Instances?.length;
const read = () => client.send(new ec2.DescribeInstancesCommand({}));
for (let i = 0; i < 5; i++) await read();
const from = performance.now();
for (let i = 0; i < 10; i++) await read();
console.log(
  `DescribeInstances of ${ids} through the SDK: ${((performance.now() - from) / 10).toFixed(0)} ms, ${twin.last().length} bytes`,
);

const query = 'Action=DescribeInstances&Version=2016-11-15';
for (let i = 0; i < 5; i++) await sendDirect(query);
console.log(
  `the same by the wire alone: ${(1000 / (await rate(20, 1, () => sendDirect(query)))).toFixed(0)} ms`,
);

setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc') as () => void;
const settle = async () => {
  for (let i = 0; i < 3; i++) {
    await new Promise(resolve => setTimeout(resolve, 50));
    collect();
  }
  return process.memoryUsage().heapUsed;
};
twin.wire.reset(twin.cloud);
const vpc = (await client.send(new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).Vpc?.VpcId;
const subnet = (await client.send(new ec2.CreateSubnetCommand({ VpcId: vpc, CidrBlock: '10.0.0.0/16' })))
  .Subnet?.SubnetId;
await client.send(
  new ec2.ModifySubnetAttributeCommand({ SubnetId: subnet, MapPublicIpOnLaunch: { Value: true } }),
);
const before = await settle();
const one = { ...input, SubnetId: subnet, KeyName: undefined };
const made = 10_000;
await rate(made, 16, () => client.send(new ec2.RunInstancesCommand({ ...one, TagSpecifications: [name] })));
const bytes = ((await settle()) - before) / made;
console.log(`heap per idle instance, ${made} made one by one: ${Math.round(bytes)} bytes`);
await twin.close();
