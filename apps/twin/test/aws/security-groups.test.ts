/** Security groups and their rules. */
import * as ec2 from '@aws-sdk/client-ec2';
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { fails, some, startTwin, type Twin } from './server.ts';

describe('security groups', () => {
  let twin: Twin;
  let client: ec2.EC2Client;
  let count = 0;
  before(async () => {
    twin = await startTwin({ quotas: { rulesPerSecurityGroup: 4 } });
    client = twin.client;
  });
  after(() => twin.close());

  const group = async (GroupName = `group-${++count}`, VpcId?: string) =>
    some(
      (await client.send(new ec2.CreateSecurityGroupCommand({ GroupName, Description: 'a test', VpcId })))
        .GroupId,
    );
  const tcp = (port: number, CidrIp = '0.0.0.0/0'): ec2.IpPermission => ({
    IpProtocol: 'tcp',
    FromPort: port,
    ToPort: port,
    IpRanges: [{ CidrIp }],
  });
  const ingress = (GroupId: string, ...IpPermissions: ec2.IpPermission[]) =>
    client.send(new ec2.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
  const read = async (id: string) =>
    some((await client.send(new ec2.DescribeSecurityGroupsCommand({ GroupIds: [id] }))).SecurityGroups?.[0]);

  it('begins with nothing in and everything out', async () => {
    const found = await read(await group());
    assert.deepEqual(found.IpPermissions, []);
    assert.equal(found.IpPermissionsEgress?.[0]?.IpProtocol, '-1');
    assert.equal(found.IpPermissionsEgress?.[0]?.IpRanges?.[0]?.CidrIp, '0.0.0.0/0');
  });

  it('authorizes, groups, refuses twice, revokes', async () => {
    const id = await group();
    const answer = await ingress(id, {
      ...tcp(22),
      IpRanges: [{ CidrIp: '10.0.0.9/8', Description: 'ssh' }, { CidrIp: '1.2.3.4/32' }],
    });
    assert.deepEqual(
      answer.SecurityGroupRules?.map(rule => rule.CidrIpv4),
      ['10.0.0.0/8', '1.2.3.4/32'],
    );
    await fails(
      ingress(id, tcp(80), tcp(22, '10.0.0.0/8')),
      'InvalidPermission.Duplicate',
      /TCP, from port: 22, to port: 22/,
    );
    const found = await read(id);
    assert.equal(found.IpPermissions?.length, 1);
    assert.deepEqual(found.IpPermissions?.[0]?.IpRanges, [
      { CidrIp: '10.0.0.0/8', Description: 'ssh' },
      { CidrIp: '1.2.3.4/32' },
    ]);
    const revoke = new ec2.RevokeSecurityGroupIngressCommand({
      GroupId: id,
      IpPermissions: [tcp(22, '1.2.3.4/32')],
    });
    await client.send(revoke);
    await fails(client.send(revoke), 'InvalidPermission.NotFound');
    const rules = await client.send(
      new ec2.DescribeSecurityGroupRulesCommand({ Filters: [{ Name: 'group-id', Values: [id] }] }),
    );
    assert.equal(rules.SecurityGroupRules?.length, 2);
    const ids = rules.SecurityGroupRules?.filter(rule => !rule.IsEgress).map(rule =>
      some(rule.SecurityGroupRuleId),
    );
    await client.send(new ec2.RevokeSecurityGroupIngressCommand({ GroupId: id, SecurityGroupRuleIds: ids }));
    await client.send(
      new ec2.RevokeSecurityGroupEgressCommand({
        GroupId: id,
        IpPermissions: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
      }),
    );
    await client.send(
      new ec2.AuthorizeSecurityGroupEgressCommand({ GroupId: id, IpPermissions: [tcp(443)] }),
    );
    const bare = await read(id);
    assert.deepEqual([bare.IpPermissions, bare.IpPermissionsEgress?.length], [[], 1]);
  });

  it('normalizes protocols, ICMP and IPv6', async () => {
    const id = await group();
    await ingress(
      id,
      { IpProtocol: '6', FromPort: 1, ToPort: 2, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
      { IpProtocol: 'icmp', FromPort: -1, ToPort: -1, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
      { IpProtocol: 'udp', FromPort: 53, ToPort: 53, Ipv6Ranges: [{ CidrIpv6: '::/0' }] },
    );
    const { IpPermissions = [] } = await read(id);
    assert.deepEqual(
      IpPermissions.map(one => one.IpProtocol),
      ['tcp', 'icmp', 'udp'],
    );
    assert.equal(IpPermissions[2]?.Ipv6Ranges?.[0]?.CidrIpv6, '::/0');
  });

  it('refuses what AWS refuses', async () => {
    const id = await group('twice');
    await fails(group('twice'), 'InvalidGroup.Duplicate', /already exists for VPC/);
    await fails(group('sg-x'), 'InvalidParameterValue', /sg-\*/);
    await fails(group('default'), 'InvalidParameterValue', /reserved/);
    await fails(
      client.send(new ec2.CreateSecurityGroupCommand({ GroupName: 'k', Description: '한국어' })),
      'InvalidParameterValue',
      /description/,
    );
    await fails(ingress(id, tcp(22, '10.0.0.0/33')), 'InvalidParameterValue', /malformed/);
    await fails(ingress(id, { ...tcp(22), FromPort: 30 }), 'InvalidParameterValue', /port range/);
    await fails(ingress(id, tcp(70_000)), 'InvalidParameterValue', /out of range/);
    await fails(ingress(id, { IpProtocol: 'tcp', FromPort: 1, ToPort: 1 }), 'InvalidPermission.Malformed');
    await fails(ingress(id, { ...tcp(1), IpProtocol: 'quic' }), 'InvalidPermission.Malformed');
    await fails(ingress('sg-01234567', tcp(1)), 'InvalidGroup.NotFound');
    await fails(ingress('x', tcp(1)), 'InvalidGroupId.Malformed');
    await ingress(id, tcp(1), tcp(2), tcp(3), tcp(4));
    await fails(ingress(id, tcp(5)), 'RulesPerSecurityGroupLimitExceeded');
    const standing = await client.send(new ec2.DescribeSecurityGroupsCommand({ GroupNames: ['default'] }));
    await fails(
      client.send(new ec2.DeleteSecurityGroupCommand({ GroupId: standing.SecurityGroups?.[0]?.GroupId })),
      'CannotDelete',
    );
    await fails(
      client.send(new ec2.DeleteSecurityGroupCommand({ GroupName: 'none' })),
      'InvalidGroup.NotFound',
    );
  });

  it('keeps a group that another refers to', async () => {
    const [id, other] = [await group(), await group()];
    await ingress(other, { IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: id, Description: 'peers' }] });
    await ingress(id, { IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: id }] });
    await fails(
      client.send(new ec2.DeleteSecurityGroupCommand({ GroupId: id })),
      'DependencyViolation',
      /dependent object/,
    );
    const found = await read(other);
    assert.equal(found.IpPermissions?.[0]?.UserIdGroupPairs?.[0]?.GroupId, id);
    await client.send(new ec2.DeleteSecurityGroupCommand({ GroupId: other }));
    await client.send(new ec2.DeleteSecurityGroupCommand({ GroupId: id }));
  });

  it('filters by what its rules say', async () => {
    const id = await group('filtered-one');
    await ingress(id, tcp(8443, '198.51.100.0/24'));
    const find = async (Name: string, Value: string) =>
      (
        await client.send(new ec2.DescribeSecurityGroupsCommand({ Filters: [{ Name, Values: [Value] }] }))
      ).SecurityGroups?.map(one => one.GroupId);
    assert.deepEqual(await find('ip-permission.from-port', '8443'), [id]);
    assert.deepEqual(await find('ip-permission.cidr', '198.51.100.*'), [id]);
    assert.deepEqual(await find('group-name', 'filtered-???'), [id]);
    assert.deepEqual(await find('group-name', 'filtered-\\*'), []);
    await fails(find('no-such', 'x'), 'InvalidParameterValue', /The filter 'no-such' is invalid/);
  });
});
