import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { formatCidr } from '@cloud-barista/model/cidr';
import type { SecurityRule } from '@cloud-barista/model/security-group';
import { fromNeutron, toNeutron, type NeutronRule } from './security-groups.ts';

const cidr = fc
  .tuple(fc.nat(2 ** 32 - 1), fc.nat(32))
  .map(([address, prefix]) => formatCidr({ base: address - (address % 2 ** (32 - prefix)), prefix }));
const direction = fc.constantFrom('inbound' as const, 'outbound' as const);
const ports = fc
  .tuple(fc.integer({ min: 2, max: 65535 }), fc.integer({ min: 2, max: 65535 }))
  .map(([a, b]) => ({ fromPort: Math.min(a, b), toPort: Math.max(a, b) }));
const rule: fc.Arbitrary<SecurityRule> = fc.oneof(
  fc
    .record({ direction, protocol: fc.constantFrom('tcp' as const, 'udp' as const), cidr, ports })
    .map(({ ports: range, ...rest }) => ({ ...rest, ...range })),
  fc.record({
    direction,
    protocol: fc.constantFrom('tcp', 'udp', 'icmp', 'all'),
    cidr,
  }) as fc.Arbitrary<SecurityRule>,
);

const neutral: NeutronRule = {
  id: 'r',
  direction: 'ingress',
  ethertype: 'IPv4',
  protocol: 'tcp',
  port_range_min: 22,
  port_range_max: 22,
  remote_ip_prefix: '10.0.0.0/8',
};

test('a rule comes back from Neutron as it went', () => {
  fc.assert(
    fc.property(rule, ours => {
      assert.deepEqual(fromNeutron({ id: 'r', ...toNeutron(ours) }), { ...ours });
    }),
  );
});

test('never port 0, which Neutron refuses; from 0 or 1 to the last is all', () => {
  const all = { ...toNeutron({ direction: 'inbound', protocol: 'tcp', cidr: '0.0.0.0/0' }) };
  for (const fromPort of [0, 1])
    assert.deepEqual(
      toNeutron({ direction: 'inbound', protocol: 'tcp', fromPort, toPort: 65535, cidr: '0.0.0.0/0' }),
      all,
    );
  const low = toNeutron({
    direction: 'inbound',
    protocol: 'udp',
    fromPort: 0,
    toPort: 80,
    cidr: '0.0.0.0/0',
  });
  assert.deepEqual([low.port_range_min, low.port_range_max], [1, 80]);
});

test('reads protocols by word and by number, and a missing prefix as everywhere', () => {
  for (const [protocol, word] of [
    [6, 'tcp'],
    ['17', 'udp'],
    ['TCP', 'tcp'],
  ] as const)
    assert.equal(fromNeutron({ ...neutral, protocol })?.protocol, word);
  const added = {
    ...neutral,
    protocol: null,
    port_range_min: null,
    port_range_max: null,
    remote_ip_prefix: null,
  };
  assert.deepEqual(fromNeutron({ ...added, direction: 'egress' }), {
    direction: 'outbound',
    protocol: 'all',
    cidr: '0.0.0.0/0',
  });
});

test('leaves out what our rules can’t say', () => {
  for (const strange of [
    { ethertype: 'IPv6' },
    { remote_group_id: 'g' },
    { remote_address_group_id: 'g' },
    { protocol: 'sctp' },
    { protocol: 'icmp', port_range_min: 8, port_range_max: 0 },
  ])
    assert.equal(fromNeutron({ ...neutral, ...strange }), undefined, JSON.stringify(strange));
});
