/** Elastic addresses, and what the internet reaches. */
import * as ec2 from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fails, some, startTwin, type Twin } from './server.ts';

describe('elastic addresses and the way in', () => {
  let twin: Twin;
  let client: ec2.EC2Client;
  let vpc: string;
  let subnet: string;
  let gateway: string;
  let table: string;
  let group: string;
  let id: string;

  const describeOne = async () =>
    some(
      (await client.send(new ec2.DescribeInstancesCommand({ InstanceIds: [id] }))).Reservations?.[0]
        ?.Instances?.[0],
    );
  const reachable = (port = 22) => {
    const machine = some(twin.world.machines.byKey(`seoul/${id}`));
    return machine.site.reachable(machine, port);
  };
  const open = (CidrIp: string, from = 22, to = from, IpProtocol = 'tcp') => ({
    GroupId: group,
    IpPermissions: [
      { IpProtocol, ...(IpProtocol === '-1' ? {} : { FromPort: from, ToPort: to }), IpRanges: [{ CidrIp }] },
    ],
  });

  before(async () => {
    twin = await startTwin({ quotas: { addresses: 2 } });
    client = twin.client;
    vpc = some((await client.send(new ec2.CreateVpcCommand({ CidrBlock: '10.0.0.0/16' }))).Vpc?.VpcId);
    subnet = some(
      (await client.send(new ec2.CreateSubnetCommand({ VpcId: vpc, CidrBlock: '10.0.0.0/24' }))).Subnet
        ?.SubnetId,
    );
    group = some(
      (
        await client.send(
          new ec2.CreateSecurityGroupCommand({ VpcId: vpc, GroupName: 'g', Description: 'd' }),
        )
      ).GroupId,
    );
    gateway = some(
      (await client.send(new ec2.CreateInternetGatewayCommand({}))).InternetGateway?.InternetGatewayId,
    );
    const tables = await client.send(
      new ec2.DescribeRouteTablesCommand({ Filters: [{ Name: 'vpc-id', Values: [vpc] }] }),
    );
    table = some(tables.RouteTables?.[0]?.RouteTableId);
    const { Images = [] } = await client.send(new ec2.DescribeImagesCommand({ Owners: ['137112412989'] }));
    const made = await client.send(
      new ec2.RunInstancesCommand({
        ImageId: some(Images.find(one => one.Architecture === 'arm64')?.ImageId),
        InstanceType: 't4g.nano',
        MinCount: 1,
        MaxCount: 1,
        SubnetId: subnet,
        SecurityGroupIds: [group],
      }),
    );
    id = some(made.Instances?.[0]?.InstanceId);
  });
  after(() => twin.close());

  it('needs a public address, a route to an attached gateway, and a rule', async () => {
    assert.equal(reachable(), false);
    const { AllocationId } = await client.send(new ec2.AllocateAddressCommand({}));
    const associate = new ec2.AssociateAddressCommand({ AllocationId, InstanceId: id });
    await fails(client.send(associate), 'Gateway.NotAttached');
    await client.send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId: gateway, VpcId: vpc }));
    await client.send(associate);
    await client.send(new ec2.AuthorizeSecurityGroupIngressCommand(open('0.0.0.0/0')));
    assert.equal(reachable(), false);
    await client.send(
      new ec2.CreateRouteCommand({
        RouteTableId: table,
        DestinationCidrBlock: '0.0.0.0/0',
        GatewayId: gateway,
      }),
    );
    assert.equal(reachable(), true);
    assert.equal(reachable(80), false);
    await client.send(new ec2.RevokeSecurityGroupIngressCommand(open('0.0.0.0/0')));
    assert.equal(reachable(), false);
  });

  it('takes the client for one on the internet', async () => {
    for (const [cidr, protocol, expected] of [
      ['203.0.113.0/24', 'tcp', true],
      ['127.0.0.0/8', 'tcp', true],
      ['127.0.0.1/32', '-1', true],
      ['198.51.100.0/24', 'tcp', false],
      ['10.0.0.0/8', '-1', false],
      ['0.0.0.0/0', 'udp', false],
    ] as const) {
      const rule = open(cidr, 20, 25, protocol);
      await client.send(new ec2.AuthorizeSecurityGroupIngressCommand(rule));
      assert.equal(reachable(), expected, `${protocol} ${cidr}`);
      await client.send(new ec2.RevokeSecurityGroupIngressCommand(rule));
    }
  });

  it('keeps the address through a stop, and gives it back', async () => {
    const { Addresses = [] } = await client.send(new ec2.DescribeAddressesCommand({}));
    const { AllocationId, AssociationId, PublicIp } = some(Addresses[0]);
    assert.equal((await describeOne()).PublicIpAddress, PublicIp);
    await client.send(new ec2.StopInstancesCommand({ InstanceIds: [id] }));
    assert.equal((await describeOne()).PublicIpAddress, PublicIp);
    await client.send(new ec2.StartInstancesCommand({ InstanceIds: [id] }));
    assert.equal((await describeOne()).PublicIpAddress, PublicIp);
    assert.equal(twin.world.machines.byAddress(some(PublicIp))?.id, id);
    await fails(client.send(new ec2.ReleaseAddressCommand({ AllocationId })), 'InvalidIPAddress.InUse');
    const other = await client.send(new ec2.AllocateAddressCommand({}));
    await fails(client.send(new ec2.AllocateAddressCommand({})), 'AddressLimitExceeded');
    await fails(
      client.send(
        new ec2.AssociateAddressCommand({
          AllocationId: other.AllocationId,
          InstanceId: id,
          AllowReassociation: false,
        }),
      ),
      'Resource.AlreadyAssociated',
    );
    await client.send(new ec2.AssociateAddressCommand({ AllocationId: other.AllocationId, InstanceId: id }));
    assert.equal((await describeOne()).PublicIpAddress, other.PublicIp);
    await fails(
      client.send(new ec2.DisassociateAddressCommand({ AssociationId })),
      'InvalidAssociationID.NotFound',
    );
    await client.send(new ec2.ReleaseAddressCommand({ AllocationId }));
    await fails(client.send(new ec2.ReleaseAddressCommand({ AllocationId })), 'InvalidAllocationID.NotFound');
    assert.equal(twin.wire.counts(twin.cloud)['addresses'], 1);
    await fails(
      client.send(new ec2.DetachInternetGatewayCommand({ InternetGatewayId: gateway, VpcId: vpc })),
      'DependencyViolation',
    );
    await client.send(new ec2.DisassociateAddressCommand({ PublicIp: other.PublicIp }));
    assert.equal((await describeOne()).PublicIpAddress, undefined);
    await client.send(new ec2.AssociateAddressCommand({ AllocationId: other.AllocationId, InstanceId: id }));
    await client.send(new ec2.TerminateInstancesCommand({ InstanceIds: [id] }));
    const freed = await client.send(new ec2.DescribeAddressesCommand({}));
    assert.equal(freed.Addresses?.[0]?.InstanceId, undefined);
    await client.send(new ec2.ReleaseAddressCommand({ AllocationId: other.AllocationId }));
    await client.send(new ec2.DetachInternetGatewayCommand({ InternetGatewayId: gateway, VpcId: vpc }));
    assert.equal(twin.world.addresses.taken, 0);
  });
});

