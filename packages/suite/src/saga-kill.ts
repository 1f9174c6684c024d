/**
 * A process that can be killed at a chosen point, inside one process: its view of the store and its sagas hang for
 * ever from that point on, as a dead one's do. What its steps had under way outside is let come to an end; then its
 * leases are revoked, as they run out after a death.
 */
import { BaristaError } from '@cloud-barista/model/errors';
import type { Run, Saga, Step, StepCall } from '@cloud-barista/store/saga';
import type { LeaseId, Store } from '@cloud-barista/store/store';

/** `before` and `after` mean: it did not happen; it happened, and nobody was told. */
export type When = 'before' | 'after';
export type Point =
  | { kind: 'write'; number: number; when: When }
  | { kind: 'do' | 'undo'; step: string; when: When }
  | { kind: 'settle'; when: When };

export const pointName = (point: Point): string =>
  point.kind === 'write'
    ? `${point.when} write ${point.number}`
    : point.kind === 'settle'
      ? `${point.when} settling`
      : `${point.when} ${point.kind} of ${point.step}`;

export interface Mortal {
  store: Store;
  sagas: Saga<never>[];
  /** What it came to, in order: the points at which it can be killed. */
  readonly passed: Point[];
  /** Resolves when it is dead, nothing of it is under way any more, and its leases are gone. */
  readonly dead: Promise<void>;
}

export interface MortalOptions {
  store: Store;
  sagas: readonly Saga<never>[];
  /** Where it dies; absent: nowhere. */
  killAt?: Point | undefined;
  /** A step that fails. */
  failAt?: Extract<Point, { step: string }> | undefined;
  /** Every do and undo is run twice. */
  twice?: boolean;
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);
const same = (a: Point, b: Point | undefined) => b !== undefined && pointName(a) === pointName(b);

export function mortal({ store: real, sagas, killAt, failAt, twice = false }: MortalOptions): Mortal {
  const passed: Point[] = [];
  const leases = new Set<LeaseId>();
  const underWay = new Set<Promise<unknown>>();
  const dying = new AbortController();
  const dead = Promise.withResolvers<void>();
  let writes = 0;

  function die(): void {
    if (dying.signal.aborted) return;
    dying.abort();
    void (async () => {
      while (underWay.size > 0) await Promise.allSettled(underWay);
      for (const lease of leases) await real.revokeLease(lease);
      dead.resolve();
    })();
  }
  /** Nothing goes on where it returns a promise that never ends. */
  function pass(point: Point): Promise<never> | undefined {
    if (dying.signal.aborted) return never();
    passed.push(point);
    if (!same(point, killAt)) return undefined;
    die();
    return never();
  }
  async function living<T>(deed: () => Promise<T>): Promise<T> {
    if (dying.signal.aborted) return never();
    const work = deed();
    underWay.add(work);
    const over = () => underWay.delete(work);
    work.then(over, over);
    const result = await work;
    return dying.signal.aborted ? never() : result;
  }
  /** A deed outside, with a point on either side. */
  async function between<T>(points: (when: When) => Point, deed: () => Promise<T>): Promise<T> {
    await pass(points('before'));
    if (same(points('before'), failAt))
      throw new BaristaError('resource_exhausted', 'This step was made to fail.');
    const result = await living(deed);
    await pass(points('after'));
    if (same(points('after'), failAt))
      throw new BaristaError('resource_exhausted', 'This step was made to fail at its end.');
    return result;
  }

  const store: Store = {
    kind: real.kind,
    get: key => living(() => real.get(key)),
    getMany: keys => living(() => real.getMany(keys)),
    list: options => living(() => real.list(options)),
    count: prefix => living(() => real.count(prefix)),
    async txn(txn) {
      const number = ++writes;
      await pass({ kind: 'write', number, when: 'before' });
      const result = await living(() => real.txn(txn));
      await pass({ kind: 'write', number, when: 'after' });
      return result;
    },
    watch: (prefix, options) =>
      real.watch(prefix, { ...options, signal: AbortSignal.any([options.signal, dying.signal]) }),
    async grantLease(seconds) {
      const lease = await living(() => real.grantLease(seconds));
      leases.add(lease);
      return lease;
    },
    keepAlive: lease => living(() => real.keepAlive(lease)),
    revokeLease: lease => living(() => real.revokeLease(lease)),
    close: () => Promise.resolve(),
  };

  function wrapStep<T>(name: string, step: Step<T>): Step<T> {
    const once = async (call: StepCall) => {
      if (twice) await step.do(call);
      return step.do({ ...call, again: call.again || twice });
    };
    return {
      ...(step.group !== undefined && { group: step.group }),
      do: call =>
        between(
          when => ({ kind: 'do', step: name, when }),
          () => once(call),
        ),
      ...(step.undo && {
        undo: (call: StepCall, result: T | undefined) =>
          between(
            when => ({ kind: 'undo', step: name, when }),
            async () => {
              if (twice) await step.undo?.(call, result);
              await step.undo?.({ ...call, again: call.again || twice }, result);
            },
          ),
      }),
    };
  }
  const wrap = (saga: Saga<never>): Saga<never> => ({
    kind: saga.kind,
    target: input => saga.target(input),
    run: (run, input) => {
      const wrapped: Run = {
        id: run.id,
        signal: run.signal,
        expect: total => run.expect(total),
        note: message => run.note(message),
        step: (name, step) => run.step(name, wrapStep(name, step)),
      };
      return saga.run(wrapped, input);
    },
    ...(saga.settle && {
      settle: (input: never, outcome: Parameters<NonNullable<Saga<never>['settle']>>[1]) =>
        between<void>(
          when => ({ kind: 'settle', when }),
          async () => {
            await saga.settle?.(input, outcome);
            if (twice) await saga.settle?.(input, outcome);
          },
        ),
    }),
  });
  return { store, sagas: sagas.map(wrap), passed, dead: dead.promise };
}
