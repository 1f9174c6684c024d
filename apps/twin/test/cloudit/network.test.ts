/** Subnets, security groups and adaptive IPs. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openTestCloud, type TestCloud } from './serve.ts';

describe('Cloudit: networks', () => {
  let t: TestCloud;
  before(async () => {
    t = await openTestCloud({
      quotas: { subnets: 3, securityGroups: 4, rulesPerSecurityGroup: 3, adaptiveIps: 1 },
    });
  });
  after(() => t.close());

  it('has a default network that stays', async () => {
    const [given] = await t.want(200, 'GET dna subnets');
    assert.ok(given);
    assert.deepEqual([given['name'], given['addr'], given['prefix']], ['Default Network', '10.0.0.0', '22']);
    await t.want(403, 'DELETE dna subnets/10.0.0.0');
  });

  it('makes subnets of the blocks that are left', async () => {
    const before = await t.want(200, 'GET dna subnets/creatable');
    assert.equal(before.length, 62);
    const subnet = await t.makeSubnet('10.0.8.0', 'one');
    assert.match(subnet['createdAt'], /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    assert.ok(!(await t.rows('GET dna subnets/creatable')).some(each => each['addr'] === '10.0.8.0'));
    assert.equal((await t.want(200, `GET dna subnets/${subnet['id']}/detail`))['name'], 'one');
    await t.want(409, 'POST dna subnets', { name: 'two', addr: '10.0.8.0', prefix: '22' });
    for (const [addr, prefix] of [
      ['10.0.12.0', '24'],
      ['10.0.13.0', '22'],
      ['10.1.0.0', '22'],
      ['10.0.252.0', '22'],
      ['10.0.12', '22'],
      ['10.0.12.0', '99'],
    ])
      await t.want(400, 'POST dna subnets', { name: 'two', addr, prefix });
    await t.makeSubnet('10.0.12.0', 'one');
    await t.want(413, 'POST dna subnets', { name: 'four', addr: '10.0.16.0', prefix: '22' });
    await t.want(204, 'DELETE dna subnets/10.0.12.0');
    await t.want(404, 'DELETE dna subnets/10.0.12.0');
    await t.want(404, `DELETE dna subnets/${subnet['id']}`);
  });

  it('draws other blocks where the installation does', async () => {
    const other = await openTestCloud({ quotas: { subnetPrefix: 0 } });
    await other.want(201, 'POST dna subnets', { name: 'a', addr: '10.77.1.0', prefix: '24' });
    await other.want(409, 'POST dna subnets', { name: 'b', addr: '10.77.1.128', prefix: '25' });
    await other.close();
  });

  const ssh = { name: 'in-1', type: 'inbound', port: '22', target: '0.0.0.0/0', protocol: 'tcp' };

  it('makes groups with rules, adds and removes rules', async () => {
    const group = await t.want(201, 'POST iam securitygroups', {
      name: 'sg',
      rules: [{ id: '', secgroupId: '', creator: '', createdAt: '', ...ssh }],
      protection: 0,
    });
    const { id } = group;
    assert.equal(group['rules'][0]?.['secgroupId'], id);
    const out = { ...ssh, name: 'out-1', type: 'outbound', port: '1-65535', protocol: 'all' };
    const rule = await t.want(201, `POST iam securitygroups/${id}/outbound`, out);
    await t.want(409, `POST iam securitygroups/${id}/outbound`, { ...out, name: 'again' });
    await t.want(400, `POST iam securitygroups/${id}/inbound`, out);
    await t.want(404, `POST iam securitygroups/${id}/sideways`, out);
    for (const wrong of [
      { protocol: 'icmp' },
      { port: '0-70000' },
      { port: '90-80' },
      { port: 'ssh' },
      { target: 'anywhere' },
      { type: 'inward' },
    ])
      await t.want(400, 'POST iam securitygroups', { name: 'x', rules: [{ ...ssh, ...wrong }] });
    const rules = await t.rows(`GET iam securitygroups/${id}`);
    assert.deepEqual(
      rules.map(each => `${each['type']} ${each['protocol']} ${each['port']} ${each['target']}`),
      ['inbound tcp 22 0.0.0.0/0', 'outbound all 1-65535 0.0.0.0/0'],
    );
    await t.want(201, `POST iam securitygroups/${id}/inbound`, { ...ssh, port: '80' });
    await t.want(413, `POST iam securitygroups/${id}/inbound`, { ...ssh, port: '81' });
    await t.want(204, `DELETE iam securitygroups/${id}/${rule['id']}`);
    await t.want(404, `DELETE iam securitygroups/${id}/${rule['id']}`);
    const detail = await t.want(200, `GET iam securitygroups/${id}/detail`);
    assert.deepEqual([detail['rulesCount'], detail['rules'].length], [2, 2]);
    const listed = await t.named('GET iam securitygroups', 'sg');
    assert.deepEqual([listed['rulesCount'], listed['rules']], [2, undefined]);
    await t.want(204, `DELETE iam securitygroups/${id}`);
    await t.want(404, `GET iam securitygroups/${id}`);
    const given = await t.named('GET iam securitygroups', 'ALL');
    await t.want(403, `DELETE iam securitygroups/${given['id']}`);
  });

  it('puts an adaptive IP before a server, one each', async () => {
    const [one, two] = [await t.makeServer(), await t.makeServer({ name: 'web-2', hostName: 'web-2' })];
    const [free, other] = await t.want(200, 'GET dna ips');
    assert.equal(other, undefined);
    const order = { ip: free?.['addr'], name: 'web', privateIp: one['privateIp'] };
    await t.want(400, 'POST dna adaptive-ips', { ...order, ip: '192.0.2.1' });
    await t.want(400, 'POST dna adaptive-ips', { ...order, privateIp: '10.0.3.9' });
    const made = await t.want(201, 'POST dna adaptive-ips', order);
    await t.want(409, 'POST dna adaptive-ips', order);
    await t.want(413, 'POST dna adaptive-ips', { ...order, privateIp: two['privateIp'] });
    assert.equal((await t.want(200, 'GET dna ips')).length, 0);
    assert.equal(
      (await t.want(200, `GET dna adaptive-ips/${made['id']}/detail`))['privateIp'],
      one['privateIp'],
    );
    assert.equal((await t.want(200, `GET ace servers/${one['id']}`))['adaptiveIp'], made['ip']);
    const machine = t.world.machines.byAddress(made['ip']);
    assert.equal(machine?.id, one['id']);
    await t.want(409, `DELETE ace servers/${one['id']}`);
    await t.want(404, `DELETE dna adaptive-ips/${made['id']}`);
    await t.want(204, `DELETE dna adaptive-ips/${made['ip']}`);
    assert.equal((await t.want(200, 'GET dna adaptive-ips')).length, 0);
    for (const { id } of [one, two]) await t.want(202, `DELETE ace servers/${id}`);
  });
});
