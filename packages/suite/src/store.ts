/**
 * The judge of stores: every backend passes the same cases. Registers them with node:test.
 * Nothing here waits for a guessed time: what comes by itself (a lease's end) is awaited through a watch.
 */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { hasCode } from '@cloud-barista/model/errors';
import type { Change, Store } from '@cloud-barista/store/store';
import { modelCase } from './store-model.ts';

export interface OpenedStore {
  store: Store;
  /** Closes the store and opens it again on the same data; absent where nothing outlives a close. */
  reopen?: () => Promise<Store>;
  close(): Promise<void>;
}

/** `count` changes of a watch; then it is left. */
export async function take(changes: AsyncIterable<Change>, count: number): Promise<Change[]> {
  const taken: Change[] = [];
  if (count === 0) return taken;
  for await (const change of changes) if (taken.push(change) >= count) break;
  return taken;
}

const put = (store: Store, key: string, value: string) => store.txn({ then: [{ put: key, value }] });
const keysOf = (items: { key: string }[]) => items.map(item => item.key);

export function storeSuite(name: string, open: () => Promise<OpenedStore>): void {
  const test = (
    title: string,
    body: (store: Store, context: TestContext, opened: OpenedStore) => Promise<void>,
  ) =>
    void it(title, { timeout: 60_000 }, async context => {
      const opened = await open();
      try {
        await body(opened.store, context, opened);
      } finally {
        await opened.close();
      }
    });

  describe(`${name}: the store contract`, () => {
    test('get, put, overwrite, delete, and their revisions', async store => {
      assert.equal(await store.get('/a'), undefined);
      const first = await put(store, '/a', 'one');
      assert.ok(first.ok);
      assert.deepEqual(
        { ...(await store.get('/a')) },
        { key: '/a', value: 'one', revision: first.revision, created: first.revision },
      );
      const second = await put(store, '/a', 'two');
      assert.ok(second.revision > first.revision);
      assert.deepEqual(
        { ...(await store.get('/a')) },
        { key: '/a', value: 'two', revision: second.revision, created: first.revision },
      );
      const gone = await store.txn({ then: [{ delete: '/a' }] });
      assert.ok(gone.ok && gone.revision > second.revision);
      assert.equal(await store.get('/a'), undefined);
      const absent = await store.txn({ then: [{ delete: '/a' }] });
      assert.ok(absent.ok, 'deleting what is absent succeeds');
      const again = await put(store, '/a', 'three');
      assert.equal((await store.get('/a'))?.created, again.revision, 'a key that comes back is new');
    });

    test('any text goes in and comes out as it is', async store => {
      for (const value of [
        '',
        '{"a":1}',
        'a\0b',
        '한국어 \u{1F600}',
        'line\nline',
        '%00 %s \\',
        '"'.repeat(1000),
      ]) {
        await put(store, '/text', value);
        assert.equal((await store.get('/text'))?.value, value);
      }
    });

    test('a transaction writes all or nothing, under one revision', async store => {
      const both = await store.txn({
        if: [
          { key: '/a', revision: 0 },
          { key: '/b', revision: 0 },
        ],
        then: [
          { put: '/a', value: '1' },
          { put: '/b', value: '2' },
        ],
      });
      assert.ok(both.ok);
      const entries = await store.getMany(['/a', '/b']);
      assert.deepEqual(
        entries.map(entry => entry.revision),
        [both.revision, both.revision],
      );

      const refused = await store.txn({
        if: [
          { key: '/a', revision: both.revision },
          { key: '/b', revision: both.revision + 1 },
        ],
        then: [{ put: '/a', value: 'x' }, { delete: '/b' }, { put: '/c', value: 'x' }],
      });
      assert.equal(refused.ok, false);
      assert.equal(refused.revision, both.revision, 'a refused transaction does not count');
      assert.deepEqual(await store.getMany(['/a', '/b', '/c']), entries);
      const there = await store.txn({ if: [{ key: '/a', revision: 0 }], then: [{ put: '/a', value: 'x' }] });
      assert.equal(there.ok, false, 'revision 0 means absent');
    });

    test('128 writes in one transaction, not 129; not one key twice; no bad key', async store => {
      const writes = Array.from({ length: 129 }, (_, index) => ({ put: `/many/${index}`, value: 'v' }));
      assert.ok((await store.txn({ then: writes.slice(1) })).ok);
      assert.equal(await store.count('/many/'), 128);
      const before = (await store.list({ prefix: '/many/' })).revision;
      for (const then of [
        writes,
        [{ put: '/a', value: '1' }, { delete: '/a' }],
        [{ put: '', value: '1' }],
        [{ put: 'nul\0', value: '1' }],
        [{ put: '/half', value: '\ud800' }],
        [{ put: '/big', value: 'x'.repeat((1 << 20) + 1) }],
      ])
        await assert.rejects(store.txn({ then }), error => hasCode(error, 'invalid_argument'));
      assert.equal((await store.list({ prefix: '' })).entries.length, 128);
      assert.equal((await store.list({ prefix: '/many/' })).revision, before);
    });

    test('50 concurrent increments by compare-and-set lose none', async store => {
      await put(store, '/counter', '0');
      async function increment(): Promise<void> {
        for (;;) {
          const entry = await store.get('/counter');
          assert.ok(entry);
          const value = String(Number(entry.value) + 1);
          const result = await store.txn({
            if: [{ key: '/counter', revision: entry.revision }],
            then: [{ put: '/counter', value }],
          });
          if (result.ok) return;
        }
      }
      await Promise.all(Array.from({ length: 50 }, increment));
      assert.equal((await store.get('/counter'))?.value, '50');
    });

    test('of many who create one key at once, one succeeds', async store => {
      const results = await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          store.txn({
            if: [{ key: '/once', revision: 0 }],
            then: [
              { put: '/once', value: String(index) },
              { put: `/by/${index}`, value: '' },
            ],
          }),
        ),
      );
      assert.equal(results.filter(result => result.ok).length, 1);
      assert.equal(await store.count('/by/'), 1);
    });

    test('500 writes at once all stand', async store => {
      const results = await Promise.all(
        Array.from({ length: 500 }, (_, index) => put(store, `/w/${index % 250}`, String(index))),
      );
      assert.ok(results.every(result => result.ok));
      const { entries } = await store.list({ prefix: '/w/' });
      assert.equal(entries.length, 250);
      for (const { key, value } of entries)
        assert.equal(Number(value), Number(key.slice(3)) + 250, 'the later one of a key wins');
    });

    test('lists are in order of UTF-8, by prefix, in pages', async store => {
      const keys = [
        '/p/a',
        '/p/a b',
        '/p/a%20b',
        '/p/a/1',
        '/p/a/10',
        '/p/a/2',
        '/p/b',
        '/p/가',
        '/p/\uffee',
        '/p/\u{1f600}',
        '/p/z~',
      ];
      for (const key of [...keys, '/p', '/o', '/q', '/p0']) await put(store, key, key);
      const sorted = keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      const all = await store.list({ prefix: '/p/' });
      assert.deepEqual(keysOf(all.entries), sorted);
      assert.equal(all.more, false);
      for (const limit of [1, 2, 3, sorted.length]) {
        const seen: string[] = [];
        for (let after: string | undefined; ; ) {
          const page = await store.list({ prefix: '/p/', limit, ...(after !== undefined && { after }) });
          assert.ok(page.entries.length <= limit);
          seen.push(...keysOf(page.entries));
          after = page.entries.at(-1)?.key;
          assert.equal(page.more, seen.length < sorted.length);
          if (!page.more) break;
        }
        assert.deepEqual(seen, sorted);
      }
    });

    test('a prefix takes what starts with it and nothing else', async store => {
      for (const key of [
        'a/1',
        'a/10',
        'a/11',
        'a/2',
        'a',
        'b',
        'a0',
        'a%/1',
        'a_/1',
        'A/1',
        '\u{10ffff}',
        '\u{10ffff}x',
        'b\ud7ff',
      ])
        await put(store, key, '');
      const cases: [string, string[]][] = [
        ['a/1', ['a/1', 'a/10', 'a/11']],
        ['a/', ['a/1', 'a/10', 'a/11', 'a/2']],
        ['a%', ['a%/1']],
        ['a_', ['a_/1']],
        ['\u{10ffff}', ['\u{10ffff}', '\u{10ffff}x']],
        ['b\ud7ff', ['b\ud7ff']],
        ['nothing', []],
      ];
      for (const [prefix, keys] of cases) {
        assert.deepEqual(keysOf((await store.list({ prefix })).entries), keys, prefix);
        assert.equal(await store.count(prefix), keys.length, prefix);
      }
      assert.equal((await store.list({ prefix: '' })).entries.length, 13);
      assert.equal(await store.count(''), 13);
      assert.deepEqual(keysOf((await store.list({ prefix: 'a/', after: 'a/10' })).entries), ['a/11', 'a/2']);
      assert.deepEqual(
        keysOf((await store.list({ prefix: 'a/', after: 'a' })).entries).length,
        4,
        'a cursor before the prefix',
      );
      assert.deepEqual(
        (await store.list({ prefix: 'a/', after: 'b' })).entries,
        [],
        'a cursor behind the prefix',
      );
      assert.deepEqual(
        keysOf((await store.list({ prefix: 'a/', after: 'a/10x', limit: 1 })).entries),
        ['a/11'],
        'a cursor that is no key',
      );
    });

    test('reads in bulk leave out what is absent', async store => {
      const keys = Array.from({ length: 300 }, (_, index) => `/bulk/${index}`);
      await Promise.all(keys.map(key => put(store, key, key)));
      const entries = await store.getMany([...keys.toReversed(), '/absent']);
      assert.deepEqual(keysOf(entries).toSorted(), keys.toSorted());
      assert.ok(entries.every(entry => entry.value === entry.key));
      assert.deepEqual(await store.getMany([]), []);
    });

    test('a value of nearly 1 MiB', async store => {
      const value = '가'.repeat(340_000);
      await put(store, '/big', value);
      assert.equal((await store.get('/big'))?.value, value);
    });

    test('a long list is one moment’s truth', async store => {
      const keys = Array.from({ length: 5000 }, (_, index) => `/long/${String(index).padStart(5, '0')}`);
      for (let at = 0; at < keys.length; at += 128)
        await store.txn({ then: keys.slice(at, at + 128).map(key => ({ put: key, value: 'v' })) });
      const { entries, more } = await store.list({ prefix: '/long/' });
      assert.deepEqual(keysOf(entries), keys);
      assert.equal(more, false);
    });

    describe('watch', () => watchCases(test));
    describe('leases', () => leaseCases(test));

    test('what was acknowledged stands after reopening, leases do not matter to it', async (store, context, {
      reopen,
    }) => {
      if (!reopen) return context.skip('this store does not outlive its process');
      const writes = await Promise.all(
        Array.from({ length: 100 }, (_, index) => put(store, `/kept/${index}`, String(index))),
      );
      const { entries, revision } = await store.list({ prefix: '/kept/' });
      const again = await reopen();
      const after = await again.list({ prefix: '/kept/' });
      assert.deepEqual(after.entries, entries);
      assert.ok(after.revision >= revision, 'revisions never go back');
      const next = await put(again, '/kept/new', '');
      assert.ok(next.revision > Math.max(...writes.map(write => write.revision)));
      const seen = await take(again.watch('/kept/', { from: revision + 1, signal: context.signal }), 1);
      assert.deepEqual(keysOf(seen), ['/kept/new'], 'a watch goes on across the restart');
    });

    test('after close every call is unavailable, and a watch ends', async store => {
      const watching = take(store.watch('/', { signal: new AbortController().signal }), 1);
      const ended = watching.then(
        () => 'ended',
        () => 'ended',
      );
      await put(store, '/closing', '');
      await store.close();
      await ended;
      await assert.rejects(store.get('/closing'), error => hasCode(error, 'unavailable'));
      await assert.rejects(put(store, '/closing', ''), error => hasCode(error, 'unavailable'));
      await store.close();
    });

    modelCase(open);
  });
}

