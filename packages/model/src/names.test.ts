/** One rule for every name, and what it becomes inside a cloud. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { BaristaError } from './errors.ts';
import { newOperationId, newSuffix, newToken } from './ids.ts';
import { cloudName, isName, nameRuleText, requireName } from './names.ts';

const letters = fc.constantFrom(...Array.from('abcdefghijklmnopqrstuvwxyz'));
const inner = fc.string({ unit: fc.constantFrom(...Array.from('abcxyz0189-')), maxLength: 61 });
const last = fc.constantFrom(...Array.from('az09'));
const name = fc.oneof(
  letters,
  fc.tuple(letters, inner, last).map(parts => parts.join('')),
);

test('names: 1 to 63 letters, digits and hyphens', () => {
  fc.assert(fc.property(name, text => assert.ok(isName(text), text)));
  for (const text of ['a', 'a1', 'web-1', 'a--b', 'a'.repeat(63)]) assert.ok(isName(text), text);
});

test('no names', () => {
  for (const text of [
    '',
    'A',
    '1a',
    '-a',
    'a-',
    'a_b',
    'a.b',
    'a b',
    'a/b',
    '../x',
    'a'.repeat(64),
    'über',
    '웹',
    'a\n',
    '\na',
    '__proto__',
    'a\u0000',
    '%2F',
  ])
    assert.ok(!isName(text), JSON.stringify(text));
});

test('what is no name is refused with the rule, cut where it is long', () => {
  assert.equal(requireName('web', 'VM name'), 'web');
  assert.throws(
    () => requireName('X'.repeat(10_000), 'VM name'),
    (error: unknown) =>
      error instanceof BaristaError &&
      error.code === 'invalid_argument' &&
      error.message.length < 200 &&
      error.next === `Use ${nameRuleText}.` &&
      error.where === 'VM name',
  );
});

test("a name in a cloud: within the cloud's length, the suffix whole, no hyphen doubled at the seam", () => {
  fc.assert(
    fc.property(name, fc.integer({ min: 12, max: 255 }), (text, maxLength) => {
      const suffix = newSuffix();
      const made = cloudName(text, suffix, { maxLength, pattern: '', unique: true });
      assert.ok(made.length <= maxLength, made);
      assert.ok(made.endsWith(`-${suffix}`));
      assert.ok(text.startsWith(made.slice(0, -suffix.length - 1)));
      if (maxLength >= 63) assert.ok(isName(made.slice(0, 63).replace(/-$/, '')));
    }),
  );
});

test('an id is no name, and ids sort by their birth', () => {
  assert.ok(!isName(newOperationId()) && !isName(newToken()));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 1, max: 1e12 }), (now, later) =>
      assert.ok(newOperationId(now) < newOperationId(now + later)),
    ),
  );
  assert.equal(new Set(Array.from({ length: 10_000 }, () => newSuffix())).size, 10_000);
});
