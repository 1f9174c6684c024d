/**
 * Runs journaled sagas (see saga.ts) on a store. On one that several processes share, each operation is run by the
 * one that holds its owner key; when that dies the key goes with its lease, and another takes the operation up.
 */
import { BaristaError, hasCode, toBaristaError } from '@cloud-barista/model/errors';
import { newOperationId } from '@cloud-barista/model/ids';
import { ended, type Operation, type OperationEvent } from '@cloud-barista/model/operation';
import { openEvents } from './saga-events.ts';
import { openJournal } from './saga-journal.ts';
import { openOwner } from './saga-owner.ts';
import { dropJournal, pruneOperations } from './saga-prune.ts';
import { at, type IdempotencyRecord, put, type RunRecord, type StepRecord } from './saga-records.ts';
import { conduct, type Conducted, type Retries, smallJournal } from './saga-run.ts';
import type { Saga, Sagas } from './saga.ts';
import type { Compare, Entry, Store } from './store.ts';

export interface SagasOptions {
  store: Store;
  /** All kinds that a journal may know. */
  sagas: readonly Saga<never>[];
  /** Milliseconds since 1970; for the times in records. */
  now?: () => number;
  /** Lines for the operator. */
  log?: (line: string) => void;
  /** How long after the death of this process others take up its operations. */
  leaseSeconds?: number;
  /** Of undos and settlings that fail. */
  retries?: Partial<Retries>;
  /** Ended operations that are kept. */
  keep?: number;
}

/** A closing process waits so long for steps that do not heed their signal. */
const graceMs = 5000;
/** Operations that are taken up at once. */
const takeUpAtOnce = 32;

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- names what the record is known to be
const parse = <T>(entry: Entry): T => JSON.parse(entry.value) as T;
const notFound = (id: string) =>
  new BaristaError('not_found', `There is no operation ${JSON.stringify(id)}.`, {
    where: 'operation',
    next: 'List the operations; the oldest ended ones are removed in time.',
  });

async function* eventsOf(changes: AsyncIterable<Operation>): AsyncGenerator<OperationEvent> {
  let first = true;
  for await (const { state, message, updated, done, total } of changes) {
    if (first && ended.has(state)) return;
    first = false;
    const word = !ended.has(state)
      ? 'note'
      : state === 'succeeded'
        ? 'done'
        : state === 'undone'
          ? 'undone'
          : 'failed';
    yield { step: '', state: word, message, time: updated, done, total };
  }
}

/** Resolves with undefined where the signal fires first. */
async function unless<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  const fired = Promise.withResolvers<undefined>();
  const fire = () => fired.resolve(undefined);
  signal.addEventListener('abort', fire);
  return Promise.race([work, fired.promise]).finally(() => signal.removeEventListener('abort', fire));
}

const closed = () =>
  new BaristaError('unavailable', 'The server is closing.', { next: 'Ask again when it is back.' });