type Case = (
  title: string,
  body: (store: Store, context: TestContext, opened: OpenedStore) => Promise<void>,
) => void;

function watchCases(test: Case): void {
  test('delivers puts and deletes under the prefix, in order, from now on', async (store, context) => {
    await put(store, '/w/before', '');
    const changes = store.watch('/w/', { signal: context.signal });
    const one = await store.txn({
      then: [
        { put: '/w/1', value: 'a' },
        { put: '/x', value: 'no' },
        { put: '/w/2', value: 'b' },
      ],
    });
    await put(store, '/w', 'no');
    const two = await store.txn({ then: [{ delete: '/w/1' }, { delete: '/w/absent' }] });
    const three = await put(store, '/w/2', 'c');
    const seen = await take(changes, 4);
    assert.deepEqual(
      seen
        .slice(0, 2)
        .toSorted((a, b) => (a.key < b.key ? -1 : 1))
        .map(change => ({ ...change })),
      [
        { type: 'put', key: '/w/1', value: 'a', revision: one.revision },
        { type: 'put', key: '/w/2', value: 'b', revision: one.revision },
      ],
    );
    assert.deepEqual({ ...seen[2] }, { type: 'delete', key: '/w/1', value: '', revision: two.revision });
    assert.deepEqual({ ...seen[3] }, { type: 'put', key: '/w/2', value: 'c', revision: three.revision });
  });

  test('from a listing’s revision on, nothing is missed between list and watch', async (store, context) => {
    const total = 200;
    const writing = (async () => {
      for (let index = 0; index < total; index++) await put(store, `/gap/${index}`, String(index));
    })();
    await take(store.watch('/gap/', { from: 1, signal: context.signal }), 50);
    const { entries, revision } = await store.list({ prefix: '/gap/' });
    const rest = await take(
      store.watch('/gap/', { from: revision + 1, signal: context.signal }),
      total - entries.length,
    );
    await writing;
    assert.equal(new Set([...keysOf(entries), ...keysOf(rest)]).size, total);
    assert.deepEqual(
      rest.map(change => Number(change.value)),
      Array.from(rest, (_, index) => entries.length + index),
    );
  });

  test('from the past: every change, also of keys overwritten since', async (store, context) => {
    const first = await put(store, '/past', '0');
    for (let index = 1; index < 300; index++) await put(store, '/past', String(index));
    const seen = await take(store.watch('/past', { from: first.revision, signal: context.signal }), 300);
    assert.deepEqual(
      seen.map(change => change.value),
      Array.from({ length: 300 }, (_, index) => String(index)),
    );
    assert.ok(
      seen.every((change, index) => index === 0 || change.revision > (seen[index - 1]?.revision ?? 0)),
    );
    await assert.rejects(take(store.watch('/past', { from: 0, signal: context.signal }), 1), error =>
      hasCode(error, 'out_of_range'),
    );
  });

  test('ends without an error when its signal fires, before and amid', async store => {
    const before = AbortSignal.abort();
    assert.deepEqual(await take(store.watch('/', { signal: before }), 1), []);
    const control = new AbortController();
    const seen = take(store.watch('/', { signal: control.signal }), 100);
    await put(store, '/one', '');
    control.abort();
    assert.ok((await seen).length <= 1);
  });

  test('many watchers see the same', async (store, context) => {
    const watchers = Array.from({ length: 20 }, () =>
      take(store.watch('/m/', { signal: context.signal }), 10),
    );
    for (let index = 0; index < 10; index++) await put(store, `/m/${index}`, '');
    const all = await Promise.all(watchers);
    for (const seen of all) assert.deepEqual(keysOf(seen), keysOf(all[0] ?? []));
  });

  test('a reader that does not read is cut off with out_of_range', async (store, context) => {
    const changes = store.watch('/slow/', { signal: context.signal })[Symbol.asyncIterator]();
    const marks = store.watch('/slow/end', { signal: context.signal });
    await put(store, '/slow/first', '');
    assert.equal((await changes.next()).value?.key, '/slow/first');
    for (let round = 0; round < 90; round++)
      await store.txn({
        then: Array.from({ length: 128 }, (_, index) => ({ put: `/slow/${index}`, value: String(round) })),
      });
    await put(store, '/slow/end', '');
    await take(marks, 1);
    const drain = async () => {
      while (!(await changes.next()).done);
    };
    await assert.rejects(drain(), error => hasCode(error, 'out_of_range'));
  });
}

