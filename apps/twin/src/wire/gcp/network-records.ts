/** Making networks and subnetworks, and the addresses that are taken in one. Source: "VPC networks" and "Subnets". */
import { formatAddress, parseAddress, parseCidr, cidrSize, type Cidr } from '@cloud-barista/model/cidr';
import type { World } from '../../world/world.ts';
import type { Account } from './account.ts';
import { newResource } from './new-resource.ts';
import type { Network, Resource, Subnetwork } from './records.ts';
import { knownRegion } from './regions.ts';

/** What auto mode networks take their subnets from. */
export const autoBlock = parseCidr('10.128.0.0/9');

export function createNetworkRecord(world: World, account: Account, resource: Resource): Network {
  const route = newResource(world, account, 'route', '');
  return {
    ...resource,
    auto: false,
    routingMode: 'REGIONAL',
    mtu: 1460,
    subnets: new Map(),
    firewalls: new Map(),
    routeId: route.id,
    routeName: `default-route-${BigInt(route.id).toString(16).padStart(16, '0')}`,
  };
}

export function createSubnetRecord(
  resource: Resource,
  network: Network,
  region: string,
  block: Cidr,
): Subnetwork {
  return {
    ...resource,
    region,
    network,
    block,
    privateGoogleAccess: false,
    purpose: 'PRIVATE',
    auto: false,
    revision: 0,
    used: new Set(),
    cursor: 0,
    users: new Set(),
  };
}

export const subnetKey = (region: string, name: string): string => `${region}/${name}`;

export function fillAutoNetwork(world: World, account: Account, network: Network): void {
  // Regions that only the Twin knows have ranges that Google hasn't given yet.
  let unknown = 228;
  for (const region of account.regions) {
    const block = parseCidr(`10.${knownRegion(region)?.auto ?? unknown++}.0.0/20`);
    const resource = newResource(world, account, 'subnetwork', network.name);
    const subnet = createSubnetRecord(resource, network, region, block);
    subnet.auto = true;
    network.subnets.set(subnetKey(region, subnet.name), subnet);
  }
}

export const gatewayOf = (subnet: Subnetwork): string => formatAddress(subnet.block.base + 1);

/** The first two and the last two of a block are Google's. */
const usable = (block: Cidr) => ({ first: 2, last: cidrSize(block) - 3 });

/** The next free address; undefined when the block is full. */
export function takeAddress(subnet: Subnetwork): string | undefined {
  const { first, last } = usable(subnet.block);
  const room = last - first + 1;
  if (subnet.used.size >= room) return undefined;
  let at = Math.max(subnet.cursor, first);
  while (subnet.used.has(at)) at = at >= last ? first : at + 1;
  subnet.used.add(at);
  subnet.cursor = at >= last ? first : at + 1;
  return formatAddress(subnet.block.base + at);
}

/** `outside` or `taken` where it can't be had. */
export function claimAddress(subnet: Subnetwork, ip: string): 'ok' | 'outside' | 'taken' {
  const value = parseAddress(ip);
  const { first, last } = usable(subnet.block);
  const offset = value === undefined ? -1 : value - subnet.block.base;
  if (offset < first || offset > last) return 'outside';
  if (subnet.used.has(offset)) return 'taken';
  subnet.used.add(offset);
  return 'ok';
}

export function freeAddress(subnet: Subnetwork, ip: string): void {
  const value = parseAddress(ip);
  if (value !== undefined) subnet.used.delete(value - subnet.block.base);
}
