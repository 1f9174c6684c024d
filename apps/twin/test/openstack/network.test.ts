/** Neutron: what may be made, what is in the way of what, and lists. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { makeNetwork, openTestCloud, type Json, type TestCloud } from './serve.ts';

describe('Neutron', () => {
  let t: TestCloud;
  beforeEach(async () => {
    t = await openTestCloud({ quotas: { network: 5, security_group_rule: 12 } });
    await t.login();
  });
  afterEach(() => t.close());

  async function refused(status: number, type: string, line: string, body?: unknown): Promise<string> {
    const answer = await t.call(line, body);
    assert.equal(answer.status, status, `${line}: ${answer.text}`);
    assert.equal(answer.body['NeutronError']['type'], type, answer.text);
    assert.equal(answer.body['NeutronError']['detail'], '');
    return answer.body['NeutronError']['message'];
  }
  const network = async (name: string) =>
    String((await t.want(201, 'POST network /networks', { network: { name } }))['network']['id']);
  const subnet = (networkId: string, cidr: string, more: object = {}) => ({
    subnet: { network_id: networkId, ip_version: 4, cidr, ...more },
  });

  it('says what is wrong with a body as Neutron does', async () => {
    const malformed = await t.call('POST network /networks', '{"network": ');
    assert.equal(malformed.status, 400);
    assert.equal(malformed.body['NeutronError']['type'], 'HTTPBadRequest');
    assert.equal(malformed.body['NeutronError']['message'], 'Body contains invalid data');
    assert.match(
      await refused(400, 'HTTPBadRequest', 'POST network /networks', { net: {} }),
      /Unable to find 'network'/,
    );
    assert.match(
      await refused(400, 'HTTPBadRequest', 'POST network /networks', { network: { nmae: 'x' } }),
      /Unrecognized attribute\(s\) 'nmae'/,
    );
    assert.match(
      await refused(400, 'HTTPBadRequest', 'POST network /subnets', { subnet: { cidr: '10.0.0.0/24' } }),
      /'network_id' not specified/,
    );
    const id = await network('a');
    // Without a length it is one address, which leaves none for DHCP; octets may lack.
    for (const cidr of ['10.0.0.0', '10.0.0.4/31', '10.0'])
      assert.match(
        await refused(400, 'InvalidInput', 'POST network /subnets', subnet(id, cidr)),
        /prefix length that is incompatible with DHCP/,
      );
    for (const cidr of ['10.0.0.0/33', 'x/24', '300.0.0.0/24'])
      await refused(400, 'HTTPBadRequest', 'POST network /subnets', subnet(id, cidr));
    assert.equal(
      (await t.call('POST network /networks', '{}', { 'content-type': 'text/plain' })).status,
      415,
    );
    await refused(404, 'NetworkNotFound', `GET network /networks/${t.world.random.uuid('none')}`);
  });

  it('lists by what there is: another word, or an id that there is not, is refused', async () => {
    const none = t.world.random.uuid('none');
    for (const plural of ['networks', 'ports', 'routers', 'security-groups', 'floatingips']) {
      for (const [query, use] of [
        ['colour=red', 'filtering'],
        ['sort_key=colour&sort_dir=asc', 'sort_keys'],
      ])
        assert.equal(
          await refused(400, 'HTTPBadRequest', `GET network /${plural}?${query}`),
          `['colour'] is invalid attribute for ${use}`,
        );
      await t.want(200, `GET network /${plural}?tags=a&project_id=b&limit=1`);
    }
    await refused(404, 'NetworkNotFound', `GET network /networks?limit=1&marker=${none}`);
    await refused(404, 'PortNotFound', `GET network /ports?marker=${none}`);
    assert.equal(
      await refused(400, 'BadRequest', 'GET network /networks?limit=-1'),
      "Bad limit request: Limit must be an integer 0 or greater and not '-1'.",
    );
    // A marker that the filter leaves out still says where the page begins.
    const [a, b] = [await network('a'), await network('b')];
    const { networks } = await t.want(200, `GET network /networks?name=b&limit=5&marker=${a}`);
    assert.deepEqual(
      networks.map(each => each.id),
      [b],
    );
    assert.deepEqual((await t.want(200, `GET network /networks?name=a&marker=${b}`))['networks'], []);
  });

  it('names what is in the way of a deletion', async () => {
    const id = await network('a');
    const { subnet: made } = await t.want(201, 'POST network /subnets', subnet(id, '10.0.0.0/24'));
    const { router } = await t.want(201, 'POST network /routers', { router: {} });
    const { port_id: port } = await t.want(200, `PUT network /routers/${router.id}/add_router_interface`, {
      subnet_id: made.id,
    });
    assert.equal(
      await refused(409, 'RouterInUse', `DELETE network /routers/${router.id}`),
      `Router ${router.id} has ports still attached: ${port}`,
    );
    assert.match(
      await refused(409, 'NetworkInUse', `DELETE network /networks/${id}`),
      new RegExp(`still in use on the network, id for these ports is: ${port}\\.$`),
    );
  });

  it('takes a prefix as netaddr reads it, and tells doubles in one request from those that stand', async () => {
    const { security_group: group } = await t.want(201, 'POST network /security-groups', {
      security_group: { name: 'g' },
    });
    const rule = (port: number, more: object = {}) => ({
      security_group_id: group.id,
      direction: 'ingress',
      protocol: 'tcp',
      port_range_min: port,
      port_range_max: port,
      ...more,
    });
    const line = 'POST network /security-group-rules';
    const made = async (prefix: string) => {
      const body = { security_group_rule: rule(1, { remote_ip_prefix: prefix }) };
      return (await t.want(201, line, body))['security_group_rule']['remote_ip_prefix'];
    };
    assert.equal(await made('1.2.3'), '1.2.3.0/32');
    assert.equal(await made('10.1.2.3/8'), '10.1.2.3/8');
    await refused(409, 'DuplicateSecurityGroupRuleInPost', line, {
      security_group_rules: [rule(2), rule(2)],
    });
    await t.want(201, line, { security_group_rule: rule(2) });
    await refused(409, 'SecurityGroupRuleExists', line, { security_group_rules: [rule(3), rule(2)] });
    assert.equal(
      await refused(400, 'SecurityGroupInvalidPortValue', line, { security_group_rule: rule(70_000) }),
      'Invalid value for port 70000',
    );
  });

  it('refuses overlapping subnets in one network, and takes them in two', async () => {
    const [a, b] = [await network('a'), await network('b')];
    const { subnet: made } = await t.want(201, 'POST network /subnets', subnet(a, '10.0.0.0/24'));
    assert.equal(made['gateway_ip'], '10.0.0.1');
    assert.deepEqual(made['allocation_pools'], [{ start: '10.0.0.2', end: '10.0.0.254' }]);
    assert.match(
      await refused(400, 'InvalidInput', 'POST network /subnets', subnet(a, '10.0.0.128/25')),
      /Requested subnet with cidr: 10.0.0.128\/25 for network: .* overlaps with another subnet/,
    );
    await t.want(201, 'POST network /subnets', subnet(b, '10.0.0.0/16'));
    await refused(409, 'GatewayConflictWithAllocationPools', 'POST network /subnets', {
      subnet: {
        network_id: a,
        ip_version: 4,
        cidr: '10.1.0.0/24',
        allocation_pools: [{ start: '10.1.0.1', end: '10.1.0.9' }],
      },
    });
  });

  it('gives out the addresses of the pools, takes them back, and says when there are none', async () => {
    const id = await network('small');
    await t.want(201, 'POST network /subnets', subnet(id, '10.9.0.0/29'));
    const port = (more: object = {}) => ({ port: { network_id: id, ...more } });
    const ports: Json[] = [];
    // Eight addresses: the network's, the broadcast's, the gateway's and the DHCP port's are taken.
    for (let i = 0; i < 4; i++) ports.push((await t.want(201, 'POST network /ports', port()))['port']);
    const addresses = ports.map(each => each['fixed_ips'][0]?.['ip_address']);
    assert.equal(new Set(addresses).size, 4);
    await refused(409, 'IpAddressGenerationFailure', 'POST network /ports', port());
    await t.want(204, `DELETE network /ports/${ports[1]?.['id']}`);
    const again = await t.want(
      201,
      'POST network /ports',
      port({ fixed_ips: [{ ip_address: addresses[1] }] }),
    );
    assert.equal(again['port']['fixed_ips'][0]?.['ip_address'], addresses[1]);
    await refused(
      409,
      'IpAddressAlreadyAllocated',
      'POST network /ports',
      port({ fixed_ips: [{ ip_address: addresses[1] }] }),
    );
    await refused(
      400,
      'InvalidIpForNetwork',
      'POST network /ports',
      port({ fixed_ips: [{ ip_address: '10.8.0.1' }] }),
    );
  });

  it('keeps what is in use', async () => {
    const made = await makeNetwork(t);
    await refused(409, 'NetworkInUse', `DELETE network /networks/${made.network}`);
    await refused(409, 'SubnetInUse', `DELETE network /subnets/${made.subnet}`);
    await refused(409, 'RouterInUse', `DELETE network /routers/${made.router}`);
    const { port } = await t.want(201, 'POST network /ports', { port: { network_id: made.network } });
    const { floatingip } = await t.want(201, 'POST network /floatingips', {
      floatingip: { floating_network_id: made.external, port_id: port['id'] },
    });
    assert.equal(floatingip['router_id'], made.router);
    const detach = `PUT network /routers/${made.router}/remove_router_interface`;
    await refused(409, 'RouterInterfaceInUseByFloatingIP', detach, { subnet_id: made.subnet });
    await refused(409, 'RouterExternalGatewayInUseByFloatingIp', `PUT network /routers/${made.router}`, {
      router: { external_gateway_info: null },
    });
    const routerPort = (
      await t.want(200, `GET network /ports?device_id=${made.router}&network_id=${made.network}`)
    )['ports'][0];
    assert.equal(routerPort?.['fixed_ips'][0]?.['ip_address'], '10.0.0.1');
    await refused(409, 'ServicePortInUse', `DELETE network /ports/${routerPort?.['id']}`);
    assert.deepEqual(t.wire.counts(t.cloud), {
      networks: 1,
      subnets: 1,
      routers: 1,
      ports: 1,
      securityGroups: 0,
      keyPairs: 0,
      servers: 0,
      floatingIps: 1,
      images: 0,
      volumes: 0,
      snapshots: 0,
    });
    await t.want(204, `DELETE network /ports/${port['id']}`);
    const free = await t.want(200, `GET network /floatingips/${floatingip['id']}`);
    assert.deepEqual([free['floatingip']['status'], free['floatingip']['port_id']], ['DOWN', null]);
    await t.want(204, `DELETE network /floatingips/${floatingip['id']}`);
    await t.want(200, detach, { subnet_id: made.subnet });
    await refused(404, 'RouterInterfaceNotFoundForSubnet', detach, { subnet_id: made.subnet });
    await t.want(204, `DELETE network /routers/${made.router}`);
    await t.want(204, `DELETE network /networks/${made.network}`);
    assert.deepEqual(Object.values(t.wire.counts(t.cloud)), Object.values(t.wire.counts(t.cloud)).fill(0));
    assert.equal(t.world.addresses.taken, 0);
  });

  it('associates a floating IP only with a port that a router leads to', async () => {
    const id = await network('island');
    await t.want(201, 'POST network /subnets', subnet(id, '10.7.0.0/24'));
    const { port } = await t.want(201, 'POST network /ports', { port: { network_id: id } });
    const { networks } = await t.want(200, 'GET network /networks?router:external=True');
    assert.match(
      await refused(404, 'ExternalGatewayForFloatingIPNotFound', 'POST network /floatingips', {
        floatingip: { floating_network_id: networks[0]?.['id'], port_id: port['id'] },
      }),
      /is not reachable from subnet/,
    );
    await refused(400, 'BadRequest', 'POST network /floatingips', {
      floatingip: { floating_network_id: id },
    });
    assert.equal(t.world.addresses.taken, 0);
  });

  it('answers before the agent has made a floating IP’s way', async () => {
    const { network: id, external } = await makeNetwork(t, '10.77.0.0/24');
    const { port } = await t.want(201, 'POST network /ports', { port: { network_id: id } });
    const { floatingip } = await t.want(201, 'POST network /floatingips', {
      floatingip: { floating_network_id: external, port_id: port.id },
    });
    const line = `network /floatingips/${floatingip.id}`;
    const status = async () => (await t.want(200, `GET ${line}`))['floatingip']['status'];
    assert.deepEqual([floatingip['status'], await status()], ['DOWN', 'ACTIVE']);
    const { floatingip: parted } = await t.want(200, `PUT ${line}`, { floatingip: { port_id: null } });
    assert.deepEqual([parted['status'], parted['port_id'], await status()], ['ACTIVE', null, 'DOWN']);
    await t.want(204, `DELETE ${line}`);
  });

  it('has the default group, gives new ones two rules, and knows doubles', async () => {
    const { security_groups: groups } = await t.want(200, 'GET network /security-groups');
    assert.deepEqual(
      groups.map(group => group.name),
      ['default'],
    );
    assert.equal(groups[0]?.['security_group_rules'].length, 4);
    await refused(
      409,
      'SecurityGroupCannotRemoveDefault',
      `DELETE network /security-groups/${groups[0]?.['id']}`,
    );
    const { security_group: group } = await t.want(201, 'POST network /security-groups', {
      security_group: { name: 'web' },
    });
    assert.deepEqual(
      group['security_group_rules'].map(rule => rule.direction),
      ['egress', 'egress'],
    );
    const rule = (more: object) => ({
      security_group_rule: { security_group_id: group['id'], direction: 'ingress', protocol: 'tcp', ...more },
    });
    const ssh = { port_range_min: 22, port_range_max: 22 };
    const made = await t.want(
      201,
      'POST network /security-group-rules',
      rule({ ...ssh, remote_ip_prefix: '0.0.0.0/0' }),
    );
    assert.equal(
      await refused(409, 'SecurityGroupRuleExists', 'POST network /security-group-rules', rule(ssh)),
      `Security group rule already exists. Rule id is ${made['security_group_rule']['id']}.`,
    );
    await refused(
      400,
      'SecurityGroupInvalidPortRange',
      'POST network /security-group-rules',
      rule({ port_range_min: 9, port_range_max: 8 }),
    );
    await refused(
      400,
      'SecurityGroupProtocolRequiredWithPorts',
      'POST network /security-group-rules',
      rule({ ...ssh, protocol: null }),
    );
    await refused(
      400,
      'SecurityGroupRuleInvalidProtocol',
      'POST network /security-group-rules',
      rule({ protocol: 'tpc' }),
    );
    await refused(
      400,
      'HTTPBadRequest',
      'POST network /security-group-rules',
      rule({ remote_ip_prefix: '10.0.0.0/99' }),
    );
    await refused(
      400,
      'SecurityGroupRuleParameterConflict',
      'POST network /security-group-rules',
      rule({ remote_ip_prefix: '::/0' }),
    );
    await refused(
      404,
      'SecurityGroupNotFound',
      'POST network /security-group-rules',
      rule({ remote_group_id: made['security_group_rule']['id'] }),
    );
    // Bulk: all or nothing. Seven rules stand, twelve may.
    const many = (from: number, count: number) => ({
      security_group_rules: Array.from(
        { length: count },
        (_, i) => rule({ port_range_min: from + i, port_range_max: from + i }).security_group_rule,
      ),
    });
    await refused(409, 'OverQuota', 'POST network /security-group-rules', many(100, 6));
    const after = await t.want(200, `GET network /security-group-rules?security_group_id=${group['id']}`);
    assert.equal(after['security_group_rules'].length, 3);
    await t.want(201, 'POST network /security-group-rules', many(100, 5));
    await t.want(204, `DELETE network /security-groups/${group['id']}`);
    assert.equal((await t.want(200, 'GET network /security-group-rules'))['security_group_rules'].length, 4);
  });

  it('lists by filter, tag, field, order and page', async () => {
    const ids: string[] = [];
    for (const name of ['c', 'a', 'b']) ids.push(await network(name));
    await t.want(200, `PUT network /networks/${ids[0]}/tags`, { tags: ['x', 'y'] });
    await t.want(200, `PUT network /networks/${ids[1]}/tags`, { tags: ['y'] });
    const names = async (query: string) =>
      (await t.want(200, `GET network /networks?router:external=false&${query}`))['networks'].map(
        each => each.name,
      );
    assert.deepEqual(await names('tags=x,y'), ['c']);
    assert.deepEqual(await names('tags-any=x,y'), ['c', 'a']);
    assert.deepEqual(await names('not-tags-any=x,y'), ['b']);
    assert.deepEqual(await names('name=a&name=b'), ['a', 'b']);
    assert.deepEqual(await names('sort_key=name&sort_dir=desc'), ['c', 'b', 'a']);
    const { networks } = await t.want(200, 'GET network /networks?name=a&fields=id&fields=name');
    assert.deepEqual(Object.keys(networks[0] ?? {}), ['id', 'name']);
    const seen: string[] = [];
    let path: string | undefined = '/networks?limit=2&sort_key=name&sort_dir=asc';
    while (path !== undefined) {
      const page: Json = await t.want(200, `GET network ${path}`);
      seen.push(...page['networks'].map(each => each.name));
      const next: Json | undefined = (page['networks_links'] ?? []).find(link => link.rel === 'next');
      path = next && String(next['href']).slice(t.roots.network.length);
    }
    assert.deepEqual(seen, ['a', 'b', 'c', 'public']);
    assert.equal((await t.call(`GET network /networks/${ids[0]}/tags/x`)).status, 204);
    assert.equal((await t.call(`GET network /networks/${ids[0]}/tags/z`)).status, 404);
    await network('d');
    await network('e');
    assert.match(await refused(409, 'OverQuota', 'POST network /networks', { network: {} }), /\['network'\]/);
  });
});
