/** Images of a VM with a data disk, on Cloud-Twin: made of a snapshot of its system disk, in more steps than the suite's VMs need. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { cloudId, type CloudId } from '@cloud-barista/model/ids';
import type { CloudVm } from '@cloud-barista/driver/vms';
import { halves } from '@cloud-barista/suite/driver/halves';
import { Meddled } from '@cloud-barista/suite/driver/road';
import { createStage, type Stage } from '@cloud-barista/suite/driver/stage';
import type { Subject } from '@cloud-barista/suite/driver/subject';
import { openTwin } from './twin.ts';

describe('an image of a VM with a data disk', () => {
  let subject: Subject;
  let stage: Stage;
  let vm: CloudVm;

  const images = () => {
    assert.ok(stage.cloud.customImages);
    return stage.cloud.customImages;
  };
  const available = (id: CloudId) =>
    stage.until(
      `image ${id} to be Available`,
      () => images().get(stage.call(), id),
      image => image.state === 'Available',
    );
  const absent = (id: CloudId) =>
    images()
      .get(stage.call(), id)
      .then(
        () => false,
        error => stage.rejects(Promise.reject(error), 'not_found').then(() => true),
      );

  before(async () => {
    subject = await openTwin(0, '')();
    stage = await createStage(subject);
    vm = await stage.rig.standing();
    const { disks } = stage.cloud;
    assert.ok(disks);
    const call = stage.create('disk');
    const request = { name: stage.name('disk'), sizeGb: 20, type: '', zone: vm.zone };
    const { id } = stage.note(call, await disks.create(call, request));
    const reach = (state: string) =>
      stage.until(
        `disk ${id} to be ${state}`,
        () => disks.get(stage.call(), id),
        disk => disk.state === state,
      );
    await reach('Available');
    await disks.attach(stage.call(), id, vm.id);
    await reach('Attached');
  });
  after(async () => {
    await stage.sweep();
    await stage.close();
    await subject.close();
  });

  it('holds the system disk alone', async () => {
    const call = stage.create('custom-image');
    const made = stage.note(call, await images().create(call, { name: stage.name('image'), vm: vm.id }));
    await available(made.id);
    assert.equal((await stage.count())?.['snapshots'], 1);
    await stage.remove('custom-image', made.id);
    assert.equal((await stage.count())?.['snapshots'], 0);
  });

  it('broken at any request is completed by the same token, or found by its mark and undone', () =>
    halves(stage, {
      kind: 'custom-image',
      create: (cloud, call, name) => {
        assert.ok(cloud.customImages);
        return cloud.customImages.create(call, { name, vm: vm.id });
      },
      async whole(made, name) {
        assert.equal((await available(made.id)).name, name);
      },
      remove: id => stage.remove('custom-image', id),
      absent,
    }));

  it('its deletion, broken at any request, is finished by deleting again', async () => {
    const standing = await stage.count();
    for (let number = 1, broke = true; broke; number++) {
      assert.ok(number < 60);
      broke = false;
      const call = stage.create('custom-image');
      const made = stage.note(call, await images().create(call, { name: stage.name('image'), vm: vm.id }));
      await available(made.id);
      const { cloud } = await stage.open({
        after: now => {
          if (now !== number) return;
          broke = true;
          throw new Meddled('The suite lost the answer.');
        },
      });
      await cloud.customImages?.delete(stage.call(), made.id).catch((error: unknown) => {
        if (!broke) throw error;
      });
      await stage.remove('custom-image', made.id);
      assert.ok(await absent(made.id));
    }
    await stage.holds(standing, 'nothing left of images whose deletion broke');
  });

  it('refused for its name leaves no snapshot', async () => {
    const standing = await stage.count();
    const name = stage.name('image');
    const call = stage.create('custom-image');
    const made = stage.note(call, await images().create(call, { name, vm: vm.id }));
    const other = stage.create('custom-image');
    await stage.rejects(images().create(other, { name, vm: vm.id }), 'already_exists');
    assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'custom-image', other.token), []);
    await available(cloudId(made.id));
    await stage.remove('custom-image', made.id);
    await stage.holds(standing, 'nothing left');
  });
});
