/** Images of servers: made, booted from, removed; of a server on a volume; and a file that one server leaves to the next. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { openTwin, type Twin } from '../../src/twin.ts';
import { makeNetwork, noDelays, openTestCloud, type Json, type TestCloud } from './serve.ts';

const run = promisify(execFile);
const newest = { 'openstack-api-version': 'compute 2.93' };

describe('an image of a server', () => {
  let t: TestCloud;
  let network = '';
  let base = '';
  /** What the world was asked to keep and to drop. */
  let asked: string[] = [];
  before(async () => {
    t = await openTestCloud();
    await t.login();
    ({ network } = await makeNetwork(t));
    base = await imageNamed('debian-12');
    const ask = async (deed: string) => void asked.push(deed);
    const nothing = async () => {};
    t.world.setHypervisor({
      boot: nothing,
      halt: nothing,
      remove: nothing,
      capture: (id, disk) => ask(`capture ${id} ${disk}`),
      discard: disk => ask(`discard ${disk}`),
    });
  });
  after(() => t.close());

  const imageNamed = async (name: string) =>
    String((await t.want(200, `GET image /images?name=${name}`))['images'][0]?.['id']);
  async function boot(input: Record<string, unknown>): Promise<string> {
    const { server } = await t.want(202, 'POST compute /servers', {
      server: { name: 'vm', flavorRef: '2', networks: [{ uuid: network }], ...input },
    });
    await t.settle();
    return String(server['id']);
  }
  const snap = (server: string, input: unknown = { name: 'mine' }, headers = newest) =>
    t.call(`POST compute /servers/${server}/action`, { createImage: input }, headers);
  const image = (id: string) => t.want(200, `GET image /images/${id}`);
  const task = async (server: string) =>
    (await t.want(200, `GET compute /servers/${server}`))['server']['OS-EXT-STS:task_state'];

  it('is queued, saved, active, and can be booted from', async () => {
    let server = await boot({ imageRef: base });
    // Each step for ever, until said otherwise.
    let hours = [1, 1];
    Object.defineProperty(t.cloud.delays, 'start', {
      configurable: true,
      enumerable: true,
      get: () => (hours.shift() ?? 0) * 3_600_000,
    });
    const made = await snap(server, { name: 'mine', metadata: { mood: 'good' } });
    assert.equal(made.status, 202, made.text);
    const early = String(made.body['image_id']);
    assert.equal(made.headers.get('location'), null);
    const first = await image(early);
    assert.deepEqual(
      [first['status'], first['size'], first['visibility'], first['min_disk'], first['mood']],
      ['queued', null, 'private', 20, 'good'],
    );
    assert.deepEqual(
      [first['base_image_ref'], first['instance_uuid'], first['os_distro']],
      [base, server, 'debian'],
    );
    assert.equal(await task(server), 'image_snapshot');
    // One thing after another.
    const second = await snap(server);
    assert.equal(second.status, 409);
    assert.match(
      second.body['conflictingRequest']['message'],
      /Cannot 'createImage'.*task_state image_snapshot/,
    );
    const stop = await t.call(`POST compute /servers/${server}/action`, { 'os-stop': null });
    assert.equal(stop.status, 409);
    const unready = await t.call('POST compute /servers', {
      server: { name: 'early', flavorRef: '2', networks: [{ uuid: network }], imageRef: early },
    });
    assert.match(unready.text, /is not active/);
    // A server that goes takes an unfinished image along.
    await t.want(204, `DELETE compute /servers/${server}`);
    assert.equal((await t.call(`GET image /images/${early}`)).status, 404);
    hours = [0, 1];
    server = await boot({ imageRef: base });
    const saving = String((await snap(server)).body['image_id']);
    await t.settle();
    assert.deepEqual([(await image(saving))['status'], await task(server)], ['saving', 'image_uploading']);
    // And an image that is removed meanwhile stays so.
    await t.want(204, `DELETE image /images/${saving}`);
    await t.want(204, `DELETE compute /servers/${server}`);
    hours = [0, 0];
    server = await boot({ imageRef: base });
    asked = [];
    const id = String((await snap(server)).body['image_id']);
    await t.settle();
    await t.settle();
    const value = { value: 0, writable: true, enumerable: true, configurable: true };
    Object.defineProperty(t.cloud.delays, 'start', value);
    assert.equal(await task(server), null);
    const last = await image(id);
    assert.equal(last['status'], 'active');
    assert.equal(Number(last['size']), 425 * 2 ** 20);
    assert.match(last['checksum'], /^[0-9a-f]{32}$/);
    const disk = `stack/RegionOne/${id}`;
    assert.deepEqual(asked, [`capture stack/${server} ${disk}`]);
    const next = await boot({ imageRef: id });
    assert.equal(t.world.machines.byKey(`stack/${next}`)?.disk, disk);
    assert.equal(t.world.machines.byKey(`stack/${next}`)?.user, 'debian');
    await t.want(204, `DELETE image /images/${id}`);
    assert.equal(asked.length, 1, 'who began with the disk keeps it');
    await t.want(204, `DELETE compute /servers/${next}`);
    await t.settle();
    assert.deepEqual(asked.slice(1), [`discard ${disk}`]);
    await t.want(204, `DELETE compute /servers/${server}`);
    await t.settle();
  });

  it('is named by its address before 2.45', async () => {
    const server = await boot({ imageRef: base });
    const made = await snap(server, { name: 'old' }, {} as typeof newest);
    assert.equal(made.status, 202);
    assert.equal(made.text, '');
    const id = made.headers.get('location')?.split('/').at(-1) ?? '';
    assert.equal(made.headers.get('location'), `${t.roots.image.replace(/\/v2$/, '')}/images/${id}`);
    assert.equal((await image(id))['name'], 'old');
    await t.want(204, `DELETE compute /servers/${server}`);
    await t.want(204, `DELETE image /images/${id}`);
  });

  it('is refused where the request or the state is wrong', async () => {
    const server = await boot({ imageRef: base });
    const why = async (input: unknown) => {
      const answer = await snap(server, input);
      return `${answer.status} ${answer.text}`;
    };
    assert.match(await why({}), /^400.*'name' is a required property/);
    assert.match(await why({ name: '' }), /^400.*too short/);
    assert.match(await why({ name: 'a', rotation: 1 }), /^400.*'rotation' was unexpected/);
    assert.match(await why({ name: 'a', metadata: { a: 1 } }), /^400/);
    assert.match(await why(null), /^400/);
    assert.equal((await snap('nope')).status, 404);
    Object.assign(t.cloud.delays, { create: 10_000 });
    const slow = await boot({ imageRef: base });
    Object.assign(t.cloud.delays, noDelays);
    const early = await snap(slow);
    assert.match(early.text, /Cannot 'createImage'.*vm_state building/);
    for (const each of [server, slow]) await t.want(204, `DELETE compute /servers/${each}`);
    await t.settle();
  });

  it('points at snapshots where the server starts from a volume', async () => {
    const server = await boot({
      block_device_mapping_v2: [
        { boot_index: 0, source_type: 'image', uuid: base, destination_type: 'volume', volume_size: 10 },
        { source_type: 'blank', destination_type: 'volume', volume_size: 3, delete_on_termination: true },
      ],
    });
    const id = String((await snap(server)).body['image_id']);
    const made = await image(id);
    assert.deepEqual([made['status'], made['size']], ['active', 0]);
    const mapping = JSON.parse(made['block_device_mapping']) as Json;
    assert.deepEqual(
      mapping.map(each => [each['device_name' as 'device'], Number(each['volume_size' as 'size'])]),
      [
        ['/dev/vda', 10],
        ['/dev/vdb', 3],
      ],
    );
    const { snapshots } = await t.want(200, 'GET volume /snapshots');
    assert.deepEqual(
      snapshots.map(each => each.id).toSorted(),
      mapping.map(each => each['snapshot_id']).toSorted(),
    );
    assert.equal(snapshots[0]?.name, 'snapshot for mine');
    await t.settle();
    const next = await boot({ imageRef: id });
    const shown = (await t.want(200, `GET compute /servers/${next}`))['server'];
    assert.deepEqual([shown['status'], shown['image']], ['ACTIVE', '']);
    const machine = t.world.machines.byKey(`stack/${next}`);
    assert.deepEqual([machine?.user, machine?.disk], ['debian', `stack/RegionOne/${id}`]);
    const { volumes } = await t.want(200, 'GET volume /volumes/detail');
    assert.deepEqual(
      volumes
        .filter(each => each['attachments'][0]?.['server_id'] === next)
        .map(each => Number(each['size'])),
      [3, 10],
    );
    for (const each of [server, next]) await t.want(204, `DELETE compute /servers/${each}`);
    await t.want(204, `DELETE image /images/${id}`);
    await t.settle();
    for (const each of snapshots) await t.want(202, `DELETE volume /snapshots/${each.id}`);
    await t.settle();
    await t.settle();
  });

  it('keeps its files for the volumes made of it', async () => {
    const server = await boot({ imageRef: base });
    const id = String((await snap(server)).body['image_id']);
    await t.settle();
    await t.settle();
    const { volume } = await t.want(202, 'POST volume /volumes', { volume: { size: 20, imageRef: id } });
    await t.settle();
    asked = [];
    await t.want(204, `DELETE image /images/${id}`);
    assert.deepEqual(asked, []);
    const next = await boot({
      block_device_mapping_v2: [
        { boot_index: 0, source_type: 'volume', uuid: volume.id, destination_type: 'volume' },
      ],
    });
    assert.equal(t.world.machines.byKey(`stack/${next}`)?.disk, `stack/RegionOne/${id}`);
    for (const each of [server, next]) await t.want(204, `DELETE compute /servers/${each}`);
    await t.settle();
    await t.want(200, 'GET compute /servers');
    await t.want(202, `DELETE volume /volumes/${volume.id}`);
    await t.settle();
    assert.deepEqual(asked, [`discard stack/RegionOne/${id}`]);
    assert.deepEqual(t.errors, []);
  });

  it('goes with all else at a reset', async () => {
    const server = await boot({ imageRef: base });
    const id = String((await snap(server)).body['image_id']);
    await t.settle();
    await t.settle();
    await boot({ imageRef: id });
    asked = [];
    t.wire.reset(t.cloud);
    assert.deepEqual(asked, [`discard stack/RegionOne/${id}`]);
  });
});

