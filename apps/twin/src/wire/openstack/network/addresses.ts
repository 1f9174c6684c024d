/** Which address of a subnet a port gets: any free one of its pools, or on the external network the world's next. */
import { cidrSize, formatAddress, parseAddress } from '@cloud-barista/model/cidr';
import type { World } from '../../../world/world.ts';
import { invalidInput, neutronError } from '../errors.ts';
import type { FixedIp, Network, Subnet } from '../records.ts';

export const inSubnet = (subnet: Subnet, address: number): boolean =>
  address >= subnet.block.base && address < subnet.block.base + cidrSize(subnet.block);

/** All but the network's, the broadcast's and the gateway's. Networking API: default of allocation_pools. */
export function defaultPools(subnet: Pick<Subnet, 'block' | 'gateway'>): [number, number][] {
  const { block, gateway } = subnet;
  const size = cidrSize(block);
  const first = block.prefix >= 31 ? block.base : block.base + 1;
  const last = block.prefix >= 31 ? block.base + size - 1 : block.base + size - 2;
  if (gateway === undefined || gateway < first || gateway > last) return [[first, last]];
  const pools: [number, number][] = [];
  if (gateway > first) pools.push([first, gateway - 1]);
  if (gateway < last) pools.push([gateway + 1, last]);
  return pools;
}

const poolSize = (subnet: Subnet) => subnet.pools.reduce((sum, [first, last]) => sum + last - first + 1, 0);

/** The address at `offset` of all pools taken as one row. */
function atOffset(subnet: Subnet, offset: number): number | undefined {
  let rest = offset;
  for (const [first, last] of subnet.pools) {
    if (rest <= last - first) return first + rest;
    rest -= last - first + 1;
  }
  return undefined;
}

/** By chance, as Neutron does: nobody may guess which address comes next. */
export function takeNext(world: World, subnet: Subnet): number | undefined {
  if (subnet.network.external) {
    const address = world.addresses.allocate();
    return address === undefined ? undefined : parseAddress(address);
  }
  const size = poolSize(subnet);
  const start = Math.floor(world.random.next(`${subnet.id}/address`) * size);
  for (let tried = 0; tried < size; tried++) {
    const address = atOffset(subnet, (start + tried) % size);
    if (address === undefined || subnet.used.has(address)) continue;
    subnet.used.add(address);
    return address;
  }
  return undefined;
}

export function takeThis(subnet: Subnet, address: number): void {
  const shown = formatAddress(address);
  const { base, prefix } = subnet.block;
  const edge = prefix < 31 && (address === base || address === base + cidrSize(subnet.block) - 1);
  if (!inSubnet(subnet, address) || edge)
    throw neutronError(
      400,
      'InvalidIpForSubnet',
      `IP address ${shown} is not a valid IP for the specified subnet.`,
    );
  if (subnet.network.external)
    throw invalidInput('an address of the external network cannot be chosen in this cloud.');
  if (subnet.used.has(address))
    throw neutronError(
      409,
      'IpAddressAlreadyAllocated',
      `IP address ${shown} already allocated in subnet ${subnet.id}`,
    );
  subnet.used.add(address);
}

export function give(world: World, { subnet, address }: FixedIp): void {
  if (subnet.network.external) world.addresses.release(formatAddress(address));
  else subnet.used.delete(address);
}

export const exhausted = (network: Network) =>
  neutronError(409, 'IpAddressGenerationFailure', `No more IP addresses available on network ${network.id}.`);
