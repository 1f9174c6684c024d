/** Rules against firewalls: there and back, names that are Google's and that tell rules apart. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { formatCidr } from '@cloud-barista/model/cidr';
import { ruleKey, type SecurityRule } from '@cloud-barista/model/security-group';
import { describeMark, markOf, requestIds, uuidOf } from './marks.ts';
import { groupNameRule } from './limits.ts';
import { isMarker, isRuleOf, markerFirewall, ruleName, tagOf, toFirewall, toRules } from './rules.ts';
import { newToken } from '@cloud-barista/model/ids';

const cidr = fc
  .tuple(fc.nat(2 ** 32 - 1), fc.integer({ min: 0, max: 32 }))
  .map(([address, prefix]) => formatCidr({ base: address - (address % 2 ** (32 - prefix)), prefix }));
const direction = fc.constantFrom('inbound' as const, 'outbound' as const);
const ports = fc
  .tuple(fc.integer({ min: 0, max: 65535 }), fc.integer({ min: 0, max: 65535 }))
  .map(([a, b]) => ({ fromPort: Math.min(a, b), toPort: Math.max(a, b) }));
const rule: fc.Arbitrary<SecurityRule> = fc.oneof(
  fc.record({
    direction,
    cidr,
    protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'icmp' as const, 'all' as const),
  }),
  fc
    .tuple(fc.record({ direction, cidr, protocol: fc.constantFrom('tcp' as const, 'udp' as const) }), ports)
    .map(([bare, range]) => ({ ...bare, ...range })),
);
/** All ports, however said, are one thing. */
const key = ({ fromPort = 0, toPort = 65535, ...bare }: SecurityRule): string =>
  ruleKey(fromPort <= 1 && toPort === 65535 ? bare : { ...bare, fromPort, toPort });
const name = fc
  .tuple(
    fc.constantFrom('a', 'z'),
    fc.string({ unit: fc.constantFrom('a', '9', '-'), maxLength: groupNameRule.maxLength - 2 }),
  )
  .map(([first, rest]) => `${first}${rest}x`);

test('a rule comes back out of its firewall', () => {
  fc.assert(
    fc.property(name, rule, (name, asked) => {
      const tag = tagOf(name);
      const firewall = toFirewall(tag, 'projects/p/global/networks/n', 'd', asked);
      assert.deepEqual(toRules(firewall).map(key), [key(asked)]);
      assert.match(firewall.name ?? '', /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/);
      assert.ok(isRuleOf(tag, firewall) && !isMarker(firewall));
      assert.ok(!isRuleOf(tagOf(`${name}x`.slice(1)), firewall));
    }),
  );
});

test('two rules share a name only where they allow the same', () => {
  fc.assert(
    fc.property(rule, rule, (one, other) =>
      assert.equal(ruleName('cb-x', one) === ruleName('cb-x', other), key(one) === key(other)),
    ),
  );
});

test('the marker denies what leaves, allows nothing, and is known by its token', () => {
  const token = newToken();
  const marker = markerFirewall('cb-web', 'projects/p/global/networks/n', describeMark(token));
  assert.deepEqual(toRules(marker), []);
  assert.ok(isMarker(marker) && !isRuleOf('cb-web', marker));
  assert.equal(markOf(marker.description), token);
  assert.equal(marker.direction, 'EGRESS');
  assert.ok((marker.priority ?? 0) < 65535 && (marker.priority ?? 0) > 1000);
  assert.ok(!isMarker({ ...marker, description: 'another’s' }));
});

test('firewalls of another’s making: what our words can’t say is left out', () => {
  const firewall = {
    name: 'x',
    sourceRanges: ['10.0.0.0/8', '2001:db8::/32'],
    allowed: [{ IPProtocol: '6', ports: ['22', '80-90'] }, { IPProtocol: 'esp' }, { IPProtocol: 'ICMP' }],
  };
  assert.deepEqual(toRules(firewall).map(ruleKey), [
    'inbound tcp 22 22 10.0.0.0/8',
    'inbound tcp 80 90 10.0.0.0/8',
    'inbound icmp * * 10.0.0.0/8',
  ]);
  assert.deepEqual(toRules({ ...firewall, disabled: true }), []);
});

test('request ids: UUIDs, the same for the same create and step, others when it is made again', () => {
  const create = { token: newToken(), again: false, signal: new AbortController().signal };
  const first = requestIds(create)('network');
  assert.match(first, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(requestIds({ ...create })('network'), first);
  assert.notEqual(requestIds(create)('other'), first);
  const again = requestIds({ ...create, again: true });
  assert.notEqual(again('network'), first);
  assert.equal(again('network'), again('network'));
  assert.notEqual(uuidOf('a'), uuidOf('b'));
  assert.equal(markOf(describeMark(create.token, { cidr: '10.0.0.0/16' }), 'cidr'), '10.0.0.0/16');
});
