/** The vendor's own RPC client for JavaScript (@alicloud/pop-core) against the wire: disks, snapshots, images, addresses, tags, prices. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { after, afterEach, before, test } from 'node:test';
import RPCClient from '@alicloud/pop-core';
import { versions, type Reply } from './client.ts';
import { image, network, region, size, startTwin, zone, type Twin } from './server.ts';

type Body = Reply['body'];
let twin: Twin;
let ecs: (action: string, fields?: object, post?: boolean) => Promise<Body>;
let vpc: typeof ecs;
/** What the machines' files were copied to, in order, and what of it was dropped. */
const captured: string[] = [];
const discarded: string[] = [];

before(async () => {
  twin = await startTwin();
  const { machines } = twin.world;
  Object.assign(machines, {
    capture: (machine: { id: string }, disk: string) => captured.push(`${machine.id} → ${disk}`),
    discard: (disk: string) => discarded.push(disk),
  });
  const clientOf = (product: 'ecs' | 'vpc') => {
    const client = new RPCClient({
      endpoint: `${twin.base}/${product}`,
      apiVersion: versions[product],
      accessKeyId: twin.keys.id,
      accessKeySecret: twin.keys.secret,
    });
    return async (action: string, fields: object = {}, post = false): Promise<Body> => {
      const method = post ? 'POST' : 'GET';
      // The client's objects have no prototype.
      return structuredClone(await client.request(action, { RegionId: region, ...fields }, { method }));
    };
  };
  ecs = clientOf('ecs');
  vpc = clientOf('vpc');
});
after(() => twin.close());
afterEach(() => twin.wire.reset(twin.cloud));

const refused = (promise: Promise<unknown>, code: string) =>
  assert.rejects(promise, (error: { code?: string }) => {
    assert.equal(error.code, code);
    return true;
  });
const one = async (action: string, fields: object, ...path: string[]): Promise<Body> =>
  path.reduce((body, name) => body[name], await ecs(action, fields));

async function run(fields: object = {}): Promise<string> {
  const { VSwitchId, SecurityGroupId } = await network(twin, '10.9.0.0/16');
  const { InstanceIdSets } = await ecs('RunInstances', {
    ImageId: image,
    InstanceType: size,
    VSwitchId,
    SecurityGroupId,
    ...fields,
  });
  await turn();
  return InstanceIdSets.InstanceIdSet[0];
}

test('regions and zones', async () => {
  const { Regions } = await ecs('DescribeRegions', { AcceptLanguage: 'en-US' });
  assert.ok(Regions.Region.length >= 29);
  const seoul = Regions.Region.find((each: Body) => each.RegionId === region);
  assert.deepEqual(seoul, {
    RegionId: region,
    RegionEndpoint: 'ecs.ap-northeast-2.aliyuncs.com',
    LocalName: 'South Korea (Seoul)',
    Status: 'available',
  });
  const chinese = await vpc('DescribeRegions');
  assert.equal(chinese.Regions.Region[0].LocalName, '华东1（杭州）');
  assert.equal(chinese.Regions.Region[0].RegionEndpoint, 'vpc.cn-hangzhou.aliyuncs.com');
  for (const { RegionId } of Regions.Region) {
    const { Zones } = await ecs('DescribeZones', { RegionId, AcceptLanguage: 'en-US' });
    for (const each of Zones.Zone) {
      assert.ok(each.ZoneId.startsWith(RegionId), each.ZoneId);
      assert.ok(each.AvailableResourceCreation.ResourceTypes.includes('Instance'));
      assert.ok(each.AvailableDiskCategories.DiskCategories.includes('cloud_essd'));
      assert.ok(each.AvailableInstanceTypes.InstanceTypes.includes(size));
    }
    // GPUs stand in one zone.
    const gpus = Zones.Zone.filter((each: Body) =>
      each.AvailableInstanceTypes.InstanceTypes.includes('ecs.gn6i-c4g1.xlarge'),
    );
    assert.equal(gpus.length, 1, RegionId);
  }
});

