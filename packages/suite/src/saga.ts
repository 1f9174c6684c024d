/**
 * The judge of sagas: any saga, in any world that can be made anew and counted. Each step fails in turn and nothing is
 * left; each step runs twice and nothing is doubled; the process dies at every write and at both sides of every step,
 * undo and settling, and its successor finishes or undoes.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Operation } from '@cloud-barista/model/operation';
import type { Saga, Sagas } from '@cloud-barista/store/saga';
import { openSagas } from '@cloud-barista/store/sagas';
import type { Store } from '@cloud-barista/store/store';
import { type Mortal, mortal, type MortalOptions, type Point, pointName } from './saga-kill.ts';

export interface SagaWorld<Input> {
  store: Store;
  /** All that are registered. */
  sagas: readonly Saga<never>[];
  /** The one that is judged, and what it is started with. */
  saga: Saga<Input>;
  input: Input;
  /** What stands outside: compared as a whole, so the more it tells the more is judged. */
  count(): unknown;
  /** Looks at whatever else must hold at the end; throws where it does not. */
  check?(operation: Operation): void | Promise<void>;
  close(): Promise<void>;
}

export interface SagaSuiteOptions<Input> {
  makeWorld(): Promise<SagaWorld<Input>>;
  /** False for a saga that keeps what stands when a step fails (a deletion has no undo). Its failures are then only asked to end. */
  undoes?: boolean;
  /** Leaves out points, where there are too many of a kind. */
  judge?: (point: Point) => boolean;
}

const retries = { pauseMs: 1 };

async function engine(world: { store: Store; sagas: readonly Saga<never>[] }): Promise<Sagas> {
  return openSagas({ store: world.store, sagas: world.sagas, retries });
}

export interface Outcome {
  /** Absent where it died before the start was journaled. */
  operation: Operation | undefined;
  before: unknown;
  after: unknown;
  passed: Point[];
}

/** Runs the saga in a fresh world to its end, through a death and a successor where `killAt` names one. */
export async function live<Input>(
  options: SagaSuiteOptions<Input>,
  fate: Pick<MortalOptions, 'killAt' | 'failAt' | 'twice'>,
): Promise<Outcome> {
  const world = await options.makeWorld();
  const signal = AbortSignal.timeout(30_000);
  try {
    const before = await world.count();
    const first: Mortal = mortal({ ...world, ...fate });
    // The first process may die while it opens.
    const life = (async () => {
      const sagas = await engine(first);
      await sagas.resume();
      const { id } = await sagas.start(world.saga, world.input);
      const operation = await sagas.wait(id, signal);
      await sagas.close();
      return operation;
    })();
    let operation = await Promise.race([life, first.dead.then(() => undefined)]);
    if (!operation) {
      // Its fate is done: the second one meets the same failing step, and no death.
      const second = mortal({ ...world, failAt: fate.failAt, twice: fate.twice ?? false });
      const sagas = await engine(second);
      await sagas.resume();
      const { items } = await sagas.page({ limit: 10 });
      assert.ok(items.length <= 1, 'one start, one operation');
      operation = items[0] && (await sagas.wait(items[0].id, signal));
      await sagas.close();
      assert.deepEqual(
        (await world.store.list({ prefix: '/owners/' })).entries,
        [],
        'nobody owns what has ended',
      );
      assert.deepEqual((await world.store.list({ prefix: '/runs/' })).entries, [], 'nothing is left to do');
    }
    if (operation) {
      assert.ok(['succeeded', 'undone', 'failed'].includes(operation.state), `it ends: ${operation.state}`);
      await world.check?.(operation);
    }
    return { operation, before, after: await world.count(), passed: first.passed };
  } finally {
    await world.close();
  }
}

/** All points that the saga passes in a run, here with the failing step. */
export async function killPoints<Input>(
  options: SagaSuiteOptions<Input>,
  failAt?: MortalOptions['failAt'],
): Promise<Point[]> {
  const { passed } = await live(options, { failAt });
  return passed.filter(point => options.judge?.(point) ?? true);
}

const doings = (points: Point[]) =>
  points.flatMap(point => (point.kind === 'do' && point.when === 'before' ? [point] : []));

export function sagaSuite<Input>(name: string, options: SagaSuiteOptions<Input>): void {
  const { undoes = true } = options;

  function judged({ operation, before, after }: Outcome, success: unknown, where: string): void {
    if (!operation) assert.deepEqual(after, before, `${where}: never started, nothing made`);
    else if (operation.state === 'succeeded')
      assert.deepEqual(after, success, `${where}: finished, nothing doubled`);
    else if (undoes) {
      assert.equal(operation.state, 'undone', `${where}: ${operation.error?.message}`);
      assert.deepEqual(after, before, `${where}: undone, nothing left`);
    }
  }

  describe(`${name}: the saga suite`, { timeout: 300_000 }, () => {
    it('fails each step in turn, and nothing is left', async () => {
      const good = await live(options, {});
      assert.equal(good.operation?.state, 'succeeded', good.operation?.error?.message);
      assert.equal(good.operation?.done, good.operation?.total);
      for (const point of doings(good.passed))
        for (const when of ['before', 'after'] as const) {
          const failAt = { ...point, when };
          judged(await live(options, { failAt }), good.after, `failing ${pointName(failAt)}`);
        }
    });

    it('runs each step, undo and settling twice, and nothing is doubled', async () => {
      const good = await live(options, {});
      const twice = await live(options, { twice: true });
      assert.equal(twice.operation?.state, 'succeeded', twice.operation?.error?.message);
      assert.deepEqual(twice.after, good.after);
      const failAt = doings(good.passed).at(-1);
      if (failAt)
        judged(
          await live(options, { twice: true, failAt: { ...failAt, when: 'after' } }),
          good.after,
          'undone twice',
        );
    });

    it('dies at every point of its way forward, and is finished or undone', async () => {
      const good = await live(options, {});
      for (const killAt of await killPoints(options))
        judged(await live(options, { killAt }), good.after, `killed ${pointName(killAt)}`);
    });

    it('dies at every point of its way back, and nothing is left', async () => {
      const good = await live(options, {});
      const last = doings(good.passed).at(-1);
      if (!last) return;
      const failAt = { ...last, when: 'after' as const };
      for (const killAt of await killPoints(options, failAt))
        judged(
          await live(options, { failAt, killAt }),
          good.after,
          `failed, and killed ${pointName(killAt)}`,
        );
    });
  });
}
