/** The in-process cloud's own errors, and the table that turns its code words into ours. */
import type { Classified } from '@cloud-barista/driver/driver';
import type { ErrorCode } from '@cloud-barista/model/errors';

const table = {
  ImageNotFound: 'not_found',
  SpecNotFound: 'not_found',
  VpcNotFound: 'not_found',
  SubnetNotFound: 'not_found',
  SecurityGroupNotFound: 'not_found',
  KeyPairNotFound: 'not_found',
  VmNotFound: 'not_found',
  DiskNotFound: 'not_found',
  CustomImageNotFound: 'not_found',
  PublicIpNotFound: 'not_found',
  DiskInUse: 'failed_precondition',
  PublicIpInUse: 'failed_precondition',
  VpcInUse: 'failed_precondition',
  SubnetInUse: 'failed_precondition',
  SecurityGroupInUse: 'failed_precondition',
  VpcWithoutGateway: 'failed_precondition',
  IncorrectVmState: 'failed_precondition',
  VpcNameTaken: 'already_exists',
  SecurityGroupNameTaken: 'already_exists',
  KeyPairNameTaken: 'already_exists',
  SubnetNameTaken: 'already_exists',
  InvalidCidr: 'invalid_argument',
  SubnetOverlap: 'invalid_argument',
  SubnetOutsideVpc: 'invalid_argument',
  InvalidPublicKey: 'invalid_argument',
  InvalidDiskSize: 'invalid_argument',
  InvalidDiskType: 'invalid_argument',
  InvalidUserData: 'invalid_argument',
  InvalidCursor: 'invalid_argument',
  ImageUnavailable: 'invalid_argument',
  GroupOutsideVpc: 'invalid_argument',
  InsufficientCapacity: 'resource_exhausted',
  VmQuotaExceeded: 'resource_exhausted',
  TooManyTags: 'resource_exhausted',
  SubnetFull: 'resource_exhausted',
  NoPublicAddressLeft: 'resource_exhausted',
  Throttling: 'unavailable',
  ServiceUnavailable: 'unavailable',
  ConnectionBroken: 'unavailable',
  InternalFailure: 'unavailable',
} as const satisfies Record<string, ErrorCode>;

export type MemoryErrorCode = keyof typeof table;

/** What this cloud throws, as a vendor's client would: classified by the road, not here. */
export class MemoryCloudError extends Error {
  override readonly name = 'MemoryCloudError';
  readonly code: MemoryErrorCode;
  readonly retryAfterMs: number | undefined;

  constructor(code: MemoryErrorCode, message: string, retryAfterMs?: number) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

export function classify(error: unknown): Classified | undefined {
  if (!(error instanceof MemoryCloudError)) return undefined;
  return {
    code: table[error.code],
    cause: error.code,
    message: error.message,
    ...(error.code === 'Throttling' && { throttled: true as const }),
    ...(error.retryAfterMs !== undefined && { retryAfterMs: error.retryAfterMs }),
  };
}
