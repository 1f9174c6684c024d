import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from '@cloud-barista/model/errors';
import { classify, fromAnswer, type Service } from './errors.ts';

const neutron = (type: string, message = 'why') => ({ NeutronError: { type, message, detail: '' } });
const nova = (fault: string, code: number, message: string) => ({ [fault]: { code, message } });

const cases: [ErrorCode, string, Service, number, unknown][] = [
  ['resource_exhausted', 'OverQuota', 'network', 409, neutron('OverQuota')],
  ['resource_exhausted', 'IpAddressGenerationFailure', 'network', 409, neutron('IpAddressGenerationFailure')],
  ['resource_exhausted', 'ExternalIpAddressExhausted', 'network', 400, neutron('ExternalIpAddressExhausted')],
  ['resource_exhausted', 'NoNetworkAvailable', 'network', 503, neutron('NoNetworkAvailable')],
  ['already_exists', 'SecurityGroupRuleExists', 'network', 409, neutron('SecurityGroupRuleExists')],
  [
    'already_exists',
    'FloatingIPPortAlreadyAssociated',
    'network',
    409,
    neutron('FloatingIPPortAlreadyAssociated'),
  ],
  ['failed_precondition', 'SecurityGroupInUse', 'network', 409, neutron('SecurityGroupInUse')],
  ['failed_precondition', 'NetworkInUse', 'network', 409, neutron('NetworkInUse')],
  [
    'failed_precondition',
    'RouterInterfaceInUseByFloatingIP',
    'network',
    409,
    neutron('RouterInterfaceInUseByFloatingIP'),
  ],
  [
    'failed_precondition',
    'ExternalGatewayForFloatingIPNotFound',
    'network',
    404,
    neutron('ExternalGatewayForFloatingIPNotFound'),
  ],
  ['not_found', 'NetworkNotFound', 'network', 404, neutron('NetworkNotFound')],
  [
    'not_found',
    'RouterInterfaceNotFoundForSubnet',
    'network',
    404,
    neutron('RouterInterfaceNotFoundForSubnet'),
  ],
  [
    'invalid_argument',
    'InvalidInput',
    'network',
    400,
    neutron('InvalidInput', 'cidr overlaps with another subnet'),
  ],
  ['permission_denied', 'PolicyNotAuthorized', 'network', 403, neutron('PolicyNotAuthorized')],
  [
    'resource_exhausted',
    'forbidden',
    'compute',
    403,
    nova('forbidden', 403, 'Quota exceeded for instances: Requested 1'),
  ],
  [
    'resource_exhausted',
    'forbidden',
    'compute',
    403,
    nova('forbidden', 403, 'Maximum number of ports exceeded'),
  ],
  ['permission_denied', 'forbidden', 'compute', 403, nova('forbidden', 403, "Policy doesn't allow it")],
  [
    'failed_precondition',
    'conflictingRequest',
    'compute',
    409,
    nova('conflictingRequest', 409, "Cannot 'stop' instance"),
  ],
  [
    'already_exists',
    'conflictingRequest',
    'compute',
    409,
    nova('conflictingRequest', 409, "Key pair 'k' already exists."),
  ],
  ['not_found', 'itemNotFound', 'compute', 404, nova('itemNotFound', 404, 'Instance could not be found.')],
  ['not_found', 'badRequest', 'compute', 400, nova('badRequest', 400, 'Can not find requested image')],
  ['not_found', 'badRequest', 'compute', 400, nova('badRequest', 400, 'Invalid key_name provided.')],
  [
    'invalid_argument',
    'badRequest',
    'compute',
    400,
    nova('badRequest', 400, 'Invalid input for field/attribute name'),
  ],
  ['unavailable', 'overLimit', 'compute', 413, nova('overLimit', 413, 'This request was rate-limited.')],
  ['unavailable', 'computeFault', 'compute', 500, nova('computeFault', 500, 'Unexpected API Error.')],
  [
    'unauthenticated',
    'Unauthorized',
    'identity',
    401,
    { error: { code: 401, title: 'Unauthorized', message: 'No.' } },
  ],
  [
    'invalid_argument',
    'NotFound',
    'identity',
    404,
    { error: { code: 404, title: 'Not Found', message: 'No.' } },
  ],
  [
    'not_found',
    'HTTP 404',
    'image',
    404,
    { message: 'No image found<br /><br />', code: '404 Not Found', title: 'Not Found' },
  ],
  [
    'failed_precondition',
    'badRequest',
    'volume',
    400,
    nova('badRequest', 400, 'Invalid volume: Volume status must be available or error.'),
  ],
  [
    'invalid_argument',
    'badRequest',
    'volume',
    400,
    nova('badRequest', 400, 'Invalid input received: New size for extend must be greater than current size.'),
  ],
  [
    'resource_exhausted',
    'overLimit',
    'volume',
    413,
    nova('overLimit', 413, 'VolumeLimitExceeded: Maximum number of volumes allowed (10) exceeded'),
  ],
  ['not_found', 'itemNotFound', 'volume', 404, nova('itemNotFound', 404, 'Volume type could not be found.')],
  ['invalid_argument', 'HTTP 300', 'identity', 300, { versions: { values: [] } }],
  [
    'unimplemented',
    'HTTP 406',
    'compute',
    406,
    {
      errors: [
        {
          status: 406,
          title: 'Requested microversion is unsupported',
          detail: 'Version 2.61 is not supported',
        },
      ],
    },
  ],
];

test('each answer of a service is one code of ours', () => {
  for (const [code, cause, service, status, body] of cases) {
    const found = classify(fromAnswer(service, status, body, JSON.stringify(body), undefined));
    assert.equal(found?.code, code, `${status} ${JSON.stringify(body)}`);
    if (status !== 300) assert.equal(found?.cause, cause);
    assert.ok(found && found.message !== '' && !/[<>]/.test(found.message), found?.message);
  }
});

test("a proxy's page says nothing of the resource", () => {
  const page = '<html><head><title>404</title></head><body><h1>Nothing here</h1></body></html>';
  for (const status of [400, 403, 404, 405, 409, 502, 503])
    assert.equal(
      classify(fromAnswer('compute', status, undefined, page, undefined))?.code,
      'unavailable',
      `${status}`,
    );
  assert.equal(classify(fromAnswer('compute', 401, undefined, page, undefined))?.code, 'unauthenticated');
  // Glance with an old webob.
  assert.equal(classify(fromAnswer('image', 404, undefined, page, undefined))?.code, 'not_found');
});

test('the wait that a cloud asks for is in milliseconds, whether it says seconds or a date', () => {
  for (const status of [413, 429, 503]) {
    const found = classify(fromAnswer('network', status, undefined, '', '2'));
    assert.deepEqual([found?.code, found?.retryAfterMs], ['unavailable', 2000]);
  }
  const body = { overLimit: { code: 413, message: 'slow down', retryAfter: '7' } };
  assert.equal(classify(fromAnswer('compute', 413, body, '', undefined))?.retryAfterMs, 7000);
});

test('what is not the vendor’s is not classified', () => {
  for (const foreign of [new Error('x'), undefined, null, 'text', { status: 404 }])
    assert.equal(classify(foreign), undefined);
});
