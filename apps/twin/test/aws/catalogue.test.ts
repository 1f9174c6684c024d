/** Regions, zones, types, images, account attributes; paging and dry runs everywhere. */
import * as ec2 from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { actions } from '../../src/wire/aws/actions.ts';
import { imagesOf } from '../../src/wire/aws/image-catalogue.ts';
import { imageView, printImage } from '../../src/wire/aws/images.ts';
import { defaultQuotas } from '../../src/wire/aws/quotas.ts';
import { printMembers } from '../../src/wire/aws/xml.ts';
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
      ['a', 'b', 'c', 'd'].map((zone, i) => `${region}${zone}=apne2-az${i + 1}`),
    );
    assert.equal((await zones('us-east-1'))?.at(-1), 'us-east-1f=use1-az6');
    const some = await client.send(
      new ec2.DescribeAvailabilityZonesCommand({
        ZoneIds: ['apne2-az2', 'apne2-az4'],
        Filters: [{ Name: 'zone-name', Values: ['*d'] }],
      }),
    );
    assert.deepEqual(
      some.AvailabilityZones?.map(zone => zone.ZoneName),
      [`${region}d`],
    );
    await fails(
      client.send(new ec2.DescribeAvailabilityZonesCommand({ ZoneNames: ['us-east-1a'] })),
      'InvalidParameterValue',
    );
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
    const all: ec2.InstanceTypeInfo[] = [];
    for await (const page of ec2.paginateDescribeInstanceTypes({ client }, {})) {
      assert.ok((page.InstanceTypes?.length ?? 0) <= 100);
      all.push(...(page.InstanceTypes ?? []));
    }
    assert.ok(all.length > 100);
    const gpus = new Map(
      all.flatMap(one => {
        const [gpu] = one.GpuInfo?.Gpus ?? [];
        return gpu
          ? [[one.InstanceType, `${gpu.Count} ${gpu.Name} ${one.GpuInfo?.TotalGpuMemoryInMiB}`]]
          : [];
      }),
    );
    assert.deepEqual(
      ['p3.8xlarge', 'p4d.24xlarge', 'g4dn.12xlarge', 'g5.48xlarge', 'g6.xlarge', 'p5.48xlarge'].map(name =>
        gpus.get(name as never),
      ),
      ['4 V100 65536', '8 A100 327680', '4 T4 65536', '8 A10G 196608', '1 L4 22888', undefined],
    );
    const big = await client.send(
      new ec2.DescribeInstanceTypesCommand({
        Filters: [
          { Name: 'vcpu-info.default-vcpus', Values: ['64'] },
          { Name: 'processor-info.supported-architecture', Values: ['arm64'] },
        ],
      }),
    );
    assert.deepEqual(
      big.InstanceTypes?.map(one => one.InstanceType),
      ['c6g.16xlarge', 'c7g.16xlarge', 'm6g.16xlarge', 'm7g.16xlarge', 'r6g.16xlarge'],
    );
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

  it('has a catalogue as large as the cloud is told, listed fast', async () => {
    const big = await startTwin({ name: 'big', quotas: { images: 12_000 } });
    const seen = new Set<string>();
    for await (const { Images = [] } of ec2.paginateDescribeImages(
      { client: big.client, pageSize: 1000 },
      {},
    ))
      for (const image of Images) seen.add(some(image.ImageId));
    assert.equal(seen.size, 12_000);
    const newest = await big.client.send(
      new ec2.DescribeImagesCommand({
        Owners: ['099720109477'],
        Filters: [{ Name: 'name', Values: ['ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-amd64-server-2024*'] }],
      }),
    );
    assert.ok(some(newest.Images?.length) > 100);
    assert.equal(
      newest.Images?.map(one => some(one.CreationDate))
        .sort()
        .at(-1),
      '2024-12-11T07:11:00.000Z',
    );
    await big.close();
    for (const image of imagesOf('eu-west-1', 500).values())
      assert.equal(printImage(image), printMembers(imageView(image)));
    assert.equal(imagesOf('eu-west-1', 0).size, 0);
    assert.equal(imagesOf('eu-west-1', 1e9).size, 20_000);
    assert.equal(imagesOf('eu-west-1').size, defaultQuotas.images);
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
