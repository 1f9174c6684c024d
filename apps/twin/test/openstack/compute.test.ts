/** Nova: a server's life, what is refused, microversions, pages, faults, and what the world sees of it. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { makeNetwork, openTestCloud, type Json, type TestCloud } from './serve.ts';

const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJhJdp07gEEyNQ6K2aHe2kNkQG9Ck3xqsKfmfWpIIKqL somebody';
const v = (minor: number) => ({ 'openstack-api-version': `compute 2.${minor}` });

describe('Nova', () => {
  let t: TestCloud;
  let image = '';
  let network = '';
  let external = '';
  beforeEach(async () => {
    t = await openTestCloud({ quotas: { instances: 20, cores: 40 } });
    await t.login();
    image = String((await t.want(200, 'GET image /images?name=ubuntu-22.04'))['images'][0]?.['id']);
    ({ network, external } = await makeNetwork(t));
  });
  afterEach(() => t.close());

  const request = (more: object = {}) => ({
    server: { name: 'vm', flavorRef: '2', imageRef: image, networks: [{ uuid: network }], ...more },
  });
  const boot = async (more: object = {}, headers: Record<string, string> = v(93)) => {
    const { server } = await t.want(202, 'POST compute /servers', request(more), headers);
    await t.settle();
    return String(server['id']);
  };
  const show = async (id: string, minor = 93): Promise<Json> =>
    (await t.want(200, `GET compute /servers/${id}`, undefined, v(minor)))['server'];
  const act = async (id: string, action: object, status = 202) => {
    const answer = await t.call(`POST compute /servers/${id}/action`, action);
    assert.equal(answer.status, status, answer.text);
    return answer.body;
  };
  const refused = async (
    status: number,
    word: 'badRequest' | 'forbidden' | 'itemNotFound' | 'conflictingRequest' | 'computeFault',
    line: string,
    body?: unknown,
    headers?: Record<string, string>,
  ) => {
    const answer = await t.call(line, body, headers);
    assert.equal(answer.status, status, `${line}: ${answer.text}`);
    assert.equal(answer.body[word]['code'], status);
    return String(answer.body[word]['message']);
  };

  it('takes a server through its states and away', async () => {
    const made = await t.want(202, 'POST compute /servers', request(), v(93));
    const id = made['server']['id'];
    await t.settle();
    assert.equal((await show(id))['status'], 'ACTIVE');
    await act(id, { 'os-stop': null });
    await t.settle();
    assert.deepEqual(
      [(await show(id))['status'], (await show(id))['OS-EXT-STS:power_state']],
      ['SHUTOFF', 4],
    );
    assert.match(
      (await act(id, { 'os-stop': null }, 409))['conflictingRequest']['message'],
      /Cannot 'stop' instance .* while it is in vm_state stopped/,
    );
    await act(id, { 'os-start': null });
    await t.settle();
    for (const [deed, undo, status] of [
      ['suspend', 'resume', 'SUSPENDED'],
      ['pause', 'unpause', 'PAUSED'],
    ] as const) {
      await act(id, { [deed]: null });
      await t.settle();
      assert.equal((await show(id))['status'], status);
      await act(id, { [undo]: null });
      await t.settle();
      assert.equal((await show(id))['status'], 'ACTIVE');
    }
    await act(id, { reboot: { type: 'SOFT' } });
    await t.settle();
    assert.match((await act(id, { 'os-getConsoleOutput': { length: 3 } }, 200))['output'], /vm login: $/);
    await act(id, { nonsense: null }, 400);
    await t.want(204, `DELETE compute /servers/${id}`);
    await t.settle();
    assert.match(
      await refused(404, 'itemNotFound', `GET compute /servers/${id}`),
      /Instance .* could not be found/,
    );
    assert.equal(t.wire.counts(t.cloud)['servers'], 0);
    assert.equal([...t.world.machines.all()].length, 0);
    assert.equal((await t.want(200, `GET network /ports?device_id=${id}`))['ports'].length, 0);
  });

  it('shows what is under way', async () => {
    t.cloud.delays.create = t.cloud.delays.stop = t.cloud.delays.reboot = t.cloud.delays.terminate = 60_000;
    const id = await boot();
    const state = async () => {
      const server = await show(id);
      return [server['status'], server['OS-EXT-STS:vm_state'], server['OS-EXT-STS:task_state']];
    };
    /** When as much more time has gone by. */
    const after = async (ms: number, server: string) => {
      t.advance(ms);
      return (await show(server))['OS-EXT-STS:task_state'];
    };
    assert.deepEqual(await state(), ['BUILD', 'building', 'scheduling']);
    assert.deepEqual((await show(id))['addresses'], {});
    const stop = `POST compute /servers/${id}/action`;
    // In no cell yet, on no host yet, on one.
    assert.match(await refused(404, 'itemNotFound', stop, { 'os-stop': null }), /could not be found/);
    assert.equal(await after(9_000, id), null);
    assert.match(await refused(409, 'conflictingRequest', stop, { 'os-stop': null }), /is not ready$/);
    assert.equal(await after(6_000, id), 'block_device_mapping');
    assert.equal(await after(15_000, id), 'spawning');
    for (const body of [{ 'os-stop': null }, { reboot: { type: 'SOFT' } }])
      assert.match(await refused(409, 'conflictingRequest', stop, body), /while it is in vm_state building$/);
    await t.want(204, `DELETE compute /servers/${id}`);
    assert.deepEqual(await state(), ['BUILD', 'building', 'deleting']);
    t.cloud.delays.create = 0;
    const other = await boot();
    await act(other, { reboot: { type: 'HARD' } });
    assert.deepEqual((await show(other))['status'], 'HARD_REBOOT');
    assert.equal(await after(30_000, other), 'reboot_started_hard');
    const third = await boot();
    await act(third, { reboot: { type: 'SOFT' } });
    assert.equal(await after(0, third), 'rebooting');
    assert.equal(await after(9_000, third), 'reboot_pending');
    assert.equal(await after(21_000, third), 'reboot_started');
    assert.equal((await show(third))['status'], 'REBOOT');
  });

  it('tells the form of its answers as Nova does', async () => {
    const id = await boot();
    const of = async (line: string, body?: unknown, headers?: Record<string, string>) => {
      const answer = await t.call(line, body, headers);
      const [type, version] = ['content-type', 'openstack-api-version'].map(name => answer.headers.get(name));
      return [answer.status, type, version];
    };
    const [json, page] = ['application/json; charset=UTF-8', 'text/html; charset=UTF-8'];
    assert.deepEqual(await of('GET compute /servers/none'), [404, json, 'compute 2.1']);
    assert.deepEqual(await of('GET compute /nothing'), [404, page, null]);
    assert.deepEqual(await of('GET compute /servers', undefined, v(999)), [406, json, 'compute 2.999']);
    assert.deepEqual(await of('GET compute /servers', undefined, { 'x-auth-token': '' }), [
      401,
      'application/json',
      null,
    ]);
    const line = `POST compute /servers/${id}/action`;
    assert.deepEqual(await of(line, { createImage: { name: 'shot' } }), [202, page, 'compute 2.1']);
    await t.settle();
    assert.deepEqual(await of(line, { 'os-stop': null }), [202, 'application/json', 'compute 2.1']);
  });

  it('keeps the status of a stopped one while it is rebooted hard', async () => {
    const id = await boot();
    await act(id, { 'os-stop': null });
    await t.settle();
    t.cloud.delays.reboot = 60_000;
    await act(id, { reboot: { type: 'SOFT' } }, 409);
    await act(id, { reboot: { type: 'HARD' } });
    const server = await show(id);
    assert.deepEqual([server['status'], server['OS-EXT-STS:task_state']], ['SHUTOFF', 'rebooting_hard']);
  });

  it('shows for a moment what has ended', async () => {
    const id = await boot();
    t.cloud.delays.terminate = 20;
    await t.want(204, `DELETE compute /servers/${id}`);
    let seen = '';
    for (;;) {
      const answer = await t.call(`GET compute /servers/${id}`);
      if (answer.status === 404) break;
      const now = `${answer.body['server']['status']} ${answer.body['server']['OS-EXT-STS:task_state']}`;
      if (!seen.endsWith(now)) seen += ` ${now}`;
    }
    assert.equal(seen, ' ACTIVE deleting DELETED null');
    assert.equal(t.wire.counts(t.cloud)['servers'], 0);
  });

  it('says of actions what their schema says, and of two in another way that there is no such server', async () => {
    const id = await boot();
    const line = `POST compute /servers/${id}/action`;
    assert.equal(
      await refused(400, 'badRequest', line, { reboot: {} }),
      "Invalid input for field/attribute reboot. Value: {}. 'type' is a required property",
    );
    assert.match(
      await refused(409, 'conflictingRequest', line, { confirmResize: null }),
      /^Cannot 'confirmResize' instance .* while it is in vm_state active$/,
    );
    const none = `POST compute /servers/${network}/action`;
    assert.match(
      await refused(404, 'itemNotFound', none, { 'os-stop': null }),
      /has no mapping to a cell\.$/,
    );
    assert.match(await refused(404, 'itemNotFound', none, { pause: null }), /could not be found\.$/);
  });

  it('lets the internet in by floating IP and rule, and only so', async () => {
    const id = await boot({ user_data: Buffer.from('#!/bin/sh\necho hi\n').toString('base64') });
    const machine = t.world.machines.byKey(`stack/${id}`);
    assert.ok(machine);
    assert.deepEqual(
      [machine.user, machine.osName, machine.cpus, machine.memoryMib],
      ['ubuntu', 'Ubuntu 22.04', 1, 2048],
    );
    const open = () => machine.site.reachable(machine, 22);
    const { ports } = await t.want(200, `GET network /ports?device_id=${id}`);
    assert.equal(ports[0]?.['fixed_ips'][0]?.['ip_address'], machine.privateIp);
    assert.equal(ports[0]?.['status'], 'ACTIVE');
    assert.equal(open(), false);
    const { floatingip } = await t.want(201, 'POST network /floatingips', {
      floatingip: { floating_network_id: external, port_id: ports[0]?.['id'] },
    });
    assert.equal(machine.publicIp, floatingip['floating_ip_address']);
    assert.equal(t.world.machines.byAddress(machine.publicIp), machine);
    assert.equal(open(), false);
    const { security_group: group } = await t.want(201, 'POST network /security-groups', {
      security_group: { name: 'ssh' },
    });
    const rule = (prefix: string) => ({
      security_group_rule: {
        security_group_id: group['id'],
        direction: 'ingress',
        protocol: 'tcp',
        port_range_min: 20,
        port_range_max: 25,
        remote_ip_prefix: prefix,
      },
    });
    await t.want(201, 'POST network /security-group-rules', rule('192.0.2.0/24'));
    await act(id, { addSecurityGroup: { name: 'ssh' } });
    assert.equal(open(), false);
    const { security_group_rule: made } = await t.want(
      201,
      'POST network /security-group-rules',
      rule('203.0.113.0/24'),
    );
    assert.equal(open(), true);
    assert.equal(machine.site.reachable(machine, 80), false);
    assert.match(
      await t.call(`DELETE network /security-groups/${group['id']}`).then(each => each.text),
      /SecurityGroupInUse/,
    );
    await t.want(204, `DELETE network /security-group-rules/${made['id']}`);
    assert.equal(open(), false);
    const addresses = (await show(id))['addresses']['net'];
    assert.deepEqual(
      addresses.map(each => each['OS-EXT-IPS:type']),
      ['fixed', 'floating'],
    );
    await t.want(200, `PUT network /floatingips/${floatingip['id']}`, { floatingip: { port_id: null } });
    assert.equal(machine.publicIp, '');
    await t.want(200, `PUT network /floatingips/${floatingip['id']}`, {
      floatingip: { port_id: ports[0]?.['id'] },
    });
    await t.want(204, `DELETE compute /servers/${id}`);
    await t.settle();
    const free = await t.want(200, `GET network /floatingips/${floatingip['id']}`);
    assert.equal(free['floatingip']['status'], 'DOWN');
    assert.equal(t.world.machines.byAddress(floatingip['floating_ip_address']), undefined);
  });

  it('keeps the project’s own ports when their server goes', async () => {
    const { port } = await t.want(201, 'POST network /ports', { port: { network_id: network } });
    const id = await boot({ networks: [{ port: port['id'] }] });
    assert.match(
      await refused(
        409,
        'conflictingRequest',
        'POST compute /servers',
        request({ networks: [{ port: port['id'] }] }),
      ),
      /still in use/,
    );
    await t.want(204, `DELETE compute /servers/${id}`);
    await t.settle();
    const after = (await t.want(200, `GET network /ports/${port['id']}`))['port'];
    assert.deepEqual([after['device_id'], after['device_owner']], ['', '']);
    await t.want(204, `DELETE network /ports/${port['id']}`);
  });

  it('refuses what Nova refuses, in its words', async () => {
    const bad = (more: object, headers?: Record<string, string>) =>
      refused(400, 'badRequest', 'POST compute /servers', request(more), headers);
    assert.match(await bad({ flavorRef: '99' }), /Flavor 99 could not be found/);
    assert.match(await bad({ imageRef: network }), /Can not find requested image/);
    assert.match(await bad({ key_name: 'none' }), /Invalid key_name provided/);
    assert.match(
      await bad({ security_groups: [{ name: 'none' }] }),
      /Unable to find security_group with name or id 'none'/,
    );
    assert.match(await bad({ networks: [{ uuid: image }] }), /Network .* could not be found/);
    assert.match(await bad({ flavorRef: '1' }), /Flavor's disk is smaller than the minimum size/);
    assert.equal(
      await bad({ imageRef: 'word' }),
      "Invalid input for field/attribute imageRef. Value: word. 'word' is not valid under any of the given schemas",
    );
    assert.equal(await bad({ imageRef: undefined }), 'Missing imageRef attribute');
    // As Python's decoder: strange letters are passed over, wrong padding is not.
    assert.match(await bad({ user_data: 'A' }), /Value: A\. 'A' is not a 'base64'$/);
    assert.match(await bad({ user_data: 'A'.repeat(65_536) }), /too long/);
    assert.match(
      await bad({ nmae: "it's", description: undefined }),
      /^Invalid input for field\/attribute server\. Value: \{'name': '\w+', .*'nmae': "it's"\}\. Additional properties are not allowed \('nmae' was unexpected\)$/,
    );
    assert.match(await bad({ tags: ['x'] }), /'tags' was unexpected/);
    assert.match(await bad({ networks: undefined }, v(37)), /'networks' is a required property/);
    assert.equal(await bad({ name: '' }), "Invalid input for field/attribute name. Value: . '' is too short");
    assert.match(await bad({ availability_zone: 'mars' }), /availability zone is not available/);
    assert.match(
      await refused(403, 'forbidden', 'POST compute /servers', request({ networks: [{ uuid: external }] })),
      /external network/,
    );
    assert.equal(
      await refused(400, 'badRequest', 'POST compute /servers', '{"server"'),
      'Malformed request body',
    );
    assert.equal((await t.call('POST compute /servers', '{}', { 'content-type': 'text/xml' })).status, 415);
    assert.equal(t.wire.counts(t.cloud)['servers'], 0);
    assert.equal((await t.want(200, 'GET network /ports?device_owner=compute:nova'))['ports'].length, 0);
  });

  it('holds the quotas', async () => {
    const answer = await t.want(
      202,
      'POST compute /servers',
      request({ min_count: 2, max_count: 30, return_reservation_id: true }),
    );
    assert.match(answer['reservation_id'], /^r-/);
    assert.equal((await t.want(200, 'GET compute /servers'))['servers'].length, 20);
    assert.equal(
      await refused(403, 'forbidden', 'POST compute /servers', request()),
      'Quota exceeded for instances: Requested 1, but already used 20 of 20 instances',
    );
    const { limits } = await t.want(200, 'GET compute /limits');
    assert.deepEqual(
      [limits['absolute']['totalInstancesUsed'], limits['absolute']['maxTotalCores']],
      [20, 40],
    );
  });

  it('speaks the microversion that it is asked for', async () => {
    const id = await boot({ tags: ['t1'], description: 'd' });
    assert.equal('tags' in (await show(id, 1)), false);
    assert.equal((await show(id, 46))['flavor']['id'], '2');
    assert.deepEqual(
      [
        (await show(id))['flavor']['original_name'],
        (await show(id))['tags'],
        (await show(id))['description'],
      ],
      ['m1.small', ['t1'], 'd'],
    );
    const answer = await t.call('GET compute /servers', undefined, {
      'x-openstack-nova-api-version': 'latest',
    });
    assert.equal(answer.headers.get('openstack-api-version'), 'compute 2.93');
    assert.match(answer.headers.get('x-openstack-request-id') ?? '', /^req-/);
    assert.match(
      await refused(406, 'computeFault', 'GET compute /servers', undefined, v(94)),
      /Minimum is 2.1 and maximum is 2.93/,
    );
    await refused(400, 'badRequest', 'GET compute /servers', undefined, {
      'openstack-api-version': 'compute two',
    });
  });

  it('lists in pages and by filter, newest first', async () => {
    await boot({ min_count: 5, max_count: 5, tags: ['many'], metadata: { a: 'b' } });
    const other = await boot({ name: 'other' });
    const seen: string[] = [];
    let path: string | undefined = '/servers/detail?limit=4';
    while (path !== undefined) {
      const page: Json = await t.want(200, `GET compute ${path}`);
      seen.push(...page['servers'].map(each => each.name));
      const link: string | undefined = page['servers_links']?.[0]?.['href'];
      path = link?.slice(t.roots.compute.length);
    }
    assert.deepEqual(seen, ['other', 'vm-5', 'vm-4', 'vm-3', 'vm-2', 'vm-1']);
    const count = async (query: string) =>
      (await t.want(200, `GET compute /servers?${query}`, undefined, v(93)))['servers'].length;
    assert.equal(await count('name=^vm-[12]$'), 2);
    assert.equal(await count('tags=many'), 5);
    assert.equal(await count('not-tags=many'), 1);
    assert.equal(await count('status=active'), 6);
    assert.equal(await count('status=ERROR'), 0);
    assert.equal(await count(`metadata=${encodeURIComponent('{"a":"b"}')}`), 5);
    assert.equal(await count('changes-since=2020-01-01T00:00:00Z'), 6);
    await act(other, { 'os-stop': null });
    await t.settle();
    assert.equal(await count('status=SHUTOFF'), 1);
    await refused(400, 'badRequest', `GET compute /servers?marker=${image}`);
  });

  it('keeps metadata, tags and key pairs', async () => {
    const made = await t.want(
      201,
      'POST compute /os-keypairs',
      { keypair: { name: 'k', public_key: publicKey, type: 'ssh' } },
      v(2),
    );
    assert.match(made['keypair']['fingerprint'], /^([0-9a-f]{2}:){15}[0-9a-f]{2}$/);
    assert.equal(
      await refused(409, 'conflictingRequest', 'POST compute /os-keypairs', {
        keypair: { name: 'k', public_key: publicKey },
      }),
      "Key pair 'k' already exists.",
    );
    await refused(400, 'badRequest', 'POST compute /os-keypairs', {
      keypair: { name: 'x', public_key: 'ssh-rsa nonsense' },
    });
    const generated = await t.want(200, 'POST compute /os-keypairs', { keypair: { name: 'g' } });
    assert.match(generated['keypair']['private_key'], /^-----BEGIN RSA PRIVATE KEY-----/);
    await refused(400, 'badRequest', 'POST compute /os-keypairs', { keypair: { name: 'h' } }, v(92));
    const id = await boot({ key_name: 'k', metadata: { a: '1' } });
    assert.deepEqual(t.world.machines.byKey(`stack/${id}`)?.keys, [publicKey]);
    await t.want(200, `POST compute /servers/${id}/metadata`, { metadata: { b: '2' } });
    await t.want(204, `DELETE compute /servers/${id}/metadata/a`);
    assert.deepEqual((await show(id))['metadata'], { b: '2' });
    await t.want(204, 'DELETE compute /os-keypairs/k', undefined, v(2));
    await refused(404, 'itemNotFound', 'GET compute /os-keypairs/k');
    assert.equal(t.wire.counts(t.cloud)['keyPairs'], 1);
  });

  it('has tags of servers since 2.26', async () => {
    const id = await boot();
    const at = `compute /servers/${id}/tags`;
    for (const line of [`GET ${at}`, `PUT ${at}/a`, `DELETE ${at}`])
      assert.equal((await t.call(line, undefined, { 'openstack-api-version': 'compute 2.25' })).status, 404);
    const made = await t.call(`PUT ${at}/a`, undefined, v(26));
    assert.deepEqual(
      [made.status, made.headers.get('location')],
      [201, `${t.roots.compute}/servers/${id}/tags/a`],
    );
    assert.equal((await t.call(`PUT ${at}/a`, undefined, v(26))).status, 204);
    assert.deepEqual((await t.want(200, `PUT ${at}`, { tags: ['b', 'c', 'b'] }, v(26)))['tags'], ['b', 'c']);
    await t.want(204, `DELETE ${at}/b`, undefined, v(26));
    await refused(404, 'itemNotFound', `DELETE ${at}/b`, undefined, v(26));
    await refused(400, 'badRequest', `PUT ${at}`, { tags: ['a,b'] }, v(26));
    assert.deepEqual((await t.want(200, `GET ${at}`, undefined, v(26)))['tags'], ['c']);
  });

  it('tells its zones, its flavors’ extras and a server’s addresses', async () => {
    const plain = await t.want(200, 'GET compute /os-availability-zone');
    assert.deepEqual(plain['availabilityZoneInfo'], [
      { zoneName: 'nova', zoneState: { available: true }, hosts: null },
    ]);
    const whole = await t.want(200, 'GET compute /os-availability-zone/detail');
    assert.deepEqual(
      whole['availabilityZoneInfo'].map(each => each['zoneName']),
      ['internal', 'nova'],
    );
    const { flavors } = await t.want(200, 'GET compute /flavors/detail', undefined, v(61));
    const extras = flavors.flatMap(each => Object.keys(each['extra_specs']));
    assert.ok(extras.includes('resources:VGPU') && extras.includes('pci_passthrough:alias'));
    const id = await boot();
    const { addresses } = await t.want(200, `GET compute /servers/${id}/ips`);
    const [name = ''] = Object.keys(addresses);
    assert.deepEqual(await t.want(200, `GET compute /servers/${id}/ips/${name}`), addresses);
    await refused(404, 'itemNotFound', `GET compute /servers/${id}/ips/nowhere`);
  });

  it('attaches and detaches interfaces', async () => {
    const id = await boot();
    const { interfaceAttachment: made } = await t.want(200, `POST compute /servers/${id}/os-interface`, {
      interfaceAttachment: { net_id: network },
    });
    assert.equal(
      (await t.want(200, `GET compute /servers/${id}/os-interface`))['interfaceAttachments'].length,
      2,
    );
    assert.equal((await t.call(`DELETE compute /servers/${id}/os-interface/${made['port_id']}`)).status, 202);
    assert.equal((await t.want(200, `GET network /ports?device_id=${id}`))['ports'].length, 1);
  });

  it('fails as Nova fails: accepted, then ERROR', async () => {
    for (const [fault, words] of [
      ['capacity', /^No valid host was found/],
      ['error', /^Exceeded maximum number of retries/],
    ] as const) {
      t.world.faults.set([{ cloud: '*', operation: 'create-vm', probability: 1, fault }]);
      const id = await boot();
      const server = await show(id);
      assert.equal(server['status'], 'ERROR');
      assert.match(server['fault']['message'], words);
      assert.equal(server['fault']['code'], 500);
    }
    t.world.faults.set([]);
    assert.equal(t.wire.counts(t.cloud)['servers'], 2);
    assert.equal((await t.want(200, 'GET network /ports?device_owner=compute:nova'))['ports'].length, 0);
    for (const { id } of (await t.want(200, 'GET compute /servers'))['servers'])
      await t.want(204, `DELETE compute /servers/${id}`);
    assert.equal(t.wire.counts(t.cloud)['servers'], 0);
  });

  it('answers the other faults in the services’ words', async () => {
    const set = (
      operation: string,
      fault: 'throttle' | 'quota' | 'unavailable' | 'drop' | 'error' | 'capacity',
    ) => t.world.faults.set([{ cloud: 'stack', operation, probability: 1, fault }]);
    set('POST /servers', 'throttle');
    const throttled = await t.call('POST compute /servers', request());
    assert.deepEqual([throttled.status, throttled.headers.get('retry-after')], [429, '1']);
    assert.equal(throttled.body['overLimit']['code'], 429);
    set('POST /servers', 'quota');
    assert.match(
      await refused(403, 'forbidden', 'POST compute /servers', request()),
      /^Quota exceeded for instances/,
    );
    set('POST /networks', 'quota');
    assert.match((await t.call('POST network /networks', { network: {} })).text, /OverQuota.*\['network'\]/);
    set('GET /servers/detail', 'unavailable');
    assert.equal((await t.call('GET compute /servers/detail')).status, 503);
    set('GET /servers/{id}', 'error');
    await refused(500, 'computeFault', `GET compute /servers/${image}`);
    set('POST /auth/tokens', 'error');
    assert.equal((await t.call('POST identity /auth/tokens', t.credentials())).body['error']['code'], 500);
    set('POST /servers', 'drop');
    await assert.rejects(t.call('POST compute /servers', request()));
    t.world.faults.set([]);
    assert.equal(t.wire.counts(t.cloud)['servers'], 1);
    t.world.faults.set([{ cloud: 'stack', operation: 'POST /servers', probability: 1, fault: 'hang' }]);
    await assert.rejects(
      fetch(`${t.roots.compute}/servers`, {
        signal: AbortSignal.timeout(50),
        method: 'POST',
        body: JSON.stringify(request()),
        headers: { 'x-auth-token': await t.login(), 'content-type': 'application/json' },
      }),
    );
    assert.equal(t.wire.counts(t.cloud)['servers'], 1);
  });

  it('goes to ERROR where the subnet is full', async () => {
    const { network: small } = await t.want(201, 'POST network /networks', { network: {} });
    await t.want(201, 'POST network /subnets', {
      subnet: { network_id: small['id'], ip_version: 4, cidr: '10.3.0.0/30' },
    });
    const id = await boot({ networks: [{ uuid: small['id'] }] });
    assert.match((await show(id))['fault']['message'], /No more IP addresses available on network/);
  });

  it('forgets everything at a reset', async () => {
    const id = await boot();
    const { ports } = await t.want(200, `GET network /ports?device_id=${id}`);
    await t.want(201, 'POST network /floatingips', {
      floatingip: { floating_network_id: external, port_id: ports[0]?.['id'] },
    });
    t.wire.reset(t.cloud);
    assert.equal(
      Object.values(t.wire.counts(t.cloud)).every(count => count === 0),
      true,
    );
    assert.equal([...t.world.machines.all()].length, 0);
    assert.equal(t.world.addresses.taken, 0);
    assert.equal((await t.call('GET compute /servers')).status, 401);
  });
});
