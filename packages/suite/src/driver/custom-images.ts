/** Images made of VMs: VMs start from them, and they outlive the VM that they were made of. */
import assert from 'node:assert/strict';
import type { CloudCustomImage, CustomImages } from '@cloud-barista/driver/custom-images';
import { customImageStates } from '@cloud-barista/model/custom-image';
import { newToken, cloudId, type CloudId } from '@cloud-barista/model/ids';
import { strangerOf, walk } from './expect.ts';
import { halves } from './halves.ts';
import { skip, type It, type Stage } from './stage.ts';

const imagesOf = (stage: Stage): CustomImages => stage.cloud.customImages ?? skip('no custom images');
const list = (stage: Stage, limit = 1000) =>
  walk(part => imagesOf(stage).list({ ...stage.call(), ...part }), limit).then(({ items }) => items);

const available = (stage: Stage, id: CloudId): Promise<CloudCustomImage> =>
  stage.until(
    `custom image ${id} to be Available`,
    () => imagesOf(stage).get(stage.call(), id),
    image => image.state === 'Available',
  );

async function order(
  stage: Stage,
  vm: CloudId,
  call = stage.create('custom-image'),
  name = stage.name('image'),
) {
  return stage.note(call, await imagesOf(stage).create(call, { name, vm }));
}

export function customImageCases(it: It): void {
  it(
    'makes one of a running VM, which runs on; a VM starts from it; deleted, it is gone with all that belonged to it',
    async stage => {
      const { customImages = skip('no custom images'), images, vms } = stage.cloud;
      const vm = await stage.rig.standing();
      const before = await stage.count();
      const name = stage.name('image');
      const call = stage.create('custom-image');
      const ordered = await order(stage, vm.id, call, name);
      assert.ok(customImageStates.includes(ordered.state));
      const made = await available(stage, ordered.id);
      assert.equal(made.name, name);
      assert.ok(made.token === undefined || made.token === call.token, 'it shows the token it was made with');
      assert.deepEqual(
        (await list(stage)).filter(image => image.id === made.id),
        [made],
      );
      assert.equal((await images.get(stage.call(), made.id)).id, made.id, 'it is an image as any other');
      const back = await stage.rig.reach(vm.id, 'Running');
      assert.deepEqual([back.publicIp, back.privateIp], [vm.publicIp, vm.privateIp]);

      const vmCall = stage.create('vm');
      const child = await stage.rig.order({ image: made.id }, vmCall);
      const running = await stage.rig.usable(child.id, vmCall);
      assert.equal(running.image, made.id);
      await stage.terminate([child.id]);
      await stage.until(
        'the VM to let go of its image',
        () => vms.getMany(stage.call(), [child.id]),
        left => left.every(one => one.state === 'Terminated' || one.state === 'NotExist'),
      );

      await stage.remove('custom-image', made.id);
      await stage.rejects(customImages.get(stage.call(), made.id), 'not_found');
      assert.ok(!(await list(stage)).some(image => image.id === made.id));
      await customImages.delete(stage.call(), made.id);
      await stage.holds(before, 'nothing left of the image: no snapshot, no disk');
    },
    'customImage',
  );

  it(
    'returns the same one for the same token, and finds it by its mark',
    async stage => {
      const vm = await stage.rig.standing();
      const token = newToken();
      const name = stage.name('image');
      const made = await order(stage, vm.id, stage.create('custom-image', token), name);
      const again = await order(stage, vm.id, stage.create('custom-image', token, true), name);
      assert.equal(again.id, made.id);
      assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'custom-image', token), [made.id]);
      assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'custom-image', newToken()), []);
      await available(stage, made.id);
      await stage.remove('custom-image', made.id);
      assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'custom-image', token), []);
    },
    'customImage',
  );

  it(
    'broken at any request: the same token completes it, or its mark finds it to be undone',
    async stage => {
      const vm = await stage.rig.standing();
      await halves<CloudCustomImage>(stage, {
        kind: 'custom-image',
        create: (cloud, call, name) =>
          (cloud.customImages ?? skip('no custom images')).create(call, { name, vm: vm.id }),
        async whole(made, name) {
          assert.equal((await available(stage, made.id)).name, name);
        },
        remove: id => stage.remove('custom-image', id),
        absent: id =>
          imagesOf(stage)
            .get(stage.call(), id)
            .then(
              () => false,
              error => stage.rejects(Promise.reject(error), 'not_found').then(() => true),
            ),
      });
    },
    'customImage',
  );

  it(
    'refuses a VM that is none, and makes nothing',
    async stage => {
      const stranger = cloudId(strangerOf((await stage.rig.standing()).id));
      const before = await stage.count();
      const call = stage.create('custom-image');
      await stage.rejects(
        imagesOf(stage).create(call, { name: stage.name('image'), vm: stranger }),
        'not_found',
        'invalid_argument',
      );
      assert.deepEqual(await stage.cloud.findMarked(stage.call(), 'custom-image', call.token), []);
      await stage.holds(before, 'nothing left');
    },
    'customImage',
  );
}
