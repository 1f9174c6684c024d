/** Regions, zones, machine types and accelerators, and what goes with what. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openTestCloud, type TestCloud } from './server.ts';

describe('places and types', () => {
  let t: TestCloud;
  before(async () => {
    t = await openTestCloud({ quotas: { NVIDIA_T4_GPUS: 3 } });
    await t.login();
  });
  after(() => t.close());

  it('are all of Google’s, or those that a cloud was made with', async () => {
    const regions = await t.want(200, 'GET regions');
    assert.ok(regions.items.length >= 40);
    const seoul = regions.items.find(each => each.name === 'asia-northeast3');
    assert.deepEqual(
      seoul?.zones.map(each => each.split('/').at(-1)),
      ['asia-northeast3-a', 'asia-northeast3-b', 'asia-northeast3-c'],
    );
    const metrics = seoul?.quotas.map(each => each.metric as string) ?? [];
    for (const metric of ['CPUS', 'INSTANCES', 'DISKS_TOTAL_GB', 'SSD_TOTAL_GB', 'NVIDIA_L4_GPUS'])
      assert.ok(metrics.includes(metric), metric);
    assert.equal(seoul?.status, 'UP');
    const zones = await t.want(200, 'GET zones?filter=region%3Aus-east1');
    assert.deepEqual(
      zones.items.map(each => each.name as string),
      ['us-east1-b', 'us-east1-c', 'us-east1-d'],
    );
    assert.equal((await t.want(200, 'GET zones/us-central1-f')).status, 'UP');
    await t.refused(404, 'notFound', 'GET zones/us-east1-a');
    let [count, token] = [0, ''];
    do {
      const page = await t.want(200, `GET zones?maxResults=50&pageToken=${token}`);
      count += page.items.length;
      token = page.nextPageToken ?? '';
    } while (token !== '');
    assert.ok(count >= 120, String(count));
    const few = await openTestCloud({ regions: ['us-west1', 'moon-north1'] });
    await few.login();
    assert.equal((await few.want(200, 'GET regions')).items.length, 2);
    assert.equal((await few.want(200, 'GET zones')).items.length, 6);
    await few.close();
  });

  it('have types of machine', async () => {
    const { items } = await t.want(200, 'GET zones/us-central1-a/machineTypes?maxResults=500');
    assert.ok(items.length > 150, String(items.length));
    const type = (name: string) => t.want(200, `GET zones/us-central1-a/machineTypes/${name}`);
    for (const [name, cpus, memory] of [
      ['n1-standard-96', 96, 368_640],
      ['n2-highmem-128', 0, 0],
      ['e2-highcpu-32', 32, 32_768],
      ['c3-standard-22', 22, 90_112],
      ['f1-micro', 1, 614],
    ] as const) {
      if (cpus === 0) {
        await t.want(404, `GET zones/us-central1-a/machineTypes/${name}`);
        continue;
      }
      const { guestCpus, memoryMb } = await type(name);
      assert.deepEqual([guestCpus, memoryMb] as unknown, [cpus, memory]);
    }
    for (const [name, accelerator, count] of [
      ['a2-highgpu-4g', 'nvidia-tesla-a100', 4],
      ['a2-ultragpu-1g', 'nvidia-a100-80gb', 1],
      ['a3-highgpu-8g', 'nvidia-h100-80gb', 8],
      ['g2-standard-96', 'nvidia-l4', 8],
    ] as const)
      assert.deepEqual((await type(name)).accelerators, [
        { guestAcceleratorType: accelerator, guestAcceleratorCount: count },
      ]);
    await t.refused(404, 'notFound', 'GET zones/africa-south1-a/machineTypes/a3-highgpu-8g');
  });

  it('have accelerators, zone by zone', async () => {
    const { items } = await t.want(200, 'GET zones/us-central1-a/acceleratorTypes');
    assert.ok(items.length >= 6);
    assert.equal(items.find(each => each.name === 'nvidia-tesla-t4')?.maximumCardsPerInstance, 4);
    assert.equal((await t.want(200, 'GET zones/africa-south1-a/acceleratorTypes')).items, undefined);
    const aggregated = await t.want(200, 'GET aggregated/acceleratorTypes?maxResults=500');
    const there = aggregated.items['zones/asia-northeast3-b'] as unknown as { acceleratorTypes: unknown[] };
    assert.ok(there.acceleratorTypes.length >= 3);
    assert.equal(aggregated.items['zones/africa-south1-a']?.warning.code, 'NO_RESULTS_ON_PAGE');
  });

  it('let an N1 have accelerators that are stopped for maintenance', async () => {
    const line = 'POST zones/us-central1-a/instances';
    const link = (name: string, zone = 'us-central1-a') => `zones/${zone}/acceleratorTypes/${name}`;
    const gpu = (count: number, acceleratorType = link('nvidia-tesla-t4'), more: object = {}) =>
      t.vm('gpu', {
        machineType: 'zones/us-central1-a/machineTypes/n1-standard-4',
        guestAccelerators: [{ acceleratorType, acceleratorCount: count }],
        scheduling: { onHostMaintenance: 'TERMINATE' },
        ...more,
      });
    assert.match(
      await t.refused(400, 'unsupportedOperation', line, gpu(1, undefined, { scheduling: {} })),
      /do not support live migration/,
    );
    assert.match(await t.refused(400, 'invalid', line, gpu(3)), /must be one of 1, 2, 4/);
    assert.match(
      await t.refused(400, 'invalid', line, gpu(1, link('nvidia-none'))),
      /accelerator type resource/,
    );
    await t.refused(400, 'invalid', line, gpu(1, link('nvidia-tesla-t4', 'us-central1-b')));
    await t.refused(400, 'invalid', line, gpu(1, link('nvidia-l4')));
    const e2 = { machineType: 'zones/us-central1-a/machineTypes/e2-small' };
    assert.match(await t.refused(400, 'invalid', line, gpu(1, undefined, e2)), /not compatible/);
    assert.match(await t.refused(403, 'quotaExceeded', line, gpu(4)), /NVIDIA_T4_GPUS/);
    await t.done(line, gpu(2));
    const vm = await t.want(200, 'GET zones/us-central1-a/instances/gpu');
    assert.equal(vm.guestAccelerators[0]?.acceleratorCount, 2);
    assert.equal(vm.scheduling.onHostMaintenance, 'TERMINATE');
    await t.refused(403, 'quotaExceeded', line, { ...gpu(2), name: 'second' });
    const resources = 'POST zones/us-central1-a/instances/gpu/setMachineResources';
    await t.refused(400, 'invalid', resources, { guestAccelerators: [] });
    await t.done('POST zones/us-central1-a/instances/gpu/stop');
    await t.done(resources, { guestAccelerators: [] });
    assert.equal((await t.want(200, 'GET zones/us-central1-a/instances/gpu')).guestAccelerators, undefined);
    await t.done('DELETE zones/us-central1-a/instances/gpu');
    const g2 = { machineType: 'zones/us-central1-a/machineTypes/g2-standard-24', guestAccelerators: [] };
    await t.done(line, gpu(0, undefined, g2));
    const own = await t.want(200, 'GET zones/us-central1-a/instances/gpu');
    assert.equal(own.guestAccelerators[0]?.acceleratorCount, 2);
    await t.done('DELETE zones/us-central1-a/instances/gpu');
    const { quotas } = await t.want(200, 'GET regions/us-central1');
    assert.equal(quotas.find(each => each.metric === 'NVIDIA_L4_GPUS')?.usage, 0);
  });

  it('have as many public images as are asked for', async () => {
    const count = async (images: number) => {
      const many = await openTestCloud({ quotas: { images } });
      await many.login();
      const names = new Set<string>();
      for (const project of [
        'ubuntu-os-cloud',
        'debian-cloud',
        'rocky-linux-cloud',
        'centos-cloud',
        'rhel-cloud',
        'windows-cloud',
      ]) {
        let token = '';
        do {
          const path = `/projects/${project}/global/images`;
          const page = await many.want(
            200,
            `GET ${path}?maxResults=500&fields=items/name,nextPageToken&pageToken=${token}`,
          );
          for (const { name } of page.items ?? []) names.add(`${project}/${name}`);
          token = page.nextPageToken ?? '';
        } while (token !== '');
      }
      const newest = await many.want(200, 'GET /projects/debian-cloud/global/images/family/debian-12');
      assert.equal(newest.name, 'debian-12-bookworm-v20240508');
      await many.close();
      return names.size;
    };
    assert.equal(await count(500), 500);
    assert.equal(await count(10_000), 10_000);
  });
});
