/** "Did you mean …" says something only where it helps. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { nearest, suggest } from './nearest.ts';

const nouns = ['mcis', 'vms', 'connections', 'security-groups', 'key-pairs'];

test('a slip of the finger is understood', () => {
  for (const [typed, meant] of [
    ['mics', 'mcis'],
    ['VMS', 'vms'],
    ['conections', 'connections'],
    ['conn', 'connections'],
    ['security-group', 'security-groups'],
    ['keypairs', 'key-pairs'],
  ] as const)
    assert.equal(nearest(typed, nouns), meant);
});

test('what is far from all is like none', () => {
  for (const typed of ['zzzzzzzz', 'the quick brown fox'])
    assert.equal(nearest(typed, nouns), undefined, typed);
  assert.equal(nearest('anything', []), undefined);
});

test('a known word is its own nearest, whatever stands beside it', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z]{4,12}$/), { minLength: 1, maxLength: 8 }), words => {
      for (const word of words) {
        const found = nearest(word, words);
        // A beginning of another is as near as a slip.
        assert.ok(
          found !== undefined && (found === word || found.startsWith(word) || word.startsWith(found)),
        );
      }
    }),
  );
});

test('a huge word costs nothing', () => {
  const began = performance.now();
  nearest(
    'x'.repeat(1_000_000),
    Array.from({ length: 200 }, (_, i) => `name-${i}`.repeat(50)),
  );
  assert.ok(performance.now() - began < 2000);
});

test('suggest: the nearest, then how to list them', () => {
  assert.equal(suggest('mics', nouns, 'List them.'), 'Did you mean "mcis"? List them.');
  assert.equal(suggest('zzzzzzzz', nouns, 'List them.'), 'List them.');
});
