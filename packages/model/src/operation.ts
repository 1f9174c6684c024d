/** A long deed that can be watched: its steps, how far it is, how it ended. Survives the death of the server. */
import type { Static } from 'typebox';
import { closed, oneOf, Time } from './schema.ts';
import { Type } from './type.ts';

export const operationStates = ['running', 'undoing', 'succeeded', 'failed', 'undone'] as const;
export type OperationState = (typeof operationStates)[number];
export const ended: ReadonlySet<OperationState> = new Set(['succeeded', 'failed', 'undone']);

export const ErrorShape = closed({
  code: Type.String(),
  message: Type.String(),
  next: Type.Optional(Type.String()),
  where: Type.Optional(Type.String()),
  cause: Type.Optional(Type.String()),
});

export const Operation = closed({
  id: Type.String(),
  /** The operation's name in the list of operations, e.g. mcis.create. */
  kind: Type.String(),
  /** What it is about, e.g. `default/video-conference`. */
  target: Type.String(),
  /** succeeded; failed: stopped, some of it stands, nothing more will be done; undone: all that was made is gone again. */
  state: oneOf(operationStates),
  /** Steps ended and steps known so far. */
  done: Type.Integer(),
  total: Type.Integer(),
  /** What is being done now, for people. */
  message: Type.String(),
  error: Type.Optional(ErrorShape),
  /** The result of the deed when succeeded, in the shape of the operation's output. */
  result: Type.Optional(Type.Unknown()),
  created: Time,
  updated: Time,
});
export type Operation = Static<typeof Operation>;

/** One line of an operation's event stream. */
export const OperationEvent = closed({
  /** Of the step, e.g. `vm/web-1`; "" for the operation as a whole. */
  step: Type.String(),
  state: oneOf(['started', 'done', 'failed', 'undone', 'note']),
  message: Type.String(),
  time: Time,
  done: Type.Integer(),
  total: Type.Integer(),
});
export type OperationEvent = Static<typeof OperationEvent>;
