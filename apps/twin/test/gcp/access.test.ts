/** Addresses that are reserved, and the instances that have them. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openTestCloud, type TestCloud } from './server.ts';

const vm = 'zones/us-central1-a/instances/vm';
const nic = 'networkInterface=nic0';

describe('reserved addresses', () => {
  let t: TestCloud;
  before(async () => {
    t = await openTestCloud();
    await t.login();
    await t.done('POST zones/us-central1-a/instances', t.vm('vm'));
  });
  after(() => t.close());
  const get = (name: string) => t.want(200, `GET regions/us-central1/addresses/${name}`);
  const natIp = async () =>
    (await t.want(200, `GET ${vm}`)).networkInterfaces[0]?.accessConfigs?.[0]?.natIP as string | undefined;

  it('are had, listed and given back', async () => {
    const labels = { of: 'me' };
    await t.done('POST regions/us-central1/addresses', { name: 'one', description: 'mine', labels });
    await t.done('POST regions/asia-northeast3/addresses', { name: 'one' });
    const one = await get('one');
    assert.equal(one.status, 'RESERVED');
    assert.equal(one.addressType, 'EXTERNAL');
    assert.match(one.address, /^127\./);
    assert.equal(one.users, undefined);
    assert.equal(one.labels['of' as 'name'], 'me');
    assert.match(one.region, /regions\/us-central1$/);
    await t.refused(409, 'alreadyExists', 'POST regions/us-central1/addresses', { name: 'one' });
    await t.refused(400, 'badRequest', 'POST regions/us-central1/addresses', { name: 'x', ip: 1 });
    await t.refused(404, 'notFound', 'DELETE regions/us-central1/addresses/none');
    await t.refused(404, 'notFound', 'GET regions/us-central1/addresses/none');
    assert.equal((await t.want(200, 'GET regions/us-central1/addresses')).items.length, 1);
    const { items } = await t.want(200, 'GET aggregated/addresses');
    assert.ok(
      (items['regions/asia-northeast3'] as unknown as { addresses: unknown[] }).addresses.length === 1,
    );
    assert.equal(items['regions/us-east1']?.warning.code, 'NO_RESULTS_ON_PAGE');
    await t.done('DELETE regions/asia-northeast3/addresses/one');
    const slow = await openTestCloud({ delays: { create: 100_000 }, quotas: { STATIC_ADDRESSES: 1 } });
    await slow.login();
    await slow.want(200, 'POST regions/us-central1/addresses', { name: 'a' });
    assert.equal((await slow.want(200, 'GET regions/us-central1/addresses/a')).status, 'RESERVING');
    await slow.refused(403, 'quotaExceeded', 'POST regions/us-central1/addresses', { name: 'b' });
    await slow.close();
  });

  it('take the place of an ephemeral one, and leave it', async () => {
    const { address } = await get('one');
    const add = `POST ${vm}/addAccessConfig?${nic}`;
    const body = { name: 'nat', type: 'ONE_TO_ONE_NAT', natIP: address };
    assert.match(await t.refused(400, 'invalid', add, body), /At most one access config/);
    const before = await natIp();
    const remove = `POST ${vm}/deleteAccessConfig?${nic}`;
    await t.refused(400, 'required', remove);
    await t.refused(400, 'invalid', `${remove}&accessConfig=none`);
    await t.refused(400, 'invalid', `POST ${vm}/deleteAccessConfig?networkInterface=nic7&accessConfig=x`);
    await t.done(`${remove}&accessConfig=External%20NAT`);
    assert.equal(await natIp(), undefined);
    assert.match(await t.refused(400, 'invalid', add, { ...body, natIP: '127.1.2.3' }), /was not found/);
    await t.refused(400, 'badRequest', add, { ...body, ip: address });
    await t.done(add, body);
    assert.equal(await natIp(), address);
    assert.notEqual(address, before);
    const used = await get('one');
    assert.equal(used.status, 'IN_USE');
    assert.deepEqual(used.users, [(await t.want(200, `GET ${vm}`)).selfLink]);
    assert.match(
      await t.refused(400, 'resourceInUseByAnotherResource', 'DELETE regions/us-central1/addresses/one'),
      /already being used by 'projects\/.*\/instances\/vm'/,
    );
    const other = t.vm('other', { networkInterfaces: [{ accessConfigs: [{ natIP: address }] }] });
    assert.match(
      await t.refused(400, 'invalid', 'POST zones/us-central1-a/instances', other),
      /already in-use/,
    );
    const update = `POST ${vm}/updateAccessConfig?${nic}`;
    await t.done(update, { name: 'nat', natIP: address });
    assert.match(await t.refused(400, 'invalid', update, { name: 'nat', natIP: '' }), /cannot be changed/);
    assert.match(await t.refused(400, 'invalid', update, { name: 'none' }), /No access config/);
    await t.done(`${remove}&accessConfig=nat`);
    assert.equal((await get('one')).status, 'RESERVED');
    await t.done(add, { type: 'ONE_TO_ONE_NAT' });
    assert.notEqual(await natIp(), address);
    await t.done('DELETE regions/us-central1/addresses/one');
    await t.done(`DELETE ${vm}`);
    assert.equal(t.world.addresses.taken, 0);
  });
});
