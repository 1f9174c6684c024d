/** Disks, images of VMs, public addresses, tags, regions and zones, prices: of today's CB-Spider. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { assertList, assertShape } from './shapes.ts';
import { openSpiderStage } from './stage.ts';

const stage = await openSpiderStage({ after });
const { ok, create, fails } = stage;
const vm = await stage.ground();
await create('/vm', vm('vm-01'));
interface DiskInfo {
  Status: string;
  DiskSize: string;
  OwnerVM: { NameId: string };
}

describe('disks', () => {
  it('are made, attached, enlarged, detached, deleted', async () => {
    assert.deepEqual(await ok('GET', '/disk'), { disk: [] });
    const made = await create<DiskInfo>('/disk', { Name: 'Disk_01', DiskType: 'default', DiskSize: '10' });
    assertShape(made, 'DiskInfo');
    assert.deepEqual([made.Status, made.DiskSize, made.OwnerVM.NameId], ['Available', '10', '']);
    assert.deepEqual(assertList(await ok('GET', '/disk'), 'disk', 'DiskInfo'), [made]);
    const attached = await ok<DiskInfo>('PUT', '/disk/Disk_01/attach', { ReqInfo: { VMName: 'vm-01' } });
    assertShape(attached, 'DiskInfo');
    assert.deepEqual([attached.Status, attached.OwnerVM.NameId], ['Attached', 'vm-01']);
    assert.match(await fails(412, 'DELETE', '/disk/Disk_01'), /./);
    assert.match(
      await fails(412, 'PUT', '/disk/Disk_01/detach', { ReqInfo: { VMName: 'other' } }),
      /not "other"/,
    );
    assert.deepEqual(await ok('PUT', '/disk/Disk_01/size', { ReqInfo: { Size: '20' } }), { Result: 'true' });
    assert.deepEqual(await ok('PUT', '/disk/Disk_01/detach', { ReqInfo: { VMName: 'vm-01' } }), {
      Result: 'true',
    });
    assert.equal((await ok<DiskInfo>('GET', '/disk/Disk_01')).DiskSize, '20');
    assert.match(await fails(400, 'PUT', '/disk/Disk_01/size', { ReqInfo: { Size: '5' } }), /shrink/);
    assert.deepEqual(await ok('DELETE', '/disk/Disk_01'), { Result: 'true' });
    assert.match(await fails(404, 'GET', '/disk/Disk_01'), /"Disk_01".*does not exist/);
  });
  it('come with a VM that names them', async () => {
    await create('/disk', { Name: 'data', DiskType: '', DiskSize: 'default' });
    const made = await create<{ DataDiskIIDs: { NameId: string }[] }>('/vm', {
      ...vm('vm-02'),
      DataDiskNames: ['data'],
    });
    assertShape(made, 'VMInfo');
    assert.deepEqual(
      made.DataDiskIIDs.map(one => one.NameId),
      ['data'],
    );
    await ok('DELETE', '/vm/vm-02');
    await ok('DELETE', '/disk/data');
    assert.match(
      await fails(404, 'POST', '/vm', { ReqInfo: { ...vm('vm-03'), DataDiskNames: ['nope'] } }),
      /"nope".*does not exist/,
    );
  });
  it('of no size are refused', async () => {
    assert.match(await fails(400, 'POST', '/disk', { ReqInfo: { Name: 'x', DiskSize: 'huge' } }), /DiskSize/);
  });
});

describe('images of VMs', () => {
  it('are made, started from, deleted', async () => {
    const made = await create<{ Status: string; IId: { SystemId: string }; SourceVM: { NameId: string } }>(
      '/myimage',
      {
        Name: 'My.Image',
        SourceVM: 'vm-01',
      },
    );
    assertShape(made, 'MyImageInfo');
    assert.deepEqual([made.Status, made.SourceVM.NameId], ['Available', 'vm-01']);
    assert.deepEqual(assertList(await ok('GET', '/myimage'), 'myImage', 'MyImageInfo'), [made]);
    assert.deepEqual(await ok('GET', '/myimage/My.Image'), made);
    const started = await create<{ ImageType: string }>('/vm', {
      ...vm('of-mine'),
      ImageType: 'MyImage',
      ImageName: made.IId.SystemId,
    });
    assert.equal(started.ImageType, 'MyImage');
    const named = await create<{ ImageIId: object }>('/vm', { ...vm('by-name'), ImageName: 'My.Image' });
    assert.deepEqual(named.ImageIId, { NameId: 'My.Image', SystemId: made.IId.SystemId });
    await ok('DELETE', '/vm/by-name');
    await ok('DELETE', '/vm/of-mine');
    assert.deepEqual(await ok('DELETE', '/myimage/My.Image'), { Result: 'true' });
  });
});

describe('public addresses', () => {
  it('are taken, given to a VM, taken from it, given back', async () => {
    const made = await create<{ PublicIPAddress: string; Status: string }>('/publicip', { Name: 'ip-01' });
    assertShape(made, 'PublicIPInfo');
    assert.equal(made.Status, 'Available');
    const given = await ok<{ OwnedVM: { NameId: string } }>('PUT', '/publicip/ip-01/associate', {
      ReqInfo: { VMName: 'vm-01' },
    });
    assertShape(given, 'PublicIPInfo');
    assert.equal(given.OwnedVM.NameId, 'vm-01');
    assert.equal((await ok<{ PublicIP: string }>('GET', '/vm/vm-01')).PublicIP, made.PublicIPAddress);
    assertList(await ok('GET', '/publicip'), 'publicip', 'PublicIPInfo');
    assert.deepEqual(await ok('PUT', '/publicip/ip-01/disassociate'), { Result: 'true' });
    assert.deepEqual(await ok('DELETE', '/publicip/ip-01'), { Result: 'true' });
    assert.deepEqual(await ok('GET', '/publicip'), { publicip: [] });
  });
});

describe('tags', () => {
  const at = (query: string) => `?ResourceType=VM&ResourceName=vm-01${query}`;
  it('are set, listed, got, removed', async () => {
    const Tag = { Key: 'team', Value: 'blue' };
    const ReqInfo = { ResourceType: 'vm', ResourceName: 'vm-01', Tag };
    assert.deepEqual(await ok('POST', '/tag', { ReqInfo }), Tag);
    assert.deepEqual(await ok('GET', `/tag${at('')}`), { tag: [Tag], resourceType: 'VM' });
    assert.deepEqual(await ok('GET', `/tag/team${at('')}`), Tag);
    assert.match(await fails(404, 'GET', `/tag/none${at('')}`), /does not exist/);
    assert.deepEqual(await ok('DELETE', '/tag/team', { ReqInfo }), { Result: 'true' });
    assert.deepEqual(await ok('GET', `/tag${at('')}`), { tag: [], resourceType: 'VM' });
    assert.match(
      await fails(400, 'GET', '/tag?ResourceType=nlb&ResourceName=x'),
      /nlb is not supported Resource!!/,
    );
  });
  it('are taken at the create', async () => {
    await create('/keypair', { Name: 'tagged', TagList: [{ Key: 'a', Value: 'b' }] });
    const { tag } = await ok<{ tag: unknown }>('GET', '/tag?ResourceType=keypair&ResourceName=tagged');
    assert.deepEqual(tag, [{ Key: 'a', Value: 'b' }]);
    await ok('DELETE', '/keypair/tagged');
  });
});

describe('regions, zones, prices', () => {
  it('are told', async () => {
    const list = assertList<{ Name: string }>(await ok('GET', '/regionzone'), 'regionzone', 'RegionZoneInfo');
    for (const name of ['default', 'mercury', 'neptune'])
      assert.ok(
        list.some(one => one.Name === name),
        name,
      );
    assertShape(await ok('GET', '/regionzone/default'), 'RegionZoneInfo');
    assert.match(await fails(404, 'GET', '/regionzone/pluto'), /does not exist/);
    assert.ok('RegionInfo' in (await ok('GET', '/orgregion')));
    assert.ok('ZoneInfo' in (await ok('GET', '/orgzone')));
    const before = '?DriverName=mock-driver01&CredentialName=mock-credential01';
    assert.deepEqual(await ok('GET', `/preconfig/regionzone${before}`), { regionzone: list });
    assert.match(await fails(412, 'GET', '/preconfig/regionzone?DriverName=d&CredentialName=none'), /"none"/);
  });
  it('are priced', async () => {
    assert.deepEqual(await ok('GET', '/productfamily/default'), { productfamily: ['VM'] });
    for (const method of ['GET', 'POST']) {
      const whole = await ok<{ PriceList: { ProductInfo: object }[] }>(method, '/priceinfo/vm/default');
      assertShape(whole, 'CloudPrice');
      assert.equal(whole.PriceList.length, 4);
      assert.ok('VMSpecInfo' in (whole.PriceList[0]?.ProductInfo ?? {}));
    }
    const simple = await ok<{ PriceList: { ProductInfo: object }[] }>(
      'GET',
      '/priceinfo/vm/default?simple=true',
    );
    assertShape(simple, 'CloudPrice');
    assert.ok(!('VMSpecInfo' in (simple.PriceList[0]?.ProductInfo ?? {})));
    assert.match(await fails(400, 'GET', '/priceinfo/vm/mars'), /default/);
  });
});
