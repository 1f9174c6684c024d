/**
 * Errors as Compute Engine writes them: {error:{code,message,errors:[{message,domain,reason,location?}]}}.
 * Source: Compute Engine API reference, "Error messages" and "Troubleshooting API errors".
 */
export interface ErrorDetail {
  domain?: string;
  location?: { type: 'header' | 'parameter'; name: string };
  /** The canonical code that front ends of newer make add, e.g. UNAUTHENTICATED. */
  status?: string;
  headers?: Record<string, string>;
  /** Without `errors`, as front ends that know only canonical codes answer; `details` in their place. */
  plain?: boolean;
  details?: readonly Record<string, unknown>[];
}

export class GcpError extends Error {
  readonly status: number;
  readonly reason: string;
  readonly detail: ErrorDetail;

  constructor(status: number, reason: string, message: string, detail: ErrorDetail = {}) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.detail = detail;
  }
}

export function errorBody({ status, reason, message, detail }: GcpError) {
  const { domain = 'global', location } = detail;
  if (detail.plain)
    return {
      error: {
        code: status,
        message,
        status: detail.status,
        ...(detail.details && { details: detail.details }),
      },
    };
  return {
    error: {
      code: status,
      message,
      errors: [
        {
          message,
          domain,
          reason,
          ...(location && { location: location.name, locationType: location.type }),
        },
      ],
      ...(detail.status !== undefined && { status: detail.status }),
    },
  };
}

/** `path` is relative, e.g. projects/p/zones/z/instances/x. */
export const notFound = (path: string): GcpError =>
  new GcpError(404, 'notFound', `The resource '${path}' was not found`);
export const alreadyExists = (path: string): GcpError =>
  new GcpError(409, 'alreadyExists', `The resource '${path}' already exists`);
export const notReady = (path: string): GcpError =>
  new GcpError(400, 'resourceNotReady', `The resource '${path}' is not ready`);
/** `kind` is the noun in words, e.g. network. */
export const inUse = (kind: string, path: string, by: string): GcpError =>
  new GcpError(
    400,
    'resourceInUseByAnotherResource',
    `The ${kind} resource '${path}' is already being used by '${by}'`,
  );
/** `field` is e.g. resource.name; `why` a sentence. */
export const invalid = (field: string, value: unknown, why: string): GcpError =>
  new GcpError(
    400,
    'invalid',
    `Invalid value for field '${field}': '${typeof value === 'string' ? value : (JSON.stringify(value) ?? '')}'. ${why}`,
  );
export const required = (field: string): GcpError =>
  new GcpError(400, 'required', `Required field '${field}' not specified`);
export const conditionNotMet = (message: string): GcpError =>
  new GcpError(412, 'conditionNotMet', message, { location: { type: 'header', name: 'If-Match' } });
export const malformedUrl = (field: string, value: unknown): GcpError =>
  invalid(field, value, 'The URL is malformed.');
/** A link in a body that leads nowhere. */
export const danglingLink = (field: string, value: string, kind: string): GcpError =>
  invalid(field, value, `The referenced ${kind} resource cannot be found.`);

const login = { type: 'header', name: 'Authorization' } as const;
export const loginRequired = (): GcpError =>
  new GcpError(
    401,
    'required',
    'Request is missing required authentication credential. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
    {
      status: 'UNAUTHENTICATED',
      location: login,
      headers: { 'www-authenticate': 'Bearer realm="https://accounts.google.com/"' },
    },
  );
export const badToken = (): GcpError =>
  new GcpError(
    401,
    'authError',
    'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.',
    {
      status: 'UNAUTHENTICATED',
      location: login,
      headers: {
        'www-authenticate': 'Bearer realm="https://accounts.google.com/", error="invalid_token"',
      },
    },
  );
export const narrowScope = (): GcpError =>
  new GcpError(403, 'insufficientPermissions', 'Request had insufficient authentication scopes.', {
    status: 'PERMISSION_DENIED',
  });
export const forbidden = (permission: string, path: string): GcpError =>
  new GcpError(403, 'forbidden', `Required '${permission}' permission for '${path}'`);
export const quotaExceeded = (metric: string, limit: number, where: string): GcpError =>
  new GcpError(403, 'quotaExceeded', `Quota '${metric}' exceeded.  Limit: ${limit.toFixed(1)} ${where}.`, {
    domain: 'usageLimits',
  });
