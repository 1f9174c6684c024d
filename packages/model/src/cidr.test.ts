/** Blocks against their arithmetic: whatever the numbers, parse and format undo each other and no two cut blocks overlap. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  cidrPattern,
  cidrSize,
  contains,
  formatAddress,
  formatCidr,
  nextFree,
  overlaps,
  parseAddress,
  parseCidr,
  tryCidr,
  type Cidr,
} from './cidr.ts';
import { BaristaError } from './errors.ts';

const address = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const cidr = (least = 0, most = 32) =>
  fc.tuple(address, fc.integer({ min: least, max: most })).map(([value, prefix]): Cidr => {
    const size = 2 ** (32 - prefix);
    return { base: value - (value % size), prefix };
  });

test('an address and its text undo each other', () => {
  fc.assert(fc.property(address, value => assert.equal(parseAddress(formatAddress(value)), value)));
  assert.equal(parseAddress('255.255.255.255'), 2 ** 32 - 1);
  assert.equal(formatAddress(2 ** 31), '128.0.0.0');
});

test('a block and its text undo each other, and the schema knows it', () => {
  const pattern = new RegExp(cidrPattern);
  fc.assert(
    fc.property(cidr(), block => {
      const text = formatCidr(block);
      assert.deepEqual(tryCidr(text), block);
      assert.match(text, pattern);
    }),
  );
});

test('whatever the text: a block, or invalid_argument that says what to do', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.stringMatching(/^[0-9./]{0,20}$/),
    fc.tuple(address, fc.integer({ min: -1, max: 40 })).map(([a, p]) => `${formatAddress(a)}/${p}`),
  );
  fc.assert(
    fc.property(texts, text => {
      const block = tryCidr(text);
      if (block) return assert.equal(formatCidr(block), text);
      assert.throws(
        () => parseCidr(text, 'vpc.cidr'),
        (error: unknown) =>
          error instanceof BaristaError &&
          error.code === 'invalid_argument' &&
          error.where === 'vpc.cidr' &&
          (error.next ?? '') !== '',
      );
    }),
  );
});

test('no block: leading zeros, too many parts, bits behind the prefix', () => {
  for (const text of [
    '',
    '10.0.0.0',
    '10.0.0.0/',
    '10.0.0/8',
    '10.0.0.0/33',
    '10.0.0.0/8/8',
    '010.0.0.0/8',
    '256.0.0.0/8',
    '10.0.0.1/8',
    ' 10.0.0.0/8',
    '::1/128',
    '10.0.0.0/-1',
    '10.0.0.0/08',
    '10.0.0.0/8\n',
  ])
    assert.equal(tryCidr(text), undefined, text);
});

test('bits behind the prefix: the block that was meant is named', () => {
  assert.throws(
    () => parseCidr('10.1.2.3/16'),
    (error: unknown) => error instanceof BaristaError && error.next === 'Did you mean 10.1.0.0/16?',
  );
});

test('contains and overlaps agree with the addresses', () => {
  fc.assert(
    fc.property(cidr(24), cidr(24), (a, b) => {
      // Brought near one another, else two random blocks never meet.
      const near: Cidr = { base: a.base - (a.base % 256) + (b.base % 256), prefix: b.prefix };
      const members = (block: Cidr) =>
        new Set(Array.from({ length: cidrSize(block) }, (_, i) => block.base + i));
      const inA = members(a);
      const inB = members(near);
      assert.equal(
        contains(a, near),
        [...inB].every(each => inA.has(each)),
      );
      assert.equal(
        overlaps(a, near),
        [...inA].some(each => inB.has(each)),
      );
      assert.equal(overlaps(a, near), overlaps(near, a));
    }),
  );
});

test('nextFree: inside, apart from all that is taken, the first such, and full only when full', () => {
  const outer: Cidr = { base: 10 * 2 ** 24, prefix: 22 };
  fc.assert(
    fc.property(
      fc.array(cidr(24, 30), { maxLength: 12 }),
      fc.integer({ min: 22, max: 28 }),
      (raw, prefix) => {
        const taken = raw.map(({ base, prefix }) => ({ base: outer.base + (base % 1024), prefix }));
        const step = 2 ** (32 - prefix);
        const candidates = Array.from({ length: cidrSize(outer) / step }, (_, i) => ({
          base: outer.base + i * step,
          prefix,
        }));
        const expected = candidates.find(each => !taken.some(block => overlaps(block, each)));
        assert.deepEqual(nextFree(outer, prefix, taken), expected);
      },
    ),
  );
});

test('nextFree: a block larger than the one it is to come from is nowhere', () => {
  assert.equal(nextFree(parseCidr('10.0.0.0/16'), 8, []), undefined);
});
