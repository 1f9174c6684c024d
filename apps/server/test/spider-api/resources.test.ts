/** Images, specs, VPCs, subnets, security groups and key pairs: each answer in upstream's shape, field by field. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { createClient } from '@cloud-barista/api/client';
import { assertList, assertShape } from './shapes.ts';
import { openSpiderStage } from './stage.ts';

const stage = await openSpiderStage({ after });
const { ok, create, fails } = stage;
type Iid = { NameId: string; SystemId: string };
interface VpcInfo {
  IId: Iid;
  IPv4_CIDR: string;
  SubnetInfoList: { IId: Iid; IPv4_CIDR: string }[] | null;
}

describe('images and specs', () => {
  it('are upstream’s mock driver’s', async () => {
    const images = assertList<{ IId: Iid }>(await ok('GET', '/vmimage'), 'image', 'ImageInfo');
    assert.deepEqual(
      images.map(image => image.IId.NameId),
      ['mock-vmimage-01', 'mock-vmimage-02', 'mock-vmimage-03', 'mock-vmimage-04', 'mock-vmimage-05'],
    );
    for (const { IId } of images) assert.equal(IId.NameId, IId.SystemId);
    const specs = assertList<{
      Name: string;
      VCpu: { Count: string };
      Mem: string;
      Gpu: { Count: string }[] | null;
    }>(await ok('GET', '/vmspec'), 'vmspec', 'VMSpecInfo');
    const one = specs.find(spec => spec.Name === 'mock-vmspec-01');
    assert.equal(one?.VCpu.Count, '4');
    assert.equal(one?.Mem, '32768');
    assert.equal(one?.Gpu?.[0]?.Count, '2');
    assert.equal(specs.find(spec => spec.Name === 'mock-vmspec-04')?.Gpu, null);
  });
  it('are got one by one, the name encoded once or twice', async () => {
    assertShape(await ok('GET', '/vmimage/mock-vmimage-01'), 'ImageInfo');
    for (const name of ['mock%2Dvmimage-01', 'mock%252Dvmimage-01'])
      assert.equal((await ok<{ IId: Iid }>('GET', `/vmimage/${name}`)).IId.NameId, 'mock-vmimage-01');
    assertShape(await ok('GET', '/vmspec/mock-vmspec-02'), 'VMSpecInfo');
    assert.match(await fails(404, 'GET', '/vmimage/no-such'), /no-such.*does not exist/);
    assert.match(await fails(404, 'GET', '/vmspec/no-such'), /no-such.*does not exist/);
  });
  it('of the cloud’s own words are told as they are read', async () => {
    assert.ok('specs' in (await ok<{ VMSpecInfo: object }>('GET', '/vmorgspec')).VMSpecInfo);
    assert.equal(
      (await ok<{ VMSpecInfo: { id: string } }>('GET', '/vmorgspec/mock-vmspec-01')).VMSpecInfo.id,
      'mock-vmspec-01',
    );
  });
  it('can’t be made or deleted', async () => {
    await fails(501, 'POST', '/vmimage', { ReqInfo: { Name: 'x' } });
    await fails(501, 'DELETE', '/vmimage/x');
  });
});

describe('VPCs and subnets', () => {
  it('are made, listed, got, changed, deleted', async () => {
    assert.deepEqual(await ok('GET', '/vpc'), { vpc: [] });
    const made = await create<VpcInfo>('/vpc', {
      Name: 'VPC_01',
      IPv4_CIDR: '192.168.0.0/16',
      SubnetInfoList: [
        { Name: 'Subnet.01', IPv4_CIDR: '192.168.1.0/24' },
        { Name: 'subnet-02', IPv4_CIDR: '192.168.2.0/24', Zone: 'z1' },
      ],
    });
    assertShape(made, 'VPCInfo');
    assert.equal(made.IId.NameId, 'VPC_01');
    assert.deepEqual(made.SubnetInfoList?.map(one => one.IId.NameId).sort(), ['Subnet.01', 'subnet-02']);
    assert.deepEqual(assertList(await ok('GET', '/vpc'), 'vpc', 'VPCInfo'), [made]);
    assert.deepEqual(await ok('GET', '/vpc/VPC_01'), made);

    const more = await create<VpcInfo>('/vpc/VPC_01/subnet', {
      Name: 'subnet-03',
      IPv4_CIDR: '192.168.3.0/24',
    });
    assertShape(more, 'VPCInfo');
    assert.equal(more.SubnetInfoList?.length, 3);
    const one = await ok('GET', '/vpc/VPC_01/subnet/Subnet.01');
    assertShape(one, 'SubnetInfo');
    assert.match(
      await fails(409, 'POST', '/vpc/VPC_01/subnet', {
        ReqInfo: { Name: 'subnet-03', IPv4_CIDR: '192.168.4.0/24' },
      }),
      /already/,
    );
    assert.deepEqual(await ok('DELETE', '/vpc/VPC_01/subnet/subnet-03'), { Result: 'true' });
    assert.match(await fails(404, 'DELETE', '/vpc/VPC_01/subnet/subnet-03'), /subnet-03.*does not exist/);
    assert.match(await fails(404, 'GET', '/vpc/VPC_01/subnet/subnet-03'), /does not exist/);

    const client = createClient({ url: stage.server.url });
    const { items } = await client.call('vpc.list', { connection: stage.connection });
    assert.match(items[0]?.name ?? '', /^vpc-01-[a-z2-7]{10}$/, 'our own API has it too');
    assert.deepEqual(await ok('DELETE', '/vpc/VPC_01'), { Result: 'true' });
    assert.match(await fails(404, 'DELETE', '/vpc/VPC_01'), /"VPC_01".*does not exist/);
  });
  it('print null for no subnets, as Go does', async () => {
    const made = await create<VpcInfo>('/vpc', { Name: 'bare', IPv4_CIDR: '10.9.0.0/16' });
    assert.equal(made.SubnetInfoList, null);
    await ok('DELETE', '/vpc/bare');
  });
  it('whose names begin alike are not taken for each other', async () => {
    for (const [Name, second] of [
      ['vpc-1', 1],
      ['vpc-10', 10],
    ] as const)
      await create('/vpc', {
        Name,
        IPv4_CIDR: `10.${second}.0.0/16`,
        SubnetInfoList: [{ Name: 'same', IPv4_CIDR: `10.${second}.1.0/24` }],
      });
    await ok('DELETE', '/vpc/vpc-1');
    assert.equal((await ok<VpcInfo>('GET', '/vpc/vpc-10')).SubnetInfoList?.length, 1);
    await ok('DELETE', '/vpc/vpc-10');
  });
  it('are refused with the reason', async () => {
    const outside = {
      Name: 'x',
      IPv4_CIDR: '10.0.0.0/16',
      SubnetInfoList: [{ Name: 's', IPv4_CIDR: '11.0.0.0/24' }],
    };
    assert.match(await fails(400, 'POST', '/vpc', { ReqInfo: outside }), /not inside/);
    assert.equal(
      await fails(400, 'POST', '/vpc', { ReqInfo: { IPv4_CIDR: '10.0.0.0/16' } }),
      'Name is empty!',
    );
    await create('/vpc', { Name: 'twice', IPv4_CIDR: '10.0.0.0/16' });
    assert.match(
      await fails(409, 'POST', '/vpc', { ReqInfo: { Name: 'twice', IPv4_CIDR: '10.0.0.0/16' } }),
      /already exists/,
    );
    await ok('DELETE', '/vpc/twice');
  });
});

describe('security groups', () => {
  interface Group {
    IId: Iid;
    SecurityRules: {
      FromPort: string;
      ToPort: string;
      IPProtocol: string;
      Direction: string;
      CIDR: string;
    }[];
  }
  const inbound = (group: Group) => group.SecurityRules.filter(rule => rule.Direction === 'inbound');
  it('have rules of strings, with upstream’s defaults', async () => {
    await create('/vpc', { Name: 'home', IPv4_CIDR: '10.0.0.0/16' });
    const made = await create<Group>('/securitygroup', {
      Name: 'sg-1',
      VPCName: 'home',
      Direction: 'inbound',
      SecurityRules: [
        { FromPort: '1', ToPort: '65535', IPProtocol: 'tcp' },
        { fromport: 53, toport: 53, ipprotocol: 'UDP', direction: 'INBOUND', cidr: '10.0.0.0/8' },
        { FromPort: '-1', ToPort: '-1', IPProtocol: 'icmp', Direction: 'inbound' },
      ],
    });
    assertShape(made, 'SecurityInfo');
    assert.deepEqual(inbound(made), [
      { FromPort: '1', ToPort: '65535', IPProtocol: 'TCP', Direction: 'inbound', CIDR: '0.0.0.0/0' },
      { FromPort: '53', ToPort: '53', IPProtocol: 'UDP', Direction: 'inbound', CIDR: '10.0.0.0/8' },
      { FromPort: '-1', ToPort: '-1', IPProtocol: 'ICMP', Direction: 'inbound', CIDR: '0.0.0.0/0' },
    ]);
    assert.deepEqual(
      made.SecurityRules.filter(rule => rule.Direction === 'outbound'),
      [{ FromPort: '-1', ToPort: '-1', IPProtocol: 'ALL', Direction: 'outbound', CIDR: '0.0.0.0/0' }],
      'what goes out is let out, as in upstream',
    );
    assert.deepEqual(await ok('GET', '/securitygroup/sg-1'), made);
    assert.deepEqual(assertList(await ok('GET', '/securitygroup'), 'securitygroup', 'SecurityInfo'), [made]);
    assert.deepEqual(await ok('GET', '/securitygroup/vpc/home'), { securitygroup: [made] });
  });
  it('gain and lose rules', async () => {
    const RuleInfoList = [
      { Direction: 'inbound', IPProtocol: 'TCP', FromPort: '80', ToPort: '80', CIDR: '10.1.0.0/16' },
    ];
    const more = await create<Group>('/securitygroup/sg-1/rules', { RuleInfoList });
    assertShape(more, 'SecurityInfo');
    assert.equal(inbound(more).length, 4);
    assert.deepEqual(await ok('DELETE', '/securitygroup/sg-1/rules', { ReqInfo: { RuleInfoList } }), {
      Result: 'true',
    });
    assert.equal(inbound(await ok<Group>('GET', '/securitygroup/sg-1')).length, 3);
    assert.equal(
      await fails(400, 'POST', '/securitygroup/sg-1/rules', { ReqInfo: {} }),
      'RuleInfoList is empty!',
    );
  });
  for (const [what, rule] of [
    ['a protocol', { IPProtocol: 'sctp', FromPort: '1', ToPort: '1' }],
    ['a direction', { IPProtocol: 'tcp', FromPort: '1', ToPort: '1', Direction: 'up' }],
    ['a port', { IPProtocol: 'tcp', FromPort: '70000', ToPort: '70000' }],
    ['a port that is a word', { IPProtocol: 'tcp', FromPort: 'http', ToPort: 'http' }],
    ['ports of ICMP', { IPProtocol: 'icmp', FromPort: '8', ToPort: '0' }],
    ['a block', { IPProtocol: 'tcp', FromPort: '1', ToPort: '1', CIDR: '10.0.0.0' }],
  ] as const)
    it(`are refused for ${what}`, async () => {
      await fails(400, 'POST', '/securitygroup', {
        ReqInfo: { Name: 'bad', VPCName: 'home', SecurityRules: [rule] },
      });
    });
  it('keep their VPC standing, and go before it', async () => {
    assert.match(await fails(412, 'DELETE', '/vpc/home'), /is used by/);
    assert.match(await fails(412, 'DELETE', '/vpc/home?force=true'), /is used by/);
    assert.deepEqual(await ok('DELETE', '/securitygroup/sg-1'), { Result: 'true' });
    assert.deepEqual(await ok('DELETE', '/vpc/home'), { Result: 'true' });
    assert.match(
      await fails(404, 'POST', '/securitygroup', { ReqInfo: { Name: 's', VPCName: 'gone' } }),
      /"gone".*does not exist/,
    );
  });
});

describe('key pairs', () => {
  it('show their private half once', async () => {
    const made = await create<{ PrivateKey: string; Fingerprint: string }>('/keypair', { Name: 'Key_01' });
    assertShape(made, 'KeyPairInfo');
    assert.match(made.PrivateKey, /^-----BEGIN OPENSSH PRIVATE KEY-----\n/);
    const got = await ok('GET', '/keypair/Key_01');
    assert.deepEqual(got, { ...made, PrivateKey: '' });
    assert.deepEqual(assertList(await ok('GET', '/keypair'), 'keypair', 'KeyPairInfo'), [got]);
    assert.match(
      await fails(409, 'POST', '/keypair', { ReqInfo: { Name: 'Key_01' } }),
      /"Key_01".*already exists/,
    );
    assert.deepEqual(await ok('DELETE', '/keypair/Key_01'), { Result: 'true' });
    assert.match(await fails(404, 'GET', '/keypair/Key_01'), /"Key_01".*does not exist/);
  });
});
