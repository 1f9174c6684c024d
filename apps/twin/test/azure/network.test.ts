/** Resource groups and Microsoft.Network. Written from the references, with plain fetch. */
import assert from 'node:assert/strict';
import { beforeEach, afterEach, describe, it } from 'node:test';
import { compute, key, location, makeStage, net, openTestCloud, rule, type TestCloud } from './serve.ts';

describe('groups and networks', () => {
  let t: TestCloud;
  beforeEach(async () => {
    t = await openTestCloud({ quotas: { PublicIPAddresses: 2 } });
  });
  afterEach(() => t.close());

  it('groups: made once, named in any case, told apart by place', async () => {
    await t.want(201, 'PUT /resourcegroups/RG', { location: 'Korea Central', tags: { a: '1' } });
    assert.deepEqual((await t.want(200, 'PUT /resourcegroups/rg', { location })).name, 'RG');
    assert.equal(
      await t.fails(409, 'PUT /resourcegroups/rg', { location: 'eastus' }),
      'InvalidResourceGroupLocation',
    );
    assert.equal(
      await t.fails(400, 'PUT /resourcegroups/x', { location: 'mars' }),
      'LocationNotAvailableForResourceGroup',
    );
    assert.equal(await t.fails(400, 'PUT /resourcegroups/x', {}), 'LocationRequired');
    assert.equal(await t.fails(400, 'PUT /resourcegroups/x!', { location }), 'InvalidResourceGroup');
    assert.equal(await t.fails(400, 'PUT /resourcegroups/x', '{'), 'InvalidRequestContent');
    const head = (name: string) =>
      fetch(`${t.root}/arm${t.subscription}/resourcegroups/${name}?api-version=2021-04-01`, {
        method: 'HEAD',
        headers: { authorization: `Bearer ${token}` },
      }).then(({ status }) => status);
    const token = (await t.login()).body.access_token;
    assert.deepEqual([await head('rG'), await head('none')], [204, 404]);
    const gone = await t.call('DELETE /resourcegroups/rg');
    assert.equal(gone.status, 202);
    const monitor = gone.headers.get('location') ?? '';
    let answer = await t.send('GET', monitor);
    while (answer.status === 202) answer = await t.send('GET', monitor);
    assert.equal(answer.status, 200);
    assert.equal(await t.fails(404, 'DELETE /resourcegroups/rg'), 'ResourceGroupNotFound');
  });

  it('networks and subnets: blocks lie in each other and do not overlap', async () => {
    const stage = await makeStage(t);
    const put = (name: string, addressPrefix: string) =>
      t.call(`PUT ${net}/virtualNetworks/vnet/subnets/${name}`, { properties: { addressPrefix } });
    const code = async (prefix: string) => (await put('other', prefix)).body.error.code;
    assert.equal(await code('10.1.0.0/24'), 'NetcfgInvalidSubnet');
    assert.equal(await code('10.0.0.128/25'), 'NetcfgSubnetRangesOverlap');
    assert.equal(await code('10.0.1.5/24'), 'InvalidCIDRNotation');
    assert.equal(await code('10.0.1.0'), 'InvalidAddressPrefixFormat');
    assert.equal(await code('10.0.1.0/30'), 'NetcfgInvalidSubnet');
    const first = await put('two', '10.0.2.0/24');
    assert.equal(first.body.properties.provisioningState, 'Updating');
    // One change of a network at a time.
    const second = await put('three', '10.0.3.0/24');
    if (second.status !== 201) assert.equal(second.body.error.code, 'AnotherOperationInProgress');
    await t.done(first);
    const { value } = await t.want(200, `GET ${net}/virtualNetworks/vnet/subnets`);
    assert.ok(value.length >= 2);
    await t.want(204, `DELETE ${net}/virtualNetworks/vnet/subnets/none`);
    assert.equal(await t.fails(404, `GET ${net}/virtualNetworks/none`), 'ResourceNotFound');
    // A PUT that names other subnets takes the unnamed away, where nobody uses them.
    const body = (subnets: unknown) => ({
      location,
      properties: { addressSpace: { addressPrefixes: ['10.0.0.0/16'] }, subnets },
    });
    const whole = await t.order(
      200,
      `PUT ${net}/virtualNetworks/vnet`,
      body([{ name: 'sub', properties: { addressPrefix: '10.0.0.0/24' } }]),
    );
    assert.deepEqual(
      whole.properties.subnets.map(each => each.name),
      ['sub'],
    );
    await t.order(201, `PUT ${net}/networkInterfaces/nic`, {
      location,
      properties: { ipConfigurations: [{ name: 'ip', properties: { subnet: { id: stage.subnet } } }] },
    });
    assert.equal(
      await t.fails(400, `PUT ${net}/virtualNetworks/vnet`, body([])),
      'InUseSubnetCannotBeDeleted',
    );
    assert.equal(await t.fails(400, `DELETE ${net}/virtualNetworks/vnet`), 'InUseSubnetCannotBeDeleted');
    await t.order(202, `DELETE ${net}/networkInterfaces/nic`);
    await t.order(202, `DELETE ${net}/virtualNetworks/vnet`);
    await t.want(204, `DELETE ${net}/virtualNetworks/vnet`);
  });

  it('security groups: priorities, ranges and users are checked', async () => {
    const stage = await makeStage(t);
    const put = async (more: object, name = 'other') => {
      const answer = await t.call(
        `PUT ${net}/networkSecurityGroups/nsg/securityRules/${name}`,
        rule(name, 200, '80', more),
      );
      return answer.status < 300 ? (await t.done(answer)).status : answer.body.error.code;
    };
    assert.equal(await put({ priority: 99 }), 'SecurityRuleInvalidPriority');
    assert.equal(await put({ priority: 100 }), 'SecurityRuleConflict');
    assert.equal(await put({ priority: 100, direction: 'Outbound' }), 'Succeeded');
    assert.equal(await put({ destinationPortRange: '70000' }), 'SecurityRuleInvalidPortRange');
    assert.equal(await put({ destinationPortRange: '90-80' }), 'SecurityRuleInvalidPortRange');
    assert.equal(await put({ sourceAddressPrefix: '10.0.0.0/40' }), 'SecurityRuleInvalidAddressPrefix');
    assert.equal(await put({ protocol: 'sctp' }), 'InvalidRequestContent');
    assert.equal(await put({ access: null }), 'SecurityRuleParameterMissing');
    const group = await t.want(200, `GET ${net}/networkSecurityGroups/NSG`);
    assert.deepEqual(
      group.properties.securityRules.map(each => each.name),
      ['ssh', 'other'],
    );
    assert.equal(group.properties.defaultSecurityRules.length, 6);
    await t.order(202, `DELETE ${net}/networkSecurityGroups/nsg/securityRules/other`);
    await t.want(204, `DELETE ${net}/networkSecurityGroups/nsg/securityRules/other`);
    await t.order(200, `PUT ${net}/virtualNetworks/vnet/subnets/sub`, {
      properties: { addressPrefix: '10.0.0.0/24', networkSecurityGroup: { id: stage.nsg } },
    });
    assert.equal(
      await t.fails(400, `DELETE ${net}/networkSecurityGroups/nsg`),
      'InUseNetworkSecurityGroupCannotBeDeleted',
    );
    await t.order(200, `PUT ${net}/virtualNetworks/vnet/subnets/sub`, {
      properties: { addressPrefix: '10.0.0.0/24' },
    });
    await t.order(202, `DELETE ${net}/networkSecurityGroups/nsg`);
  });

  it('interfaces: addresses are given from the fifth on, and refused where taken', async () => {
    const stage = await makeStage(t);
    const nic = (name: string, properties: object, more: object = {}) =>
      t.call(`PUT ${net}/networkInterfaces/${name}`, {
        location,
        properties: {
          ipConfigurations: [{ name: 'ip', properties: { subnet: { id: stage.subnet }, ...properties } }],
          ...more,
        },
      });
    const first = await nic('a', {});
    assert.equal(first.body.properties.ipConfigurations[0]?.properties.privateIPAddress, '10.0.0.4');
    const code = async (privateIPAddress: string) =>
      (await nic('b', { privateIPAddress, privateIPAllocationMethod: 'Static' })).body.error.code;
    assert.equal(await code('10.0.0.4'), 'PrivateIPAddressInUse');
    assert.equal(await code('10.0.0.3'), 'PrivateIPAddressInReservedRange');
    assert.equal(await code('10.0.0.255'), 'PrivateIPAddressInReservedRange');
    assert.equal(await code('10.0.1.4'), 'PrivateIPAddressNotInSubnet');
    assert.equal(
      (await nic('b', { subnet: { id: `${stage.vnet}/subnets/none` } })).body.error.code,
      'InvalidResourceReference',
    );
    const ip = { location, sku: { name: 'Standard' }, properties: { publicIPAllocationMethod: 'Static' } };
    const address = await t.order(201, `PUT ${net}/publicIPAddresses/one`, ip);
    assert.match(address.properties.ipAddress, /^127\./);
    await t.done(first);
    await t.done(
      await nic('a', { publicIPAddress: { id: address.id } }, { networkSecurityGroup: { id: stage.nsg } }),
    );
    assert.equal(
      (await nic('b', { publicIPAddress: { id: address.id } })).body.error.code,
      'PublicIPAddressInUse',
    );
    assert.equal(await t.fails(400, `DELETE ${net}/publicIPAddresses/one`), 'PublicIPAddressCannotBeDeleted');
    await t.order(201, `PUT ${net}/publicIPAddresses/two`, ip);
    assert.equal(await t.fails(400, `PUT ${net}/publicIPAddresses/three`, ip), 'PublicIPCountLimitReached');
    assert.equal(await t.fails(400, `PUT ${net}/publicIPAddresses/-x`, ip), 'InvalidResourceName');
    assert.equal(
      (await t.want(200, `GET /providers/Microsoft.Network/locations/${location}/usages`)).value.find(
        each => each.name.value === 'PublicIPAddresses',
      )?.currentValue,
      2,
    );
    const again = await t.want(200, `GET ${net}/networkInterfaces/a`);
    assert.equal(again.properties.ipConfigurations[0]?.properties.privateIPAddress, '10.0.0.4');
    await t.order(202, `DELETE ${net}/networkInterfaces/a`);
    await t.order(202, `DELETE ${net}/publicIPAddresses/one`);
    assert.deepEqual(t.counts(), {
      resourceGroups: 1,
      virtualNetworks: 1,
      subnets: 1,
      networkSecurityGroups: 1,
      publicIPAddresses: 1,
    });
  });

  it('a subnet of a /29 has three addresses', async () => {
    await makeStage(t);
    const { id } = await t.order(201, `PUT ${net}/virtualNetworks/vnet/subnets/small`, {
      properties: { addressPrefix: '10.0.9.0/29' },
    });
    const make = (name: string) =>
      t.call(`PUT ${net}/networkInterfaces/${name}`, {
        location,
        properties: { ipConfigurations: [{ name: 'ip', properties: { subnet: { id } } }] },
      });
    for (const name of ['a', 'b', 'c']) assert.equal((await make(name)).status, 201);
    assert.equal((await make('d')).body.error.code, 'SubnetIsFull');
    assert.equal(t.counts()['networkInterfaces'], 3);
  });

  it('lists in pages, finds by tag and by type', async () => {
    await makeStage(t);
    for (let index = 0; index < 12; index++)
      await t.want(201, `PUT ${compute}/sshPublicKeys/key${index}`, {
        location,
        tags: { odd: String(index % 2) },
        properties: { publicKey: key },
      });
    let url = `${t.root}/arm${t.subscription}/resources?$filter=${encodeURIComponent("resourceType eq 'Microsoft.Compute/sshPublicKeys'")}&$top=5&api-version=2021-04-01`;
    const names: string[] = [];
    let pages = 0;
    while (url) {
      const { body } = await t.send('GET', url);
      names.push(...body.value.map(each => each.name));
      url = 'nextLink' in body ? body.nextLink : '';
      pages++;
    }
    assert.equal(pages, 3);
    assert.equal(new Set(names).size, 12);
    const find = async (filter: string, where = '') =>
      t.want(200, `GET ${where}/resources?$filter=${encodeURIComponent(filter)}`);
    const odd = await find("tagName eq 'ODD' and tagValue eq '1'", '/resourceGroups/rg');
    assert.equal(odd.value.length, 6);
    assert.ok(
      odd.value.every(each => (each.tags as unknown) === undefined),
      'a search by tag shows no tags',
    );
    assert.equal((await find("name eq 'key3' or name eq 'VNET'")).value.length, 2);
    const mixed = await t.call(
      `GET /resources?$filter=${encodeURIComponent("tagName eq 'odd' and resourceType eq 'x'")}`,
    );
    assert.equal(mixed.body.error.code, 'InvalidFilterInQueryString');
    assert.equal((await t.want(200, `GET ${compute}/sshPublicKeys`)).value.length, 12);
    const patched = await t.want(200, `PATCH ${compute}/sshPublicKeys/KEY3`, { tags: { new: 'yes' } });
    assert.deepEqual(patched.tags, { new: 'yes' });
    assert.equal(
      (await t.call(`PUT ${compute}/sshPublicKeys/key3`, { location }, { 'if-none-match': '*' })).status,
      412,
    );
    assert.equal(
      await t.fails(400, `PUT ${compute}/sshPublicKeys/bad`, {
        location,
        properties: { publicKey: 'ssh-rsa AAAA' },
      }),
      'InvalidParameter',
    );
    assert.equal(
      await t.fails(400, `PUT ${compute}/sshPublicKeys/bad`, { location, tags: { 'a<b': '' } }),
      'InvalidTagNameCharacters',
    );
    assert.equal(
      await t.fails(409, `PUT ${compute}/sshPublicKeys/key3`, { location: 'eastus' }),
      'InvalidResourceLocation',
    );
  });
});
