/** The error table is the whole of gRPC's codes but ok, and no error tells more than it may. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  BaristaError,
  errorCodes,
  errorTable,
  fromErrorBody,
  hasCode,
  isErrorCode,
  toBaristaError,
  type ErrorCode,
} from './errors.ts';

// google/rpc/code.proto, 1 to 16.
const grpc =
  'cancelled unknown invalid_argument deadline_exceeded not_found already_exists permission_denied resource_exhausted failed_precondition aborted out_of_range unimplemented internal unavailable data_loss unauthenticated';

test('the words are those of google.rpc.Code', () => {
  assert.deepEqual([...errorCodes].sort(), grpc.split(' ').sort());
});

test('every code has an error status; retrying helps only where the table says so', () => {
  for (const code of errorCodes) {
    const error = new BaristaError(code, 'x');
    assert.ok(error.status >= 400 && error.status < 600, code);
    assert.equal(error.status, errorTable[code].status);
    assert.equal(error.retryable, code === 'aborted' || code === 'unavailable');
  }
});

test('what a user sees: nothing of the operator’s, and nothing undefined', () => {
  const error = new BaristaError('not_found', 'm', {
    next: 'n',
    where: 'w',
    cause: 'Vendor.Code',
    operator: 'secret',
    source: new Error('secret'),
    retryAfterMs: 5,
  });
  assert.deepEqual(error.toJSON(), {
    code: 'not_found',
    message: 'm',
    next: 'n',
    where: 'w',
    cause: 'Vendor.Code',
  });
  assert.ok(!JSON.stringify(error).includes('secret'));
  assert.deepEqual(Object.keys(new BaristaError('internal', 'm').toJSON()), ['code', 'message']);
});

test('a body and its error undo each other', () => {
  for (const code of errorCodes) {
    const body = new BaristaError(code, 'm', { next: 'n', where: 'w', cause: 'c' }).toJSON();
    assert.deepEqual(fromErrorBody(body).toJSON(), body);
  }
});

test('any thrown thing becomes an error of ours; a foreign text stays inside', () => {
  const own = new BaristaError('aborted', 'm');
  assert.equal(toBaristaError(own), own);
  assert.equal(toBaristaError(AbortSignal.abort().reason).code, 'cancelled');
  for (const thrown of [new Error('password=hunter2'), 'hunter2', undefined, null, 7, { hunter2: 1 }]) {
    const error = toBaristaError(thrown);
    assert.equal(error.code, 'internal');
    assert.ok(!JSON.stringify(error).includes('hunter2'));
    assert.notEqual(error.operator, undefined);
  }
});

test('isErrorCode and hasCode', () => {
  for (const word of ['toString', '__proto__', 'constructor', '', 'NOT_FOUND', 404, null])
    assert.ok(!isErrorCode(word), String(word));
  assert.ok(isErrorCode('not_found' satisfies ErrorCode));
  assert.ok(hasCode(new BaristaError('aborted', ''), 'not_found', 'aborted'));
  assert.ok(!hasCode(new BaristaError('aborted', ''), 'not_found'));
  assert.ok(!hasCode({ code: 'aborted' }, 'aborted'));
});
