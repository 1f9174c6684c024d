import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newToken, cloudId } from '@cloud-barista/model/ids';
import { call, cutOff, makeGround, openStage, vmInput } from '../test/stage.ts';
import { forgetId } from './forget.ts';
import { recoverClaims } from './recover.ts';
import { deleteOrphans, takeInventory } from './inventory.ts';
import { idKey } from './keys.ts';
import { cloudOf } from './clouds.ts';
import { createConnection } from './connections.ts';
import { createDisk } from './disks.ts';
import { privateKeyOf } from './key-pairs.ts';
import { register, unregister } from './register.ts';
import { deleteId } from './remove.ts';
import { makeSshKeyPair } from './ssh-keys.ts';
import { createVm, getVm, terminateVm } from './vms.ts';
import { awaitOne } from './vm-sagas.ts';

const c = 'seoul';

async function withVm() {
  const stage = await openStage();
  await makeGround(stage.spider);
  await createVm(stage.spider, c, vmInput('web'), call);
  await awaitOne(stage.spider, c, 'web', 'Running', call.signal);
  return stage;
}

describe('the inventory', () => {
  it('tells what is mapped, what is only ours, what is only the cloud’s', async () => {
    const { spider, end } = await withVm();
    const { cloud } = await cloudOf(spider, c, call.signal);
    // Another's, by hand, and one of ours that somebody deleted.
    await cloud.keyPairs.create(
      { ...call, token: newToken(), again: false },
      { name: 'theirs', publicKey: (await makeSshKeyPair('x')).publicKey },
    );
    await createDisk(spider, c, { name: 'lost', sizeGb: 1 }, call);
    const lost = (await takeInventory(spider, c, 'disk', call))[0];
    await cloud.disks?.delete(call, cloudId(lost?.id ?? ''));
    const all = await takeInventory(spider, c, undefined, call);
    const said = all.map(({ kind, where, name, cloudName }) => `${kind} ${where} ${name || cloudName}`);
    assert.deepEqual(said, [
      'vpc mapped net',
      'security-group mapped ssh',
      'key-pair mapped key',
      'key-pair cloud theirs',
      'vm mapped web',
      'disk ours lost',
    ]);
    assert.ok(all.every(item => !item.orphan));
    await deleteId(spider, c, 'disk', 'lost', call);
    await end();
  });

  it('registers what stands there, VM and ground, and then it is used as any other', async () => {
    const { spider, cloud, end } = await withVm();
    const kept = await privateKeyOf(spider, c, 'key');
    const before = await takeInventory(spider, c, undefined, call);
    for (const kind of ['vm', 'security-group', 'key-pair', 'vpc'] as const)
      for (const item of before) if (item.kind === kind) await unregister(spider, c, kind, item.name, call);
    const free = await takeInventory(spider, c, undefined, call);
    assert.ok(
      free.every(item => item.where === 'cloud' && !item.orphan),
      'made here, and let go on purpose',
    );
    const idOf = (kind: string) => free.find(item => item.kind === kind)?.id ?? '';

    await assert.rejects(register(spider, c, { kind: 'vm', name: 'old', id: idOf('vm') }, call), {
      code: 'failed_precondition',
    });
    await register(spider, c, { kind: 'vpc', name: 'lan', id: idOf('vpc') }, call);
    await register(spider, c, { kind: 'security-group', name: 'door', id: idOf('security-group') }, call);
    await register(
      spider,
      c,
      { kind: 'key-pair', name: 'mine', id: idOf('key-pair'), privateKey: kept },
      call,
    );
    await register(spider, c, { kind: 'vm', name: 'old', id: idOf('vm') }, call);
    const vm = await getVm(spider, c, 'old', { maxAgeMs: 0 });
    assert.deepEqual(
      [vm.state, vm.vpc, vm.securityGroups, vm.keyPair, vm.ssh.user],
      ['Running', 'lan', ['door'], 'mine', 'ubuntu'],
    );
    assert.equal(await privateKeyOf(spider, c, 'mine'), kept);
    await assert.rejects(register(spider, c, { kind: 'vm', name: 'other', id: idOf('vm') }, call), {
      code: 'already_exists',
    });
    await assert.rejects(unregister(spider, c, 'vpc', 'lan', call), { code: 'failed_precondition' });
    await assert.rejects(register(spider, c, { kind: 'disk', name: 'd', id: 'mock-disk-none' }, call), {
      code: 'not_found',
    });
    await terminateVm(spider, c, 'old', call);
    await awaitOne(spider, c, 'old', 'Terminated', call.signal);
    for (const [kind, name] of [
      ['security-group', 'door'],
      ['key-pair', 'mine'],
      ['vpc', 'lan'],
    ] as const)
      await deleteId(spider, c, kind, name, call);
    assert.deepEqual(
      Object.values(cloud.count()).filter(count => count > 0),
      [],
    );
    await end();
  });

  it('deletes orphans, all that hang together and in the right order; nobody else’s; a dry run nothing', async () => {
    const { spider, store, cloud, again, end } = await withVm();
    await createDisk(spider, c, { name: 'data', sizeGb: 1 }, call);
    const { cloud: direct } = await cloudOf(spider, c, call.signal);
    await direct.keyPairs.create(
      { ...call, token: newToken('zzzzzz'), again: false },
      { name: 'of-another-installation', publicKey: (await makeSshKeyPair('x')).publicKey },
    );
    assert.deepEqual(await deleteOrphans(spider, c, { dryRun: false }, call), { items: [] });
    // The records are lost, as after a restore from an old backup.
    await spider.close();
    for (const [kind, name] of [
      ['vm', 'web'],
      ['disk', 'data'],
      ['vpc', 'net'],
      ['security-group', 'ssh'],
      ['key-pair', 'key'],
    ] as const)
      await store.txn({ then: [{ delete: idKey(c, kind, name) }] });
    const next = await again();
    const dry = await deleteOrphans(next, c, {}, call);
    assert.deepEqual(dry.items.map(({ item }) => item.kind).sort(), [
      'disk',
      'key-pair',
      'security-group',
      'vm',
      'vpc',
    ]);
    assert.ok(dry.items.every(({ outcome }) => outcome === 'would-delete'));
    assert.equal(cloud.count()['vms'], 1);
    const real = await deleteOrphans(next, c, { dryRun: false }, call);
    assert.deepEqual(
      real.items.filter(({ outcome }) => outcome !== 'deleted'),
      [],
    );
    assert.deepEqual(
      Object.entries(cloud.count()).filter(([, count]) => count > 0),
      [['keyPairs', 1]],
    );
    await end();
  });

  it('what another connection to the same account knows is no orphan; nor what was unregistered', async () => {
    const { spider, end } = await withVm();
    await createConnection(spider, { name: 'again', driver: 'memory', credential: 'mock', region: 'here' });
    const seen = await takeInventory(spider, 'again', undefined, call);
    assert.ok(seen.length > 0 && seen.every(item => item.where === 'cloud' && !item.orphan));
    assert.ok(seen.every(item => item.installation === spider.installation));
    assert.deepEqual(await deleteOrphans(spider, 'again', { dryRun: false }, call), { items: [] });
    await unregister(spider, c, 'vm', 'web', call);
    assert.deepEqual(await deleteOrphans(spider, c, {}, call), { items: [] });
    await end();
  });

  it('nothing that a group holds is unregistered', async () => {
    const { spider, end } = await withVm();
    spider.holders.push(async (_, kind, name) => (kind === 'vm' && name === 'web' ? 'MCIS "m"' : undefined));
    await assert.rejects(unregister(spider, c, 'vm', 'web', call), {
      code: 'failed_precondition',
      message: /is used by the MCIS "m"/,
    });
    await end();
  });

  it('of a lost installation is found by its letters, and only then', async () => {
    const { spider, cloud, end } = await openStage();
    const { cloud: direct } = await cloudOf(spider, c, call.signal);
    await direct.keyPairs.create(
      { ...call, token: newToken('abcdef'), again: false },
      { name: 'old', publicKey: (await makeSshKeyPair('x')).publicKey },
    );
    assert.deepEqual(await deleteOrphans(spider, c, { dryRun: false }, call), { items: [] });
    const { items } = await deleteOrphans(spider, c, { dryRun: false, installation: 'abcdef' }, call);
    assert.deepEqual(
      items.map(({ outcome, item }) => [outcome, item.installation]),
      [['deleted', 'abcdef']],
    );
    assert.equal(cloud.count()['keyPairs'], 0);
    await end();
  });

  it('what was registered is hunted no more, and what is being settled is not registered', async () => {
    const { spider, cloud, mishap, end } = await openStage({ strayMs: 60_000 });
    const stop = new AbortController();
    mishap.after = request => {
      if (request.api !== 'CreateDisk') return;
      stop.abort();
      throw cutOff();
    };
    await assert.rejects(createDisk(spider, c, { name: 'data', sizeGb: 1 }, { signal: stop.signal }));
    delete mishap.after;
    const [item] = await takeInventory(spider, c, 'disk', call);
    const id =
      (await takeInventory(spider, c, 'disk', call)).find(each => each.id !== '')?.id ?? item?.id ?? '';
    await assert.rejects(register(spider, c, { kind: 'disk', name: 'mine', id }, call), { code: 'aborted' });
    await forgetId(spider, c, 'disk', 'data', call);
    await register(spider, c, { kind: 'disk', name: 'mine', id }, call);
    await recoverClaims(spider);
    assert.equal(cloud.count()['disks'], 1);
    assert.equal((await takeInventory(spider, c, 'disk', call))[0]?.where, 'mapped');
    await end();
  });

  it('two names for one thing at once: one', async () => {
    const { spider, end } = await openStage();
    const { cloud: direct } = await cloudOf(spider, c, call.signal);
    const { id } = await direct.keyPairs.create(
      { ...call, token: newToken(), again: false },
      { name: 'theirs', publicKey: (await makeSshKeyPair('x')).publicKey },
    );
    const both = await Promise.allSettled(
      ['one', 'two'].map(name => register(spider, c, { kind: 'key-pair', name, id }, call)),
    );
    assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    await end();
  });
});
