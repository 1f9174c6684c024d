import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { call, cutOff, makeGround, openStage, vmInput } from '../test/stage.ts';
import { awaitDisk, createDisk, attachDisk, detachDisk, getDisk, listDisks, resizeDisk } from './disks.ts';
import { createCustomImage, getCustomImage } from './custom-images.ts';
import { getImage, findImage } from './images.ts';
import { associatePublicIp, createPublicIp, dissociatePublicIp } from './public-ips.ts';
import { recoverClaims } from './recover.ts';
import { deleteId } from './remove.ts';
import { findSpec, listSpecs } from './specs.ts';
import { getTags, removeTags, setTags } from './tags.ts';
import { undoCreate } from './undo.ts';
import { createVm, getVm, terminateVm } from './vms.ts';
import { awaitOne } from './vm-sagas.ts';

const c = 'seoul';
const disk = { name: 'data', sizeGb: 10 };

async function withVm() {
  const stage = await openStage();
  await makeGround(stage.spider);
  await createVm(stage.spider, c, vmInput('web'), call);
  await awaitOne(stage.spider, c, 'web', 'Running', call.signal);
  return stage;
}

describe('disks', () => {
  it('are made, attached, detached, grown and deleted; a VM’s end leaves them', async () => {
    const { spider, cloud, end } = await withVm();
    assert.equal((await createDisk(spider, c, disk, call)).state, 'Available');
    const attached = await attachDisk(spider, c, 'data', 'web', call);
    assert.deepEqual([attached.state, attached.vm], ['Attached', 'web']);
    await assert.rejects(deleteId(spider, c, 'disk', 'data', call), { code: 'failed_precondition' });
    assert.equal((await getDisk(spider, c, 'data', call)).state, 'Attached', 'refused: it stands as before');
    assert.equal((await detachDisk(spider, c, 'data', call)).state, 'Available');
    assert.equal((await resizeDisk(spider, c, 'data', 20, call)).sizeGb, 20);
    await assert.rejects(resizeDisk(spider, c, 'data', 15, call), { code: 'invalid_argument' });
    await attachDisk(spider, c, 'data', 'web', call);
    await terminateVm(spider, c, 'web', call);
    await awaitOne(spider, c, 'web', 'Terminated', call.signal);
    await awaitDisk(spider, c, 'data', one => one.state === 'Available', call);
    await deleteId(spider, c, 'disk', 'data', call);
    assert.equal(cloud.count()['disks'], undefined);
    assert.deepEqual((await listDisks(spider, c, {}, call)).items, []);
    await end();
  });

  it('of a size or type that there is not are refused before a call leaves', async () => {
    const { spider, sent, end } = await openStage();
    for (const wrong of [{ type: 'mock-sdd' }, { sizeGb: 20_000 }, { type: 'mock-hdd', sizeGb: 5 }])
      await assert.rejects(createDisk(spider, c, { ...disk, ...wrong }, call), { code: 'invalid_argument' });
    assert.equal(sent.get('CreateDisk'), undefined);
    await end();
  });

  it('whose answer is lost are found by their token; undone they leave nothing', async () => {
    const { spider, cloud, mishap, end } = await openStage({ requestTimeoutMs: 50 });
    let lose = true;
    mishap.after = request => {
      if (request.api === 'CreateDisk' && lose) {
        lose = false;
        throw cutOff();
      }
    };
    await createDisk(spider, c, disk, call);
    assert.equal(cloud.count()['disks'], 1);
    await undoCreate(spider, c, 'disk', 'data');
    assert.equal(cloud.count()['disks'], undefined);
    assert.deepEqual((await listDisks(spider, c, {}, call)).items, []);
    await end();
  });

  it('whose create died with the process are settled by the next', async () => {
    const { spider, cloud, mishap, again, end } = await openStage();
    const stop = new AbortController();
    mishap.after = request => {
      if (request.api !== 'CreateDisk') return;
      stop.abort();
      throw cutOff();
    };
    await assert.rejects(createDisk(spider, c, disk, { signal: stop.signal }));
    assert.equal(cloud.count()['disks'], 1);
    delete mishap.after;
    await spider.close();
    const next = await again();
    assert.equal((await recoverClaims(next)).settled, 1);
    assert.equal(cloud.count()['disks'], undefined);
    await end();
  });
});

