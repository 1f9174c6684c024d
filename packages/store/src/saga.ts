/**
 * Journaled sagas: a deed of several steps that survives the death of its process.
 *
 * A saga is an async function that does all its outside work in `run.step(name, …)`. A step's beginning is
 * journaled before its work starts and its result when it has ended, so that after a crash the saga is simply
 * called again: ended steps return their journaled result at once, the step that was under way runs again with
 * `again: true`, and the rest follows. Each step is written to be run twice: observe → ensure → return.
 * When the saga throws (or is cancelled) the steps that began are undone, last first, each undo journaled too.
 * Between steps a saga is a function of its input and the steps' results alone: no clock, no chance, no store reads.
 */
import type { ErrorBody } from '@cloud-barista/model/errors';
import type { Operation, OperationEvent } from '@cloud-barista/model/operation';
import type { OperationId } from '@cloud-barista/model/ids';

export interface StepCall {
  signal: AbortSignal;
  /** An earlier run of this step may have reached the outside. */
  again: boolean;
}

export interface Step<T> {
  /** Must be JSON; what it returns is journaled. */
  do(call: StepCall): Promise<T>;
  /** Makes it as if the step had never been. `result` is absent when the step began and its end is not known. Must succeed when there is nothing to undo. */
  undo?(call: StepCall, result: T | undefined): Promise<void>;
  /** Steps of one group never depend on one another, even where one began after another had ended: they are undone in parallel. */
  group?: string;
}

export interface Run {
  readonly id: OperationId;
  readonly signal: AbortSignal;
  /** `name` is unique in the saga and the same in every run of it, e.g. `vm/web-1`. Steps may run concurrently. */
  step<T>(name: string, step: Step<T>): Promise<T>;
  /** How many steps are to be expected in all, for progress. */
  expect(total: number): void;
  /** A line of progress for people; not journaled. */
  note(message: string): void;
}

export interface Saga<Input> {
  /** Names the kind in the journal: a saga of an older version that is still in a journal must be known under it. */
  kind: string;
  /** What it is about, e.g. `default/video-conference`. */
  target(input: Input): string;
  /** It has no way back (a deletion, a shutdown): what stops it leaves it `failed`, not `undone`, for what it did stays done. */
  onward?: true;
  run(run: Run, input: Input): Promise<unknown>;
  /** Called once the saga has ended in whatever way, and again after a crash in it: settles the records (state, operation) that point at it. */
  settle?(
    input: Input,
    outcome: { state: 'succeeded' | 'failed' | 'undone'; result?: unknown; error?: ErrorBody },
  ): Promise<void>;
}

export interface StartOptions {
  /** Two starts with one key are one operation: the second returns the first's. */
  idempotencyKey?: string | undefined;
}

/** Runs sagas on a store. */
export interface Sagas {
  /** Journals the start and returns; the saga goes on behind. */
  start<Input>(saga: Saga<Input>, input: Input, options?: StartOptions): Promise<Operation>;
  get(id: string): Promise<Operation>;
  /** The operation that was started with the key, so that a repeated request is answered before anything is planned anew. */
  started(idempotencyKey: string): Promise<Operation | undefined>;
  page(options: {
    cursor?: string | undefined;
    limit: number;
  }): Promise<{ items: Operation[]; next?: string }>;
  /** Waits for the end (or `signal`, and then returns it as it stands). */
  wait(id: string, signal: AbortSignal): Promise<Operation>;
  /** Stops it: its steps' signals fire, then what began is undone. Holds over a crash; of an ended or already undoing one it changes nothing. */
  cancel(id: string): Promise<Operation>;
  /** Live events; ends with the operation. Of an ended operation: ends at once. */
  events(id: string, signal: AbortSignal): AsyncIterable<OperationEvent>;
  /** Takes up every operation whose process died. Called at start, after all sagas are registered; returns how many. */
  resume(): Promise<number>;
  /** Lets go: running sagas stop where they are (their journal stays; a later `resume` goes on). */
  close(): Promise<void>;
}
