import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { ruleKey, type SecurityRule } from '@cloud-barista/model/security-group';
import {
  asStanding,
  dropOutbound,
  opensAll,
  permissionsOf,
  requirePorts,
  toPermission,
  toRules,
} from './rules.ts';

const port = fc.integer({ min: 1, max: 65535 });
const cidr = fc.constantFrom('0.0.0.0/0', '10.0.0.0/8', '192.0.2.7/32', '198.51.100.0/24');
const direction = fc.constantFrom('inbound' as const, 'outbound' as const);
const rule: fc.Arbitrary<SecurityRule> = fc.oneof(
  fc.record({
    direction,
    protocol: fc.constantFrom('tcp' as const, 'udp' as const, 'icmp' as const, 'all' as const),
    cidr,
  }),
  fc
    .record({ direction, protocol: fc.constantFrom('tcp' as const, 'udp' as const), a: port, b: port, cidr })
    .filter(({ a, b }) => !(Math.min(a, b) === 1 && Math.max(a, b) === 65535))
    .map(({ a, b, ...rest }) => ({ ...rest, fromPort: Math.min(a, b), toPort: Math.max(a, b) })),
);
const drop = { ...dropOutbound, Direction: 'egress' };
/** As ECS tells a rule: protocols and policies in capitals. */
const told = (one: SecurityRule) => {
  const permission = toPermission(one);
  return {
    ...permission,
    Direction: one.direction === 'inbound' ? 'ingress' : 'egress',
    IpProtocol: permission.IpProtocol?.toUpperCase() ?? '',
    Policy: 'Accept',
  };
};
const keys = (rules: readonly SecurityRule[]) => [...new Set(rules.map(ruleKey))].sort();

describe('rules', () => {
  it('come back as they went, and the refusing rule is not shown', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 20 }), rules => {
        assert.deepEqual(keys(toRules([...rules.map(told), drop])), keys(rules));
        assert.deepEqual(asStanding(rules), toRules([...rules.map(told), drop]));
      }),
    );
  });

  it('split by direction, each once', () => {
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 20 }), rules => {
        const [inbound, outbound] = [permissionsOf('inbound', rules), permissionsOf('outbound', rules)];
        assert.equal(inbound.length + outbound.length, keys(rules).length);
        assert.ok(inbound.every(one => one.SourceCidrIp !== undefined && one.DestCidrIp === undefined));
        assert.ok(outbound.every(one => one.DestCidrIp !== undefined && one.SourceCidrIp === undefined));
      }),
    );
  });

  it('all ports are 1 to 65535, and read as no ports', () => {
    const base = { direction: 'inbound', protocol: 'tcp', cidr: '0.0.0.0/0' } as const;
    for (const one of [
      base,
      { ...base, fromPort: 0, toPort: 65535 },
      { ...base, fromPort: 1, toPort: 65535 },
    ]) {
      assert.equal(toPermission(one).PortRange, '1/65535');
      assert.deepEqual(asStanding([one]), [base]);
    }
    assert.throws(() => requirePorts([{ ...base, fromPort: 0, toPort: 0 }]), { code: 'invalid_argument' });
  });

  it('a group without the refusing rule lets everything out', () => {
    const [open] = toRules([]);
    assert.ok(open && opensAll(open));
    assert.deepEqual(toRules([drop]), []);
  });

  it('leaves out what our rules have no words for', () => {
    const base = { Direction: 'ingress', IpProtocol: 'TCP', PortRange: '22/22', Policy: 'Accept' };
    for (const one of [
      { ...base, SourceGroupId: 'sg-1' },
      { ...base, Ipv6SourceCidrIp: '::/0' },
      { ...base, SourceCidrIp: '10.0.0.0/8', Policy: 'Drop' },
      { ...base, SourceCidrIp: '10.0.0.0/8', IpProtocol: 'GRE' },
    ])
      assert.deepEqual(toRules([one, drop]), []);
    assert.equal(toRules([{ ...base, SourceCidrIp: '10.0.0.9' }, drop])[0]?.cidr, '10.0.0.9/32');
  });
});
