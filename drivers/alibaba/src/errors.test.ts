import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ErrorCode } from '@cloud-barista/model/errors';
import { AlibabaError, classify, clean, codeOf, fromAnswer, says } from './errors.ts';

const words: Record<string, ErrorCode> = {
  'InvalidAccessKeyId.NotFound': 'unauthenticated',
  'InvalidAccessKeyId.Inactive': 'unauthenticated',
  'InvalidSecurityToken.Expired': 'unauthenticated',
  'InvalidTimeStamp.Expired': 'unauthenticated',
  SignatureDoesNotMatch: 'unauthenticated',
  SignatureNonceUsed: 'unauthenticated',
  'Forbidden.RAM': 'permission_denied',
  NoPermission: 'permission_denied',
  'Throttling.User': 'unavailable',
  Throttling: 'unavailable',
  ServiceUnavailable: 'unavailable',
  InternalError: 'unavailable',
  'OperationDenied.NoStock': 'resource_exhausted',
  'QuotaExceed.ElasticQuota': 'resource_exhausted',
  'QuotaExceeded.Vpc': 'resource_exhausted',
  'InvalidAccountStatus.NotEnoughBalance': 'resource_exhausted',
  'InvalidInstanceId.NotFound': 'not_found',
  'InvalidVpcID.NotFound': 'not_found',
  'InvalidVSwitchId.NotFound': 'not_found',
  'InvalidSecurityGroupId.NotFound': 'not_found',
  'InvalidKeyPair.NotFound': 'not_found',
  'InvalidImageId.NotFound': 'not_found',
  'InvalidRegionId.NotFound': 'not_found',
  'KeyPair.AlreadyExist': 'already_exists',
  IncorrectInstanceStatus: 'failed_precondition',
  'IncorrectInstanceStatus.Initializing': 'failed_precondition',
  'DependencyViolation.VSwitch': 'failed_precondition',
  DependencyViolation: 'failed_precondition',
  'InvalidOperation.KeepCharging': 'failed_precondition',
  'InvalidAction.NotFound': 'unimplemented',
  LastTokenProcessing: 'aborted',
  TaskConflict: 'aborted',
  InvalidParameter: 'invalid_argument',
  'MissingParameter.ImageId': 'invalid_argument',
  'InvalidCidrBlock.Malformed': 'invalid_argument',
};

describe('the error table', () => {
  for (const [word, code] of Object.entries(words))
    it(`${word} is ${code}`, () => assert.equal(codeOf(word), code));

  it('tells by the status what has no known word', () => {
    for (const [status, code] of [
      [401, 'unauthenticated'],
      [403, 'permission_denied'],
      [404, 'not_found'],
      [429, 'unavailable'],
      [502, 'unavailable'],
      [400, 'invalid_argument'],
    ] as const)
      assert.equal(codeOf('Strange', status), code);
  });
});

describe('classify', () => {
  it('marks throttling, and what came from no answer', () => {
    assert.equal(classify(new AlibabaError(400, 'Throttling.Api', 'slow'))?.throttled, true);
    assert.equal(classify(new AlibabaError(503, 'ServiceUnavailable', 'x'))?.throttled, undefined);
    assert.equal(classify(new AlibabaError(0, 'ECONNREFUSED', 'x'))?.code, 'unavailable');
    assert.equal(classify(new Error('foreign')), undefined);
  });

  it('takes a page that is none of Alibaba Cloud’s by its status', () => {
    for (const [status, code] of [
      [502, 'unavailable'],
      [404, 'not_found'],
      [403, 'permission_denied'],
    ] as const)
      assert.equal(classify(fromAnswer(status, undefined, undefined))?.code, code);
    assert.equal(classify(fromAnswer(503, { Code: 'ServiceUnavailable' }, '2'))?.retryAfterMs, 2000);
  });

  it('tells no secret', () => {
    const text =
      'Specified signature is not matched with our calculation. server string to sign is:ACS3-HMAC-SHA256 LTAI5tExampleExample';
    assert.doesNotMatch(clean(text), /LTAI5tEx|string to sign/);
    assert.match(clean(text), /not matched/);
    assert.equal(clean('first\nsecond'), 'first');
  });
});

it('says: a word, and what goes on behind it with a dot', () => {
  const error = { vendorCode: 'DependencyViolation.VSwitch' };
  assert.ok(says(error, 'DependencyViolation'));
  assert.ok(!says(error, 'Dependency'));
  assert.ok(!says(new Error('x'), 'DependencyViolation'));
});
