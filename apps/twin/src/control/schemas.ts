/** Bodies of the control API. */
import { Type, type Static, type TProperties } from 'typebox';
import { errorCodes } from '@cloud-barista/model/errors';
import { faultKinds } from '../world/faults.ts';

const closed = <P extends TProperties>(properties: P) =>
  Type.Object(properties, { additionalProperties: false });

const Milliseconds = Type.Number({ minimum: 0, maximum: 86_400_000 });
export const DelaysBody = closed({
  create: Type.Optional(Milliseconds),
  start: Type.Optional(Milliseconds),
  stop: Type.Optional(Milliseconds),
  reboot: Type.Optional(Milliseconds),
  terminate: Type.Optional(Milliseconds),
});
export const CloudBody = closed({
  name: Type.String(),
  kind: Type.String(),
  regions: Type.Optional(
    Type.Array(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9-]{0,62}$' }), { minItems: 1, maxItems: 100 }),
  ),
  delays: Type.Optional(DelaysBody),
  quotas: Type.Optional(Type.Record(Type.String(), Type.Integer({ minimum: 0 }))),
  credentials: Type.Optional(Type.Record(Type.String(), Type.String())),
});
export type CloudBody = Static<typeof CloudBody>;
export const FaultBody = closed({
  cloud: Type.String(),
  operation: Type.String(),
  probability: Type.Number({ minimum: 0, maximum: 1 }),
  fault: Type.Enum([...faultKinds]),
  delayMs: Type.Optional(Type.Tuple([Milliseconds, Milliseconds])),
});
export const FaultsBody = Type.Array(FaultBody, { maxItems: 1000 });
export const CrashBody = closed({ cloud: Type.String(), id: Type.String() });
/** A line of an exported call history; what else it holds is for others. */
export const RecordedCallLine = Type.Object({
  provider: Type.String(),
  api: Type.String({ minLength: 1 }),
  outcome: Type.Enum(['ok', ...errorCodes]),
  cause: Type.String(),
  elapsedMs: Type.Number({ minimum: 0 }),
  start: Type.String(),
  connection: Type.Optional(Type.String()),
  sequence: Type.Optional(Type.Number()),
  throttled: Type.Optional(Type.Boolean()),
});
