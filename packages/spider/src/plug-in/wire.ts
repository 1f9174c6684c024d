/**
 * What goes between the server and a plug-in's process, by structured clone. Methods go by their path in the cloud
 * (`vms.create`), so that a noun that the contract gains is carried without a change here. What can't be cloned has a number: calls, sends
 * and their attempts, clouds, and the errors that may come back.
 */
import type { Classified, CloudConfig } from '@cloud-barista/driver/driver';
import type { Request } from '@cloud-barista/driver/road';
import { BaristaError, isErrorCode, type ErrorCode } from '@cloud-barista/model/errors';

/** Given to the process at its birth, as its argument. */
export interface Birth {
  /** As the admin wrote it: an absolute path or a package's name. */
  module: string;
  /** Directories in which packages are looked for, in this order. */
  from: readonly string[];
}

/** What the module says of itself, not yet believed. */
export type Facts = Record<string, unknown>;

export type ToChild =
  | { type: 'go' }
  | { type: 'region'; id: number; config: CloudConfig }
  | { type: 'open'; id: number; cloud: number; config: CloudConfig }
  | { type: 'call'; id: number; cloud: number; path: string; args: readonly unknown[]; at: number }
  | { type: 'abort'; id: number; reason: Crossing }
  | { type: 'run'; send: number; attempt: number }
  | { type: 'stop'; attempt: number; reason: Crossing }
  | { type: 'sent'; send: number; error?: Crossing }
  | { type: 'ping' };

export type FromChild =
  | { type: 'found'; url: string }
  | { type: 'loaded'; facts: Facts }
  | { type: 'refused'; why: 'absent' | 'broken' | 'no-driver'; reason: string }
  | { type: 'answer'; id: number; value: unknown }
  | { type: 'failed'; id: number; error: Crossing }
  /** `call` 0: under a signal of the driver's own, which is told by `stop`. */
  | { type: 'send'; send: number; cloud: number; call: number; request: Request }
  | { type: 'stop'; send: number; reason: Crossing }
  | { type: 'ran'; attempt: number; error?: Crossing }
  | { type: 'pong'; bytes: number }
  /** What nobody caught: the process ends by it. */
  | { type: 'stray'; reason: string };

/** An error on its way. */
export type Crossing =
  /** One that this side had sent before, coming back: it is the same object again. */
  | { kind: 'back'; number: number }
  | {
      kind: 'ours';
      number?: number;
      code: ErrorCode;
      message: string;
      next?: string | undefined;
      where?: string | undefined;
      cause?: string | undefined;
      retryAfterMs?: number | undefined;
    }
  | {
      kind: 'foreign';
      name: string;
      message: string;
      stack?: string | undefined;
      code?: string | undefined;
      cause?: Crossing | undefined;
      /** By the driver's own table, where the error is its vendor's. */
      classified?: Classified | undefined;
    };

const text = (value: unknown): string => (typeof value === 'string' ? value : '').slice(0, 4000);
const word = (value: unknown): string | undefined => (typeof value === 'string' ? text(value) : undefined);

/** Told by its form, not its class: a module outside of this repository may carry a copy of its own. */
function isOurs(error: unknown): error is BaristaError {
  if (error instanceof BaristaError) return true;
  return (
    error instanceof Error && error.name === 'BaristaError' && 'code' in error && isErrorCode(error.code)
  );
}

export function pack(error: unknown, classify?: (error: unknown) => Classified | undefined): Crossing {
  if (isOurs(error))
    return {
      kind: 'ours',
      code: error.code,
      message: text(error.message),
      next: word(error.next),
      where: word(error.where),
      cause: word(error.vendorCode),
      retryAfterMs: typeof error.retryAfterMs === 'number' ? error.retryAfterMs : undefined,
    };
  return packForeign(error, classify, 0);
}

function packForeign(
  error: unknown,
  classify: ((error: unknown) => Classified | undefined) | undefined,
  depth: number,
): Crossing {
  let classified: Classified | undefined;
  try {
    classified = classify && tidy(classify(error));
  } catch {
    // A table that throws has said nothing.
  }
  if (!(error instanceof Error))
    return { kind: 'foreign', name: typeof error, message: text(String(error)), classified };
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  return {
    kind: 'foreign',
    name: text(error.name),
    message: text(error.message),
    stack: word(error.stack),
    code: 'code' in error ? word(error.code) : undefined,
    cause: inner instanceof Error && depth < 4 ? packForeign(inner, undefined, depth + 1) : undefined,
    classified,
  };
}

function tidy(said: Classified | undefined): Classified | undefined {
  if (said === undefined || said === null || !isErrorCode(said.code)) return undefined;
  return {
    code: said.code,
    cause: text(said.cause),
    message: text(said.message),
    ...(typeof said.retryAfterMs === 'number' &&
      said.retryAfterMs >= 0 && { retryAfterMs: said.retryAfterMs }),
    ...(said.throttled === true && { throttled: true as const }),
  };
}

/** What the plug-in's `classify` said of an error, kept beside what the server made of it. */
const classes = new WeakMap<object, Classified>();
export const classOf = (error: unknown): Classified | undefined =>
  typeof error === 'object' && error !== null ? classes.get(error) : undefined;

/** Never `back`: that is the caller's to look up. */
export function unpack(crossing: Exclude<Crossing, { kind: 'back' }>): Error {
  if (crossing.kind === 'ours')
    return new BaristaError(crossing.code, crossing.message, {
      next: crossing.next,
      where: crossing.where,
      cause: crossing.cause,
      retryAfterMs: crossing.retryAfterMs,
    });
  const { cause } = crossing;
  const inner = cause === undefined || cause.kind === 'back' ? undefined : unpack(cause);
  const error = new Error(crossing.message, inner && { cause: inner });
  error.name = crossing.name;
  if (crossing.stack !== undefined) error.stack = crossing.stack;
  if (crossing.code !== undefined) Object.assign(error, { code: crossing.code });
  if (crossing.classified) classes.set(error, crossing.classified);
  return error;
}
