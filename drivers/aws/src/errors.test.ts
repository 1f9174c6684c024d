import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errorTable, type ErrorCode } from '@cloud-barista/model/errors';
import { classify, clean, codeOf } from './errors.ts';

/** An error as the SDK throws it. */
const vendor = (name: string, status = 400, message = 'text', headers = {}) =>
  Object.assign(new Error(message), {
    name,
    $fault: status < 500 ? 'client' : 'server',
    $metadata: { httpStatusCode: status },
    $response: { headers },
  });

describe('EC2 errors', () => {
  const words: Partial<Record<ErrorCode, string[]>> = {
    unauthenticated: [
      'AuthFailure',
      'SignatureDoesNotMatch',
      'InvalidClientTokenId',
      'RequestExpired',
      'MissingAuthenticationToken',
    ],
    permission_denied: [
      'UnauthorizedOperation',
      'OptInRequired',
      'Blocked',
      'PendingVerification',
      'TagPolicyViolation',
    ],
    not_found: [
      'InvalidInstanceID.NotFound',
      'InvalidInstanceID.Malformed',
      'InvalidAMIID.Malformed',
      'InvalidGroupId.Malformed',
      'InvalidVpcEndpointId.NotFound',
      'NatGatewayNotFound',
      'InvalidInstanceType',
    ],
    already_exists: [
      'InvalidKeyPair.Duplicate',
      'InvalidGroup.Duplicate',
      'InvalidPermission.Duplicate',
      'RouteAlreadyExists',
      'InvalidSubnet.Conflict',
      'DefaultVpcAlreadyExists',
    ],
    resource_exhausted: [
      'InsufficientInstanceCapacity',
      'InsufficientFreeAddressesInSubnet',
      'InsufficientAddressCapacity',
      'VcpuLimitExceeded',
      'InstanceLimitExceeded',
      'VpcLimitExceeded',
      'RulesPerSecurityGroupLimitExceeded',
      'MaxSpotInstanceCountExceeded',
      'UnfulfillableCapacity',
    ],
    unavailable: [
      'RequestLimitExceeded',
      'Throttling',
      'ThrottlingException',
      'EC2ThrottledException',
      'InternalError',
      'InternalFailure',
      'ServiceUnavailable',
      'Unavailable',
      'ServerInternal',
    ],
    failed_precondition: [
      'DependencyViolation',
      'IncorrectInstanceState',
      'IncorrectState',
      'UnsupportedOperation',
      'InvalidGroup.InUse',
      'VolumeInUse',
      'IncorrectSpotRequestState',
      'InvalidCustomerGatewayState',
      'IdempotentParameterMismatch',
    ],
    invalid_argument: [
      'InvalidParameterValue',
      'MissingParameter',
      'InvalidParameterCombination',
      'InvalidVpc.Range',
      'InvalidSubnet.Range',
      'InvalidKey.Format',
      'FilterLimitExceeded',
      'InvalidBlockDeviceMapping',
      'InvalidAMIName.Malformed',
      'UnknownParameter',
      'UnknownVolumeType',
      'ValidationError',
    ],
  };
  for (const [code, names] of Object.entries(words))
    it(`are ${code}: ${names.slice(0, 3).join(', ')} …`, () => {
      for (const name of names) assert.equal(classify(vendor(name))?.code, code, name);
    });

  it('that no table knows go by their status', () => {
    for (const [status, code] of [
      [400, 'invalid_argument'],
      [401, 'unauthenticated'],
      [403, 'permission_denied'],
      [404, 'not_found'],
      [429, 'unavailable'],
      [500, 'unavailable'],
      [503, 'unavailable'],
    ] as const)
      assert.equal(codeOf('SomethingNew', status), code);
    assert.ok(Object.hasOwn(errorTable, codeOf('toString')), 'no word of Object.prototype is in the table');
  });

  it('keep the word, the text and what the cloud asks to wait', () => {
    assert.deepEqual(classify(vendor('RequestLimitExceeded', 503, 'Too many.', { 'retry-after': '2' })), {
      code: 'unavailable',
      cause: 'RequestLimitExceeded',
      message: 'Too many.',
      retryAfterMs: 2000,
      throttled: true,
    });
    assert.deepEqual(classify(vendor('Unavailable', 503, 'Overloaded.')), {
      code: 'unavailable',
      cause: 'Unavailable',
      message: 'Overloaded.',
    });
  });

  it('of the network are unavailable, an abort is cancelled, others are not ours', () => {
    for (const code of ['ECONNREFUSED', 'ENOTFOUND', 'ECONNRESET', 'EAI_AGAIN'])
      assert.equal(classify(Object.assign(new Error('connect'), { code }))?.code, 'unavailable');
    assert.equal(classify(Object.assign(new Error('slow'), { name: 'TimeoutError' }))?.code, 'unavailable');
    assert.equal(classify(new DOMException('stop', 'AbortError'))?.code, 'cancelled');
    for (const foreign of [
      new TypeError('x'),
      Object.assign(new Error('x'), { code: 'ENOENT' }),
      'text',
      undefined,
    ])
      assert.equal(classify(foreign), undefined);
  });

  it('tell no secret', () => {
    const canonical =
      'The request signature we calculated does not match.\n\nThe Canonical String was\nPOST\n/\nx-amz-date:20261121';
    assert.equal(clean(canonical), 'The request signature we calculated does not match.');
    assert.equal(
      clean('Not authorized. Encoded authorization failure message: abcDEF_-123'),
      'Not authorized.',
    );
    assert.doesNotMatch(
      clean(`Credential=AKIAIOSFODNN7EXAMPLE/2026, Signature=${'0f'.repeat(32)}`),
      /EXAMPLE|0f0f/,
    );
    assert.doesNotMatch(clean('No key AKIAIOSFODNN7EXAMPLE here'), /IOSFODNN/);
  });
});
