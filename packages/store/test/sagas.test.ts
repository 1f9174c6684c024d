/** The saga engine: the suite on a small saga, and each promise of the contract by itself. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { OperationEvent } from '@cloud-barista/model/operation';
import { openMemoryStore } from '@cloud-barista/store/memory';
import type { Saga, Sagas } from '@cloud-barista/store/saga';
import { openSagas, type SagasOptions } from '@cloud-barista/store/sagas';
import type { Store } from '@cloud-barista/store/store';
import { sagaSuite } from '@cloud-barista/suite/saga';
import { mortal } from '@cloud-barista/suite/saga-kill';

interface HouseInput {
  name: string;
  rooms: number;
}
/** Builds a house (one step), its rooms (beside one another), a roof: each a word in `outside`. */
function house(outside: Map<string, number>): Saga<HouseInput> {
  const ensure = async (thing: string) => {
    await Promise.resolve();
    outside.set(thing, outside.get(thing) ?? 1);
    return { thing };
  };
  const remove = async (thing: string) => {
    await Promise.resolve();
    outside.delete(thing);
  };
  const build = (thing: string) => ({ do: () => ensure(thing), undo: () => remove(thing) });
  return {
    kind: 'test.house',
    target: input => input.name,
    async run(run, { name, rooms }) {
      run.expect(rooms + 2);
      const ground = await run.step('ground', build(`${name}/ground`));
      const made = await Promise.all(
        Array.from({ length: rooms }, (_, index) =>
          run.step(`room/${index}`, { ...build(`${ground.thing}/room-${index}`), group: 'rooms' }),
        ),
      );
      const roof = await run.step('roof', build(`${made.map(room => room.thing).join('+')}/roof`));
      return { roof: roof.thing };
    },
    async settle() {
      outside.set('settled', 1);
      await Promise.resolve();
    },
  };
}

sagaSuite('a house', {
  async makeWorld() {
    const store = await openMemoryStore();
    const outside = new Map<string, number>();
    const saga = house(outside);
    return {
      store,
      sagas: [saga],
      saga,
      input: { name: 'h', rooms: 3 },
      count: () => [...outside.keys()].filter(key => key !== 'settled').toSorted(),
      check: () => assert.ok(outside.has('settled'), 'settled at its end'),
      close: () => store.close(),
    };
  },
});

const soon = () => AbortSignal.timeout(20_000);
async function withSagas(
  sagas: Saga<never>[],
  body: (sagas: Sagas, store: Store) => Promise<void>,
  options: Partial<SagasOptions> = {},
): Promise<void> {
  const store = await openMemoryStore();
  const engine = await openSagas({ store, sagas, retries: { pauseMs: 1 }, ...options });
  try {
    await engine.resume();
    await body(engine, store);
  } finally {
    await engine.close();
    await store.close();
  }
}
const simple = (kind: string, run: Saga<unknown>['run']): Saga<unknown> => ({
  kind,
  target: () => kind,
  run,
});

