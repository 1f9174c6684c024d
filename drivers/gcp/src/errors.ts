/**
 * Google's errors as ours. A refusal is `{error: {code, message, errors: [{reason, message}]}}`; an operation that was taken and failed
 * later carries `{error: {errors: [{code, message}]}}`; the token endpoint answers `{error, error_description}` (RFC 6749, 5.2).
 *
 * Sources: "Compute Engine API: Handling API errors", "Troubleshooting VM creation", "Resource availability errors",
 * "Rate quotas"; the reasons of Google's JSON APIs ("Standard error responses").
 */
import type { Classified } from '@cloud-barista/driver/driver';
import { plainText, retryAfter } from '@cloud-barista/driver/errors';
import type { ErrorCode } from '@cloud-barista/model/errors';

export class GcpError extends Error {
  override readonly name = 'GcpError';
  /** 0: no answer came. */
  readonly status: number;
  /** Google's word – a reason, an operation's code, OAuth's error – or a socket's code (ECONNREFUSED), else `HTTP 404`. */
  readonly reason: string;
  readonly retryAfterMs: number | undefined;

  constructor(status: number, reason: string, message: string, retryAfterMs?: number) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Reasons are camelCase, operations' codes UPPER_CASE: both are looked up as lower case letters alone. */
const table: Readonly<Record<string, ErrorCode>> = {
  // Who asks.
  required: 'unauthenticated',
  autherror: 'unauthenticated',
  unauthorized: 'unauthenticated',
  unauthenticated: 'unauthenticated',
  invalidgrant: 'unauthenticated',
  invalidclient: 'unauthenticated',
  unauthorizedclient: 'unauthenticated',
  accesstokenscopeinsufficient: 'permission_denied',
  accessnotconfigured: 'permission_denied',
  accessdenied: 'permission_denied',
  billingdisabled: 'permission_denied',
  billingnotenabled: 'permission_denied',
  forbidden: 'permission_denied',
  insufficientpermissions: 'permission_denied',
  permissiondenied: 'permission_denied',
  permissionserror: 'permission_denied',
  servicedisabled: 'permission_denied',

  // Try again: throttling, and the cloud's own failures.
  backenderror: 'unavailable',
  concurrentoperationsquotaexceeded: 'unavailable',
  internalerror: 'unavailable',
  notjson: 'unavailable',
  operationtimedout: 'unavailable',
  ratelimitexceeded: 'unavailable',
  serviceunavailable: 'unavailable',
  userratelimitexceeded: 'unavailable',
  conditionnotmet: 'aborted',
  fingerprintmismatch: 'aborted',
  resourcenotready: 'aborted',
  resourceoperationrateexceeded: 'unavailable',

  // Quota and capacity.
  insufficientcapacity: 'resource_exhausted',
  ipspaceexhausted: 'resource_exhausted',
  limitexceeded: 'resource_exhausted',
  quotaexceeded: 'resource_exhausted',

  // The state of things.
  alreadyexists: 'already_exists',
  resourcealreadyexists: 'already_exists',
  duplicate: 'already_exists',
  notfound: 'not_found',
  resourcenotfound: 'not_found',
  failedprecondition: 'failed_precondition',
  invalidstate: 'failed_precondition',
  resourceinuse: 'failed_precondition',
  resourceinusebyanotherresource: 'failed_precondition',

  // The request is wrong.
  badrequest: 'invalid_argument',
  invalid: 'invalid_argument',
  invalidargument: 'invalid_argument',
  invalidfieldvalue: 'invalid_argument',
  invalidparameter: 'invalid_argument',
  invalidusage: 'invalid_argument',
  ipspaceoverlaps: 'invalid_argument',
  parseerror: 'invalid_argument',
};

/** Families of words, with their letters alone. */
const families: readonly (readonly [RegExp, ErrorCode])[] = [
  // ZONE_RESOURCE_POOL_EXHAUSTED, …_WITH_DETAILS, RESOURCE_POOL_EXHAUSTED and what is still to come.
  [/resourcepoolexhausted/, 'resource_exhausted'],
  [/ratelimit/, 'unavailable'],
  [/quota.*exceeded|exceeded.*quota/, 'resource_exhausted'],
  [/inuse/, 'failed_precondition'],
  [/notfound$/, 'not_found'],
  [/alreadyexists$/, 'already_exists'],
  [/^invalid|^required/, 'invalid_argument'],
];

/** Refused for the number of requests and not performed ("Rate quotas": 403 rateLimitExceeded, and 429). */
const throttling = /ratelimit|rateexceeded/;

const byStatus = (status: number): ErrorCode => {
  if (status === 0 || status === 408 || status === 429 || status >= 500) return 'unavailable';
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'permission_denied';
  if (status === 404 || status === 410) return 'not_found';
  if (status === 409) return 'already_exists';
  if (status === 412) return 'aborted';
  return status === 501 ? 'unimplemented' : 'invalid_argument';
};

const letters = (word: string): string => word.toLowerCase().replace(/[^a-z]/g, '');

export function codeOf(reason: string, status: number, message = ''): ErrorCode {
  // `required` is 401 "Login Required", and 400 where a field is missing.
  if (reason === 'required' && status === 400) return 'invalid_argument';
  const word = letters(reason);
  // A fingerprint that is old, or – told only by the text – an organisation's policy, which no repeating helps.
  if (word === 'conditionnotmet' && /\bconstraints\//.test(message)) return 'permission_denied';
  if (Object.hasOwn(table, word)) return table[word] ?? 'unknown';
  return families.find(([family]) => family.test(word))?.[1] ?? byStatus(status);
}

export function classify(error: unknown): Classified | undefined {
  if (!(error instanceof GcpError)) return undefined;
  const { status, reason, message, retryAfterMs } = error;
  const throttled = status === 429 || throttling.test(letters(reason));
  return {
    code: codeOf(reason, status, message),
    cause: reason,
    message,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(throttled && { throttled }),
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const first = (list: unknown): Record<string, unknown> =>
  Array.isArray(list) && isObject(list[0]) ? list[0] : {};

/** An answer of 300 and above as an error. `body` is undefined where it was no JSON. */
export function fromAnswer(status: number, body: unknown, raw: string, wait: string | undefined): GcpError {
  const retryAfterMs = retryAfter(wait);
  const error = isObject(body) ? body['error'] : undefined;
  if (isObject(error)) {
    const one = first(error['errors']);
    // `status` (PERMISSION_DENIED …) is there where the newer front end refuses, without a reason.
    const reason = text(one['reason']) || text(error['status']) || `HTTP ${status}`;
    const message = plainText(text(error['message']) || text(one['message']));
    return new GcpError(status, reason, message || `Google answered HTTP ${status}.`, retryAfterMs);
  }
  if (isObject(body) && typeof error === 'string')
    return new GcpError(
      status,
      error,
      plainText(text(body['error_description'])) || `Google answered ${error}.`,
      retryAfterMs,
    );
  // A page in Google's stead: its 404 must not pass for "deleted", its 403 not for a missing role.
  const page = status < 500 && status !== 429 && status !== 401;
  return new GcpError(
    status,
    page ? 'NotJson' : `HTTP ${status}`,
    plainText(raw) || `What answered (HTTP ${status}) said nothing.`,
    retryAfterMs,
  );
}

export interface Operation {
  name: string;
  status?: string;
  operationType?: string;
  targetLink?: string;
  insertTime?: string;
  /** Where it runs, as addresses; neither: global. */
  zone?: string;
  region?: string;
  httpErrorStatusCode?: number;
  error?: { errors?: { code?: string; message?: string }[] };
}

/** Why an operation failed, once it has. */
export function failureOf(operation: Operation): GcpError | undefined {
  const [one] = operation.error?.errors ?? [];
  if (operation.error === undefined) return undefined;
  return new GcpError(
    operation.httpErrorStatusCode ?? 400,
    one?.code ?? 'INTERNAL_ERROR',
    plainText(one?.message ?? '') ||
      `The operation ${operation.operationType ?? ''} failed without saying why.`,
  );
}
