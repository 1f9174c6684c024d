/** Servers and their interfaces: orders, states, groups, what is refused when. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { noDelays, openTestCloud, type Json, type TestCloud } from './serve.ts';

describe('Cloudit: servers', () => {
  let t: TestCloud;
  before(async () => {
    t = await openTestCloud();
  });
  after(() => t.close());
  const stateOf = async (one: Json) => (await t.want(200, `GET ace servers/${one['id']}`))['state'];

  it('lists what servers are made of', async () => {
    const image = await t.named('GET ace templates', 'Ubuntu 18.04');
    assert.deepEqual([image['state'], image['arch'], image['os']], ['AVAILABLE', 'x86_64', 'Ubuntu 18.04']);
    assert.equal((await t.want(200, `GET ace templates/${image['id']}`))['name'], 'Ubuntu 18.04');
    const spec = await t.named('GET ace specs', 'small-2');
    assert.deepEqual([spec['cpu'], spec['mem'], spec['disk'], spec['enabled']], [2, 4, 50, 1]);
    assert.equal((await t.want(200, 'GET ace clusters'))[0]?.['name'], 'CL');
  });

  it('lives from order to end', async () => {
    const cluster = (await t.want(200, 'GET ace clusters'))[0]?.['id'];
    const ordered = await t.want(
      202,
      'POST ace servers',
      await t.orderFor({ description: '{"Keypair":"k"}', clusterId: cluster }),
    );
    assert.deepEqual([ordered['state'], ordered['privateIp']], ['CREATING', '']);
    await t.settle();
    const one = await t.want(200, `GET ace servers/${ordered['id']}`);
    assert.deepEqual(
      [one['state'], one['spec'], one['template'], one['subnetAddr'], one['description']],
      ['RUNNING', 'small-2', 'Ubuntu 18.04', 'Default Network', '{"Keypair":"k"}'],
    );
    assert.match(one['privateIp'], /^10\.0\.0\.\d+$/);
    assert.equal(one['rootPassword'], '');
    const line = (verb: string) => `POST ace servers/${one['id']}/${verb}`;
    await t.want(409, line('start'));
    await t.want(202, line('shutdown'));
    assert.match(await stateOf(one), /STOPP/);
    await t.settle();
    assert.equal(await stateOf(one), 'STOPPED');
    await t.want(409, line('shutdown'));
    await t.want(409, line('reboot'));
    await t.want(202, line('start'));
    await t.settle();
    assert.equal(await stateOf(one), 'RUNNING');
    await t.want(202, line('reboot'));
    await t.settle();
    assert.equal(await stateOf(one), 'RUNNING');
    assert.equal(t.wire.counts(t.cloud)['servers'], 1);
    await t.want(202, `DELETE ace servers/${one['id']}`);
    await t.settle();
    await t.want(404, `GET ace servers/${one['id']}`);
    await t.want(404, `DELETE ace servers/${one['id']}`);
    assert.deepEqual(Object.values(t.wire.counts(t.cloud)), [0, 0, 0, 0, 0, 0, 0]);
    assert.equal((await t.want(200, 'GET dna subnets'))[0]?.['nicCount'], 0);
  });

  it('passes through its states, and refuses orders on the way', async () => {
    const slow = await openTestCloud({ delays: { ...noDelays, create: 600_000, terminate: 600_000 } });
    const { id } = await slow.want(202, 'POST ace servers', await slow.orderFor());
    await slow.want(409, `POST ace servers/${id}/shutdown`);
    const [nic] = await slow.want(200, `GET ace servers/${id}/nics`);
    const [free] = await slow.want(200, 'GET dna ips');
    await slow.want(409, 'POST dna adaptive-ips', {
      ip: free?.['addr'],
      name: 'early',
      privateIp: nic?.['ip'],
    });
    await slow.want(202, `DELETE ace servers/${id}`);
    assert.equal((await slow.want(200, `GET ace servers/${id}`))['state'], 'TERMINATING');
    await slow.want(409, `DELETE ace servers/${id}`);
    slow.wire.reset(slow.cloud);
    assert.equal((await slow.want(200, 'GET ace servers')).length, 0);
    await slow.close();
  });

  it('refuses orders with what is not there, or not fit', async () => {
    const order = await t.orderFor();
    const gone = '00000000-0000-4000-a000-000000000000';
    for (const wrong of [
      { templateId: gone },
      { specId: gone },
      { subnetAddr: '10.0.4.0' },
      { secgroups: [{ id: gone }] },
      { clusterId: gone },
      { snapshotId: gone },
    ])
      await t.want(404, 'POST ace servers', { ...order, ...wrong });
    const legacy = await t.named('GET ace specs', 'legacy-1');
    const windows = await t.named('GET ace templates', 'Windows Server 2019');
    for (const wrong of [
      { rootPassword: '' },
      { name: '' },
      { name: 'n'.repeat(46) },
      { hostName: 'a_b' },
      { secgroups: [] },
      { secgroups: ['x'] },
      { templateId: undefined },
      { specId: legacy['id'] },
      { userData: '#!/bin/sh' },
      { templateId: windows['id'], hostName: 'longer-than-netbios' },
    ])
      await t.want(400, 'POST ace servers', { ...order, ...wrong });
    const few = await openTestCloud({ quotas: { servers: 1, vcpus: 100 } });
    await few.makeServer();
    await few.want(413, 'POST ace servers', await few.orderFor());
    await few.close();
    assert.equal((await t.want(200, 'GET ace servers')).length, 0);
    assert.equal((await t.want(200, 'GET ace volumes')).length, 0);
  });

  it('keeps a protected server', async () => {
    const one = await t.makeServer({ protection: 1 });
    await t.want(403, `DELETE ace servers/${one['id']}`);
    t.wire.reset(t.cloud);
  });

  it('lets in what its groups let in', async () => {
    const one = await t.makeServer();
    const ip = await t.associate(one);
    const machine = t.world.machines.byAddress(ip['ip']);
    assert.ok(machine);
    assert.equal(machine.user, 'root');
    const reaches = (port: number) => machine.site.reachable(machine, port);
    assert.deepEqual([reaches(22), reaches(80)], [true, false]);
    const group = await t.want(201, 'POST iam securitygroups', {
      name: 'web',
      rules: [
        { name: 'a', type: 'inbound', port: '80-90', target: '0.0.0.0/0', protocol: 'tcp' },
        { name: 'b', type: 'inbound', port: '22', target: '198.51.100.0/24', protocol: 'tcp' },
        { name: 'c', type: 'inbound', port: '99', target: '0.0.0.0/0', protocol: 'udp' },
      ],
    });
    const [nic] = await t.want(200, `GET ace servers/${one['id']}/nics`);
    assert.ok(nic);
    assert.deepEqual(
      [nic['ip'], nic['networkName'], nic['dev']],
      [one['privateIp'], 'Default Network', 'eth0'],
    );
    const put = (mac: string) => `PUT ace servers/${one['id']}/nic/${mac}/securitygroup`;
    await t.want(200, put(nic['mac']), { secgroups: [{ id: group['id'] }] });
    assert.deepEqual([reaches(22), reaches(80), reaches(90), reaches(99)], [false, true, true, false]);
    await t.want(404, put('00:00:00:00:00:00'), { secgroups: [{ id: group['id'] }] });
    await t.want(400, put(nic['mac']), { secgroups: [] });
    await t.want(409, `DELETE iam securitygroups/${group['id']}`);
    const seen = await t.want(200, `GET ace servers/${one['id']}/nics/${nic['mac']}`);
    assert.equal(seen['secgroupMapInfo'][0]?.['secgroup_id'], group['id']);
    t.wire.reset(t.cloud);
    assert.equal(t.world.addresses.taken, 0);
  });

  it('takes and gives back further interfaces', async () => {
    const one = await t.makeServer();
    const subnet = await t.makeSubnet();
    const group = await t.named('GET iam securitygroups', 'ALL');
    const order = {
      subnetAddr: subnet['addr'],
      vmId: one['id'],
      type: 'INTERNAL',
      secgroups: [{ id: group['id'] }],
      ip: '10.0.8.9',
    };
    const line = `POST ace servers/${one['id']}/nics`;
    const nic = await t.want(201, line, order);
    await t.want(409, line, order);
    await t.want(400, line, { ...order, ip: '10.0.8.1' });
    await t.want(400, line, { ...order, vmId: 'other' });
    await t.want(409, 'DELETE dna subnets/10.0.8.0');
    const [first] = await t.want(200, `GET ace servers/${one['id']}/nics`);
    await t.want(409, `DELETE ace servers/${one['id']}/nics/${first?.['mac']}`);
    await t.want(204, `DELETE ace servers/${one['id']}/nics/${nic['mac']}`);
    await t.want(204, 'DELETE dna subnets/10.0.8.0');
    t.wire.reset(t.cloud);
  });
});
