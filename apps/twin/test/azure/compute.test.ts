/** Images, sizes and disks; orders that meet one under way. Written from the references, with plain fetch. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { compute, location, makeStage, openTestCloud, vmBody, type TestCloud } from './serve.ts';

describe('images, sizes and disks', () => {
  let t: TestCloud;
  let stage: Awaited<ReturnType<typeof makeStage>>;
  before(async () => {
    t = await openTestCloud();
    stage = await makeStage(t);
  });
  after(() => t.close());
  const place = `/providers/Microsoft.Compute/locations/${location}`;
  const names = async (path: string) => (await t.want(200, `GET ${path}`)).map(each => each.name);

  it('images are found level by level', async () => {
    const publishers = await names(`${place}/publishers`);
    assert.ok(['Canonical', 'Debian', 'RedHat'].every(name => publishers.some(each => each === name)));
    const jammy = `${place}/publishers/canonical/artifacttypes/vmimage/offers/0001-com-ubuntu-server-jammy/skus`;
    assert.deepEqual(await names(jammy), ['22_04-lts', '22_04-lts-arm64', '22_04-lts-gen2']);
    const versions = await names(`${jammy}/22_04-lts-gen2/versions`);
    const [latest] = await names(`${jammy}/22_04-lts-gen2/versions?$top=1&$orderby=name%20desc`);
    assert.equal(latest, versions.at(-1));
    const [whole] = await t.want(200, `GET ${jammy}/22_04-lts-arm64/versions?$expand=properties&$top=1`);
    assert.ok(whole && 'properties' in whole);
    assert.equal(await t.fails(404, `GET ${place}/publishers/none/artifacttypes/vmimage/offers`), 'NotFound');
    assert.equal(await t.fails(404, `GET ${jammy}/22_04-lts/versions/latest`), 'NotFound');
    assert.equal(
      await t.fails(400, 'GET /providers/Microsoft.Compute/locations/mars/publishers'),
      'NoRegisteredProviderFound',
    );
  });

  it('sizes say what they have, in every location or in one', async () => {
    const filter = encodeURIComponent(`location eq '${location}'`);
    const one = await t.want(200, `GET /providers/Microsoft.Compute/skus?$filter=${filter}`);
    const all = await t.want(200, 'GET /providers/Microsoft.Compute/skus');
    assert.equal(all.value.length, one.value.length * 4);
    assert.ok(one.value.some(each => each.name === 'Standard_D2ps_v5'));
    const sizes = await t.want(200, `GET ${place}/vmSizes`);
    assert.ok(sizes.value.length >= 60);
  });

  it('SKUs tell zones, restrictions and GPUs; disks are among them', async () => {
    const filter = encodeURIComponent(`location eq '${location}'`);
    const { value } = await t.want(200, `GET /providers/Microsoft.Compute/skus?$filter=${filter}`);
    const one = (name: string) => {
      const sku = value.find(each => each.name === name);
      assert.ok(sku);
      return sku;
    };
    const has = (name: string, capability: string) =>
      one(name).capabilities.find(each => each.name === capability)?.value;
    assert.deepEqual(
      [
        has('Standard_NC64as_T4_v3', 'GPUs'),
        has('Standard_D8s_v5', 'vCPUs'),
        has('Standard_B1ls', 'MemoryGB'),
      ],
      ['4', '8', '0.5'],
    );
    assert.deepEqual(one('Standard_D2s_v5').locationInfo[0]?.zones, ['1', '2', '3']);
    assert.deepEqual(one('Standard_NV6ads_A10_v5').locationInfo[0]?.zones, ['1', '2']);
    assert.equal(one('Standard_ND96isr_H100_v5').restrictions[0]?.reasonCode, 'NotAvailableForSubscription');
    assert.equal(one('Standard_NC4as_T4_v3').restrictions.length, 0);
    assert.equal(one('Premium_LRS').resourceType, 'disks');
    assert.equal(
      await t.fails(400, "GET /providers/Microsoft.Compute/skus?$filter=name%20eq%20'x'"),
      'InvalidParameter',
    );
    const body = { ...vmBody(stage), zones: ['3'] };
    body.properties.hardwareProfile.vmSize = 'Standard_NC4as_T4_v3';
    assert.equal(await t.fails(409, `PUT ${compute}/virtualMachines/gpu`, body), 'SkuNotAvailable');
  });

  it('locations say where they are, what they pair with and which zones they have', async () => {
    const { value } = await t.want(200, 'GET /locations');
    const seoul = value.find(each => each.name === location);
    assert.equal(seoul?.regionalDisplayName, '(Asia Pacific) Korea Central');
    assert.equal(seoul.metadata.physicalLocation, 'Seoul');
    assert.equal(seoul.metadata.pairedRegion[0]?.name, 'koreasouth');
    const zones = seoul.availabilityZoneMappings;
    assert.deepEqual(
      zones.map(each => each.logicalZone),
      ['1', '2', '3'],
    );
    assert.equal(new Set(zones.map(each => each.physicalZone)).size, 3);
  });

  it('a cloud lists as many images as it is told to', async () => {
    const big = await openTestCloud({ quotas: { images: 1000 } });
    try {
      const list = async (path: string) =>
        (await big.want(200, `GET ${place}${path}`)).map(each => each.name);
      let count = 0;
      for (const publisher of await list('/publishers')) {
        const offers = `/publishers/${publisher}/artifacttypes/vmimage/offers`;
        for (const offer of await list(offers))
          for (const sku of await list(`${offers}/${offer}/skus`))
            count += (await list(`${offers}/${offer}/skus/${sku}/versions`)).length;
      }
      assert.equal(count, 1000);
    } finally {
      await big.close();
    }
  });

  it('data disks are made, attached, grown and detached', async () => {
    const disk = (name: string, diskSizeGB: number) =>
      t.order(202, `PUT ${compute}/disks/${name}`, {
        location,
        sku: { name: 'Premium_LRS' },
        properties: { creationData: { createOption: 'Empty' }, diskSizeGB },
      });
    const { id } = await disk('data', 8);
    const vm = `${compute}/virtualMachines/with-disk`;
    await t.order(201, `PUT ${vm}`, vmBody(stage));
    const dataDisks = (list: unknown) =>
      t.order(200, `PATCH ${vm}`, { properties: { storageProfile: { dataDisks: list } } });
    const state = async () => (await t.want(200, `GET ${id}`)).properties.diskState;
    await dataDisks([{ lun: 0, createOption: 'Attach', managedDisk: { id } }]);
    assert.equal(await state(), 'Attached');
    assert.equal(await t.fails(409, `DELETE ${id}`), 'OperationNotAllowed');
    const other = await t.call(`PUT ${compute}/virtualMachines/other`, {
      ...vmBody(stage, {
        storageProfile: {
          ...vmBody(stage).properties.storageProfile,
          dataDisks: [{ lun: 1, createOption: 'Attach', managedDisk: { id } }],
        },
      }),
    });
    assert.equal(other.body.error.code, 'ConflictingUserInput');
    await disk('data', 16);
    const shrunk = await t.call(`PUT ${compute}/disks/data`, { location, properties: { diskSizeGB: 4 } });
    assert.equal(shrunk.body.error.code, 'OperationNotAllowed');
    await dataDisks([]);
    assert.equal(await state(), 'Unattached');
    await t.order(202, `DELETE ${id}`);
    await t.want(204, `DELETE ${id}`);
    await t.order(200, `PATCH ${vm}`, { properties: { hardwareProfile: { vmSize: 'Standard_B2s' } } });
    const { vmId } = (await t.want(200, `GET ${vm}`)).properties;
    assert.equal(t.world.machines.byKey(`${t.cloud.name}/${vmId}`)?.cpus, 2);
    await t.order(202, `DELETE ${vm}`);
    assert.equal(t.counts()['disks'], undefined);
  });

  it('an order that meets another under way is refused, all but the end', async () => {
    const vm = `${compute}/virtualMachines/slow`;
    // It would take an hour: nothing here waits for it.
    t.cloud.delays.create = 3_600_000;
    const ordered = await t.call(`PUT ${vm}`, vmBody(stage));
    t.cloud.delays.create = 0;
    assert.equal(ordered.headers.get('retry-after'), '3600');
    const url = ordered.headers.get('azure-asyncoperation') ?? '';
    assert.equal((await t.send('GET', url)).body.status, 'InProgress');
    assert.equal((await t.want(200, `GET ${vm}`)).properties.provisioningState, 'Creating');
    assert.equal(await t.fails(409, `POST ${vm}/start`), 'Conflict');
    assert.equal(await t.fails(409, `PUT ${vm}`, vmBody(stage)), 'Conflict');
    const ended = await t.call(`DELETE ${vm}`);
    assert.equal(ended.status, 202);
    assert.equal((await t.done(ended)).status, 'Succeeded');
    await t.want(404, `GET ${vm}`);
    assert.equal((await t.send('GET', url)).body.error.code, 'OperationPreempted');
  });
});
