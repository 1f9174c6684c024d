/** The etcd backend: the store suite on an etcd of its own, and what only a network can do. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { hasCode } from '@cloud-barista/model/errors';
import { openEtcdStore } from '@cloud-barista/store/etcd';
import { openStore } from '@cloud-barista/store/open';
import type { Saga } from '@cloud-barista/store/saga';
import { openSagas } from '@cloud-barista/store/sagas';
import { storeSuite, take } from '@cloud-barista/suite/store';
import { type EtcdServer, etcdMissing, startEtcd } from './etcd-server.ts';

const soon = () => AbortSignal.timeout(20_000);
const missing = etcdMissing();
if (missing !== undefined && process.env['CI'] === 'true') throw new Error(missing);

describe('etcd', { skip: missing ?? false }, () => {
  let server: EtcdServer;
  let spaces = 0;
  before(async () => {
    server = await startEtcd();
  });
  after(() => server.stop());

  storeSuite('etcd', async () => {
    const options = { endpoints: [server.endpoint], prefix: `/space${spaces++}` };
    let store = await openEtcdStore(options);
    return {
      store,
      async reopen() {
        await store.close();
        store = await openEtcdStore(options);
        return store;
      },
      close: () => store.close(),
    };
  });

  it('takes the whole key space where it has no prefix, and only its own where it has one', async () => {
    const [all, one] = [
      await openStore(server.endpoint.replace('http', 'etcd')),
      await openStore(`${server.endpoint.replace('http', 'etcd')}/one`),
    ];
    await one.txn({ then: [{ put: '/x', value: '1' }] });
    assert.equal((await all.get('/one/x'))?.value, '1');
    assert.ok((await all.list({ prefix: '', limit: 3 })).entries.length > 0);
    assert.deepEqual(
      (await one.list({ prefix: '' })).entries.map(entry => entry.key),
      ['/x'],
    );
    assert.equal(await one.count(''), 1);
    await all.close();
    await one.close();
  });

  it('a compacted revision is out_of_range; lists and later watches go on', async () => {
    const store = await openEtcdStore({ endpoints: [server.endpoint], prefix: '/compacted' });
    const first = await store.txn({ then: [{ put: '/a', value: '1' }] });
    await store.txn({ then: [{ put: '/a', value: '2' }] });
    const { revision } = await store.list({ prefix: '/' });
    const answer = await fetch(`${server.endpoint}/v3/kv/compaction`, {
      method: 'POST',
      body: JSON.stringify({ revision: String(revision) }),
    });
    assert.equal(answer.status, 200);
    await assert.rejects(take(store.watch('/', { from: first.revision, signal: soon() }), 1), error =>
      hasCode(error, 'out_of_range'),
    );
    await store.txn({ then: [{ put: '/a', value: '3' }] });
    assert.equal((await take(store.watch('/', { from: revision + 1, signal: soon() }), 1))[0]?.value, '3');
    await store.close();
  });

  it('where nobody answers it is unavailable, naming the endpoint; the next endpoint is tried', async () => {
    const closed = 'http://127.0.0.1:1';
    await assert.rejects(
      openEtcdStore({ endpoints: [closed] }),
      error => hasCode(error, 'unavailable') && error.message.includes(closed),
    );
    const store = await openEtcdStore({ endpoints: [closed, server.endpoint], prefix: '/second' });
    await store.txn({ then: [{ put: '/a', value: '1' }] });
    assert.equal((await store.get('/a'))?.value, '1');
    await store.close();
  });

  it('a watch outlives the death of its etcd and misses nothing; meanwhile calls are unavailable', async () => {
    const own = await startEtcd();
    try {
      const store = await openEtcdStore({ endpoints: [own.endpoint], prefix: '/outage' });
      const changes = store.watch('/', { signal: soon() })[Symbol.asyncIterator]();
      await store.txn({ then: [{ put: '/1', value: '' }] });
      assert.equal((await changes.next()).value?.key, '/1');
      await own.kill();
      await assert.rejects(store.txn({ then: [{ put: '/lost', value: '' }] }), error =>
        hasCode(error, 'unavailable'),
      );
      await assert.rejects(
        store.get('/1'),
        error => hasCode(error, 'unavailable') && error.message.includes(own.endpoint),
      );
      await own.start();
      await store.txn({ then: [{ put: '/2', value: '' }] });
      await store.txn({ then: [{ put: '/3', value: '' }] });
      assert.equal((await changes.next()).value?.key, '/2');
      assert.equal((await changes.next()).value?.key, '/3');
      await store.close();
      assert.equal((await changes.next()).done, true);
    } finally {
      await own.stop();
    }
  });

  it('asks for a user and password where etcd wants them', async () => {
    const own = await startEtcd();
    const post = async (path: string, body: object) =>
      assert.equal(
        (await fetch(own.endpoint + path, { method: 'POST', body: JSON.stringify(body) })).status,
        200,
        path,
      );
    try {
      await post('/v3/auth/user/add', { name: 'root', password: 'pass/word' });
      await post('/v3/auth/role/add', { name: 'root' });
      await post('/v3/auth/user/grant', { user: 'root', role: 'root' });
      await post('/v3/auth/enable', {});
      const host = own.endpoint.slice('http://'.length);
      const store = await openStore(`etcd://root:pass%2Fword@${host}/in`);
      await store.txn({ then: [{ put: '/a', value: '1' }] });
      assert.equal((await take(store.watch('/', { from: 1, signal: soon() }), 1))[0]?.value, '1');
      await store.close();
      await assert.rejects(openStore(`etcd://root:wrong@${host}/in`), error => {
        assert.ok(hasCode(error, 'invalid_argument', 'unauthenticated'), String(error));
        return !error.message.includes('wrong');
      });
    } finally {
      await own.stop();
    }
  });

  it('runs sagas of two servers, each operation once; a dead server’s are taken up', async () => {
    const options = { endpoints: [server.endpoint], prefix: '/sagas' };
    const [one, two] = [await openEtcdStore(options), await openEtcdStore(options)];
    const ran: string[] = [];
    const gate = Promise.withResolvers<void>();
    const sagaOf = (where: string): Saga<{ name: string }> => ({
      kind: 'etcd.test',
      target: input => input.name,
      run: async (run, input) => {
        await Promise.all(
          Array.from({ length: 20 }, (_, index) => run.step(`s/${index}`, { do: async () => index })),
        );
        await run.step('last', {
          do: async () => {
            ran.push(`${input.name} ${where}`);
            if (where === 'one') await gate.promise;
          },
        });
      },
    });
    const first = await openSagas({ store: one, sagas: [sagaOf('one')], leaseSeconds: 2 });
    const { id } = await first.start(sagaOf('one'), { name: 'x' });
    while (ran.length === 0) await new Promise(setImmediate);
    // Its death: no more keepAlive, nothing revoked.
    await one.close();
    const second = await openSagas({ store: two, sagas: [sagaOf('two')], leaseSeconds: 2 });
    await second.resume();
    assert.equal((await second.wait(id, soon())).state, 'succeeded');
    assert.deepEqual(ran, ['x one', 'x two']);
    gate.resolve();
    await first.close();
    await second.close();
    await two.close();
  });
});
