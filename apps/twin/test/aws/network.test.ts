/** VPCs, subnets, gateways, routes, as the vendor's SDK sees them. */
import * as ec2 from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fails, region, some, startTwin, type Twin } from './server.ts';

describe('networks', () => {
  let twin: Twin;
  let client: ec2.EC2Client;
  before(async () => {
    twin = await startTwin({ quotas: { vpcs: 6, internetGateways: 6, subnetsPerVpc: 6 } });
    client = twin.client;
  });
  after(() => twin.close());

  const vpc = async (CidrBlock = '10.0.0.0/16') =>
    some(some((await client.send(new ec2.CreateVpcCommand({ CidrBlock }))).Vpc).VpcId);
  const subnet = async (VpcId: string, CidrBlock: string, AvailabilityZone = `${region}a`) =>
    some(
      some((await client.send(new ec2.CreateSubnetCommand({ VpcId, CidrBlock, AvailabilityZone }))).Subnet)
        .SubnetId,
    );

  it('has a default VPC with a subnet in each zone, a gateway and a route to it', async () => {
    const { Vpcs = [] } = await client.send(
      new ec2.DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }),
    );
    assert.equal(Vpcs.length, 1);
    const VpcId = some(Vpcs[0]?.VpcId);
    assert.equal(Vpcs[0]?.CidrBlock, '172.31.0.0/16');
    const filter = { Filters: [{ Name: 'vpc-id', Values: [VpcId] }] };
    const { Subnets = [] } = await client.send(new ec2.DescribeSubnetsCommand(filter));
    assert.deepEqual(
      Subnets.map(one => [
        one.AvailabilityZone,
        one.CidrBlock,
        one.MapPublicIpOnLaunch,
        one.AvailableIpAddressCount,
      ]),
      ['a', 'b', 'c', 'd'].map((zone, index) => [
        `${region}${zone}`,
        `172.31.${index * 16}.0/20`,
        true,
        4091,
      ]),
    );
    const { RouteTables = [] } = await client.send(new ec2.DescribeRouteTablesCommand(filter));
    assert.deepEqual(
      RouteTables[0]?.Routes?.map(route => [route.DestinationCidrBlock, route.State]),
      [
        ['172.31.0.0/16', 'active'],
        ['0.0.0.0/0', 'active'],
      ],
    );
    const { SecurityGroups = [] } = await client.send(new ec2.DescribeSecurityGroupsCommand(filter));
    assert.deepEqual(
      SecurityGroups.map(group => group.GroupName),
      ['default'],
    );
    const { NetworkAcls = [] } = await client.send(new ec2.DescribeNetworkAclsCommand(filter));
    assert.equal(NetworkAcls[0]?.Associations?.length, 4);
    const { DhcpOptions = [] } = await client.send(new ec2.DescribeDhcpOptionsCommand({}));
    assert.equal(DhcpOptions[0]?.DhcpOptionsId, Vpcs[0]?.DhcpOptionsId);
    assert.equal(
      Object.values(twin.wire.counts(twin.cloud)).reduce((sum, one) => sum + one, 0),
      0,
    );
  });

  it('checks blocks as AWS does', async () => {
    for (const CidrBlock of ['10.0.0.0/8', '10.0.0.0/15', '10.0.0.0/29'])
      await fails(vpc(CidrBlock), 'InvalidVpc.Range', /is invalid/);
    await fails(vpc('10.0.0.0'), 'InvalidParameterValue', /not a valid CIDR/);
    await fails(vpc('10.0.0.300/16'), 'InvalidParameterValue');
    const id = await vpc('10.0.3.4/16');
    const { Vpcs = [] } = await client.send(new ec2.DescribeVpcsCommand({ VpcIds: [id] }));
    assert.equal(Vpcs[0]?.CidrBlock, '10.0.0.0/16');
    await fails(subnet(id, '10.1.0.0/24'), 'InvalidSubnet.Range');
    await fails(subnet(id, '10.0.0.0/29'), 'InvalidSubnet.Range');
    await fails(subnet(id, '10.0.0.0/24', `${region}z`), 'InvalidParameterValue', /availability zones/);
    const first = await subnet(id, '10.0.1.0/24');
    await fails(subnet(id, '10.0.1.128/25'), 'InvalidSubnet.Conflict');
    await fails(subnet(id, '10.0.0.0/16'), 'InvalidSubnet.Conflict');
    await client.send(new ec2.DeleteSubnetCommand({ SubnetId: first }));
    await client.send(new ec2.DeleteVpcCommand({ VpcId: id }));
  });

  it('tells ids that are malformed from ids of nothing', async () => {
    await fails(
      client.send(new ec2.DescribeVpcsCommand({ VpcIds: ['vpc-0123456789abcdef0'] })),
      'InvalidVpcID.NotFound',
      /The vpc ID 'vpc-0123456789abcdef0' does not exist/,
    );
    await fails(client.send(new ec2.DescribeVpcsCommand({ VpcIds: ['vpc-x'] })), 'InvalidVpcID.Malformed');
    await fails(
      client.send(new ec2.DeleteSubnetCommand({ SubnetId: 'subnet-01234567' })),
      'InvalidSubnetID.NotFound',
    );
    await fails(
      client.send(new ec2.DeleteSubnetCommand({ SubnetId: 'vpc-01234567' })),
      'InvalidSubnetID.Malformed',
    );
    await fails(
      client.send(new ec2.DeleteInternetGatewayCommand({ InternetGatewayId: 'igw-01234567' })),
      'InvalidInternetGatewayID.NotFound',
    );
    await fails(
      client.send(new ec2.DeleteRouteTableCommand({ RouteTableId: 'rtb-01234567' })),
      'InvalidRouteTableID.NotFound',
    );
  });

  it('refuses to delete what others stand on', async () => {
    const id = await vpc();
    const SubnetId = await subnet(id, '10.0.0.0/24');
    const gone = new ec2.DeleteVpcCommand({ VpcId: id });
    await fails(client.send(gone), 'DependencyViolation', /has dependencies and cannot be deleted/);
    await client.send(new ec2.DeleteSubnetCommand({ SubnetId }));
    const { GroupId } = await client.send(
      new ec2.CreateSecurityGroupCommand({ VpcId: id, GroupName: 'g', Description: 'd' }),
    );
    await fails(client.send(gone), 'DependencyViolation');
    await client.send(new ec2.DeleteSecurityGroupCommand({ GroupId }));
    const table = some(
      (await client.send(new ec2.CreateRouteTableCommand({ VpcId: id }))).RouteTable?.RouteTableId,
    );
    await fails(client.send(gone), 'DependencyViolation');
    await client.send(new ec2.DeleteRouteTableCommand({ RouteTableId: table }));
    await client.send(gone);
    await fails(client.send(gone), 'InvalidVpcID.NotFound');
  });

  it('attaches one gateway to a VPC, and routes through it only then', async () => {
    const id = await vpc();
    const make = async () =>
      some((await client.send(new ec2.CreateInternetGatewayCommand({}))).InternetGateway?.InternetGatewayId);
    const [gateway, other] = [await make(), await make()];
    const route = { RouteTableId: '', DestinationCidrBlock: '0.0.0.0/0', GatewayId: gateway };
    const { RouteTables = [] } = await client.send(
      new ec2.DescribeRouteTablesCommand({
        Filters: [
          { Name: 'vpc-id', Values: [id] },
          { Name: 'association.main', Values: ['true'] },
        ],
      }),
    );
    route.RouteTableId = some(RouteTables[0]?.RouteTableId);
    await fails(
      client.send(new ec2.CreateRouteCommand(route)),
      'InvalidParameterValue',
      /different networks/,
    );
    const attach = (InternetGatewayId: string) =>
      client.send(new ec2.AttachInternetGatewayCommand({ InternetGatewayId, VpcId: id }));
    await attach(gateway);
    await fails(attach(gateway), 'Resource.AlreadyAssociated', /already attached/);
    await fails(attach(other), 'InvalidParameterValue', /already has an internet gateway/);
    await client.send(new ec2.CreateRouteCommand(route));
    await client.send(new ec2.CreateRouteCommand(route));
    await fails(
      client.send(new ec2.CreateRouteCommand({ ...route, DestinationCidrBlock: '10.0.1.0/24' })),
      'InvalidParameterValue',
      /equal to or more specific/,
    );
    await fails(
      client.send(new ec2.DeleteInternetGatewayCommand({ InternetGatewayId: gateway })),
      'DependencyViolation',
    );
    await fails(
      client.send(new ec2.DetachInternetGatewayCommand({ InternetGatewayId: other, VpcId: id })),
      'Gateway.NotAttached',
    );
    await client.send(new ec2.DetachInternetGatewayCommand({ InternetGatewayId: gateway, VpcId: id }));
    const after = await client.send(
      new ec2.DescribeRouteTablesCommand({ RouteTableIds: [route.RouteTableId] }),
    );
    assert.deepEqual(
      after.RouteTables?.[0]?.Routes?.map(one => one.State),
      ['active', 'blackhole'],
    );
    await client.send(
      new ec2.DeleteRouteCommand({ RouteTableId: route.RouteTableId, DestinationCidrBlock: '0.0.0.0/0' }),
    );
    await fails(
      client.send(
        new ec2.DeleteRouteCommand({ RouteTableId: route.RouteTableId, DestinationCidrBlock: '0.0.0.0/0' }),
      ),
      'InvalidRoute.NotFound',
    );
    await fails(
      client.send(
        new ec2.DeleteRouteCommand({ RouteTableId: route.RouteTableId, DestinationCidrBlock: '10.0.0.0/16' }),
      ),
      'InvalidParameterValue',
      /local route/,
    );
    for (const InternetGatewayId of [gateway, other])
      await client.send(new ec2.DeleteInternetGatewayCommand({ InternetGatewayId }));
    await client.send(new ec2.DeleteVpcCommand({ VpcId: id }));
  });

  it('lets subnets follow route tables', async () => {
    const id = await vpc();
    const SubnetId = await subnet(id, '10.0.0.0/24');
    const make = async () =>
      some((await client.send(new ec2.CreateRouteTableCommand({ VpcId: id }))).RouteTable?.RouteTableId);
    const [one, two] = [await make(), await make()];
    const { AssociationId } = await client.send(
      new ec2.AssociateRouteTableCommand({ RouteTableId: one, SubnetId }),
    );
    await fails(
      client.send(new ec2.AssociateRouteTableCommand({ RouteTableId: two, SubnetId })),
      'Resource.AlreadyAssociated',
    );
    await fails(client.send(new ec2.DeleteRouteTableCommand({ RouteTableId: one })), 'DependencyViolation');
    const { NewAssociationId } = await client.send(
      new ec2.ReplaceRouteTableAssociationCommand({ AssociationId, RouteTableId: two }),
    );
    await client.send(new ec2.DeleteRouteTableCommand({ RouteTableId: one }));
    await client.send(new ec2.DisassociateRouteTableCommand({ AssociationId: NewAssociationId }));
    await fails(
      client.send(new ec2.DisassociateRouteTableCommand({ AssociationId: NewAssociationId })),
      'InvalidAssociationID.NotFound',
    );
    const main = await client.send(
      new ec2.DescribeRouteTablesCommand({ Filters: [{ Name: 'vpc-id', Values: [id] }] }),
    );
    const mainAssociation = main.RouteTables?.[0]?.Associations?.[0]?.RouteTableAssociationId;
    await fails(
      client.send(new ec2.DisassociateRouteTableCommand({ AssociationId: mainAssociation })),
      'InvalidParameterValue',
      /main/,
    );
    await client.send(
      new ec2.ReplaceRouteTableAssociationCommand({ AssociationId: mainAssociation, RouteTableId: two }),
    );
    await fails(client.send(new ec2.DeleteRouteTableCommand({ RouteTableId: two })), 'DependencyViolation');
    await client.send(
      new ec2.DeleteRouteTableCommand({ RouteTableId: some(main.RouteTables?.[0]?.RouteTableId) }),
    );
    await client.send(new ec2.DeleteSubnetCommand({ SubnetId }));
    await client.send(new ec2.DeleteVpcCommand({ VpcId: id }));
  });

  it('changes and tells attributes', async () => {
    const VpcId = await vpc();
    const hostnames = async () =>
      (await client.send(new ec2.DescribeVpcAttributeCommand({ VpcId, Attribute: 'enableDnsHostnames' })))
        .EnableDnsHostnames?.Value;
    assert.equal(await hostnames(), false);
    await client.send(new ec2.ModifyVpcAttributeCommand({ VpcId, EnableDnsHostnames: { Value: true } }));
    assert.equal(await hostnames(), true);
    await fails(
      client.send(
        new ec2.ModifyVpcAttributeCommand({
          VpcId,
          EnableDnsHostnames: { Value: true },
          EnableDnsSupport: { Value: true },
        }),
      ),
      'InvalidParameterCombination',
    );
    const SubnetId = await subnet(VpcId, '10.0.0.0/28');
    await client.send(
      new ec2.ModifySubnetAttributeCommand({ SubnetId, MapPublicIpOnLaunch: { Value: true } }),
    );
    const { Subnets = [] } = await client.send(new ec2.DescribeSubnetsCommand({ SubnetIds: [SubnetId] }));
    assert.equal(Subnets[0]?.MapPublicIpOnLaunch, true);
    assert.equal(Subnets[0]?.AvailableIpAddressCount, 11);
    await client.send(new ec2.DeleteSubnetCommand({ SubnetId }));
    await client.send(new ec2.DeleteVpcCommand({ VpcId }));
  });

  it('keeps to the quotas', async () => {
    const made = [];
    for (let i = 0; i < 6; i++) made.push(await vpc());
    await fails(vpc(), 'VpcLimitExceeded', /maximum number of VPCs/);
    for (let i = 0; i < 6; i++) await subnet(some(made[0]), `10.0.${i}.0/24`);
    await fails(subnet(some(made[0]), '10.0.9.0/24'), 'SubnetLimitExceeded');
    assert.deepEqual([twin.wire.counts(twin.cloud)['vpcs'], twin.wire.counts(twin.cloud)['subnets']], [6, 6]);
    twin.wire.reset(twin.cloud);
    assert.deepEqual(twin.wire.counts(twin.cloud), {
      vpcs: 0,
      subnets: 0,
      internetGateways: 0,
      routeTables: 0,
      securityGroups: 0,
      keyPairs: 0,
      instances: 0,
      addresses: 0,
    });
  });
});
