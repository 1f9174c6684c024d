/** The table: Google's words, from refusals and from operations, as our codes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from '@cloud-barista/model/errors';
import { classify, codeOf, failureOf, fromAnswer } from './errors.ts';

const rows: [status: number, reason: string, code: ErrorCode, throttled?: true][] = [
  [401, 'required', 'unauthenticated'],
  [401, 'authError', 'unauthenticated'],
  [400, 'invalid_grant', 'unauthenticated'],
  [401, 'invalid_client', 'unauthenticated'],
  [400, 'required', 'invalid_argument'],
  [403, 'forbidden', 'permission_denied'],
  [403, 'accessNotConfigured', 'permission_denied'],
  [403, 'PERMISSION_DENIED', 'permission_denied'],
  [403, 'quotaExceeded', 'resource_exhausted'],
  [403, 'QUOTA_EXCEEDED', 'resource_exhausted'],
  [413, 'limitExceeded', 'resource_exhausted'],
  [503, 'ZONE_RESOURCE_POOL_EXHAUSTED', 'resource_exhausted'],
  [503, 'ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS', 'resource_exhausted'],
  [503, 'insufficientCapacity', 'resource_exhausted'],
  [403, 'rateLimitExceeded', 'unavailable', true],
  [403, 'userRateLimitExceeded', 'unavailable', true],
  [429, 'RATE_LIMIT_EXCEEDED', 'unavailable', true],
  [403, 'RESOURCE_OPERATION_RATE_EXCEEDED', 'unavailable', true],
  [429, 'HTTP 429', 'unavailable', true],
  [500, 'backendError', 'unavailable'],
  [500, 'internalError', 'unavailable'],
  [400, 'INTERNAL_ERROR', 'unavailable'],
  [502, 'HTTP 502', 'unavailable'],
  [0, 'ECONNREFUSED', 'unavailable'],
  [404, 'NotJson', 'unavailable'],
  [400, 'resourceInUseByAnotherResource', 'failed_precondition'],
  [400, 'RESOURCE_IN_USE_BY_ANOTHER_RESOURCE', 'failed_precondition'],
  [400, 'resourceNotReady', 'aborted'],
  [412, 'conditionNotMet', 'aborted'],
  [409, 'alreadyExists', 'already_exists'],
  [409, 'RESOURCE_ALREADY_EXISTS', 'already_exists'],
  [404, 'notFound', 'not_found'],
  [404, 'RESOURCE_NOT_FOUND', 'not_found'],
  [400, 'invalid', 'invalid_argument'],
  [400, 'invalidFieldValue', 'invalid_argument'],
  [400, 'aWordOfTomorrow', 'invalid_argument'],
  [503, 'aWordOfTomorrow', 'unavailable'],
];

test('words as codes', () => {
  for (const [status, reason, code, throttled] of rows) {
    assert.equal(codeOf(reason, status), code, `${status} ${reason}`);
    const body = { error: { code: status, message: 'Said so.', errors: [{ reason, message: 'x' }] } };
    const known = classify(fromAnswer(status, body, '', undefined));
    assert.deepEqual(known, {
      code,
      cause: reason,
      message: 'Said so.',
      ...(throttled !== undefined && { throttled }),
    });
  }
});

test('an organisation’s policy is told from an old fingerprint', () => {
  const message = 'Constraint constraints/compute.vmExternalIpAccess violated for project 7.';
  const body = { error: { code: 412, message, errors: [{ reason: 'conditionNotMet', message }] } };
  assert.equal(classify(fromAnswer(412, body, '', undefined))?.code, 'permission_denied');
});

test('an operation’s error', () => {
  const errors = [
    { code: 'ZONE_RESOURCE_POOL_EXHAUSTED', message: 'The zone does not have enough resources.' },
  ];
  const failure = failureOf({
    name: 'operation-1',
    status: 'DONE',
    httpErrorStatusCode: 503,
    error: { errors },
  });
  assert.equal(classify(failure)?.code, 'resource_exhausted');
  assert.equal(failureOf({ name: 'operation-1', status: 'DONE' }), undefined);
  assert.equal(classify(failureOf({ name: 'operation-1', error: {} }))?.code, 'unavailable');
});

test('what is not Google’s answer: a page’s 404 does not pass for absent', () => {
  const page = '<html><head><title>x</title></head><body>Not  here</body></html>';
  for (const status of [400, 403, 404, 409])
    assert.deepEqual(classify(fromAnswer(status, undefined, page, undefined)), {
      code: 'unavailable',
      cause: 'NotJson',
      message: 'Not here',
    });
  assert.equal(classify(fromAnswer(503, undefined, '', '7'))?.retryAfterMs, 7000);
  assert.equal(classify(fromAnswer(401, undefined, '', undefined))?.code, 'unauthenticated');
  assert.equal(classify(fromAnswer(404, ['x'], '["x"]', undefined))?.code, 'unavailable');
});
