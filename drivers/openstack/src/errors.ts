/**
 * OpenStack's errors and what they mean to us. Keystone, Nova and Glance say most of it by status; Neutron adds the
 * exception's class as `NeutronError.type`; Nova has no codes, so a few of its sentences have to be read.
 *
 * Sources: "Compute API Guide: Faults"; "Networking API v2.0: HTTP response codes"; the exception classes of
 * neutron-lib and nova.
 */
import { plainText, retryAfter } from '@cloud-barista/driver/errors';
import type { ErrorCode } from '@cloud-barista/model/errors';
import type { Classified } from '@cloud-barista/driver/driver';

export type Service = 'identity' | 'compute' | 'network' | 'image' | 'volume';

export class OpenstackError extends Error {
  override readonly name = 'OpenstackError';
  readonly service: Service;
  /** 0: no answer came. */
  readonly status: number;
  /** Neutron's exception class, Nova's fault name (`conflictingRequest`), a socket's code (`ECONNREFUSED`), else `HTTP 404`. */
  readonly type: string;
  readonly retryAfterMs: number | undefined;

  constructor(service: Service, status: number, type: string, message: string, retryAfterMs?: number) {
    super(message);
    this.service = service;
    this.status = status;
    this.type = type;
    this.retryAfterMs = retryAfterMs;
  }
}

interface Row {
  service?: Service;
  status?: readonly number[];
  type?: RegExp;
  text?: RegExp;
  code: ErrorCode;
}

const quota = /quota|maximum number of|limit exceeded|exceeds? .*limit/i;

/** The first row whose every cell fits decides. Types before texts before bare statuses. */
const table: readonly Row[] = [
  // No OpenStack answer at all: refused, reset, unresolved, a proxy's page instead of JSON.
  { status: [0], code: 'unavailable' },
  { type: /^NotJson$/, code: 'unavailable' },

  // Nothing of Keystone's is absent: the address is wrong.
  { service: 'identity', status: [404, 405], code: 'invalid_argument' },

  // Neutron's classes.
  { type: /^(OverQuota|QuotaResourceUnknown)$/, code: 'resource_exhausted' },
  {
    type: /^(IpAddressGenerationFailure|ExternalIpAddressExhausted|NoNetworkAvailable|NoMoreNetworks)/,
    code: 'resource_exhausted',
  },
  { type: /^(SecurityGroupRuleExists|FloatingIPPortAlreadyAssociated)$/, code: 'already_exists' },
  {
    type: /^(ExternalGatewayForFloatingIPNotFound|RouterExternalGatewayRequired)/,
    code: 'failed_precondition',
  },
  { type: /InUse(ByFloatingIP|ByRoute|AsGatewayBySubnet)?$/, code: 'failed_precondition' },
  { type: /^(RetryRequest|DBDeadlock|StaleDataError|NeutronDbObjectDuplicateEntry)$/, code: 'aborted' },
  { type: /NotFound(ForSubnet|ForPort)?$/, code: 'not_found' },
  { type: /^PolicyNotAuthorized$/, code: 'permission_denied' },

  // Throttled: rate limits answer 429, and 413 on clouds older than Nova's own change of it.
  { status: [429], code: 'unavailable' },
  { status: [413], text: /quota|maximum (allowed|number of)/i, code: 'resource_exhausted' },
  { status: [413], code: 'unavailable' },

  // Nova's sentences.
  { service: 'compute', status: [403, 409], text: quota, code: 'resource_exhausted' },
  { service: 'compute', status: [409], text: /already exists/i, code: 'already_exists' },
  {
    service: 'compute',
    status: [409],
    text: /no more|not enough|no fixed ip|no valid host/i,
    code: 'resource_exhausted',
  },
  // A server asked for with a network, image, flavor, group or key that is not there is 400, not 404.
  {
    service: 'compute',
    status: [400],
    text: /could not be found|can ?not find|not found|invalid key_name/i,
    code: 'not_found',
  },
  { service: 'compute', status: [400], text: /is not active|invalid state/i, code: 'failed_precondition' },
  // Cinder's InvalidVolume and InvalidSnapshot: not one that is in this state.
  { service: 'volume', status: [400], text: /^Invalid (volume|snapshot): /i, code: 'failed_precondition' },
  { status: [403], text: quota, code: 'resource_exhausted' },

  { status: [300, 301, 302, 303, 307, 308], code: 'invalid_argument' },
  { status: [400, 411, 415, 422], code: 'invalid_argument' },
  { status: [401], code: 'unauthenticated' },
  { status: [403], code: 'permission_denied' },
  { status: [404, 410], code: 'not_found' },
  { status: [405, 406, 501], code: 'unimplemented' },
  { status: [409], code: 'failed_precondition' },
  { status: [412], code: 'aborted' },
  // A control plane's 500 is as a rule a database or message bus that is briefly away.
  { status: [408, 500, 502, 503, 504], code: 'unavailable' },
];

