/**
 * One operation's way from where its journal stands to its end: forward through its saga, or back through what began;
 * then its records are settled. Whatever is asked of it after it was abandoned (the process closes, or another one
 * has taken it up) does nothing.
 */
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { BaristaError, type ErrorBody, fromErrorBody, toBaristaError } from '@cloud-barista/model/errors';
import type { OperationId } from '@cloud-barista/model/ids';
import type { Operation, OperationEvent } from '@cloud-barista/model/operation';
import { maxTxnBytes, sizeOf } from './keys.ts';
import type { Journal } from './saga-journal.ts';
import { at, type Outcome, put, type RunRecord, type StepRecord } from './saga-records.ts';
import type { Run, Saga, Step } from './saga.ts';
import { undoAll } from './saga-undo.ts';
import type { Write } from './store.ts';

/** The operation's record follows its progress so far behind at most, and is written so often at most. */
const progressMs = 250;
/** How long a replay may take to come to every step that its journal knows. */
const replayMs = 10_000;
/** A journal of up to so many steps is removed in the very transaction that ends the operation. */
export const smallJournal = 100;

export interface Retries {
  /** The first pause; each next is twice as long, up to 50 times. */
  pauseMs: number;
  /** Attempts of an undo or a settling that fails with a retryable code, and with another one. */
  retryable: number;
  other: number;
}

export interface Conducted {
  /** As it stands now. */
  operation(): Operation;
  /** Resolves at the end; with undefined when it was abandoned and none of its steps is under way any more. */
  readonly ended: Promise<Operation | undefined>;
  cancel(): void;
  abandon(reason: BaristaError): void;
}

export interface Conduct {
  saga: Saga<unknown>;
  record: RunRecord;
  operation: Operation;
  steps: StepRecord[];
  cancelled: boolean;
  journal: Journal;
  now: () => number;
  emit: (event: OperationEvent) => void;
  log: (line: string) => void;
  retries: Retries;
}

const clone = <T>(value: T): T => structuredClone(value);
const cancelledError = () => new BaristaError('cancelled', 'The operation was cancelled.');

/** What the journal says of a step's end; undefined where it has none. */
function ending<T>(known: StepRecord | undefined): Promise<T> | undefined {
  if (known?.ended === undefined) return undefined;
  return known.error ? Promise.reject(fromErrorBody(known.error)) : Promise.resolve(clone(known.result) as T);
}

