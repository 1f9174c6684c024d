/** Data disks: made, attached to a VM and detached, grown, and outliving the VM. */
import assert from 'node:assert/strict';
import type { CloudDisk, Disks } from '@cloud-barista/driver/disks';
import { diskStates, type DiskState } from '@cloud-barista/model/disk';
import { newToken, cloudId, type CloudId } from '@cloud-barista/model/ids';
import { strangerOf, walk } from './expect.ts';
import { halves } from './halves.ts';
import { skip, type It, type Stage } from './stage.ts';

const disksOf = (stage: Stage): Disks => stage.cloud.disks ?? skip('no disks');
/** The least that the usual type takes, and never so much that it costs. */
const sizeOf = (stage: Stage): number => Math.max(10, stage.driver.diskTypes?.[0]?.minGb ?? 1);

const list = (stage: Stage, limit = 1000) =>
  walk(part => disksOf(stage).list({ ...stage.call(), ...part }), limit).then(({ items }) => items);

const reach = (stage: Stage, id: CloudId, state: DiskState): Promise<CloudDisk> =>
  stage.until(
    `disk ${id} to be ${state}`,
    () => disksOf(stage).get(stage.call(), id),
    disk => disk.state === state,
  );

/** The zone of the VM that it is to be attached to; "" before there is one. */
async function order(stage: Stage, zone = '', call = stage.create('disk'), name = stage.name('disk')) {
  return stage.note(call, await disksOf(stage).create(call, { name, sizeGb: sizeOf(stage), type: '', zone }));
}

/** A disk that is Available. */
export async function newDisk(stage: Stage, zone = ''): Promise<CloudDisk> {
  return reach(stage, (await order(stage, zone)).id, 'Available');
}

