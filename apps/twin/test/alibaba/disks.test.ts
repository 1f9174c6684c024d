/** Disks, snapshots, images and addresses on their way, under a clock that stands still until it is moved; sizes, limits and quotas. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { callNew, type Fields } from './client.ts';
import { image, network, region, size, startTwin, zone, type Twin } from './server.ts';

// Requests are signed with the true time, so it can't be far off.
let now = Date.now();
let twin: Twin;
let InstanceId: string;
let net: Awaited<ReturnType<typeof network>>;

before(async () => {
  // Machines keep their own time, which is no time; disks take 100 ms of the clock's, copies 900.
  twin = await startTwin({
    now: () => now,
    delays: { create: 0, start: 0, stop: 0, reboot: 0, terminate: 0 },
    quotas: { disks: 8, disksPerInstance: 3, snapshots: 3, customImages: 1 },
  });
  net = await network(twin);
  InstanceId = await launch();
  Object.assign(twin.cloud.delays, { create: 900 });
});
after(() => twin.close());

async function launch(fields: Fields = {}): Promise<string> {
  const { VSwitchId, SecurityGroupId } = net;
  const { InstanceIdSets } = await twin.ok('ecs', 'RunInstances', {
    ImageId: image,
    InstanceType: size,
    VSwitchId,
    SecurityGroupId,
    ...fields,
  });
  return String(InstanceIdSets.InstanceIdSet[0]);
}
async function disk(fields: Fields = {}): Promise<string> {
  const { DiskId } = await twin.ok('ecs', 'CreateDisk', {
    ZoneId: zone,
    DiskCategory: 'cloud_efficiency',
    Size: 20,
    ...fields,
  });
  return String(DiskId);
}
const seen = async (DiskId: string) =>
  (await twin.ok('ecs', 'DescribeDisks', { DiskIds: JSON.stringify([DiskId]) })).Disks.Disk[0];
const refuse = async (action: string, cases: readonly [Fields, string][]) => {
  for (const [fields, code] of cases) {
    const { body, text } = await callNew(
      twin.base,
      'ecs',
      action,
      { RegionId: region, ...fields },
      twin.keys,
    );
    assert.equal(body.Code, code, `${JSON.stringify(fields)}: ${text}`);
  }
};

test('Creating, Attaching, Detaching: each refuses what it must', async () => {
  const DiskId = await disk();
  assert.equal((await seen(DiskId)).Status, 'Creating');
  await twin.fails('ecs', 'AttachDisk', { DiskId, InstanceId }, 'IncorrectDiskStatus', 403);
  await twin.fails('ecs', 'DeleteDisk', { DiskId }, 'IncorrectDiskStatus', 403);
  await twin.fails('ecs', 'ResizeDisk', { DiskId, NewSize: 30 }, 'IncorrectDiskStatus', 403);
  now += 100;
  assert.equal((await seen(DiskId)).Status, 'Available');
  await twin.fails('ecs', 'DetachDisk', { DiskId, InstanceId }, 'DependencyViolation', 403);

  await twin.fails('ecs', 'AttachDisk', { DiskId, InstanceId, DryRun: true }, 'DryRunOperation');
  await twin.ok('ecs', 'AttachDisk', { DiskId, InstanceId });
  let at = await seen(DiskId);
  assert.deepEqual([at.Status, at.InstanceId, at.Device], ['Attaching', InstanceId, '']);
  await twin.fails('ecs', 'DetachDisk', { DiskId, InstanceId }, 'IncorrectDiskStatus', 403);
  now += 100;
  at = await seen(DiskId);
  assert.deepEqual([at.Status, at.Device], ['In_use', '/dev/xvdb']);
  assert.equal(Date.parse(at.AttachedTime), Math.floor((now - 100) / 1000) * 1000);

  await twin.ok('ecs', 'DetachDisk', { DiskId, InstanceId });
  assert.equal((await seen(DiskId)).Status, 'Detaching');
  await twin.fails('ecs', 'AttachDisk', { DiskId, InstanceId }, 'IncorrectDiskStatus', 403);
  now += 100;
  at = await seen(DiskId);
  assert.deepEqual([at.Status, at.InstanceId], ['Available', '']);
  for (const [Status, count] of [
    ['Available', 1],
    ['In_use', 1],
    ['All', 2],
  ] as const)
    assert.equal((await twin.ok('ecs', 'DescribeDisks', { Status })).TotalCount, count, Status);
  await twin.ok('ecs', 'DeleteDisk', { DiskId });
});

test('a snapshot and an image take their time, and progress', async () => {
  const [{ DiskId }] = (await twin.ok('ecs', 'DescribeDisks', { InstanceId })).Disks.Disk;
  const { SnapshotId } = await twin.ok('ecs', 'CreateSnapshot', { DiskId });
  const snapshot = async () => (await twin.ok('ecs', 'DescribeSnapshots')).Snapshots.Snapshot[0];
  now += 450;
  assert.deepEqual([(await snapshot()).Status, (await snapshot()).Progress], ['progressing', '50%']);
  await twin.fails('ecs', 'CreateSnapshot', { DiskId }, 'IncorrectDiskStatus.CreatingSnapshot', 403);
  await twin.fails('ecs', 'ResizeDisk', { DiskId, NewSize: 60 }, 'DiskCreatingSnapshot', 403);
  await twin.fails('ecs', 'CreateImage', { SnapshotId }, 'InvalidSnapshotId.NotReady', 403);
  now += 450;
  assert.equal((await snapshot()).Status, 'accomplished');

  const { ImageId } = await twin.ok('ecs', 'CreateImage', { InstanceId, ImageName: 'golden' });
  const images = (fields: Fields) => twin.ok('ecs', 'DescribeImages', { ImageOwnerAlias: 'self', ...fields });
  assert.equal((await images({})).TotalCount, 0);
  const [made] = (await images({ Status: 'Creating,Available' })).Images.Image;
  assert.deepEqual([made.Status, made.Progress], ['Creating', '0%']);
  await twin.fails('ecs', 'DeleteImage', { ImageId }, 'ImageIsCreating', 403);
  await twin.fails('ecs', 'CreateImage', { SnapshotId, ImageName: 'more' }, 'QuotaExceed.Image', 403);
  const { VSwitchId, SecurityGroupId } = net;
  const fields = { ImageId, InstanceType: size, VSwitchId, SecurityGroupId };
  await twin.fails('ecs', 'RunInstances', fields, 'IncorrectImageStatus', 403);
  now += 900;
  assert.equal((await images({ ImageName: 'gold*' })).TotalCount, 1);
  await twin.fails('ecs', 'RunInstances', { ...fields, DryRun: true }, 'DryRunOperation');
  await twin.ok('ecs', 'DeleteImage', { ImageId });
  const { Snapshots } = await twin.ok('ecs', 'DescribeSnapshots', { Usage: 'none' });
  assert.equal(Snapshots.Snapshot.length, 2);
  await twin.ok('ecs', 'CreateSnapshot', { DiskId });
  now += 900;
  await twin.fails('ecs', 'CreateSnapshot', { DiskId }, 'QuotaExceed.Snapshot', 403);
  for (const each of (await twin.ok('ecs', 'DescribeSnapshots')).Snapshots.Snapshot)
    await twin.ok('ecs', 'DeleteSnapshot', { SnapshotId: each.SnapshotId });
});

test('an elastic address on its way', async () => {
  const { AllocationId } = await twin.ok('vpc', 'AllocateEipAddress', {
    Name: 'door',
    'Tag.1.Key': 'a',
    'Tag.1.Value': 'b',
  });
  const status = async () =>
    (await twin.ok('vpc', 'DescribeEipAddresses', { AllocationId })).EipAddresses.EipAddress[0].Status;
  await twin.ok('vpc', 'AssociateEipAddress', { AllocationId, InstanceId, ClientToken: 'bind' });
  assert.equal(await status(), 'Associating');
  // The same request again is the same, another isn't.
  await twin.ok('vpc', 'AssociateEipAddress', { AllocationId, InstanceId, ClientToken: 'bind' });
  await twin.fails('vpc', 'UnassociateEipAddress', { AllocationId }, 'IncorrectEipStatus', 400);
  await twin.fails('vpc', 'ReleaseEipAddress', { AllocationId }, 'IncorrectEipStatus', 400);
  now += 100;
  assert.equal(await status(), 'InUse');
  await twin.fails('vpc', 'AssociateEipAddress', { AllocationId, InstanceId }, 'IncorrectEipStatus', 400);
  const other = await twin.ok('vpc', 'AllocateEipAddress');
  await twin.fails(
    'vpc',
    'AssociateEipAddress',
    { AllocationId: other.AllocationId, InstanceId },
    'InvalidAssociation.Duplicated',
    400,
  );
  const { EipAddresses, TotalCount } = await twin.ok('vpc', 'DescribeEipAddresses', {
    AssociatedInstanceType: 'EcsInstance',
    AssociatedInstanceId: InstanceId,
    Status: 'InUse',
    'Tag.1.Key': 'a',
  });
  assert.deepEqual([TotalCount, EipAddresses.EipAddress[0].Name], [1, 'door']);
  await twin.ok('vpc', 'UnassociateEipAddress', { AllocationId, InstanceId });
  assert.equal(await status(), 'Unassociating');
  now += 100;
  for (const id of [AllocationId, other.AllocationId])
    await twin.ok('vpc', 'ReleaseEipAddress', { AllocationId: id });
});

test('sizes, categories, zones, quotas', async () => {
  const good = { ZoneId: zone, DiskCategory: 'cloud_essd', Size: 40 };
  const { ZoneId: _, ...nowhere } = good;
  await refuse('CreateDisk', [
    [{ ...good, Size: 19 }, 'InvalidDiskSize.NotSupported'],
    [{ ...good, PerformanceLevel: 'PL2' }, 'OperationDenied.PerformanceLevelNotMatch'],
    [{ ...good, PerformanceLevel: 'PL9' }, 'InvalidPerformanceLevel.Malformed'],
    [{ ...good, DiskCategory: 'cloud_ssd', PerformanceLevel: 'PL1' }, 'InvalidPerformanceLevel.Malformed'],
    [{ ...good, DiskCategory: 'cloud', Size: 2001 }, 'InvalidDiskSize.NotSupported'],
    [{ ...good, DiskCategory: 'tape' }, 'InvalidDiskCategory.ValueNotSupported'],
    [{ ...good, Size: 'big' }, 'InvalidSize'],
    [{ ...good, ZoneId: 'ap-northeast-2z' }, 'InvalidZoneId.NotFound'],
    [{ ...good, SnapshotId: 's-0' }, 'InvalidSnapshotId.NotFound'],
    [{ ZoneId: zone, DiskCategory: 'cloud_essd' }, 'MissingParameter'],
    [nowhere, 'MissingZoneId'],
    [{ ...good, DiskName: '1' }, 'InvalidDiskName.Malformed'],
    [{ ...good, InstanceId }, 'InvalidParameter.Conflict'],
    [{ ...good, DryRun: true }, 'DryRunOperation'],
  ]);
  await refuse('DescribeDisks', [
    [{ Category: 'tape' }, 'InvalidCategory.ValueNotSupported'],
    [{ Status: 'Lost' }, 'InvalidStatus.ValueNotSupported'],
    [{ DiskType: 'floppy' }, 'InvalidDiskType.ValueNotSupported'],
    [{ DiskIds: 'd-1' }, 'InvalidDiskIds.Malformed'],
    [{ PageNumber: 1, PageSize: 101 }, 'InvalidParameter'],
  ]);

  const far = await disk({ ZoneId: 'ap-northeast-2b' });
  const disks = [await disk(), await disk({ DiskCategory: 'cloud', Size: 5 }), await disk(), await disk()];
  now += 100;
  await refuse('AttachDisk', [
    [{ DiskId: far, InstanceId }, 'ResourcesNotInSameZone'],
    [{ DiskId: 'd-0', InstanceId }, 'InvalidDiskId.NotFound'],
    [{ DiskId: far, InstanceId: 'i-0' }, 'InvalidInstanceId.NotFound'],
    [{ DiskId: disks[0] ?? '', InstanceId, Device: '/dev/sda' }, 'InvalidDevice.Malformed'],
    [{ DiskId: disks[0] ?? '', InstanceId, Bootable: true }, 'InvalidDisk.DiskNotBootable'],
  ]);
  for (const DiskId of disks.slice(0, 3)) await twin.ok('ecs', 'AttachDisk', { DiskId, InstanceId });
  await refuse('AttachDisk', [[{ DiskId: disks[3] ?? '', InstanceId }, 'InstanceDiskLimitExceeded']]);
  now += 100;
  const [, old = ''] = disks;
  await refuse('ResizeDisk', [
    [{ DiskId: old }, 'MissingNewSize'],
    [{ DiskId: old, NewSize: 2001 }, 'InvalidDiskSize.TooLarge'],
    [{ DiskId: old, NewSize: 10, Type: 'online' }, 'InvalidDiskCategory.NotSupported'],
    [{ DiskId: old, NewSize: 10, Type: 'fast' }, 'InvalidParam.Type'],
  ]);
  await twin.ok('ecs', 'ResizeDisk', { DiskId: old, NewSize: 10 });
  const paged: string[] = [];
  for (let token: string | undefined; token !== ''; ) {
    const page = await twin.ok('ecs', 'DescribeDisks', { MaxResults: 4, ...(token && { NextToken: token }) });
    paged.push(...page.Disks.Disk.map((each: { DiskId: string }) => each.DiskId));
    token = page.NextToken;
  }
  assert.equal(new Set(paged).size, 6);
  for (let n = 0; n < 3; n++) await disk();
  await refuse('CreateDisk', [[good, 'QuotaExceed.PortableCloudDisk']]);
});
