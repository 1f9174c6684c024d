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

  it('refuses what Glance refuses, as a page', async () => {
    const none = t.world.random.uuid('none');
    const refused = async (status: number, line: string) => {
      const answer = await t.call(line);
      assert.equal(answer.status, status, answer.text);
      assert.equal(answer.headers.get('content-type'), 'text/html; charset=UTF-8');
      return answer.text;
    };
    assert.match(
      await refused(400, 'GET image /images?sort_key=owner'),
      /Invalid sort key: owner\. It must be one of the following: name, status, container_format, disk_format, size, id, created_at, updated_at\./,
    );
    assert.match(
      await refused(400, `GET image /images?marker=${none}`),
      new RegExp(`No image found with ID ${none}`),
    );
    assert.match(await refused(400, 'GET image /images?limit=-1'), /limit param must be positive/);
    assert.match(await refused(404, `DELETE image /images/${none}`), /Failed to find image .* to delete/);
    const { images } = await t.want(200, 'GET image /images?limit=1');
    assert.match(await refused(403, `DELETE image /images/${images[0]?.id}`), /You do not own this image/);
    const page = await t.call('GET image /images', undefined, { 'x-auth-token': 'none' });
    assert.equal(page.status, 401);
    assert.match(page.text, /<title>401 Unauthorized<\/title>/);
    assert.match(page.headers.get('www-authenticate') ?? '', /^Keystone uri=/);
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

describe('a catalogue of 10,000 images', () => {
  let t: TestCloud;
  before(async () => {
    t = await openTestCloud({ quotas: { images: 10_000 } });
    await t.login();
    await t.want(200, 'GET image /images?limit=1');
  });
  after(() => t.close());

  it('is read in pages of 1,000, each once, the newest first', async () => {
    const seen = new Map<string, string>();
    let pages = 0;
    let path: string | undefined = '/images?limit=1000';
    while (path !== undefined) {
      const page: Json = await t.want(200, `GET image ${path}`);
      pages++;
      for (const each of page['images']) seen.set(each.id, String(each['created_at' as 'name']));
      path = (page['next'] as string | undefined)?.slice('/v2'.length);
    }
    assert.deepEqual([seen.size, pages], [10_000, 10]);
    const dates = [...seen.values()];
    assert.deepEqual(dates, dates.toSorted().reverse());
    assert.equal((await t.want(200, 'GET image /images?limit=5000'))['images'].length, 1000);
  });

  it('is searched', async () => {
    const names = async (query: string) =>
      (await t.want(200, `GET image /images?limit=1000&${query}`))['images'].map(each => each.name);
    assert.deepEqual(await names('name=debian-12-20240501'), ['debian-12-20240501']);
    assert.deepEqual(
      await names('os_distro=debian&os_version=12&created_at=gte:2024-05-05T00:00:00Z&sort=name:asc'),
      ['debian-12', 'debian-12-20240505'],
    );
    assert.equal((await names('owner=nobody')).length, 0);
    assert.equal((await names('size_min=99999999999')).length, 0);
    for (const query of [
      'sort=shape',
      'sort_key=name&sort_dir=up',
      'sort=name&sort_key=name',
      'limit=-1',
      'limit=x',
      'marker=nope',
      'visibility=most',
      'created_at=gt:soon',
      'created_at=about:2024-01-01',
      'size_min=x',
    ])
      await t.want(400, `GET image /images?${query}`);
  });
});

describe('a catalogue of other sizes', () => {
  for (const [asked, had] of [
    [0, 0],
    [5, 5],
    [50_000, 20_000],
  ] as const)
    it(`of ${asked} has ${had}`, async () => {
      const t = await openTestCloud({ quotas: { images: asked } });
      await t.login();
      let count = 0;
      for (let path: string | undefined = '/images?limit=1000'; path !== undefined; ) {
        const page: Json = await t.want(200, `GET image ${path}`);
        count += page['images'].length;
        path = (page['next'] as string | undefined)?.slice('/v2'.length);
      }
      assert.equal(count, had);
      await t.close();
    });
});