export async function openSagas({
  store,
  sagas,
  now = Date.now,
  log = () => undefined,
  leaseSeconds = 10,
  retries: given,
  keep = 1000,
}: SagasOptions): Promise<Sagas> {
  const retries: Retries = { pauseMs: 200, retryable: 8, other: 4, ...given };
  const kinds = new Map(sagas.map(saga => [saga.kind, saga as Saga<unknown>]));
  const running = new Map<string, Conducted>();
  const behind = new Set<Promise<unknown>>();
  const closing = new AbortController();
  const events = openEvents();
  const owner = await openOwner(store, leaseSeconds, leaseLost);
  let scan: NodeJS.Timeout | undefined;
  let scanning: Promise<number> | undefined;
  let endedSincePrune = 0;
  let pruning = false;

  /** Work that nobody waits for but `close`. */
  function aside(work: Promise<unknown>, what: string): void {
    const one: Promise<void> = work.then(
      () => undefined,
      (error: unknown) => {
        if (!closing.signal.aborted)
          log(`${what}: ${toBaristaError(error).operator ?? toBaristaError(error).message}`);
      },
    );
    behind.add(one);
    void one.then(() => behind.delete(one));
  }
  async function prune(): Promise<void> {
    if (pruning) return;
    pruning = true;
    endedSincePrune = 0;
    await pruneOperations(store, keep).finally(() => {
      pruning = false;
    });
  }

  function launch(
    saga: Saga<unknown>,
    operation: Operation,
    record: RunRecord,
    steps: StepRecord[],
    cancelled: boolean,
    fence: Compare,
  ): void {
    const { id } = operation;
    const journal = openJournal(store, fence, reason => conducted.abandon(reason));
    const conducted = conduct({
      saga,
      record,
      operation,
      steps,
      cancelled,
      journal,
      now,
      log,
      retries,
      emit: (event: OperationEvent) => events.emit(id, event),
    });
    running.set(id, conducted);
    void conducted.ended.then(end => {
      running.delete(id);
      events.end(id);
      if (!end || closing.signal.aborted) return;
      if (end.state !== 'failed' && end.total > smallJournal) aside(tidy(id), `tidying up after ${id}`);
      if (++endedSincePrune >= Math.max(1, keep / 5)) aside(prune(), 'pruning operations');
    });
  }
  /** A journal that was too large to go with the end. */
  async function tidy(id: string): Promise<void> {
    if (await store.get(at.run(id))) await dropJournal(store, id);
  }

  async function takeUp(found: Entry): Promise<boolean> {
    const id = found.key.slice(at.runs.length);
    const record = parse<RunRecord>(found);
    if (running.has(id) || closing.signal.aborted) return false;
    if (record.phase === 'ended') {
      await dropJournal(store, id);
      return false;
    }
    const saga = kinds.get(record.kind);
    if (!saga) {
      log(`operation ${id} can't go on: this program knows no saga "${record.kind}"`);
      return false;
    }
    const key = at.owner(id);
    const claim = await store.txn({
      if: [
        { key, revision: 0 },
        { key: found.key, revision: found.revision },
      ],
      then: [{ put: key, value: String(process.pid), lease: await owner.lease() }],
    });
    // Where it closes now, the key goes with the lease.
    if (!claim.ok || closing.signal.aborted) return false;
    const [entry, journal, cancel] = await Promise.all([
      store.get(at.operation(id)),
      store.list({ prefix: at.journal(id) }),
      store.get(at.cancel(id)),
    ]);
    if (!entry) throw notFound(id);
    const steps = journal.entries.map(step => parse<StepRecord>(step));
    launch(saga, parse<Operation>(entry), record, steps, cancel !== undefined, {
      key,
      revision: claim.revision,
    });
    // One that came while it was being read.
    if (await store.get(at.cancel(id))) running.get(id)?.cancel();
    return true;
  }
  async function takeUpAll(): Promise<number> {
    const { entries } = await store.list({ prefix: at.runs });
    let taken = 0;
    for (let from = 0; from < entries.length; from += takeUpAtOnce) {
      const some = await Promise.all(
        entries.slice(from, from + takeUpAtOnce).map(entry =>
          takeUp(entry).catch((error: unknown) => {
            log(
              `${entry.key} could not be taken up: ${toBaristaError(error).operator ?? toBaristaError(error).message}`,
            );
            return false;
          }),
        ),
      );
      taken += some.filter(Boolean).length;
    }
    return taken;
  }
  /** One look at a time. */
  function look(): Promise<number> {
    scanning ??= takeUpAll().finally(() => {
      scanning = undefined;
    });
    return scanning;
  }
  function leaseLost(): void {
    log(
      'the lease on the running operations ran out: they are let go, and taken up again where nobody else has',
    );
    const reason = new BaristaError('aborted', 'This process lost its lease on the operation.');
    const all = [...running.values()];
    for (const conducted of all) conducted.abandon(reason);
    const idle = Promise.all(all.map(conducted => conducted.ended));
    aside(
      idle.then(() => (closing.signal.aborted ? 0 : look())),
      'taking up operations again',
    );
  }

  async function read(id: string): Promise<Operation> {
    const live = running.get(id)?.operation();
    if (live) return live;
    const entry = await store.get(at.operation(id));
    if (!entry) throw notFound(id);
    return parse<Operation>(entry);
  }
  /** The operation's record as it is, then each change of it until its end: for one that runs elsewhere. */
  async function* follow(id: string, signal: AbortSignal): AsyncGenerator<Operation> {
    const key = at.operation(id);
    while (!signal.aborted)
      try {
        const { entries, revision } = await store.list({ prefix: key, limit: 1 });
        const entry = entries.find(each => each.key === key);
        if (!entry) throw notFound(id);
        const operation = parse<Operation>(entry);
        yield operation;
        if (ended.has(operation.state)) return;
        for await (const change of store.watch(key, { from: revision + 1, signal })) {
          if (change.key !== key) continue;
          if (change.type === 'delete') throw notFound(id);
          const next = JSON.parse(change.value) as Operation;
          yield next;
          if (ended.has(next.state)) return;
        }
      } catch (error) {
        if (!hasCode(error, 'out_of_range')) throw error;
      }
  }
  return {
    async start(saga, input, { idempotencyKey } = {}) {
      if (closing.signal.aborted) throw closed();
      const known = kinds.get(saga.kind);
      if (!known)
        throw new BaristaError(
          'internal',
          `The saga ${saga.kind} is not registered, so it could not be resumed.`,
        );
      // What a later process will read from the journal, so that the first run sees no more than the next.
      const kept = JSON.parse(JSON.stringify(input ?? null)) as unknown;
      const target = saga.target(input);
      const key = idempotencyKey === undefined ? undefined : at.idempotency(idempotencyKey);
      const time = new Date(now()).toISOString();
      for (;;) {
        if (key !== undefined) {
          const entry = await store.get(key);
          const before = entry && parse<IdempotencyRecord>(entry);
          if (before && (before.kind !== saga.kind || before.target !== target))
            throw new BaristaError(
              'failed_precondition',
              'The idempotency key was used for another request.',
              {
                where: 'idempotencyKey',
                next: 'Use a new key for each request, and the same only to repeat it.',
              },
            );
          if (before) return read(before.id);
        }
        const id = newOperationId(now());
        const operation: Operation = {
          id,
          kind: saga.kind,
          target,
          state: 'running',
          done: 0,
          total: 0,
          message: '',
          created: time,
          updated: time,
        };
        const record: RunRecord = { kind: saga.kind, input: kept, phase: 'running' };
        const result = await store.txn({
          if: [{ key: at.operation(id), revision: 0 }, ...(key === undefined ? [] : [{ key, revision: 0 }])],
          then: [
            put(at.operation(id), operation),
            put(at.run(id), record),
            { put: at.owner(id), value: String(process.pid), lease: await owner.lease() },
            ...(key === undefined || idempotencyKey === undefined
              ? []
              : [put(key, { id, kind: saga.kind, target }), { put: at.keyOf(id), value: idempotencyKey }]),
          ],
        });
        if (!result.ok) continue;
        const begun = { ...operation };
        // Where the server closed meanwhile, the next one goes on with it.
        if (!closing.signal.aborted)
          launch(known, operation, record, [], false, { key: at.owner(id), revision: result.revision });
        return begun;
      }
    },
    get: read,
    async started(idempotencyKey) {
      const entry = await store.get(at.idempotency(idempotencyKey));
      return entry && read(parse<IdempotencyRecord>(entry).id);
    },
    async page({ cursor, limit }) {
      const { entries, more } = await store.list({
        prefix: at.operations,
        limit,
        ...(cursor !== undefined && { after: at.operation(cursor) }),
      });
      const items = entries.map(entry => {
        const stored = parse<Operation>(entry);
        return running.get(stored.id)?.operation() ?? stored;
      });
      const last = items.at(-1);
      return more && last ? { items, next: last.id } : { items };
    },
    async wait(id, signal) {
      const live = running.get(id);
      const end = live && (await unless(live.ended, signal));
      if (end) return end;
      const either = AbortSignal.any([signal, closing.signal]);
      if (!either.aborted)
        for await (const operation of follow(id, either)) if (ended.has(operation.state)) return operation;
      if (closing.signal.aborted) throw closed();
      return read(id);
    },
    async cancel(id) {
      for (;;) {
        const run = await store.get(at.run(id));
        if (!run || parse<RunRecord>(run).phase !== 'running') return read(id);
        // Durable, so that it holds after a crash, and wherever the operation runs.
        const noted = await store.txn({
          if: [{ key: run.key, revision: run.revision }],
          then: [{ put: at.cancel(id), value: new Date(now()).toISOString() }],
        });
        if (!noted.ok) continue;
        running.get(id)?.cancel();
        return read(id);
      }
    },
    events(id, signal) {
      const either = AbortSignal.any([signal, closing.signal]);
      return running.has(id) ? events.listen(id, either) : eventsOf(follow(id, either));
    },
    async resume() {
      if (closing.signal.aborted) throw closed();
      if (!scan) {
        const again = () => aside(look(), 'looking for operations to take up');
        scan = setInterval(again, (leaseSeconds * 1000) / 2).unref();
        aside(watchCancels(), 'watching for cancels');
        aside(prune(), 'pruning operations');
      }
      return look();
    },
    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      clearInterval(scan);
      const reason = closed();
      const all = [...running.values()];
      for (const conducted of all) conducted.abandon(reason);
      const idle = Promise.allSettled([...all.map(conducted => conducted.ended), ...behind, scanning]).then(
        () => true as const,
      );
      const grace = Promise.withResolvers<false>();
      const timer = setTimeout(grace.resolve, graceMs, false);
      const quiet = await Promise.race([idle, grace.promise]);
      clearTimeout(timer);
      // A step that still works keeps the others off until the lease runs out.
      await owner.close(quiet);
    },
  };

  /** Cancels that other processes took. */
  async function watchCancels(): Promise<void> {
    while (!closing.signal.aborted)
      try {
        const { entries, revision } = await store.list({ prefix: at.cancels });
        for (const entry of entries) running.get(entry.key.slice(at.cancels.length))?.cancel();
        for await (const change of store.watch(at.cancels, { from: revision + 1, signal: closing.signal }))
          if (change.type === 'put') running.get(change.key.slice(at.cancels.length))?.cancel();
      } catch (error) {
        if (!hasCode(error, 'out_of_range')) throw error;
      }
  }
}
