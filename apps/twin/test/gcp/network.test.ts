/** Networks, subnetworks, firewalls, addresses, and whether the internet gets in. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openTestCloud, type TestCloud } from './server.ts';

const insert = 'POST zones/us-central1-a/instances';

describe('networks', () => {
  let t: TestCloud;
  before(async () => {
    t = await openTestCloud();
    await t.login();
    await t.done('POST global/networks', { name: 'net', autoCreateSubnetworks: false });
    await t.done('POST regions/us-central1/subnetworks', {
      name: 'sub',
      network: 'global/networks/net',
      ipCidrRange: '10.20.0.0/29',
    });
  });
  after(() => t.close());
  const subnet = (ipCidrRange: string, name = 'other') => ({
    name,
    network: 'global/networks/net',
    ipCidrRange,
  });
  const vm = (name: string, more: Record<string, unknown> = {}) =>
    t.vm(name, {
      networkInterfaces: [
        { subnetwork: 'regions/us-central1/subnetworks/sub', accessConfigs: [{ type: 'ONE_TO_ONE_NAT' }] },
      ],
      ...more,
    });
  const machine = async (name: string) => {
    const { id } = await t.want(200, `GET zones/us-central1-a/instances/${name}`);
    const found = t.world.machines.byKey(`goo/${id}`);
    assert.ok(found);
    return found;
  };

  it('are checked', async () => {
    const subnets = 'POST regions/us-central1/subnetworks';
    assert.match(
      await t.refused(400, 'invalid', subnets, subnet('10.20.0.0/24')),
      /^Invalid value for field 'resource\.ipCidrRange': '10\.20\.0\.0\/24'\. Invalid IPCidrRange: 10\.20\.0\.0\/24 conflicts with existing subnetwork 'sub' in region 'us-central1'\.$/,
    );
    for (const range of ['10.0.0.1/24', '10.0.0.0/30', '127.0.0.0/24', 'nonsense'])
      await t.refused(400, 'invalid', subnets, subnet(range));
    await t.refused(409, 'alreadyExists', subnets, subnet('10.30.0.0/24', 'sub'));
    await t.refused(409, 'alreadyExists', 'POST global/networks', {
      name: 'net',
      autoCreateSubnetworks: true,
    });
    await t.refused(400, 'invalid', 'POST global/networks', { name: 'legacy', IPv4Range: '10.0.0.0/8' });
    await t.refused(400, 'badRequest', 'POST global/networks', '[]');
    await t.refused(400, 'parseError', 'POST global/networks', '{');
    assert.match(
      await t.refused(400, 'invalid', subnets, {
        ...subnet('10.30.0.0/24'),
        network: 'global/networks/none',
      }),
      /The referenced network resource cannot be found\.$/,
    );
  });

  it('make subnets in each region in auto mode, where new ones keep clear of them', async () => {
    await t.done('POST global/networks', { name: 'auto', autoCreateSubnetworks: true });
    const found = await t.want(200, 'GET regions/us-east4/subnetworks/auto');
    assert.equal(found.ipCidrRange, '10.150.0.0/20');
    assert.equal(found.gatewayAddress, '10.150.0.1');
    await t.refused(400, 'invalid', 'DELETE regions/us-east4/subnetworks/auto');
    await t.done('DELETE global/networks/auto');
    await t.refused(404, 'notFound', 'GET regions/us-east4/subnetworks/auto');
  });

  it('are not ready until they are', async () => {
    const slow = await openTestCloud({ delays: { create: 600_000 } });
    await slow.login();
    const operation = await slow.want(200, 'POST global/networks', {
      name: 'net',
      autoCreateSubnetworks: false,
    });
    assert.equal(
      await slow.refused(
        400,
        'resourceNotReady',
        'POST regions/us-central1/subnetworks',
        subnet('10.20.0.0/24'),
      ),
      `The resource 'projects/${slow.projectId}/global/networks/net' is not ready`,
    );
    slow.advance(60_000);
    assert.equal((await slow.want(200, `GET ${operation.selfLink}`)).status, 'DONE');
    await slow.want(200, 'POST regions/us-central1/subnetworks', subnet('10.20.0.0/24'));
    await slow.want(200, `DELETE ${operation.selfLink}`);
    await slow.refused(404, 'notFound', `GET ${operation.selfLink}`);
    await slow.close();
  });

  it('let in what their rules say', async () => {
    await t.done(insert, vm('guest', { tags: { items: ['web'] } }));
    const guest = await machine('guest');
    assert.equal(guest.privateIp, '10.20.0.2');
    const open = (port = 22) => guest.site.reachable(guest, port);
    const rule = (name: string, more: Record<string, unknown>) => ({
      name,
      network: 'global/networks/net',
      sourceRanges: ['0.0.0.0/0'],
      ...more,
    });
    const tcp = (...ports: string[]) => [{ IPProtocol: 'tcp', ports }];
    assert.ok(!open());
    await t.done('POST global/firewalls', rule('allow', { allowed: tcp('22', '8000-8100') }));
    assert.ok(open() && open(8050) && !open(80));
    await t.done('POST global/firewalls', rule('deny', { denied: [{ IPProtocol: 'all' }] }));
    assert.ok(!open(), 'deny wins at the same priority');
    await t.done('PATCH global/firewalls/deny', { priority: 2000 });
    assert.ok(open());
    await t.done('PATCH global/firewalls/deny', { priority: 10, sourceRanges: ['198.51.100.0/24'] });
    assert.ok(open());
    await t.done('PATCH global/firewalls/allow', { targetTags: ['db'] });
    assert.ok(!open());
    await t.done('PATCH global/firewalls/allow', { targetTags: ['web'], sourceRanges: ['203.0.113.0/24'] });
    assert.ok(open());
    await t.done('PUT global/firewalls/allow', rule('allow', { allowed: tcp('443') }));
    assert.ok(!open() && open(443));

    const bad = (more: Record<string, unknown>, reason = 'invalid') =>
      t.refused(400, reason, 'POST global/firewalls', rule('bad', more));
    await bad({}, 'required');
    await bad({ allowed: tcp('22'), denied: tcp('23') });
    await bad({ allowed: tcp('70000') });
    await bad({ allowed: [{ IPProtocol: 'icmp', ports: ['1'] }] });
    await bad({ allowed: [{ IPProtocol: 'nonsense' }] });
    await bad({ allowed: tcp('22'), sourceRanges: ['300.0.0.0/8'] });
    await bad({ allowed: tcp('22'), priority: 70_000 });
    await bad({ allowed: tcp('22'), direction: 'EGRESS' });
    await t.refused(409, 'alreadyExists', 'POST global/firewalls', rule('deny', { allowed: tcp('22') }));

    const inUse = (path: string) => t.refused(400, 'resourceInUseByAnotherResource', `DELETE ${path}`);
    assert.match(await inUse('regions/us-central1/subnetworks/sub'), /instances\/guest'$/);
    assert.match(await inUse('global/networks/net'), /firewalls\//);
    for (const name of ['allow', 'deny']) await t.done(`DELETE global/firewalls/${name}`);
    assert.match(await inUse('global/networks/net'), /subnetworks\/sub'$/);
    await t.done('DELETE zones/us-central1-a/instances/guest');
  });

  it('run out of addresses, and grow', async () => {
    // Of a /29 four are Google's.
    for (const name of ['a', 'b', 'c', 'd']) await t.done(insert, vm(name));
    await t.refused(400, 'ipSpaceExhausted', insert, vm('e'));
    const expand = 'POST regions/us-central1/subnetworks/sub/expandIpCidrRange';
    await t.refused(400, 'invalid', expand, { ipCidrRange: '10.20.0.0/30' });
    await t.done(expand, { ipCidrRange: '10.20.0.0/24' });
    await t.done(insert, vm('e'));
    assert.equal(
      new Set(await Promise.all(['a', 'b', 'c', 'd', 'e'].map(async name => (await machine(name)).privateIp)))
        .size,
      5,
    );
    const nic = (networkIP: string) => ({
      networkInterfaces: [{ subnetwork: 'regions/us-central1/subnetworks/sub', networkIP }],
    });
    await t.refused(400, 'invalid', insert, vm('f', nic('10.20.0.2')));
    await t.refused(400, 'invalid', insert, vm('f', nic('10.21.0.2')));
    await t.done(insert, vm('f', nic('10.20.0.99')));
    assert.equal((await machine('f')).publicIp, '');
    for (const name of 'abcdef') await t.done(`DELETE zones/us-central1-a/instances/${name}`);
    await t.done('DELETE regions/us-central1/subnetworks/sub');
    await t.done('DELETE global/networks/net');
    assert.deepEqual(
      Object.entries(t.wire.counts(t.cloud)).filter(([, count]) => count > 0),
      [],
    );
    assert.equal(t.world.addresses.taken, 0);
  });

  it('keep addresses', async () => {
    await t.done('POST regions/us-central1/addresses', { name: 'ip' });
    await t.refused(409, 'alreadyExists', 'POST regions/us-central1/addresses', { name: 'ip' });
    const { address } = await t.want(200, 'GET regions/us-central1/addresses/ip');
    const nic = (natIP: string) => ({
      networkInterfaces: [
        { network: 'global/networks/default', accessConfigs: [{ type: 'ONE_TO_ONE_NAT', natIP }] },
      ],
    });
    assert.match(
      await t.refused(400, 'invalid', insert, t.vm('x', nic('127.1.2.3'))),
      /was not found in region/,
    );
    await t.done(insert, t.vm('x', nic(address)));
    assert.match(await t.refused(400, 'invalid', insert, t.vm('y', nic(address))), /already in-use/);
    const used = await t.want(200, 'GET regions/us-central1/addresses/ip');
    assert.equal(used.status, 'IN_USE');
    assert.match(used.users[0] ?? '', /instances\/x$/);
    await t.done('DELETE zones/us-central1-a/instances/x');
    assert.equal((await t.want(200, 'GET regions/us-central1/addresses/ip')).status, 'RESERVED');
    await t.done('DELETE regions/us-central1/addresses/ip');
    assert.equal(t.world.addresses.taken, 0);
  });

  it('have their routes', async () => {
    const list = await t.want(200, 'GET global/routes');
    assert.ok(list.items.some(each => each.name.startsWith('default-route-')));
    await t.want(200, `GET global/routes/${list.items[0]?.name}`);
  });
});
