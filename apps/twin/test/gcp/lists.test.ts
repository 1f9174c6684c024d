/** Lists: filters, pages, order, partial answers, aggregated ones; and what a project has to choose from. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as fc from 'fast-check';
import { parseFilter } from '../../src/wire/gcp/filter.ts';
import { openTestCloud, type TestCloud } from './server.ts';

describe('lists', () => {
  let t: TestCloud;
  before(async () => {
    t = await openTestCloud();
    await t.login();
    for (const name of ['b', 'a', 'c'])
      await t.done(
        'POST zones/us-central1-a/instances',
        t.vm(name, { labels: { name, odd: name === 'b' ? 'no' : 'yes' } }),
      );
    await t.done('POST zones/us-central1-a/instances/c/stop');
  });
  after(() => t.close());

  const names = async (query: string) => {
    const list = await t.want(200, `GET zones/us-central1-a/instances?${query}`);
    return (list.items ?? []).map(each => each.name as string).join('');
  };

  it('are filtered', async () => {
    const filter = (text: string) => names(`filter=${encodeURIComponent(text)}`);
    assert.equal(await filter('name=a'), 'a');
    assert.equal(await filter('name = "a"'), 'a');
    assert.equal(await filter('name != a'), 'bc');
    assert.equal(await filter("name eq '[ab]'"), 'ab');
    assert.equal(await filter('name ne b|c'), 'a');
    assert.equal(await filter('labels.odd=yes'), 'ac');
    assert.equal(await filter('labels.odd:*'), 'abc');
    assert.equal(await filter('(labels.odd=yes) AND (status=RUNNING)'), 'a');
    assert.equal(await filter('(labels.odd=yes) (status=TERMINATED)'), 'c');
    assert.equal(await filter('name=a OR name=b'), 'ab');
    assert.equal(await filter('NOT name=a'), 'bc');
    assert.equal(await filter('zone:us-central1-a'), 'abc');
    assert.equal(await filter('zone=us-central1-b'), '');
    assert.equal(await filter('machineType:e2'), 'abc');
    assert.equal(await filter('name=b*'), 'b');
    assert.equal(await filter('scheduling.automaticRestart=true'), 'abc');
    assert.equal(await filter('creationTimestamp > 2020-01-01T00:00:00'), 'abc');
    for (const bad of ['name', 'name=', '(name=a', '=a', 'name=a)', 'name eq "["'])
      await t.refused(400, 'invalid', `GET zones/us-central1-a/instances?filter=${encodeURIComponent(bad)}`);
  });

  it('never throw anything but a refusal, whatever the filter', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('name', '=', '(', ')', 'AND', 'OR', 'NOT', '"', ':', 'x*', 'eq', '[', ' ')),
        words => {
          try {
            parseFilter(words.join(' '))({ name: 'x' });
          } catch (error) {
            assert.equal((error as { status?: number }).status, 400, String(error));
          }
        },
      ),
    );
  });

  it('come in pages that miss nothing', async () => {
    let token = '';
    const seen: string[] = [];
    do {
      const list = await t.want(200, `GET zones/us-central1-a/instances?maxResults=1&pageToken=${token}`);
      seen.push(list.items[0]?.name ?? '');
      token = list.nextPageToken ?? '';
    } while (token !== '');
    assert.deepEqual(seen, ['a', 'b', 'c']);
    assert.equal(await names('orderBy=creationTimestamp%20desc'), 'cab');
    await t.refused(400, 'invalidParameter', 'GET zones/us-central1-a/instances?maxResults=501');
    await t.refused(400, 'invalid', 'GET zones/us-central1-a/instances?pageToken=x');
    await t.refused(400, 'invalid', 'GET zones/us-central1-a/instances?orderBy=id');
    assert.equal((await t.want(200, 'GET zones/us-central1-b/instances')).items, undefined);
  });

  it('answer in part', async () => {
    const list = await t.want(
      200,
      'GET zones/us-central1-a/instances?fields=items(name,tags/fingerprint)&filter=name%3Da',
    );
    assert.deepEqual(Object.keys(list), ['items']);
    assert.deepEqual(Object.keys(list.items[0] ?? {}), ['name', 'tags']);
    await t.refused(400, 'invalidParameter', 'GET zones?fields=items(name');
  });

  it('are aggregated by scope', async () => {
    const { items } = await t.want(200, 'GET aggregated/instances');
    assert.equal(items['zones/us-central1-a']?.instances.length, 3);
    assert.equal(items['zones/us-central1-b']?.warning.code, 'NO_RESULTS_ON_PAGE');
    const types = await t.want(200, 'GET aggregated/machineTypes?maxResults=500');
    assert.ok(types.nextPageToken === undefined || types.nextPageToken !== '');
    assert.equal(Object.keys((await t.want(200, 'GET aggregated/subnetworks')).items).length, 42);
    await t.want(200, 'GET aggregated/addresses');
    await t.want(200, 'GET aggregated/disks');
  });

  it('tell places and types', async () => {
    const region = await t.want(200, 'GET regions/us-central1');
    const cpus = region.quotas.find(each => each['metric' as 'name'] === 'CPUS');
    assert.equal(cpus?.['usage' as 'name'], 4);
    assert.match(await t.refused(404, 'notFound', 'GET regions/moon'), /regions\/moon' was not found/);
    assert.match(await t.refused(400, 'invalid', 'GET zones/moon-a/instances'), /Unknown zone\.$/);
    assert.match(await t.refused(400, 'invalid', 'GET regions/moon/subnetworks'), /Unknown region\.$/);
    const arm = await t.want(200, 'GET zones/us-central1-a/machineTypes/t2a-standard-1');
    assert.equal(arm.architecture, 'ARM64');
    await t.refused(404, 'notFound', 'GET zones/us-east4-a/machineTypes/t2a-standard-1');
    await t.want(200, 'GET zones/us-east4-a/machineTypes/n2-custom-4-8192');
    await t.refused(404, 'notFound', 'GET zones/us-east4-a/machineTypes/n2-custom-3-8192');
    await t.want(200, 'GET zones/us-east4-a/diskTypes/pd-ssd');
    await t.want(200, 'GET zones/us-east4-a/acceleratorTypes');
  });

  it('have the public images', async () => {
    const line = 'GET /projects/ubuntu-os-cloud/global/images';
    const newest = await t.want(200, `${line}/family/ubuntu-2204-lts`);
    assert.equal(newest.status, 'READY');
    assert.equal(newest.deprecated, undefined);
    const all = await t.want(200, `${line}?filter=${encodeURIComponent('family=ubuntu-2204-lts')}`);
    assert.equal(all.items.filter(each => each.deprecated === undefined).length, 1);
    assert.equal(all.items.find(each => each.deprecated)?.deprecated.state.length, 8);
    await t.refused(404, 'notFound', 'GET /projects/debian-cloud/global/images/family/debian-10');
    for (const project of ['rocky-linux-cloud', 'centos-cloud', 'rhel-cloud', 'windows-cloud'])
      assert.ok((await t.want(200, `GET /projects/${project}/global/images`)).items.length > 10);
  });
});
