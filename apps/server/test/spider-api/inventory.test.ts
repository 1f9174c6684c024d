/** Ours, the cloud's, and both; by the cloud's id; registered and unregistered; by force; counted; all at once. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { assertShape } from './shapes.ts';
import { openSpiderStage } from './stage.ts';

const stage = await openSpiderStage({ after });
const { ok, create, fails } = stage;
const vm = await stage.ground();
await create('/vm', vm('VM_01'));
// Another connection to the same mock cloud: what it makes, ours knows nothing of.
await ok('POST', '/connectionconfig', {
  ConfigName: 'other',
  ProviderName: 'MOCK',
  DriverName: 'mock-driver01',
  CredentialName: 'mock-credential01',
  RegionName: 'mock-region01',
});
type Iid = { NameId: string; SystemId: string };
interface All {
  AllList: { MappedList: Iid[]; OnlySpiderList: Iid[]; OnlyCSPList: Iid[] };
}
interface AllInfo {
  ResourceType: string;
  AllListInfo: { MappedInfoList: { IId: Iid }[]; OnlySpiderList: Iid[]; OnlyCSPInfoList: { IId: Iid }[] };
}
const other = { ConnectionName: 'other' };
const names = (list: readonly Iid[]) => list.map(one => one.NameId);

describe('all…', () => {
  for (const [word, type, mine] of [
    ['vpc', 'vpc', 'vpc-01'],
    ['securitygroup', 'sg', 'sg-01'],
    ['keypair', 'keypair', 'keypair-01'],
    ['vm', 'vm', 'VM_01'],
  ] as const)
    it(word, async () => {
      const { AllList } = await ok<All>('GET', `/all${word}`);
      assertShape({ AllList }, 'All');
      assert.deepEqual(
        [names(AllList.MappedList), AllList.OnlySpiderList, AllList.OnlyCSPList],
        [[mine], [], []],
      );
      const info = await ok<AllInfo>('GET', `/all${word}info`);
      assertShape(info, 'AllInfo');
      assert.equal(info.ResourceType, type);
      assert.deepEqual(names(info.AllListInfo.MappedInfoList.map(one => one.IId)), [mine]);
      const theirs = await ok<All>('GET', `/all${word}`, other);
      assert.deepEqual(
        theirs.AllList.OnlyCSPList.map(one => one.SystemId),
        AllList.MappedList.map(one => one.SystemId),
      );
      const foreign = await ok<AllInfo>('GET', `/all${word}info`, other);
      const shape = { vpc: 'VPCInfo', securitygroup: 'SecurityInfo', keypair: 'KeyPairInfo', vm: 'VMInfo' }[
        word
      ];
      for (const one of foreign.AllListInfo.OnlyCSPInfoList) assertShape(one, shape);
      assert.equal(foreign.AllListInfo.OnlyCSPInfoList.length, 1);
    });
});

describe('csp… and reg…', () => {
  it('registers under other names, with what stands on what', async () => {
    const vpc = await ok<{ IId: Iid }>('GET', '/vpc/vpc-01');
    const ids = async (path: string) => (await ok<{ IId: Iid }>('GET', path)).IId.SystemId;
    const register = (path: string, Name: string, CSPId: string) =>
      ok<{ IId: Iid }>('POST', path, { ...other, ReqInfo: { Name, CSPId } });
    assert.match(
      await fails(412, 'POST', '/regvm', { ...other, ReqInfo: { Name: 'v', CSPId: await ids('/vm/VM_01') } }),
      /not registered/,
    );
    const registered = await register('/regvpc', 'Their_VPC', vpc.IId.SystemId);
    assertShape(registered, 'VPCInfo');
    assert.deepEqual(registered.IId, { NameId: 'Their_VPC', SystemId: vpc.IId.SystemId });
    assertShape(
      await register('/regsecuritygroup', 'their-sg', await ids('/securitygroup/sg-01')),
      'SecurityInfo',
    );
    assertShape(await register('/regkeypair', 'their-key', await ids('/keypair/keypair-01')), 'KeyPairInfo');
    const taken = await register('/regvm', 'their-vm', await ids('/vm/VM_01'));
    assertShape(taken, 'VMInfo');
    assert.match(
      await fails(409, 'POST', '/regvpc', { ...other, ReqInfo: { Name: 'again', CSPId: vpc.IId.SystemId } }),
      /is registered as|already/,
    );
    assert.match(
      await fails(404, 'POST', '/regvpc', { ...other, ReqInfo: { Name: 'n', CSPId: 'vpc-none' } }),
      /does not exist/,
    );
  });
  it('registers and unregisters a subnet', async () => {
    const made = await create<{ SubnetInfoList: { IId: Iid }[] }>('/vpc/vpc-01/subnet', {
      Name: 'late',
      IPv4_CIDR: '192.168.9.0/24',
    });
    const CSPId = made.SubnetInfoList.find(one => one.IId.NameId === 'late')?.IId.SystemId;
    const ReqInfo = { VPCName: 'Their_VPC', Name: 'Sub_09', CSPId };
    const known = await ok<{ SubnetInfoList: { IId: Iid }[] }>('POST', '/regsubnet', { ...other, ReqInfo });
    assertShape(known, 'VPCInfo');
    assert.ok(names(known.SubnetInfoList.map(one => one.IId)).includes('Sub_09'));
    assert.match(await fails(409, 'POST', '/regsubnet', { ...other, ReqInfo }), /already exists/);
    assert.deepEqual(
      await ok('DELETE', '/regsubnet/Sub_09', { ...other, ReqInfo: { VPCName: 'Their_VPC' } }),
      { Result: 'true' },
    );
    // By the cloud's id, where it has no name: not in ours.
    assert.match(await fails(412, 'DELETE', `/vpc/vpc-01/cspsubnet/${CSPId}`), /"late"/);
    assert.deepEqual(await ok('DELETE', `/vpc/Their_VPC/cspsubnet/${CSPId}`, other), { Result: 'true' });
    await ok('DELETE', '/vpc/vpc-01/subnet/late');
  });
  it('tells what stands on what, by the cloud’s ids', async () => {
    const sg = (await ok<{ IId: Iid }>('GET', '/securitygroup/sg-01')).IId.SystemId;
    const id = (await ok<{ IId: Iid }>('GET', '/vm/VM_01')).IId.SystemId;
    const vpc = (await ok<{ IId: Iid }>('GET', '/vpc/vpc-01')).IId;
    for (const method of ['GET', 'POST']) {
      assert.deepEqual(await ok(method, `/getsecuritygroupowner?CSPId=${sg}`), vpc);
      const using = await ok<{ Resources: { VPC: Iid } }>(method, `/getvmusingresources?CSPId=${id}`);
      assertShape(using, 'VMUsingResources');
      assert.deepEqual(using.Resources.VPC, vpc);
    }
    assertShape(await ok('GET', `/cspvm/${id}`), 'VMInfo');
    const { Name } = await ok<{ Name: string }>('GET', '/cspresourcename/vpc-01?ResourceType=vpc');
    assert.match(Name, /^vpc-01-/);
    assertShape(await ok('GET', '/cspresourceinfo/vpc-01?ResourceType=vpc'), 'VPCInfo');
    assert.match(
      await fails(400, 'GET', '/cspresourcename/vpc-01?ResourceType=moon'),
      /moon is not supported Resource!!/,
    );
  });
  it('unregisters, and the cloud keeps it', async () => {
    assert.match(await fails(412, 'DELETE', '/regvpc/Their_VPC', other), /is used by/);
    for (const path of [
      '/regvm/their-vm',
      '/regkeypair/their-key',
      '/regsecuritygroup/their-sg',
      '/regvpc/Their_VPC',
    ])
      assert.deepEqual(await ok('DELETE', path, other), { Result: 'true' });
    assert.match(await fails(404, 'DELETE', '/regvpc/Their_VPC', other), /"Their_VPC".*does not exist/);
    assert.deepEqual(await ok('GET', '/vmstatus/VM_01'), { Status: 'Running' });
  });
  it('deletes by the cloud’s id, and the record stays: stale, and no list fails for it', async () => {
    await create('/keypair', { Name: 'stale' });
    const id = (await ok<{ IId: Iid }>('GET', '/keypair/stale')).IId.SystemId;
    assert.deepEqual(await ok('DELETE', `/cspkeypair/${id}`, other), { Result: 'true' });
    const { AllList } = await ok<All>('GET', '/allkeypair');
    assert.deepEqual(names(AllList.OnlySpiderList), ['stale']);
    const { keypair } = await ok<{ keypair: unknown[] }>('GET', '/keypair');
    assert.equal(keypair.length, 2);
    assert.deepEqual(await ok('DELETE', '/keypair/stale'), { Result: 'true' });
    const made = await create<{ IId: Iid }>('/vm', vm('vm-02'));
    assert.deepEqual(await ok('DELETE', `/cspvm/${made.IId.SystemId}`), { Status: 'Terminating' });
    const { vm: list } = await ok<{ vm: { IId: Iid }[] }>('GET', '/vm');
    assert.deepEqual(names(list.map(one => one.IId)).sort(), ['VM_01', 'vm-02']);
    assert.deepEqual(await ok('DELETE', '/vm/vm-02'), { Status: 'Terminating' });
  });
});

describe('force', () => {
  it('forgets what the cloud refuses to delete', async () => {
    await create('/vpc', { Name: 'held', IPv4_CIDR: '10.0.0.0/16' });
    const id = (await ok<{ IId: Iid }>('GET', '/vpc/held')).IId.SystemId;
    await ok('POST', '/regvpc', { ...other, ReqInfo: { Name: 'v', CSPId: id } });
    await ok('POST', '/securitygroup', { ...other, ReqInfo: { Name: 'g', VPCName: 'v' } });
    assert.match(await fails(412, 'DELETE', '/vpc/held'), /./);
    assert.deepEqual(await ok('DELETE', '/vpc/held?force=true'), { Result: 'true' });
    assert.match(await fails(404, 'GET', '/vpc/held'), /does not exist/);
    assert.match(await fails(404, 'DELETE', '/vpc/held?force=true'), /does not exist/);
    await ok('DELETE', '/securitygroup/g', other);
    assert.deepEqual(await ok('DELETE', '/vpc/v', other), { Result: 'true' });
  });
});

describe('counts and destroy', () => {
  it('count in one connection and in all', async () => {
    for (const word of ['vpc', 'subnet', 'securitygroup', 'keypair', 'vm', 'disk', 'myimage', 'publicip']) {
      const all = await ok<{ count: number }>('GET', `/count${word}`);
      assertShape(all, 'Count');
      assert.deepEqual(await ok('GET', `/count${word}/${stage.connection}`), all);
      assert.deepEqual(await ok('GET', `/count${word}/other`), { count: 0 });
    }
    assert.deepEqual(await ok('GET', '/countvm'), { count: 1 });
    assert.match(await fails(404, 'GET', '/countvm/nobody'), /"nobody" does not exist/);
  });
  it('destroys all of one connection and nothing else', async () => {
    await create('/disk', { Name: 'disk-01', DiskType: 'default', DiskSize: '10' });
    await ok('PUT', '/disk/disk-01/attach', { ReqInfo: { VMName: 'VM_01' } });
    await ok('POST', '/keypair', { ...other, ReqInfo: { Name: 'mine' } });
    const answer = await ok<{
      IsAllDestroyed: boolean;
      DeletedAllListByResourceType: { ResourceType: string }[];
    }>('DELETE', '/destroy');
    assertShape(answer, 'Destroyed');
    assert.equal(answer.IsAllDestroyed, true);
    assert.deepEqual(
      answer.DeletedAllListByResourceType.map(one => one.ResourceType),
      ['vm', 'disk', 'keypair', 'sg', 'vpc'],
    );
    for (const word of ['vm', 'disk', 'keypair', 'securitygroup', 'vpc'])
      assert.deepEqual((await ok<All>('GET', `/all${word}`)).AllList.MappedList, []);
    assert.deepEqual(await ok('GET', '/countkeypair/other'), { count: 1 });
    assert.deepEqual(await ok('DELETE', '/destroy'), {
      IsAllDestroyed: true,
      DeletedAllListByResourceType: null,
    });
  });
});