describe('custom images', () => {
  it('are named like any image, and VMs made of them log in as the first one’s user', async () => {
    const { spider, end } = await withVm();
    const made = await createCustomImage(spider, c, { name: 'golden', vm: 'web' }, call);
    assert.equal(made.user, 'ubuntu');
    assert.equal((await getImage(spider, c, 'golden', call)).id, made.id);
    assert.equal((await findImage(spider, c, 'golden', undefined, call)).user, 'ubuntu');
    const child = await createVm(spider, c, { ...vmInput('child'), image: 'golden' }, call);
    assert.deepEqual([child.image, child.ssh.user], [made.id, 'ubuntu']);
    // A system's plain name never means an image of one's own; nor is one offered that is gone.
    assert.equal((await findImage(spider, c, 'ubuntu-22.04', undefined, call)).id, 'mock-vmimage-01');
    await deleteId(spider, c, 'custom-image', 'golden', call);
    await assert.rejects(findImage(spider, c, 'golden', undefined, call), { code: 'not_found' });
    await assert.rejects(getCustomImage(spider, c, 'golden', call), { code: 'not_found' });
    await assert.rejects(createCustomImage(spider, c, { name: 'x', vm: 'nobody' }, call), {
      code: 'not_found',
    });
    await end();
  });
});

describe('public addresses', () => {
  it('are carried by a VM, whose record says so at once', async () => {
    const { spider, cloud, end } = await withVm();
    const { address } = await createPublicIp(spider, c, { name: 'front-door' }, call);
    assert.equal((await associatePublicIp(spider, c, 'front-door', 'web', call)).vm, 'web');
    assert.equal((await getVm(spider, c, 'web', { maxAgeMs: Infinity })).publicIp, address);
    await assert.rejects(deleteId(spider, c, 'public-ip', 'front-door', call), {
      code: 'failed_precondition',
    });
    assert.equal((await dissociatePublicIp(spider, c, 'front-door', call)).vm, '');
    assert.equal((await getVm(spider, c, 'web', { maxAgeMs: Infinity })).publicIp, '');
    await deleteId(spider, c, 'public-ip', 'front-door', call);
    assert.equal(cloud.count()['publicIps'], undefined);
    await end();
  });
});

describe('tags', () => {
  it('are kept in the cloud; what it does not take is refused', async () => {
    const { spider, sent, end } = await withVm();
    const vm = { connection: c, kind: 'vm', name: 'web' } as const;
    assert.deepEqual((await setTags(spider, vm, { owner: 'me', 'cost center': '7' }, call)).tags, {
      owner: 'me',
      'cost center': '7',
    });
    assert.deepEqual((await removeTags(spider, vm, ['owner', 'nothing'], call)).tags, { 'cost center': '7' });
    assert.deepEqual((await getTags(spider, vm, call)).tags, { 'cost center': '7' });
    const before = sent.get('AddTags');
    await assert.rejects(setTags(spider, vm, { ' blank': 'first' }, call), { code: 'invalid_argument' });
    const many = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`k${i}`, 'v']));
    await assert.rejects(setTags(spider, vm, many, call), { code: 'invalid_argument' });
    assert.equal(sent.get('AddTags'), before);
    await end();
  });
});

describe('prices', () => {
  it('stand beside specs, asked once; a cloud that tells none is no hindrance', async () => {
    const { spider, sent, mishap, end } = await openStage();
    const { items } = await listSpecs(spider, c, {}, call);
    assert.ok(items.every(spec => (spec.price?.hourly ?? 0) > 0));
    await listSpecs(spider, c, {}, call);
    assert.equal(sent.get('GetPrices'), 1);
    // The smaller of memory is the cheaper; without a price the smaller is taken.
    assert.equal((await findSpec(spider, c, { cpu: 8 }, call)).id, 'mock-vmspec-04');
    spider.prices.clear();
    mishap.before = request => {
      if (request.api === 'GetPrices') throw Object.assign(new Error('no'), { code: 'EPROTO' });
    };
    assert.ok((await listSpecs(spider, c, {}, call)).items.every(spec => spec.price === undefined));
    assert.equal((await findSpec(spider, c, { cpu: 8 }, call)).id, 'mock-vmspec-04');
    await end();
  });
});
