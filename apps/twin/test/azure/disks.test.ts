/** Managed disks and snapshots: what is sold, how they grow, where they attach. Written from the references, with plain fetch. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { compute, location, makeStage, openTestCloud, vmBody, type TestCloud } from './serve.ts';

describe('managed disks', () => {
  let t: TestCloud;
  let stage: Awaited<ReturnType<typeof makeStage>>;
  beforeEach(async () => {
    t = await openTestCloud({ quotas: { PremiumDiskCount: 4 } });
    stage = await makeStage(t);
  });
  afterEach(() => t.close());

  const vm = `${compute}/virtualMachines/box`;
  const body = (diskSizeGB: number | undefined, name = 'Standard_LRS', more: object = {}) => ({
    location,
    sku: { name },
    properties: { creationData: { createOption: 'Empty' }, diskSizeGB },
    ...more,
  });
  const make = (name: string, ...rest: Parameters<typeof body>) =>
    t.order(202, `PUT ${compute}/disks/${name}`, body(...rest));
  const refuse = async (...rest: Parameters<typeof body>) => {
    const answer = await t.call(`PUT ${compute}/disks/bad`, body(...rest));
    return `${answer.status} ${answer.body.error.code}`;
  };
  const patchDisk = (id: string, properties: object, more: object = {}) =>
    t.call(`PATCH ${id}`, { properties, ...more });
  const dataDisks = (list: unknown) =>
    t.call(`PATCH ${vm}`, { properties: { storageProfile: { dataDisks: list } } });
  const attach = (lun: number, id: string, more: object = {}) => ({
    lun,
    createOption: 'Attach',
    managedDisk: { id },
    ...more,
  });
  const code = async (answer: ReturnType<typeof t.call>) => {
    const { status, body: told } = await answer;
    return `${status} ${told.error.code}`;
  };

  it('have limits by kind, zones by kind, and a quota', async () => {
    assert.equal(await refuse(undefined), '400 InvalidParameter');
    assert.equal(await refuse(0), '400 InvalidParameter');
    assert.equal(await refuse(32_768), '400 InvalidParameter');
    assert.equal(await refuse(40_000, 'UltraSSD_LRS'), '400 BadRequest');
    assert.equal(await refuse(8, 'Fast_LRS'), '400 InvalidRequestContent');
    assert.equal(await refuse(8, 'Premium_ZRS', { zones: ['1'] }), '400 BadRequest');
    assert.equal(await refuse(8, 'Premium_LRS', { zones: ['1', '2'] }), '400 InvalidParameter');
    assert.equal(await refuse(8, 'Premium_LRS', { zones: ['9'] }), '400 InvalidAvailabilityZone');
    await make('ultra', 40_000, 'UltraSSD_LRS', { zones: ['2'] });
    const premium = await make('p', 1000, 'Premium_LRS');
    assert.equal(premium.properties.tier, 'P30');
    assert.equal(Number(premium.properties.diskIOPSReadWrite), 5000);
    for (const name of ['p2', 'p3', 'p4']) await make(name, 1, 'Premium_LRS');
    assert.equal(await refuse(1, 'Premium_LRS'), '409 OperationNotAllowed');
    await t.order(202, `DELETE ${compute}/disks/p4`);
    await make('p5', 1, 'Premium_LRS');
    const usages = await t.want(200, `GET /providers/Microsoft.Compute/locations/${location}/usages`);
    const used = usages.value.find(each => each.name.value === 'PremiumDiskCount');
    assert.deepEqual([Number(used?.currentValue), Number(used?.limit)], [4, 4]);
  });

  it('grow, and do not shrink; what runs on them has a say', async () => {
    await t.order(201, `PUT ${vm}`, vmBody(stage));
    const made = await t.want(200, `GET ${vm}`);
    const os = made.properties.storageProfile.osDisk.managedDisk.id;
    const { id } = await make('data', 8);
    await t.order(200, `PATCH ${vm}`, { properties: { storageProfile: { dataDisks: [attach(0, id)] } } });
    await t.order(202, `PATCH ${id}`, { properties: { diskSizeGB: 16 } });
    assert.equal(Number((await t.want(200, `GET ${id}`)).properties.diskSizeGB), 16);
    assert.equal(await code(patchDisk(id, { diskSizeGB: 8 })), '409 OperationNotAllowed');
    assert.equal(await code(patchDisk(id, { diskSizeGB: 99_999 })), '400 InvalidParameter');
    assert.equal(
      await code(patchDisk(id, {}, { sku: { name: 'StandardSSD_LRS' } })),
      '409 OperationNotAllowed',
    );
    assert.equal(await code(patchDisk(os, { diskSizeGB: 64 })), '409 OperationNotAllowed');
    const osDisk = (diskSizeGB: number) =>
      t.call(`PATCH ${vm}`, { properties: { storageProfile: { osDisk: { diskSizeGB } } } });
    assert.equal(await code(osDisk(64)), '409 OperationNotAllowed');
    const grown = { storageProfile: { dataDisks: [attach(0, id, { diskSizeGB: 20 })] } };
    await t.order(200, `PATCH ${vm}`, { properties: grown });
    assert.equal(Number((await t.want(200, `GET ${id}`)).properties.diskSizeGB), 20);
    assert.equal(await code(dataDisks([attach(0, id, { diskSizeGB: 19 })])), '409 OperationNotAllowed');
    await t.order(202, `POST ${vm}/deallocate`);
    assert.equal((await t.want(200, `GET ${id}`)).properties.diskState, 'Reserved');
    await t.order(202, `PATCH ${os}`, { properties: { diskSizeGB: 64 } });
    await t.order(202, `PATCH ${id}`, { sku: { name: 'StandardSSD_LRS' }, tags: { a: 'b' } });
    const changed = await t.want(200, `GET ${id}`);
    assert.equal(changed.sku.name, 'StandardSSD_LRS');
    assert.equal((changed.tags as unknown as { a: string }).a, 'b');
  });

  it('attach where lun, zone, number and state let them, by PUT, PATCH and by the order of their own', async () => {
    const { id: one } = await make('one', 8);
    const { id: two } = await make('two', 8);
    const { id: zonal } = await make('zonal', 8, 'Standard_LRS', { zones: ['1'] });
    await t.order(201, `PUT ${vm}`, vmBody(stage));
    assert.equal(await code(dataDisks([attach(64, one)])), '400 InvalidParameter');
    assert.equal(await code(dataDisks([attach(1, one), attach(1, two)])), '400 InvalidParameter');
    assert.equal(await code(dataDisks([attach(1, one), attach(2, one)])), '409 ConflictingUserInput');
    assert.equal(await code(dataDisks([attach(1, zonal)])), '400 BadRequest');
    assert.equal(await code(dataDisks([attach(1, `${one}x`)])), '404 NotFound');
    assert.equal(
      await code(dataDisks([0, 1, 2].map(lun => ({ lun, createOption: 'Empty', diskSizeGB: 4 })))),
      '409 OperationNotAllowed',
    );
    assert.deepEqual(t.counts()['disks'], 4);
    await t.order(200, `PATCH ${vm}`, {
      properties: { storageProfile: { dataDisks: [attach(1, one), attach(2, two)] } },
    });
    const third = { lun: 3, createOption: 'Empty', diskSizeGB: 4 };
    assert.equal(await code(dataDisks([attach(1, one), attach(2, two), third])), '409 OperationNotAllowed');
    // Left out, or marked: it is detached.
    const shown = (await t.want(200, `GET ${vm}`)).properties.storageProfile.dataDisks;
    assert.deepEqual(
      shown.map(each => Number(each.lun)),
      [1, 2],
    );
    await t.order(200, `PATCH ${vm}`, {
      properties: {
        storageProfile: {
          dataDisks: [attach(1, one), attach(2, two, { toBeDetached: true, detachOption: 'ForceDetach' })],
        },
      },
    });
    assert.equal((await t.want(200, `GET ${two}`)).properties.diskState, 'Unattached');
    const held = await t.want(200, `GET ${one}`);
    assert.deepEqual(
      [held.properties.diskState, held.managedBy],
      ['Attached', (await t.want(200, `GET ${vm}`)).id],
    );
    assert.equal(await t.fails(409, `DELETE ${one}`), 'OperationNotAllowed');
    const own = `POST ${vm}/attachDetachDataDisks?api-version=2024-07-01`;
    assert.equal(await t.fails(400, own, { dataDisksToDetach: [{ diskId: two }] }), 'InvalidParameter');
    await t.order(202, own, { dataDisksToAttach: [{ diskId: two }], dataDisksToDetach: [{ diskId: one }] });
    assert.equal((await t.want(200, `GET ${two}`)).properties.diskState, 'Attached');
    assert.equal((await t.want(200, `GET ${one}`)).properties.diskState, 'Unattached');
    // The same body twice makes the disk once.
    const put = vmBody(stage);
    const empty = { lun: 5, name: 'empty', createOption: 'Empty', diskSizeGB: 4, deleteOption: 'Delete' };
    const whole = {
      ...put,
      properties: {
        ...put.properties,
        storageProfile: { ...put.properties.storageProfile, dataDisks: [empty] },
      },
    };
    await t.order(200, `PUT ${vm}`, whole);
    await t.order(200, `PUT ${vm}`, whole);
    assert.equal(t.counts()['disks'], 5);
    await t.order(202, `DELETE ${vm}`);
    assert.equal(t.counts()['disks'], 3, 'the OS disk and the empty one went with the VM');
  });

  it('snapshots copy a disk, and disks are made of them', async () => {
    const { id } = await make('data', 8);
    const at = `${compute}/snapshots/snap`;
    const creationData = { createOption: 'Copy', sourceResourceId: id };
    assert.equal(await t.fails(400, `PUT ${at}`, { location, properties: {} }), 'InvalidParameter');
    assert.equal(
      await t.fails(404, `PUT ${at}`, {
        location,
        properties: { creationData: { ...creationData, sourceResourceId: `${id}x` } },
      }),
      'NotFound',
    );
    const snapshot = await t.order(202, `PUT ${at}`, {
      location,
      properties: { creationData, incremental: true },
    });
    await t.order(202, `DELETE ${id}`);
    assert.equal((await t.want(200, `GET ${compute}/snapshots`)).value.length, 1);
    assert.equal((await t.want(200, 'GET /providers/Microsoft.Compute/snapshots')).value.length, 1);
    const copy = { createOption: 'Copy', sourceResourceId: snapshot.id };
    assert.equal(
      await t.fails(400, `PUT ${compute}/disks/small`, {
        location,
        properties: { creationData: copy, diskSizeGB: 4 },
      }),
      'InvalidParameter',
    );
    const made = await t.order(202, `PUT ${compute}/disks/again`, {
      location,
      properties: { creationData: copy },
    });
    assert.deepEqual(
      [Number(made.properties.diskSizeGB), made.properties.creationData.sourceResourceId],
      [8, snapshot.id],
    );
    await t.order(202, `DELETE ${at}`);
    await t.want(204, `DELETE ${at}`);
  });

  it('an order on a disk that another is under way on is refused', async () => {
    t.cloud.delays.create = 3_600_000;
    const answer = await t.call(`PUT ${compute}/disks/slow`, body(8));
    assert.equal(answer.body.properties.provisioningState, 'Updating');
    assert.ok(Number(answer.headers.get('retry-after')) > 0);
    assert.equal((await t.send('GET', answer.headers.get('location') ?? '')).status, 202);
    assert.equal(await code(t.call(`DELETE ${compute}/disks/slow`)), '409 Conflict');
    assert.equal(
      await code(patchDisk(`${t.subscription}${compute}/disks/slow`, { diskSizeGB: 9 })),
      '409 Conflict',
    );
  });
});
