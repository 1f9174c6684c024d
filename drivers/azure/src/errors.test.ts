import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ErrorCode } from '@cloud-barista/model/errors';
import { AzureError, classify, fromAnswer } from './errors.ts';

const cases: [number, string, string, ErrorCode][] = [
  [0, 'ECONNREFUSED', '', 'unavailable'],
  [200, 'NotJson', '', 'unavailable'],
  [429, 'TooManyRequests', '', 'unavailable'],
  [429, 'OperationNotAllowed', 'Too many requests have been received for this subscription.', 'unavailable'],
  [429, 'RetryableErrorDueToAnotherOperation', '', 'unavailable'],
  [409, 'AnotherOperationInProgress', '', 'unavailable'],
  [409, 'ResourceGroupBeingDeleted', '', 'unavailable'],
  [
    409,
    'OperationNotAllowed',
    'Operation could not be completed as it results in exceeding approved Total Regional Cores quota.',
    'resource_exhausted',
  ],
  [409, 'OperationNotAllowed', 'since another operation is in progress.', 'unavailable'],
  [
    409,
    'OperationNotAllowed',
    'The operation requires the VM to be running (or set to run).',
    'failed_precondition',
  ],
  [409, 'QuotaExceeded', '', 'resource_exhausted'],
  [400, 'PublicIPCountLimitReached', '', 'resource_exhausted'],
  [409, 'SkuNotAvailable', '', 'resource_exhausted'],
  [200, 'AllocationFailed', '', 'resource_exhausted'],
  [200, 'ZonalAllocationFailed', '', 'resource_exhausted'],
  [200, 'OverconstrainedAllocationRequest', '', 'resource_exhausted'],
  [400, 'InUseSubnetCannotBeDeleted', '', 'failed_precondition'],
  [400, 'InUseNetworkSecurityGroupCannotBeDeleted', '', 'failed_precondition'],
  [400, 'PublicIPAddressCannotBeDeleted', '', 'failed_precondition'],
  [409, 'ScopeLocked', '', 'failed_precondition'],
  [401, 'InvalidAuthenticationToken', '', 'unauthenticated'],
  [401, 'InvalidAuthenticationTokenTenant', '', 'unauthenticated'],
  [401, 'invalid_client', '', 'unauthenticated'],
  [400, 'unauthorized_client', '', 'unauthenticated'],
  [400, 'invalid_request', 'AADSTS90002: Tenant not found.', 'unauthenticated'],
  [403, 'AuthorizationFailed', '', 'permission_denied'],
  [403, 'LinkedAuthorizationFailed', '', 'permission_denied'],
  [403, 'RequestDisallowedByPolicy', '', 'permission_denied'],
  [404, 'SubscriptionNotFound', '', 'permission_denied'],
  [404, 'ResourceNotFound', '', 'not_found'],
  [404, 'ResourceGroupNotFound', '', 'not_found'],
  [404, 'ParentResourceNotFound', '', 'not_found'],
  [400, 'InvalidResourceReference', '', 'not_found'],
  [404, 'PlatformImageNotFound', '', 'not_found'],
  [409, 'ResourceAlreadyExists', '', 'already_exists'],
  [412, 'PreconditionFailed', '', 'aborted'],
  [400, 'LocationNotAvailableForResourceType', '', 'invalid_argument'],
  [400, 'NoRegisteredProviderFound', '', 'invalid_argument'],
  [409, 'MissingSubscriptionRegistration', '', 'failed_precondition'],
  [400, 'InvalidParameter', '', 'invalid_argument'],
  [400, 'NetcfgSubnetRangesOverlap', '', 'invalid_argument'],
  [500, 'InternalServerError', '', 'unavailable'],
  [200, 'NetworkingInternalOperationError', '', 'unavailable'],
  [503, 'HTTP 503', '', 'unavailable'],
  [507, 'HTTP 507', '', 'unavailable'],
  [404, 'HTTP 404', '', 'not_found'],
  [200, 'SomethingNew', '', 'unknown'],
];

for (const [status, word, message, code] of cases)
  it(`${status} ${word} ${message} is ${code}`, () => {
    const error = classify(new AzureError(status, word, message));
    assert.equal(error?.code, code);
    assert.equal(error?.cause, word);
  });

it('what was refused for the number of requests was not performed', () => {
  assert.equal(classify(new AzureError(429, 'OperationNotAllowed', ''))?.throttled, true);
  assert.equal(classify(new AzureError(429, 'AnotherOperationInProgress', ''))?.throttled, undefined);
});

it('reads ARM’s envelope, the same without it, OAuth’s, and the telling detail of a vague one', () => {
  const read = (status: number, body: unknown) =>
    fromAnswer(status, body, JSON.stringify(body), undefined, 'arm');
  const said = { code: 'ResourceNotFound', message: 'None\r\n here.' };
  for (const body of [{ error: said }, said])
    assert.deepEqual([read(404, body).code, read(404, body).message], ['ResourceNotFound', 'None here.']);
  const oauth = read(401, { error: 'invalid_client', error_description: 'AADSTS7000215: No. Trace ID: 1' });
  assert.deepEqual([oauth.code, oauth.message], ['invalid_client', 'AADSTS7000215: No.']);
  const vague = {
    error: {
      code: 'InvalidRequestFormat',
      message: 'Cannot parse.',
      details: [{ code: 'InvalidJson', message: 'At 1.' }],
    },
  };
  assert.equal(read(400, vague).code, 'InvalidJson');
});

it('a page of a proxy is no answer of ARM’s: its 404 does not say that a resource is gone', () => {
  const error = fromAnswer(404, undefined, '<html>Not here</html>', undefined, 'arm');
  assert.equal(classify(error)?.code, 'unavailable');
  assert.equal(classify(fromAnswer(404, undefined, '', undefined, 'arm'))?.code, 'not_found');
  assert.equal(classify(fromAnswer(502, undefined, '<html>', undefined, 'arm'))?.code, 'unavailable');
});

it('others’ errors are not ours', () => {
  for (const foreign of [new Error('x'), undefined, { code: 'AuthorizationFailed' }])
    assert.equal(classify(foreign), undefined);
});
