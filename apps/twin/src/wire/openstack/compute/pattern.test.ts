/** Against RegExp where that is quick, and alone where it is not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { matcher } from './pattern.ts';

/** Patterns out of parts that RegExp reads alike, without repeats of repeats. */
const atom = fc.constantFrom(
  'a',
  'B',
  'c',
  '.',
  '-',
  '\\.',
  '[ab]',
  '[^c]',
  '[a-c-]',
  '\\d',
  '\\W',
  '(a|bc)',
  '(?:b|)',
);
const repeat = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,3}', '{2,}');
const piece = fc.tuple(atom, repeat).map(([one, many]) => one + many);
const sequence = fc.array(piece, { maxLength: 5 }).map(parts => parts.join(''));
const patterns = fc
  .tuple(
    fc.constantFrom('', '^'),
    fc.array(sequence, { minLength: 1, maxLength: 3 }),
    fc.constantFrom('', '$'),
  )
  .map(([head, all, tail]) => head + all.join('|') + tail);
const names = fc
  .array(fc.constantFrom('a', 'b', 'B', 'c', '-', '.', '1', '가'), { maxLength: 12 })
  .map(all => all.join(''));

describe('patterns of names', () => {
  it('match what a regular expression matches', () => {
    fc.assert(
      fc.property(patterns, names, (pattern, name) => {
        assert.equal(matcher(pattern)(name), new RegExp(pattern, 'iu').test(name), `${pattern} on ${name}`);
      }),
      { numRuns: 3000 },
    );
  });

  it('take no longer for the worst of them', () => {
    const name = 'a'.repeat(254);
    const began = performance.now();
    for (const pattern of [
      '(a+)+$b',
      '(a|a)*b',
      '(a|aa)+$b',
      '^(.*.*)*b$',
      `${'.*'.repeat(100)}b`,
      `${'a{0,9}'.repeat(40)}b`,
      `${'('.repeat(60)}a${'{9,99})'.repeat(20)}`,
      `${'('.repeat(40)}${'){9}'.repeat(40)}`,
      '((a*)*)*b',
    ])
      assert.equal(matcher(pattern)(name), false, pattern);
    assert.ok(performance.now() - began < 1000);
  });

  it('stand for themselves where they are no expressions, or such as can not be bounded', () => {
    for (const text of [
      'a(b',
      'a[b',
      '*a',
      'a**',
      '(a)\\1',
      '(?=a)',
      'a{3,1}',
      'a\\',
      '(?<a>b)',
      'x'.repeat(300),
    ]) {
      assert.equal(matcher(text)(`-${text}-`), true, text);
      assert.equal(matcher(text)('something else'), false, text);
    }
    assert.equal(matcher('[[:digit:]]+-WEB')('vm-12-web'), true);
    assert.equal(matcher('vm-1')('VM-12'), true);
  });
});