describe('sagas', () => {
  it('two starts with one key are one operation, at once or later; another deed may not have it', async () => {
    let runs = 0;
    const one = simple('one', run => run.step('a', { do: async () => ++runs }));
    const two = simple('two', async () => 0);
    await withSagas([one, two], async sagas => {
      const started = await Promise.all(
        Array.from({ length: 10 }, () => sagas.start(one, {}, { idempotencyKey: 'k/1 %' })),
      );
      assert.equal(new Set(started.map(operation => operation.id)).size, 1);
      const id = started[0]?.id ?? '';
      assert.equal((await sagas.wait(id, soon())).result, 1);
      assert.equal((await sagas.start(one, {}, { idempotencyKey: 'k/1 %' })).id, id);
      await assert.rejects(sagas.start(two, {}, { idempotencyKey: 'k/1 %' }), error =>
        hasCode(error, 'failed_precondition'),
      );
      assert.equal(runs, 1);
    });
  });

  it('cancel fires the signals, undoes what began, and ends undone with cancelled', async () => {
    const undone: string[] = [];
    const entered = Promise.withResolvers<void>();
    const saga = simple('wait', async run => {
      await run.step('first', {
        do: async () => 1,
        undo: async (_, result) => void undone.push(`first=${result}`),
      });
      await run.step('second', {
        do: ({ signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(new Error('stopped')));
            entered.resolve();
          }),
        undo: async (_, result) => void undone.push(`second=${String(result)}`),
      });
    });
    await withSagas([saga], async sagas => {
      const { id } = await sagas.start(saga, {});
      await entered.promise;
      await sagas.cancel(id);
      const end = await sagas.wait(id, soon());
      assert.equal(end.state, 'undone');
      assert.equal(end.error?.code, 'cancelled');
      assert.deepEqual(undone, ['second=undefined', 'first=1']);
      assert.equal((await sagas.cancel(id)).state, 'undone', 'cancelling what has ended changes nothing');
    });
  });

  it('undoes in the mirror of how it ran: what came after first, groups and what ran beside in parallel', async () => {
    const log: string[] = [];
    let now = 0;
    let most = 0;
    const thing = (name: string, group?: string) => ({
      ...(group !== undefined && { group }),
      do: async () => name,
      undo: async () => {
        most = Math.max(most, ++now);
        await new Promise(setImmediate);
        now--;
        log.push(name);
      },
    });
    const saga = simple('order', async run => {
      await run.step('net', thing('net'));
      await Promise.all(
        ['a', 'b'].map(async name => {
          await run.step(`${name}1`, thing(`${name}1`));
          await run.step(`${name}2`, thing(`${name}2`));
        }),
      );
      for (let index = 0; index < 100; index++) await run.step(`vm/${index}`, thing('vm', 'vm'));
      throw new BaristaError('resource_exhausted', 'No more room.');
    });
    await withSagas([saga], async sagas => {
      const end = await sagas.wait((await sagas.start(saga, {})).id, soon());
      assert.equal(end.state, 'undone');
      assert.equal(end.error?.message, 'No more room.');
      assert.equal(end.done, 0);
      assert.deepEqual(new Set(log.slice(0, 100)), new Set(['vm']));
      assert.equal(most, 32);
      assert.equal(log.at(-1), 'net');
      for (const name of ['a', 'b']) assert.ok(log.indexOf(`${name}2`) < log.indexOf(`${name}1`));
    });
  });

  it('an undo that fails is repeated; for good, it ends failed, names what may be left and keeps what that stands on', async () => {
    let tries = 0;
    const undone: string[] = [];
    const saga = simple('stuck', async run => {
      await run.step('net', { do: async () => 1, undo: async () => void undone.push('net') });
      await Promise.all([
        run.step('flaky', {
          do: async () => 1,
          undo: async () => {
            if (++tries < 4) throw new BaristaError('unavailable', 'Not now.');
            undone.push('flaky');
          },
        }),
        run.step('vm/1', {
          do: async () => 1,
          undo: () => Promise.reject(new BaristaError('permission_denied', 'No.')),
        }),
      ]);
      throw new Error('secret detail');
    });
    const lines: string[] = [];
    await withSagas(
      [saga],
      async sagas => {
        const end = await sagas.wait((await sagas.start(saga, {})).id, soon());
        assert.equal(end.state, 'failed');
        assert.match(end.error?.message ?? '', /failed at vm\/1: No\. .*left something: net, vm\/1\.$/);
        assert.ok(!JSON.stringify(end).includes('secret'), 'what is not ours to tell stays in the log');
        assert.deepEqual(undone, ['flaky']);
        assert.ok(lines.some(line => line.includes('secret detail')));
      },
      { log: line => lines.push(line) },
    );
  });

  it('a step’s beginning is durable before its work, and an end before the next one’s', async () => {
    const seen: unknown[] = [];
    const store = await openMemoryStore();
    const state = async (id: string) =>
      (await store.list({ prefix: `/journal/${id}/` })).entries.map(
        entry => (JSON.parse(entry.value) as { state: string }).state,
      );
    const saga = simple('durable', async run => {
      await run.step('a/1 %', { do: async () => void seen.push(await state(run.id)) });
      await run.step('b', {
        do: async () => void seen.push(await state(run.id)),
        undo: async () => void seen.push(await state(run.id)),
      });
      throw new Error('x');
    });
    const sagas = await openSagas({ store, sagas: [saga] });
    await sagas.wait((await sagas.start(saga, {})).id, soon());
    assert.deepEqual(seen, [['began'], ['done', 'began'], ['done', 'undoing']]);
    await sagas.close();
    await store.close();
  });

  it('outlives a store that is away for a while', async () => {
    const real = await openMemoryStore();
    let away = 0;
    const store: Store = {
      ...real,
      txn: async txn => {
        if (away > 0 && away-- > 0) throw new BaristaError('unavailable', 'Away.');
        const result = await real.txn(txn);
        // Written, and the answer lost.
        if (away++ > 100) throw new BaristaError('unavailable', 'Away.');
        return result;
      },
    };
    let runs = 0;
    const saga = simple('away', async run => {
      await run.step('a', {
        do: async () => {
          away = 3;
          return ++runs;
        },
      });
      await run.step('b', { do: async () => ++runs });
      return runs;
    });
    const sagas = await openSagas({ store, sagas: [saga] });
    assert.equal((await sagas.wait((await sagas.start(saga, {})).id, soon())).result, 2);
    await sagas.close();
    await real.close();
  });

  it('a cancel holds over a crash: the successor undoes what it learns from the saga, and does nothing', async () => {
    const calls: string[] = [];
    const entered = Promise.withResolvers<void>();
    const saga = simple('cancelled', async run => {
      const one = await run.step('one', {
        do: async () => (calls.push('one'), 'made'),
        undo: async (_, result) => void calls.push(`undo one ${result}`),
      });
      await Promise.all([
        run.step('stuck', {
          do: ({ signal }) =>
            new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('x')))),
          undo: async (_, result) => void calls.push(`undo stuck ${String(result)}`),
        }),
        (async () => {
          await run.step('two', {
            do: async () => (calls.push(`two ${one}`), 2),
            undo: async (_, result) => void calls.push(`undo two ${result}`),
          });
          entered.resolve();
        })(),
      ]);
    });
    const store = await openMemoryStore();
    const first = await openSagas({ store, sagas: [saga] });
    const { id } = await first.start(saga, {});
    await entered.promise;
    const other = await openSagas({ store, sagas: [saga] });
    await first.close();
    await other.cancel(id);
    await other.resume();
    const end = await other.wait(id, soon());
    assert.deepEqual([end.state, end.error?.code], ['undone', 'cancelled']);
    assert.deepEqual(calls.slice(0, 2), ['one', 'two made']);
    assert.deepEqual(calls.slice(2, 4).toSorted(), ['undo stuck undefined', 'undo two 2']);
    assert.deepEqual(calls.slice(4), ['undo one made']);
    await other.close();
    await store.close();
  });

  it('a death in settling: it is settled again with the same outcome, and the saga is not called again', async () => {
    const store = await openMemoryStore();
    let runs = 0;
    const outcomes: string[] = [];
    const saga: Saga<unknown> = {
      ...simple('settles', async run => {
        runs++;
        return run.step('a', { do: async () => 7 });
      }),
      settle: async (_, outcome) => void outcomes.push(`${outcome.state} ${String(outcome.result)}`),
    };
    const first = mortal({ store, sagas: [saga], killAt: { kind: 'settle', when: 'after' } });
    const dying = await openSagas(first);
    const { id } = await dying.start(saga, {});
    await first.dead;
    const second = await openSagas({ store, sagas: [saga] });
    assert.equal(await second.resume(), 1);
    assert.equal((await second.wait(id, soon())).result, 7);
    assert.deepEqual([runs, outcomes], [1, ['succeeded 7', 'succeeded 7']]);
    await second.close();
    await store.close();
  });

  it('a saga that names two steps alike fails with internal, naming it', async () => {
    const saga = simple('twins', async run => {
      await run.step('a', { do: async () => 1 });
      await run.step('a', { do: async () => 2 });
    });
    await withSagas([saga], async sagas => {
      const end = await sagas.wait((await sagas.start(saga, {})).id, soon());
      assert.equal(end.error?.code, 'internal');
      assert.match(end.error?.message ?? '', /"a" twice/);
    });
  });

  it('close lets go amid a step; the next engine runs that one again and none of the ended', async () => {
    const calls: string[] = [];
    const entered = Promise.withResolvers<void>();
    const saga = simple('pause', async run => {
      const one = await run.step('one', {
        do: async ({ again }) => (calls.push(`one ${again}`), { list: [1, { a: 'b' }], none: null }),
      });
      const two = await run.step('two', {
        do: ({ signal, again }) => {
          calls.push(`two ${again}`);
          entered.resolve();
          if (again) return Promise.resolve('two');
          return new Promise<string>((_, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason as Error)),
          );
        },
      });
      return { one, two };
    });
    const store = await openMemoryStore();
    const first = await openSagas({ store, sagas: [saga] });
    const { id } = await first.start(saga, {});
    await entered.promise;
    await first.close();
    assert.equal(
      (JSON.parse((await store.get(`/operations/${id}`))?.value ?? '') as { state: string }).state,
      'running',
    );
    const second = await openSagas({ store, sagas: [saga] });
    assert.equal(await second.resume(), 1);
    const end = await second.wait(id, soon());
    assert.deepEqual(end.result, { one: { list: [1, { a: 'b' }], none: null }, two: 'two' });
    assert.deepEqual(calls, ['one false', 'two false', 'two true']);
    assert.equal(await second.resume(), 0);
    await second.close();
    await store.close();
  });

  it('a failure that the saga swallowed is replayed as it was', async () => {
    const seen: string[] = [];
    const gate = Promise.withResolvers<void>();
    const saga = simple('swallow', async run => {
      const first = await run
        .step('may-fail', {
          do: () => Promise.reject(new BaristaError('resource_exhausted', 'Full.', { cause: 'NoRoom' })),
        })
        .catch((error: unknown) =>
          error instanceof BaristaError ? `${error.code} ${error.message} ${error.vendorCode}` : '?',
        );
      seen.push(first);
      await run.step('wait', {
        do: ({ again, signal }) => {
          gate.resolve();
          return again
            ? Promise.resolve()
            : new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('x'))));
        },
      });
      return first;
    });
    const store = await openMemoryStore();
    const first = await openSagas({ store, sagas: [saga] });
    const { id } = await first.start(saga, {});
    await gate.promise;
    await first.close();
    const second = await openSagas({ store, sagas: [saga] });
    await second.resume();
    const end = await second.wait(id, soon());
    assert.equal(end.state, 'succeeded');
    assert.deepEqual(seen, ['resource_exhausted Full. NoRoom', 'resource_exhausted Full. NoRoom']);
    assert.deepEqual([end.done, end.total], [1, 2]);
    await second.close();
    await store.close();
  });

  it('of several engines on one store each operation runs in one; an owner that lost its lease is taken over and fenced off', async () => {
    const store = await openMemoryStore();
    const leases: string[] = [];
    // The first one's lease runs out behind its back.
    const deaf: Store = {
      ...store,
      keepAlive: async () => undefined,
      grantLease: async seconds => {
        const lease = await store.grantLease(seconds);
        leases.push(lease);
        return lease;
      },
    };
    const ran: string[] = [];
    const gate = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    const saga = (engine: string) =>
      simple('shared', async run => {
        await run.step('one', {
          do: async () => {
            ran.push(`one ${engine}`);
            if (engine !== 'a') return;
            entered.resolve();
            await gate.promise;
          },
        });
        await run.step('two', { do: async () => void ran.push(`two ${engine}`) });
        return engine;
      });
    const lines: string[] = [];
    const a = await openSagas({ store: deaf, sagas: [saga('a')], log: line => lines.push(line) });
    const b = await openSagas({ store, sagas: [saga('b')] });
    const { id } = await a.start(saga('a'), {});
    await entered.promise;
    assert.equal(await b.resume(), 0, 'it has an owner');
    const waitingAtB = b.wait(id, soon());
    for (const lease of leases) await store.revokeLease(lease);
    assert.equal(await b.resume(), 1);
    assert.equal((await waitingAtB).result, 'b');
    gate.resolve();
    assert.equal((await a.wait(id, soon())).result, 'b', 'the old owner learns of it');
    assert.deepEqual(ran, ['one a', 'one b', 'two b']);
    assert.equal((await b.get(id)).state, 'succeeded');
    await a.close();
    await b.close();
    await store.close();
  });

  it('a cancel at one engine reaches the one that runs it', async () => {
    const store = await openMemoryStore();
    const entered = Promise.withResolvers<void>();
    const saga = simple('far', run =>
      run.step('s', {
        do: ({ signal }) => {
          entered.resolve();
          return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('x'))));
        },
      }),
    );
    const [a, b] = [await openSagas({ store, sagas: [saga] }), await openSagas({ store, sagas: [saga] })];
    await a.resume();
    const { id } = await a.start(saga, {});
    await entered.promise;
    await b.cancel(id);
    assert.equal((await b.wait(id, soon())).state, 'undone');
    await a.close();
    await b.close();
    await store.close();
  });

  it('events come live and end with the operation; of an ended one none; of an unknown one not_found', async () => {
    const gate = Promise.withResolvers<void>();
    const saga = simple('events', async run => {
      run.expect(2);
      await run.step('a', { do: () => gate.promise });
      run.note('half way');
      await run.step('b', { do: async () => 1 });
    });
    await withSagas([saga], async sagas => {
      const { id } = await sagas.start(saga, {});
      const collect = async () => {
        const seen: OperationEvent[] = [];
        for await (const event of sagas.events(id, soon())) seen.push(event);
        return seen.map(({ step, state, done, total }) => `${step} ${state} ${done}/${total}`);
      };
      const live = collect();
      gate.resolve();
      const seen = await live;
      assert.deepEqual(seen.slice(-5), [
        'a done 1/2',
        ' note 1/2',
        'b started 1/2',
        'b done 2/2',
        ' done 2/2',
      ]);
      assert.deepEqual(await collect(), []);
      await assert.rejects(sagas.get('op_none'), error => hasCode(error, 'not_found'));
      await assert.rejects(sagas.wait('op_none', soon()), error => hasCode(error, 'not_found'));
    });
  });

  it('ended operations beyond the newest are forgotten, with their journals and keys; pages go through the rest', async () => {
    const saga = simple('many', async run => {
      await run.step('a', { do: async () => 1 });
      throw new Error('x');
    });
    const store = await openMemoryStore();
    const engine = await openSagas({ store, sagas: [saga], keep: 10 });
    await engine.resume();
    const ids: string[] = [];
    for (let index = 0; index < 30; index++) {
      const { id } = await engine.start(saga, {}, { idempotencyKey: String(index) });
      await engine.wait(id, soon());
      ids.push(id);
    }
    await engine.close();
    const kept = ids.toSorted().slice(-10);
    const again = await openSagas({ store, sagas: [saga], keep: 10 });
    await again.resume();
    await again.close();
    const reader = await openSagas({ store, sagas: [saga], keep: 10 });
    const seen: string[] = [];
    for (let cursor: string | undefined; ; ) {
      const page = await reader.page({ cursor, limit: 3 });
      seen.push(...page.items.map(item => item.id));
      cursor = page.next;
      if (cursor === undefined) break;
    }
    assert.deepEqual(seen, kept);
    assert.equal(await store.count('/idempotency/'), 10);
    assert.equal(await store.count('/journal/'), 0);
    assert.equal(await store.count('/runs/'), 0);
    await reader.close();
    await store.close();
  });

  it('a thousand steps at once: few writes of the operation, exact at the end, the journal removed', async () => {
    const saga = simple('wide', async run => {
      await Promise.all(
        Array.from({ length: 1000 }, (_, index) => run.step(`vm/${index}`, { do: async () => ({ index }) })),
      );
    });
    const store = await openMemoryStore();
    const engine = await openSagas({ store, sagas: [saga] });
    const stop = new AbortController();
    let progress = 0;
    const watching = (async () => {
      for await (const change of store.watch('/operations/', { signal: stop.signal }))
        if (change.key) progress++;
    })();
    const { id } = await engine.start(saga, {});
    const end = await engine.wait(id, soon());
    assert.deepEqual([end.state, end.done, end.total], ['succeeded', 1000, 1000]);
    await engine.close();
    stop.abort();
    await watching;
    assert.ok(progress < 50, `${progress} writes`);
    const next = await openSagas({ store, sagas: [saga] });
    await next.resume();
    await next.close();
    assert.equal(await store.count('/journal/'), 0);
    assert.equal(await store.count('/runs/'), 0);
    await store.close();
  });
});
