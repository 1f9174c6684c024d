/** One request as its handler sees it, and its answer. */
import type { IncomingHttpHeaders } from 'node:http';
import type { World } from '../../world/world.ts';
import type { Account } from './account.ts';
import { ArmError, badRequest } from './errors.ts';

export interface Call {
  readonly world: World;
  readonly account: Account;
  readonly method: string;
  /** What the `{}` of the route stood for, in the caller's own letters. */
  readonly params: readonly string[];
  /** By lower-case name: Resource Manager does not mind case. */
  readonly query: ReadonlyMap<string, string>;
  readonly headers: IncomingHttpHeaders;
  readonly raw: Buffer;
  /** http://host/azure/<cloud>/arm */
  readonly root: string;
  /** As it was asked, without the query. */
  readonly path: string;
  readonly apiVersion: string;
  /** A fault that strikes after the order was taken. */
  readonly late: 'error' | 'capacity' | undefined;
}

export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export const ok = (body: unknown): Reply => ({ status: 200, body });
export const noContent: Reply = { status: 204 };

export type Json = Readonly<Record<string, unknown>>;
export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const param = (call: Call, index: number): string => call.params[index] ?? '';

export function jsonBody(call: Call): Json {
  const type = call.headers['content-type'] ?? 'application/json';
  if (!/^(application|text)\/json\b/i.test(type))
    throw new ArmError(
      415,
      'UnsupportedMediaType',
      `The content media type '${type}' is not supported. Only 'application/json' is supported.`,
    );
  let value: unknown;
  try {
    value = JSON.parse(call.raw.toString('utf8'));
  } catch (error) {
    throw badRequest(
      'InvalidRequestContent',
      call.raw.length === 0
        ? 'The request content is empty: it must be a JSON object.'
        : `The request content was invalid and could not be deserialized: '${(error as Error).message}'.`,
    );
  }
  if (isObject(value)) return value;
  throw badRequest('InvalidRequestContent', 'The request content was invalid: it must be a JSON object.');
}
