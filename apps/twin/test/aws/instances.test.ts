/** RunInstances and the life of what it makes. */
import * as ec2 from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fails, region, some, startTwin, type Twin } from './server.ts';

const hour = 60 * 60_000;

describe('instances', () => {
  let twin: Twin;
  let client: ec2.EC2Client;
  let image: string;
  let armImage: string;
  let windowsImage: string;
  let offset = 0;

  before(async () => {
    twin = await startTwin({ quotas: { instances: 40, vcpus: 60 }, now: () => Date.now() + offset });
    client = twin.client;
    const find = async (Name: string) =>
      some(
        (await client.send(new ec2.DescribeImagesCommand({ Filters: [{ Name: 'name', Values: [Name] }] })))
          .Images?.[0]?.ImageId,
      );
    image = await find('*ubuntu-jammy-22.04-amd64-server-20241211');
    armImage = await find('*ubuntu-jammy-22.04-arm64-server-20241211');
    windowsImage = await find('Windows_Server-2022-*');
    await client.send(new ec2.CreateKeyPairCommand({ KeyName: 'key', KeyType: 'ed25519' }));
  });
  after(() => twin.close());

  const run = async (input: Partial<ec2.RunInstancesCommandInput> = {}) =>
    some(
      (
        await client.send(
          new ec2.RunInstancesCommand({
            ImageId: image,
            InstanceType: 't3.micro',
            MinCount: 1,
            MaxCount: 1,
            ...input,
          }),
        )
      ).Instances,
    );
  const runOne = async (input: Partial<ec2.RunInstancesCommandInput> = {}) => some((await run(input))[0]);
  const read = async (id: string) =>
    some(
      (await client.send(new ec2.DescribeInstancesCommand({ InstanceIds: [id] }))).Reservations?.[0]
        ?.Instances?.[0],
    );
  const end = (...InstanceIds: string[]) => client.send(new ec2.TerminateInstancesCommand({ InstanceIds }));
  const idOf = (instance: ec2.Instance) => some(instance.InstanceId);

  it('runs one in the default VPC, with everything that a client reads', async () => {
    const made = await runOne({
      KeyName: 'key',
      UserData: Buffer.from('#!/bin/sh\necho hi\n').toString('base64'),
      TagSpecifications: [
        { ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'web & <db>' }] },
        { ResourceType: 'volume', Tags: [{ Key: 'disk', Value: 'root' }] },
      ],
    });
    assert.deepEqual(made.State, { Code: 0, Name: 'pending' });
    assert.equal(made.PublicIpAddress, undefined);
    const id = idOf(made);
    const found = await read(id);
    assert.deepEqual(found.State, { Code: 16, Name: 'running' });
    assert.match(some(found.PublicIpAddress), /^127\./);
    assert.match(some(found.PrivateIpAddress), /^172\.31\.0\.\d+$/);
    assert.equal(
      found.PrivateDnsName,
      `ip-${found.PrivateIpAddress?.replaceAll('.', '-')}.${region}.compute.internal`,
    );
    assert.equal(
      found.PublicDnsName,
      `ec2-${found.PublicIpAddress?.replaceAll('.', '-')}.${region}.compute.amazonaws.com`,
    );
    assert.equal(found.Placement?.AvailabilityZone, `${region}a`);
    assert.equal(found.KeyName, 'key');
    assert.deepEqual(found.Tags, [{ Key: 'Name', Value: 'web & <db>' }]);
    assert.deepEqual(
      found.SecurityGroups?.map(group => group.GroupName),
      ['default'],
    );
    assert.equal(found.NetworkInterfaces?.[0]?.Association?.PublicIp, found.PublicIpAddress);
    const machine = some(twin.world.machines.byKey(`seoul/${id}`));
    assert.equal(machine.user, 'ubuntu');
    assert.equal(machine.hostname, `ip-${found.PrivateIpAddress?.replaceAll('.', '-')}`);
    assert.deepEqual([machine.cpus, machine.memoryMib, machine.keys.length], [2, 1024, 1]);

    const { Volumes = [] } = await client.send(
      new ec2.DescribeVolumesCommand({ Filters: [{ Name: 'attachment.instance-id', Values: [id] }] }),
    );
    assert.deepEqual(
      Volumes.map(one => [one.Size, one.State, one.Tags?.[0]?.Value]),
      [[8, 'in-use', 'root']],
    );
    assert.equal(found.BlockDeviceMappings?.[0]?.Ebs?.VolumeId, Volumes[0]?.VolumeId);
    const { NetworkInterfaces = [] } = await client.send(
      new ec2.DescribeNetworkInterfacesCommand({
        NetworkInterfaceIds: [some(found.NetworkInterfaces?.[0]?.NetworkInterfaceId)],
      }),
    );
    assert.equal(NetworkInterfaces[0]?.Attachment?.InstanceId, id);
    const attribute = await client.send(
      new ec2.DescribeInstanceAttributeCommand({ InstanceId: id, Attribute: 'userData' }),
    );
    assert.equal(Buffer.from(some(attribute.UserData?.Value), 'base64').toString(), '#!/bin/sh\necho hi\n');
    const { InstanceStatuses = [] } = await client.send(
      new ec2.DescribeInstanceStatusCommand({ InstanceIds: [id] }),
    );
    assert.equal(InstanceStatuses[0]?.InstanceStatus?.Status, 'ok');
    const console_ = await client.send(new ec2.GetConsoleOutputCommand({ InstanceId: id }));
    assert.match(
      Buffer.from(some(console_.Output), 'base64').toString(),
      new RegExp(`${machine.hostname} login: $`),
    );
    await end(id);
    assert.equal((await read(id)).State?.Name, 'terminated');
  });

  it('goes through its states, and its public address comes and goes', async () => {
    const id = idOf(await runOne());
    const first = some((await read(id)).PublicIpAddress);
    const stop = await client.send(new ec2.StopInstancesCommand({ InstanceIds: [id] }));
    assert.deepEqual(
      [stop.StoppingInstances?.[0]?.PreviousState?.Name, stop.StoppingInstances?.[0]?.CurrentState?.Name],
      ['running', 'stopping'],
    );
    const stopped = await read(id);
    assert.equal(stopped.State?.Name, 'stopped');
    assert.equal(stopped.PublicIpAddress, undefined);
    assert.match(some(stopped.StateTransitionReason), /^User initiated \(\d{4}-/);
    assert.equal(stopped.StateReason?.Code, 'Client.UserInitiatedShutdown');
    await fails(client.send(new ec2.RebootInstancesCommand({ InstanceIds: [id] })), 'IncorrectInstanceState');
    assert.equal(twin.world.machines.byAddress(first), undefined);
    await client.send(new ec2.StartInstancesCommand({ InstanceIds: [id] }));
    const again = await read(id);
    assert.equal(again.State?.Name, 'running');
    assert.notEqual(some(again.PublicIpAddress), first);
    await client.send(new ec2.RebootInstancesCommand({ InstanceIds: [id] }));
    assert.equal((await read(id)).PublicIpAddress, again.PublicIpAddress);
    await end(id);
    await fails(client.send(new ec2.StartInstancesCommand({ InstanceIds: [id] })), 'IncorrectInstanceState');
    const ended = await end(id);
    assert.equal(ended.TerminatingInstances?.[0]?.CurrentState?.Name, 'terminated');
    assert.equal(twin.world.addresses.taken, 0);
  });

  it('shows a machine that crashed as stopped by its host, and starts it again', async () => {
    const id = idOf(await runOne());
    twin.world.machines.crash(some(twin.world.machines.byKey(`seoul/${id}`)));
    const found = await read(id);
    assert.deepEqual(
      [found.State?.Name, found.StateReason?.Code, found.PublicIpAddress],
      ['stopped', 'Server.InternalError', undefined],
    );
    await client.send(new ec2.StartInstancesCommand({ InstanceIds: [id] }));
    assert.equal((await read(id)).State?.Name, 'running');
    await end(id);
  });

  it('keeps what has ended visible for an hour', async () => {
    const id = idOf(await runOne());
    await end(id);
    const found = await read(id);
    assert.deepEqual(
      [found.State?.Name, found.VpcId, found.PrivateIpAddress, found.BlockDeviceMappings],
      ['terminated', undefined, undefined, []],
    );
    offset += hour / 2;
    const patient = twin.clientOf({ maxAttempts: 2 });
    await patient.send(new ec2.DescribeInstancesCommand({ InstanceIds: [id] }));
    offset += hour / 2 + 1000;
    await fails(
      patient.send(new ec2.DescribeInstancesCommand({ InstanceIds: [id] })),
      'InvalidInstanceID.NotFound',
    );
    assert.equal(twin.world.machines.byKey(`seoul/${id}`), undefined);
    offset = 0;
  });

  it('refuses wrong parameters with the codes of the real service', async () => {
    await fails(
      run({ ImageId: 'ami-0123456789abcdef0' }),
      'InvalidAMIID.NotFound',
      /The image id '\[ami-0123456789abcdef0\]' does not exist/,
    );
    await fails(run({ ImageId: 'ubuntu' }), 'InvalidAMIID.Malformed');
    await fails(run({ ImageId: undefined }), 'MissingParameter', /ImageId/);
    await fails(run({ InstanceType: 't9.huge' as never }), 'InvalidParameterValue', /InstanceType/);
    await fails(run({ ImageId: armImage }), 'InvalidParameterValue', /does not match the architecture/);
    await fails(run({ ImageId: windowsImage }), 'Unsupported');
    await fails(run({ KeyName: 'nobody' }), 'InvalidKeyPair.NotFound');
    await fails(run({ SecurityGroupIds: ['sg-0123456789abcdef0'] }), 'InvalidGroup.NotFound');
    await fails(run({ SecurityGroups: ['nobody'] }), 'InvalidGroup.NotFound');
    await fails(run({ SubnetId: 'subnet-0123456789abcdef0' }), 'InvalidSubnetID.NotFound');
    await fails(run({ MinCount: 2 }), 'InvalidParameterCombination');
    await fails(run({ MinCount: 0 }), 'InvalidParameterValue');
    await fails(run({ UserData: 'no base64!' }), 'InvalidParameterValue', /BASE64/);
    await fails(
      run({ UserData: Buffer.alloc(16_385).toString('base64') }),
      'InvalidParameterValue',
      /16384 bytes/,
    );
    await fails(
      run({ Placement: { AvailabilityZone: 'us-east-1a' } }),
      'InvalidParameterValue',
      /availability zone/,
    );
    await fails(
      run({ InstanceType: 't4g.micro', ImageId: armImage, Placement: { AvailabilityZone: `${region}b` } }),
      'Unsupported',
      /not supported in your requested Availability Zone/,
    );
    await fails(run({ IamInstanceProfile: { Name: 'x' } }), 'InvalidParameterValue', /IAM/);
    await fails(
      run({ BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { VolumeSize: 1 } }] }),
      'InvalidBlockDeviceMapping',
      /smaller than snapshot/,
    );
    await fails(
      run({ TagSpecifications: [{ ResourceType: 'vpc', Tags: [{ Key: 'a', Value: 'b' }] }] }),
      'InvalidParameterValue',
      /taggable/,
    );
    await fails(
      run({ TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'aws:x', Value: 'b' }] }] }),
      'InvalidParameterValue',
    );
    assert.equal(twin.wire.counts(twin.cloud)['instances'], 0);
  });

  it('does not mix network interfaces with a subnet or groups beside them', async () => {
    const { Subnets = [] } = await client.send(new ec2.DescribeSubnetsCommand({}));
    const SubnetId = some(Subnets[1]?.SubnetId);
    const card = {
      DeviceIndex: 0,
      SubnetId,
      AssociatePublicIpAddress: false,
      PrivateIpAddress: '172.31.16.77',
    };
    await fails(
      run({ NetworkInterfaces: [card], SubnetId }),
      'InvalidParameterCombination',
      /Network interfaces and an instance-level/,
    );
    await fails(
      run({ SecurityGroups: ['default'], SubnetId }),
      'InvalidParameterCombination',
      /groupName cannot be used/,
    );
    const id = idOf(await runOne({ NetworkInterfaces: [card] }));
    const found = await read(id);
    assert.deepEqual([found.PrivateIpAddress, found.PublicIpAddress], ['172.31.16.77', undefined]);
    await fails(run({ NetworkInterfaces: [card] }), 'InvalidIPAddress.InUse');
    await fails(
      run({ NetworkInterfaces: [{ ...card, PrivateIpAddress: '172.31.16.3' }] }),
      'InvalidParameterValue',
      /reserved/,
    );
    await fails(
      run({ NetworkInterfaces: [{ ...card, PrivateIpAddress: '10.0.0.9' }] }),
      'InvalidParameterValue',
      /range/,
    );
    await end(id);
  });

  it('makes the same request once under a client token', async () => {
    const [first, second] = [await runOne({ ClientToken: 'once' }), await runOne({ ClientToken: 'once' })];
    assert.equal(idOf(first), idOf(second));
    const id = idOf(first);
    await fails(run({ ClientToken: 'once', InstanceType: 't3.small' }), 'IdempotentParameterMismatch');
    const found = await client.send(
      new ec2.DescribeInstancesCommand({ Filters: [{ Name: 'client-token', Values: ['once'] }] }),
    );
    assert.equal(found.Reservations?.[0]?.Instances?.length, 1);
    await end(id);
  });

  it('runs as many as it can between MinCount and MaxCount', async () => {
    const made = await run({ MinCount: 1, MaxCount: 100, InstanceType: 't3.xlarge' });
    assert.equal(made.length, 15);
    assert.deepEqual(
      made.map(one => one.AmiLaunchIndex),
      made.map((_, index) => index),
    );
    await fails(run({ InstanceType: 't3.nano' }), 'VcpuLimitExceeded', /vCPU limit of 60/);
    const ids = made.map(idOf);
    await client.send(new ec2.StopInstancesCommand({ InstanceIds: ids }));
    await fails(run({ MinCount: 26, MaxCount: 26, InstanceType: 't3.nano' }), 'InstanceLimitExceeded');
    const more = await run({ MinCount: 1, MaxCount: 100, InstanceType: 'm1.small' });
    assert.equal(more.length, 25);
    await end(...ids, ...more.map(idOf));
    assert.equal(twin.wire.counts(twin.cloud)['instances'], 0);
  });

  it('fills a subnet and no more', async () => {
    const VpcId = some(
      (await client.send(new ec2.CreateVpcCommand({ CidrBlock: '10.9.0.0/16' }))).Vpc?.VpcId,
    );
    const SubnetId = some(
      (await client.send(new ec2.CreateSubnetCommand({ VpcId, CidrBlock: '10.9.9.0/28' }))).Subnet?.SubnetId,
    );
    await fails(run({ SubnetId, MinCount: 12, MaxCount: 12 }), 'InsufficientFreeAddressesInSubnet');
    const made = await run({ SubnetId, MinCount: 1, MaxCount: 20 });
    assert.deepEqual(
      made.map(one => one.PrivateIpAddress),
      Array.from({ length: 11 }, (_, index) => `10.9.9.${index + 4}`),
    );
    await fails(client.send(new ec2.DeleteSubnetCommand({ SubnetId })), 'DependencyViolation');
    await end(...made.map(idOf));
    assert.equal((await read(idOf(some(made[0])))).PublicIpAddress, undefined);
    await client.send(new ec2.DeleteSubnetCommand({ SubnetId }));
    await client.send(new ec2.DeleteVpcCommand({ VpcId }));
  });

  it('keeps a group and a gateway that are in use', async () => {
    const { GroupId } = await client.send(
      new ec2.CreateSecurityGroupCommand({ GroupName: 'used', Description: 'd' }),
    );
    const id = idOf(await runOne({ SecurityGroupIds: [some(GroupId)] }));
    await fails(client.send(new ec2.DeleteSecurityGroupCommand({ GroupId })), 'DependencyViolation');
    const { InternetGateways = [] } = await client.send(new ec2.DescribeInternetGatewaysCommand({}));
    const gateway = {
      InternetGatewayId: some(InternetGateways[0]?.InternetGatewayId),
      VpcId: some(InternetGateways[0]?.Attachments?.[0]?.VpcId),
    };
    await fails(
      client.send(new ec2.DetachInternetGatewayCommand(gateway)),
      'DependencyViolation',
      /mapped public address/,
    );
    const { SecurityGroups = [] } = await client.send(
      new ec2.DescribeSecurityGroupsCommand({ GroupNames: ['default'] }),
    );
    await client.send(
      new ec2.ModifyInstanceAttributeCommand({ InstanceId: id, Groups: [some(SecurityGroups[0]?.GroupId)] }),
    );
    await client.send(new ec2.DeleteSecurityGroupCommand({ GroupId }));
    await end(id);
  });

  it('changes attributes, some only while stopped', async () => {
    const id = idOf(await runOne());
    const type = new ec2.ModifyInstanceAttributeCommand({
      InstanceId: id,
      InstanceType: { Value: 'm5.large' },
    });
    await fails(client.send(type), 'IncorrectInstanceState', /not in the 'stopped' state/);
    await client.send(new ec2.StopInstancesCommand({ InstanceIds: [id] }));
    await client.send(type);
    assert.equal((await read(id)).InstanceType, 'm5.large');
    assert.equal(some(twin.world.machines.byKey(`seoul/${id}`)).memoryMib, 8192);
    await client.send(
      new ec2.ModifyInstanceAttributeCommand({ InstanceId: id, DisableApiTermination: { Value: true } }),
    );
    const protection = await client.send(
      new ec2.DescribeInstanceAttributeCommand({ InstanceId: id, Attribute: 'disableApiTermination' }),
    );
    assert.equal(protection.DisableApiTermination?.Value, true);
    await fails(end(id), 'OperationNotPermitted', /disableApiTermination/);
    await client.send(
      new ec2.ModifyInstanceAttributeCommand({ InstanceId: id, DisableApiTermination: { Value: false } }),
    );
    await end(id);
  });

  it('leaves a volume behind where told so', async () => {
    const id = idOf(
      await runOne({
        BlockDeviceMappings: [
          { DeviceName: '/dev/sda1', Ebs: { VolumeSize: 20, VolumeType: 'gp3' } },
          { DeviceName: '/dev/sdf', Ebs: { VolumeSize: 5, DeleteOnTermination: false } },
        ],
      }),
    );
    const mapped = (await read(id)).BlockDeviceMappings;
    assert.deepEqual(
      mapped?.map(one => one.DeviceName),
      ['/dev/sda1', '/dev/sdf'],
    );
    const VolumeId = some(mapped?.[1]?.Ebs?.VolumeId);
    await fails(client.send(new ec2.DeleteVolumeCommand({ VolumeId })), 'VolumeInUse');
    await end(id);
    const { Volumes = [] } = await client.send(new ec2.DescribeVolumesCommand({}));
    assert.deepEqual(
      Volumes.map(one => [one.VolumeId, one.State, one.Size]),
      [[VolumeId, 'available', 5]],
    );
    assert.equal(twin.wire.counts(twin.cloud)['volumes'], 1);
    await client.send(new ec2.DeleteVolumeCommand({ VolumeId }));
    assert.equal(twin.wire.counts(twin.cloud)['volumes'], undefined);
  });

  it('pages through instances, filters them, and tags', async () => {
    const made = await run({ MinCount: 12, MaxCount: 12, InstanceType: 'm1.small' });
    const ids = made.map(idOf);
    const seen: string[] = [];
    let NextToken: string | undefined;
    do {
      const answer: ec2.DescribeInstancesCommandOutput = await client.send(
        new ec2.DescribeInstancesCommand({
          MaxResults: 5,
          NextToken,
          Filters: [{ Name: 'instance-state-name', Values: ['pending', 'running'] }],
        }),
      );
      for (const reservation of answer.Reservations ?? [])
        for (const one of reservation.Instances ?? []) seen.push(idOf(one));
      NextToken = answer.NextToken;
    } while (NextToken !== undefined);
    assert.deepEqual(seen, ids);
    await fails(
      client.send(new ec2.DescribeInstancesCommand({ MaxResults: 4 })),
      'InvalidParameterValue',
      /greater than 5/,
    );
    await fails(
      client.send(new ec2.DescribeInstancesCommand({ MaxResults: 5, InstanceIds: ids })),
      'InvalidParameterCombination',
    );
    await fails(client.send(new ec2.DescribeInstancesCommand({ NextToken: 'abc' })), 'InvalidNextToken');
    const [one, two] = [some(ids[0]), some(ids[1])];
    await client.send(
      new ec2.CreateTagsCommand({ Resources: [one, two], Tags: [{ Key: 'role', Value: 'web-1' }] }),
    );
    await client.send(new ec2.CreateTagsCommand({ Resources: [two], Tags: [{ Key: 'role', Value: 'db' }] }));
    const find = async (Name: string, ...Values: string[]) =>
      (
        await client.send(new ec2.DescribeInstancesCommand({ Filters: [{ Name, Values }] }))
      ).Reservations?.flatMap(reservation => reservation.Instances?.map(idOf) ?? []);
    assert.deepEqual(await find('tag:role', 'web-*'), [one]);
    assert.deepEqual(await find('tag-key', 'role'), [one, two]);
    assert.deepEqual(await find('tag:role', 'db', 'web-?'), [one, two]);
    await fails(find('colour', 'red'), 'InvalidParameterValue', /The filter 'colour' is invalid/);
    const { Tags = [] } = await client.send(
      new ec2.DescribeTagsCommand({ Filters: [{ Name: 'key', Values: ['role'] }] }),
    );
    assert.deepEqual(
      Tags.map(tag => [tag.ResourceId, tag.ResourceType, tag.Value]),
      [
        [one, 'instance', 'web-1'],
        [two, 'instance', 'db'],
      ],
    );
    await client.send(
      new ec2.DeleteTagsCommand({ Resources: [one, two], Tags: [{ Key: 'role', Value: 'db' }] }),
    );
    assert.deepEqual(await find('tag-key', 'role'), [one]);
    await fails(
      client.send(new ec2.DescribeInstancesCommand({ InstanceIds: ['i-0123456789abcdef0', 'i-01234567'] })),
      'InvalidInstanceID.NotFound',
      /The instance IDs 'i-0123456789abcdef0, i-01234567' do not exist/,
    );
    await fails(
      client.send(new ec2.DescribeInstancesCommand({ InstanceIds: ['x'] })),
      'InvalidInstanceID.Malformed',
    );
    await end(...ids);
  });

  it('refuses all where one may not be acted on', async () => {
    const id = idOf(await runOne());
    await fails(
      client.send(new ec2.StopInstancesCommand({ InstanceIds: [id, 'i-01234567'] })),
      'InvalidInstanceID.NotFound',
    );
    assert.equal((await read(id)).State?.Name, 'running');
    await end(id);
  });
});

