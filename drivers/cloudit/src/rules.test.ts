/** Rules to Cloudit's words and back. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { formatCidr } from '@cloud-barista/model/cidr';
import { ruleKey, type SecurityRule } from '@cloud-barista/model/security-group';
import { ourKey, readRule, readRules, wireKey, wireRule } from './rules.ts';

const cidr = fc
  .tuple(fc.nat(0xffffffff), fc.integer({ min: 0, max: 32 }))
  .map(([value, prefix]) => formatCidr({ base: value - (value % 2 ** (32 - prefix)), prefix }));
const ports = fc
  .tuple(fc.integer({ min: 1, max: 65535 }), fc.integer({ min: 1, max: 65535 }))
  .map(([a, b]) => ({ fromPort: Math.min(a, b), toPort: Math.max(a, b) }));
const direction = fc.constantFrom('inbound', 'outbound');
const rule: fc.Arbitrary<SecurityRule> = fc.oneof(
  fc.record({ direction, protocol: fc.constantFrom('icmp', 'all'), cidr }),
  fc.record({ direction, protocol: fc.constantFrom('tcp', 'udp'), cidr }),
  fc
    .tuple(direction, fc.constantFrom('tcp', 'udp'), cidr, ports)
    .map(([way, protocol, block, range]) => ({ direction: way, protocol, cidr: block, ...range })),
);

describe('rules', () => {
  it('come back as they went, under names that Cloudit takes', () => {
    fc.assert(
      fc.property(rule, asked => {
        const wire = wireRule(asked);
        assert.ok(wire.name.length <= 45, wire.name);
        const all = asked.fromPort === 1 && asked.toPort === 65535;
        const back = readRule({ id: 'r', ...wire });
        assert.ok(back);
        const { fromPort: _, toPort: __, ...open } = asked;
        assert.equal(ruleKey(back), ruleKey(all ? open : asked));
        assert.equal(ourKey(back), wireKey(wire));
      }),
    );
  });

  it('for ICMP let nothing through, each on its own', () => {
    fc.assert(
      fc.property(cidr, cidr, (one, other) => {
        const [a, b] = [one, other].map(block =>
          wireRule({ direction: 'inbound', protocol: 'icmp', cidr: block }),
        );
        assert.ok(a && b);
        assert.match(a.target, /^127\.\d+\.\d+\.\d+\/32$/);
        assert.ok(Number(a.port) >= 1 && Number(a.port) <= 65535);
        assert.equal(wireKey(a) === wireKey(b), one === other);
      }),
    );
  });

  it('of others are read: all ports as "0", an address without a prefix, letters in any case', () => {
    assert.deepEqual(
      readRules([
        { id: '1', name: 'a', type: 'INBOUND', port: '0', target: '0.0.0.0/0', protocol: 'TCP' },
        { id: '2', name: 'b', type: 'outbound', port: '1-65535', target: '0.0.0.0/0', protocol: 'all' },
        { id: '3', name: 'c', type: 'inbound', port: 22, target: '192.0.2.1', protocol: 'tcp' },
        { id: '4', name: 'd', type: 'inbound', port: '1', target: '0.0.0.0/0', protocol: 'gre' },
      ]),
      [
        { direction: 'inbound', protocol: 'tcp', cidr: '0.0.0.0/0' },
        { direction: 'outbound', protocol: 'all', cidr: '0.0.0.0/0' },
        { direction: 'inbound', protocol: 'tcp', cidr: '192.0.2.1/32', fromPort: 22, toPort: 22 },
      ],
    );
  });

  it('for port 0 alone are refused: Cloudit would open all', () => {
    const zero = {
      direction: 'inbound',
      protocol: 'tcp',
      cidr: '0.0.0.0/0',
      fromPort: 0,
      toPort: 0,
    } as const;
    assert.throws(() => wireRule(zero), { code: 'invalid_argument' });
    assert.equal(wireRule({ ...zero, toPort: 80 }).port, '1-80');
  });
});