describe('elastic addresses by themselves', () => {
  it('carry tags, are found by them, and wait for an instance to run', async () => {
    const later = 2 ** 30;
    const twin = await startTwin({ delays: { create: later } });
    const { client } = twin;
    const made = await client.send(
      new ec2.AllocateAddressCommand({
        Domain: 'vpc',
        TagSpecifications: [{ ResourceType: 'elastic-ip', Tags: [{ Key: 'Name', Value: 'front' }] }],
      }),
    );
    const AllocationId = some(made.AllocationId);
    await client.send(new ec2.AllocateAddressCommand({}));
    await client.send(
      new ec2.CreateTagsCommand({ Resources: [AllocationId], Tags: [{ Key: 'stage', Value: 'test' }] }),
    );
    const found = async (...Filters: ec2.Filter[]) =>
      (await client.send(new ec2.DescribeAddressesCommand({ Filters }))).Addresses ?? [];
    const [one, ...more] = await found(
      { Name: 'tag:Name', Values: ['fr?nt'] },
      { Name: 'tag-key', Values: ['stage'] },
    );
    assert.deepEqual([one?.PublicIp, one?.Tags?.length, more], [made.PublicIp, 2, []]);
    const { Tags = [] } = await client.send(
      new ec2.DescribeTagsCommand({ Filters: [{ Name: 'resource-type', Values: ['elastic-ip'] }] }),
    );
    assert.deepEqual(
      Tags.map(tag => [tag.ResourceId, tag.Key]),
      [
        [AllocationId, 'Name'],
        [AllocationId, 'stage'],
      ],
    );
    const allocate = (input: ec2.AllocateAddressCommandInput) =>
      client.send(new ec2.AllocateAddressCommand(input));
    await fails(allocate({ Domain: 'standard' }), 'InvalidParameterValue');
    await fails(allocate({ NetworkBorderGroup: 'us-east-1' }), 'InvalidParameterValue');
    await fails(allocate({ PublicIpv4Pool: 'ipv4pool-ec2-1' }), 'InvalidPublicIpv4PoolID.NotFound');
    await fails(allocate({ Address: '127.64.0.9' }), 'InvalidAddress.NotFound');
    const { Images = [] } = await client.send(new ec2.DescribeImagesCommand({ Owners: ['136693071363'] }));
    const { Instances = [] } = await client.send(
      new ec2.RunInstancesCommand({
        ImageId: some(Images.find(image => image.Architecture === 'x86_64')?.ImageId),
        InstanceType: 't3.nano',
        MinCount: 1,
        MaxCount: 1,
      }),
    );
    const InstanceId = some(Instances[0]?.InstanceId);
    const associate = (more: Partial<ec2.AssociateAddressCommandInput> = {}) =>
      client.send(new ec2.AssociateAddressCommand({ AllocationId, InstanceId, ...more }));
    await fails(associate(), 'InvalidInstanceID', /pending instance .* is not in a valid state/);
    some(twin.world.machines.byKey(`seoul/${InstanceId}`)).state = 'running';
    await fails(associate({ PrivateIpAddress: '10.0.0.1' }), 'InvalidParameterValue');
    const { AssociationId } = await associate();
    // The same again is the same association.
    assert.equal((await associate({ AllowReassociation: false })).AssociationId, AssociationId);
    assert.equal((await found({ Name: 'association-id', Values: [some(AssociationId)] })).length, 1);
    twin.wire.reset(twin.cloud);
    assert.equal(twin.world.addresses.taken, 0);
    await twin.close();
  });
});
