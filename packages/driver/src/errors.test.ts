import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BaristaError } from '@cloud-barista/model/errors';
import { orAbsent, plainText, retryAfter } from './errors.ts';

test('absent is undefined; every other failure is one', async () => {
  assert.equal(await orAbsent(Promise.resolve(7)), 7);
  assert.equal(await orAbsent(Promise.reject(new BaristaError('not_found', 'no such thing'))), undefined);
  await assert.rejects(orAbsent(Promise.reject(new BaristaError('unavailable', 'x'))), {
    code: 'unavailable',
  });
  await assert.rejects(orAbsent(Promise.reject(new Error('not_found'))), /not_found/);
});

test('Retry-After is seconds or a date', () => {
  const now = Date.parse('2026-11-21T08:00:00Z');
  assert.equal(retryAfter('17', now), 17_000);
  assert.equal(retryAfter('0', now), 0);
  assert.equal(retryAfter('Sat, 21 Nov 2026 08:00:05 GMT', now), 5000);
  assert.equal(retryAfter('Sat, 21 Nov 2026 07:00:05 GMT', now), 0);
  for (const none of [undefined, '', ' ', 'soon']) assert.equal(retryAfter(none, now), undefined);
});

test('a page is told in a line', () => {
  const page =
    '<html><head><title>502</title><style>b{}</style></head>\n<body><h1>Bad\tGateway</h1> nginx</body></html>';
  assert.equal(plainText(page), 'Bad Gateway nginx');
  assert.equal(plainText('x'.repeat(1000)).length, 500);
});
