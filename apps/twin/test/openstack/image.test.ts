/** Glance: the list in pages, an image uploaded, changed and removed, and its own form of "not found". */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { openTestCloud, type Json, type TestCloud } from './serve.ts';

describe('Glance', () => {
  let t: TestCloud;
  before(async () => {
    t = await openTestCloud();
    await t.login();
  });
  after(() => t.close());

  it('lists in pages, filtered and sorted; the ids stay the same over starts', async () => {
    const seen: string[] = [];
    let path: string | undefined = '/images?limit=5&sort=name:asc';
    while (path !== undefined) {
      const page: Json = await t.want(200, `GET image ${path}`);
      seen.push(...page['images'].map(each => each.name));
      path = (page['next'] as string | undefined)?.slice('/v2'.length);
    }
    assert.equal(seen.length, 12);
    assert.deepEqual(seen, seen.toSorted());
    const names = async (query: string) =>
      (await t.want(200, `GET image /images?${query}`))['images'].map(each => each.name);
    assert.deepEqual(await names('os_distro=ubuntu&sort_key=name&sort_dir=asc'), [
      'ubuntu-20.04',
      'ubuntu-22.04',
      'ubuntu-24.04',
    ]);
    assert.deepEqual(await names('name=in:debian-11,debian-12&sort=name:asc'), ['debian-11', 'debian-12']);
    assert.deepEqual(await names('visibility=private'), []);
    const other = await openTestCloud();
    await other.login();
    const ids = async (each: TestCloud) =>
      (await each.want(200, 'GET image /images'))['images'].map(one => one.id);
    assert.deepEqual(await ids(t), await ids(other));
    await other.close();
  });

  it('takes an image, and gives it back', async () => {
    const image = await t.want(201, 'POST image /images', {
      name: 'mine',
      disk_format: 'raw',
      container_format: 'bare',
      os_distro: 'debian',
    });
    assert.equal(image['status'], 'queued');
    const bytes = { 'content-type': 'application/octet-stream' };
    assert.equal((await t.call(`PUT image /images/${image['id']}/file`, 'some bytes', bytes)).status, 204);
    const shown = await t.want(200, `GET image /images/${image['id']}`);
    assert.deepEqual(
      [shown['status'], shown['size'], shown['checksum']],
      ['active', 10, createHash('md5').update('some bytes').digest('hex')],
    );
    assert.equal((await t.call(`GET image /images/${image['id']}/file`)).text, 'some bytes');
    const patch = (changes: unknown) =>
      t.call(`PATCH image /images/${image['id']}`, changes, {
        'content-type': 'application/openstack-images-v2.1-json-patch',
      });
    assert.equal(
      (
        await patch([
          { op: 'replace', path: '/name', value: 'ours' },
          { op: 'add', path: '/protected', value: true },
        ])
      ).status,
      200,
    );
    assert.equal((await t.call(`DELETE image /images/${image['id']}`)).status, 403);
    assert.equal((await patch([{ op: 'replace', path: '/status', value: 'queued' }])).status, 403);
    assert.equal((await patch([{ op: 'replace', path: '/protected', value: false }])).status, 200);
    assert.equal(t.wire.counts(t.cloud)['images'], 1);
    await t.want(204, `DELETE image /images/${image['id']}`);
    const gone = await t.call(`GET image /images/${image['id']}`);
    assert.equal(gone.status, 404);
    assert.match(gone.text, /<h1>404 Not Found<\/h1>/);
    const json = await t.call(`GET image /images/${image['id']}`, undefined, { accept: 'application/json' });
    assert.equal(json.body['code'], '404 Not Found');
  });
});
