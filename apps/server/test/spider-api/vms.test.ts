/** VMs over CB-Spider's API: started, told, controlled, terminated; what fails leaves nothing. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { assertList, assertShape } from './shapes.ts';
import { keyValues, openSpiderStage } from './stage.ts';

const stage = await openSpiderStage({ after });
const { ok, create, fails } = stage;
const vm = await stage.ground();
const statusOf = async (name: string) => (await ok<{ Status: string }>('GET', `/vmstatus/${name}`)).Status;
async function until(name: string, wanted: string): Promise<void> {
  const end = Date.now() + 10_000;
  for (let now = ''; now !== wanted; now = await statusOf(name))
    assert.ok(Date.now() < end, `${name} is ${now}, not ${wanted}`);
}

describe('a VM', () => {
  it('is started, and told field by field', async () => {
    assert.deepEqual(await ok('GET', '/vm'), { vm: [] });
    assert.deepEqual(await ok('GET', '/vmstatus'), { vmstatus: [] });
    const made = await create('/vm', { ...vm('VM_01'), VMUserId: '', VMUserPasswd: '' });
    assertShape(made, 'VMInfo');
    const { StartTime, PublicIP, PrivateIP, SSHAccessPoint, AccessPoint, ...rest } = made;
    assert.ok(Date.now() - Date.parse(String(StartTime)) < 60_000);
    assert.match(String(PublicIP), /^198\.18\./);
    assert.match(String(PrivateIP), /^192\.168\.1\./);
    assert.equal(SSHAccessPoint, `${String(PublicIP)}:22`);
    assert.equal(AccessPoint, SSHAccessPoint);
    const id = (kind: string) => `mock-${kind}-0000000001`;
    assert.deepEqual(rest, {
      IId: { NameId: 'VM_01', SystemId: id('vm') },
      Region: { Region: 'default', Zone: '' },
      ImageType: 'PublicImage',
      ImageIId: { NameId: 'mock-vmimage-01', SystemId: 'mock-vmimage-01' },
      VMSpecName: 'mock-vmspec-01',
      VpcIID: { NameId: 'vpc-01', SystemId: id('vpc') },
      SubnetIID: { NameId: 'subnet-01', SystemId: id('subnet') },
      SecurityGroupIIds: [{ NameId: 'sg-01', SystemId: id('sg') }],
      KeyPairIId: { NameId: 'keypair-01', SystemId: id('key') },
      RootDiskType: '',
      RootDiskSize: '',
      RootDeviceName: '',
      DataDiskIIDs: null,
      VMUserId: 'ubuntu',
      VMUserPasswd: '',
      NetworkInterface: '',
      PublicDNS: '',
      PrivateDNS: '',
      Platform: 'LINUX/UNIX',
      VMBootDisk: '',
      VMBlockDisk: '',
      KeyValueList: null,
    });
    assert.deepEqual(await ok('GET', '/vm/VM_01'), made);
    assert.deepEqual(assertList(await ok('GET', '/vm'), 'vm', 'VMInfo'), [made]);
    assert.deepEqual(assertList(await ok('GET', '/vmstatus'), 'vmstatus', 'VMStatusInfo'), [
      { IId: { NameId: 'VM_01', SystemId: id('vm') }, VmStatus: 'Running' },
    ]);
    assert.deepEqual(await ok('GET', '/vmstatus/VM_01'), { Status: 'Running' });
  });
  it('is suspended, resumed and rebooted, by GET and by PUT', async () => {
    for (const method of ['GET', 'PUT']) {
      const control = (action: string) => ok(method, `/controlvm/VM_01?action=${action}`);
      assert.deepEqual(await control('suspend'), { Status: 'Suspending' });
      await until('VM_01', 'Suspended');
      assert.deepEqual(await control('suspend'), { Status: 'Suspending' }, 'twice is as good as once');
      assert.match(await fails(412, method, '/controlvm/VM_01?action=reboot'), /Suspended/);
      assert.deepEqual(await control('resume'), { Status: 'Resuming' });
      await until('VM_01', 'Running');
      assert.deepEqual(await control('REBOOT'), { Status: 'Rebooting' });
      await until('VM_01', 'Running');
    }
  });
  it('does not know other actions', async () => {
    assert.equal(await fails(400, 'GET', '/controlvm/VM_01?action=fly'), 'fly is not a valid action!!');
    assert.equal(await fails(400, 'GET', '/controlvm/VM_01'), ' is not a valid action!!');
    assert.match(await fails(404, 'GET', '/controlvm/nobody?action=suspend'), /"nobody".*does not exist/);
  });
  it('keeps what it stands on', async () => {
    for (const path of ['/vpc/vpc-01', '/securitygroup/sg-01', '/keypair/keypair-01'])
      assert.match(await fails(412, 'DELETE', path), /is used by/);
    await fails(412, 'DELETE', '/vpc/vpc-01/subnet/subnet-01');
  });
  it('is made once under its name', async () => {
    assert.match(await fails(409, 'POST', '/vm', { ReqInfo: vm('VM_01') }), /"VM_01".*already exists/);
    assert.equal(await statusOf('VM_01'), 'Running', 'and the other stays');
  });
  it('is terminated, and gone when that is answered', async () => {
    assert.deepEqual(await ok('DELETE', '/vm/VM_01'), { Status: 'Terminating' });
    assert.deepEqual(await ok('GET', '/vm'), { vm: [] });
    for (const path of ['/vm/VM_01', '/vmstatus/VM_01'])
      assert.match(await fails(404, 'GET', path), /"VM_01".*does not exist/);
    assert.match(await fails(404, 'DELETE', '/vm/VM_01'), /does not exist/);
  });
  it('takes an image or a spec by name, and GCP’s as an address', async () => {
    const made = await create<{ ImageIId: { NameId: string } }>('/vm', {
      ...vm('by-name'),
      ImageName: 'ubuntu-22.04',
    });
    assert.equal(made.ImageIId.NameId, 'mock-vmimage-01');
    await ok('DELETE', '/vm/by-name');
  });
  it('that is many is made at once', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `vm-${index}`);
    await Promise.all(names.map(name => create('/vm', vm(name))));
    const { vmstatus } = await ok<{ vmstatus: { VmStatus: string }[] }>('GET', '/vmstatus');
    assert.equal(vmstatus.filter(one => one.VmStatus === 'Running').length, 20);
    await Promise.all(names.map(name => ok('DELETE', `/vm/${name}`)));
    assert.deepEqual(await ok('GET', '/vm'), { vm: [] });
  });
});

describe('a VM that can’t be made', () => {
  for (const [key, value] of [
    ['ImageName', 'no-such'],
    ['VMSpecName', 'no-such'],
    ['VPCName', 'no-such'],
    ['SubnetName', 'no-such'],
    ['SecurityGroupNames', ['no-such']],
    ['KeyPairName', 'no-such'],
  ] as const)
    it(`for its ${key}`, async () => {
      assert.match(
        await fails(404, 'POST', '/vm', { ReqInfo: { ...vm('bad'), [key]: value } }),
        /no-such.*does not exist/,
      );
    });
  for (const key of ['Name', 'ImageName', 'VMSpecName', 'VPCName', 'SubnetName', 'KeyPairName'])
    it(`without ${key}`, async () => {
      assert.equal(
        await fails(400, 'POST', '/vm', { ReqInfo: { ...vm('bad'), [key]: '' } }),
        `${key} is empty!`,
      );
    });
  it('for a field of another type', async () => {
    assert.match(
      await fails(400, 'POST', '/vm', { ReqInfo: { ...vm('bad'), SecurityGroupNames: 'sg-01' } }),
      /expected=slice, got=string, field=ReqInfo\.SecurityGroupNames/,
    );
    assert.match(await fails(400, 'POST', '/vm', { ReqInfo: [] }), /expected=struct/);
    assert.match(
      await fails(400, 'POST', '/vm', { ReqInfo: { ...vm('bad'), RootDiskSize: 'big' } }),
      /RootDiskSize/,
    );
  });
  it('leaves nothing behind', async () => {
    assert.deepEqual(await ok('GET', '/vm'), { vm: [] });
    const { AllList } = await ok<{ AllList: Record<string, unknown[]> }>('GET', '/allvm');
    assert.deepEqual(AllList, { MappedList: [], OnlySpiderList: [], OnlyCSPList: [] });
  });
  it('because the cloud has no room leaves nothing either', async () => {
    await ok('POST', '/region', {
      RegionName: 'full',
      ProviderName: 'MOCK',
      KeyValueInfoList: keyValues({ Region: 'default', failCreate: '1' }),
    });
    await ok('POST', '/connectionconfig', {
      ConfigName: 'full',
      ProviderName: 'MOCK',
      DriverName: 'mock-driver01',
      CredentialName: 'mock-credential01',
      RegionName: 'full',
    });
    const ConnectionName = 'full';
    // The same mock cloud, with names of another connection.
    for (const [path, CSPId, Name] of [
      ['/regvpc', 'mock-vpc-0000000001', 'v'],
      ['/regsecuritygroup', 'mock-sg-0000000001', 's'],
      ['/regkeypair', 'mock-key-0000000001', 'k'],
    ])
      await ok('POST', String(path), { ConnectionName, ReqInfo: { Name, CSPId } });
    const { SubnetInfoList } = await ok<{ SubnetInfoList: { IId: { NameId: string } }[] }>('GET', '/vpc/v', {
      ConnectionName,
    });
    const order = {
      ...vm('late'),
      VPCName: 'v',
      SubnetName: SubnetInfoList[0]?.IId.NameId,
      SecurityGroupNames: ['s'],
      KeyPairName: 'k',
    };
    assert.match(await fails(429, 'POST', '/vm', { ConnectionName, ReqInfo: order }), /no room/);
    assert.deepEqual(await ok('GET', '/vm', { ConnectionName }), { vm: [] });
  });
});
