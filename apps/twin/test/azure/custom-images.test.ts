/** Images of a user's own – managed, through a snapshot, from a gallery – and the files that go along. Written from the references, with plain fetch. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { compute, location, makeStage, openTestCloud, vmBody, type TestCloud } from './serve.ts';

describe('custom images', () => {
  let t: TestCloud;
  let stage: Awaited<ReturnType<typeof makeStage>>;
  /** What the world asks of that which VMs run on. */
  let told: string[];
  beforeEach(async () => {
    t = await openTestCloud();
    told = [];
    const note = (text: string) => {
      told.push(text);
      return Promise.resolve();
    };
    t.world.setHypervisor({
      boot: () => Promise.resolve(),
      halt: () => Promise.resolve(),
      remove: () => Promise.resolve(),
      capture: (id, disk) => note(`capture ${id} ${disk}`),
      discard: disk => note(`discard ${disk}`),
    });
    stage = await makeStage(t);
    await t.order(201, `PUT ${vm}`, vmBody(stage));
  });
  afterEach(() => t.close());

  const vm = `${compute}/virtualMachines/source`;
  const machineOf = async (name: string) => {
    const { properties } = await t.want(200, `GET ${compute}/virtualMachines/${name}`);
    const machine = t.world.machines.byKey(`${t.cloud.name}/${properties.vmId}`);
    assert.ok(machine);
    return machine;
  };
  const idOf = (path: string) => `${t.subscription}${compute}/${path}`;
  const keys = (deed: 'capture' | 'discard') =>
    told.filter(each => each.startsWith(deed)).map(each => each.split(' ').at(-1) ?? '');
  /** A VM's body of that image; a system that was provisioned already takes no OS profile. */
  const bodyOf = (imageReference: object, specialized = false) => {
    const body = vmBody(stage);
    const { osProfile, ...properties } = body.properties;
    return {
      ...body,
      properties: {
        ...properties,
        ...(!specialized && { osProfile }),
        storageProfile: { ...properties.storageProfile, imageReference },
      },
    };
  };
  const image = `${compute}/images/mine`;
  const ofVm = { location, properties: { sourceVirtualMachine: { id: '' } } };
  const capture = async () => {
    await t.order(202, `POST ${vm}/deallocate`);
    await t.want(200, `POST ${vm}/generalize`);
    ofVm.properties.sourceVirtualMachine.id = idOf('virtualMachines/source');
    return t.order(201, `PUT ${image}`, ofVm);
  };

  it('are made of a generalized VM, carry its files, and boot', async () => {
    ofVm.properties.sourceVirtualMachine.id = idOf('virtualMachines/source');
    assert.equal(await t.fails(409, `PUT ${image}`, ofVm), 'OperationNotAllowed');
    assert.equal(await t.fails(409, `POST ${vm}/generalize`), 'OperationNotAllowed');
    assert.deepEqual(told, []);
    const made = await capture();
    assert.equal(made.properties.hyperVGeneration, 'V2');
    const [key = ''] = keys('capture');
    assert.match(key, new RegExp(`^${t.cloud.name}/`));
    assert.deepEqual(told, [`capture ${t.cloud.name}/${(await machineOf('source')).id} ${key}`]);
    const status = await t.want(200, `GET ${vm}/instanceView`);
    assert.ok(status.statuses.some(each => each.code === 'OSState/generalized'));
    assert.equal(await t.fails(409, `POST ${vm}/start`), 'OperationNotAllowed');
    const two = `${compute}/virtualMachines/two`;
    assert.equal(await t.fails(400, `PUT ${two}`, bodyOf({ id: made.id }, true)), 'InvalidParameter');
    assert.equal(await t.fails(404, `PUT ${two}`, bodyOf({ id: `${made.id}x` })), 'NotFound');
    const booted = await t.order(201, `PUT ${two}`, bodyOf({ id: made.id }));
    assert.equal(booted.properties.storageProfile.imageReference.id, made.id);
    const machine = await machineOf('two');
    assert.deepEqual([machine.disk, machine.osName, machine.user], [key, 'Ubuntu 22.04', 'cb']);
    assert.equal((await t.want(200, `GET ${compute}/images`)).value.length, 1);
    await t.order(202, `DELETE ${image}`);
    await t.want(204, `DELETE ${image}`);
    assert.equal(
      await t.fails(404, `PUT ${compute}/virtualMachines/three`, bodyOf({ id: made.id })),
      'NotFound',
    );
    await t.order(202, `DELETE ${two}`);
    assert.deepEqual(keys('discard'), [key]);
  });

  it('bring data disks along, of the sizes that they had', async () => {
    await t.order(200, `PATCH ${vm}`, {
      properties: { storageProfile: { dataDisks: [{ lun: 3, createOption: 'Empty', diskSizeGB: 12 }] } },
    });
    const made = await capture();
    const disks = made.properties.storageProfile.dataDisks;
    assert.deepEqual(
      disks.map(each => [Number(each.lun), Number(each.diskSizeGB)]),
      [[3, 12]],
    );
    const two = await t.order(201, `PUT ${compute}/virtualMachines/two`, bodyOf({ id: made.id }));
    assert.deepEqual(
      two.properties.storageProfile.dataDisks.map(each => [
        Number(each.lun),
        Number(each.diskSizeGB),
        each.createOption,
      ]),
      [[3, 12, 'FromImage']],
    );
  });

  it('a running VM goes through a snapshot of its OS disk to a VM that boots the copy', async () => {
    const os = (await t.want(200, `GET ${vm}`)).properties.storageProfile.osDisk.managedDisk.id;
    const copy = (sourceResourceId: string) => ({
      location,
      properties: { creationData: { createOption: 'Copy', sourceResourceId } },
    });
    const snapshot = await t.order(202, `PUT ${compute}/snapshots/snap`, copy(os));
    const [key = ''] = keys('capture');
    const disk = await t.order(202, `PUT ${compute}/disks/copy`, copy(snapshot.id));
    await t.order(202, `DELETE ${compute}/snapshots/snap`);
    assert.deepEqual(keys('discard'), [], 'the disk holds the files, too');
    const body = (osDisk: object, more: object = {}) => {
      const { properties } = vmBody(stage);
      return {
        location,
        properties: {
          hardwareProfile: properties.hardwareProfile,
          networkProfile: properties.networkProfile,
          storageProfile: { osDisk: { createOption: 'Attach', managedDisk: { id: disk.id }, ...osDisk } },
          ...more,
        },
      };
    };
    const two = `${compute}/virtualMachines/two`;
    assert.equal(await t.fails(400, `PUT ${two}`, body({})), 'InvalidParameter');
    assert.equal(
      await t.fails(400, `PUT ${two}`, body({ osType: 'Linux' }, { osProfile: { computerName: 'x' } })),
      'InvalidParameter',
    );
    const made = await t.order(201, `PUT ${two}`, body({ osType: 'Linux', deleteOption: 'Delete' }));
    assert.equal(made.properties.osProfile, undefined);
    assert.equal(made.properties.storageProfile.osDisk.createOption, 'Attach');
    const [source, machine] = [await machineOf('source'), await machineOf('two')];
    assert.deepEqual([machine.disk, machine.user, machine.keys], [key, source.user, source.keys]);
    assert.equal(
      await t.fails(409, `PUT ${compute}/virtualMachines/three`, body({ osType: 'Linux' })),
      'ConflictingUserInput',
    );
    await t.order(202, `DELETE ${two}`);
    assert.deepEqual(keys('discard'), [key]);
    assert.equal(t.counts()['disks'], 1);
  });

  it('an OS disk that outlives its VM keeps what the VM wrote', async () => {
    await t.order(200, `PATCH ${vm}`, {
      properties: { storageProfile: { osDisk: { deleteOption: 'Detach' } } },
    });
    const os = (await t.want(200, `GET ${vm}`)).properties.storageProfile.osDisk.managedDisk.id;
    await t.order(202, `DELETE ${vm}`);
    const [key = ''] = keys('capture');
    const { properties } = vmBody(stage);
    await t.order(201, `PUT ${compute}/virtualMachines/two`, {
      location,
      properties: {
        hardwareProfile: properties.hardwareProfile,
        networkProfile: properties.networkProfile,
        storageProfile: { osDisk: { osType: 'Linux', createOption: 'Attach', managedDisk: { id: os } } },
      },
    });
    assert.equal((await machineOf('two')).disk, key);
  });

  it('a gallery holds versions of a running VM, specialized, and tells the latest', async () => {
    const gallery = `${compute}/galleries/mine`;
    const definition = `${gallery}/images/app`;
    await t.order(201, `PUT ${gallery}`, { location, properties: { description: 'ours' } });
    const about = (osState: string, sku = 'one') => ({
      location,
      properties: {
        osType: 'Linux',
        osState,
        hyperVGeneration: 'V2',
        identifier: { publisher: 'me', offer: 'app', sku },
      },
    });
    await t.order(201, `PUT ${definition}`, about('Specialized'));
    assert.equal(await t.fails(409, `PUT ${gallery}/images/same`, about('Specialized')), 'Conflict');
    await t.order(201, `PUT ${gallery}/images/plain`, about('Generalized', 'two'));
    const version = (virtualMachineId = idOf('virtualMachines/source'), more: object = {}) => ({
      location,
      properties: {
        publishingProfile: { targetRegions: [{ name: 'Korea Central' }], ...more },
        storageProfile: { source: { virtualMachineId } },
      },
    });
    assert.equal(await t.fails(400, `PUT ${gallery}/images/plain/versions/1.0.0`, version()), 'BadRequest');
    assert.equal(await t.fails(400, `PUT ${definition}/versions/one`, version()), 'InvalidParameter');
    await t.order(201, `PUT ${definition}/versions/1.0.0`, version());
    await t.order(201, `PUT ${definition}/versions/1.0.10`, version());
    await t.order(201, `PUT ${definition}/versions/2.0.0`, version(undefined, { excludeFromLatest: true }));
    assert.equal((await t.want(200, `GET ${definition}/versions`)).value.length, 3);
    const at = t.subscription + definition;
    const two = await t.order(201, `PUT ${compute}/virtualMachines/two`, bodyOf({ id: at }, true));
    assert.equal(two.properties.storageProfile.imageReference.exactVersion, '1.0.10');
    assert.equal((await machineOf('two')).disk, keys('capture')[1]);
    assert.equal(
      await t.fails(400, `PUT ${compute}/virtualMachines/three`, bodyOf({ id: `${at}/versions/1.0.0` })),
      'InvalidParameter',
    );
    assert.equal(await t.fails(409, `DELETE ${definition}`), 'CannotDeleteResource');
    assert.equal(await t.fails(409, `DELETE ${gallery}`), 'CannotDeleteResource');
    for (const name of ['1.0.0', '1.0.10', '2.0.0'])
      await t.order(202, `DELETE ${definition}/versions/${name}`);
    await t.want(204, `DELETE ${definition}/versions/1.0.0`);
    assert.deepEqual(keys('discard').length, 2, 'the one that a VM began with goes when the VM goes');
    await t.order(202, `DELETE ${definition}`);
    await t.order(202, `DELETE ${gallery}/images/plain`);
    await t.order(202, `DELETE ${gallery}`);
    await t.order(202, `DELETE ${compute}/virtualMachines/two`);
    assert.deepEqual(keys('discard').toSorted(), keys('capture').toSorted());
  });

  it('a group takes its images’ files along', async () => {
    await capture();
    const gone = await t.call('DELETE /resourcegroups/rg');
    while ((await t.send('GET', gone.headers.get('location') ?? '')).status === 202);
    assert.deepEqual(keys('discard'), keys('capture'));
    assert.deepEqual(t.counts(), {});
  });
});
