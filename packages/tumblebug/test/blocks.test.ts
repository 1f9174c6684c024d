/** Blocks: never overlapping, given again when free, refused when none is left. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { overlaps, contains, parseCidr } from '@cloud-barista/model/cidr';
import { giveBlocks, parseRange, takeBlocks, withoutBlocks, type Blocks } from '../src/blocks.ts';

const network = (connection: string, more: object = {}) => ({
  connection,
  vpc: 'v',
  subnet: 'main',
  cidr: '',
  keyPair: 'k',
  ...more,
});
const room = { range: '10.0.0.0/8', avoid: [] };

/** Blocks of any size inside 10.0.0.0/14, as VPCs that were found have. */
const foreign = fc.tuple(fc.integer({ min: 14, max: 28 }), fc.nat(2 ** 18 - 1)).map(([prefix, at]) => {
  const step = 2 ** (32 - prefix);
  const base = 10 * 2 ** 24 + Math.floor(at / step) * step;
  return `${Math.floor(base / 2 ** 24)}.${Math.floor(base / 2 ** 16) % 256}.${Math.floor(base / 256) % 256}.${base % 256}/${prefix}`;
});

describe('blocks', () => {
  it('never overlap one another, nor what is avoided, and lie in the range', () => {
    const range = '10.0.0.0/15';
    const step = fc.oneof(
      fc.record({ make: fc.integer({ min: 1, max: 4 }), avoid: fc.array(foreign, { maxLength: 3 }) }),
      fc.record({ drop: fc.nat(20) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), steps => {
        let taken: Blocks['taken'] = {};
        const standing: string[] = [];
        for (const [i, one] of steps.entries()) {
          if ('drop' in one) {
            const [name] = standing.splice(one.drop % Math.max(1, standing.length), 1);
            if (name !== undefined) taken = withoutBlocks(taken, name);
            continue;
          }
          const wanted = Array.from({ length: one.make }, (_, n) => network(`c${n}`));
          let given: ReturnType<typeof giveBlocks>;
          try {
            given = giveBlocks(`m${i}`, wanted, { range, avoid: one.avoid }, taken);
          } catch (error) {
            assert.equal((error as { code: string }).code, 'resource_exhausted');
            continue;
          }
          for (const { cidr } of given.networks) {
            assert.ok(contains(parseCidr(range), parseCidr(cidr)), cidr);
            for (const other of one.avoid) assert.ok(!overlaps(parseCidr(cidr), parseCidr(other)));
          }
          ({ taken } = given);
          standing.push(`m${i}`);
        }
        const blocks = Object.keys(taken).map(text => parseCidr(text));
        for (const [i, a] of blocks.entries())
          for (const b of blocks.slice(i + 1)) assert.ok(!overlaps(a, b));
        assert.deepEqual(
          new Set(Object.values(taken).map(owner => owner.split('/')[0])),
          new Set(standing),
          'what was dropped has none left',
        );
      }),
      { numRuns: 60 },
    );
  });

  it('gives the lowest that is free, and again what was given back', () => {
    const first = giveBlocks('a', [network('x'), network('y')], room, {});
    assert.deepEqual(
      first.networks.map(({ cidr }) => cidr),
      ['10.0.0.0/20', '10.0.16.0/20'],
    );
    const second = giveBlocks('b', [network('x')], room, first.taken);
    assert.equal(second.networks[0]?.cidr, '10.0.32.0/20');
    const third = giveBlocks('c', [network('x')], room, withoutBlocks(second.taken, 'a'));
    assert.equal(third.networks[0]?.cidr, '10.0.0.0/20');
  });

  it('an MCIS whose name begins like another keeps its own', () => {
    const { taken } = giveBlocks('web', [network('x')], room, {});
    const both = giveBlocks('web-2', [network('x')], room, taken);
    assert.deepEqual(Object.values(withoutBlocks(both.taken, 'web')), ['web-2/x']);
  });

  it('leaves alone what has a block, and what is not to be made', () => {
    const { networks, taken } = giveBlocks(
      'a',
      [network('x', { cidr: '10.9.0.0/20' }), network('y', { vpc: '' })],
      room,
      {},
    );
    assert.deepEqual(
      networks.map(({ cidr }) => cidr),
      ['10.9.0.0/20', ''],
    );
    assert.deepEqual(taken, { '10.9.0.0/20': 'a/x' });
  });

  it('is exhausted when the range is full, naming for whom', () => {
    const range = parseCidr('192.168.0.0/18');
    const owners = ['a', 'b', 'c', 'd'];
    assert.equal(takeBlocks(range, [], owners).size, 4);
    assert.throws(() => takeBlocks(range, [], [...owners, 'e']), {
      code: 'resource_exhausted',
      message: '192.168.0.0/18 has no free /20 left for e.',
      where: 'cidr',
    });
  });

  it('10.0.0.0/8 holds 4,096 of them', () => {
    const owners = Array.from({ length: 4096 }, (_, i) => `${i}`);
    const taken = [...takeBlocks(parseCidr('10.0.0.0/8'), [], owners).values()];
    assert.equal(new Set(taken).size, 4096);
    assert.throws(() => takeBlocks(parseCidr('10.0.0.0/8'), taken, ['more']), { code: 'resource_exhausted' });
  });

  for (const [text, message] of [
    ['8.8.0.0/16', /not a private block/],
    ['172.32.0.0/16', /not a private block/],
    ['0.0.0.0/0', /not a private block/],
    ['10.0.0.0/24', /too small/],
    ['10.0.0.1/8', /not an IPv4 block/],
    ['ten', /not an IPv4 block/],
  ] as const)
    it(`refuses the range ${text}`, () => {
      assert.throws(() => parseRange(text), { code: 'invalid_argument', where: 'cidr', message });
    });
});
