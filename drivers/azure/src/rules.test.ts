import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import type { SecurityRule } from '@cloud-barista/model/security-group';
import { changed, fresh, keyOf, readRule, readRules, type NsgRule } from './rules.ts';

const cidr = fc
  .tuple(fc.nat(255), fc.nat(255), fc.integer({ min: 0, max: 32 }))
  .map(([a, b, prefix]) => (prefix === 0 ? '0.0.0.0/0' : `10.${a}.${b}.0/${Math.min(prefix, 24)}`));
const ports = fc
  .tuple(fc.nat(65535), fc.nat(65535))
  .map(([a, b]) => ({ fromPort: Math.min(a, b), toPort: Math.max(a, b) }));
const direction = fc.constantFrom('inbound' as const, 'outbound' as const);
const rule: fc.Arbitrary<SecurityRule> = fc.oneof(
  fc.record({ direction, protocol: fc.constantFrom('tcp' as const, 'udp' as const), cidr }),
  fc
    .tuple(fc.record({ direction, protocol: fc.constantFrom('tcp' as const, 'udp' as const), cidr }), ports)
    .map(([rule, ports]) => ({ ...rule, ...ports })),
  fc.record({ direction, protocol: fc.constantFrom('icmp' as const, 'all' as const), cidr }),
);
const rules = fc.uniqueArray(rule, { selector: keyOf, maxLength: 100 });
const keys = (list: readonly SecurityRule[]) => list.map(keyOf).sort();

/** What Azure refuses: a priority or a name twice. */
function sound(list: readonly NsgRule[]): void {
  const places = list.map(({ properties }) => `${properties.direction} ${properties.priority}`);
  assert.equal(new Set(places).size, places.length, 'each priority once a direction');
  assert.equal(new Set(list.map(({ name }) => name)).size, list.length, 'each name once');
  for (const { name, properties } of list) {
    assert.match(name, /^[A-Za-z0-9][\w.-]{0,78}\w$/);
    assert.ok(properties.priority >= 100 && properties.priority <= 4096);
  }
}

it('a group ends with exactly the rules asked for, and closes what Azure leaves open', () =>
  fc.assert(
    fc.property(rules, asked => {
      const made = fresh(asked);
      sound(made);
      assert.deepEqual(keys(readRules(made)), keys(asked));
      assert.equal(made.filter(one => one.properties.access === 'Deny').length, 2);
    }),
  ));

it('adding and removing end with what sets end with, and keep what stands', () =>
  fc.assert(
    fc.property(rules, rules, rules, (first, added, removed) => {
      const before = fresh(first);
      const after = changed(before, added, removed);
      sound(after);
      const gone = new Set(removed.map(keyOf));
      const expected = new Set([...keys(first).filter(key => !gone.has(key)), ...keys(added)]);
      assert.deepEqual(keys(readRules(after)), [...expected].sort());
      for (const one of after)
        if (before.includes(one))
          assert.equal(
            one,
            before.find(({ name }) => name === one.name),
          );
      assert.deepEqual(changed(after, added), after, 'what stands already changes nothing');
    }),
  ));

const foreign = (properties: Partial<NsgRule['properties']>): NsgRule => ({
  name: 'theirs',
  properties: {
    priority: 300,
    direction: 'Inbound',
    access: 'Allow',
    protocol: 'TCP',
    destinationPortRange: '22',
    ...properties,
  },
});

it('reads rules of other hands', () => {
  assert.deepEqual(
    readRule(
      foreign({
        sourceAddressPrefixes: ['10.0.0.0/8', '192.0.2.7'],
        destinationPortRanges: ['80', '90-99'],
        destinationPortRange: '',
      }),
    ).length,
    4,
  );
  assert.deepEqual(readRule(foreign({ sourceAddressPrefix: 'Internet' }))[0]?.cidr, '0.0.0.0/0');
  assert.deepEqual(readRule(foreign({ sourceAddressPrefix: '192.0.2.7' }))[0]?.cidr, '192.0.2.7/32');
  assert.deepEqual(
    readRule(foreign({ sourceAddressPrefix: 'VirtualNetwork' })),
    [],
    'a service tag is no block',
  );
  assert.deepEqual(readRule(foreign({ sourceAddressPrefix: '*', access: 'Deny' })), []);
  assert.deepEqual(readRule(foreign({ sourceAddressPrefix: '*', protocol: 'Esp' })), []);
});

it('takes one of other hands apart when a part of it goes', () => {
  const theirs = foreign({ sourceAddressPrefixes: ['10.0.0.0/8', '11.0.0.0/8'] });
  const [first, second] = readRule(theirs);
  assert.ok(first && second);
  const after = changed([theirs], [], [first]);
  assert.deepEqual(readRules(after), [second]);
});