test('instance types in pages, with prices', async () => {
  const types: Body[] = [];
  for (let NextToken: string | undefined; NextToken !== ''; ) {
    const page = await ecs('DescribeInstanceTypes', { MaxResults: 40, ...(NextToken && { NextToken }) });
    types.push(...page.InstanceTypes.InstanceType);
    NextToken = page.NextToken;
  }
  assert.ok(types.length >= 60);
  assert.equal(new Set(types.map(each => each.InstanceTypeId)).size, types.length);
  const byId = new Map(types.map(each => [each.InstanceTypeId, each]));
  const t4 = byId.get('ecs.gn6i-c4g1.xlarge');
  assert.deepEqual([t4.GPUAmount, t4.GPUSpec, t4.CpuArchitecture], [1, 'NVIDIA T4', 'X86']);
  assert.equal(byId.get('ecs.g8y.large').CpuArchitecture, 'ARM');
  const few = await ecs('DescribeInstanceTypes', { GPUSpec: 'NVIDIA A100', MinimumGPUAmount: 8 });
  assert.deepEqual(
    few.InstanceTypes.InstanceType.map((each: Body) => each.InstanceTypeId),
    ['ecs.gn7e-c16g1.32xlarge'],
  );

  const price = async (fields: object) =>
    (await ecs('DescribePrice', { ResourceType: 'instance', PriceUnit: 'Hour', ...fields })).PriceInfo.Price;
  const zones = { RegionId: 'cn-hangzhou', 'SystemDisk.Category': 'cloud_efficiency', 'SystemDisk.Size': 40 };
  for (const { InstanceTypeId: InstanceType } of types) {
    const { OriginalPrice, TradePrice, DiscountPrice, Currency } = await price({ InstanceType, ...zones });
    assert.ok(OriginalPrice > 0.04 && OriginalPrice < 400, InstanceType);
    assert.deepEqual([TradePrice, DiscountPrice, Currency], [OriginalPrice, 0, 'CNY']);
  }
  const large = await price({ InstanceType: 'ecs.g6.large', ...zones });
  assert.deepEqual(
    large.DetailInfos.DetailInfo.map((each: Body) => each.Resource),
    ['instanceType', 'image', 'systemDisk', 'bandwidth'],
  );
  assert.equal(large.DetailInfos.DetailInfo[0].OriginalPrice, 0.5);
  assert.equal((await price({ InstanceType: 'ecs.g6.large' })).Currency, 'USD');
  const year = await price({ InstanceType: 'ecs.g6.large', PriceUnit: 'Year' });
  assert.ok(year.DiscountPrice > 0 && year.TradePrice < year.OriginalPrice);
  const disk = await price({
    ResourceType: 'disk',
    'DataDisk.1.Category': 'cloud_essd',
    'DataDisk.1.PerformanceLevel': 'PL1',
    'DataDisk.1.Size': 100,
  });
  assert.ok(disk.OriginalPrice > 0);
  await refused(ecs('DescribePrice', {}), 'MissingInstanceType');
  await refused(
    ecs('DescribePrice', { InstanceType: 'ecs.g6.large', PriceUnit: 'Decade' }),
    'InvalidPriceUnit.ValueNotSupported',
  );
  const { AvailableZones } = await ecs('DescribeAvailableResource', {
    DestinationResource: 'InstanceType',
    InstanceType: 'ecs.gn6i-c4g1.xlarge',
  });
  assert.deepEqual(
    AvailableZones.AvailableZone.map((each: Body) => each.ZoneId),
    [zone],
  );
});

