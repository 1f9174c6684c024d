/** What sagas write into the store, and where. */
import type { ErrorBody } from '@cloud-barista/model/errors';
import type { Operation } from '@cloud-barista/model/operation';
import { segment } from './keys.ts';
import type { Saga } from './saga.ts';
import type { Write } from './store.ts';

export type Outcome = Parameters<NonNullable<Saga<never>['settle']>>[1];

/** `/runs/<id>`: stands until nothing is left to do for the operation, so that what is unfinished is found by one list. */
export interface RunRecord {
  kind: string;
  input: unknown;
  /** ended: only the journal is still to be removed. */
  phase: 'running' | 'undoing' | 'settling' | 'ended';
  /** Why it is undone. */
  error?: ErrorBody;
  /** From `settling` on. */
  outcome?: Outcome;
}

/**
 * `/journal/<id>/<step>`. `began` and `ended` come from one counter of the run: a step that began before another
 * ended can't have built on it.
 */
export interface StepRecord {
  name: string;
  state: 'began' | 'done' | 'failed' | 'undoing' | 'undone';
  began: number;
  /** Absent where its end is not known. */
  ended?: number;
  /** Of a step that was done; kept while it is undone, for the replay. */
  result?: unknown;
  /** Of a step that failed. */
  error?: ErrorBody;
  group?: string;
}

/** `/idempotency/<key>` */
export interface IdempotencyRecord {
  id: string;
  kind: string;
  target: string;
}

export const at = {
  operations: '/operations/',
  operation: (id: string) => `/operations/${id}`,
  runs: '/runs/',
  run: (id: string) => `/runs/${id}`,
  journal: (id: string) => `/journal/${id}/`,
  step: (id: string, name: string) => `/journal/${id}/${segment(name)}`,
  /** Hangs on the lease of the process that runs it. */
  owner: (id: string) => `/owners/${id}`,
  cancels: '/cancels/',
  cancel: (id: string) => `/cancels/${id}`,
  idempotency: (key: string) => `/idempotency/${segment(key)}`,
  /** The idempotency key that the operation was started with, to be forgotten with it. */
  keyOf: (id: string) => `/idempotency-of/${id}`,
};

export const put = (key: string, value: RunRecord | StepRecord | IdempotencyRecord | Operation): Write => ({
  put: key,
  value: JSON.stringify(value),
});
