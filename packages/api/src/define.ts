/**
 * How an operation is written down. REST, OpenAPI, the typed client and the CLI are all derived from these; a handler is a
 * function from an operation's input to its output.
 */
import type { Static, TObject, TSchema } from 'typebox';
import type { ErrorCode } from '@cloud-barista/model/errors';
import { Type } from '@cloud-barista/model/type';

/** Who may call it: a reader sees, an operator changes infrastructure, an admin also changes credentials and tokens. */
export const roles = ['reader', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

/**
 * - `plain`: answers with its output.
 * - `long`: answers 202 with an Operation to watch, or with its output when asked to wait.
 * - `stream`: answers a stream of `output`s (server-sent events, or JSON lines when asked for application/x-ndjson).
 */
export type Answer = 'plain' | 'long' | 'stream';

export interface Definition<
  Params extends TObject = TObject,
  Query extends TObject = TObject,
  Body extends TSchema | undefined = TSchema | undefined,
  Output extends TSchema = TSchema,
  A extends Answer = Answer,
> {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With `{name}` for each of `params`. */
  path: string;
  summary: string;
  role: Role;
  answer: A;
  /** Status of success of a plain answer. */
  status: 200 | 201 | 204;
  params: Params;
  query: Query;
  body: Body;
  output: Output;
  /** Beside those that every operation can answer with: invalid_argument, unauthenticated, permission_denied, internal. */
  errors: readonly ErrorCode[];
}

const nothing = Type.Object({}, { additionalProperties: false });
type Nothing = typeof nothing;

/** Fills in what an operation leaves out: role by method (GET reads), answer plain, status 201 for a creating POST. */
export function define<
  const Output extends TSchema,
  const Params extends TObject = Nothing,
  const Query extends TObject = Nothing,
  const Body extends TSchema | undefined = undefined,
  const A extends Answer = 'plain',
>(definition: {
  method: Definition['method'];
  path: string;
  summary: string;
  output: Output;
  params?: Params;
  query?: Query;
  body?: Body;
  role?: Role;
  answer?: A;
  status?: Definition['status'];
  errors?: readonly ErrorCode[];
}): Definition<Params, Query, Body, Output, A> {
  return {
    role: definition.method === 'GET' ? 'reader' : 'operator',
    status: 200,
    errors: [],
    ...definition,
    answer: definition.answer ?? ('plain' as A),
    params: definition.params ?? (nothing as unknown as Params),
    query: definition.query ?? (nothing as unknown as Query),
    body: definition.body as Body,
  };
}

/** An operation's input: its path and query values side by side, its body under `body`. */
export type InputOf<D> =
  D extends Definition<infer P, infer Q, infer B, TSchema, Answer>
    ? Static<P> & Static<Q> & (B extends TSchema ? { body: Static<B> } : unknown)
    : never;
export type OutputOf<D> =
  D extends Definition<TObject, TObject, TSchema | undefined, infer O, Answer> ? Static<O> : never;
