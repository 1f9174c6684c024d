/** Rules: what the schema can't say, and when two are one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { BaristaError } from './errors.ts';
import { checkRule, ruleKey, type SecurityRule } from './security-group.ts';

const base: SecurityRule = { direction: 'inbound', protocol: 'tcp', cidr: '0.0.0.0/0' };
const port = fc.integer({ min: 0, max: 65535 });
const rule: fc.Arbitrary<SecurityRule> = fc.record(
  {
    direction: fc.constantFrom('inbound' as const, 'outbound' as const),
    protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'icmp' as const, 'all' as const),
    fromPort: port,
    toPort: port,
    cidr: fc.constantFrom('0.0.0.0/0', '10.0.0.0/8'),
  },
  { requiredKeys: ['direction', 'protocol', 'cidr'] },
);

test('ports: both or neither, in order, and only where the protocol has them', () => {
  fc.assert(
    fc.property(rule, each => {
      const { fromPort, toPort, protocol } = each;
      const none = fromPort === undefined && toPort === undefined;
      const good =
        none ||
        ((protocol === 'tcp' || protocol === 'udp') &&
          fromPort !== undefined &&
          toPort !== undefined &&
          fromPort <= toPort);
      if (good) checkRule(each, 'rules[0]');
      else
        assert.throws(
          () => checkRule(each, 'rules[0]'),
          (error: unknown) =>
            error instanceof BaristaError &&
            error.code === 'invalid_argument' &&
            error.where === 'rules[0]' &&
            error.next !== undefined,
        );
    }),
  );
});

test('one key: the same whatever the order of the fields, another for another rule', () => {
  fc.assert(
    fc.property(rule, each => {
      const turned = Object.fromEntries(Object.entries(each).toReversed()) as unknown as SecurityRule;
      assert.equal(ruleKey(turned), ruleKey(each));
    }),
  );
  const others: SecurityRule[] = [
    base,
    { ...base, direction: 'outbound' },
    { ...base, protocol: 'udp' },
    { ...base, fromPort: 0, toPort: 0 },
    { ...base, fromPort: 1, toPort: 12 },
    { ...base, fromPort: 11, toPort: 2 },
    { ...base, cidr: '10.0.0.0/8' },
  ];
  assert.equal(new Set(others.map(ruleKey)).size, others.length);
});
