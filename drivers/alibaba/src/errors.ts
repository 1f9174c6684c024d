/**
 * Alibaba Cloud's errors as ours. An error is a JSON body with `Code` and `Message`; the words are those of "Error codes" in the
 * ECS and VPC API references and of the API gateway (signature, credentials, throttling). What the table does not name is told
 * by the families that the words form (`Noun.Reason`), then by the HTTP status.
 */
import type { Classified } from '@cloud-barista/driver/driver';
import type { ErrorCode } from '@cloud-barista/model/errors';

/** What `http.ts` throws: an answer of 300 and above, or none (status 0). */
export class AlibabaError extends Error {
  override readonly name = 'AlibabaError';
  readonly status: number;
  readonly word: string;
  readonly retryAfterMs: number | undefined;

  constructor(status: number, word: string, message: string, retryAfterMs?: number) {
    super(message);
    this.status = status;
    this.word = word;
    this.retryAfterMs = retryAfterMs;
  }
}

const table: Readonly<Record<string, ErrorCode>> = {
  // Who asks.
  IncompleteSignature: 'unauthenticated',
  InvalidTimeStamp: 'unauthenticated',
  MissingSecurityToken: 'unauthenticated',
  SignatureDoesNotMatch: 'unauthenticated',
  SignatureNonceUsed: 'unauthenticated',
  UnsupportedSignatureMethod: 'unauthenticated',
  NoPermission: 'permission_denied',

  // Try again: the cloud's own failures, and another request that is still under way.
  InternalError: 'unavailable',
  ServiceUnavailable: 'unavailable',
  SDKError: 'unavailable',
  UnknownError: 'unavailable',
  IdempotentProcessing: 'aborted',
  LastTokenProcessing: 'aborted',
  OperationConflict: 'aborted',
  TaskConflict: 'aborted',

  // Quota and capacity. Most are told by their family.
  NotEnoughBalance: 'resource_exhausted',
  InvalidAccountStatus: 'failed_precondition',
  'InvalidDisk.AlreadyAttached': 'failed_precondition',
  ResourcesNotInSameZone: 'failed_precondition',
  SnapshotCreatedImage: 'failed_precondition',
  SnapshotCreatedDisk: 'failed_precondition',
  EIP_CAN_NOT_ASSOCIATE_WITH_PUBLIC_IP: 'failed_precondition',
  InstanceAlreadyHasEip: 'failed_precondition',
  'InvalidAccountStatus.NotEnoughBalance': 'resource_exhausted',
  InsufficientBalance: 'resource_exhausted',
  ResourceNotAvailable: 'resource_exhausted',
  Zone: 'resource_exhausted',
  'Zone.NotOnSale': 'resource_exhausted',
  'InvalidResourceType.NotSupported': 'resource_exhausted',

  // Not there.
  'InvalidInstanceType.ValueNotSupported': 'not_found',
  'InvalidInstanceType.ValueUnauthorized': 'not_found',
  'InvalidParameter.InstanceTypeNotExist': 'not_found',
  'InvalidVpcID.NotFound': 'not_found',
  'InvalidVpcId.NotFound': 'not_found',
  'InvalidKeyPairName.NotFound': 'not_found',
  InvalidImageId: 'not_found',
  'InvalidInstanceId.Malformed': 'not_found',

  // The request is wrong.
  'InvalidAction.NotFound': 'unimplemented',
  'InvalidApi.NotFound': 'unimplemented',
  'InvalidVersion.NotFound': 'unimplemented',
  InvalidAction: 'unimplemented',
  InvalidVersion: 'unimplemented',
  IdempotentParamNotMatch: 'failed_precondition',
  IdempotentParameterMismatch: 'failed_precondition',
  'InvalidCidrBlock.Overlapped': 'invalid_argument',
  'InvalidDiskCategory.ValueNotSupported': 'invalid_argument',
  'InvalidDiskCategory.NotSupported': 'invalid_argument',
  'InvalidDataDiskCategory.NotSupported': 'invalid_argument',
  'InvalidDataDiskCategory.ValueNotSupported': 'invalid_argument',
  'InvalidKeyPairName.Malformed': 'invalid_argument',
};