test('a disk’s life: made, attached, grown, taken off, deleted', async () => {
  const InstanceId = await run();
  const input = {
    ZoneId: zone,
    DiskCategory: 'cloud_essd',
    PerformanceLevel: 'PL1',
    Size: 40,
    DiskName: 'data',
    ClientToken: 'disk-1',
    Tag: [{ Key: 'owner', Value: 'me' }],
  };
  const { DiskId } = await ecs('CreateDisk', input, true);
  assert.match(DiskId, /^d-mj7/);
  assert.equal((await ecs('CreateDisk', input)).DiskId, DiskId);
  await refused(ecs('CreateDisk', { ...input, Size: 41 }), 'IdempotentParameterMismatch');
  const disk = () => one('DescribeDisks', { DiskIds: JSON.stringify([DiskId]) }, 'Disks', 'Disk', '0');
  let seen = await disk();
  assert.deepEqual(
    [seen.Status, seen.PerformanceLevel, seen.Portable, seen.InstanceId],
    ['Available', 'PL1', true, ''],
  );
  assert.deepEqual(seen.Tags.Tag, [{ TagKey: 'owner', TagValue: 'me' }]);
  await refused(ecs('CreateSnapshot', { DiskId }), 'IncorrectDiskStatus.NeverAttached');

  await ecs('AttachDisk', { DiskId, InstanceId });
  seen = await disk();
  assert.deepEqual(
    [seen.Status, seen.InstanceId, seen.Device, seen.DeleteWithInstance],
    ['In_use', InstanceId, '/dev/xvdb', false],
  );
  await refused(ecs('AttachDisk', { DiskId, InstanceId }), 'IncorrectDiskStatus');
  await refused(ecs('DeleteDisk', { DiskId }), 'IncorrectDiskStatus');
  await refused(ecs('ResizeDisk', { DiskId, NewSize: 20 }), 'InvalidDiskSize.TooSmall');
  await refused(ecs('ResizeDisk', { DiskId, NewSize: 40 }), 'InvalidDiskSize');
  await ecs('ResizeDisk', { DiskId, NewSize: 60, Type: 'online' });
  assert.equal((await disk()).Size, 60);
  await ecs('ModifyDiskAttribute', { DiskId, DiskName: 'other', DeleteWithInstance: true });
  seen = await disk();
  assert.deepEqual([seen.DiskName, seen.DeleteWithInstance], ['other', true]);

  const { Disks } = await ecs('DescribeDisks', { InstanceId });
  const system = Disks.Disk.find((each: Body) => each.Type === 'system');
  await refused(ecs('DetachDisk', { DiskId: system.DiskId, InstanceId }), 'DiskTypeViolation');
  await refused(ecs('DeleteDisk', { DiskId: system.DiskId }), 'DiskTypeViolation');

  const { SnapshotId } = await ecs('CreateSnapshot', { DiskId, SnapshotName: 'snap' });
  const [snapshot] = (await ecs('DescribeSnapshots', { DiskId })).Snapshots.Snapshot;
  assert.deepEqual(
    [snapshot.Status, snapshot.Progress, snapshot.SourceDiskSize],
    ['accomplished', '100%', '60'],
  );
  const copy = await ecs('CreateDisk', { ZoneId: zone, DiskCategory: 'cloud_ssd', SnapshotId });
  await refused(ecs('DeleteSnapshot', { SnapshotId }), 'SnapshotCreatedDisk');
  await ecs('DeleteDisk', { DiskId: copy.DiskId });
  await ecs('DeleteSnapshot', { SnapshotId });

  await ecs('DetachDisk', { DiskId, InstanceId });
  assert.equal((await disk()).Status, 'Available');
  await refused(ecs('DetachDisk', { DiskId, InstanceId }), 'DependencyViolation');
  await ecs('DeleteDisk', { DiskId });
  await refused(ecs('DeleteDisk', { DiskId }), 'InvalidDiskId.NotFound');
});

test('what goes with an instance and what stays', async () => {
  const InstanceId = await run({
    DataDisk: [
      { Size: 20, Category: 'cloud_efficiency', DeleteWithInstance: true },
      {
        Size: 30,
        Category: 'cloud_essd',
        PerformanceLevel: 'PL0',
        DeleteWithInstance: false,
        DiskName: 'kept',
      },
    ],
    'SystemDisk.Size': 50,
  });
  const { TotalCount, Disks } = await ecs('DescribeDisks', { InstanceId });
  assert.equal(TotalCount, 3);
  assert.deepEqual(
    Disks.Disk.map((each: Body) => [each.Type, each.Device, each.Size]),
    [
      ['system', '/dev/xvda', 50],
      ['data', '/dev/xvdb', 20],
      ['data', '/dev/xvdc', 30],
    ],
  );
  await ecs('DeleteInstance', { InstanceId, Force: true });
  await turn();
  const left = (await ecs('DescribeDisks')).Disks.Disk;
  assert.deepEqual(
    left.map((each: Body) => [each.DiskName, each.Status, each.InstanceId]),
    [['kept', 'Available', '']],
  );
});