describe('files', () => {
  let twin: Twin;
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'openstack-image-'));
    twin = await openTwin({ port: 0, ssh: 0 });
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
  });
  after(async () => {
    await twin.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('written over SSH in one server are read in another made of its image', {
    timeout: 60_000,
  }, async () => {
    const cloud = twin.world.addCloud({ name: 'real', kind: 'openstack', delays: noDelays });
    const root = `${twin.url}/openstack/real`;
    let token = '';
    const call = async (method: string, path: string, body?: unknown) => {
      const headers = { 'content-type': 'application/json', 'x-auth-token': token, ...newest };
      const response = await fetch(`${root}/${path}`, {
        method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      assert.ok(response.ok, `${method} ${path}: ${text}`);
      token = response.headers.get('x-subject-token') ?? token;
      return (text === '' ? null : JSON.parse(text)) as Json;
    };
    const user = { name: 'admin', domain: { name: 'Default' }, password: cloud.credentials['password'] };
    await call('POST', 'identity/v3/auth/tokens', {
      auth: {
        identity: { methods: ['password'], password: { user } },
        scope: { project: { name: 'demo', domain: { id: 'default' } } },
      },
    });
    const [compute, network, image] = ['compute/v2.1', 'network/v2.0', 'image/v2'].map(
      each => `RegionOne/${each}`,
    );
    const want = (_: number, line: string, body?: unknown) => {
      const [method = '', service = '', path = ''] = line.split(' ');
      return call(method, `${service === 'network' ? network : compute}${path}`, body);
    };
    const net = await makeNetwork({ want });
    const { security_groups: groups } = await call('GET', `${network}/security-groups?name=default`);
    await call('POST', `${network}/security-group-rules`, {
      security_group_rule: {
        security_group_id: groups[0]?.id,
        direction: 'ingress',
        protocol: 'tcp',
        port_range_min: 22,
        port_range_max: 22,
      },
    });
    const public_key = await readFile(join(folder, 'key.pub'), 'utf8');
    await call('POST', `${compute}/os-keypairs`, { keypair: { name: 'key', public_key, type: 'ssh' } });
    const { images } = await call('GET', `${image}/images?name=debian-12`);
    const boot = async (name: string, imageRef: unknown): Promise<{ id: string; address: string }> => {
      const { server } = await call('POST', `${compute}/servers`, {
        server: { name, flavorRef: '2', imageRef, key_name: 'key', networks: [{ uuid: net.network }] },
      });
      const { ports } = await call('GET', `${network}/ports?device_id=${server.id}`);
      const { floatingip } = await call('POST', `${network}/floatingips`, {
        floatingip: { floating_network_id: net.external, port_id: ports[0]?.id },
      });
      for (let status = ''; status !== 'ACTIVE'; )
        status = String((await call('GET', `${compute}/servers/${server.id}`))['server']['status']);
      return { id: String(server.id), address: String(floatingip['floating_ip_address']) };
    };
    const ssh = async ({ address }: { address: string }, command: string) => {
      const flags = [
        'BatchMode=yes',
        'StrictHostKeyChecking=no',
        `UserKnownHostsFile=${join(folder, 'known')}`,
      ];
      const options = flags.flatMap(each => ['-o', each]);
      const where = ['-F', 'none', '-i', join(folder, 'key'), '-p', String(twin.guests?.sshPort)];
      return (await run('ssh', [...where, ...options, '-o', 'LogLevel=ERROR', `debian@${address}`, command]))
        .stdout;
    };
    const first = await boot('first', images[0]?.id);
    await ssh(first, 'echo from the first > note; sudo sh -c "echo port=9090 > /etc/app.conf"');
    const { image_id: golden } = await call('POST', `${compute}/servers/${first.id}/action`, {
      createImage: { name: 'golden' },
    });
    for (let status = ''; status !== 'active'; )
      status = String((await call('GET', `${image}/images/${golden}`))['status']);
    const second = await boot('second', golden);
    // It has not been touched yet; what it begins with is its own all the same.
    await call('DELETE', `${compute}/servers/${first.id}`);
    await call('DELETE', `${image}/images/${golden}`);
    assert.equal(
      await ssh(second, 'cat note /etc/app.conf; hostname'),
      'from the first\nport=9090\nsecond\n',
    );
  });
});
