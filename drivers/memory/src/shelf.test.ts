import assert from 'node:assert/strict';
import { test } from 'node:test';
import { array, assert as check, boolean, integer, property } from 'fast-check';
import type { CloudId } from '@cloud-barista/model/ids';
import { MemoryCloudError } from './errors.ts';
import { createShelf } from './shelf.ts';

void test('pages hold each item once, in order, whatever the limit and whatever was deleted before', () => {
  check(
    property(array(boolean(), { maxLength: 60 }), integer({ min: 1, max: 20 }), (kept, limit) => {
      const shelf = createShelf<{ id: CloudId }>('x');
      const ids = kept.map(() => {
        const id = shelf.nextId();
        shelf.add({ id });
        return id;
      });
      for (const [index, keep] of kept.entries())
        if (!keep) shelf.delete(ids[index] ?? ids[0] ?? shelf.nextId());
      const read: string[] = [];
      let cursor: string | undefined;
      do {
        const page = shelf.page({ limit, ...(cursor !== undefined && { cursor }) }, item => item.id);
        assert.ok(page.items.length <= limit);
        assert.ok(page.next === undefined || page.items.length === limit, 'only the last page is short');
        read.push(...page.items);
        cursor = page.next;
      } while (cursor !== undefined);
      assert.deepEqual(
        read,
        ids.filter((_, index) => kept[index]),
      );
      assert.equal(shelf.size, read.length);
    }),
  );
});

void test('a cursor stays good when its item is deleted, and a foreign one is refused', () => {
  const shelf = createShelf<{ id: CloudId }>('x');
  const ids = Array.from({ length: 3 }, () => shelf.nextId());
  for (const id of ids) shelf.add({ id });
  const { items, next } = shelf.page({ limit: 1 }, item => item);
  assert.ok(items[0] && next !== undefined);
  shelf.delete(items[0].id);
  assert.deepEqual(shelf.page({ limit: 5, cursor: next }, item => item.id).items, ids.slice(1));
  assert.throws(() => shelf.page({ limit: 1, cursor: 'nonsense' }, item => item), MemoryCloudError);
});
