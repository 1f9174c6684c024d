/**
 * EC2's errors as ours. The words are those of "Error codes for the Amazon EC2 API" (EC2 Developer Guide) and of "Common
 * errors" (signature and credentials). What the table does not name is told by the families that the words form, then by the HTTP status.
 */
import type { Classified } from '@cloud-barista/driver/driver';
import type { ErrorCode } from '@cloud-barista/model/errors';

const table: Readonly<Record<string, ErrorCode>> = {
  // Who asks.
  AuthFailure: 'unauthenticated',
  ExpiredToken: 'unauthenticated',
  ExpiredTokenException: 'unauthenticated',
  IncompleteSignature: 'unauthenticated',
  InvalidClientTokenId: 'unauthenticated',
  InvalidSecurity: 'unauthenticated',
  MissingAuthenticationToken: 'unauthenticated',
  RequestExpired: 'unauthenticated',
  SignatureDoesNotMatch: 'unauthenticated',
  UnrecognizedClientException: 'unauthenticated',
  AccessDenied: 'permission_denied',
  AccessDeniedException: 'permission_denied',
  AccountDisabled: 'permission_denied',
  Blocked: 'permission_denied',
  OperationNotPermitted: 'permission_denied',
  OptInRequired: 'permission_denied',
  PendingVerification: 'permission_denied',
  TagPolicyViolation: 'permission_denied',
  UnauthorizedOperation: 'permission_denied',

  // Try again: throttling, and the cloud's own failures.
  BandwidthLimitExceeded: 'unavailable',
  EC2ThrottledException: 'unavailable',
  InternalError: 'unavailable',
  InternalFailure: 'unavailable',
  InternalServerError: 'unavailable',
  RequestLimitExceeded: 'unavailable',
  RequestThrottled: 'unavailable',
  RequestThrottledException: 'unavailable',
  RequestTimeout: 'unavailable',
  RequestTimeoutException: 'unavailable',
  ServerInternal: 'unavailable',
  ServiceUnavailable: 'unavailable',
  SlowDown: 'unavailable',
  Throttling: 'unavailable',
  ThrottlingException: 'unavailable',
  TooManyRequestsException: 'unavailable',
  Unavailable: 'unavailable',
  ConcurrentTagAccess: 'aborted',
  CreditSpecificationUpdateInProgress: 'aborted',

  // Quota and capacity. Most are told by their family: *LimitExceeded, Insufficient*.
  InsufficientFreeAddressesInSubnet: 'resource_exhausted',
  MaxSpotInstanceCountExceeded: 'resource_exhausted',
  PrivateIpAddressLimitExceeded: 'resource_exhausted',
  ReservationCapacityExceeded: 'resource_exhausted',
  RulesPerSecurityGroupLimitExceeded: 'resource_exhausted',
  SecurityGroupsPerInstanceLimitExceeded: 'resource_exhausted',
  SecurityGroupsPerInterfaceLimitExceeded: 'resource_exhausted',
  UnfulfillableCapacity: 'resource_exhausted',
  VolumeIOPSLimit: 'resource_exhausted',
  // These speak of the request, not of a quota.
  FilterLimitExceeded: 'invalid_argument',
  TagLimitExceeded: 'invalid_argument',

  // The state of things forbids it.
  CannotDelete: 'failed_precondition',
  DefaultVpcDoesNotExist: 'failed_precondition',
  DependencyViolation: 'failed_precondition',
  'Gateway.NotAttached': 'failed_precondition',
  IdempotentInstanceTerminated: 'failed_precondition',
  IdempotentParameterMismatch: 'failed_precondition',
  IncorrectInstanceState: 'failed_precondition',
  IncorrectState: 'failed_precondition',
  'InvalidAMIID.Unavailable': 'failed_precondition',
  'InvalidGroup.InUse': 'failed_precondition',
  'InvalidGroup.Reserved': 'failed_precondition',
  InvalidState: 'failed_precondition',
  'InvalidIPAddress.InUse': 'failed_precondition',
  'InvalidVolume.ZoneMismatch': 'failed_precondition',
  VolumeInUse: 'failed_precondition',
  // EC2 lets a volume change a few times a day: trying again soon does not help.
  VolumeModificationRateExceeded: 'failed_precondition',
  NetworkInterfaceInUse: 'failed_precondition',
  NetworkInterfaceNotFound: 'not_found',
  'OperationNotPermitted.InUse': 'failed_precondition',
  'Resource.AlreadyAssociated': 'failed_precondition',
  Unsupported: 'failed_precondition',
  UnsupportedOperation: 'failed_precondition',
  VPCIdNotSpecified: 'failed_precondition',
  VPCResourceNotSpecified: 'failed_precondition',

  // There already.
  'InvalidGroup.Duplicate': 'already_exists',
  'InvalidKeyPair.Duplicate': 'already_exists',
  'InvalidPermission.Duplicate': 'already_exists',
  'InvalidSubnet.Conflict': 'already_exists',
  RouteAlreadyExists: 'already_exists',

  // Not there. An id of the wrong form names nothing either: EC2 tells the two apart, our callers need not.
  'InvalidAMIID.Malformed': 'not_found',
  'InvalidAMIID.NotFound': 'not_found',
  InvalidGroupId: 'not_found',
  'InvalidGroupId.Malformed': 'not_found',
  'InvalidGroup.NotFound': 'not_found',
  // CreateTags' word where it can't tell what an id is of.
  InvalidID: 'not_found',
  'InvalidInstanceID.Malformed': 'not_found',
  'InvalidInstanceID.NotFound': 'not_found',
  InvalidInstanceType: 'not_found',
  'InvalidInternetGatewayID.NotFound': 'not_found',
  'InvalidInternetGatewayId.Malformed': 'not_found',
  'InvalidKeyPair.NotFound': 'not_found',
  'InvalidPermission.NotFound': 'not_found',
  'InvalidRoute.NotFound': 'not_found',
  'InvalidRouteTableID.NotFound': 'not_found',
  'InvalidRouteTableId.Malformed': 'not_found',
  'InvalidSecurityGroupID.NotFound': 'not_found',
  'InvalidSubnetID.Malformed': 'not_found',
  'InvalidSubnetID.NotFound': 'not_found',
  'InvalidVpcID.Malformed': 'not_found',
  'InvalidVpcID.NotFound': 'not_found',

  // The request is wrong. Most are told by their family: Invalid*, Missing*.
  ClientInvalidParameterValue: 'invalid_argument',
  InvalidAction: 'unimplemented',
  'InvalidAddress.Malformed': 'invalid_argument',
  'InvalidAMIName.Malformed': 'invalid_argument',
  UnknownVolumeType: 'invalid_argument',
  InvalidAvailabilityZone: 'invalid_argument',
  'InvalidKey.Format': 'invalid_argument',
  InvalidParameterValue: 'invalid_argument',
  'InvalidPermission.Malformed': 'invalid_argument',
  'InvalidSubnet.Range': 'invalid_argument',
  InvalidUserData: 'invalid_argument',
  'InvalidUserID.Malformed': 'invalid_argument',
  'InvalidVpc.Range': 'invalid_argument',
  MalformedQueryString: 'invalid_argument',
  UnknownParameter: 'invalid_argument',
  UnsupportedProtocol: 'invalid_argument',
  ValidationError: 'invalid_argument',
  ZonesMismatched: 'invalid_argument',
};