const fits = (row: Row, error: OpenstackError): boolean =>
  (row.service === undefined || row.service === error.service) &&
  (row.status === undefined || row.status.includes(error.status)) &&
  (row.type === undefined || row.type.test(error.type)) &&
  (row.text === undefined || row.text.test(error.message));

export function classify(error: unknown): Classified | undefined {
  if (!(error instanceof OpenstackError)) return undefined;
  const code = table.find(row => fits(row, error))?.code ?? (error.status >= 500 ? 'unavailable' : 'unknown');
  const { retryAfterMs, status } = error;
  return {
    code,
    cause: error.type,
    message: error.message,
    ...(code === 'unavailable' && (status === 429 || status === 413) && { throttled: true }),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;

interface Said {
  type?: string | undefined;
  message?: string | undefined;
  retryAfter?: string | undefined;
}

/** Each service has its own envelope. */
function readEnvelope(body: Record<string, unknown>): Said {
  const list = body['errors'];
  // API microversion refusals: {errors: [{title, detail}]}.
  if (Array.isArray(list) && isObject(list[0]))
    return { message: text(list[0]['detail']) ?? text(list[0]['title']) };
  const [name = '', first] = Object.entries(body)[0] ?? [];
  if (isObject(first)) {
    // Neutron {NeutronError: {type, message}}, Nova {badRequest: {code, message}}, Keystone {error: {code, title, message}}.
    const fault =
      name === 'error' || name === 'NeutronError' ? text(first['title'])?.replace(/\s+/g, '') : name;
    // Nova's overLimit has said it in the body since before the header.
    return {
      type: text(first['type']) || fault,
      message: text(first['message']),
      retryAfter: text(first['retryAfter']),
    };
  }
  // Glance and webob {message, code, title}; Neutron, at times, {NeutronError: "…"}.
  return { message: text(body['message']) ?? text(first) };
}

/** Statuses that say something of the resource; in a proxy's mouth they say nothing of it. */
const ofResource: readonly number[] = [400, 403, 404, 405, 409, 410];

/** An answer of 300 and above as an error. `body` is undefined where it was no JSON. */
export function fromAnswer(
  service: Service,
  status: number,
  body: unknown,
  raw: string,
  retryAfterHeader: string | undefined,
): OpenstackError {
  const said = isObject(body) ? readEnvelope(body) : { message: raw };
  // A page instead of JSON comes from something in front of the service, whose 404 must not pass for "deleted".
  // Glance answers so itself where its webob is older than 1.7.
  const page =
    body === undefined &&
    raw.trimStart().startsWith('<') &&
    service !== 'image' &&
    ofResource.includes(status);
  return new OpenstackError(
    service,
    status,
    page ? 'NotJson' : said.type || `HTTP ${status}`,
    plainText(said.message ?? '') || `The ${service} service answered HTTP ${status} without saying why.`,
    retryAfter(retryAfterHeader ?? said.retryAfter),
  );
}
