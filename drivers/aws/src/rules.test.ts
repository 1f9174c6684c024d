import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { ruleKey, type SecurityRule } from '@cloud-barista/model/security-group';
import { permissionKey, permissionsOf, split, toPermission, toRules, without } from './rules.ts';

const port = fc.integer({ min: 0, max: 65535 });
const ports = fc.tuple(port, port).map(([a, b]) => ({ fromPort: Math.min(a, b), toPort: Math.max(a, b) }));
const cidr = fc
  .tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 8, max: 8 }))
  .map(([first, prefix]) => `${first}.0.0.0/${prefix}`);
const rule = fc.record({
  direction: fc.constantFrom('inbound' as const, 'outbound' as const),
  form: fc.oneof(
    fc.record({ protocol: fc.constantFrom('all' as const, 'icmp' as const, 'tcp' as const, 'udp' as const) }),
    fc
      .tuple(fc.constantFrom('tcp' as const, 'udp' as const), ports)
      .filter(([, { fromPort, toPort }]) => fromPort !== 0 || toPort !== 65535)
      .map(([protocol, range]) => ({ protocol, ...range })),
  ),
  cidr,
});
const toOurs = ({
  direction,
  form,
  cidr,
}: typeof rule extends fc.Arbitrary<infer T> ? T : never): SecurityRule => ({
  direction,
  ...form,
  cidr,
});
const rules = fc.uniqueArray(rule.map(toOurs), { selector: ruleKey, maxLength: 30 });
const keys = (list: readonly SecurityRule[]) => list.map(ruleKey).sort();

/** As EC2 answers: one permission for all ranges of one protocol and ports. */
const merged = (permissions: ReturnType<typeof permissionsOf>) => {
  const groups = Map.groupBy(
    permissions,
    ({ IpProtocol, FromPort, ToPort }) => `${IpProtocol} ${FromPort} ${ToPort}`,
  );
  return [...groups.values()].map(group => ({
    ...group[0],
    IpRanges: group.flatMap(permission => permission.IpRanges ?? []),
  }));
};

describe('security rules', () => {
  it('come back from EC2 as they were sent', () => {
    fc.assert(
      fc.property(rules, wanted => {
        const back = toRules(
          merged(permissionsOf('inbound', wanted)),
          merged(permissionsOf('outbound', wanted)),
        );
        assert.deepEqual(keys(back), keys(wanted));
      }),
    );
  });

  it('have one order, whatever order EC2 answers in', () => {
    fc.assert(
      fc.property(rules, wanted => {
        const answer = merged(permissionsOf('inbound', wanted));
        assert.deepEqual(toRules(answer, []), toRules([...answer].reverse(), []));
      }),
    );
  });

  it('without: what is left and what stands make up the whole', () => {
    fc.assert(
      fc.property(rules, rules, (a, b) => {
        const [some, others] = [permissionsOf('inbound', a), permissionsOf('inbound', b)];
        const left = without(some, others);
        const both = without(some, left);
        assert.equal(left.length + both.length, some.length);
        assert.deepEqual(without(both, others), []);
      }),
    );
  });

  it('are EC2’s words: -1, all ports, every ICMP', () => {
    const base = { direction: 'inbound', cidr: '0.0.0.0/0' } as const;
    const IpRanges = [{ CidrIp: '0.0.0.0/0' }];
    assert.deepEqual(toPermission({ ...base, protocol: 'all' }), { IpProtocol: '-1', IpRanges });
    assert.deepEqual(toPermission({ ...base, protocol: 'icmp' }), {
      IpProtocol: 'icmp',
      FromPort: -1,
      ToPort: -1,
      IpRanges,
    });
    assert.deepEqual(toPermission({ ...base, protocol: 'udp' }), {
      IpProtocol: 'udp',
      FromPort: 0,
      ToPort: 65535,
      IpRanges,
    });
    // Both words for all ports are one permission.
    const doubled: SecurityRule[] = [
      { ...base, protocol: 'tcp' },
      { ...base, protocol: 'tcp', fromPort: 0, toPort: 65535 },
    ];
    assert.equal(permissionsOf('inbound', doubled).length, 1);
  });

  it('leave out what they have no words for, but it can be compared and revoked', () => {
    const foreign = [
      { IpProtocol: '-1', UserIdGroupPairs: [{ GroupId: 'sg-1', UserId: '1' }] },
      { IpProtocol: '-1', Ipv6Ranges: [{ CidrIpv6: '::/0' }] },
      { IpProtocol: 'tcp', FromPort: 1, ToPort: 2, PrefixListIds: [{ PrefixListId: 'pl-1' }] },
      { IpProtocol: 'icmp', FromPort: 8, ToPort: -1, IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
      { IpProtocol: '50', IpRanges: [{ CidrIp: '0.0.0.0/0' }] },
    ];
    assert.deepEqual(toRules(foreign, []), []);
    assert.deepEqual(split(foreign), foreign);
    assert.equal(new Set(foreign.map(permissionKey)).size, foreign.length);
  });
});
