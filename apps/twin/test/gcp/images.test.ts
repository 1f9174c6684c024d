/** Own images and machine images, and the VM's files that they carry. */
import assert from 'node:assert/strict';
import { after, before, describe, it, mock } from 'node:test';
import { machineKey, type Machine } from '../../src/world/machines.ts';
import { openTestCloud, type TestCloud } from './server.ts';

const zone = 'zones/us-central1-a';

describe('own images', () => {
  let t: TestCloud;
  /** What the machines were told. */
  const told: string[] = [];
  before(async () => {
    t = await openTestCloud();
    const { machines } = t.world;
    mock.method(machines, 'capture', (machine: Machine, disk: string) => {
      told.push(`capture ${machineKey(machine)} ${disk}`);
    });
    mock.method(machines, 'discard', (disk: string) => {
      told.push(`discard ${disk}`);
    });
    await t.login();
    await t.done(`POST ${zone}/instances`, t.vm('vm'));
    told.length = 0;
  });
  after(() => t.close());
  const machineOf = async (name: string) => {
    const { id } = await t.want(200, `GET ${zone}/instances/${name}`);
    const machine = t.world.machines.byKey(`goo/${id}`);
    assert.ok(machine);
    return machine;
  };
  const bootOf = (sourceImage: string, more: object = {}) => ({
    disks: [{ boot: true, autoDelete: true, initializeParams: { sourceImage }, ...more }],
  });
  const insert = (name: string, more: object, query = '') =>
    t.done(`POST global/images${query}`, { name, ...more });

  it('are made of a disk that is still, or by force', async () => {
    const sourceDisk = `${zone}/disks/vm`;
    assert.match(
      await t.refused(400, 'resourceInUseByAnotherResource', 'POST global/images', {
        name: 'mine',
        sourceDisk,
      }),
      /^The disk resource 'projects\/.*\/disks\/vm' is already being used by 'projects\/.*\/instances\/vm'/,
    );
    await t.want(404, 'GET global/images/mine');
    const { id: disk } = await t.want(200, `GET ${sourceDisk}`);
    const { id: vm } = await t.want(200, `GET ${zone}/instances/vm`);
    await insert('forced', { sourceDisk }, '?forceCreate=true');
    await t.done(`POST ${zone}/instances/vm/stop`);
    await insert('mine', { sourceDisk, family: 'own', description: 'of vm', labels: { a: 'b' } });
    const forced = await t.want(200, 'GET global/images/forced');
    const mine = await t.want(200, 'GET global/images/family/own');
    assert.equal(mine.name, 'mine');
    assert.equal(mine.status, 'READY');
    assert.equal(mine.sourceDiskId, disk);
    assert.equal(mine.diskSizeGb, '10');
    assert.equal(mine.licenses.length, 1);
    assert.equal(mine.labels['a' as 'name'], 'b');
    assert.deepEqual(told.splice(0), [
      `capture goo/${vm} goo/images/${forced.id}`,
      `capture goo/${vm} goo/images/${mine.id}`,
    ]);
    const all = await t.want(200, 'GET global/images');
    assert.deepEqual(
      all.items.map(each => each.name as string),
      ['forced', 'mine'],
    );
    await t.refused(409, 'alreadyExists', 'POST global/images', { name: 'mine', sourceDisk });
    await t.refused(400, 'required', 'POST global/images', { name: 'none' });
    await t.refused(400, 'invalid', 'POST global/images', { name: 'none', sourceDisk: `${zone}/disks/none` });
    await t.refused(400, 'invalid', 'POST global/images', { name: 'none', sourceDisk, family: 'Own' });
    await t.refused(400, 'badRequest', 'POST global/images', { name: 'none', sourcedisk: sourceDisk });
    await t.done('DELETE global/images/forced');
    assert.deepEqual(told.splice(0), [`discard goo/images/${forced.id}`]);
  });

  it('give their files to the VMs that are made of them', async () => {
    const { id } = await t.want(200, 'GET global/images/mine');
    const key = `goo/images/${id}`;
    await t.done(`POST ${zone}/instances`, t.vm('of-name', bootOf('global/images/mine')));
    await t.done(`POST ${zone}/instances`, t.vm('of-family', bootOf('global/images/family/own')));
    assert.equal((await machineOf('of-name')).disk, key);
    assert.equal((await machineOf('of-name')).osName, 'Debian 12');
    assert.equal((await machineOf('of-family')).disk, key);
    assert.equal((await machineOf('vm')).disk, undefined);
    // A copy shares what it carries.
    await insert('copy', { sourceImage: 'global/images/mine' });
    await t.done('DELETE global/images/mine');
    assert.deepEqual(told.splice(0), []);
    await t.refused(404, 'notFound', 'GET global/images/family/own');
    await t.done('DELETE global/images/copy');
    assert.deepEqual(told.splice(0), [`discard ${key}`]);
    await t.done(`DELETE ${zone}/instances/of-name`);
    await t.done(`DELETE ${zone}/instances/of-family`);
  });

  it('are made of snapshots, and disks keep what was on their VM', async () => {
    const { id: vm } = await t.want(200, `GET ${zone}/instances/vm`);
    await t.done(`POST ${zone}/disks/vm/createSnapshot`, { name: 'shot' });
    const { id: shot } = await t.want(200, 'GET global/snapshots/shot');
    const key = `goo/snapshots/${shot}`;
    assert.deepEqual(told.splice(0), [`capture goo/${vm} ${key}`]);
    await insert('of-shot', { sourceSnapshot: 'global/snapshots/shot' });
    await t.done('DELETE global/snapshots/shot');
    assert.deepEqual(told.splice(0), []);
    await t.done(
      `POST ${zone}/instances`,
      t.vm('next', bootOf('global/images/of-shot', { autoDelete: false })),
    );
    const { id: next } = await t.want(200, `GET ${zone}/instances/next`);
    assert.equal((await machineOf('next')).disk, key);
    await t.done('DELETE global/images/of-shot');
    assert.deepEqual(told.splice(0), [`discard ${key}`]);

    // Its boot disk outlives it, with its files.
    const { id: disk } = await t.want(200, `GET ${zone}/disks/next`);
    const left = `goo/disks/${disk}-${next}`;
    await t.done(`DELETE ${zone}/instances/next`);
    assert.deepEqual(told.splice(0), [`capture goo/${next} ${left}`]);
    const standing = { disks: [{ boot: true, source: `${zone}/disks/next`, autoDelete: true }] };
    await t.done(`POST ${zone}/instances`, t.vm('heir', standing));
    assert.equal((await machineOf('heir')).disk, left);
    await t.done(`DELETE ${zone}/instances/heir`);
    assert.deepEqual(told.splice(0), [`discard ${left}`]);
  });

  it('are deprecated, by the day and for another', async () => {
    await t.done(`POST ${zone}/disks`, { name: 'blank', sizeGb: '10' });
    const sourceDisk = `${zone}/disks/blank`;
    await insert('old', { sourceDisk, family: 'fam' });
    t.advance(1000);
    await insert('new', { sourceDisk, family: 'fam' });
    assert.equal((await t.want(200, 'GET global/images/family/fam')).name, 'new');
    const deprecate = 'POST global/images/new/deprecate';
    await t.refused(400, 'invalid', deprecate, { state: 'GONE' });
    await t.refused(400, 'badRequest', deprecate, { status: 'OBSOLETE' });
    await t.refused(400, 'invalid', deprecate, { state: 'DEPRECATED', obsolete: 'tomorrow' });
    await t.done(deprecate, {
      state: 'DEPRECATED',
      replacement: `projects/${t.projectId}/global/images/old`,
      obsolete: '2030-01-01T00:00:00Z',
    });
    const { deprecated } = await t.want(200, 'GET global/images/new');
    assert.equal(deprecated.state, 'DEPRECATED');
    assert.match(deprecated.replacement, /global\/images\/old$/);
    assert.equal((await t.want(200, 'GET global/images/family/fam')).name, 'old');
    await t.done(deprecate, { state: 'OBSOLETE' });
    assert.match(
      await t.refused(400, 'invalid', `POST ${zone}/instances`, t.vm('x', bootOf('global/images/new'))),
      /OBSOLETE/,
    );
    assert.match(
      await t.refused(400, 'invalid', `POST ${zone}/instances`, t.vm('x', bootOf('global/images/old'))),
      /not bootable/,
    );
    await t.done(deprecate, { state: 'ACTIVE' });
    assert.equal((await t.want(200, 'GET global/images/new')).deprecated, undefined);
    await t.done('PATCH global/images/new', { family: 'other' });
    assert.equal((await t.want(200, 'GET global/images/family/other')).name, 'new');
    for (const name of ['old', 'new']) await t.done(`DELETE global/images/${name}`);
    await t.done(`DELETE ${sourceDisk}`);
    assert.deepEqual(told.splice(0), []);
  });

  it('of others are not to be changed', async () => {
    const path = '/projects/debian-cloud/global/images';
    await t.refused(403, 'forbidden', `POST ${path}`, { name: 'x' });
    await t.refused(403, 'forbidden', `DELETE ${path}/debian-12-bookworm-v20240508`);
  });

  it('take time to be ready, and to go', async () => {
    const slow = await openTestCloud({ delays: { create: 100_000 } });
    await slow.login();
    await slow.want(200, `POST ${zone}/disks`, { name: 'd', sizeGb: '10' });
    assert.equal((await slow.want(200, `GET ${zone}/disks/d`)).status, 'CREATING');
    await slow.refused(400, 'resourceNotReady', 'POST global/images', {
      name: 'i',
      sourceDisk: `${zone}/disks/d`,
    });
    slow.advance(20_000);
    await slow.want(200, 'POST global/images', { name: 'i', family: 'f', sourceDisk: `${zone}/disks/d` });
    assert.equal((await slow.want(200, 'GET global/images/i')).status, 'PENDING');
    await slow.refused(404, 'notFound', 'GET global/images/family/f');
    await slow.refused(400, 'resourceNotReady', 'DELETE global/images/i');
    await slow.want(200, `POST ${zone}/disks/d/createSnapshot`, { name: 's' });
    assert.equal((await slow.want(200, 'GET global/snapshots/s')).status, 'CREATING');
    await slow.refused(400, 'resourceNotReady', `POST ${zone}/disks`, {
      name: 'e',
      sourceSnapshot: 'global/snapshots/s',
    });
    slow.advance(20_000);
    await slow.want(200, 'DELETE global/images/i');
    assert.equal((await slow.want(200, 'GET global/images/i')).status, 'DELETING');
    slow.advance(20_000);
    await slow.want(404, 'GET global/images/i');
    await slow.close();
  });

  it('of a whole machine make another like it', async () => {
    await t.done(`POST ${zone}/disks`, { name: 'data', sizeGb: '20', type: `${zone}/diskTypes/pd-ssd` });
    await t.done(`POST ${zone}/instances/vm/attachDisk`, {
      source: `${zone}/disks/data`,
      deviceName: 'data',
      autoDelete: true,
    });
    await t.done(`POST ${zone}/instances/vm/start`);
    const sourceInstance = `${zone}/instances/vm`;
    await t.refused(400, 'invalid', 'POST global/machineImages', {
      name: 'whole',
      sourceInstance: `${zone}/instances/none`,
    });
    await t.done('POST global/machineImages', { name: 'whole', sourceInstance });
    const whole = await t.want(200, 'GET global/machineImages/whole');
    assert.equal(whole.status, 'READY');
    assert.equal(whole.savedDisks.length, 2);
    assert.equal(whole.instanceProperties.machineType, 'e2-small');
    const key = `goo/machine-images/${whole.id}`;
    const { id: vm } = await t.want(200, `GET ${sourceInstance}`);
    assert.deepEqual(told.splice(0), [`capture goo/${vm} ${key}`]);
    await t.done('POST zones/us-central1-b/instances', {
      name: 'like',
      sourceMachineImage: 'global/machineImages/whole',
      labels: { like: 'it' },
    });
    const like = await t.want(200, 'GET zones/us-central1-b/instances/like');
    assert.match(like.machineType, /us-central1-b\/machineTypes\/e2-small$/);
    assert.deepEqual(
      like.disks.map(each => [each.deviceName as string, each.diskSizeGb as string]),
      [
        ['persistent-disk-0', '10'],
        ['data', '20'],
      ],
    );
    assert.match(like.networkInterfaces[0]?.accessConfigs[0]?.natIP ?? '', /^127\./);
    const machine = t.world.machines.byKey(`goo/${like.id}`);
    assert.equal(machine?.disk, key);
    assert.equal(machine?.user, 'alice');
    assert.equal((await t.want(200, 'GET global/machineImages')).items.length, 1);
    await t.done('DELETE global/machineImages/whole');
    assert.deepEqual(told.splice(0), [`discard ${key}`]);
    await t.done('DELETE zones/us-central1-b/instances/like');
    await t.done(`DELETE ${sourceInstance}`);
    assert.deepEqual(
      Object.entries(t.wire.counts(t.cloud)).filter(([, count]) => count > 0),
      [],
    );
  });
});
