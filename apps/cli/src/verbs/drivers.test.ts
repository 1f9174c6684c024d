import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { moduleOf } from './drivers.ts';

test('a relative path is made absolute here, where it was written; a package’s name stays', () => {
  const there = () => true;
  const absent = () => false;
  assert.equal(moduleOf('./toy.mjs', absent), resolve('toy.mjs'));
  assert.equal(moduleOf('../x/toy', absent), resolve('../x/toy'));
  assert.equal(moduleOf('drivers/toy.mjs', there), resolve('drivers/toy.mjs'));
  for (const word of ['/srv/toy.mjs', '@acme/toy', 'toy', 'https://example.org/x.mjs'])
    assert.equal(moduleOf(word, absent), word);
});
