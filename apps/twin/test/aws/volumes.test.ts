/** EBS: volumes, their attachments, modifications and snapshots. */
import * as ec2 from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fails, region, some, startTwin, type Twin } from './server.ts';

const zone = `${region}a`;
const hour = 60 * 60_000;

describe('volumes', () => {
  let twin: Twin;
  let client: ec2.EC2Client;
  let ImageId: string;
  let offset = 0;

  before(async () => {
    twin = await startTwin({ quotas: { volumeStorageTib: 100 }, now: () => Date.now() + offset });
    client = twin.client;
    const { Images = [] } = await client.send(
      new ec2.DescribeImagesCommand({ Filters: [{ Name: 'name', Values: ['debian-12-amd64-20241201-*'] }] }),
    );
    ImageId = some(Images[0]?.ImageId);
  });
  after(() => twin.close());

  const create = (input: Partial<ec2.CreateVolumeCommandInput> = {}) =>
    client.send(
      new ec2.CreateVolumeCommand({ AvailabilityZone: zone, Size: 10, VolumeType: 'gp3', ...input }),
    );
  const made = async (input: Partial<ec2.CreateVolumeCommandInput> = {}) =>
    some((await create(input)).VolumeId);
  const read = async (id: string) =>
    some((await client.send(new ec2.DescribeVolumesCommand({ VolumeIds: [id] }))).Volumes?.[0]);
  const remove = (VolumeId: string) => client.send(new ec2.DeleteVolumeCommand({ VolumeId }));
  const run = async (input: Partial<ec2.RunInstancesCommandInput> = {}) => {
    const { Instances = [] } = await client.send(
      new ec2.RunInstancesCommand({
        ImageId,
        InstanceType: 't3.nano',
        MinCount: 1,
        MaxCount: 1,
        Placement: { AvailabilityZone: zone },
        ...input,
      }),
    );
    return some(Instances[0]?.InstanceId);
  };
  const instance = async (id: string) =>
    some(
      (await client.send(new ec2.DescribeInstancesCommand({ InstanceIds: [id] }))).Reservations?.[0]
        ?.Instances?.[0],
    );
  const attach = (VolumeId: string, InstanceId: string, Device = '/dev/sdf') =>
    client.send(new ec2.AttachVolumeCommand({ VolumeId, InstanceId, Device }));
  const detach = (VolumeId: string, more: Partial<ec2.DetachVolumeCommandInput> = {}) =>
    client.send(new ec2.DetachVolumeCommand({ VolumeId, ...more }));
  const end = (...InstanceIds: string[]) => client.send(new ec2.TerminateInstancesCommand({ InstanceIds }));
  const count = () => twin.wire.counts(twin.cloud)['volumes'];

  it('are created with the figures of their type', async () => {
    const answer = await create({
      Size: 100,
      TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'Name', Value: 'data' }] }],
    });
    assert.deepEqual(
      [answer.State, answer.Iops, answer.Throughput, answer.AvailabilityZoneId, answer.Tags?.[0]?.Value],
      ['creating', 3000, 125, 'apne2-az1', 'data'],
    );
    const ids = [some(answer.VolumeId)];
    const figures = async (input: Partial<ec2.CreateVolumeCommandInput>) => {
      const { VolumeId, Iops, Throughput } = await create(input);
      ids.push(some(VolumeId));
      return [Iops, Throughput];
    };
    assert.deepEqual(await figures({ VolumeType: 'gp2', Size: 1 }), [100, undefined]);
    assert.deepEqual(await figures({ VolumeType: undefined, Size: 1000 }), [3000, undefined]);
    assert.deepEqual(await figures({ VolumeType: 'gp2', Size: 16_384 }), [16_000, undefined]);
    assert.deepEqual(await figures({ Size: 64, Iops: 32_000, Throughput: 1000 }), [32_000, 1000]);
    assert.deepEqual(await figures({ VolumeType: 'io2', Iops: 10_000 }), [10_000, undefined]);
    assert.deepEqual(await figures({ VolumeType: 'io1', Iops: 500 }), [500, undefined]);
    assert.deepEqual(await figures({ VolumeType: 'st1', Size: 125 }), [undefined, undefined]);
    assert.deepEqual(await figures({ VolumeType: 'sc1', Size: 125 }), [undefined, undefined]);
    assert.deepEqual(await figures({ VolumeType: 'standard', Size: 1 }), [undefined, undefined]);
    const { Volumes = [] } = await client.send(
      new ec2.DescribeVolumesCommand({ Filters: [{ Name: 'tag:Name', Values: ['da*'] }] }),
    );
    assert.deepEqual(
      Volumes.map(one => [one.VolumeId, one.State]),
      [[ids[0], 'available']],
    );
    assert.equal(count(), ids.length);
    const pages: number[] = [];
    for await (const page of ec2.paginateDescribeVolumes({ client, pageSize: 5 }, {}))
      pages.push(page.Volumes?.length ?? 0);
    assert.deepEqual(pages, [5, 5]);
    await Promise.all(ids.map(remove));
    await fails(read(some(ids[0])), 'InvalidVolume.NotFound', /'vol-\w+' does not exist/);
    assert.equal(count(), undefined);
  });

  it('are refused in the words of the real service', async () => {
    await fails(create({ AvailabilityZone: 'us-east-1a' }), 'InvalidZone.NotFound');
    await fails(create({ AvailabilityZone: undefined }), 'MissingParameter', /AvailabilityZone/);
    await fails(create({ Size: undefined }), 'MissingParameter', /size or snapshotId/);
    await fails(create({ VolumeType: 'gp9' as never }), 'UnknownVolumeType');
    await fails(create({ Size: 0 }), 'InvalidParameterValue', /too small/);
    await fails(create({ VolumeType: 'st1', Size: 124 }), 'InvalidParameterValue', /minimum is 125GiB/);
    await fails(create({ VolumeType: 'gp2', Size: 16_385 }), 'InvalidParameterValue', /maximum is 16384GiB/);
    await fails(create({ VolumeType: 'standard', Size: 1025 }), 'InvalidParameterValue', /1024GiB/);
    await fails(
      create({ VolumeType: 'gp2', Iops: 500 }),
      'InvalidParameterCombination',
      /iops is not supported/,
    );
    await fails(create({ VolumeType: 'io1' }), 'MissingParameter', /iops/);
    await fails(
      create({ VolumeType: 'io1', Iops: 501 }),
      'InvalidParameterValue',
      /ratio of 50.1.* maximum is 50/,
    );
    await fails(create({ Iops: 5001 }), 'InvalidParameterValue', /maximum is 500/);
    await fails(create({ Iops: 2999 }), 'InvalidParameterValue', /too low; minimum is 3000/);
    await fails(
      create({ Throughput: 1000 }),
      'InvalidParameterValue',
      /ratio of 0.333333 .* 0.250000 MiBps per iops/,
    );
    await fails(create({ VolumeType: 'gp2', Throughput: 200 }), 'InvalidParameterCombination');
    await fails(create({ MultiAttachEnabled: true }), 'InvalidParameterCombination', /Multi-Attach/);
    await fails(create({ SnapshotId: 'snap-0123456789abcdef0' }), 'InvalidSnapshot.NotFound');
    await fails(create({ SnapshotId: 'x' }), 'InvalidParameterValue', /Invalid id/);
    await fails(
      create({ TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'a', Value: 'b' }] }] }),
      'InvalidParameterValue',
      /taggable/,
    );
    await fails(create({ DryRun: true }), 'DryRunOperation', /would have succeeded/, 412);
    await fails(create({ VolumeType: 'io2', Iops: 100, Size: 60_000, DryRun: true }), 'DryRunOperation');
    const big = await made({ VolumeType: 'io2', Iops: 100, Size: 65_536 });
    await fails(
      create({ VolumeType: 'io2', Iops: 100, Size: 60_000 }),
      'VolumeLimitExceeded',
      /maximum io2 storage limit of 100 TiB/,
    );
    await remove(big);
    await remove(await made({ VolumeType: 'io2', Iops: 100, Size: 60_000 }));
    await fails(remove('vol-0123456789abcdef0'), 'InvalidVolume.NotFound');
    await fails(remove('disk'), 'InvalidParameterValue');
  });

  it('are made once under a client token', async () => {
    const first = await made({ ClientToken: 'once' });
    assert.equal(await made({ ClientToken: 'once' }), first);
    await fails(create({ ClientToken: 'once', Size: 11 }), 'IdempotentParameterMismatch');
    await remove(first);
    assert.equal(count(), undefined);
  });

  it('are attached and detached, and stay when their instance goes', async () => {
    const [id, volume] = [await run(), await made()];
    const answer = await attach(volume, id);
    assert.deepEqual(
      [answer.State, answer.Device, answer.DeleteOnTermination],
      ['attaching', '/dev/sdf', false],
    );
    const found = await read(volume);
    assert.deepEqual([found.State, found.Attachments?.[0]?.State], ['in-use', 'attached']);
    assert.deepEqual(
      (await instance(id)).BlockDeviceMappings?.map(one => [one.DeviceName, one.Ebs?.DeleteOnTermination]),
      [
        ['/dev/xvda', true],
        ['/dev/sdf', false],
      ],
    );
    const byInstance = await client.send(
      new ec2.DescribeVolumesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [id] }] }),
    );
    assert.equal(byInstance.Volumes?.length, 2);
    await fails(remove(volume), 'VolumeInUse', new RegExp(`${volume} is currently attached to ${id}`));
    await fails(attach(volume, id, '/dev/sdg'), 'VolumeInUse', /already attached to an instance/);
    const other = await made();
    await fails(attach(other, id), 'InvalidParameterValue', /already in use/);
    await fails(attach(other, id, 'sofa'), 'InvalidParameterValue', /not a valid EBS device name/);
    await fails(attach(other, 'i-0123456789abcdef0'), 'InvalidInstanceID.NotFound');
    const far = await made({ AvailabilityZone: `${region}c` });
    await fails(attach(far, id, '/dev/sdg'), 'InvalidVolume.ZoneMismatch', /same availability zone/);
    await fails(detach(other), 'IncorrectState', /'available' state/);
    await fails(detach(volume, { Device: '/dev/sdz' }), 'InvalidAttachment.NotFound');
    const root = some((await instance(id)).BlockDeviceMappings?.[0]?.Ebs?.VolumeId);
    await fails(detach(root), 'OperationNotPermitted', /Unable to detach root volume/);
    assert.equal((await detach(volume)).State, 'detaching');
    assert.equal((await read(volume)).State, 'available');
    await attach(volume, id);
    await attach(other, id, '/dev/sdg');
    await client.send(
      new ec2.ModifyInstanceAttributeCommand({
        InstanceId: id,
        BlockDeviceMappings: [{ DeviceName: '/dev/sdg', Ebs: { DeleteOnTermination: true } }],
      }),
    );
    await end(id);
    assert.equal((await read(volume)).State, 'available');
    await fails(read(other), 'InvalidVolume.NotFound');
    await fails(read(root), 'InvalidVolume.NotFound');
    await Promise.all([remove(volume), remove(far)]);
    assert.equal(count(), undefined);
  });

  it('let a stopped instance lend its root', async () => {
    const id = await run();
    const root = some((await instance(id)).BlockDeviceMappings?.[0]?.Ebs?.VolumeId);
    await client.send(new ec2.StopInstancesCommand({ InstanceIds: [id] }));
    await detach(root, { InstanceId: id, Device: '/dev/xvda' });
    const start = () => client.send(new ec2.StartInstancesCommand({ InstanceIds: [id] }));
    await fails(start(), 'InvalidParameterValue', /does not have a volume attached at root/);
    assert.deepEqual((await instance(id)).BlockDeviceMappings, []);
    await attach(root, id, '/dev/xvda');
    await start();
    await end(id);
    assert.equal(count(), 1);
    await remove(root);
  });

  it('serve several instances with Multi-Attach', async () => {
    const [one, two] = [await run(), await run()];
    const volume = await made({ VolumeType: 'io2', Iops: 100, MultiAttachEnabled: true });
    await attach(volume, one);
    await attach(volume, two);
    assert.equal((await read(volume)).Attachments?.length, 2);
    await fails(detach(volume), 'InvalidParameterCombination');
    await detach(volume, { InstanceId: one });
    await end(one, two);
    assert.equal((await read(volume)).State, 'available');
    await remove(volume);
  });

  it('grow, also under an instance, and at most four times a day', async () => {
    const id = await run();
    const root = some((await instance(id)).BlockDeviceMappings?.[0]?.Ebs?.VolumeId);
    const modify = (input: Partial<ec2.ModifyVolumeCommandInput>) =>
      client.send(new ec2.ModifyVolumeCommand({ VolumeId: root, ...input }));
    const modification = async () =>
      (await client.send(new ec2.DescribeVolumesModificationsCommand({ VolumeIds: [root] })))
        .VolumesModifications?.[0];
    await fails(modification(), 'InvalidVolumeModification.NotFound');
    await fails(modify({ Size: 1 }), 'InvalidParameterValue', /New size cannot be smaller/);
    await fails(modify({}), 'InvalidParameterCombination');
    await fails(modify({ Size: 100_000 }), 'InvalidParameterValue', /too large/);
    const answer = await modify({ Size: 20, VolumeType: 'gp3', Iops: 4000 });
    assert.deepEqual(
      [answer.VolumeModification?.ModificationState, answer.VolumeModification?.TargetSize],
      ['modifying', 20],
    );
    const done = await modification();
    assert.deepEqual(
      [done?.ModificationState, done?.Progress, done?.OriginalSize, done?.TargetIops],
      ['completed', 100, 8, 4000],
    );
    const found = await read(root);
    assert.deepEqual(
      [found.Size, found.VolumeType, found.Iops, found.Throughput, found.State],
      [20, 'gp3', 4000, 125, 'in-use'],
    );
    for (const Size of [21, 22, 23]) await modify({ Size });
    assert.equal((await read(root)).Iops, 4000);
    await fails(modify({ Size: 24 }), 'VolumeModificationRateExceeded', /24-hour/);
    offset += 24 * hour + 1000;
    await twin.clientOf({ maxAttempts: 2 }).send(new ec2.ModifyVolumeCommand({ VolumeId: root, Size: 24 }));
    offset = 0;
    await end(id);
  });

  it('are kept in snapshots, from which others begin', async () => {
    const volume = await made({ Size: 7, Encrypted: true });
    const snapshot = await client.send(
      new ec2.CreateSnapshotCommand({
        VolumeId: volume,
        Description: 'before',
        TagSpecifications: [{ ResourceType: 'snapshot', Tags: [{ Key: 'Name', Value: 's' }] }],
      }),
    );
    assert.deepEqual([snapshot.State, snapshot.VolumeSize, snapshot.Encrypted], ['pending', 7, true]);
    const SnapshotId = some(snapshot.SnapshotId);
    const { Snapshots = [] } = await client.send(
      new ec2.DescribeSnapshotsCommand({
        OwnerIds: ['self'],
        Filters: [{ Name: 'volume-id', Values: [volume] }],
      }),
    );
    assert.deepEqual(
      Snapshots.map(one => [one.SnapshotId, one.State, one.Progress, one.Description, one.Tags?.[0]?.Value]),
      [[SnapshotId, 'completed', '100%', 'before', 's']],
    );
    const others = await client.send(new ec2.DescribeSnapshotsCommand({ OwnerIds: ['amazon'] }));
    assert.deepEqual(others.Snapshots, []);
    await fails(create({ SnapshotId, Size: 6 }), 'InvalidParameterValue', /smaller than snapshot/);
    const copy = await create({ SnapshotId, Size: undefined });
    assert.deepEqual([copy.Size, copy.SnapshotId, copy.Encrypted], [7, SnapshotId, true]);
    const id = await run({
      BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { SnapshotId, DeleteOnTermination: true } }],
    });
    const { Volumes = [] } = await client.send(
      new ec2.DescribeVolumesCommand({ Filters: [{ Name: 'snapshot-id', Values: [SnapshotId] }] }),
    );
    assert.deepEqual(
      Volumes.map(one => [one.Size, one.State]),
      [
        [7, 'available'],
        [7, 'in-use'],
      ],
    );
    await end(id);
    await remove(volume);
    await remove(some(copy.VolumeId));
    assert.equal(twin.wire.counts(twin.cloud)['snapshots'], 1);
    await client.send(new ec2.DeleteSnapshotCommand({ SnapshotId }));
    await fails(client.send(new ec2.DeleteSnapshotCommand({ SnapshotId })), 'InvalidSnapshot.NotFound');
    assert.equal(twin.wire.counts(twin.cloud)['snapshots'], undefined);
  });

  it('are tagged one by one', async () => {
    const id = await run({
      TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'all', Value: 'x' }] }],
      BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 1, DeleteOnTermination: true } }],
    });
    const mapped = (await instance(id)).BlockDeviceMappings ?? [];
    const [root, data] = [some(mapped[0]?.Ebs?.VolumeId), some(mapped[1]?.Ebs?.VolumeId)];
    await client.send(
      new ec2.CreateTagsCommand({ Resources: [data], Tags: [{ Key: 'Name', Value: 'data' }] }),
    );
    const { Tags = [] } = await client.send(
      new ec2.DescribeTagsCommand({ Filters: [{ Name: 'resource-type', Values: ['volume'] }] }),
    );
    assert.deepEqual(
      Tags.map(tag => `${tag.ResourceId === root ? 'root' : 'data'} ${tag.Key}=${tag.Value}`).sort(),
      ['data Name=data', 'data all=x', 'root all=x'],
    );
    await client.send(new ec2.DeleteTagsCommand({ Resources: [data], Tags: [{ Key: 'all' }] }));
    assert.deepEqual((await read(data)).Tags, [{ Key: 'Name', Value: 'data' }]);
    await end(id);
  });
});

