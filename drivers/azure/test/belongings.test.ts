/** What belongs to VMs where the suite does not look: VMs in several groups, addresses whose swap breaks off, images of images. On Cloud-Twin. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import type { Cloud } from '@cloud-barista/driver/driver';
import { cloudId } from '@cloud-barista/model/ids';
import { Meddled } from '@cloud-barista/suite/driver/road';
import { createStage, type Stage } from '@cloud-barista/suite/driver/stage';
import type { Subject } from '@cloud-barista/suite/driver/subject';
import { openTwin } from './twin.ts';

let subject: Subject;
let stage: Stage;

before(async () => {
  subject = await openTwin('')();
  stage = await createStage(subject);
});
after(async () => {
  await stage.sweep();
  await stage.close();
  await subject.close();
});

async function newVm(change: Parameters<Stage['rig']['order']>[0] = {}) {
  const call = stage.create('vm');
  return stage.rig.usable((await stage.rig.order(change, call)).id, call);
}
async function newIp() {
  const call = stage.create('public-ip');
  assert.ok(stage.cloud.publicIps);
  return stage.note(call, await stage.cloud.publicIps.create(call, { name: stage.name('ip') }));
}
const parts = (cloud: Cloud) => {
  const { disks, customImages, publicIps, tags } = cloud;
  assert.ok(disks && customImages && publicIps && tags);
  return { disks, customImages, publicIps, tags };
};

it('disk, address and tags name a VM in several groups by its whole id', async () => {
  const { disks, publicIps, tags } = parts(stage.cloud);
  const { vpc, group } = await stage.rig.ground();
  const groupCall = stage.create('security-group');
  const second = stage.note(
    groupCall,
    await stage.cloud.securityGroups.create(groupCall, { name: stage.name('sg'), vpc: vpc.id, rules: [] }),
  );
  const vm = await newVm({ securityGroups: [group.id, second.id] });
  assert.match(vm.id, /\+groups$/);
  const diskCall = stage.create('disk');
  const request = { name: stage.name('disk'), sizeGb: 10, type: '', zone: '' };
  const disk = stage.note(diskCall, await disks.create(diskCall, request));
  const reach = (state: string) =>
    stage.until(
      state,
      () => disks.get(stage.call(), disk.id),
      one => one.state === state,
    );
  await reach('Available');
  await disks.attach(stage.call(), disk.id, vm.id);
  const attached = await reach('Attached');
  assert.equal(attached.vm, vm.id);
  assert.match(attached.device, /^\/dev\/disk\/azure\//);
  const { items } = await disks.list({ ...stage.call(), limit: 1000 });
  assert.deepEqual(items, [attached], 'root disks are none');
  await disks.detach(stage.call(), disk.id, vm.id);
  await reach('Available');

  const ip = await newIp();
  await publicIps.associate(stage.call(), ip.id, vm.id);
  assert.equal((await publicIps.get(stage.call(), ip.id)).vm, vm.id);
  const listed = await publicIps.list({ ...stage.call(), limit: 1000 });
  assert.deepEqual(
    listed.items.map(one => [one.id, one.vm]),
    [[ip.id, vm.id]],
  );
  await publicIps.dissociate(stage.call(), ip.id, vm.id);
  assert.equal((await publicIps.get(stage.call(), ip.id)).vm, '');

  await tags.set(stage.call(), 'vm', vm.id, { Owner: 'suite' });
  assert.deepEqual(await tags.get(stage.call(), 'vm', vm.id), { Owner: 'suite' });
  await tags.remove(stage.call(), 'vm', vm.id, ['owner']);
  assert.deepEqual(await tags.get(stage.call(), 'vm', vm.id), {});
  assert.deepEqual((await stage.cloud.vms.get(stage.call(), vm.id)).securityGroups, vm.securityGroups);

  await stage.terminate([vm.id]);
  await stage.remove('disk', disk.id);
  await stage.remove('public-ip', ip.id);
  await stage.remove('security-group', second.id);
});

for (const then of ['is done again', 'is given up'] as const)
  it(`a VM’s first address is given back, at whatever request the swap breaks off and ${then}`, async () => {
    await stage.rig.ground();
    const before = await stage.count();
    let broke = true;
    for (let number = 1; broke; number++)
      for (const when of ['before', 'after'] as const) {
        const vm = await newVm();
        const ip = await newIp();
        broke = false;
        const strike = (now: number) => {
          if (now !== number) return;
          broke = true;
          throw new Meddled(`The test broke request ${number}.`);
        };
        const { cloud } = await stage.open({ [when]: strike });
        const { publicIps } = parts(cloud);
        await publicIps.associate(stage.call(), ip.id, vm.id).catch((error: unknown) => {
          if (!broke) throw error;
        });
        const { publicIps: whole } = parts(stage.cloud);
        if (then === 'is done again') {
          await whole.associate(stage.call(), ip.id, vm.id);
          assert.equal((await stage.cloud.vms.get(stage.call(), vm.id)).publicIp, ip.address);
        }
        await stage.terminate([vm.id]);
        await stage.remove('public-ip', ip.id);
        await stage.holds(before, `nothing left, broken ${when} request ${number}`);
        assert.ok(number < 20);
      }
  });

it('what a swap on one VM has left the next swap on another gives back', async () => {
  await stage.rig.ground();
  const before = await stage.count();
  const vms = [await newVm(), await newVm()] as const;
  const ip = await newIp();
  const { cloud, road } = await stage.open({
    after: () => {
      if (road.sent.at(-1)?.request.api === 'NetworkInterfaces_CreateOrUpdate') throw new Meddled('Broken.');
    },
  });
  await assert.rejects(parts(cloud).publicIps.associate(stage.call(), ip.id, vms[0].id), {
    code: 'unavailable',
  });
  const { publicIps } = parts(stage.cloud);
  await stage.terminate([vms[0].id]);
  await publicIps.associate(stage.call(), ip.id, vms[1].id);
  await publicIps.dissociate(stage.call(), ip.id, vms[1].id);
  await stage.terminate([vms[1].id]);
  const addresses = (counted: Record<string, number> | undefined) => counted?.['publicIPAddresses'] ?? 0;
  assert.equal(addresses(await stage.count()), addresses(before) + 1, 'the user’s own is left alone');
  await stage.remove('public-ip', ip.id);
  await stage.holds(before, 'nothing left');
});

it('an image of a VM that was made of an image knows its system still', async () => {
  const { customImages } = parts(stage.cloud);
  const source = await stage.cloud.images.get(stage.call(), cloudId(stage.subject.image));
  const made: string[] = [];
  let vm = await stage.rig.standing();
  for (let generation = 1; generation <= 2; generation++) {
    const call = stage.create('custom-image');
    const request = { name: stage.name('image'), vm: vm.id };
    const { id } = stage.note(call, await customImages.create(call, request));
    await stage.until(
      'Available',
      () => customImages.get(stage.call(), id),
      one => one.state === 'Available',
    );
    const image = await stage.cloud.images.get(stage.call(), id);
    assert.deepEqual([image.os, image.osVersion, image.user], [source.os, source.osVersion, source.user]);
    assert.ok(image.minDiskGb > 0);
    vm = await newVm({ image: id });
    assert.equal(vm.image, id);
    made.push(id);
  }
  const { items } = await customImages.list({ ...stage.call(), limit: 1000 });
  assert.deepEqual(
    items.map(one => one.id as string),
    made.sort(),
  );
});

it('a VM that is Suspended takes a disk, gives an image, and stays Suspended', async () => {
  const { disks, customImages } = parts(stage.cloud);
  const vm = await newVm();
  await stage.cloud.vms.suspend(stage.call(), vm.id);
  await stage.rig.reach(vm.id, 'Suspended');
  const diskCall = stage.create('disk');
  const order = { name: stage.name('disk'), sizeGb: 10, type: '', zone: '' };
  const disk = stage.note(diskCall, await disks.create(diskCall, order));
  const reach = (state: string) =>
    stage.until(
      state,
      () => disks.get(stage.call(), disk.id),
      one => one.state === state,
    );
  await reach('Available');
  await disks.attach(stage.call(), disk.id, vm.id);
  assert.equal((await reach('Attached')).vm, vm.id);
  const imageCall = stage.create('custom-image');
  const request = { name: stage.name('image'), vm: vm.id };
  const image = stage.note(imageCall, await customImages.create(imageCall, request));
  await stage.until(
    'Available',
    () => customImages.get(stage.call(), image.id),
    one => one.state === 'Available',
  );
  assert.equal((await stage.cloud.vms.get(stage.call(), vm.id)).state, 'Suspended');
  await disks.detach(stage.call(), disk.id, vm.id);
  await reach('Available');
});
