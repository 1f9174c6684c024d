/** Disks and snapshots: how they are made, grow, come to instances and go, and what stays behind. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openTestCloud, type TestCloud } from './server.ts';

const zone = 'zones/us-central1-a';
const debian = 'projects/debian-cloud/global/images/family/debian-12';

describe('disks', () => {
  let t: TestCloud;
  before(async () => {
    t = await openTestCloud();
    await t.login();
    await t.done(`POST ${zone}/instances`, t.vm('vm'));
  });
  after(() => t.close());
  const make = (name: string, more: object = {}) => t.done(`POST ${zone}/disks`, { name, ...more });
  const get = (name: string) => t.want(200, `GET ${zone}/disks/${name}`);
  const refused = (reason: string, more: object, status = 400) =>
    t.refused(status, reason, `POST ${zone}/disks`, { name: 'bad', ...more });
  const onVm = (verb: string) => `POST ${zone}/instances/vm/${verb}`;

  it('are made empty, of an image, of a snapshot, of a disk', async () => {
    await make('blank', { sizeGb: '30', type: `${zone}/diskTypes/pd-ssd`, labels: { of: 'me' } });
    const blank = await get('blank');
    assert.equal(blank.sizeGb, '30');
    assert.match(blank.type, /us-central1-a\/diskTypes\/pd-ssd$/);
    assert.equal(blank.status, 'READY');
    assert.equal(blank.users, undefined);
    assert.equal(blank.sourceImage, undefined);
    await make('usual');
    assert.equal((await get('usual')).sizeGb, '500');
    await make('system', { sourceImage: debian, type: `${zone}/diskTypes/pd-balanced` });
    const system = await get('system');
    assert.equal(system.sizeGb, '10');
    assert.match(system.sourceImage, /debian-cloud\/global\/images\/debian-12-bookworm-v/);
    assert.equal(system.licenses.length, 1);
    await make('copy', { sourceDisk: `${zone}/disks/system`, sizeGb: '12' });
    assert.equal((await get('copy')).sizeGb, '12');
    const operation = await t.done(`POST ${zone}/disks/system/createSnapshot`, {
      name: 'shot',
      labels: { a: 'b' },
    });
    assert.equal(operation.operationType, 'createSnapshot');
    assert.match(operation.targetLink, /zones\/us-central1-a\/disks\/system$/);
    const shot = await t.want(200, 'GET global/snapshots/shot');
    assert.equal(shot.status, 'READY');
    assert.equal(shot.diskSizeGb, '10');
    assert.equal(shot.sourceDiskId, system.id);
    assert.equal(shot.labels['a' as 'name'], 'b');
    await make('restored', { sourceSnapshot: 'global/snapshots/shot', sizeGb: '20' });
    assert.match((await get('restored')).sourceSnapshot, /global\/snapshots\/shot$/);
    const all = await t.want(200, `GET ${zone}/disks`);
    assert.deepEqual(
      all.items.map(each => each.name as string),
      ['blank', 'copy', 'restored', 'system', 'usual', 'vm'],
    );
    const { items } = await t.want(200, 'GET aggregated/disks');
    const there = items['zones/us-central1-a'] as unknown as { disks: unknown[] };
    assert.equal(there.disks.length, 6);
    assert.equal(items['zones/us-central1-f' as 'zones/x']?.warning.code, 'NO_RESULTS_ON_PAGE');
    for (const name of ['copy', 'restored', 'usual', 'system']) await t.done(`DELETE ${zone}/disks/${name}`);
  });

  it('refuse what can’t be', async () => {
    assert.match(await refused('invalid', { type: `${zone}/diskTypes/pd-none` }), /disk type resource/);
    assert.match(await refused('invalid', { sizeGb: '0' }), /between 1 GB and 65536 GB/);
    assert.match(
      await refused('invalid', { sizeGb: '300', type: `${zone}/diskTypes/pd-extreme` }),
      /between 500 GB/,
    );
    assert.match(
      await refused('invalid', { sourceImage: debian, sizeGb: '4' }),
      /smaller than the image size/,
    );
    assert.match(
      await refused('invalid', { sourceSnapshot: 'global/snapshots/shot', sizeGb: '4' }),
      /smaller than the snapshot size/,
    );
    assert.match(await refused('invalid', { sourceSnapshot: 'global/snapshots/none' }), /snapshot resource/);
    assert.match(
      await refused('invalid', { sourceImage: debian, sourceSnapshot: 'global/snapshots/shot' }),
      /Only one of/,
    );
    assert.match(await refused('badRequest', { size: 1 }), /Unknown name "size"/);
    await refused('alreadyExists', { name: 'blank' }, 409);
    await t.refused(404, 'notFound', `GET ${zone}/disks/none`);
    await t.refused(404, 'notFound', `DELETE ${zone}/disks/none`);
    const poor = await openTestCloud({ quotas: { DISKS_TOTAL_GB: 50, SSD_TOTAL_GB: 20, SNAPSHOTS: 1 } });
    await poor.login();
    await poor.done(`POST ${zone}/disks`, { name: 'a', sizeGb: '40' });
    assert.match(
      await poor.refused(403, 'quotaExceeded', `POST ${zone}/disks`, { name: 'b', sizeGb: '11' }),
      /'DISKS_TOTAL_GB' exceeded/,
    );
    await poor.done(`POST ${zone}/disks`, { name: 'b', sizeGb: '20', type: `${zone}/diskTypes/pd-ssd` });
    assert.match(
      await poor.refused(403, 'quotaExceeded', `POST ${zone}/disks/b/resize`, { sizeGb: '21' }),
      /'SSD_TOTAL_GB' exceeded/,
    );
    await poor.done(`POST ${zone}/disks/a/createSnapshot`, { name: 's' });
    await poor.refused(403, 'quotaExceeded', `POST ${zone}/disks/a/createSnapshot`, { name: 't' });
    await poor.close();
  });

  it('come to an instance and go', async () => {
    const source = `${zone}/disks/blank`;
    assert.match(
      await t.refused(400, 'invalid', onVm('attachDisk'), { source: 'zones/us-central1-b/disks/blank' }),
      /must be in zone 'us-central1-a'/,
    );
    assert.match(await t.refused(400, 'invalid', onVm('attachDisk'), { source, mode: 'RO' }), /mode/);
    assert.match(
      await t.refused(400, 'invalid', onVm('attachDisk'), { source, boot: true }),
      /is in state RUNNING: it must be TERMINATED/,
    );
    assert.match(
      await t.refused(400, 'invalid', onVm('attachDisk'), { source, deviceName: 'persistent-disk-0' }),
      /used already/,
    );
    await t.done(onVm('attachDisk'), { source, deviceName: 'data', mode: 'READ_ONLY' });
    const vm = await t.want(200, `GET ${zone}/instances/vm`);
    const [boot, data] = vm.disks;
    assert.equal(boot?.boot, true);
    assert.deepEqual([data?.deviceName, data?.mode, data?.index], ['data', 'READ_ONLY', 1]);
    const attached = await get('blank');
    assert.equal(attached.users[0], vm.selfLink);
    assert.match(attached.lastAttachTimestamp, /^20/);
    assert.match(
      await t.refused(400, 'resourceInUseByAnotherResource', `DELETE ${source}`),
      /already being used by 'projects\/.*\/instances\/vm'/,
    );
    await t.refused(400, 'resourceInUseByAnotherResource', onVm('attachDisk'), { source });
    assert.match(
      await t.refused(400, 'invalid', `${onVm('detachDisk')}?deviceName=persistent-disk-0`),
      /TERMINATED to lose its boot disk/,
    );
    assert.match(
      await t.refused(400, 'invalid', `${onVm('detachDisk')}?deviceName=none`),
      /No attached disk found/,
    );
    await t.refused(400, 'required', onVm('detachDisk'));
    await t.done(`POST ${source}/resize`, { sizeGb: '31' });
    await t.done(`${onVm('detachDisk')}?deviceName=data`);
    const free = await get('blank');
    assert.equal(free.users, undefined);
    assert.match(free.lastDetachTimestamp, /^20/);
    assert.equal(free.sizeGb, '31');
  });

  it('stay or go with their instance, as told', async () => {
    await make('stays', { sizeGb: '5' });
    await make('goes', { sizeGb: '5' });
    await t.done(onVm('attachDisk'), {
      source: `${zone}/disks/stays`,
      deviceName: 'stays',
      autoDelete: true,
    });
    await t.done(onVm('attachDisk'), { source: `${zone}/disks/goes`, deviceName: 'goes' });
    const auto = (name: string, on: string) =>
      `${onVm('setDiskAutoDelete')}?deviceName=${name}&autoDelete=${on}`;
    await t.refused(400, 'invalid', auto('goes', 'maybe'));
    await t.done(auto('goes', 'true'));
    await t.done(auto('stays', 'false'));
    await t.done(`DELETE ${zone}/instances/vm`);
    await t.want(404, `GET ${zone}/disks/goes`);
    await t.want(404, `GET ${zone}/disks/vm`);
    assert.equal((await get('stays')).users, undefined);
    for (const name of ['stays', 'blank']) await t.done(`DELETE ${zone}/disks/${name}`);
    await t.done('DELETE global/snapshots/shot');
    const region = await t.want(200, 'GET regions/us-central1');
    const used = (metric: string) => region.quotas.find(each => each.metric === metric)?.usage as unknown;
    assert.deepEqual([used('DISKS_TOTAL_GB'), used('SSD_TOTAL_GB')], [0, 0]);
  });

  it('have labels that are not overwritten unseen, as all that has labels', async () => {
    await make('labelled', { sizeGb: '10' });
    await t.done(`POST ${zone}/disks/labelled/createSnapshot`, { name: 'labelled' });
    await t.done('POST global/images', { name: 'labelled', sourceDisk: `${zone}/disks/labelled` });
    await t.done('POST regions/us-central1/addresses', { name: 'labelled' });
    const paths = [`${zone}/disks`, 'global/snapshots', 'global/images', 'regions/us-central1/addresses'];
    for (const path of paths.map(each => `${each}/labelled`)) {
      const { labelFingerprint } = await t.want(200, `GET ${path}`);
      const body = { labels: { a: 'b' }, labelFingerprint };
      await t.refused(400, 'required', `POST ${path}/setLabels`, { labels: {} });
      await t.refused(400, 'badRequest', `POST ${path}/setLabels`, { ...body, label: 1 });
      await t.refused(400, 'invalid', `POST ${path}/setLabels`, { ...body, labels: { A: 'b' } });
      await t.done(`POST ${path}/setLabels`, body);
      const now = await t.want(200, `GET ${path}`);
      assert.equal(now.labels['a' as 'name'], 'b');
      assert.notEqual(now.labelFingerprint, labelFingerprint);
      assert.match(
        await t.refused(412, 'conditionNotMet', `POST ${path}/setLabels`, body),
        /^Labels fingerprint either invalid or resource labels have changed/,
      );
      await t.done(`DELETE ${path}`);
    }
    assert.equal(t.world.addresses.taken, 0);
  });

  it('list snapshots in pages', async () => {
    await make('source', { sizeGb: '10' });
    for (const name of ['s-c', 's-a', 's-b'])
      await t.done(`POST ${zone}/disks/source/createSnapshot`, { name });
    await t.done('POST global/snapshots', { name: 's-d', sourceDisk: `${zone}/disks/source` });
    const first = await t.want(200, 'GET global/snapshots?maxResults=3');
    const rest = await t.want(200, `GET global/snapshots?maxResults=3&pageToken=${first.nextPageToken}`);
    assert.deepEqual(
      [first, rest].flatMap(list => list.items.map(each => each.name as string)),
      ['s-a', 's-b', 's-c', 's-d'],
    );
    const some = await t.want(200, 'GET global/snapshots?filter=name%3Ds-b&fields=items(name,status)');
    assert.deepEqual(some.items, [{ name: 's-b', status: 'READY' }]);
    await t.refused(409, 'alreadyExists', `POST ${zone}/disks/source/createSnapshot`, { name: 's-a' });
    await t.refused(404, 'notFound', `POST ${zone}/disks/none/createSnapshot`, { name: 's-e' });
    await t.refused(404, 'notFound', 'DELETE global/snapshots/none');
    for (const name of ['s-a', 's-b', 's-c', 's-d']) await t.done(`DELETE global/snapshots/${name}`);
    await t.done(`DELETE ${zone}/disks/source`);
  });
});
