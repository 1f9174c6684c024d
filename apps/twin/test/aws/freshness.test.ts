/** A cloud whose new resources are not found at once. */
import * as ec2 from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fails, region, some, startTwin } from './server.ts';

it('finds a new resource only after a while', async () => {
  let now = Date.now();
  const twin = await startTwin({ quotas: { consistencyMs: 5000 }, now: () => now });
  const client = twin.clientOf({ maxAttempts: 2 });
  const vpcs = async () => (await client.send(new ec2.DescribeVpcsCommand({}))).Vpcs?.length;
  assert.equal(await vpcs(), 1);
  const { Vpc } = await client.send(new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }));
  const subnet = new ec2.CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: '10.0.0.0/24' });
  await fails(client.send(subnet), 'InvalidVpcID.NotFound', new RegExp(some(Vpc?.VpcId)));
  assert.equal(await vpcs(), 1);
  now += 5000;
  assert.equal(await vpcs(), 2);
  const SubnetId = some((await client.send(subnet)).Subnet?.SubnetId);
  now += 5000;
  const { Images = [] } = await client.send(new ec2.DescribeImagesCommand({ Owners: ['137112412989'] }));
  const { Instances = [] } = await client.send(
    new ec2.RunInstancesCommand({
      ImageId: some(Images.find(one => one.Architecture === 'x86_64')?.ImageId),
      InstanceType: 't3.nano',
      MinCount: 1,
      MaxCount: 1,
      SubnetId,
    }),
  );
  const InstanceId = some(Instances[0]?.InstanceId);
  const volume = new ec2.CreateVolumeCommand({
    AvailabilityZone: `${region}a`,
    Size: 1,
    ClientToken: 'again',
  });
  const { VolumeId } = await client.send(volume);
  assert.equal((await client.send(volume)).VolumeId, VolumeId);
  const one = new ec2.DescribeInstancesCommand({ InstanceIds: [InstanceId] });
  const attach = new ec2.AttachVolumeCommand({ InstanceId, VolumeId, Device: '/dev/sdf' });
  await fails(client.send(one), 'InvalidInstanceID.NotFound');
  assert.deepEqual((await client.send(new ec2.DescribeInstancesCommand({}))).Reservations, []);
  await assert.rejects(client.send(attach), /does not exist/);
  now += 5000;
  assert.equal((await client.send(one)).Reservations?.[0]?.Instances?.[0]?.InstanceId, InstanceId);
  await client.send(attach);
  twin.wire.reset(twin.cloud);
  await twin.close();
});