/** Families of words, most telling first. */
const families: readonly (readonly [RegExp, ErrorCode])[] = [
  [/Throttl/i, 'unavailable'],
  [/Insufficient\w*Capacity|^Insufficient/, 'resource_exhausted'],
  [/LimitExceeded$|QuotaExceeded$/, 'resource_exhausted'],
  [/Id\w*\.Malformed$|ID\.Malformed$/, 'not_found'],
  [/NotFound(Exception)?$/, 'not_found'],
  [/Duplicate|AlreadyExists(Exception)?$/, 'already_exists'],
  [/InUse$|^Incorrect\w*State$|State$|\.Locked$/, 'failed_precondition'],
  [/NotSupported|^Unsupported/, 'failed_precondition'],
  [/^(Invalid|Missing|Malformed|Unknown)/, 'invalid_argument'],
];

/** Refused for the number of requests, not performed ("Request throttling for the Amazon EC2 API"). */
const throttling = /Throttl|^RequestLimitExceeded$|^TooManyRequestsException$|^SlowDown$/;

/** Node's and the SDK's words for an endpoint that can't be reached or does not answer. */
const network = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'ESOCKETTIMEDOUT',
  'EPROTO',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

const byStatus = (status: number): ErrorCode =>
  status === 401
    ? 'unauthenticated'
    : status === 403
      ? 'permission_denied'
      : status === 404
        ? 'not_found'
        : status === 429 || status >= 500
          ? 'unavailable'
          : 'invalid_argument';

