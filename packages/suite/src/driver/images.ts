/** Images: one list however it is paged, search, get. Clouds have from five to a hundred thousand of them. */
import assert from 'node:assert/strict';
import { cloudId } from '@cloud-barista/model/ids';
import { strangerOf, walk } from './expect.ts';
import type { It, Stage } from './stage.ts';

/** Where a cloud has many, this much of the list is compared. */
const enough = 60;

const page = (stage: Stage, search?: string) => (part: { limit: number; cursor?: string }) =>
  stage.cloud.images.list({ ...stage.call(), ...part }, search);

export function imageCases(it: It): void {
  it('lists them ordered by id, each once, the same list at every limit', async stage => {
    const all = await walk(page(stage), enough, 1);
    assert.ok(all.items.length > 0, 'a cloud has images');
    for (const limit of [1, 2, 3, 7, all.items.length, 1000].filter(limit => limit <= 10 || all.whole)) {
      const part = await walk(
        page(stage),
        limit,
        Math.ceil(Math.min(all.items.length, 14) / limit) + (all.whole ? enough : 0),
      );
      const ids = part.items.map(image => image.id);
      assert.deepEqual(
        ids,
        all.items.slice(0, ids.length).map(image => image.id),
        `the same list at limit ${limit}`,
      );
      if (all.whole) assert.equal(ids.length, all.items.length, `all of it at limit ${limit}`);
    }
  });

  it('tells of each its name, system, architecture and login user', async stage => {
    const { items } = await walk(page(stage), enough, 1);
    for (const image of items) {
      assert.ok(image.id !== '' && image.name !== '');
      assert.ok(['x86_64', 'arm64', ''].includes(image.architecture), image.architecture);
      assert.ok(image.minDiskGb >= 0);
      assert.ok(image.created === '' || !Number.isNaN(Date.parse(image.created)), image.created);
    }
  });

  it('searches by a part of the name, in any case', async stage => {
    const { name } = await stage.cloud.images.get(stage.call(), cloudId(stage.subject.image));
    const part = name.slice(0, 24);
    for (const search of [part, part.toUpperCase()]) {
      const { items } = await walk(page(stage, search), 1000);
      assert.ok(
        items.some(image => image.id === stage.subject.image),
        `${search} finds ${name}`,
      );
    }
    const none = await walk(page(stage, `no-such-image-${stage.name('x')}`), 1000);
    assert.deepEqual(
      none.items.filter(image => image.name.includes('no-such-image')),
      [],
    );
  });

  it('gets one as the list has it', async stage => {
    const image = await stage.cloud.images.get(stage.call(), cloudId(stage.subject.image));
    assert.equal(image.id, stage.subject.image);
    assert.equal(image.available, true);
    const { items } = await walk(page(stage, image.name), 1000);
    assert.deepEqual(
      items.find(listed => listed.id === image.id),
      image,
    );
  });

  it('says not_found where there is no such image', async stage => {
    await stage.rejects(
      stage.cloud.images.get(stage.call(), cloudId(strangerOf(stage.subject.image))),
      'not_found',
    );
    await stage.rejects(
      stage.cloud.images.get(stage.call(), cloudId('no-such-image')),
      'not_found',
      'invalid_argument',
    );
  });

  it('asks with requests that may be repeated', async stage => {
    const before = stage.road.sent.length;
    await stage.cloud.images.list({ ...stage.call(), limit: 5 });
    const sent = stage.road.sent.slice(before).filter(sent => sent.request.resource !== 'auth');
    assert.ok(sent.length > 0, 'requests go through the road');
    for (const { request } of sent) assert.ok(request.idempotent, `${request.api} is a read`);
  });
}