test('an image of an instance carries its files; its snapshot outlives it', async () => {
  const InstanceId = await run();
  const { ImageId } = await ecs('CreateImage', { InstanceId, ImageName: 'golden', ImageFamily: 'mine' });
  const [made = ''] = captured.splice(0);
  const [from, key] = made.split(' → ');
  assert.equal(from, InstanceId);
  await refused(ecs('CreateImage', { InstanceId, ImageName: 'golden' }), 'InvalidImageName.Duplicated');
  const own = (await ecs('DescribeImages', { ImageOwnerAlias: 'self' })).Images.Image;
  assert.equal(own.length, 1);
  assert.deepEqual(
    [own[0].ImageId, own[0].ImageName, own[0].Status, own[0].Usage, own[0].Platform, own[0].Size],
    [ImageId, 'golden', 'Available', 'none', 'Ubuntu', 40],
  );
  const { SnapshotId } = own[0].DiskDeviceMappings.DiskDeviceMapping[0];

  const { VSwitchId, SecurityGroupId } = await network(twin, '10.10.0.0/16');
  const fields = { ImageId, InstanceType: size, VSwitchId, SecurityGroupId };
  await refused(
    ecs('RunInstances', { ...fields, 'SystemDisk.Size': 20 }),
    'InvalidSystemDiskSize.LessThanImageSize',
  );
  const { InstanceIdSets } = await ecs('RunInstances', fields);
  const [copy] = InstanceIdSets.InstanceIdSet;
  assert.equal(twin.world.machines.byKey(`seoul/${copy}`)?.disk, key);
  assert.equal((await one('DescribeInstances', { ImageId }, 'Instances', 'Instance', '0')).InstanceId, copy);
  await turn();

  await refused(ecs('DeleteImage', { ImageId }), 'ImageUsingByInstance');
  await refused(ecs('DeleteSnapshot', { SnapshotId, Force: true }), 'SnapshotCreatedImage');
  await ecs('DeleteImage', { ImageId, Force: true });
  await ecs('DeleteImage', { ImageId });
  await refused(ecs('RunInstances', fields), 'InvalidImageId.NotFound');
  assert.deepEqual(discarded, []);

  // From the snapshot that is left.
  const second = await ecs('CreateImage', { SnapshotId, ImageName: 'silver' });
  await ecs('DeleteImage', { ImageId: second.ImageId });
  await ecs('DeleteSnapshot', { SnapshotId });
  assert.deepEqual(discarded, [key]);
  await refused(ecs('CreateImage', {}), 'MissingParameter');
});

test('an image of several disks: of an instance, and of snapshots put together', async () => {
  const InstanceId = await run({ DataDisk: [{ Size: 25, Category: 'cloud_ssd' }] });
  const { ImageId } = await ecs('CreateImage', {
    InstanceId,
    ImageName: 'pair',
    Tag: [{ Key: 'a', Value: 'b' }],
  });
  const [own] = (await ecs('DescribeImages', { Tag: [{ Key: 'a', Value: 'b' }] })).Images.Image;
  assert.deepEqual(
    own.DiskDeviceMappings.DiskDeviceMapping.map((each: Body) => [each.Device, each.Type, each.Size]),
    [
      ['/dev/xvda', 'system', '40'],
      ['/dev/xvdb', 'data', '25'],
    ],
  );
  const [system, data] = own.DiskDeviceMappings.DiskDeviceMapping;
  await refused(
    ecs('CreateImage', { DiskDeviceMapping: [{ SnapshotId: data.SnapshotId }] }),
    'OperationDenied',
  );
  await refused(ecs('CreateImage', { SnapshotId: data.SnapshotId }), 'OperationDenied');
  const { ImageId: second } = await ecs('CreateImage', {
    ImageName: 'put-together',
    DiskDeviceMapping: [
      { SnapshotId: system.SnapshotId },
      { SnapshotId: data.SnapshotId, Size: 30 },
      { Size: 50 },
    ],
  });
  const { VSwitchId, SecurityGroupId } = await network(twin, '10.12.0.0/16');
  for (const [id, sizes] of [
    [ImageId, [40, 25]],
    [second, [40, 30, 50]],
  ] as const) {
    const { InstanceIdSets } = await ecs('RunInstances', {
      ImageId: id,
      InstanceType: size,
      VSwitchId,
      SecurityGroupId,
    });
    const { Disks } = await ecs('DescribeDisks', { InstanceId: InstanceIdSets.InstanceIdSet[0] });
    assert.deepEqual(
      Disks.Disk.map((each: Body) => each.Size),
      sizes,
    );
    assert.equal(Disks.Disk[1].SourceSnapshotId, data.SnapshotId);
  }
  await ecs('ModifyImageAttribute', { ImageId: second, ImageName: 'renamed', Description: 'of two' });
  assert.equal((await ecs('DescribeImages', { ImageName: 'renamed' })).TotalCount, 1);
  // A reset drops what was kept of the machines' files.
  captured.length = 0;
  twin.wire.reset(twin.cloud);
  assert.equal(discarded.splice(0).length > 0, true);
});

