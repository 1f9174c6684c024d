import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { tagRule, tagsOf, wordsOf } from './tags.ts';

test('a tag is a word and comes back, whatever its value holds', () => {
  const key = fc.stringMatching(/^[A-Za-z0-9_.:-][A-Za-z0-9 _.:-]{0,20}$/);
  fc.assert(
    fc.property(fc.dictionary(key, fc.string({ maxLength: 40 }), { noNullPrototype: true }), tags => {
      assert.deepEqual(tagsOf(wordsOf(tags)), tags);
    }),
  );
});

test('others’ words are tags too', () => {
  assert.deepEqual(tagsOf(['red', 'a=b=c', '=x', 'team=']), { red: '', a: 'b=c', '=x': '', team: '' });
});

test('the driver’s own keys are no tags', () => {
  const rule = new RegExp(`^(?:${tagRule.key})$`, 'u');
  for (const key of ['owner', 'Cost Center', 'k8s.io:x']) assert.match(key, rule);
  for (const key of ['cb-token', '', ' x', 'a=b', 'a/b']) assert.doesNotMatch(key, rule);
});
