/** What Cloudit's statuses mean, whatever its bodies say. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { classify, ClouditError, fromAnswer } from './errors.ts';

const answer = (status: number, raw = '', retryAfter?: string) => ({
  status,
  body: raw.startsWith('{') ? (JSON.parse(raw) as unknown) : undefined,
  raw,
  retryAfter,
  secret: 'the-token',
});
const codeOf = (api: string, status: number, raw = '') =>
  classify(fromAnswer(api, answer(status, raw)))?.code;

describe('classify', () => {
  for (const [status, code] of [
    [302, 'invalid_argument'],
    [400, 'invalid_argument'],
    [401, 'unauthenticated'],
    [403, 'permission_denied'],
    [404, 'not_found'],
    [405, 'unimplemented'],
    [409, 'failed_precondition'],
    [413, 'resource_exhausted'],
    [418, 'unknown'],
    [429, 'unavailable'],
    [500, 'unavailable'],
    [502, 'unavailable'],
  ] as const)
    it(`HTTP ${status} is ${code}, with a body or without`, () => {
      assert.equal(codeOf('GET ace/servers', status), code);
      assert.equal(codeOf('GET ace/servers', status, '{"message":"no"}'), code);
    });

  it('409 says "taken" where something is made that only one can have', () => {
    assert.equal(codeOf('POST dna/subnets', 409), 'already_exists');
    assert.equal(codeOf('POST dna/adaptive-ips', 409), 'already_exists');
    assert.equal(codeOf('POST iam/securitygroups', 409), 'already_exists');
    assert.equal(codeOf('DELETE dna/subnets/{addr}', 409), 'failed_precondition');
    assert.equal(codeOf('POST ace/servers/{id}/start', 409), 'failed_precondition');
  });

  it("a proxy's page does not pass for an answer", () => {
    for (const status of [400, 403, 404, 409])
      assert.equal(codeOf('DELETE ace/servers/{id}', status, '<html>Not here</html>'), 'unavailable');
  });

  it('throttling is told apart, with how long to wait', () => {
    const error = classify(fromAnswer('GET ace/servers', answer(429, '{"message":"slowly"}', '3')));
    assert.deepEqual(error, {
      code: 'unavailable',
      cause: 'HTTP 429',
      message: 'slowly',
      retryAfterMs: 3000,
      throttled: true,
    });
  });

  it('an answer that repeats the token is not told on', () => {
    const error = fromAnswer('GET ace/clusters', answer(401, '{"message":"the-token is no token"}'));
    assert.equal(error.message, '… is no token');
  });

  it('where nothing is said, the call and the status are', () => {
    assert.match(fromAnswer('GET ace/specs', answer(500)).message, /GET ace\/specs with HTTP 500/);
  });

  it('no answer at all is unavailable; others’ errors are not classified', () => {
    assert.equal(
      classify(new ClouditError('GET ace/specs', { status: 0, type: 'ECONNRESET' }, 'x'))?.code,
      'unavailable',
    );
    assert.equal(classify(new Error('x')), undefined);
  });
});
