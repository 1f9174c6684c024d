/** Regions, zones, types, images, account attributes; paging and dry runs everywhere. */
import * as ec2 from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { actions } from '../../src/wire/aws/actions.ts';
import { strangers } from './schema.ts';
import { fails, region, some, startTwin, type Twin } from './server.ts';

describe('catalogue', () => {
  let twin: Twin;
  let client: ec2.EC2Client;
  before(async () => {
    twin = await startTwin();
    client = twin.client;
  });
  after(() => twin.close());

  it('lists the regions of the account, and on request all', async () => {
    const { Regions = [] } = await client.send(new ec2.DescribeRegionsCommand({}));
    assert.deepEqual(
      Regions.map(one => one.RegionName),
      ['ap-northeast-2', 'eu-west-1', 'us-east-1', 'us-west-2'],
    );
    const all = await client.send(new ec2.DescribeRegionsCommand({ AllRegions: true }));
    assert.ok(some(all.Regions?.length) > 20);
    assert.equal(all.Regions?.find(one => one.RegionName === 'ap-east-1')?.OptInStatus, 'not-opted-in');
    await fails(
      client.send(new ec2.DescribeRegionsCommand({ RegionNames: ['moon-1'] })),
      'InvalidParameterValue',
      /moon-1/,
    );
  });

  it('has zones with ids', async () => {
    const zones = async (name: string) =>
      (
        await twin.clientOf({ region: name }).send(new ec2.DescribeAvailabilityZonesCommand({}))
      ).AvailabilityZones?.map(zone => `${zone.ZoneName}=${zone.ZoneId}`);
    assert.deepEqual(
      await zones(region),
      ['a', 'b', 'c'].map((zone, i) => `${region}${zone}=apne2-az${i + 1}`),
    );
    assert.equal((await zones('us-east-1'))?.at(-1), 'us-east-1f=use1-az6');
  });

  it('knows types with their true size', async () => {
    const { InstanceTypes = [] } = await client.send(
      new ec2.DescribeInstanceTypesCommand({
        InstanceTypes: ['t3.nano', 'm5.large', 'g4dn.xlarge', 't4g.small'],
      }),
    );
    assert.deepEqual(
      InstanceTypes.map(one => [
        one.InstanceType,
        one.VCpuInfo?.DefaultVCpus,
        one.MemoryInfo?.SizeInMiB,
        one.ProcessorInfo?.SupportedArchitectures?.[0],
      ]),
      [
        ['g4dn.xlarge', 4, 16_384, 'x86_64'],
        ['m5.large', 2, 8192, 'x86_64'],
        ['t3.nano', 2, 512, 'x86_64'],
        ['t4g.small', 2, 2048, 'arm64'],
      ],
    );
    assert.deepEqual(
      InstanceTypes[0]?.GpuInfo?.Gpus?.map(gpu => [gpu.Name, gpu.Count, gpu.MemoryInfo?.SizeInMiB]),
      [['T4', 1, 16_384]],
    );
    await fails(
      client.send(new ec2.DescribeInstanceTypesCommand({ InstanceTypes: ['t9.x' as never] })),
      'InvalidInstanceType',
    );
    const pages: number[] = [];
    for await (const page of ec2.paginateDescribeInstanceTypes({ client, pageSize: 10 }, {}))
      pages.push(page.InstanceTypes?.length ?? 0);
    assert.deepEqual(pages, [10, 10, 7]);
    const virginia = await twin.clientOf({ region: 'us-east-1' }).send(
      new ec2.DescribeInstanceTypeOfferingsCommand({
        LocationType: 'availability-zone',
        Filters: [{ Name: 'instance-type', Values: ['m5.large'] }],
      }),
    );
    assert.deepEqual(virginia.InstanceTypeOfferings?.map(one => one.Location?.slice(-1)).join(''), 'abcdf');
  });

  it('has images of its publishers, other ids in each region, the same in each run', async () => {
    const images = async (input: ec2.DescribeImagesCommandInput, where = region) =>
      (await twin.clientOf({ region: where }).send(new ec2.DescribeImagesCommand(input))).Images ?? [];
    const all = await images({});
    assert.ok(all.length >= 30);
    assert.equal(new Set(all.map(one => one.ImageId)).size, all.length);
    assert.deepEqual(await images({ Owners: ['self'] }), []);
    const canonical = await images({ Owners: ['099720109477'] });
    assert.equal(canonical.length, 12);
    const amazon = await images({ Owners: ['amazon'] });
    assert.ok(amazon.length > 0 && amazon.every(one => one.ImageOwnerAlias === 'amazon'));
    const wanted = {
      Filters: [
        { Name: 'name', Values: ['al2023-ami-2023.*-x86_64'] },
        { Name: 'architecture', Values: ['x86_64'] },
        { Name: 'state', Values: ['available'] },
      ],
    };
    const here = await images(wanted);
    assert.deepEqual(
      here.map(one => one.CreationDate),
      ['2024-11-13T22:30:00.000Z', '2024-12-12T22:30:00.000Z'],
    );
    assert.notEqual((await images(wanted, 'us-east-1'))[0]?.ImageId, here[0]?.ImageId);
    const other = await startTwin({ name: 'other' });
    const there = await other.client.send(new ec2.DescribeImagesCommand(wanted));
    assert.equal(there.Images?.[0]?.ImageId, here[0]?.ImageId);
    await other.close();
    const first = await client.send(new ec2.DescribeImagesCommand({ MaxResults: 5 }));
    const second = await client.send(
      new ec2.DescribeImagesCommand({ MaxResults: 1000, NextToken: first.NextToken }),
    );
    assert.deepEqual(
      [...(first.Images ?? []), ...(second.Images ?? [])].map(one => one.ImageId),
      all.map(one => one.ImageId),
    );
    await fails(client.send(new ec2.DescribeVpcsCommand({ NextToken: first.NextToken })), 'InvalidNextToken');
  });

  it('tells the account of itself, and that it has none of what is not made here', async () => {
    const { AccountAttributes = [] } = await client.send(
      new ec2.DescribeAccountAttributesCommand({ AttributeNames: ['default-vpc'] }),
    );
    assert.match(some(AccountAttributes[0]?.AttributeValues?.[0]?.AttributeValue), /^vpc-/);
    assert.deepEqual((await client.send(new ec2.DescribeNatGatewaysCommand({}))).NatGateways, []);
    assert.deepEqual((await client.send(new ec2.DescribeVpcEndpointsCommand({}))).VpcEndpoints, []);
    assert.deepEqual((await client.send(new ec2.DescribeLaunchTemplatesCommand({}))).LaunchTemplates, []);
    assert.deepEqual((await client.send(new ec2.DescribePlacementGroupsCommand({}))).PlacementGroups, []);
    assert.deepEqual(
      (await client.send(new ec2.DescribeVpcPeeringConnectionsCommand({}))).VpcPeeringConnections,
      [],
    );
  });

  it('would succeed, in a dry run of each that can be asked for without more', async () => {
    const dry = { DryRun: true };
    await fails(
      client.send(new ec2.DescribeInstancesCommand(dry)),
      'DryRunOperation',
      /would have succeeded/,
      412,
    );
    await fails(
      client.send(new ec2.CreateVpcCommand({ ...dry, CidrBlock: '10.0.0.0/16' })),
      'DryRunOperation',
    );
    await fails(client.send(new ec2.CreateInternetGatewayCommand(dry)), 'DryRunOperation');
    await fails(client.send(new ec2.CreateKeyPairCommand({ ...dry, KeyName: 'k' })), 'DryRunOperation');
    await fails(client.send(new ec2.AllocateAddressCommand(dry)), 'DryRunOperation');
    await fails(
      client.send(new ec2.CreateSecurityGroupCommand({ ...dry, GroupName: 'g', Description: 'd' })),
      'DryRunOperation',
    );
    await fails(
      client.send(new ec2.CreateVpcCommand({ ...dry, CidrBlock: '10.0.0.0/8' })),
      'InvalidVpc.Range',
    );
    assert.equal(
      Object.values(twin.wire.counts(twin.cloud)).reduce((sum, one) => sum + one, 0),
      0,
    );
  });

  it('names every action as the SDK does', () => {
    const known = ec2 as unknown as Record<string, unknown>;
    assert.deepEqual(
      Object.keys(actions).filter(name => known[`${name}Command`] === undefined),
      [],
    );
  });

  it('judges by a judge that judges', () => {
    const answer = (inner: string) =>
      `<DescribeVpcsResponse><vpcSet><item>${inner}</item></vpcSet></DescribeVpcsResponse>`;
    assert.deepEqual(strangers([answer('<vpcId>x</vpcId>')]), []);
    assert.deepEqual(strangers([answer('<VpcId>x</VpcId>')]), ['DescribeVpcs.vpcSet[].VpcId']);
  });
});
