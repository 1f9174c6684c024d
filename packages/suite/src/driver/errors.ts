/** Errors and aborts: every error is of the table, a fired signal ends a call soon. */
import assert from 'node:assert/strict';
import { isErrorCode } from '@cloud-barista/model/errors';
import { cloudId } from '@cloud-barista/model/ids';
import type { It, Stage } from './stage.ts';

const vpc = (stage: Stage) => ({
  name: stage.name('abort'),
  cidr: '10.43.0.0/16',
  subnets: [{ name: stage.name('net'), cidr: '10.43.1.0/24', zone: '' }],
});

export function errorCases(it: It): void {
  it("classifies the vendor's errors alone", async ({ driver }) => {
    for (const foreign of [
      new Error('no vendor'),
      new TypeError('a mistake'),
      undefined,
      null,
      'text',
      42,
      {},
    ])
      assert.equal(
        driver.classify(foreign),
        undefined,
        `${JSON.stringify(foreign) ?? 'undefined'} is not the vendor's`,
      );
  });

  it('a call whose signal has fired is cancelled and makes nothing', async stage => {
    await stage.rig.ground();
    const before = await stage.count();
    const { cloud } = stage;
    const call = { signal: AbortSignal.abort() };
    await stage.rejects(cloud.check(call), 'cancelled');
    await stage.rejects(cloud.images.list({ ...call, limit: 10 }), 'cancelled');
    await stage.rejects(cloud.vms.list({ ...call, limit: 10 }), 'cancelled');
    const create = stage.create('vpc');
    await stage.rejects(cloud.vpcs.create({ ...create, ...call }, vpc(stage)), 'cancelled');
    const order = stage.create('vm');
    await stage.rejects(stage.rig.order({}, { ...order, ...call }), 'cancelled');
    assert.deepEqual(await cloud.findMarked(stage.call(), 'vpc', create.token), []);
    assert.deepEqual(await cloud.findMarked(stage.call(), 'vm', order.token), []);
    await stage.holds(before, 'nothing made by cancelled calls');
  });

  it('a signal that fires between two requests stops the call there', async stage => {
    const abort = new AbortController();
    const { cloud, road } = await stage.open({ after: () => abort.abort() });
    const call = { ...stage.create('vpc'), signal: abort.signal };
    // A cloud where one request makes it all is faster than the signal: then it may answer.
    await cloud.vpcs
      .create(call, vpc(stage))
      .catch((error: unknown) => stage.rejects(Promise.reject(error), 'cancelled'));
    assert.equal(road.sent.length, 1, 'no request leaves after the signal');
    for (const id of await stage.cloud.findMarked(stage.call(), 'vpc', call.token))
      await stage.remove('vpc', cloudId(id));
  });

  it('reads and deletes say that they may be repeated', async stage => {
    const vm = await stage.rig.standing();
    const { cloud, road } = await stage.open();
    await cloud.vms.get(stage.call(), vm.id);
    await cloud.vms.getMany(stage.call(), [vm.id]);
    await cloud.vms.list({ ...stage.call(), limit: 10 });
    await cloud.vpcs.list({ ...stage.call(), limit: 10 });
    await cloud.securityGroups.list({ ...stage.call(), limit: 10 });
    await cloud.keyPairs.list({ ...stage.call(), limit: 10 });
    for (const { request } of road.sent)
      assert.ok(request.idempotent || request.resource === 'auth', request.api);
  });

  it('every error of this run was classified', async stage => {
    const strange = stage.roads
      .flatMap(road => road.sent)
      .filter(({ outcome, meddled }) => !meddled && (outcome === 'internal' || outcome === 'unknown'))
      .map(({ request, outcome, cause }) => `${request.api}: ${outcome} ${cause}`);
    assert.deepEqual([...new Set(strange)], []);
    for (const { outcome } of stage.roads.flatMap(road => road.sent))
      assert.ok(outcome === 'ok' || outcome === 'waiting' || isErrorCode(outcome));
  });
}
