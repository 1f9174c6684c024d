/** Images that the account makes of its instances. */
import * as ec2 from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Hypervisor } from '../../src/world/machines.ts';
import { fails, some, startTwin, type Twin } from './server.ts';

describe('own images', () => {
  let twin: Twin;
  let client: ec2.EC2Client;
  let ImageId: string;
  let InstanceId: string;
  const deeds: string[] = [];

  const run = async (input: Partial<ec2.RunInstancesCommandInput> = {}) => {
    const { Instances = [] } = await client.send(
      new ec2.RunInstancesCommand({ ImageId, InstanceType: 't3.nano', MinCount: 1, MaxCount: 1, ...input }),
    );
    return some(Instances[0]?.InstanceId);
  };
  const create = (input: Partial<ec2.CreateImageCommandInput> = {}) =>
    client.send(new ec2.CreateImageCommand({ InstanceId, Name: 'mine', NoReboot: true, ...input }));
  const images = async (input: ec2.DescribeImagesCommandInput) =>
    (await client.send(new ec2.DescribeImagesCommand(input))).Images ?? [];
  const end = (...InstanceIds: string[]) => client.send(new ec2.TerminateInstancesCommand({ InstanceIds }));

  before(async () => {
    twin = await startTwin();
    const note =
      (deed: string) =>
      async (...names: string[]) =>
        void deeds.push([deed, ...names].join(' '));
    const hypervisor: Hypervisor = {
      boot: note('boot'),
      halt: note('halt'),
      remove: async () => {},
      capture: note('capture'),
      discard: note('discard'),
    };
    twin.world.setHypervisor(hypervisor);
    client = twin.client;
    const [ubuntu] = await images({
      Filters: [{ Name: 'name', Values: ['*jammy-22.04-amd64-server-20241211'] }],
    });
    ImageId = some(ubuntu?.ImageId);
    InstanceId = await run({
      BlockDeviceMappings: [
        { DeviceName: '/dev/sdf', Ebs: { VolumeSize: 3, VolumeType: 'gp3', DeleteOnTermination: true } },
      ],
    });
  });
  after(() => twin.close());

  it('carry the volumes and files of their instance to others', async () => {
    deeds.length = 0;
    const { ImageId: id = '' } = await create({
      Description: 'with <data>',
      TagSpecifications: [
        { ResourceType: 'image', Tags: [{ Key: 'Name', Value: 'mine' }] },
        { ResourceType: 'snapshot', Tags: [{ Key: 'of', Value: 'mine' }] },
      ],
    });
    assert.deepEqual(deeds, [`capture seoul/${InstanceId} seoul/${id}`]);
    const [found, ...more] = await images({ Owners: ['self'] });
    assert.deepEqual(more, []);
    assert.deepEqual(
      [
        found?.ImageId,
        found?.State,
        found?.Public,
        found?.OwnerId,
        found?.Description,
        found?.SourceInstanceId,
      ],
      [id, 'available', false, twin.cloud.credentials['accountId'], 'with <data>', InstanceId],
    );
    assert.deepEqual(found?.Tags, [{ Key: 'Name', Value: 'mine' }]);
    assert.deepEqual(
      found?.BlockDeviceMappings?.map(one => [one.DeviceName, one.Ebs?.VolumeSize, one.Ebs?.VolumeType]),
      [
        ['/dev/sda1', 8, 'gp2'],
        ['/dev/sdf', 3, 'gp3'],
      ],
    );
    const { Snapshots = [] } = await client.send(
      new ec2.DescribeSnapshotsCommand({ Filters: [{ Name: 'tag:of', Values: ['mine'] }] }),
    );
    assert.deepEqual(
      Snapshots.map(one => one.SnapshotId),
      found?.BlockDeviceMappings?.map(one => one.Ebs?.SnapshotId),
    );
    await fails(
      client.send(new ec2.DeleteSnapshotCommand({ SnapshotId: some(Snapshots[0]?.SnapshotId) })),
      'InvalidSnapshot.InUse',
      new RegExp(`in use by ${id}`),
    );
    const child = await run({ ImageId: id });
    const machine = some(twin.world.machines.byKey(`seoul/${child}`));
    assert.deepEqual(
      [machine.disk, machine.user, machine.osName],
      [`seoul/${id}`, 'ubuntu', 'Ubuntu 22.04 LTS'],
    );
    const { Volumes = [] } = await client.send(
      new ec2.DescribeVolumesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [child] }] }),
    );
    assert.deepEqual(
      Volumes.map(one => [one.Size, one.SnapshotId]),
      [
        [8, Snapshots[0]?.SnapshotId],
        [3, Snapshots[1]?.SnapshotId],
      ],
    );
    const grandchild = (await create({ InstanceId: child, Name: 'mine 2' })).ImageId;
    assert.equal((await images({ ImageIds: [some(grandchild)] }))[0]?.SourceImageId, id);
    assert.equal(twin.wire.counts(twin.cloud)['images'], 2);

    await client.send(new ec2.DeregisterImageCommand({ ImageId: id }));
    await fails(run({ ImageId: id }), 'InvalidAMIID.NotFound');
    await fails(client.send(new ec2.DeregisterImageCommand({ ImageId: id })), 'InvalidAMIID.NotFound');
    await client.send(new ec2.DeleteSnapshotCommand({ SnapshotId: some(Snapshots[0]?.SnapshotId) }));
    await client.send(new ec2.DeleteSnapshotCommand({ SnapshotId: some(Snapshots[1]?.SnapshotId) }));
    await client.send(
      new ec2.DeregisterImageCommand({ ImageId: grandchild, DeleteAssociatedSnapshots: true }),
    );
    assert.equal(twin.wire.counts(twin.cloud)['snapshots'], undefined);
    await end(child);
    // The files go with the last machine that began with them.
    assert.ok(deeds.includes(`discard seoul/${id}`));
  });

  it('are refused in the words of the real service', async () => {
    await fails(create({ Name: 'ab' }), 'InvalidAMIName.Malformed', /between 3 and 128/);
    await fails(create({ Name: 'a*b*c' }), 'InvalidAMIName.Malformed');
    await fails(create({ InstanceId: 'i-0123456789abcdef0' }), 'InvalidInstanceID.NotFound');
    await fails(create({ DryRun: true }), 'DryRunOperation');
    await fails(
      client.send(new ec2.DeregisterImageCommand({ ImageId })),
      'AuthFailure',
      /Not authorized for image/,
    );
    const { ImageId: id = '' } = await create();
    await fails(create(), 'InvalidAMIName.Duplicate', new RegExp(`mine is already in use by AMI ${id}`));
    await client.send(new ec2.DeregisterImageCommand({ ImageId: id, DeleteAssociatedSnapshots: true }));
    const again = (await create()).ImageId;
    await client.send(new ec2.DeregisterImageCommand({ ImageId: again, DeleteAssociatedSnapshots: true }));
    const ended = await run();
    await end(ended);
    await fails(create({ InstanceId: ended }), 'IncorrectInstanceState');
  });

  it('reboot the instance unless told not to', async () => {
    deeds.length = 0;
    const { ImageId: id = '' } = await create({
      NoReboot: undefined,
      BlockDeviceMappings: [
        { DeviceName: '/dev/sda1', Ebs: { VolumeSize: 12 } },
        { DeviceName: '/dev/sdf', NoDevice: '' },
      ],
    });
    assert.deepEqual(deeds, [`capture seoul/${InstanceId} seoul/${id}`, `halt seoul/${InstanceId}`]);
    const [found] = await images({ ImageIds: [id] });
    assert.deepEqual(
      found?.BlockDeviceMappings?.map(one => [one.DeviceName, one.Ebs?.VolumeSize]),
      [['/dev/sda1', 12]],
    );
    twin.wire.reset(twin.cloud);
    assert.equal(deeds.at(-1), `discard seoul/${id}`);
    assert.deepEqual(await images({ Owners: ['self'] }), []);
  });

  it('let the account tag what is public', async () => {
    const [image] = await images({ Owners: ['136693071363'] });
    const id = some(image?.ImageId);
    await client.send(new ec2.CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'ours', Value: 'yes' }] }));
    const found = await images({ Filters: [{ Name: 'tag:ours', Values: ['yes'] }] });
    assert.deepEqual(
      found.map(one => [one.ImageId, one.Tags?.[0]?.Key]),
      [[id, 'ours']],
    );
    await client.send(new ec2.DeleteTagsCommand({ Resources: [id] }));
    assert.deepEqual(await images({ Filters: [{ Name: 'tag-key', Values: ['ours'] }] }), []);
  });

  it('are pending first', async () => {
    let now = Date.now();
    const slow = await startTwin({ delays: { create: 30_000 }, now: () => now });
    const sdk = slow.clientOf({ maxAttempts: 2 });
    const { Instances = [] } = await sdk.send(
      new ec2.RunInstancesCommand({ ImageId, InstanceType: 't3.nano', MinCount: 1, MaxCount: 1 }),
    );
    const make = () =>
      sdk.send(new ec2.CreateImageCommand({ InstanceId: Instances[0]?.InstanceId, Name: 'slow' }));
    await fails(make(), 'IncorrectInstanceState', /pending/);
    some(slow.world.machines.byKey(`seoul/${Instances[0]?.InstanceId}`)).state = 'running';
    const { ImageId: id = '' } = await make();
    const states = async () => {
      const own = await sdk.send(new ec2.DescribeImagesCommand({ ImageIds: [id] }));
      const { Snapshots = [] } = await sdk.send(new ec2.DescribeSnapshotsCommand({}));
      return [own.Images?.[0]?.State, Snapshots[0]?.State];
    };
    assert.deepEqual(await states(), ['pending', 'pending']);
    await fails(
      sdk.send(
        new ec2.RunInstancesCommand({ ImageId: id, InstanceType: 't3.nano', MinCount: 1, MaxCount: 1 }),
      ),
      'InvalidAMIID.Unavailable',
    );
    now += 30_000;
    assert.deepEqual(await states(), ['available', 'completed']);
    slow.wire.reset(slow.cloud);
    await slow.close();
  });
});
