/** Each action that changes something ends a dry run before the change: the site looks the same after it. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { inspect } from 'node:util';
import { createWorld } from '../../src/world/world.ts';
import { actions } from '../../src/wire/aws/actions.ts';
import { Ec2Error } from '../../src/wire/aws/errors.ts';
import { parseQuery } from '../../src/wire/aws/query.ts';
import { sweep } from '../../src/wire/aws/instance-life.ts';
import { createSite } from '../../src/wire/aws/site.ts';

it('changes nothing in a dry run', async () => {
  const world = createWorld({ now: () => 1_700_000_000_000 });
  const delays = { create: 0, start: 0, stop: 0, reboot: 0, terminate: 0 };
  const site = createSite(world, world.addCloud({ name: 'any', kind: 'aws', delays }), 'ap-northeast-2');
  const tried = new Set<string>();
  const look = () => inspect(site, { depth: 8, maxArrayLength: 5 });

  /** Runs the action dry, then for good. The answer's first id of a kind is found by its prefix. */
  async function act(action: string, query: string): Promise<(prefix: string) => string> {
    tried.add(action);
    const handler = actions[action];
    assert.ok(handler);
    const run = async (text: string) => handler({ world, site, params: parseQuery(text), action });
    sweep(world, site);
    const before = look();
    await assert.rejects(run(`${query}&DryRun=true`), (error: unknown) => {
      assert.ok(error instanceof Ec2Error, action);
      assert.equal(error.code, 'DryRunOperation', `${action}: ${error.message}`);
      return true;
    });
    assert.equal(look(), before, action);
    const answer = JSON.stringify(await run(query));
    // Machines reach their next state one turn later.
    await new Promise(resolve => setImmediate(resolve));
    return prefix => new RegExp(`"(${prefix}-[0-9a-f]{17})"`).exec(answer)?.[1] ?? '';
  }

  const vpc = (await act('CreateVpc', 'CidrBlock=10.0.0.0/16'))('vpc');
  await act('ModifyVpcAttribute', `VpcId=${vpc}&EnableDnsHostnames.Value=true`);
  const subnet = (await act('CreateSubnet', `VpcId=${vpc}&CidrBlock=10.0.0.0/24`))('subnet');
  await act('ModifySubnetAttribute', `SubnetId=${subnet}&MapPublicIpOnLaunch.Value=true`);
  const igw = (await act('CreateInternetGateway', ''))('igw');
  await act('AttachInternetGateway', `InternetGatewayId=${igw}&VpcId=${vpc}`);
  const rtb = (await act('CreateRouteTable', `VpcId=${vpc}`))('rtb');
  const other = (await act('CreateRouteTable', `VpcId=${vpc}`))('rtb');
  const association = (await act('AssociateRouteTable', `RouteTableId=${rtb}&SubnetId=${subnet}`))(
    'rtbassoc',
  );
  const anywhere = `RouteTableId=${rtb}&DestinationCidrBlock=0.0.0.0/0`;
  await act('CreateRoute', `${anywhere}&GatewayId=${igw}`);
  await act('ReplaceRoute', `${anywhere}&GatewayId=${igw}`);
  const sg = (await act('CreateSecurityGroup', `VpcId=${vpc}&GroupName=g&GroupDescription=d`))('sg');
  const rule = (port: number) =>
    `GroupId=${sg}&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=${port}&IpPermissions.1.ToPort=${port}&IpPermissions.1.IpRanges.1.CidrIp=0.0.0.0/0`;
  for (const way of ['Ingress', 'Egress']) {
    await act(`AuthorizeSecurityGroup${way}`, rule(22));
    await act(
      `UpdateSecurityGroupRuleDescriptions${way}`,
      `${rule(22)}&IpPermissions.1.IpRanges.1.Description=ssh`,
    );
    await act(`RevokeSecurityGroup${way}`, rule(22));
  }
  await act('CreateKeyPair', 'KeyName=k&KeyType=ed25519');
  const line = site.keyPairsByName.get('k')?.keys[0] ?? '';
  await act(
    'ImportKeyPair',
    `KeyName=j&PublicKeyMaterial=${encodeURIComponent(Buffer.from(line).toString('base64'))}`,
  );
  const image = [...site.images.values()].find(
    one => one.name.includes('jammy') && one.architecture === 'x86_64',
  );
  const run = `ImageId=${image?.id}&InstanceType=t3.nano&MinCount=1&MaxCount=1&SubnetId=${subnet}&SecurityGroupId.1=${sg}`;
  const disk = 'BlockDeviceMapping.1.DeviceName=/dev/sdf&BlockDeviceMapping.1.Ebs.VolumeSize=1';
  const instance = (await act('RunInstances', `${run}&${disk}&ClientToken=t`))('i');
  const one = `InstanceId.1=${instance}`;
  await act('CreateTags', `ResourceId.1=${instance}&Tag.1.Key=a&Tag.1.Value=b`);
  await act('DeleteTags', `ResourceId.1=${instance}&Tag.1.Key=a`);
  await act('RebootInstances', one);
  const eip = (await act('AllocateAddress', ''))('eipalloc');
  const mapped = (await act('AssociateAddress', `AllocationId=${eip}&InstanceId=${instance}`))('eipassoc');
  await act('DisassociateAddress', `AssociationId=${mapped}`);
  await act('ReleaseAddress', `AllocationId=${eip}`);
  const vol = (await act('CreateVolume', 'AvailabilityZone=ap-northeast-2a&Size=8&ClientToken=v'))('vol');
  await act('AttachVolume', `VolumeId=${vol}&InstanceId=${instance}&Device=/dev/sdg`);
  await act('ModifyVolume', `VolumeId=${vol}&Size=9`);
  const snap = (await act('CreateSnapshot', `VolumeId=${vol}`))('snap');
  await act('DeleteSnapshot', `SnapshotId=${snap}`);
  const ami = (await act('CreateImage', `InstanceId=${instance}&Name=mine`))('ami');
  await act('DeregisterImage', `ImageId=${ami}&DeleteAssociatedSnapshots=true`);
  await act('DetachVolume', `VolumeId=${vol}`);
  await act('StopInstances', one);
  await act('ModifyInstanceAttribute', `InstanceId=${instance}&InstanceType.Value=t3.micro`);
  await act('StartInstances', one);
  await act('TerminateInstances', one);
  sweep(world, site);
  assert.ok(site.volumes.has(vol));
  for (const id of site.volumes.keys()) await act('DeleteVolume', `VolumeId=${id}`);
  await act('DeleteKeyPair', 'KeyName=k');
  await act('DeleteSecurityGroup', `GroupId=${sg}`);
  await act('DeleteRoute', anywhere);
  const replaced = (
    await act('ReplaceRouteTableAssociation', `AssociationId=${association}&RouteTableId=${other}`)
  )('rtbassoc');
  await act('DisassociateRouteTable', `AssociationId=${replaced}`);
  for (const id of [rtb, other]) await act('DeleteRouteTable', `RouteTableId=${id}`);
  await act('DetachInternetGateway', `InternetGatewayId=${igw}&VpcId=${vpc}`);
  await act('DeleteInternetGateway', `InternetGatewayId=${igw}`);
  await act('DeleteSubnet', `SubnetId=${subnet}`);
  await act('DeleteVpc', `VpcId=${vpc}`);

  const usual = [...site.vpcs.values()][0];
  for (const one of site.subnets.values()) await act('DeleteSubnet', `SubnetId=${one.id}`);
  await act('DetachInternetGateway', `InternetGatewayId=${usual?.gateway?.id}&VpcId=${usual?.id}`);
  await act('DeleteVpc', `VpcId=${usual?.id}`);
  await act('CreateDefaultVpc', '');

  const changing = Object.keys(actions).filter(name => !/^(?:Describe|Get)/.test(name));
  assert.deepEqual(
    changing.filter(name => !tried.has(name)),
    [],
  );
});
