/** The driver suite run on a user's own account: what it may cost, how it goes, what is left. */
import type { Static } from 'typebox';
import { closed, oneOf } from './schema.ts';
import { Type } from './type.ts';

export const ConformanceInput = closed({
  /** False: run it. Default true: only say what would be run, and what it can cost. */
  dryRun: Type.Optional(Type.Boolean()),
  /** As a VM's: the cloud's id or a system's name; default ubuntu-22.04. */
  image: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
  /** Default: the cheapest small one. */
  spec: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
  /** In the currency of the cloud's prices: no VM is made beyond it, each counted as a whole hour. Default 5. */
  maxCost: Type.Optional(Type.Number({ minimum: 0, maximum: 10_000 })),
  /** Bounds the VMs where the cloud tells no price. */
  maxVms: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
});
export type ConformanceInput = Static<typeof ConformanceInput>;

export const ConformancePlan = closed({
  driver: Type.String(),
  region: Type.String(),
  image: Type.String(),
  spec: Type.String(),
  /** At most so many VMs are made, never more than a few at a time. */
  vms: Type.Integer(),
  /** At most, each VM counted as a whole hour; absent where the cloud tells no price. */
  cost: Type.Optional(Type.Number()),
  currency: Type.Optional(Type.String()),
  /** Not all cases can run within the bound. */
  cut: Type.Boolean(),
});
export type ConformancePlan = Static<typeof ConformancePlan>;

export const ConformanceCase = closed({
  noun: Type.String(),
  title: Type.String(),
  outcome: oneOf(['passed', 'failed', 'skipped']),
  /** Why it was skipped, or how it failed. */
  reason: Type.String(),
  elapsedMs: Type.Number(),
});
export type ConformanceCase = Static<typeof ConformanceCase>;

export const Leftover = closed({ kind: Type.String(), id: Type.String(), name: Type.String() });
export type Leftover = Static<typeof Leftover>;

export const ConformanceSummary = closed({
  passed: Type.Integer(),
  failed: Type.Integer(),
  skipped: Type.Integer(),
  /** How many were made. */
  vms: Type.Integer(),
  /** What of this run, or of an earlier one that was killed, stands in the cloud: to be deleted by hand. */
  left: Type.Array(Leftover),
});
export type ConformanceSummary = Static<typeof ConformanceSummary>;

/** First the plan, then the cases as they end, last the summary. */
export const ConformanceEvent = closed({
  plan: Type.Optional(ConformancePlan),
  case: Type.Optional(ConformanceCase),
  summary: Type.Optional(ConformanceSummary),
});
export type ConformanceEvent = Static<typeof ConformanceEvent>;