export function codeOf(word: string, status = 400): ErrorCode {
  if (Object.hasOwn(table, word)) return table[word] ?? 'unknown';
  return families.find(([family]) => family.test(word))?.[1] ?? byStatus(status);
}

/** What the SDK's errors look like from outside; they can't be told by their class, for the SDK is not loaded yet. */
interface SdkError extends Error {
  $fault?: unknown;
  $metadata?: { httpStatusCode?: number };
  $response?: { headers?: Record<string, string> };
  code?: unknown;
}

export function classify(error: unknown): Classified | undefined {
  if (!(error instanceof Error)) return undefined;
  const { name, message, code, $fault, $metadata, $response }: SdkError = error;
  if (name === 'AbortError') return { code: 'cancelled', cause: name, message: 'The request was cancelled.' };
  const wire = typeof code === 'string' && network.has(code) ? code : undefined;
  // The SDK throws an AggregateError where every address of a host refused; its `code` is the first one's.
  if (wire !== undefined || name === 'TimeoutError')
    return { code: 'unavailable', cause: wire ?? name, message: `AWS can't be reached: ${clean(message)}` };
  if ($metadata === undefined) return undefined;

  const status = $metadata.httpStatusCode ?? 0;
  const retryAfterMs = retryAfter($response?.headers?.['retry-after']);
  const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
  // An answer that is no EC2 answer – a proxy's page, a cut connection – makes the SDK's reader fail or leaves the error nameless.
  if ($fault === undefined || name === 'Error' || name === 'Unknown' || name === 'UnknownError')
    return {
      code:
        status >= 300 && status < 500 && status !== 408 && status !== 429 ? byStatus(status) : 'unavailable',
      cause: `HTTP ${status}`,
      message: `What answered (HTTP ${status}) is not the API of AWS.`,
      ...wait,
    };
  return {
    code: codeOf(name, status),
    cause: name,
    message: clean(message),
    ...wait,
    ...(throttling.test(name) && { throttled: true }),
  };
}

/**
 * The cloud's text without what is nobody's business: an encoded authorisation message, the canonical request and signature
 * that SignatureDoesNotMatch repeats (first line only), access keys.
 */
export function clean(message: string): string {
  return (message.split(/\r?\n/, 1)[0] ?? '')
    .replace(/\s*Encoded authorization failure message:.*$/, '')
    .replace(/\b[0-9a-f]{64}\b/gi, '…')
    .replace(/\b(AKIA|ASIA)[A-Z0-9]{12,}\b/g, '$1…')
    .replace(/(Signature|Credential|X-Amz-Security-Token)=[^\s,&]+/gi, '$1=…')
    .slice(0, 500);
}

/** Seconds, or a date (RFC 9110, 10.2.3). */
function retryAfter(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
}

/** True where the road's error carries one of EC2's own words. */
export const says = (error: unknown, ...words: string[]): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'vendorCode' in error &&
  typeof error.vendorCode === 'string' &&
  words.includes(error.vendorCode);
