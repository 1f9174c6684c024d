/** Whatever is taken and given back in whatever order, no address is held twice, and none outside the pools. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import * as fc from 'fast-check';
import { createWorld } from '../../src/world/world.ts';
import { defaultPools, give, takeNext } from '../../src/wire/openstack/network/addresses.ts';
import type { Subnet } from '../../src/wire/openstack/records.ts';

it('never gives one address twice, and gives all that there are', () => {
  const world = createWorld();
  fc.assert(
    fc.property(
      fc.integer({ min: 24, max: 30 }),
      fc.option(fc.nat(255), { nil: undefined }),
      fc.array(fc.oneof(fc.constant('take' as const), fc.nat(300)), { maxLength: 600 }),
      (prefix, gatewayAt, deeds) => {
        const block = { base: 10 * 2 ** 24, prefix };
        const size = 2 ** (32 - prefix);
        const gateway = gatewayAt === undefined ? undefined : block.base + (gatewayAt % size);
        const pools = defaultPools({ block, gateway });
        const room = pools.reduce((sum, [first, last]) => sum + last - first + 1, 0);
        const subnet = {
          network: { external: false },
          block,
          pools,
          used: new Set(),
        } as unknown as Subnet;
        const held: number[] = [];
        for (const deed of deeds) {
          if (deed === 'take') {
            const address = takeNext(world, subnet);
            assert.equal(address === undefined, held.length === room);
            if (address === undefined) continue;
            assert.ok(!held.includes(address) && address !== gateway);
            assert.ok(address > block.base && address < block.base + size - 1);
            held.push(address);
          } else if (held.length > 0) {
            const [address = 0] = held.splice(deed % held.length, 1);
            give(world, { subnet, address });
          }
        }
      },
    ),
  );
});