export function diskCases(it: It): void {
  it(
    'makes one of the size asked for; get and list show it; deleted, it is gone',
    async stage => {
      const disks = disksOf(stage);
      const before = await stage.count();
      const name = stage.name('disk');
      const call = stage.create('disk');
      const ordered = await order(stage, '', call, name);
      assert.ok(diskStates.includes(ordered.state));
      const made = await reach(stage, ordered.id, 'Available');
      assert.equal(made.name, name);
      assert.equal(made.sizeGb, sizeOf(stage));
      assert.equal(made.vm, '');
      assert.ok(made.token === undefined || made.token === call.token, 'it shows the token it was made with');
      const types = stage.driver.diskTypes ?? [];
      if (types.length > 0) assert.equal(made.type, types[0]?.type, 'the first type is the usual one');
      assert.deepEqual(
        (await list(stage)).filter(disk => disk.id === made.id),
        [made],
      );
      await stage.remove('disk', made.id);
      await stage.rejects(disks.get(stage.call(), made.id), 'not_found');
      await disks.delete(stage.call(), made.id);
      await stage.holds(before, 'nothing left of the disk');
    },
    'disk',
  );

  it(
    'attaches to a VM and detaches, both twice; in use it can be neither deleted nor attached elsewhere',
    async stage => {
      const disks = disksOf(stage);
      const vm = await stage.rig.standing();
      const disk = await newDisk(stage, vm.zone);
      await disks.attach(stage.call(), disk.id, vm.id);
      const attached = await reach(stage, disk.id, 'Attached');
      assert.equal(attached.vm, vm.id);
      await disks.attach(stage.call(), disk.id, vm.id);
      await stage.rejects(disks.delete(stage.call(), disk.id), 'failed_precondition');
      assert.deepEqual(
        (await list(stage)).find(listed => listed.id === disk.id),
        attached,
      );
      await disks.detach(stage.call(), disk.id, cloudId(strangerOf(vm.id)));
      assert.equal(
        (await disks.get(stage.call(), disk.id)).vm,
        vm.id,
        'detached from another VM: nothing happens',
      );
      await disks.detach(stage.call(), disk.id, vm.id);
      const free = await reach(stage, disk.id, 'Available');
      assert.equal(free.vm, '');
      await disks.detach(stage.call(), disk.id, vm.id);
      assert.equal((await stage.cloud.vms.get(stage.call(), vm.id)).state, 'Running', 'the VM ran on');
      await stage.remove('disk', disk.id);
    },
    'disk',
  );

  it(
    'outlives the VM that it is attached to, and another may not have it meanwhile',
    async stage => {
      const disks = disksOf(stage);
      const standing = await stage.rig.standing();
      const call = stage.create('vm');
      const vm = await stage.rig.usable((await stage.rig.order({}, call)).id, call);
      const disk = await newDisk(stage, vm.zone);
      await disks.attach(stage.call(), disk.id, vm.id);
      await reach(stage, disk.id, 'Attached');
      await stage.rejects(disks.attach(stage.call(), disk.id, standing.id), 'failed_precondition');
      await stage.terminate([vm.id]);
      const left = await reach(stage, disk.id, 'Available');
      assert.equal(left.vm, '');
      await stage.remove('disk', disk.id);
    },
    'disk',
  );

  it(
    'grows',
    async stage => {
      const disks = disksOf(stage);
      const disk = await newDisk(stage);
      await disks.resize(stage.call(), disk.id, disk.sizeGb + 10);
      await stage.until(
        'the disk to have grown',
        () => disks.get(stage.call(), disk.id),
        now => now.sizeGb === disk.sizeGb + 10 && now.state === 'Available',
      );
      await stage.rejects(
        disks.resize(stage.call(), cloudId(strangerOf(disk.id)), disk.sizeGb + 20),
        'not_found',
        'invalid_argument',
      );
      await stage.remove('disk', disk.id);
    },
    'disk.resize',
  );

  it(
    'returns the same one for the same token, and finds it by its mark',
    async stage => {
      const token = newToken();
      const name = stage.name('disk');
      const made = await order(stage, '', stage.create('disk', token), name);
      const again = await order(stage, '', stage.create('disk', token, true), name);
      assert.equal(again.id, made.id);
      assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'disk', token), [made.id]);
      assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'disk', newToken()), []);
      await reach(stage, made.id, 'Available');
      await stage.remove('disk', made.id);
      assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'disk', token), []);
    },
    'disk',
  );

  it(
    'broken at any request: the same token completes it, or its mark finds it to be undone',
    async stage => {
      await halves<CloudDisk>(stage, {
        kind: 'disk',
        create: (cloud, call, name) =>
          (cloud.disks ?? skip('no disks')).create(call, { name, sizeGb: sizeOf(stage), type: '', zone: '' }),
        async whole(made, name) {
          assert.equal((await reach(stage, made.id, 'Available')).name, name);
        },
        remove: id => stage.remove('disk', id),
        absent: id =>
          disksOf(stage)
            .get(stage.call(), id)
            .then(
              () => false,
              error => stage.rejects(Promise.reject(error), 'not_found').then(() => true),
            ),
      });
    },
    'disk',
  );

  it(
    'refuses a VM that is none and a type that is none, and makes nothing',
    async stage => {
      const disks = disksOf(stage);
      const before = await stage.count();
      const disk = await newDisk(stage);
      const stranger = cloudId(strangerOf((await stage.rig.standing()).id));
      await stage.rejects(disks.attach(stage.call(), disk.id, stranger), 'not_found', 'invalid_argument');
      assert.equal((await disks.get(stage.call(), disk.id)).state, 'Available');
      await stage.rejects(
        disks.attach(stage.call(), cloudId(strangerOf(disk.id)), (await stage.rig.standing()).id),
        'not_found',
        'invalid_argument',
      );
      await stage.remove('disk', disk.id);
      const call = stage.create('disk');
      await stage.rejects(
        disks.create(call, {
          name: stage.name('disk'),
          sizeGb: sizeOf(stage),
          type: 'no-such-type',
          zone: '',
        }),
        'invalid_argument',
        'not_found',
      );
      assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'disk', call.token), []);
      await stage.holds(before, 'nothing left');
    },
    'disk',
  );
}