/** Families of words, most telling first. */
const families: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^Throttling|FlowLimit|\.Throttling$/i, 'unavailable'],
  [
    /^(InvalidAccessKey|InvalidSecurityToken|InvalidTimeStamp|SignatureDoesNot|SignatureNonce|Missing(AccessKey|Signature))/,
    'unauthenticated',
  ],
  [/^InvalidCredentials/, 'unauthenticated'],
  [
    /^(NoPermission|Forbidden|UnauthorizedOperation|AccessDenied|ImplicitDeny|ExplicitDeny)/i,
    'permission_denied',
  ],
  [/^(InternalError|ServiceUnavailable|ServerError|SystemBusy)/, 'unavailable'],
  [
    /NoStock|SoldOut|QuotaExceed|QuotaFull|LimitExceed|NotEnoughBalance|Insufficient|NotEnough|OutOfCapacity/i,
    'resource_exhausted',
  ],
  [/^(IdempotentProcessing|LastTokenProcessing|OperationConflict|TaskConflict)/, 'aborted'],
  [/Duplicated?$|AlreadyExists?(ed)?$/i, 'already_exists'],
  [
    /^(DependencyViolation|IncorrectInstanceStatus|Incorrect\w*Status|IncorrectStatus|InvalidOperation|OperationDenied|OperationFailed)/,
    'failed_precondition',
  ],
  [/InUse$|\.Locked$|StatusNotSupported|NotSupportedStatus|InvalidStatus/, 'failed_precondition'],
  [/NotFound$|NotExists?$/i, 'not_found'],
  [/NotSupport/i, 'failed_precondition'],
  [/^(Invalid|Missing|Malformed|Unsupported|Illegal)/, 'invalid_argument'],
];

const byStatus = (status: number): ErrorCode =>
  status === 401
    ? 'unauthenticated'
    : status === 403
      ? 'permission_denied'
      : status === 404
        ? 'not_found'
        : status === 0 || status === 408 || status === 429 || status >= 500
          ? 'unavailable'
          : 'invalid_argument';

export function codeOf(word: string, status = 400): ErrorCode {
  if (Object.hasOwn(table, word)) return table[word] ?? 'unknown';
  return families.find(([family]) => family.test(word))?.[1] ?? byStatus(status);
}

export function classify(error: unknown): Classified | undefined {
  if (error instanceof Error && error.name === 'AbortError')
    return { code: 'cancelled', cause: error.name, message: 'The request was cancelled.' };
  if (!(error instanceof AlibabaError)) return undefined;
  const { status, word, retryAfterMs } = error;
  return {
    code: status === 0 ? 'unavailable' : codeOf(word, status),
    cause: word,
    message: clean(error.message) || word,
    ...(retryAfterMs !== undefined && { retryAfterMs }),
    // Refused for the number of requests, not performed ("Throttling.User", "Throttling.Api").
    ...(word.startsWith('Throttling') && { throttled: true }),
  };
}

/** The cloud's text without what is nobody's business: SignatureDoesNotMatch repeats the string that it signed, and access keys. */
export function clean(message: string): string {
  return (message.split(/\r?\n/, 1)[0] ?? '')
    .replace(/\s*server (string to sign|StringToSign|CanonicalRequest).*$/i, '')
    .replace(/\b[0-9a-f]{64}\b/gi, '…')
    .replace(/\b(LTAI|STS\.)[A-Za-z0-9]{10,}/g, '$1…')
    .replace(/(Signature|Credential|x-acs-security-token)[=:][^\s,&]+/gi, '$1=…')
    .slice(0, 500);
}

/** An error answer as it is thrown. `text` need not be Alibaba Cloud's at all: a proxy's page, nothing. */
export function fromAnswer(status: number, body: unknown, retryAfter: string | undefined): AlibabaError {
  const wait = retryAfter !== undefined && /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : undefined;
  const { Code: word, Message: message } = (typeof body === 'object' && body !== null ? body : {}) as {
    Code?: unknown;
    Message?: unknown;
  };
  if (typeof word !== 'string' || word === '')
    return new AlibabaError(
      status,
      `HTTP ${status}`,
      `What answered (HTTP ${status}) is not Alibaba Cloud's API.`,
      wait,
    );
  return new AlibabaError(status, word, typeof message === 'string' && message !== '' ? message : word, wait);
}

/** The cloud's own word of an error of the road; "" where it has none. */
export const wordOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'vendorCode' in error && typeof error.vendorCode === 'string'
    ? error.vendorCode
    : '';
/** True where the road's error carries one of the words, or one that goes on with a dot (`DependencyViolation.VSwitch`). */
export function says(error: unknown, ...words: string[]): boolean {
  const word = wordOf(error);
  return words.some(one => word === one || word.startsWith(`${one}.`));
}
