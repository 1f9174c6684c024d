/** Integrated ids under lost answers, kills and rivals: nothing doubled, nothing orphaned. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { hasCode } from '@cloud-barista/model/errors';
import { call, cutOff, makeGround, openStage, vmInput, type Stage } from '../test/stage.ts';
import { deleteConnection } from './connections.ts';
import { idFolder, strayFolder } from './keys.ts';
import { recoverClaims } from './recover.ts';
import { undoCreate } from './undo.ts';
import { createVm, getVm, listVms, terminateVm } from './vms.ts';
import { awaitVm } from './vm-waiting.ts';
import { createVpc, deleteVpc, getVpc, listVpcs } from './vpcs.ts';

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.end();
  stage = undefined;
});
const net = (name: string) => ({ name, cidr: '10.0.0.0/16', subnets: [{ name: 'a', cidr: '10.0.0.0/24' }] });
const noCode =
  (...codes: Parameters<typeof hasCode>[1][]) =>
  (error: unknown) =>
    hasCode(error, ...codes);

test('two creators of one name: one makes it, the other is told that it exists', async () => {
  stage = await openStage();
  const { spider, cloud } = stage;
  const results = await Promise.allSettled([
    createVpc(spider, 'seoul', net('one'), call),
    createVpc(spider, 'seoul', net('one'), call),
  ]);
  assert.deepEqual(results.map(result => result.status).sort(), ['fulfilled', 'rejected']);
  const failed = results.find(result => result.status === 'rejected');
  assert.ok(hasCode(failed?.reason, 'already_exists'));
  assert.equal(cloud.count()['vpcs'], 1);
});

test('a create whose answer is lost, and found by its token, is bound', async () => {
  stage = await openStage();
  const { spider, cloud, mishap } = stage;
  let losses = 4;
  mishap.after = request => {
    if (request.api === 'CreateVpc' && losses-- > 0) throw cutOff();
  };
  const vpc = await createVpc(spider, 'seoul', net('one'), call);
  assert.equal(cloud.count()['vpcs'], 1);
  assert.equal((await getVpc(spider, 'seoul', 'one')).id, vpc.id);
});

test('a create that failed for sure leaves neither record nor thing', async () => {
  stage = await openStage();
  const { spider, cloud } = stage;
  await makeGround(spider);
  cloud.fault({ api: 'create-vm', fault: 'capacity', probability: 1 });
  await assert.rejects(createVm(spider, 'seoul', vmInput('web'), call), noCode('resource_exhausted'));
  cloud.fault(undefined);
  assert.deepEqual(spider.mirror.names(idFolder('seoul', 'vm')), []);
  assert.deepEqual(spider.mirror.names(strayFolder('seoul')), []);
  await createVm(spider, 'seoul', vmInput('web'), call);
  assert.equal(cloud.count()['vms'], 1);
});

test('a request that never left (connection refused) frees the name at once', async () => {
  stage = await openStage();
  const { spider, mishap } = stage;
  mishap.before = request => {
    if (request.api === 'CreateVpc')
      throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  };
  await assert.rejects(createVpc(spider, 'seoul', net('one'), call), noCode('unavailable'));
  assert.deepEqual(spider.mirror.names(idFolder('seoul', 'vpc')), []);
});

test('killed after the create left: the same caller goes on with the same token', async () => {
  stage = await openStage();
  const { spider, cloud, mishap } = stage;
  await makeGround(spider);
  const kill = new AbortController();
  mishap.after = request => {
    if (request.api === 'RunVm') kill.abort();
    if (request.api === 'RunVm') throw cutOff();
  };
  await assert.rejects(
    createVm(spider, 'seoul', vmInput('web'), { signal: kill.signal, owner: 'op_1' }),
    noCode('cancelled'),
  );
  delete mishap.after;
  assert.equal(cloud.count()['vms'], 1);
  const next = await stage.again();
  await assert.rejects(
    createVm(next, 'seoul', vmInput('web'), { ...call, resume: true, owner: 'op_1' }).then(() =>
      createVm(next, 'seoul', vmInput('web'), call),
    ),
    noCode('already_exists'),
  );
  // The step may run once more: it is answered with what stands.
  await createVm(next, 'seoul', vmInput('web'), { ...call, resume: true, owner: 'op_1' });
  assert.equal(cloud.count()['vms'], 1);
});

test('killed after the create left, and nobody comes back: recoverClaims leaves nothing', async () => {
  stage = await openStage();
  const { spider, cloud, mishap } = stage;
  await makeGround(spider);
  const kill = new AbortController();
  mishap.after = request => {
    if (request.api !== 'RunVm') return;
    kill.abort();
    throw cutOff();
  };
  await assert.rejects(createVm(spider, 'seoul', vmInput('web'), { signal: kill.signal }));
  delete mishap.after;
  const next = await stage.again();
  assert.deepEqual(await recoverClaims(next), { settled: 1, left: 0 });
  assert.equal(cloud.count()['vms'], 0);
  assert.deepEqual(next.mirror.names(idFolder('seoul', 'vm')), []);
});

test('killed without a word (kill -9) in the middle of creates: the next process leaves nothing', async () => {
  stage = await openStage();
  const { spider, cloud, mishap } = stage;
  await makeGround(spider);
  const reached = Promise.withResolvers<void>();
  let hung = 0;
  // The process stops dead where the answers would have come.
  mishap.after = request => {
    if (request.api !== 'RunVm') return undefined;
    if (++hung === 5) reached.resolve();
    return new Promise(() => {});
  };
  for (let index = 0; index < 5; index++)
    void createVm(spider, 'seoul', vmInput(`web-${index}`), call).catch(() => {});
  await reached.promise;
  delete mishap.after;
  assert.equal(cloud.count()['vms'], 5);
  const next = await stage.again();
  await createVm(next, 'seoul', vmInput('web-0'), { ...call, resume: true });
  assert.equal((await recoverClaims(next)).settled, 4);
  assert.equal(cloud.count()['vms'], 1);
  assert.deepEqual(next.mirror.names(idFolder('seoul', 'vm')), ['web-0']);
});

test('a claim of a living server beside this one is left alone', async () => {
  stage = await openStage({ shared: true });
  const { spider, cloud, mishap } = stage;
  const reached = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  mishap.after = request => {
    if (request.api !== 'CreateVpc') return undefined;
    reached.resolve();
    return go.promise;
  };
  const making = createVpc(spider, 'seoul', net('one'), call);
  await reached.promise;
  const other = await stage.again({ shared: true });
  assert.deepEqual(await recoverClaims(other), { settled: 0, left: 0 });
  await assert.rejects(createVpc(other, 'seoul', net('one'), call), noCode('already_exists'));
  go.resolve();
  await making;
  assert.equal(cloud.count()['vpcs'], 1);
});

test('a create that comes to light late is deleted as a stray', async () => {
  let now = Date.now();
  stage = await openStage({ now: () => now });
  const { spider, cloud, mishap } = stage;
  // The request hangs in the network: the caller gives up, the cloud performs it later.
  const arrived = Promise.withResolvers<void>();
  const kill = new AbortController();
  let late: (() => Promise<unknown>) | undefined;
  mishap.before = request => {
    if (request.api !== 'CreateVpc') return;
    if (late === undefined) {
      kill.abort();
      arrived.resolve();
      throw cutOff();
    }
  };
  await assert.rejects(createVpc(spider, 'seoul', net('one'), { signal: kill.signal }), noCode('cancelled'));
  await arrived.promise;
  const token = spider.mirror.values<{ token: never }>(idFolder('seoul', 'vpc'))[0]?.value.token;
  await undoCreate(spider, 'seoul', 'vpc', 'one');
  assert.deepEqual(spider.mirror.names(idFolder('seoul', 'vpc')), []);
  assert.deepEqual(spider.mirror.names(strayFolder('seoul')), [token]);
  await assert.rejects(deleteConnection(spider, 'seoul'), noCode('failed_precondition'));
  const { opening } = spider.clouds.get('seoul') ?? assert.fail();
  const open = await opening;
  late = () =>
    open.cloud.vpcs.create(
      { ...call, token: token ?? assert.fail(), again: false },
      { name: 'late', cidr: '10.0.0.0/16', subnets: [] },
    );
  await late();
  assert.equal(cloud.count()['vpcs'], 1);
  assert.equal((await recoverClaims(spider)).settled, 1);
  assert.equal(cloud.count()['vpcs'], 0);
  assert.deepEqual(spider.mirror.names(strayFolder('seoul')), []);
  now += 1;
  await deleteConnection(spider, 'seoul');
});

test('a stray that never comes to light is forgotten after a while', async () => {
  let now = Date.now();
  stage = await openStage({ now: () => now });
  const { spider, mishap } = stage;
  mishap.before = request => {
    if (request.api === 'CreateVpc') throw cutOff();
  };
  await assert.rejects(createVpc(spider, 'seoul', net('one'), call), noCode('unavailable'));
  assert.equal(spider.mirror.names(idFolder('seoul', 'vpc')).length, 1);
  assert.deepEqual(await recoverClaims(spider), { settled: 1, left: 1 });
  now += 121_000;
  assert.deepEqual(await recoverClaims(spider), { settled: 1, left: 0 });
  assert.deepEqual(await recoverClaims(spider), { settled: 0, left: 0 });
});

test('undo leaves alone what another owner made under the name', async () => {
  stage = await openStage();
  const { spider, cloud } = stage;
  await createVpc(spider, 'seoul', net('one'), { ...call, owner: 'op_1' });
  await assert.rejects(
    createVpc(spider, 'seoul', net('one'), { ...call, owner: 'op_2', resume: true }),
    noCode('already_exists'),
  );
  await undoCreate(spider, 'seoul', 'vpc', 'one', { ...call, owner: 'op_2' });
  assert.equal(cloud.count()['vpcs'], 1);
  await undoCreate(spider, 'seoul', 'vpc', 'one', { ...call, owner: 'op_1' });
  await undoCreate(spider, 'seoul', 'vpc', 'one', { ...call, owner: 'op_1' });
  assert.equal(cloud.count()['vpcs'], 0);
  assert.deepEqual((await listVpcs(spider, 'seoul')).items, []);
});

test('a delete that died is finished; one that the cloud refuses leaves the thing as it was', async () => {
  stage = await openStage();
  const { spider, cloud, mishap } = stage;
  await makeGround(spider);
  await assert.rejects(deleteVpc(spider, 'seoul', 'net', call), noCode('failed_precondition'));
  assert.equal((await getVpc(spider, 'seoul', 'net')).name, 'net');
  await createVpc(spider, 'seoul', net('two'), call);
  mishap.after = request => {
    if (request.api === 'DeleteVpc') throw cutOff();
  };
  await assert.rejects(deleteVpc(spider, 'seoul', 'two', call), noCode('unavailable'));
  delete mishap.after;
  await recoverClaims(spider);
  await assert.rejects(getVpc(spider, 'seoul', 'two'), noCode('not_found'));
  await deleteVpc(spider, 'seoul', 'two', { ...call, resume: true });
  assert.equal(cloud.count()['vpcs'], 1);
});

test('terminate keeps the record until the cloud has ended the VM; then record and host key are gone', async () => {
  stage = await openStage();
  const { spider, cloud } = stage;
  await makeGround(spider);
  await createVm(spider, 'seoul', vmInput('web'), call);
  await terminateVm(spider, 'seoul', 'web', call);
  assert.equal((await getVm(spider, 'seoul', 'web', { maxAgeMs: Infinity })).state, 'Terminating');
  const ended = await awaitVm(spider, 'seoul', ['web'], 'Terminated', call);
  assert.deepEqual(
    [...ended].map(([name, vm]) => [name, 'state' in vm && vm.state]),
    [['web', 'Terminated']],
  );
  assert.deepEqual((await listVms(spider, 'seoul')).items, []);
  assert.equal(cloud.count()['vms'], 0);
  await terminateVm(spider, 'seoul', 'web', { ...call, resume: true });
  await assert.rejects(terminateVm(spider, 'seoul', 'web', call), noCode('not_found'));
});

test('killed at every request of a create: undone by the next process, nothing is left', async () => {
  for (let kills = 1; kills <= 3; kills++)
    for (const when of ['before', 'after'] as const) {
      const own = await openStage();
      try {
        await makeGround(own.spider);
        const kill = new AbortController();
        let count = 0;
        own.mishap[when] = () => {
          if (++count !== kills) return;
          kill.abort();
          throw cutOff();
        };
        await createVm(own.spider, 'seoul', vmInput('web'), { signal: kill.signal, owner: 'op_1' }).catch(
          () => {},
        );
        delete own.mishap[when];
        const next = await own.again();
        await undoCreate(next, 'seoul', 'vm', 'web', { ...call, owner: 'op_1' });
        assert.equal(own.cloud.count()['vms'], 0, `killed ${when} request ${kills}`);
        assert.deepEqual(next.mirror.names(idFolder('seoul', 'vm')), []);
      } finally {
        await own.end();
      }
    }
});
