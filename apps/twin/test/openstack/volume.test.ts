/** Cinder: a volume's life, alone and with servers, what is refused and in which words, quotas, pages, faults, and what is counted. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { makeNetwork, openTestCloud, type Json, type TestCloud } from './serve.ts';

const v = (minor: number) => ({ 'openstack-api-version': `volume 3.${minor}` });
const nova = (minor: number) => ({ 'openstack-api-version': `compute 2.${minor}` });

describe('Cinder', () => {
  let t: TestCloud;
  let image = '';
  let network = '';
  beforeEach(async () => {
    t = await openTestCloud({ quotas: { volumes: 6, gigabytes: 100, snapshots: 2 } });
    await t.login();
    image = String((await t.want(200, 'GET image /images?name=ubuntu-22.04'))['images'][0]?.['id']);
    ({ network } = await makeNetwork(t));
  });
  afterEach(async () => {
    assert.deepEqual(t.errors, []);
    await t.close();
  });

  const order = (more: object = {}) => ({ volume: { size: 1, name: 'data', ...more } });
  const make = async (more: object = {}, headers?: Record<string, string>): Promise<string> => {
    const { volume } = await t.want(202, 'POST volume /volumes', order(more), headers);
    assert.equal(volume['status'], 'creating');
    await t.settle();
    return String(volume['id']);
  };
  const show = async (id: string, headers?: Record<string, string>): Promise<Json> =>
    (await t.want(200, `GET volume /volumes/${id}`, undefined, headers))['volume'];
  const status = async (id: string) => String((await show(id))['status']);
  const act = (id: string, body: object, headers?: Record<string, string>) =>
    t.call(`POST volume /volumes/${id}/action`, body, headers);
  const end = async (id: string) => {
    assert.equal((await t.call(`DELETE volume /volumes/${id}`)).status, 202);
    await t.settle();
  };
  const boot = async (more: object = {}, headers = nova(93)): Promise<string> => {
    const server = { name: 'vm', flavorRef: '2', networks: [{ uuid: network }], ...more };
    const made = await t.want(202, 'POST compute /servers', { server }, headers);
    await t.settle();
    return String(made['server']['id']);
  };
  const server = async (id: string) =>
    (await t.want(200, `GET compute /servers/${id}`, undefined, nova(93)))['server'];
  const finish = async (id: string) => {
    await t.want(204, `DELETE compute /servers/${id}`);
    await t.settle();
    assert.equal((await t.call(`GET compute /servers/${id}`)).status, 404);
    await t.settle();
  };
  const refused = async (
    code: number,
    word: 'badRequest' | 'forbidden' | 'itemNotFound' | 'conflictingRequest' | 'computeFault' | 'overLimit',
    line: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<string> => {
    const answer = await t.call(line, body, headers);
    assert.equal(answer.status, code, `${line}: ${answer.text}`);
    assert.equal(answer.body[word]['code'], code, answer.text);
    return String(answer.body[word]['message']);
  };
  const counts = () => t.wire.counts(t.cloud);

  it('says what it speaks, without a token', async () => {
    t.useToken(undefined);
    const root = t.roots.volume.replace(/v3\/.*$/, '');
    for (const [path, code] of [
      ['', 300],
      ['v3/', 200],
    ] as const) {
      const answer = await fetch(`${root}${path}`);
      assert.equal(answer.status, code);
      const [version] = ((await answer.json()) as Json)['versions'];
      assert.deepEqual(
        [version?.['id'], version?.['version'], version?.['min_version']],
        ['v3.0', '3.70', '3.0'],
      );
    }
    await t.login();
    const answer = await t.call('GET volume /volumes', undefined, v(59));
    assert.equal(answer.headers.get('openstack-api-version'), 'volume 3.59');
    assert.match(
      await refused(406, 'computeFault', 'GET volume /volumes', undefined, v(71)),
      /Minimum is 3.0 and maximum is 3.70/,
    );
    const short = `${root}v3/volumes`;
    const token = await t.login();
    assert.equal((await fetch(short, { headers: { 'x-auth-token': token } })).status, 200);
    const strange = await fetch(`${root}v3/${'0'.repeat(32)}/volumes`, {
      headers: { 'x-auth-token': token },
    });
    assert.equal(((await strange.json()) as Json)['badRequest']['message'], 'Malformed request url');
  });

  it('takes a volume through its states and away', async () => {
    const id = await make({ metadata: { a: '1' }, description: 'd', availability_zone: 'nova' });
    const volume = await show(id, v(63));
    assert.equal(volume['status'], 'available');
    assert.deepEqual(
      [volume['size'], volume['bootable'], volume['volume_type'], volume['metadata'], volume['attachments']],
      [1, 'false', '__DEFAULT__', { a: '1' }, []],
    );
    assert.equal((await act(id, { 'os-extend': { new_size: 5 } })).status, 202);
    assert.equal(await status(id), 'available');
    assert.equal((await show(id))['size'], 5);
    assert.equal((await act(id, { 'os-set_bootable': { bootable: true } })).status, 200);
    assert.equal((await show(id))['bootable'], 'true');
    const named = await t.want(200, `PUT volume /volumes/${id}`, { volume: { name: 'other' } });
    assert.deepEqual([named['volume']['name'], named['volume']['description']], ['other', 'd']);
    await t.want(200, `POST volume /volumes/${id}/metadata`, { metadata: { b: '2' } });
    await t.want(200, `PUT volume /volumes/${id}/metadata/b`, { meta: { b: '3' } });
    assert.equal((await t.call(`DELETE volume /volumes/${id}/metadata/a`)).status, 200);
    assert.deepEqual((await t.want(200, `GET volume /volumes/${id}/metadata`))['metadata'], { b: '3' });
    await refused(404, 'itemNotFound', `GET volume /volumes/${id}/metadata/a`);
    assert.equal(counts()['volumes'], 1);
    await end(id);
    assert.equal(
      await refused(404, 'itemNotFound', `GET volume /volumes/${id}`),
      `Volume ${id} could not be found.`,
    );
    assert.equal(counts()['volumes'], 0);
  });

  it('keeps what it knows of the image apart from the rest, to be changed', async () => {
    const id = await make({ size: 20, imageRef: image });
    const shown = async () => (await show(id))['volume_image_metadata'];
    assert.equal((await shown())['image_id'], image);
    const set = await act(id, { 'os-set_image_metadata': { metadata: { mood: 'good' } } });
    assert.equal(set.body['metadata']['mood'], 'good');
    assert.deepEqual((await show(id))['metadata'], {});
    assert.equal((await act(id, { 'os-unset_image_metadata': { key: 'image_name' } })).status, 200);
    assert.equal((await act(id, { 'os-unset_image_metadata': { key: 'image_name' } })).status, 404);
    assert.equal((await act(id, { 'os-unset_image_metadata': {} })).status, 400);
    assert.equal((await act(id, { 'os-set_image_metadata': {} })).status, 400);
    const after = await act(id, { 'os-show_image_metadata': null });
    assert.deepEqual(
      [after.body['metadata']['mood'], after.body['metadata']['image_name']],
      ['good', undefined],
    );
    assert.deepEqual(await shown(), after.body['metadata']);
    await end(id);
    const { volume_types: types } = await t.want(200, 'GET volume /types');
    const ssd = types.find(each => each.name === 'ssd');
    assert.deepEqual(await t.want(200, `GET volume /types/${ssd?.id}/extra_specs/volume_backend_name`), {
      volume_backend_name: 'ssd',
    });
    await refused(404, 'itemNotFound', `GET volume /types/${ssd?.id}/extra_specs/none`);
  });

  it('shows what is under way as long as it is', async () => {
    Object.assign(t.cloud.delays, { create: 3_600_000, start: 3_600_000 });
    const { volume } = await t.want(202, 'POST volume /volumes', order());
    const id = String(volume['id']);
    assert.equal(await status(id), 'creating');
    assert.match(
      await refused(400, 'badRequest', `DELETE volume /volumes/${id}`),
      /^Invalid volume: Volume status must be available or error or .* and must not be migrating, attached/,
    );
    assert.match(
      await refused(400, 'badRequest', `POST volume /volumes/${id}/action`, { 'os-extend': { new_size: 2 } }),
      /to extend, currently creating/,
    );
    Object.assign(t.cloud.delays, { create: 0, terminate: 3_600_000 });
    const other = await make();
    assert.equal((await act(other, { 'os-extend': { new_size: 2 } })).status, 202);
    assert.equal(await status(other), 'extending');
    assert.equal((await act(other, { 'os-reset_status': { status: 'available' } })).status, 202);
    await end(other);
    assert.equal(await status(other), 'deleting');
    assert.equal(counts()['volumes'], 1);
  });

  it('makes volumes of images, volumes and snapshots', async () => {
    const root = await make({ imageRef: image, size: 10, volume_type: 'ssd' });
    const volume = await show(root);
    assert.deepEqual(
      [volume['bootable'], volume['volume_image_metadata']['image_name'], volume['volume_type']],
      ['true', 'ubuntu-22.04', 'ssd'],
    );
    const copy = await show(await make({ source_volid: root, size: undefined }));
    assert.deepEqual(
      [copy['size'], copy['source_volid'], copy['bootable'], copy['volume_type']],
      [10, root, 'true', 'ssd'],
    );
    const { snapshot } = await t.want(202, 'POST volume /snapshots', {
      snapshot: { volume_id: root, name: 's', metadata: { a: 'b' } },
    });
    assert.equal(snapshot['status'], 'creating');
    const path = `/snapshots/${snapshot['id']}`;
    await t.settle();
    assert.equal((await t.want(200, `GET volume ${path}`))['snapshot']['status'], 'available');
    assert.equal((await show(await make({ snapshot_id: snapshot['id'], size: 12 })))['size'], 12);
    assert.match(
      await refused(
        400,
        'badRequest',
        'POST volume /volumes',
        order({ snapshot_id: snapshot['id'], size: 5 }),
      ),
      /^Invalid input received: Volume size '5'GB cannot be smaller than the snapshot size 10GB/,
    );
    assert.match(await refused(400, 'badRequest', `DELETE volume /volumes/${root}`), /have snapshots/);
    const list = await t.want(200, `GET volume /snapshots/detail?volume_id=${root}&name=s`);
    assert.deepEqual([list['snapshots'].length, counts()['snapshots']], [1, 1]);
    await t.want(200, `PUT volume ${path}`, { snapshot: { name: 'renamed' } });
    assert.equal((await t.call(`DELETE volume ${path}`)).status, 202);
    await t.settle();
    assert.match(
      await refused(404, 'itemNotFound', `GET volume ${path}`),
      /^Snapshot .* could not be found\.$/,
    );
    await t.want(202, 'POST volume /snapshots', { snapshot: { volume_id: root } });
    await t.settle();
    assert.equal((await t.call(`DELETE volume /volumes/${root}?cascade=true`)).status, 202);
    await t.settle();
    assert.equal(counts()['snapshots'], 0);
  });

  it('refuses what Cinder refuses, in its words', async () => {
    const bad = (more: object, headers?: Record<string, string>) =>
      refused(400, 'badRequest', 'POST volume /volumes', order(more), headers);
    assert.match(
      await bad({ size: 0 }),
      /^Invalid input for field\/attribute size\. Value: 0\. 0 is less than/,
    );
    assert.match(await bad({ size: 'x' }), /does not match/);
    assert.match(await bad({ size: 1.5 }), /is not of type 'integer'/);
    assert.match(await bad({ size: undefined }), /either malformed or otherwise incorrect\.$/);
    assert.equal(
      await bad({ imageRef: image }),
      'Invalid input received: Volume size 1GB cannot be smaller than the image minDisk size 3GB.',
    );
    assert.equal(
      await bad({ imageRef: network }),
      'Invalid image identifier or unable to access requested image.',
    );
    assert.equal(await bad({ availability_zone: 'mars' }), "Availability zone 'mars' is invalid.");
    assert.match(await bad({ name: 'x'.repeat(256) }), /too long/);
    assert.match(await bad({ metadata: { a: 1 } }), /is not of type 'string'/);
    assert.match(await bad({ multiattach: true }), /multiattach parameter has been removed/);
    assert.equal(
      await refused(400, 'badRequest', 'POST volume /volumes', '{"volume"'),
      'Malformed request body',
    );
    assert.match(
      await refused(400, 'badRequest', 'POST volume /volumes', {}),
      /'volume' is a required property/,
    );
    assert.match(
      await refused(404, 'itemNotFound', 'POST volume /volumes', order({ volume_type: 'tape' })),
      /^Volume type with name tape could not be found\.$/,
    );
    assert.match(
      await refused(404, 'itemNotFound', 'POST volume /volumes', order({ source_volid: image })),
      /^Volume .* could not be found\.$/,
    );
    await refused(404, 'itemNotFound', `GET volume /types/${image}`);
    assert.equal((await t.call('GET volume /nonsense')).status, 404);
    const id = await make();
    assert.match(
      await refused(400, 'badRequest', `POST volume /volumes/${id}/action`, { 'os-extend': { new_size: 1 } }),
      /^Invalid input received: New size for extend must be greater than current size\. \(current: 1, extended: 1\)\.$/,
    );
    await refused(400, 'badRequest', `POST volume /volumes/${id}/action`, { 'os-dance': {} });
    assert.equal(counts()['volumes'], 1);
  });

  it('holds the quotas: 413, to be tried at once again', async () => {
    const answer = await t.call('POST volume /volumes', order({ size: 101 }));
    assert.deepEqual([answer.status, answer.headers.get('retry-after')], [413, '0']);
    assert.deepEqual(answer.body['overLimit'], {
      code: 413,
      message:
        'VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested 101G, quota is 100G and 0G has been consumed.',
      retryAfter: '0',
    });
    const id = await make({ size: 90 });
    assert.match(
      await refused(413, 'overLimit', 'POST volume /snapshots', { snapshot: { volume_id: id } }),
      /Requested 90G, quota is 100G and 90G has been consumed/,
    );
    assert.match(
      await refused(413, 'overLimit', `POST volume /volumes/${id}/action`, {
        'os-extend': { new_size: 101 },
      }),
      /Requested 11G/,
    );
    for (let each = 0; each < 5; each++) await make();
    assert.equal(
      await refused(413, 'overLimit', 'POST volume /volumes', order()),
      "VolumeLimitExceeded: Maximum number of volumes allowed (6) exceeded for quota 'volumes'.",
    );
    // At its host a server finds out as well.
    const late = await server(await boot({ block_device_mapping_v2: [ofImage(5)] }));
    assert.equal(late['status'], 'ERROR');
    assert.match(late['fault']['message'], /^Build of instance .* aborted: VolumeLimitExceeded/);
    const { limits } = await t.want(200, 'GET volume /limits');
    assert.deepEqual(
      [limits['absolute']['totalVolumesUsed'], limits['absolute']['totalGigabytesUsed']],
      [6, 95],
    );
    const quotas = '/os-quota-sets/project';
    const used = await t.want(200, `GET volume ${quotas}?usage=True`);
    assert.deepEqual(used['quota_set']['gigabytes'], { limit: 100, in_use: 95, reserved: 0 });
    assert.match(
      await refused(400, 'badRequest', `PUT volume ${quotas}`, { quota_set: { volumes: 1 } }),
      /Current usage is 6 and the requested limit is 1/,
    );
    await t.want(200, `PUT volume ${quotas}`, { quota_set: { volumes: 7 } });
    await make();
    await end(id);
    assert.equal((await t.want(200, 'GET volume /limits'))['limits']['absolute']['totalGigabytesUsed'], 6);
  });

  const ofImage = (size: number, more: object = {}) => ({
    boot_index: 0,
    uuid: image,
    source_type: 'image',
    destination_type: 'volume',
    volume_size: size,
    delete_on_termination: true,
    ...more,
  });

  it('attaches to servers and detaches', async () => {
    const id = await make();
    const vm = await boot({ imageRef: image });
    const path = `/servers/${vm}/os-volume_attachments`;
    const attach = (volumeId: string) => ({ volumeAttachment: { volumeId } });
    const made = await t.want(200, `POST compute ${path}`, attach(id));
    assert.deepEqual(made['volumeAttachment'], { id, volumeId: id, serverId: vm, device: '/dev/vdb' });
    await t.settle();
    assert.equal(await status(id), 'in-use');
    const [attached] = (await show(id))['attachments'];
    assert.deepEqual([attached?.['server_id'], attached?.['device']], [vm, '/dev/vdb']);
    assert.deepEqual((await server(vm))['os-extended-volumes:volumes_attached'], [
      { id, delete_on_termination: false },
    ]);
    const seen = await t.want(200, `GET compute ${path}/${id}`, undefined, nova(89));
    assert.equal('id' in seen['volumeAttachment'], false);
    assert.equal(seen['volumeAttachment']['attachment_id'], attached?.['attachment_id']);
    assert.match(
      await refused(400, 'badRequest', `POST compute ${path}`, attach(id)),
      /already attached to instances: /,
    );
    const other = await boot({ imageRef: image });
    assert.match(
      await refused(400, 'badRequest', `POST compute /servers/${other}/os-volume_attachments`, attach(id)),
      /status must be available or downloading to reserve, but the current status is in-use/,
    );
    assert.match(await refused(400, 'badRequest', `DELETE volume /volumes/${id}`), /^Invalid volume: /);
    assert.match(
      await refused(400, 'badRequest', 'POST volume /snapshots', { snapshot: { volume_id: id } }),
      /status must be available, but current status is: in-use/,
    );
    await t.want(202, 'POST volume /snapshots', { snapshot: { volume_id: id, force: true } });
    assert.match(
      await refused(400, 'badRequest', `POST volume /volumes/${id}/action`, { 'os-extend': { new_size: 2 } }),
      /currently in-use/,
    );
    assert.equal((await act(id, { 'os-extend': { new_size: 2 } }, v(42))).status, 202);
    await t.settle();
    assert.deepEqual([await status(id), (await show(id))['size']], ['in-use', 2]);
    await refused(404, 'itemNotFound', `POST compute ${path}`, attach(image));
    assert.match(
      await refused(404, 'itemNotFound', `DELETE compute /servers/${other}/os-volume_attachments/${id}`),
      /is not attached to volume/,
    );
    assert.equal((await t.call(`DELETE compute ${path}/${id}`)).status, 202);
    await t.settle();
    assert.equal(await status(id), 'available');
    assert.equal((await t.want(200, `GET compute ${path}`))['volumeAttachments'].length, 0);
    await t.want(200, `POST compute ${path}`, attach(id));
    await finish(vm);
    assert.equal(await status(id), 'available');
  });

  it('boots from a volume made of an image, and ends it with the server where asked', async () => {
    const vm = await boot({ block_device_mapping_v2: [ofImage(10)] });
    const shown = await server(vm);
    assert.deepEqual([shown['status'], shown['image']], ['ACTIVE', '']);
    const { volumes } = await t.want(200, 'GET volume /volumes/detail');
    const [root] = volumes;
    const id = String(root?.['id']);
    assert.deepEqual(
      [volumes.length, root?.['status'], root?.['size'], root?.['bootable'], root?.['name']],
      [1, 'in-use', 10, 'true', ''],
    );
    assert.equal(root?.['attachments'][0]?.['device'], '/dev/vda');
    assert.deepEqual(shown['os-extended-volumes:volumes_attached'], [{ id, delete_on_termination: true }]);
    assert.equal(t.world.machines.byKey(`stack/${vm}`)?.osName, 'Ubuntu 22.04');
    // It goes with its server, so it is nobody's to clean up.
    assert.deepEqual([counts()['servers'], counts()['volumes']], [1, 0]);
    assert.equal(
      await refused(400, 'badRequest', `DELETE compute /servers/${vm}/os-volume_attachments/${id}`),
      'Cannot detach a root device volume',
    );
    await t.want(200, `GET compute /servers/${vm}/os-volume_attachments/${id}`);
    const keep = { volumeAttachment: { volumeId: id, delete_on_termination: false } };
    assert.equal(
      (await t.call(`PUT compute /servers/${vm}/os-volume_attachments/${id}`, keep, nova(85))).status,
      202,
    );
    assert.equal(counts()['volumes'], 1);
    await finish(vm);
    assert.equal(await status(id), 'available');
    const again = await boot({
      block_device_mapping_v2: [
        {
          boot_index: 0,
          uuid: id,
          source_type: 'volume',
          destination_type: 'volume',
          delete_on_termination: true,
        },
        { source_type: 'blank', destination_type: 'volume', volume_size: 2, delete_on_termination: true },
      ],
    });
    assert.equal(await status(id), 'in-use');
    assert.equal((await t.want(200, 'GET volume /volumes'))['volumes'].length, 2);
    await finish(again);
    await refused(404, 'itemNotFound', `GET volume /volumes/${id}`);
    assert.deepEqual(
      [counts()['volumes'], (await t.want(200, 'GET volume /volumes'))['volumes'].length],
      [0, 0],
    );
    assert.equal((await t.want(200, 'GET volume /limits'))['limits']['absolute']['totalVolumesUsed'], 0);
  });

  it('is reserved before it is being attached', async () => {
    const vm = await boot({ imageRef: image });
    const id = await make();
    let waits = 1;
    // The first step for ever, and the second not at all; then the other way round.
    Object.defineProperty(t.cloud.delays, 'start', { configurable: true, get: () => waits * 3_600_000 });
    const path = `/servers/${vm}/os-volume_attachments`;
    await t.want(200, `POST compute ${path}`, { volumeAttachment: { volumeId: id } });
    assert.equal(await status(id), 'reserved');
    await refused(400, 'badRequest', `DELETE compute ${path}/${id}`);
    waits = 0;
    const other = await make();
    let asked = 0;
    Object.defineProperty(t.cloud.delays, 'start', {
      configurable: true,
      get: () => (asked++ === 0 ? 0 : 3_600_000),
    });
    await t.want(200, `POST compute ${path}`, { volumeAttachment: { volumeId: other } });
    await t.settle();
    assert.equal(await status(other), 'attaching');
    await finish(vm);
    assert.deepEqual([await status(id), await status(other)], ['available', 'available']);
  });

  it('shows a boot volume on its way, and gives back what a failed server held', async () => {
    t.cloud.delays.create = 3_600_000;
    const slow = await boot({ block_device_mapping_v2: [ofImage(5)] });
    const [root] = (await t.want(200, 'GET volume /volumes/detail'))['volumes'];
    assert.equal(root?.['status'], 'attaching');
    assert.deepEqual(root?.['attachments'], []);
    assert.equal((await server(slow))['status'], 'BUILD');
    t.cloud.delays.create = 0;
    const id = await make({ imageRef: image, size: 5 });
    t.world.faults.set([{ cloud: '*', operation: 'create-vm', probability: 1, fault: 'capacity' }]);
    const from = { boot_index: 0, uuid: id, source_type: 'volume', destination_type: 'volume' };
    const failed = await boot({ block_device_mapping_v2: [from] });
    t.world.faults.set([]);
    assert.deepEqual([(await server(failed))['status'], await status(id)], ['ERROR', 'reserved']);
    await finish(failed);
    assert.equal(await status(id), 'available');
  });

  it('refuses disks as Nova does', async () => {
    const id = await make();
    const bad = (devices: object[], more: object = {}) =>
      refused(400, 'badRequest', 'POST compute /servers', {
        server: {
          name: 'vm',
          flavorRef: '2',
          networks: [{ uuid: network }],
          block_device_mapping_v2: devices,
          ...more,
        },
      });
    const volume = (uuid: string) => ({
      boot_index: 0,
      uuid,
      source_type: 'volume',
      destination_type: 'volume',
    });
    assert.equal(
      await bad([volume(image)]),
      `Block Device Mapping is Invalid: failed to get volume ${image}.`,
    );
    assert.equal(await bad([volume(id)]), `Block Device ${id} is not bootable.`);
    await act(id, { 'os-set_bootable': { bootable: true } });
    assert.match(await bad([volume(id)], { min_count: 2 }), /multiple instances/);
    assert.match(await bad([ofImage(5), ofImage(5)]), /Boot sequence/);
    assert.match(await bad([ofImage(1)]), /Volume is smaller than the minimum size/);
    assert.match(await bad([{ ...ofImage(5), volume_size: undefined }]), /non-zero size/);
    assert.match(await bad([{ ...ofImage(5), source_type: 'tape' }]), /is not one of/);
    assert.match(
      await bad([ofImage(5)], { block_device_mapping: [] }),
      /different block_device_mapping syntaxes/,
    );
    const vm = await boot({ block_device_mapping: [{ device_name: 'vda', volume_id: id }] });
    assert.match(await bad([volume(id)]), /status must be 'available'. Currently in 'in-use'/);
    assert.equal((await server(vm))['status'], 'ACTIVE');
    assert.equal(counts()['servers'], 1);
  });

  it('lists in pages and by filter, newest first', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await make({ name, metadata: { name, all: 'yes' } });
    const seen: string[] = [];
    let path: string | undefined = '/volumes/detail?limit=2';
    while (path !== undefined) {
      const page: Json = await t.want(200, `GET volume ${path}`);
      seen.push(...page['volumes'].map(each => each.name));
      const link: string | undefined = page['volumes_links']?.[0]?.['href'];
      path = link?.slice(t.roots.volume.length);
    }
    assert.deepEqual(seen, ['e', 'd', 'c', 'b', 'a']);
    const found = async (query: string, headers?: Record<string, string>) =>
      (await t.want(200, `GET volume /volumes?${query}`, undefined, headers))['volumes'].map(
        each => each.name,
      );
    assert.deepEqual(await found('name=c'), ['c']);
    assert.deepEqual(await found('name~=c', v(31)), ['c']);
    assert.deepEqual(await found('status=available&sort=name:asc&limit=2'), ['a', 'b']);
    assert.deepEqual(await found('status=in-use'), []);
    assert.deepEqual(await found(`metadata=${encodeURIComponent("{'name': 'd', 'all': 'yes'}")}`), ['d']);
    assert.deepEqual(await found(`metadata=${encodeURIComponent('{"name":"a"}')}`), ['a']);
    assert.deepEqual(await found('sort_key=size&sort_dir=asc&limit=0'), []);
    assert.equal(
      (await t.want(200, 'GET volume /volumes?with_count=true&limit=1', undefined, v(45)))['count'],
      5,
    );
    const summary = await t.want(200, 'GET volume /volumes/summary', undefined, v(12));
    assert.deepEqual(summary['volume-summary'], { total_count: 5, total_size: 5 });
    assert.equal(
      await refused(400, 'badRequest', 'GET volume /volumes?limit=x'),
      'limit param must be an integer',
    );
    assert.equal(
      await refused(400, 'badRequest', 'GET volume /volumes?limit=-1'),
      'limit param must be positive',
    );
    await refused(404, 'itemNotFound', `GET volume /volumes?marker=${image}`);
    await refused(400, 'badRequest', 'GET volume /volumes?sort=weight');
    await refused(400, 'badRequest', 'GET volume /volumes?metadata=x');
  });

  it('fails as Cinder fails', async () => {
    const set = (operation: string, fault: 'throttle' | 'quota' | 'capacity' | 'error') =>
      t.world.faults.set([{ cloud: 'stack', operation, probability: 1, fault }]);
    set('POST /volumes', 'quota');
    assert.match(await refused(413, 'overLimit', 'POST volume /volumes', order()), /^VolumeLimitExceeded: /);
    set('POST /volumes', 'throttle');
    assert.equal((await t.call('POST volume /volumes', order())).status, 429);
    set('POST /volumes', 'capacity');
    const id = await make();
    assert.equal(await status(id), 'error');
    set('GET /volumes/{id}', 'error');
    await refused(500, 'computeFault', `GET volume /volumes/${id}`);
    t.world.faults.set([]);
    await end(id);
    assert.equal(counts()['volumes'], 0);
  });

  it('tells a bug to the operator, and to the client only that there was one', async () => {
    t.world.faults.before = () => Promise.reject(new Error('secret detail'));
    const answer = await t.call('GET volume /volumes');
    assert.equal(answer.status, 500);
    assert.equal(answer.text.includes('secret'), false);
    assert.equal([...answer.headers].flat().join(' ').includes('secret'), false);
    assert.equal(t.errors.length, 1);
    assert.match(String(t.errors.pop()), /secret detail/);
  });
});