describe('volumes that take their time', () => {
  it('are creating, attaching, modifying until the delays of their cloud have passed', async () => {
    let now = Date.now();
    const delays = { create: 10_000, start: 10_000, stop: 10_000, terminate: 10_000 };
    const twin = await startTwin({ delays, now: () => now });
    const client = twin.clientOf({ maxAttempts: 2 });
    const { Images = [] } = await client.send(new ec2.DescribeImagesCommand({ Owners: ['136693071363'] }));
    const { Instances = [] } = await client.send(
      new ec2.RunInstancesCommand({
        ImageId: some(Images.find(one => one.Architecture === 'x86_64')?.ImageId),
        InstanceType: 't3.nano',
        MinCount: 1,
        MaxCount: 1,
      }),
    );
    const InstanceId = some(Instances[0]?.InstanceId);
    const { VolumeId = '' } = await client.send(
      new ec2.CreateVolumeCommand({ AvailabilityZone: zone, Size: 1, VolumeType: 'gp3' }),
    );
    const state = async () => {
      const { Volumes = [] } = await client.send(new ec2.DescribeVolumesCommand({ VolumeIds: [VolumeId] }));
      return `${Volumes[0]?.State} ${Volumes[0]?.Attachments?.[0]?.State} ${Volumes[0]?.Size}`;
    };
    const attach = () =>
      client.send(new ec2.AttachVolumeCommand({ VolumeId, InstanceId, Device: '/dev/sdf' }));
    await fails(attach(), 'IncorrectState', /not 'running'/);
    some(twin.world.machines.byKey(`seoul/${InstanceId}`)).state = 'running';
    assert.equal(await state(), 'creating undefined 1');
    await fails(attach(), 'IncorrectState', /is not 'available'/);
    await fails(client.send(new ec2.DeleteVolumeCommand({ VolumeId })), 'IncorrectState', /'creating'/);
    now += 10_000;
    assert.equal(await state(), 'available undefined 1');
    await attach();
    assert.equal(await state(), 'in-use attaching 1');
    now += 10_000;
    assert.equal(await state(), 'in-use attached 1');
    await client.send(new ec2.ModifyVolumeCommand({ VolumeId, Size: 2 }));
    const phase = async () =>
      (await client.send(new ec2.DescribeVolumesModificationsCommand({}))).VolumesModifications?.[0]
        ?.ModificationState;
    assert.deepEqual([await phase(), await state()], ['modifying', 'in-use attached 1']);
    await fails(
      client.send(new ec2.ModifyVolumeCommand({ VolumeId, Size: 3 })),
      'IncorrectModificationState',
      /MODIFYING/,
    );
    now += 10_000;
    assert.deepEqual([await phase(), await state()], ['optimizing', 'in-use attached 2']);
    now += 10_000;
    assert.equal(await phase(), 'completed');
    await client.send(new ec2.DetachVolumeCommand({ VolumeId }));
    assert.equal(await state(), 'in-use detaching 2');
    now += 10_000;
    assert.equal(await state(), 'available undefined 2');
    const snapshots = Array.from({ length: 5 }, () =>
      client.send(new ec2.CreateSnapshotCommand({ VolumeId })),
    );
    await Promise.all(snapshots);
    await fails(client.send(new ec2.CreateSnapshotCommand({ VolumeId })), 'ConcurrentSnapshotLimitExceeded');
    await client.send(new ec2.DeleteVolumeCommand({ VolumeId }));
    assert.equal(await state(), 'deleting undefined 2');
    now += 10_000;
    await fails(state(), 'InvalidVolume.NotFound');
    twin.wire.reset(twin.cloud);
    await twin.close();
  });
});