describe('instances that take their time', () => {
  it('are pending, shutting down, and hold their subnet until they have ended', async () => {
    const later = 2 ** 30;
    const twin = await startTwin({ delays: { create: later, terminate: later } });
    const { client } = twin;
    const { Images = [] } = await client.send(new ec2.DescribeImagesCommand({ Owners: ['136693071363'] }));
    const { Instances = [] } = await client.send(
      new ec2.RunInstancesCommand({
        ImageId: some(Images.find(one => one.Architecture === 'x86_64')?.ImageId),
        InstanceType: 't3.nano',
        MinCount: 1,
        MaxCount: 1,
      }),
    );
    const InstanceIds = Instances.map(one => some(one.InstanceId));
    const state = async () =>
      (await client.send(new ec2.DescribeInstancesCommand({ InstanceIds }))).Reservations?.[0]
        ?.Instances?.[0];
    const pending = await state();
    assert.deepEqual([pending?.State?.Name, pending?.PublicIpAddress], ['pending', undefined]);
    assert.deepEqual((await client.send(new ec2.DescribeInstanceStatusCommand({}))).InstanceStatuses, []);
    await fails(client.send(new ec2.StopInstancesCommand({ InstanceIds })), 'IncorrectInstanceState');
    await client.send(new ec2.TerminateInstancesCommand({ InstanceIds }));
    assert.equal((await state())?.State?.Name, 'shutting-down');
    assert.equal(twin.wire.counts(twin.cloud)['instances'], 1);
    await fails(
      client.send(new ec2.DeleteSubnetCommand({ SubnetId: some(Instances[0]?.SubnetId) })),
      'DependencyViolation',
    );
    twin.wire.reset(twin.cloud);
    assert.deepEqual([...twin.world.machines.all()], []);
    assert.equal(twin.world.addresses.taken, 0);
    await twin.close();
  });
});
