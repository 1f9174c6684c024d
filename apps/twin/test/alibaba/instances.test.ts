/** A VM's whole life, what it refuses on the way, and what is left behind: nothing. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { callNew } from './client.ts';
import { image, network, region, size, startTwin, zone, type Twin } from './server.ts';

let twin: Twin;
before(async () => {
  twin = await startTwin();
});
after(() => twin.close());

const one = async (InstanceId: string) =>
  (await twin.ok('ecs', 'DescribeInstances', { InstanceIds: JSON.stringify([InstanceId]) })).Instances
    .Instance[0];

test('image, type, network, VM, delete: nothing is left', async () => {
  const net = await network(twin);
  const key = await twin.ok('ecs', 'CreateKeyPair', { KeyPairName: 'my-key' });
  assert.match(key.PrivateKeyBody, /BEGIN RSA PRIVATE KEY/);
  const { VpcId, VSwitchId, SecurityGroupId } = net;
  const input = {
    ImageId: image,
    InstanceType: size,
    VSwitchId,
    SecurityGroupId,
    KeyPairName: 'my-key',
    InternetMaxBandwidthOut: 5,
    InstanceName: 'web',
    HostName: 'web-1',
    'Tag.1.Key': 'owner',
    'Tag.1.Value': 'me',
    UserData: Buffer.from('#!/bin/sh\n').toString('base64'),
    ClientToken: 'token-1',
  };
  const { InstanceIdSets } = await twin.ok('ecs', 'RunInstances', input);
  const [id] = InstanceIdSets.InstanceIdSet;
  assert.match(id, /^i-mj7[a-z0-9]{17}$/);
  const again = await twin.ok('ecs', 'RunInstances', input);
  assert.deepEqual(again.InstanceIdSets.InstanceIdSet, [id]);
  await twin.fails('ecs', 'RunInstances', { ...input, Amount: 2 }, 'IdempotentParameterMismatch', 400);
  await turn();
  const seen = await one(id);
  assert.equal(seen.Status, 'Running');
  assert.equal(seen.HostName, 'web-1');
  assert.equal(seen.VpcAttributes.VSwitchId, VSwitchId);
  assert.match(seen.VpcAttributes.PrivateIpAddress.IpAddress[0], /^10\.0\.0\./);
  assert.deepEqual(seen.Tags.Tag, [{ TagKey: 'owner', TagValue: 'me' }]);
  const [ip] = seen.PublicIpAddress.IpAddress;
  const machine = twin.world.machines.byAddress(ip);
  assert.ok(machine);
  assert.equal(machine.user, 'root');
  assert.match(machine.keys[0] ?? '', /^ssh-rsa AAAA/);
  assert.equal(machine.site.reachable(machine, 22), true);
  assert.equal(machine.site.reachable(machine, 80), false);
  // A Drop of the same weight wins over the Accept.
  const drop = {
    SecurityGroupId,
    'Permissions.1.IpProtocol': 'all',
    'Permissions.1.PortRange': '-1/-1',
    'Permissions.1.SourceCidrIp': '127.0.0.0/8',
    'Permissions.1.Policy': 'Drop',
  };
  await twin.ok('ecs', 'AuthorizeSecurityGroup', drop);
  assert.equal(machine.site.reachable(machine, 22), false);
  await twin.ok('ecs', 'RevokeSecurityGroup', drop);
  assert.equal(machine.site.reachable(machine, 22), true);

  await twin.fails('ecs', 'StartInstance', { InstanceId: id }, 'IncorrectInstanceStatus', 403);
  await twin.ok('ecs', 'StopInstance', { InstanceId: id, StoppedMode: 'KeepCharging' });
  await turn();
  assert.equal((await one(id)).Status, 'Stopped');
  assert.deepEqual((await one(id)).PublicIpAddress.IpAddress, [ip]);
  await twin.fails('ecs', 'RebootInstance', { InstanceId: id }, 'IncorrectInstanceStatus', 403);
  const { InstanceResponses } = await twin.ok('ecs', 'StartInstances', { 'InstanceId.1': id });
  assert.equal(InstanceResponses.InstanceResponse[0].CurrentStatus, 'Starting');
  await turn();
  await twin.ok('ecs', 'RebootInstance', { InstanceId: id });
  await turn();
  assert.equal((await one(id)).Status, 'Running');
  const output = await twin.ok('ecs', 'GetInstanceConsoleOutput', { InstanceId: id });
  assert.match(Buffer.from(output.ConsoleOutput, 'base64').toString(), /web-1 login:/);
  const disks = await twin.ok('ecs', 'DescribeDisks', { InstanceId: id });
  assert.equal(disks.Disks.Disk[0].Type, 'system');

  await twin.fails('vpc', 'DeleteVSwitch', { VSwitchId }, 'DependencyViolation');
  await twin.fails('vpc', 'DeleteVpc', { VpcId }, 'DependencyViolation.VSwitch');
  await twin.fails('ecs', 'DeleteSecurityGroup', { SecurityGroupId }, 'DependencyViolation', 403);
  await twin.fails('ecs', 'DeleteInstance', { InstanceId: id }, 'IncorrectInstanceStatus', 403);
  // Without its region: the id alone tells where it is.
  const gone = await callNew(twin.base, 'ecs', 'DeleteInstance', { InstanceId: id, Force: true }, twin.keys);
  assert.equal(gone.status, 200, gone.text);
  await turn();
  assert.equal(await one(id), undefined);
  await twin.fails('ecs', 'DeleteInstance', { InstanceId: id }, 'InvalidInstanceId.NotFound', 404);
  await twin.ok('vpc', 'DeleteVSwitch', { VSwitchId });
  await twin.fails('vpc', 'DeleteVpc', { VpcId }, 'DependencyViolation.SecurityGroup');
  await twin.ok('ecs', 'DeleteSecurityGroup', { SecurityGroupId });
  await twin.ok('vpc', 'DeleteVpc', { VpcId });
  await twin.ok('ecs', 'DeleteKeyPairs', { KeyPairNames: '["my-key"]' });
  assert.deepEqual(twin.wire.counts(twin.cloud), {
    vpcs: 0,
    vSwitches: 0,
    securityGroups: 0,
    keyPairs: 0,
    instances: 0,
    eips: 0,
    disks: 0,
    snapshots: 0,
    images: 0,
  });
  assert.equal(twin.world.addresses.taken, 0);
});

test('what RunInstances refuses, before it makes anything', async () => {
  const { VSwitchId, SecurityGroupId } = await network(twin, '10.1.0.0/16');
  const other = await network(twin, '10.2.0.0/16');
  const good = { ImageId: image, InstanceType: size, VSwitchId, SecurityGroupId };
  const { InstanceType: _, ...untyped } = good;
  const cases: [Record<string, string | number | boolean>, string][] = [
    [{ ...good, ImageId: 'nothing' }, 'InvalidImageId.NotFound'],
    [untyped, 'MissingInstanceType'],
    [{ ...good, InstanceType: 't3.nano' }, 'InvalidInstanceType.ValueNotSupported'],
    [{ ...good, InstanceType: 'ecs.g8y.large' }, 'ImageNotSupportInstanceType'],
    [{ ...good, VSwitchId: 'vsw-0' }, 'InvalidVSwitchId.NotFound'],
    [{ ...good, SecurityGroupId: 'sg-0' }, 'InvalidSecurityGroupId.NotFound'],
    [{ ...good, SecurityGroupId: other.SecurityGroupId }, 'InvalidSecurityGroupId.VPCMismatch'],
    [{ ...good, KeyPairName: 'none' }, 'InvalidKeyPairName.NotFound'],
    [{ ...good, ZoneId: 'ap-northeast-2b' }, 'ZoneId.NotMatchVSwitch'],
    [{ ...good, UserData: '%%%' }, 'InvalidUserData.Base64FormatInvalid'],
    [
      { ...good, UserData: Buffer.alloc(16_385).toString('base64').replaceAll('=', 'A') },
      'InvalidUserData.SizeExceeded',
    ],
    [{ ...good, Amount: 101 }, 'InvalidAmount'],
    [{ ...good, Amount: 'many' }, 'InvalidAmount'],
    [{ ...good, HostName: '-x' }, 'InvalidHostName.Malformed'],
    [{ ...good, InternetMaxBandwidthOut: 101 }, 'InvalidInternetMaxBandwidthOut'],
    [{ ...good, 'SystemDisk.Size': 5 }, 'InvalidSystemDiskSize'],
    [{ ...good, 'SystemDisk.Category': 'tape' }, 'InvalidSystemDiskCategory.ValueNotSupported'],
    [{ ...good, DryRun: true }, 'DryRunOperation'],
  ];
  for (const [fields, code] of cases) {
    const answer = await callNew(
      twin.base,
      'ecs',
      'RunInstances',
      { RegionId: region, ...fields },
      twin.keys,
      { form: true },
    );
    assert.equal(answer.body.Code, code, answer.text);
  }
  assert.equal(twin.wire.counts(twin.cloud)['instances'], 0);
  twin.wire.reset(twin.cloud);
});

test('many at once, both ways of paging, filters, elastic addresses', async () => {
  const { VSwitchId, SecurityGroupId } = await network(twin, '10.3.0.0/16');
  const { InstanceIdSets } = await twin.ok('ecs', 'RunInstances', {
    ImageId: image,
    InstanceType: size,
    VSwitchId,
    'SecurityGroupIds.1': SecurityGroupId,
    Amount: 25,
    InstanceName: 'vm',
    UniqueSuffix: true,
  });
  await turn();
  const all: string[] = InstanceIdSets.InstanceIdSet;
  assert.equal(new Set(all).size, 25);
  const numbered: string[] = [];
  for (let PageNumber = 1; PageNumber <= 3; PageNumber++) {
    const { Instances, TotalCount } = await twin.ok('ecs', 'DescribeInstances', { PageNumber, PageSize: 10 });
    assert.equal(TotalCount, 25);
    numbered.push(...Instances.Instance.map((each: { InstanceId: string }) => each.InstanceId));
  }
  assert.deepEqual(numbered, all);
  const tokened: string[] = [];
  for (let token: string | undefined; token !== ''; ) {
    const answer = await twin.ok('ecs', 'DescribeInstances', {
      MaxResults: 10,
      ...(token && { NextToken: token }),
    });
    tokened.push(...answer.Instances.Instance.map((each: { InstanceId: string }) => each.InstanceId));
    token = answer.NextToken;
  }
  assert.deepEqual(tokened, all);
  await twin.fails('ecs', 'DescribeInstances', { PageSize: 101 }, 'InvalidParameter');
  await twin.fails('ecs', 'DescribeInstances', { InstanceIds: 'i-1' }, 'InvalidInstanceIds.Malformed');
  assert.equal((await twin.ok('ecs', 'DescribeInstances', { InstanceName: 'vm02*' })).TotalCount, 6);
  assert.equal(
    (await twin.ok('ecs', 'DescribeInstanceStatus', { ZoneId: zone, PageSize: 50 })).InstanceStatuses
      .InstanceStatus.length,
    25,
  );

  const { AllocationId, EipAddress } = await twin.ok('vpc', 'AllocateEipAddress', { Bandwidth: 5 });
  const [first = '', second = ''] = all;
  await twin.ok('vpc', 'AssociateEipAddress', { AllocationId, InstanceId: first });
  assert.equal((await one(first)).EipAddress.IpAddress, EipAddress);
  assert.equal(twin.world.machines.byAddress(EipAddress)?.id, first);
  await twin.fails('vpc', 'AssociateEipAddress', { AllocationId, InstanceId: second }, 'IncorrectEipStatus');
  await twin.fails('vpc', 'ReleaseEipAddress', { AllocationId }, 'IncorrectEipStatus');
  await twin.ok('ecs', 'DeleteInstances', { 'InstanceId.1': first, Force: true });
  assert.equal(
    (await twin.ok('vpc', 'DescribeEipAddresses', { AllocationId })).EipAddresses.EipAddress[0].Status,
    'Available',
  );
  await twin.ok('vpc', 'ReleaseEipAddress', { AllocationId });
  twin.wire.reset(twin.cloud);
  assert.equal(twin.world.addresses.taken, 0);
});

test('faults answer in the cloud’s own words; a lost answer has done its work once', async () => {
  const { VSwitchId, SecurityGroupId } = await network(twin, '10.4.0.0/16');
  const fields = { ImageId: image, InstanceType: size, VSwitchId, SecurityGroupId, ClientToken: 'lost' };
  for (const [fault, code, status] of [
    ['error', 'InternalError', 500],
    ['capacity', 'OperationDenied.NoStock', 403],
    ['quota', 'QuotaExceed.ElasticQuota', 403],
    ['throttle', 'Throttling.User', 400],
    ['unavailable', 'ServiceUnavailable', 503],
  ] as const) {
    twin.world.faults.set([{ cloud: 'seoul', operation: 'create-vm', probability: 1, fault }]);
    await twin.fails('ecs', 'RunInstances', fields, code, status);
  }
  twin.world.faults.set([{ cloud: '*', operation: 'RunInstances', probability: 1, fault: 'drop' }]);
  await assert.rejects(twin.ok('ecs', 'RunInstances', fields));
  twin.world.faults.set([]);
  const { InstanceIdSets } = await twin.ok('ecs', 'RunInstances', fields);
  assert.equal(InstanceIdSets.InstanceIdSet.length, 1);
  assert.equal(twin.wire.counts(twin.cloud)['instances'], 1);
  twin.wire.reset(twin.cloud);
});

test('quotas', async () => {
  const small = await startTwin({ quotas: { instances: 1, vpcs: 1, securityGroups: 1, keyPairs: 0 } });
  try {
    const { VpcId, VSwitchId, SecurityGroupId } = await network(small);
    await small.fails('vpc', 'CreateVpc', {}, 'QuotaExceeded.Vpc');
    await small.fails('ecs', 'CreateSecurityGroup', { VpcId }, 'QuotaExceed.SecurityGroup', 403);
    await small.fails('ecs', 'CreateKeyPair', { KeyPairName: 'key' }, 'QuotaExceed.KeyPair', 403);
    const fields = { ImageId: image, InstanceType: size, VSwitchId, SecurityGroupId };
    await small.ok('ecs', 'RunInstances', fields);
    await small.fails('ecs', 'RunInstances', fields, 'QuotaExceed.AfterpayInstance', 403);
  } finally {
    await small.close();
  }
});

test('a VM that is being made can’t be deleted yet; one that is being released holds its vSwitch', async () => {
  const slow = await startTwin({ delays: { create: 20, terminate: 20, start: 0, stop: 0, reboot: 0 } });
  try {
    const until = async (deed: () => Promise<boolean>) => {
      while (!(await deed())) await turn();
    };
    const { VpcId } = await slow.ok('vpc', 'CreateVpc', { CidrBlock: '10.0.0.0/8' });
    const status = async () =>
      (await slow.ok('vpc', 'DescribeVpcs', { VpcId })).Vpcs.Vpc[0].Status === 'Available';
    await until(status);
    const { VSwitchId } = await slow.ok('vpc', 'CreateVSwitch', {
      VpcId,
      ZoneId: zone,
      CidrBlock: '10.0.0.0/24',
    });
    const { SecurityGroupId } = await slow.ok('ecs', 'CreateSecurityGroup', { VpcId });
    const { InstanceIdSets } = await slow.ok('ecs', 'RunInstances', {
      ImageId: image,
      InstanceType: size,
      VSwitchId,
      SecurityGroupId,
    });
    const [InstanceId] = InstanceIdSets.InstanceIdSet;
    const first = await callNew(slow.base, 'ecs', 'DeleteInstance', { InstanceId, Force: true }, slow.keys);
    assert.match(first.body.Code ?? 'done', /^IncorrectInstanceStatus\.Initializing$|^done$/);
    await until(async () => {
      const answer = await callNew(
        slow.base,
        'ecs',
        'DeleteInstance',
        { InstanceId, Force: true },
        slow.keys,
      );
      return answer.status !== 403;
    });
    await until(async () => {
      const answer = await callNew(slow.base, 'vpc', 'DeleteVSwitch', { VSwitchId }, slow.keys);
      assert.match(answer.body.Code ?? 'done', /^DependencyViolation$|^done$/);
      return answer.status === 200;
    });
    await slow.ok('ecs', 'DeleteSecurityGroup', { SecurityGroupId });
    await slow.ok('vpc', 'DeleteVpc', { VpcId });
  } finally {
    await slow.close();
  }
});
