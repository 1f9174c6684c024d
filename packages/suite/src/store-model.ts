/** A store against a plain Map: whatever is done to both, in whatever order, they agree. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import type { Store, Write } from '@cloud-barista/store/store';
import type { OpenedStore } from './store.ts';

/** Few keys, so that they meet; with all that is awkward in them. */
const keys = ['/a', '/a/1', '/a/10', '/a/2', '/a b', '/a%', '/b', '/가', '/\uffee', '/\u{1f600}'];
const key = fc.constantFrom(...keys);
const prefix = fc.constantFrom('', '/', '/a', '/a/', '/a/1', '/b', '/가', '/\uffee', '/z');
const write = fc.oneof(
  fc.record({ put: key, value: fc.string({ unit: 'grapheme', maxLength: 8 }) }),
  fc.record({ delete: key }),
);
const keyOf = (each: Write) => ('put' in each ? each.put : each.delete);
const action = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('txn' as const),
      writes: fc.uniqueArray(write, { selector: keyOf, maxLength: 4 }),
      // What each condition expects: the truth, absence, or an older revision.
      conditions: fc.array(fc.record({ key, expect: fc.constantFrom('truth', 'absent', 'older') }), {
        maxLength: 2,
      }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('list' as const),
      prefix,
      after: fc.option(key, { nil: undefined }),
      limit: fc.integer({ min: 1, max: 12 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('get' as const), key }) },
);

type Action = typeof action extends fc.Arbitrary<infer Each> ? Each : never;

interface Known {
  value: string;
  revision: number;
  created: number;
}
const order = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

async function run(store: Store, root: string, actions: Action[]): Promise<void> {
  const model = new Map<string, Known>();
  const history: string[] = [];
  const { revision: start } = await store.list({ prefix: root });
  for (const each of actions)
    if (each.kind === 'get') {
      const known = model.get(each.key);
      const entry = await store.get(root + each.key);
      assert.deepEqual(entry && { ...entry }, known && { key: root + each.key, ...known });
    } else if (each.kind === 'list') {
      const all = [...model.keys()].filter(name => name.startsWith(each.prefix)).toSorted(order);
      const behind = all.filter(name => each.after === undefined || order(name, each.after) > 0);
      const { entries, more } = await store.list({
        prefix: root + each.prefix,
        limit: each.limit,
        ...(each.after !== undefined && { after: root + each.after }),
      });
      assert.deepEqual(
        entries.map(entry => entry.key),
        behind.slice(0, each.limit).map(name => root + name),
      );
      assert.equal(more, behind.length > each.limit);
      assert.equal(await store.count(root + each.prefix), all.length);
    } else {
      const holds = each.conditions.every(
        ({ key, expect }) => expect === 'truth' || (expect === 'absent' && !model.has(key)),
      );
      const result = await store.txn({
        if: each.conditions.map(({ key, expect }) => {
          const truth = model.get(key)?.revision ?? 0;
          return {
            key: root + key,
            revision: expect === 'truth' ? truth : expect === 'absent' ? 0 : truth + 1000,
          };
        }),
        then: each.writes.map(item =>
          'put' in item ? { put: root + item.put, value: item.value } : { delete: root + item.delete },
        ),
      });
      assert.equal(result.ok, holds);
      if (!holds) continue;
      const { revision } = result;
      for (const item of each.writes)
        if ('put' in item) {
          model.set(item.put, {
            value: item.value,
            revision,
            created: model.get(item.put)?.created ?? revision,
          });
          history.push(`${revision} ${item.put}=${item.value}`);
        } else if (model.delete(item.delete)) history.push(`${revision} ${item.delete}`);
    }
  const seen: string[] = [];
  if (history.length > 0)
    for await (const change of store.watch(root, { from: start + 1, signal: AbortSignal.timeout(10_000) })) {
      const name = change.key.slice(root.length);
      seen.push(`${change.revision} ${name}${change.type === 'put' ? `=${change.value}` : ''}`);
      if (seen.length >= history.length) break;
    }
  // Within one revision the order is the backend's own.
  assert.deepEqual(seen.toSorted(), history.toSorted());
  const revisions = seen.map(line => Number.parseInt(line, 10));
  assert.deepEqual(
    revisions,
    revisions.toSorted((a, b) => a - b),
  );
}

export function modelCase(open: () => Promise<OpenedStore>): void {
  it('agrees with a plain map, whatever is done', { timeout: 60_000 }, async () => {
    const opened = await open();
    let round = 0;
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(action, { maxLength: 30 }), actions =>
          run(opened.store, `/model${round++}`, actions),
        ),
        { numRuns: 40 },
      );
    } finally {
      await opened.close();
    }
  });
}
