import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { newToken } from '@cloud-barista/model/ids';
import { createListings } from './listing.ts';

const two = async () => [{ id: 'a' }, { id: 'b' }];
const signal = new AbortController().signal;

async function walk(
  page: (cursor?: string) => Promise<{ items: { id: string }[]; next?: string }>,
): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const { items, next } = await page(cursor);
    ids.push(...items.map(item => item.id));
    cursor = next;
  } while (cursor !== undefined);
  return ids;
}

describe('listings', () => {
  it('give every item once, in order, at any limit, whether or not the copy is kept', async () => {
    const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(ids, fc.integer({ min: 1, max: 50 }), fc.boolean(), async (ids, limit, kept) => {
        let now = 0;
        const listings = createListings(() => now);
        const seen = await walk(cursor => {
          if (!kept) now += 100_000;
          const from = kept ? listings : createListings();
          return from.page('x', { signal, limit, ...(cursor !== undefined && { cursor }) }, async () =>
            ids.map(id => ({ id })),
          );
        });
        assert.deepEqual(
          seen,
          [...ids].sort((a, b) => (a < b ? -1 : 1)),
        );
      }),
    );
  });

  it('read the cloud once for all pages', async () => {
    const listings = createListings();
    let reads = 0;
    const read = async () => {
      reads++;
      return Array.from({ length: 100 }, () => ({ id: newToken() }));
    };
    const seen = await walk(cursor =>
      listings.page('x', { signal, limit: 7, ...(cursor !== undefined && { cursor }) }, read),
    );
    assert.equal(seen.length, 100);
    assert.equal(reads, 1);
  });

  it('refuse a cursor that is none, and open no other list with one', async () => {
    const listings = createListings();
    const page = (kind: string, ids: string[], cursor?: string) =>
      listings.page(kind, { signal, limit: 1, ...(cursor !== undefined && { cursor }) }, async () =>
        ids.map(id => ({ id })),
      );
    await assert.rejects(page('x', [], 'nonsense'), { code: 'invalid_argument' });
    const { next } = await page('vms', ['a', 'b']);
    assert.deepEqual((await page('images', ['a', 'c'], next)).items, [{ id: 'c' }]);
  });

  it('keep few copies', async () => {
    const listings = createListings();
    const cursors = [];
    for (let i = 0; i < 30; i++) cursors.push((await listings.page('x', { signal, limit: 1 }, two)).next);
    assert.equal(new Set(cursors).size, 30);
    for (const cursor of cursors)
      assert.deepEqual(
        (await listings.page('x', { signal, limit: 1, ...(cursor !== undefined && { cursor }) }, two)).items,
        [{ id: 'b' }],
      );
  });
});
