/** A call's record: the history of every cloud call with its elapsed time (HisCall), for quality analysis and scheduling. */
import type { Static } from 'typebox';
import { errorCodes, type ErrorCode } from './errors.ts';
import { closed, Time } from './schema.ts';
import { Type } from './type.ts';

/** The kinds of things that clouds hold and calls are about. */
export const resourceKinds = [
  'region',
  'image',
  'spec',
  'vpc',
  'subnet',
  'security-group',
  'key-pair',
  'vm',
  'disk',
  'custom-image',
  'public-ip',
  'price',
  'tag',
  'auth',
] as const;
export type ResourceKind = (typeof resourceKinds)[number];

export const Call = closed({
  /** Grows by one a call; the cursor of the list. */
  sequence: Type.Integer(),
  provider: Type.String(),
  connection: Type.String(),
  region: Type.String(),
  resource: Type.String(),
  /** The resource's name, where the call is about one. */
  name: Type.String(),
  /** The cloud's own name of the call, e.g. `RunInstances`, `POST /servers`. */
  api: Type.String(),
  start: Time,
  elapsedMs: Type.Number(),
  outcome: Type.Union([Type.Literal('ok'), ...errorCodes.map(code => Type.Literal(code))]),
  /** The cloud's own error code; "" when ok. */
  cause: Type.String(),
  /** 1 for the first try. */
  attempt: Type.Integer(),
});
export type Call = Omit<Static<typeof Call>, 'outcome'> & { outcome: 'ok' | ErrorCode };
