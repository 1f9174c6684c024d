/**
 * The one error table: the closed set of gRPC code words, each with its HTTP status and whether the same
 * call may succeed when simply made again. Code decides, never text.
 *
 * Source of the words: google.rpc.Code. A cloud's throttling is `unavailable` (try again); a quota or a lack
 * of capacity is `resource_exhausted` (trying again as is does not help).
 */
export const errorTable = {
  invalid_argument: { status: 400, retryable: false },
  failed_precondition: { status: 412, retryable: false },
  out_of_range: { status: 400, retryable: false },
  unauthenticated: { status: 401, retryable: false },
  permission_denied: { status: 403, retryable: false },
  not_found: { status: 404, retryable: false },
  already_exists: { status: 409, retryable: false },
  aborted: { status: 409, retryable: true },
  resource_exhausted: { status: 429, retryable: false },
  cancelled: { status: 499, retryable: false },
  internal: { status: 500, retryable: false },
  unknown: { status: 500, retryable: false },
  data_loss: { status: 500, retryable: false },
  unimplemented: { status: 501, retryable: false },
  unavailable: { status: 503, retryable: true },
  deadline_exceeded: { status: 504, retryable: false },
} as const satisfies Record<string, { status: number; retryable: boolean }>;

export type ErrorCode = keyof typeof errorTable;
export const errorCodes = Object.keys(errorTable) as ErrorCode[];

/** What a user may see of an error: `what` and `where` happened and what to do `next`. No secret in any of it. */
export interface ErrorBody {
  code: ErrorCode;
  message: string;
  /** What the user can do about it. */
  next?: string;
  /** The field, file or resource that it is about, e.g. `groups[1].size`. */
  where?: string;
  /** The cloud's own code, e.g. `InsufficientInstanceCapacity`. */
  cause?: string;
}

export interface ErrorDetail {
  next?: string | undefined;
  where?: string | undefined;
  /** The cloud's own code word. */
  cause?: string | undefined;
  /** For the operator's log only; never leaves the process. */
  operator?: string | undefined;
  /** How long the cloud asked us to wait, in milliseconds. */
  retryAfterMs?: number | undefined;
  /** The raw error, for the log. */
  source?: unknown;
}

/** Every error that crosses a package's border. */
export class BaristaError extends Error {
  override readonly name = 'BaristaError';
  readonly code: ErrorCode;
  readonly next: string | undefined;
  readonly where: string | undefined;
  readonly vendorCode: string | undefined;
  readonly operator: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.source === undefined ? undefined : { cause: detail.source });
    this.code = code;
    this.next = detail.next;
    this.where = detail.where;
    this.vendorCode = detail.cause;
    this.operator = detail.operator;
    this.retryAfterMs = detail.retryAfterMs;
  }

  get status(): number {
    return errorTable[this.code].status;
  }

  get retryable(): boolean {
    return errorTable[this.code].retryable;
  }

  toJSON(): ErrorBody {
    return {
      code: this.code,
      message: this.message,
      ...(this.next !== undefined && { next: this.next }),
      ...(this.where !== undefined && { where: this.where }),
      ...(this.vendorCode !== undefined && { cause: this.vendorCode }),
    };
  }
}

/** Any thrown thing as a BaristaError; what is not one already is `internal`, its text kept from the user. */
export function toBaristaError(error: unknown): BaristaError {
  if (error instanceof BaristaError) return error;
  if (error instanceof Error && error.name === 'AbortError')
    return new BaristaError('cancelled', 'The call was cancelled.', { source: error });
  return new BaristaError('internal', 'Something went wrong inside Cloud-Barista.', {
    next: 'Look at the server log for the cause, and report it.',
    operator: error instanceof Error ? (error.stack ?? error.message) : String(error),
    source: error,
  });
}

/** The error in a journal or an HTTP body, back as an error. */
export function fromErrorBody(body: ErrorBody): BaristaError {
  return new BaristaError(body.code, body.message, { next: body.next, where: body.where, cause: body.cause });
}

export const isErrorCode = (word: unknown): word is ErrorCode =>
  typeof word === 'string' && Object.hasOwn(errorTable, word);

/** True where `error` carries one of `codes`. */
export const hasCode = (error: unknown, ...codes: ErrorCode[]): error is BaristaError =>
  error instanceof BaristaError && codes.includes(error.code);