test('CreateInstance makes one that is Stopped', async () => {
  const { VSwitchId, SecurityGroupId } = await network(twin, '10.11.0.0/16');
  const fields = {
    ImageId: image,
    InstanceType: size,
    VSwitchId,
    SecurityGroupId,
    InternetMaxBandwidthOut: 5,
  };
  const { InstanceId } = await ecs('CreateInstance', { ...fields, ClientToken: 'create-1' });
  assert.equal((await ecs('CreateInstance', { ...fields, ClientToken: 'create-1' })).InstanceId, InstanceId);
  await turn();
  const seen = () =>
    one('DescribeInstances', { InstanceIds: JSON.stringify([InstanceId]) }, 'Instances', 'Instance', '0');
  assert.equal((await seen()).Status, 'Stopped');
  const { IpAddress } = await ecs('AllocatePublicIpAddress', { InstanceId });
  await ecs('StartInstance', { InstanceId });
  await turn();
  assert.deepEqual(
    [(await seen()).Status, (await seen()).PublicIpAddress.IpAddress],
    ['Running', [IpAddress]],
  );

  // A system public address keeps elastic ones away.
  const { AllocationId } = await vpc('AllocateEipAddress', {
    Bandwidth: '5',
    InternetChargeType: 'PayByTraffic',
  });
  await refused(
    vpc('AssociateEipAddress', { AllocationId, InstanceId }),
    'EIP_CAN_NOT_ASSOCIATE_WITH_PUBLIC_IP',
  );
  await refused(vpc('AssociateEipAddress', { AllocationId, InstanceId: 'i-0' }), 'InvalidInstanId.NotFound');
  await refused(vpc('UnassociateEipAddress', { AllocationId }), 'IncorrectEipStatus');
  await vpc('ReleaseEipAddress', { AllocationId });
  await refused(vpc('ReleaseEipAddress', { AllocationId }), 'InvalidAllocationId.NotFound');
});

test('tags of every kind', async () => {
  const InstanceId = await run({ Tag: [{ Key: 'made', Value: 'by' }] });
  const DiskId = (await ecs('DescribeDisks', { InstanceId })).Disks.Disk[0].DiskId;
  const { ImageId } = await ecs('CreateImage', { InstanceId });
  const { SnapshotId } = (await ecs('DescribeSnapshots')).Snapshots.Snapshot[0];
  const eni = (await ecs('DescribeNetworkInterfaces', { InstanceId })).NetworkInterfaceSets
    .NetworkInterfaceSet[0];
  const group = (await ecs('DescribeSecurityGroups')).SecurityGroups.SecurityGroup[0].SecurityGroupId;
  await ecs('CreateKeyPair', { KeyPairName: 'tagged' });
  const ids = {
    instance: InstanceId,
    disk: DiskId,
    image: ImageId,
    snapshot: SnapshotId,
    securitygroup: group,
    keypair: 'tagged',
    eni: eni.NetworkInterfaceId,
  };
  for (const [ResourceType, id] of Object.entries(ids)) {
    await ecs('TagResources', {
      ResourceType,
      ResourceId: [id],
      Tag: [{ Key: 'team', Value: ResourceType }],
    });
    const { TagResources } = await ecs('ListTagResources', { ResourceType, Tag: [{ Key: 'team' }] });
    assert.deepEqual(
      TagResources.TagResource.find((each: Body) => each.TagKey === 'team'),
      { ResourceType, ResourceId: id, TagKey: 'team', TagValue: ResourceType },
    );
    await ecs('UntagResources', { ResourceType, ResourceId: [id], TagKey: ['team'] });
    const none = await ecs('ListTagResources', { ResourceType, ResourceId: [id], Tag: [{ Key: 'team' }] });
    assert.deepEqual(none.TagResources.TagResource, []);
  }
  // What is tagged at its creation passes its tags on to its disks and interface.
  const { TagResources } = await ecs('ListTagResources', { ResourceType: 'disk', ResourceId: [DiskId] });
  assert.equal(TagResources.TagResource[0].TagKey, 'made');
  assert.deepEqual(eni.Tags.Tag, [{ TagKey: 'made', TagValue: 'by' }]);
  const { VpcId } = (await vpc('DescribeVpcs')).Vpcs.Vpc[0];
  await vpc('TagResources', { ResourceType: 'VPC', ResourceId: [VpcId], Tag: [{ Key: 'a', Value: 'b' }] });
  assert.equal((await vpc('DescribeVpcs', { Tag: [{ Key: 'a', Value: 'b' }] })).TotalCount, 1);
  await refused(
    ecs('TagResources', { ResourceType: 'disk', ResourceId: ['d-0'], Tag: [{ Key: 'a' }] }),
    'InvalidResourceId.NotFound',
  );
});
