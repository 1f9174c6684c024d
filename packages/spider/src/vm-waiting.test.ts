/** Waiting in bulk: one poller a connection, writes only where something changed, each VM's fate its own. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { BaristaError } from '@cloud-barista/model/errors';
import type { Vm } from '@cloud-barista/model/vm';
import { call, cutOff, makeGround, openStage, vmInput, type Stage } from '../test/stage.ts';
import { openSagas } from '@cloud-barista/store/sagas';
import { spiderHandlers } from './handlers.ts';
import { getHostKey, pinHostKey } from './host-keys.ts';
import { spiderSagas } from './vm-sagas.ts';
import { createVm, getVm, listVms, rebootVm, resumeVm, suspendVm, terminateVm } from './vms.ts';
import { awaitVm } from './vm-waiting.ts';

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.end();
  stage = undefined;
});
const states = (result: Map<string, Vm | BaristaError>) =>
  [...result.values()].map(one => (one instanceof BaristaError ? one.code : one.state));

test('1,000 VMs: created, awaited with few questions, suspended, resumed, rebooted, terminated', async () => {
  stage = await openStage();
  const { spider, cloud, sent } = stage;
  await makeGround(spider);
  const names = Array.from({ length: 1000 }, (_, index) => `vm-${index}`);
  await Promise.all(names.map(name => createVm(spider, 'seoul', vmInput(name), call)));
  const running = await awaitVm(spider, 'seoul', names, 'Running', call);
  assert.deepEqual(new Set(states(running)), new Set(['Running']));
  assert.ok(
    [...running.values()].every(
      vm => 'publicIp' in vm && vm.publicIp !== '' && vm.ssh.user === 'ubuntu' && vm.ssh.port === 22,
    ),
  );
  const asked = [...sent]
    .filter(([api]) => /get|describe|list/i.test(api) && /vms?$/i.test(api))
    .reduce((sum, [, count]) => sum + count, 0);
  assert.ok(asked <= 10, `${asked} questions`);
  const before = spider.now();
  const turn = async (act: typeof suspendVm, target: 'Suspended' | 'Running') => {
    await Promise.all(names.map(name => act(spider, 'seoul', name, call)));
    assert.deepEqual(new Set(states(await awaitVm(spider, 'seoul', names, target, call))), new Set([target]));
  };
  await turn(suspendVm, 'Suspended');
  await turn(resumeVm, 'Running');
  await turn(rebootVm, 'Running');
  assert.ok(spider.now() >= before);
  assert.equal((await listVms(spider, 'seoul', { limit: 1000 })).items.length, 1000);
  await Promise.all(names.map(name => terminateVm(spider, 'seoul', name, call)));
  assert.deepEqual(
    new Set(states(await awaitVm(spider, 'seoul', names, 'Terminated', call))),
    new Set(['Terminated']),
  );
  assert.equal(cloud.count()['vms'], 0);
  assert.equal(spider.mirror.folders('/spider/ids/seoul/vm/').length, 0);
});

test('what the state forbids is refused; what is there already is left alone', async () => {
  stage = await openStage();
  const { spider, sent } = stage;
  await makeGround(spider);
  await createVm(spider, 'seoul', vmInput('web'), call);
  await awaitVm(spider, 'seoul', ['web'], 'Running', call);
  const before = new Map(sent);
  assert.equal((await resumeVm(spider, 'seoul', 'web', call)).state, 'Running');
  assert.equal(sent.get('ResumeVm') ?? 0, before.get('ResumeVm') ?? 0);
  await suspendVm(spider, 'seoul', 'web', call);
  await awaitVm(spider, 'seoul', ['web'], 'Suspended', call);
  await assert.rejects(rebootVm(spider, 'seoul', 'web', call), { code: 'failed_precondition' });
});

test('a VM that another hand ended is told as such, and does not hold up the others', async () => {
  stage = await openStage({ region: { createMs: '20' } });
  const { spider } = stage;
  await makeGround(spider);
  const made = await Promise.all(['a', 'b'].map(name => createVm(spider, 'seoul', vmInput(name), call)));
  const { opening } = spider.clouds.get('seoul') ?? assert.fail();
  await (await opening).cloud.vms.terminate(call, made[0]?.id as never);
  const result = await awaitVm(spider, 'seoul', ['a', 'b', 'c'], 'Running', call);
  assert.equal((result.get('b') as Vm).state, 'Running');
  assert.equal((result.get('a') as BaristaError).code, 'aborted');
  assert.equal((result.get('c') as BaristaError).code, 'not_found');
});

test('waiting ends when the caller goes, with its reason', async () => {
  stage = await openStage({ region: { createMs: '60000' } });
  const { spider } = stage;
  await makeGround(spider);
  await createVm(spider, 'seoul', vmInput('web'), call);
  const caller = new AbortController();
  const waiting = awaitVm(spider, 'seoul', ['web'], 'Running', { signal: caller.signal });
  caller.abort(new DOMException('late', 'TimeoutError'));
  await assert.rejects(waiting, { code: 'deadline_exceeded' });
});

test('fresh enough is answered from memory, older is asked for once by all', async () => {
  let now = Date.now();
  stage = await openStage({ now: () => now });
  const { spider, sent } = stage;
  await makeGround(spider);
  await createVm(spider, 'seoul', vmInput('web'), call);
  const questions = () =>
    [...sent]
      .filter(([api]) => /vms?$/i.test(api) && api !== 'RunVm')
      .reduce((sum, [, count]) => sum + count, 0);
  await Promise.all(Array.from({ length: 100 }, () => getVm(spider, 'seoul', 'web')));
  const first = questions();
  assert.equal(first, 1);
  await getVm(spider, 'seoul', 'web');
  assert.equal(questions(), first);
  now += 5001;
  assert.equal((await getVm(spider, 'seoul', 'web')).state, 'Running');
  assert.equal(questions(), first + 1);
});

test('sshVia: one host stands for all, its port by the address', async () => {
  stage = await openStage({ region: { sshVia: '127.0.0.1:20000' } });
  const { spider } = stage;
  await makeGround(spider);
  await createVm(spider, 'seoul', vmInput('web'), call);
  const vm = (await awaitVm(spider, 'seoul', ['web'], 'Running', call)).get('web') as Vm;
  const [, , high = 0, low = 0] = vm.publicIp.split('.').map(Number);
  assert.deepEqual(vm.ssh, {
    user: 'ubuntu',
    host: '127.0.0.1',
    port: 20000 + ((high * 256 + low) & 0x7fff),
  });
});

test('as sagas: made, listed, ended, undone when it fails; the host key goes with the VM', async () => {
  stage = await openStage();
  const { spider, cloud, store } = stage;
  await makeGround(spider);
  const sagas = await openSagas({ store, sagas: spiderSagas(spider) });
  try {
    const handlers = spiderHandlers(spider, sagas);
    const end = async (operation: { id: string }) => sagas.wait(operation.id, AbortSignal.timeout(10_000));
    const made = await end(await handlers['vm.create']({ connection: 'seoul', body: vmInput('web') }, call));
    assert.equal(made.state, 'succeeded', JSON.stringify(made.error));
    assert.equal((made.result as Vm).state, 'Running');
    await assert.rejects(handlers['vm.create']({ connection: 'seoul', body: vmInput('web') }, call), {
      code: 'already_exists',
    });
    // Past the handler's look: the saga's own step fails, and its undo must not touch the VM that stands.
    const rival = await end(
      await handlers['vm.create'](
        { connection: 'seoul', body: vmInput('web') },
        { ...call, idempotencyKey: 'k' },
      ),
    );
    assert.equal(rival.error?.code, 'already_exists');
    assert.equal(cloud.count()['vms'], 1);
    const pin = await pinHostKey(spider, 'seoul', 'web', 'ssh-ed25519 AAAA');
    assert.deepEqual(await pinHostKey(spider, 'seoul', 'web', 'ssh-ed25519 BBBB'), pin);
    cloud.fault({ api: 'create-vm', fault: 'quota', probability: 1 });
    const failed = await end(
      await handlers['vm.create']({ connection: 'seoul', body: vmInput('two') }, call),
    );
    assert.equal(failed.error?.code, 'resource_exhausted');
    cloud.fault(undefined);
    const gone = await end(await handlers['vm.terminate']({ connection: 'seoul', vm: 'web' }, call));
    assert.equal(gone.state, 'succeeded', JSON.stringify(gone.error));
    assert.equal(await getHostKey(spider, 'seoul', 'web'), undefined);
    assert.equal(cloud.count()['vms'], 0);
  } finally {
    await sagas.close();
  }
});

test('what a driver completes (a floating IP) is completed once a VM, and only then is it Running', async () => {
  const completed: string[] = [];
  let failures = 2;
  stage = await openStage({
    wrap: driver => ({
      ...driver,
      open: async (config, road) => {
        const cloud = await driver.open(config, road);
        const addressed = new Set<string>();
        const bare = <V extends { id: string; publicIp: string }>(vm: V): V =>
          addressed.has(vm.id) ? vm : { ...vm, publicIp: '' };
        return {
          ...cloud,
          vms: {
            ...cloud.vms,
            create: async (...args) => bare(await cloud.vms.create(...args)),
            getMany: async (...args) => (await cloud.vms.getMany(...args)).map(bare),
            async complete(own, id) {
              if (failures-- > 0) throw cutOff();
              completed.push(id);
              addressed.add(id);
              return cloud.vms.get(own, id);
            },
          },
        };
      },
    }),
  });
  const { spider } = stage;
  await makeGround(spider);
  const names = Array.from({ length: 40 }, (_, index) => `vm-${index}`);
  await Promise.all(names.map(name => createVm(spider, 'seoul', vmInput(name), call)));
  const [all, one] = await Promise.all([
    awaitVm(spider, 'seoul', names, 'Running', call),
    awaitVm(spider, 'seoul', ['vm-3'], 'Running', call),
  ]);
  assert.ok([...all.values(), ...one.values()].every(vm => 'publicIp' in vm && vm.publicIp !== ''));
  assert.equal(completed.length, 40);
  assert.equal(new Set(completed).size, 40);
});

test('a cloud that refuses to be asked is told to all who wait', async () => {
  stage = await openStage({ region: { createMs: '60000' } });
  const { spider, mishap } = stage;
  await makeGround(spider);
  await createVm(spider, 'seoul', vmInput('web'), call);
  mishap.before = () => {
    throw new BaristaError('unauthenticated', 'The key was revoked.');
  };
  const result = await awaitVm(spider, 'seoul', ['web'], 'Running', call);
  assert.equal((result.get('web') as BaristaError).code, 'unauthenticated');
});