export function conduct({
  saga,
  operation,
  steps,
  journal,
  now,
  emit,
  log,
  retries,
  ...start
}: Conduct): Conducted {
  const id = operation.id as OperationId;
  const records = new Map(steps.map(record => [record.name, record]));
  const undos = new Map<string, Step<unknown>['undo']>();
  const called = new Set<string>();
  const underWay = new Set<Promise<unknown>>();
  const forwardControl = new AbortController();
  const backwardControl = new AbortController();
  const gone = Promise.withResolvers<never>();
  gone.promise.catch(() => undefined);
  const cancelling = Promise.withResolvers<never>();
  cancelling.promise.catch(() => undefined);
  let { record } = start;
  let counter = Math.max(0, ...steps.map(step => Math.max(step.began, step.ended ?? 0)));
  let expected = 0;
  let stopped: BaristaError | undefined;
  let abandoned: BaristaError | undefined;
  let progress: NodeJS.Timeout | undefined;
  let over = false;

  // The record of it may be older than the journal.
  operation.done = steps.filter(
    step => step.ended !== undefined && !step.error && step.state !== 'undone',
  ).length;
  operation.total = Math.max(operation.total, steps.length);

  const time = () => new Date(now()).toISOString();
  const putStep = (step: StepRecord) => put(at.step(id, step.name), step);
  /** Later writes come behind it, so nobody has to wait for it; a failure is reported by `abandon`. */
  const writeBehind = (writes: Write[]) => void journal.write(writes).catch(() => undefined);
  function report(step: string, state: OperationEvent['state'], message: string): void {
    operation.total = Math.max(expected, records.size, operation.total);
    operation.message = message;
    operation.updated = time();
    emit({ step, state, message, time: operation.updated, done: operation.done, total: operation.total });
    if (over) return;
    progress ??= setTimeout(() => {
      progress = undefined;
      writeBehind([put(at.operation(id), operation)]);
    }, progressMs).unref();
  }
  function failureOf(error: unknown, where: string): BaristaError {
    const failure = toBaristaError(error);
    if (failure.operator !== undefined) log(`operation ${id}, ${where}: ${failure.operator}`);
    return failure;
  }
  function track<T>(work: Promise<T>): Promise<T> {
    underWay.add(work);
    const over = () => underWay.delete(work);
    work.then(over, over);
    return work;
  }

  async function perform<T>(name: string, step: Step<T>, known: StepRecord | undefined): Promise<T> {
    const mine: StepRecord = known ?? {
      name,
      state: 'began',
      began: ++counter,
      ...(step.group !== undefined && { group: step.group }),
    };
    records.set(name, mine);
    if (!known) await journal.write([putStep(mine)]);
    if (stopped) throw stopped;
    report(name, 'started', name);
    try {
      const result = await step.do({ signal: forwardControl.signal, again: known !== undefined });
      const text = JSON.stringify(result) as string | undefined;
      if (text !== undefined && sizeOf(text) > maxTxnBytes / 2)
        throw new BaristaError('internal', `The result of the step ${name} is too large for the journal.`);
      if (abandoned) throw abandoned;
      mine.state = 'done';
      mine.ended = ++counter;
      if (text !== undefined) mine.result = JSON.parse(text);
      operation.done++;
      writeBehind([putStep(mine)]);
      report(name, 'done', name);
      return clone(mine.result) as T;
    } catch (error) {
      if (abandoned) throw abandoned;
      const failure = failureOf(error, `step ${name}`);
      mine.state = 'failed';
      mine.ended = ++counter;
      mine.error = failure.toJSON();
      writeBehind([putStep(mine)]);
      report(name, 'failed', `${name}: ${failure.message}`);
      throw failure;
    }
  }
  const run: Run = {
    id,
    signal: forwardControl.signal,
    step<T>(name: string, step: Step<T>): Promise<T> {
      if (stopped) return Promise.reject(stopped);
      if (called.has(name))
        return Promise.reject(
          new BaristaError(
            'internal',
            `The saga ${saga.kind} calls the step ${JSON.stringify(name)} twice in one run.`,
            {
              next: 'Report it: each step of a saga needs a name of its own.',
              where: name,
            },
          ),
        );
      called.add(name);
      undos.set(name, step.undo?.bind(step));
      const known = records.get(name);
      return ending<T>(known) ?? track(perform(name, step, known));
    },
    expect(total) {
      expected = total;
      operation.total = Math.max(total, records.size);
    },
    note(message) {
      if (!stopped) report('', 'note', message);
    },
  };

  /** Its result, or why it is to be undone. */
  async function forward(): Promise<{ result: unknown } | { error: ErrorBody }> {
    try {
      const result = await Promise.race([
        Promise.resolve().then(() => saga.run(run, clone(record.input))),
        cancelling.promise,
        gone.promise,
      ]);
      if (!stopped) return { result: result === undefined ? undefined : JSON.parse(JSON.stringify(result)) };
      return { error: stopped.toJSON() };
    } catch (error) {
      if (abandoned) throw abandoned;
      const failure = failureOf(error, 'saga');
      stopped ??= new BaristaError('cancelled', 'The operation has failed and is being undone.');
      forwardControl.abort(stopped);
      // No step may be undone while it is still being done.
      while (underWay.size > 0) await Promise.race([Promise.allSettled(underWay), gone.promise]);
      return { error: failure.toJSON() };
    }
  }

  /** Calls the saga once more, with the journal's results and no deeds, to learn how the steps of an earlier process are undone. */
  async function learnUndos(): Promise<void> {
    const wanted = new Set([...records.keys()].filter(name => !undos.has(name)));
    if (wanted.size === 0) return;
    const complete = Promise.withResolvers<void>();
    const replay: Run = {
      ...run,
      signal: backwardControl.signal,
      step<T>(name: string, step: Step<T>): Promise<T> {
        if (!undos.has(name)) undos.set(name, step.undo?.bind(step));
        wanted.delete(name);
        if (wanted.size === 0) complete.resolve();
        // What had no end then has none now: the saga stands still there, as it did.
        return ending<T>(records.get(name)) ?? new Promise<T>(() => undefined);
      },
      expect: () => undefined,
      note: () => undefined,
    };
    async function settled(): Promise<void> {
      // Branches that run beside the one that ended it still have to come to their steps.
      for (let turns = 0; turns < 50; turns++) await turn();
      complete.resolve();
    }
    const limit = setTimeout(complete.resolve, replayMs);
    Promise.resolve()
      .then(() => saga.run(replay, clone(record.input)))
      .then(settled, settled);
    await Promise.race([complete.promise, gone.promise]).finally(() => clearTimeout(limit));
  }

  async function patiently(
    deed: (attempt: number) => Promise<void>,
    where: string,
  ): Promise<BaristaError | undefined> {
    for (
      let attempt = 1, pause = retries.pauseMs;
      ;
      attempt++, pause = Math.min(pause * 2, retries.pauseMs * 50)
    )
      try {
        if (abandoned) throw abandoned;
        await deed(attempt);
        return undefined;
      } catch (error) {
        if (abandoned) throw abandoned;
        const failure = failureOf(error, where);
        if (attempt >= (failure.retryable ? retries.retryable : retries.other)) return failure;
        const wait = failure.retryAfterMs ?? pause;
        await sleep(wait, undefined, { signal: backwardControl.signal }).catch(() => undefined);
        if (abandoned) throw abandoned;
      }
  }

  async function backward(error: ErrorBody): Promise<Outcome> {
    await learnUndos();
    const failures = new Map<string, BaristaError>();
    const standing = [...records.values()].filter(step => step.state !== 'undone');
    for (const step of standing)
      if (!undos.has(step.name))
        failures.set(step.name, new BaristaError('internal', 'The saga did not come to this step again.'));
    async function undoOne(step: StepRecord): Promise<boolean> {
      if (failures.has(step.name)) return false;
      const undo = undos.get(step.name);
      const before = step.state === 'undoing';
      if (!before) {
        step.state = 'undoing';
        await journal.write([putStep(step)]);
      }
      const failure = await patiently(
        attempt =>
          undo?.({ signal: backwardControl.signal, again: before || attempt > 1 }, clone(step.result)) ??
          Promise.resolve(),
        `undo of step ${step.name}`,
      );
      if (abandoned) throw abandoned;
      if (failure) {
        failures.set(step.name, failure);
        report(step.name, 'failed', `Undoing ${step.name}: ${failure.message}`);
        return false;
      }
      step.state = 'undone';
      if (step.ended !== undefined && !step.error) operation.done--;
      writeBehind([putStep(step)]);
      report(step.name, 'undone', `Undone: ${step.name}`);
      return true;
    }
    // A step without an undo leaves nothing behind and holds nothing up.
    const idle = standing.filter(step => undos.has(step.name) && !undos.get(step.name));
    for (const step of idle) if (step.ended !== undefined && !step.error) operation.done--;
    const left = await undoAll(
      standing.filter(step => !idle.includes(step)),
      step => track(undoOne(step)),
    );
    if (left.length === 0) return { state: 'undone', error };
    const names = left.map(step => step.name);
    const [first] = failures;
    const list =
      names.length > 10 ? `${names.slice(0, 10).join(', ')} and ${names.length - 10} more` : names.join(', ');
    return {
      state: 'failed',
      error: {
        ...error,
        message: `${error.message} Undoing it failed${first ? ` at ${first[0]}: ${first[1].message}` : ''} These steps may have left something: ${list}.`,
        next: first?.[1].next ?? 'Remove by hand what these steps made, then try again.',
      },
    };
  }

  async function settle(outcome: Outcome): Promise<Outcome> {
    if (!saga.settle) return outcome;
    if (record.phase !== 'settling') {
      record = { ...record, phase: 'settling', outcome };
      await journal.write([put(at.run(id), record)]);
    }
    const failure = await patiently(
      async () => saga.settle?.(clone(record.input), clone(outcome)),
      'settling',
    );
    if (!failure) return outcome;
    log(`operation ${id}: its records could not be settled: ${failure.message}`);
    return { ...outcome, state: 'failed', error: outcome.error ?? failure.toJSON() };
  }

  async function finish(outcome: Outcome): Promise<Operation> {
    clearTimeout(progress);
    over = true; // no more progress behind the end
    operation.state = outcome.state;
    operation.total = Math.max(records.size, outcome.state === 'succeeded' ? 0 : operation.total);
    operation.updated = time();
    operation.message = outcome.error?.message ?? '';
    if (outcome.error) operation.error = outcome.error;
    if (outcome.state === 'succeeded' && outcome.result !== undefined) operation.result = outcome.result;
    // The journal of what failed is kept for people; it goes with the operation's record.
    const small = records.size <= smallJournal;
    const rest: Write[] =
      outcome.state === 'failed' || small
        ? [{ delete: at.run(id) }]
        : [put(at.run(id), { kind: record.kind, input: null, phase: 'ended' })];
    if (small && outcome.state !== 'failed')
      for (const name of records.keys()) rest.push({ delete: at.step(id, name) });
    await journal.write([
      put(at.operation(id), operation),
      { delete: at.owner(id) },
      { delete: at.cancel(id) },
      ...rest,
    ]);
    const state = outcome.state === 'succeeded' ? 'done' : outcome.state;
    const { message, updated, done, total } = operation;
    emit({ step: '', state, message, time: updated, done, total });
    return clone(operation);
  }

  async function conductAll(): Promise<Operation> {
    let outcome = record.outcome;
    if (record.phase === 'running') {
      const end = start.cancelled ? { error: cancelledError().toJSON() } : await forward();
      if ('error' in end && saga.onward) {
        stopped ??= cancelledError();
        outcome = { state: 'failed', error: end.error };
      } else if ('error' in end) {
        stopped ??= cancelledError();
        record = { ...record, phase: 'undoing', error: end.error };
        operation.state = 'undoing';
        operation.error = end.error;
        await journal.write([put(at.run(id), record), put(at.operation(id), operation)]);
        report('', 'failed', end.error.message);
      } else outcome = { state: 'succeeded', ...(end.result !== undefined && { result: end.result }) };
    }
    if (record.phase === 'undoing') {
      stopped ??= cancelledError();
      outcome = await backward(record.error ?? cancelledError().toJSON());
    }
    return finish(await settle(outcome ?? { state: 'succeeded' }));
  }

  const ended = conductAll().catch(async (error: unknown) => {
    clearTimeout(progress);
    if (!abandoned)
      log(`operation ${id} stands still: ${toBaristaError(error).operator ?? toBaristaError(error).message}`);
    abandon(toBaristaError(error));
    while (underWay.size > 0) await Promise.allSettled(underWay);
    await journal.idle();
    return undefined;
  });

  function abandon(reason: BaristaError): void {
    if (abandoned) return;
    abandoned = reason;
    stopped = reason;
    journal.stop(reason);
    gone.reject(reason);
    forwardControl.abort(reason);
    backwardControl.abort(reason);
  }
  return {
    operation: () => clone(operation),
    ended,
    abandon,
    cancel() {
      if (record.phase !== 'running' || stopped) return;
      stopped = cancelledError();
      forwardControl.abort(stopped);
      cancelling.reject(stopped);
    },
  };
}
