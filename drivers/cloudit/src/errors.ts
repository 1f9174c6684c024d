/**
 * Cloudit's errors and what they mean to us. What its bodies say is documented nowhere, so the status alone decides; and what 409
 * means – the name or block is taken, or the state forbids it – by the call that was made.
 */
import type { Classified } from '@cloud-barista/driver/driver';
import { plainText, retryAfter } from '@cloud-barista/driver/errors';
import type { ErrorCode } from '@cloud-barista/model/errors';

export class ClouditError extends Error {
  override readonly name = 'ClouditError';
  /** 0: no answer came. */
  readonly status: number;
  /** A socket's code (`ECONNREFUSED`), `NotJson`, else `HTTP 404`. */
  readonly type: string;
  /** e.g. `POST iam/securitygroups`. */
  readonly api: string;
  readonly retryAfterMs: number | undefined;

  constructor(
    api: string,
    { status, type, retryAfterMs }: { status: number; type?: string; retryAfterMs?: number | undefined },
    message: string,
  ) {
    super(message);
    this.api = api;
    this.status = status;
    this.type = type ?? `HTTP ${status}`;
    this.retryAfterMs = retryAfterMs;
  }
}

const byStatus: Readonly<Record<number, ErrorCode>> = {
  0: 'unavailable',
  400: 'invalid_argument',
  401: 'unauthenticated',
  403: 'permission_denied',
  404: 'not_found',
  405: 'unimplemented',
  408: 'unavailable',
  409: 'failed_precondition',
  410: 'not_found',
  413: 'resource_exhausted',
  422: 'invalid_argument',
  429: 'unavailable',
};
/** Calls whose 409 says that somebody has it already. */
const taking = new Set([
  'POST dna/subnets',
  'POST dna/adaptive-ips',
  'POST iam/securitygroups',
  'POST iam/securitygroups/{id}/inbound',
  'POST iam/securitygroups/{id}/outbound',
]);

function codeOf({ status, type, api }: ClouditError): ErrorCode {
  if (type === 'NotJson') return 'unavailable';
  if (status === 409 && taking.has(api)) return 'already_exists';
  if (status >= 500) return 'unavailable';
  if (status >= 300 && status < 400) return 'invalid_argument';
  return byStatus[status] ?? 'unknown';
}

export function classify(error: unknown): Classified | undefined {
  if (!(error instanceof ClouditError)) return undefined;
  const { message, type, status, retryAfterMs } = error;
  return {
    code: codeOf(error),
    cause: type,
    message,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(status === 429 && { throttled: true }),
  };
}

function textOf(body: unknown, raw: string): string {
  if (typeof body === 'object' && body !== null)
    for (const key of ['message', 'error', 'msg'])
      if (key in body) {
        const said = (body as Record<string, unknown>)[key];
        if (typeof said === 'string' && said !== '') return plainText(said);
      }
  return plainText(raw);
}

/** An answer of 300 and above as an error. `body` is undefined where it was no JSON; `secret` is not told, should the answer repeat it. */
export function fromAnswer(
  api: string,
  answer: { status: number; body: unknown; raw: string; retryAfter: string | undefined; secret: string },
): ClouditError {
  const { status, body, raw, secret } = answer;
  const text = textOf(body, raw);
  const said = secret === '' ? text : text.replaceAll(secret, '…');
  // A page instead of JSON comes from something in front of Cloudit, whose 404 must not pass for "deleted".
  const page = body === undefined && raw.trimStart().startsWith('<') && status < 500 && status !== 429;
  return new ClouditError(
    api,
    {
      status,
      ...(page && { type: 'NotJson' }),
      retryAfterMs: retryAfter(answer.retryAfter),
    },
    said || `Cloudit answered ${api} with HTTP ${status} without saying why.`,
  );
}
