/** The small parts by themselves: the order of keys, the sorted set, the order of undoing. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { prefixEnd, rank } from '@cloud-barista/store/keys';
import { type Undoable, undoAll } from '@cloud-barista/store/saga-undo';
import { sortedSet } from '@cloud-barista/store/sorted';

const text = fc.string({ unit: 'binary', maxLength: 4 });
const bytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

describe('keys', () => {
  it('rank orders as UTF-8 does, and a prefix ends where its end begins', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        assert.equal(rank(a) < rank(b), bytes(a, b) < 0);
        const end = prefixEnd(a);
        const under = bytes(b, a) >= 0 && (end === undefined || bytes(b, end) < 0);
        assert.equal(b.startsWith(a), under);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the sorted set', () => {
  it('agrees with a sorted array, over many blocks', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 5000 }), fc.boolean()), {
          minLength: 1000,
          maxLength: 3000,
        }),
        fc.integer({ min: 0, max: 5000 }),
        (steps, cut) => {
          const set = sortedSet();
          const model = new Set<string>();
          for (const [number, adds] of steps) {
            const word = String(number);
            if (adds && !model.has(word)) set.add(word);
            if (adds) model.add(word);
            else if (model.delete(word)) set.delete(word);
          }
          const sorted = [...model].toSorted();
          assert.equal(set.size, sorted.length);
          assert.deepEqual([...set.range('', undefined)], sorted);
          const from = sorted.filter(word => word >= String(cut) && word < '7');
          assert.deepEqual([...set.range(String(cut), '7')], from);
          assert.equal(set.count(String(cut), '7'), from.length);
        },
      ),
      { numRuns: 50 },
    );
  });
  it('takes 200,000 in and out of order', () => {
    const set = sortedSet();
    for (let index = 0; index < 200_000; index++) set.add(String((index * 7919) % 200_000).padStart(6, '0'));
    assert.equal(set.size, 200_000);
    assert.equal(set.count('100000', '100100'), 100);
  });
});

describe('undoing', () => {
  it('never undoes what something that still stands may have been built on', async () => {
    // Begin and end are distinct places in time.
    const history = fc.array(
      fc.tuple(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: 10 }),
        fc.constantFrom(undefined, 'g', 'h'),
        fc.boolean(),
      ),
      { maxLength: 25 },
    );
    await fc.assert(
      fc.asyncProperty(history, fc.integer({ min: 1, max: 5 }), async (drawn, limit) => {
        const steps: (Undoable & { fails: boolean })[] = drawn.map(([began, length, group, ends], index) => ({
          name: String(index),
          began: began * 100 + index,
          ...(ends && { ended: (began + length) * 100 + index + 50 }),
          ...(group !== undefined && { group }),
          fails: index % 7 === 6,
        }));
        const standing = new Set(steps);
        const builtOn = (step: Undoable) =>
          [...standing].filter(
            other =>
              other.began > (step.ended ?? Infinity) &&
              (step.group === undefined || other.group !== step.group),
          );
        let running = 0;
        const left = await undoAll(
          steps,
          async step => {
            assert.deepEqual(builtOn(step), []);
            assert.ok(++running <= limit);
            await Promise.resolve();
            running--;
            if (!step.fails) standing.delete(step);
            return !step.fails;
          },
          limit,
        );
        assert.deepEqual(new Set(left), standing);
        for (const step of left) assert.ok(step.fails || builtOn(step).length > 0, 'left only for a reason');
      }),
      { numRuns: 500 },
    );
  });
});