function leaseCases(test: Case): void {
  test('its keys vanish when it is revoked, others stay', async (store, context) => {
    const lease = await store.grantLease(60);
    await store.txn({
      then: [
        { put: '/l/1', value: '', lease },
        { put: '/l/2', value: '', lease },
        { put: '/l/3', value: '' },
      ],
    });
    const changes = store.watch('/l/', { signal: context.signal });
    await put(store, '/l/2', 'without a lease again');
    await store.keepAlive(lease);
    await store.revokeLease(lease);
    assert.deepEqual(keysOf((await store.list({ prefix: '/l/' })).entries), ['/l/2', '/l/3']);
    const seen = await take(changes, 2);
    assert.deepEqual(
      seen.map(change => [change.type, change.key]),
      [
        ['put', '/l/2'],
        ['delete', '/l/1'],
      ],
    );
    await assert.rejects(store.keepAlive(lease), error => hasCode(error, 'not_found'));
    await store.revokeLease(lease);
  });

  test('its keys vanish when nobody keeps it alive', async (store, context) => {
    const lease = await store.grantLease(1);
    await store.txn({ then: [{ put: '/run-out', value: '', lease }] });
    const [gone] = await take(store.watch('/run-out', { signal: context.signal }), 1);
    assert.equal(gone?.type, 'delete');
    assert.equal(await store.get('/run-out'), undefined);
    await assert.rejects(store.keepAlive(lease), error => hasCode(error, 'not_found'));
  });

  test('no key can be put on a lease that has run out; the transaction writes nothing', async store => {
    const lease = await store.grantLease(60);
    await store.revokeLease(lease);
    await assert.rejects(
      store.txn({
        then: [
          { put: '/free', value: '' },
          { put: '/hung', value: '', lease },
        ],
      }),
      error => hasCode(error, 'not_found'),
    );
    assert.deepEqual(await store.getMany(['/free', '/hung']), []);
    const refused = await store.txn({
      if: [{ key: '/none', revision: 7 }],
      then: [{ put: '/hung', value: '', lease }],
    });
    assert.equal(refused.ok, false);
  });

  test('a key moves to the lease of its last put', async store => {
    const [one, two] = [await store.grantLease(60), await store.grantLease(60)];
    await store.txn({ then: [{ put: '/moves', value: '', lease: one }] });
    await store.txn({ then: [{ put: '/moves', value: '', lease: two }] });
    await store.revokeLease(one);
    assert.ok(await store.get('/moves'));
    await store.revokeLease(two);
    assert.equal(await store.get('/moves'), undefined);
  });
}
