/**
 * Azure's errors and what they mean to us. ARM and every resource provider behind it answer `{error: {code, message, details}}`;
 * the code word decides, the HTTP status where the word is not known. Entra's token service has OAuth's words.
 *
 * Sources: "Troubleshoot common Azure deployment errors", "Common VM error codes", "Understand how ARM throttles requests",
 * "Microsoft Entra authentication and authorization error codes", the ARM RPC's "Common API details".
 */
import { retryAfter } from '@cloud-barista/driver/errors';
import { BaristaError, type ErrorCode } from '@cloud-barista/model/errors';
import type { Classified } from '@cloud-barista/driver/driver';

export class AzureError extends Error {
  override readonly name = 'AzureError';
  /** 0: no answer came. 200: an operation that was taken and failed later. */
  readonly status: number;
  /** ARM's code word, OAuth's, a socket's code (`ECONNREFUSED`), else `HTTP 404`. */
  readonly code: string;
  readonly retryAfterMs: number | undefined;

  constructor(status: number, code: string, message: string, retryAfterMs?: number) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

interface Row {
  status?: readonly number[];
  word?: RegExp;
  text?: RegExp;
  code: ErrorCode;
  throttled?: true;
}

/** The first row whose every cell fits decides. Words before bare statuses. */
export const table: readonly Row[] = [
  { status: [0], code: 'unavailable' },
  { word: /^NotJson$/, code: 'unavailable' },

  // Another operation holds the resource: not performed, and right again in seconds.
  { word: /AnotherOperation|^RetryableError|ResourceNotReady|NotReady$/i, code: 'unavailable' },
  {
    word: /^(ResourceGroupBeingDeleted|ReferencedResourceNotProvisioned|OperationPreempted)$/,
    code: 'unavailable',
  },
  { word: /^OperationNotAllowed$/, text: /another operation is in progress/i, code: 'unavailable' },

  // Compute says OperationNotAllowed for throttling (429), for quota and for states.
  { status: [429], code: 'unavailable', throttled: true },
  { word: /^(TooManyRequests|\w*Throttled\w*)$/i, code: 'unavailable', throttled: true },
  { word: /^OperationNotAllowed$/, text: /quota|exceeding approved/i, code: 'resource_exhausted' },
  { word: /^OperationNotAllowed$/, text: /smaller than the size/i, code: 'invalid_argument' },
  { word: /^OperationNotAllowed$/, code: 'failed_precondition' },

  { word: /Quota|(Limit|Count)(Exceeded|Reached)|CountPer\w+Exceeded$/i, code: 'resource_exhausted' },
  {
    word: /AllocationFailed|^Overconstrained\w*AllocationRequest$|^SkuNotAvailable$/i,
    code: 'resource_exhausted',
  },
  {
    word: /^(SubnetIsFull|SubnetWithNoAvailableAddresses|NotEnoughAddressSpace)/i,
    code: 'resource_exhausted',
  },

  {
    word: /^InUse|InUse$|CannotBeDeleted|CannotDelete|DeletionBlocked|^ScopeLocked$/i,
    code: 'failed_precondition',
  },
  { word: /^(MissingSubscriptionRegistration|SubscriptionNotRegistered)$/, code: 'failed_precondition' },
  // A marketplace image whose terms nobody has accepted.
  { word: /^(ResourcePurchase\w*|Marketplace\w*|VMMarketplaceInvalidInput)$/, code: 'failed_precondition' },
  { word: /^PropertyChangeNotAllowed$/, code: 'failed_precondition' },

  { word: /^(Invalid|Expired)AuthenticationToken|^AuthenticationFailed/, code: 'unauthenticated' },
  // OAuth's words: wrong secret, no such application, no such tenant.
  {
    word: /^(invalid_client|unauthorized_client|invalid_grant|invalid_request|access_denied)$/,
    code: 'unauthenticated',
  },
  { word: /^(temporarily_unavailable|server_error)$/, code: 'unavailable' },
  {
    word: /AuthorizationFailed$|^RequestDisallowedByPolicy$|^ReadOnlyDisabledSubscription$/,
    code: 'permission_denied',
  },
  // 404, and yet nothing about the resource: the subscription is none that this credential sees.
  { word: /^(SubscriptionNotFound|DisabledSubscription)$/, code: 'permission_denied' },

  // Also in a 400: what the request refers to is not there.
  { word: /NotFound$|^InvalidResourceReference$|^ImageNotFound|DoesNotExist$/i, code: 'not_found' },
  { word: /AlreadyExists/i, code: 'already_exists' },
  {
    word: /^(SecurityRuleConflict|ConcurrentUpdate\w*|EtagMismatch|\w*PreconditionFailed|ConditionNotMet)$/i,
    code: 'aborted',
  },
  {
    word: /^(LocationNotAvailableForResourceType|NoRegisteredProviderFound|InvalidLocation\w*)$/,
    code: 'invalid_argument',
  },
  {
    word: /^(Netcfg|InvalidParameter|InvalidRequest|InvalidSubscriptionId|BadRequest)/,
    code: 'invalid_argument',
  },
  { word: /^(Canceled|OperationCancel)/i, code: 'aborted' },
  {
    word: /Internal|^(ServerTimeout|ServiceUnavailable|GatewayTimeout|BadGateway)|ProvisioningTimedOut$/,
    code: 'unavailable',
  },

  { status: [301, 302, 303, 307, 308, 400, 411, 413, 415, 422], code: 'invalid_argument' },
  { status: [401], code: 'unauthenticated' },
  { status: [403], code: 'permission_denied' },
  { status: [404, 410], code: 'not_found' },
  { status: [405, 406, 501], code: 'unimplemented' },
  { status: [409], code: 'failed_precondition' },
  { status: [412], code: 'aborted' },
  { status: [408, 500, 502, 503, 504], code: 'unavailable' },
];

const fits = (row: Row, error: AzureError): boolean =>
  (row.status === undefined || row.status.includes(error.status)) &&
  (row.word === undefined || row.word.test(error.code)) &&
  (row.text === undefined || row.text.test(error.message));

export function classify(error: unknown): Classified | undefined {
  if (!(error instanceof AzureError)) return undefined;
  const row = table.find(row => fits(row, error));
  const { retryAfterMs } = error;
  return {
    code: row?.code ?? (error.status >= 500 ? 'unavailable' : 'unknown'),
    cause: error.code,
    message: error.message,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    ...(row?.throttled && { throttled: true }),
  };
}

/** As the road would wrap it: for what failed after the request that asked for it had succeeded. */
export function wrapped(error: AzureError, code?: ErrorCode): BaristaError {
  const known = classify(error);
  return new BaristaError(code ?? known?.code ?? 'unknown', error.message, {
    cause: error.code,
    source: error,
  });
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Words that only say that there is a more telling one in `details`. */
const vague =
  /^(BadRequest|Conflict|MultipleErrorsOccurred|ResourceOperationFailure|ResourceDeploymentFailure|DeploymentFailed|InvalidRequestFormat|)$/;

/** `{error: {code, message, details}}`, the same without the envelope, or OAuth's `{error, error_description}`. */
export function readEnvelope(body: unknown): { code: string; message: string } {
  if (!isObject(body)) return { code: '', message: '' };
  const inner = body['error'] ?? body;
  if (!isObject(inner)) return { code: text(inner), message: text(body['error_description']) };
  const said = { code: text(inner['code']), message: text(inner['message']) };
  const details = inner['details'];
  if (vague.test(said.code) && Array.isArray(details)) {
    const deeper = readEnvelope(details[0]);
    if (deeper.code !== '') return { code: deeper.code, message: deeper.message || said.message };
  }
  return said;
}

/** Statuses that say something of the resource; in a proxy's mouth they say nothing of it. */
const ofResource: readonly number[] = [400, 403, 404, 405, 409, 410];

/** An answer of 300 and above. `body` is undefined where it was no JSON. */
export function fromAnswer(
  status: number,
  body: unknown,
  raw: string,
  retryAfterHeader: string | undefined,
  host: string,
): AzureError {
  const said = readEnvelope(body);
  // A page instead of JSON comes from something in front of ARM, whose 404 must not pass for "deleted".
  const strange = body === undefined && raw !== '' && ofResource.includes(status);
  return new AzureError(
    status,
    strange ? 'NotJson' : said.code || `HTTP ${status}`,
    plain(said.message) ||
      (strange
        ? `What answers at ${host} does not speak ARM.`
        : `${host} answered HTTP ${status} without saying why.`),
    retryAfter(retryAfterHeader),
  );
}

/** One line, not longer than a paragraph, without Entra's trailing `Trace ID: … Timestamp: …`. */
const plain = (message: string): string =>
  message
    .replace(/\s+/g, ' ')
    .replace(/ Trace ID: .*$/, '')
    .trim()
    .slice(0, 500);
