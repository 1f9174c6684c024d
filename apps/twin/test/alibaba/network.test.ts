/** VPCs, vSwitches, security groups, key pairs, tags and the catalogues. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { image, network, region, startTwin, zone, type Twin } from './server.ts';

let twin: Twin;
before(async () => {
  twin = await startTwin();
});
after(() => twin.close());

test('VPCs and vSwitches: ranges, overlaps, idempotence, pages', async () => {
  for (const block of ['8.8.0.0/16', '10.0.0.1/16', '10.0.0.0/29', 'x'])
    await twin.fails('vpc', 'CreateVpc', { CidrBlock: block }, 'InvalidCidrBlock.Malformed');
  const input = { CidrBlock: '10.0.0.0/16', VpcName: 'net', ClientToken: 't' };
  const { VpcId, RouteTableId } = await twin.ok('vpc', 'CreateVpc', input);
  assert.equal((await twin.ok('vpc', 'CreateVpc', input)).VpcId, VpcId);
  await twin.fails('vpc', 'CreateVpc', { ...input, VpcName: 'other' }, 'IdempotentParameterMismatch');
  const vSwitch = { VpcId, ZoneId: zone, CidrBlock: '10.0.1.0/24' };
  const { VSwitchId } = await twin.ok('vpc', 'CreateVSwitch', vSwitch);
  await twin.fails(
    'vpc',
    'CreateVSwitch',
    { ...vSwitch, CidrBlock: '10.0.0.0/20' },
    'InvalidCidrBlock.Overlapped',
  );
  await twin.fails(
    'vpc',
    'CreateVSwitch',
    { ...vSwitch, CidrBlock: '10.1.0.0/24' },
    'InvalidCidrBlock.Malformed',
  );
  await twin.fails(
    'vpc',
    'CreateVSwitch',
    { ...vSwitch, CidrBlock: '10.0.2.0/30' },
    'InvalidCidrBlock.Malformed',
  );
  await twin.fails('vpc', 'CreateVSwitch', { ...vSwitch, ZoneId: 'moon' }, 'InvalidZoneId.NotFound', 404);
  await twin.fails('vpc', 'CreateVSwitch', { ...vSwitch, VpcId: 'vpc-0' }, 'InvalidVpcId.NotFound', 404);
  await twin.fails('vpc', 'CreateVSwitch', { VpcId, CidrBlock: '10.0.2.0/24' }, 'MissingZoneId', 400);
  const { VSwitches } = await twin.ok('vpc', 'DescribeVSwitches', { VpcId });
  assert.equal(VSwitches.VSwitch[0].AvailableIpAddressCount, 252);
  const { Vpcs } = await twin.ok('vpc', 'DescribeVpcs', { VpcName: 'net' });
  assert.deepEqual(Vpcs.Vpc[0].VSwitchIds.VSwitchId, [VSwitchId]);
  assert.equal(Vpcs.Vpc[0].Status, 'Available');
  await twin.fails('vpc', 'DescribeVpcs', { PageSize: 51 }, 'InvalidParameter');
  const tables = await twin.ok('vpc', 'DescribeRouteTableList', { VpcId });
  assert.equal(tables.RouterTableList.RouterTableListType[0].RouteTableId, RouteTableId);
  assert.equal((await twin.ok('vpc', 'DescribeVpcAttribute', { VpcId })).CidrBlock, '10.0.0.0/16');
  await twin.ok('vpc', 'DeleteVSwitch', { VSwitchId });
  await twin.ok('vpc', 'DeleteVpc', { VpcId });
  await twin.fails('vpc', 'DeleteVpc', { VpcId }, 'InvalidVpcID.NotFound', 404);
});

test('a VPC is pending first', async () => {
  let time = Date.now();
  const slow = await startTwin({ delays: { create: 300 }, now: () => time });
  try {
    const { VpcId } = await slow.ok('vpc', 'CreateVpc', {});
    const fields = { VpcId, ZoneId: zone, CidrBlock: '172.16.0.0/24' };
    await slow.fails('vpc', 'CreateVSwitch', fields, 'IncorrectVpcStatus', 400);
    time += 100;
    await slow.ok('vpc', 'CreateVSwitch', fields);
  } finally {
    await slow.close();
  }
});

test('rules: forms, doubles, revoking, references between groups', async () => {
  const { VpcId, SecurityGroupId } = await network(twin, '10.9.0.0/16');
  const rule = { SecurityGroupId, IpProtocol: 'tcp', PortRange: '80/90', SourceCidrIp: '0.0.0.0/0' };
  const bad: [Record<string, string | number>, string][] = [
    [{ ...rule, IpProtocol: 'sctp' }, 'InvalidIpProtocol.ValueNotSupported'],
    [{ ...rule, PortRange: '90/80' }, 'InvalidIpPortRange.Malformed'],
    [{ ...rule, PortRange: '-1/-1' }, 'InvalidIpPortRange.Malformed'],
    [{ ...rule, IpProtocol: 'icmp' }, 'InvalidIpPortRange.Malformed'],
    [{ ...rule, SourceCidrIp: '300.0.0.0/8' }, 'InvalidSourceCidrIp.Malformed'],
    [{ ...rule, Priority: 101 }, 'InvalidPriority.Malformed'],
    [{ ...rule, Policy: 'maybe' }, 'InvalidPolicy.Malformed'],
    [{ ...rule, SourceCidrIp: '' }, 'MissingParameter.Source'],
    [{ ...rule, SecurityGroupId: 'sg-0' }, 'InvalidSecurityGroupId.NotFound'],
  ];
  for (const [fields, code] of bad) await twin.fails('ecs', 'AuthorizeSecurityGroup', fields, code);
  await twin.ok('ecs', 'AuthorizeSecurityGroup', rule);
  await twin.ok('ecs', 'AuthorizeSecurityGroup', rule);
  await twin.ok('ecs', 'AuthorizeSecurityGroupEgress', {
    SecurityGroupId,
    'Permissions.1.IpProtocol': 'ALL',
    'Permissions.1.PortRange': '-1/-1',
    'Permissions.1.DestCidrIp': '10.0.0.0/8',
  });
  const rules = async (Direction: string) =>
    (await twin.ok('ecs', 'DescribeSecurityGroupAttribute', { SecurityGroupId, Direction })).Permissions
      .Permission;
  assert.equal((await rules('ingress')).length, 2);
  const [out] = await rules('egress');
  assert.deepEqual(
    [out.IpProtocol, out.DestCidrIp, out.Policy, out.Priority],
    ['ALL', '10.0.0.0/8', 'Accept', '1'],
  );
  await twin.ok('ecs', 'RevokeSecurityGroup', rule);
  await twin.ok('ecs', 'RevokeSecurityGroup', rule);
  await twin.ok('ecs', 'RevokeSecurityGroupEgress', {
    SecurityGroupId,
    'SecurityGroupRuleId.1': out.SecurityGroupRuleId,
  });
  assert.equal((await rules('all')).length, 1);
  const other = await twin.ok('ecs', 'CreateSecurityGroup', { VpcId, SecurityGroupName: 'other' });
  await twin.ok('ecs', 'AuthorizeSecurityGroup', {
    SecurityGroupId: other.SecurityGroupId,
    IpProtocol: 'all',
    PortRange: '-1/-1',
    SourceGroupId: SecurityGroupId,
  });
  await twin.fails('ecs', 'DeleteSecurityGroup', { SecurityGroupId }, 'DependencyViolation', 403);
  const { SecurityGroups } = await twin.ok('ecs', 'DescribeSecurityGroups', {
    SecurityGroupIds: JSON.stringify([other.SecurityGroupId]),
  });
  assert.equal(SecurityGroups.SecurityGroup[0].SecurityGroupName, 'other');
  await twin.ok('ecs', 'DeleteSecurityGroup', { SecurityGroupId: other.SecurityGroupId });
  await twin.ok('ecs', 'DeleteSecurityGroup', { SecurityGroupId });
});

test('key pairs', async () => {
  const blob = Buffer.concat([
    Buffer.from([0, 0, 0, 11]),
    Buffer.from('ssh-ed25519'),
    Buffer.from([0, 0, 0, 32]),
    Buffer.alloc(32, 7),
  ]);
  const PublicKeyBody = `ssh-ed25519 ${blob.toString('base64')} me@here`;
  await twin.ok('ecs', 'ImportKeyPair', { KeyPairName: 'mine', PublicKeyBody });
  await twin.fails('ecs', 'ImportKeyPair', { KeyPairName: 'mine', PublicKeyBody }, 'KeyPair.AlreadyExist');
  await twin.fails(
    'ecs',
    'ImportKeyPair',
    { KeyPairName: 'bad', PublicKeyBody: 'ssh-rsa AAAA' },
    'InvalidPublicKeyBody.Malformed',
  );
  const { KeyPairs } = await twin.ok('ecs', 'DescribeKeyPairs', { KeyPairName: 'mi*' });
  assert.equal(KeyPairs.KeyPair[0].KeyPairName, 'mine');
  await twin.fails('ecs', 'DeleteKeyPairs', { KeyPairNames: '["none"]' }, 'InvalidKeyPair.NotFound', 404);
  await twin.ok('ecs', 'DeleteKeyPairs', { KeyPairNames: '["mine"]' });
});

test('tags of both products', async () => {
  const { VpcId, SecurityGroupId } = await network(twin, '10.10.0.0/16');
  const tag = { 'Tag.1.Key': 'a', 'Tag.1.Value': '1' };
  await twin.ok('vpc', 'TagResources', { ResourceType: 'VPC', 'ResourceId.1': VpcId, ...tag });
  await twin.ok('ecs', 'TagResources', {
    ResourceType: 'securitygroup',
    'ResourceId.1': SecurityGroupId,
    ...tag,
  });
  await twin.fails(
    'ecs',
    'TagResources',
    { ResourceType: 'securitygroup', 'ResourceId.1': 'sg-0', ...tag },
    'InvalidResourceId.NotFound',
    404,
  );
  assert.equal((await twin.ok('vpc', 'DescribeVpcs', tag)).TotalCount, 1);
  assert.equal((await twin.ok('vpc', 'DescribeVpcs', { ...tag, 'Tag.1.Value': '2' })).TotalCount, 0);
  const { TagResources } = await twin.ok('ecs', 'ListTagResources', {
    ResourceType: 'securitygroup',
    'ResourceId.1': SecurityGroupId,
  });
  assert.deepEqual(TagResources.TagResource, [
    { ResourceType: 'securitygroup', ResourceId: SecurityGroupId, TagKey: 'a', TagValue: '1' },
  ]);
  assert.equal((await twin.ok('ecs', 'DescribeTags')).Tags.Tag[0].TagKey, 'a');
  await twin.ok('ecs', 'UntagResources', {
    ResourceType: 'securitygroup',
    'ResourceId.1': SecurityGroupId,
    'TagKey.1': 'a',
  });
  assert.equal((await twin.ok('ecs', 'DescribeSecurityGroups', tag)).TotalCount, 0);
  twin.wire.reset(twin.cloud);
});

test('regions, zones, types, images, stock, limits', async () => {
  const { Regions } = await twin.ok('vpc', 'DescribeRegions');
  assert.equal(Regions.Region[1].RegionId, region);
  const { Zones } = await twin.ok('ecs', 'DescribeZones');
  assert.deepEqual(
    Zones.Zone.map((each: { ZoneId: string }) => each.ZoneId),
    [zone, 'ap-northeast-2b'],
  );
  const names: string[] = [];
  for (let token: string | undefined; token !== ''; ) {
    const answer = await twin.ok('ecs', 'DescribeInstanceTypes', {
      MaxResults: 10,
      ...(token && { NextToken: token }),
    });
    names.push(
      ...answer.InstanceTypes.InstanceType.map((each: { InstanceTypeId: string }) => each.InstanceTypeId),
    );
    token = answer.NextToken;
  }
  assert.ok(names.length >= 25 && new Set(names).size === names.length);
  const gpu = await twin.ok('ecs', 'DescribeInstanceTypes', { InstanceTypeFamily: 'ecs.gn6i' });
  assert.equal(gpu.InstanceTypes.InstanceType[0].GPUSpec, 'NVIDIA T4');
  const stock = await twin.ok('ecs', 'DescribeAvailableResource', {
    DestinationResource: 'InstanceType',
    InstanceType: 'ecs.gn6i-c4g1.xlarge',
  });
  assert.deepEqual(
    stock.AvailableZones.AvailableZone.map((each: { ZoneId: string }) => each.ZoneId),
    [zone],
  );
  const found = await twin.ok('ecs', 'DescribeImages', { ImageId: image });
  assert.equal(found.Images.Image[0].Architecture, 'x86_64');
  assert.equal((await twin.ok('ecs', 'DescribeImages', { ImageOwnerAlias: 'self' })).TotalCount, 0);
  assert.equal(
    (await twin.ok('ecs', 'DescribeImages', { ImageName: 'ubuntu_22_04_arm64*', PageSize: 100 })).TotalCount,
    2,
  );
  await twin.fails('ecs', 'DescribeImages', { PageSize: 101 }, 'InvalidParameter');
  const { AccountAttributeItems } = await twin.ok('ecs', 'DescribeAccountAttributes');
  assert.ok(AccountAttributeItems.AccountAttributeItem.length > 3);
});
