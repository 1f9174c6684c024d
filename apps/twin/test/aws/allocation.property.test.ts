/** Properties of blocks and addresses, whatever the order of requests. */
import { contains, overlaps, parseAddress, tryCidr } from '@cloud-barista/model/cidr';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { createWorld } from '../../src/world/world.ts';
import { actions } from '../../src/wire/aws/actions.ts';
import { Ec2Error } from '../../src/wire/aws/errors.ts';
import { filterAll } from '../../src/wire/aws/filters.ts';
import { parseQuery } from '../../src/wire/aws/query.ts';
import {
  createSite,
  freeAddresses,
  makeSubnet,
  makeVpc,
  subnetCapacity,
  takeAddress,
} from '../../src/wire/aws/site.ts';
import { noTags } from '../../src/wire/aws/records.ts';

function site() {
  const world = createWorld();
  const cloud = world.addCloud({ name: 'any', kind: 'aws' });
  return { world, site: createSite(world, cloud, 'ap-northeast-2') };
}

describe('properties', () => {
  it('subnets lie in their VPC and never overlap; what is refused would', () => {
    const blocks = fc.array(
      fc.record({ third: fc.nat(255), fourth: fc.nat(255), prefix: fc.integer({ min: 15, max: 29 }) }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(blocks, list => {
        const { world, site: place } = site();
        const vpc = makeVpc(place, { base: parseAddress('10.5.0.0') ?? 0, prefix: 16 }, false, noTags);
        for (const { third, fourth, prefix } of list) {
          const before = [...place.subnets.values()].filter(one => one.vpc === vpc);
          const params = parseQuery(`VpcId=${vpc.id}&CidrBlock=10.5.${third}.${fourth}/${prefix}`);
          let code = '';
          try {
            void actions['CreateSubnet']?.({ world, site: place, params, action: 'CreateSubnet' });
          } catch (error) {
            assert.ok(error instanceof Ec2Error);
            code = error.code;
          }
          const size = 2 ** (32 - prefix);
          const value = parseAddress(`10.5.${third}.${fourth}`) ?? 0;
          const block = { base: value - (value % size), prefix };
          const inRange = prefix >= 16 && prefix <= 28 && contains(vpc.block, block);
          const clash = before.some(one => overlaps(one.block, block));
          assert.equal(code, inRange ? (clash ? 'InvalidSubnet.Conflict' : '') : 'InvalidSubnet.Range');
        }
        const after = [...place.subnets.values()].filter(one => one.vpc === vpc);
        for (const a of after) {
          assert.ok(contains(vpc.block, a.block));
          for (const b of after) assert.ok(a === b || !overlaps(a.block, b.block));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('addresses are in their subnet, not reserved, given once, and counted', () => {
    const steps = fc.array(fc.oneof(fc.constant('take' as const), fc.nat(40)), { maxLength: 120 });
    fc.assert(
      fc.property(fc.integer({ min: 26, max: 28 }), steps, (prefix, list) => {
        const { site: place } = site();
        const block = tryCidr(`10.5.7.0/${prefix}`) ?? { base: 0, prefix };
        const vpc = makeVpc(place, { base: parseAddress('10.5.0.0') ?? 0, prefix: 16 }, false, noTags);
        const [zone] = place.zones;
        assert.ok(zone);
        const subnet = makeSubnet(place, vpc, zone, block, false, noTags);
        const held: string[] = [];
        for (const step of list) {
          if (step === 'take') {
            if (freeAddresses(subnet) === 0) continue;
            const address = takeAddress(subnet);
            assert.ok(!held.includes(address), `${address} twice`);
            const offset = (parseAddress(address) ?? 0) - block.base;
            assert.ok(offset >= 4 && offset <= 2 ** (32 - prefix) - 2);
            held.push(address);
          } else {
            const [freed] = held.splice(step % Math.max(1, held.length), 1);
            if (freed !== undefined) subnet.used.delete((parseAddress(freed) ?? 0) - block.base);
          }
          assert.equal(freeAddresses(subnet), subnetCapacity(subnet) - held.length);
        }
      }),
    );
  });

  it('wildcards match as a regular expression would', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '\\', '.'), maxLength: 8 });
    fc.assert(
      fc.property(text, text, (pattern, value) => {
        let source = '';
        for (let i = 0; i < pattern.length; i++) {
          const char = pattern.charAt(i);
          if (char === '\\' && i + 1 < pattern.length)
            source += `[${pattern.charAt(++i).replace('\\', '\\\\')}]`;
          else source += char === '*' ? '.*' : char === '?' ? '.' : `[${char.replace('\\', '\\\\')}]`;
        }
        const params = parseQuery(`Filter.1.Name=name&Filter.1.Value.1=${encodeURIComponent(pattern)}`);
        const found = filterAll(params, { name: (record: { name: string }) => record.name }, [
          { name: value },
        ]);
        assert.equal(
          found.length === 1,
          new RegExp(`^${source}$`, 's').test(value),
          `${pattern} on ${value}`,
        );
      }),
      { numRuns: 500 },
    );
  });

  it('a query is read back as it was written', () => {
    const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9]{0,8}$/);
    const path = fc.array(name, { minLength: 1, maxLength: 3 }).map(parts => parts.join('.'));
    fc.assert(
      fc.property(fc.dictionary(path, fc.string({ unit: 'grapheme' })), values => {
        const params = parseQuery(
          Object.entries(values)
            .map(([key, value]) => `${key}=${encodeURIComponent(value)}`)
            .join('&'),
        );
        for (const [key, value] of Object.entries(values)) assert.equal(params.text(key), value);
      }),
    );
  });
});
