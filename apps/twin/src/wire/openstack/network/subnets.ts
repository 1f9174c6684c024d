/** /v2.0/subnets: IPv4. Source: Networking API v2.0, "Subnets". */
import { cidrSize, formatAddress, formatCidr, overlaps } from '@cloud-barista/model/cidr';
import type { SiteCall } from '../call.ts';
import { created, noContent, type Reply } from '../reply.ts';
import { badRequest, badResource, forbidden, invalidInput, neutronError } from '../errors.ts';
import { checkNeutronQuota } from '../quotas.ts';
import type { HostRoute, Subnet } from '../records.ts';
import { route, type SiteRoute } from '../router.ts';
import { looseCidr, newResource, touch, type Site } from '../site.ts';
import { seconds } from '../text.ts';
import { defaultPools, inSubnet } from './addresses.ts';
import * as fields from './fields.ts';
import { list, show, type View } from './list.ts';
import { findNetwork } from './networks.ts';
import { joinDhcp, leaveDhcp } from './port-records.ts';
import { removeSubnet } from './subnet-records.ts';

const hostRoute: fields.Reader<HostRoute> = (value, field) => {
  const { destination, nexthop } = fields.object(value, field);
  if (typeof destination !== 'string' || !looseCidr(destination))
    throw fields.invalid(field, `'${String(destination)}' is not a valid IP subnet`);
  return { destination, nexthop: formatAddress(fields.address(nexthop, field)) };
};
export const hostRoutes = fields.list(hostRoute);

const readers = {
  ...fields.common,
  network_id: fields.uuid,
  ip_version: fields.integer(4, 6),
  cidr: fields.text(64),
  gateway_ip: fields.nullable(fields.address),
  enable_dhcp: fields.flag,
  allocation_pools: fields.list(fields.object),
  dns_nameservers: fields.list(fields.text(253)),
  host_routes: hostRoutes,
  service_types: fields.list(fields.name),
  ipv6_ra_mode: fields.anything,
  ipv6_address_mode: fields.anything,
  subnetpool_id: fields.nullable(fields.uuid),
  prefixlen: fields.integer(0, 32),
};

export function findSubnet(site: Site, id: string): Subnet {
  const subnet = site.subnets.get(id);
  if (!subnet) throw neutronError(404, 'SubnetNotFound', `Subnet ${id} could not be found.`);
  return subnet;
}
const ownSubnet = (site: Site, id: string): Subnet => {
  const subnet = findSubnet(site, id);
  if (subnet.network === site.external)
    throw forbidden("rule:update_subnet is disallowed by policy: the subnet is the provider's");
  return subnet;
};

export function subnetView(site: Site, subnet: Subnet): View {
  const project = subnet.network === site.external ? '' : site.projectId;
  return {
    id: subnet.id,
    name: subnet.name,
    tenant_id: project,
    project_id: project,
    network_id: subnet.network.id,
    ip_version: 4,
    subnetpool_id: null,
    enable_dhcp: subnet.dhcp,
    ipv6_ra_mode: null,
    ipv6_address_mode: null,
    gateway_ip: subnet.gateway === undefined ? null : formatAddress(subnet.gateway),
    cidr: formatCidr(subnet.block),
    allocation_pools: subnet.pools.map(([start, end]) => ({
      start: formatAddress(start),
      end: formatAddress(end),
    })),
    host_routes: subnet.routes,
    dns_nameservers: subnet.nameservers,
    description: subnet.description,
    service_types: [],
    tags: subnet.tags,
    created_at: seconds(subnet.createdAt),
    updated_at: seconds(subnet.updatedAt),
    revision_number: subnet.revision,
  };
}

function poolsOf(subnet: Subnet, given: Record<string, unknown>[]): [number, number][] {
  const pools = given.map(({ start, end }): [number, number] => [
    fields.address(start, 'allocation_pools'),
    fields.address(end, 'allocation_pools'),
  ]);
  const show = ([start, end]: readonly [number, number]) => `${formatAddress(start)}-${formatAddress(end)}`;
  for (const pool of pools) {
    const [start, end] = pool;
    if (start > end)
      throw neutronError(400, 'InvalidAllocationPool', `The allocation pool ${show(pool)} is not valid.`);
    if (!inSubnet(subnet, start) || !inSubnet(subnet, end))
      throw neutronError(
        400,
        'OutOfBoundsAllocationPool',
        `The allocation pool ${show(pool)} spans beyond the subnet cidr ${formatCidr(subnet.block)}.`,
      );
    if (subnet.gateway !== undefined && subnet.gateway >= start && subnet.gateway <= end)
      throw neutronError(
        409,
        'GatewayConflictWithAllocationPools',
        `Gateway ip ${formatAddress(subnet.gateway)} conflicts with allocation pool ${show(pool)}.`,
      );
  }
  pools.sort((a, b) => a[0] - b[0]);
  for (const [index, pool] of pools.entries()) {
    const before = pools[index - 1];
    if (before && pool[0] <= before[1])
      throw neutronError(
        409,
        'OverlappingAllocationPools',
        `Found overlapping allocation pools: ${show(before)} ${show(pool)} for subnet ${formatCidr(subnet.block)}.`,
      );
  }
  return pools;
}

function gatewayOf(subnet: Pick<Subnet, 'block'>, given: number | null | undefined): number | undefined {
  if (given === null) return undefined;
  const { base, prefix } = subnet.block;
  if (given === undefined) return prefix >= 31 ? base : base + 1;
  const size = cidrSize(subnet.block);
  const inside = given >= base && given < base + size;
  if (inside && prefix < 31 && (given === base || given === base + size - 1))
    throw invalidInput(`Gateway is not valid on subnet.`);
  return given;
}

function makeSubnet(call: SiteCall, item: Record<string, unknown>): Subnet {
  const { site, world } = call;
  const given = fields.read(readers, item);
  fields.ownProject(call, given);
  const networkId = fields.required(given.network_id, 'network_id');
  if (fields.required(given.ip_version, 'ip_version') !== 4)
    throw invalidInput('this cloud has IPv4 subnets only.');
  if (given.subnetpool_id)
    throw neutronError(404, 'SubnetPoolNotFound', `Subnet pool ${given.subnetpool_id} could not be found.`);
  const cidr = given.cidr;
  if (cidr === undefined)
    throw badResource('Bad subnets request: a subnetpool must be specified in the absence of a cidr.');
  const block = looseCidr(cidr);
  if (!block) throw fields.invalid('cidr', `'${cidr}' is not a valid IP subnet`);
  if (block.prefix > 30 && given.enable_dhcp !== false)
    throw invalidInput('Subnet has a prefix length that is incompatible with DHCP service enabled.');
  if (block.prefix === 0) throw invalidInput(`0 is not allowed as CIDR prefix length`);
  const network = findNetwork(site, networkId);
  if (network === site.external)
    throw forbidden("rule:create_subnet is disallowed by policy: the network is the provider's");
  if (network.subnets.some(other => overlaps(other.block, block)))
    throw invalidInput(
      `Requested subnet with cidr: ${formatCidr(block)} for network: ${network.id} overlaps with another subnet.`,
    );
  checkNeutronQuota(call.account, 'subnet', site.subnets.size - 1);
  const gateway = gatewayOf({ block }, given.gateway_ip);
  const subnet: Subnet = {
    ...newResource(site, world.now(), 'subnet'),
    name: given.name ?? '',
    description: given.description ?? '',
    network,
    block,
    gateway,
    dhcp: given.enable_dhcp ?? true,
    pools: defaultPools({ block, gateway }),
    nameservers: given.dns_nameservers ?? [],
    routes: given.host_routes ?? [],
    used: new Set(),
  };
  if (given.allocation_pools) subnet.pools = poolsOf(subnet, given.allocation_pools);
  site.subnets.set(subnet.id, subnet);
  network.subnets.push(subnet);
  if (subnet.dhcp) joinDhcp(world, site, subnet);
  return subnet;
}

function discard(call: SiteCall, subnet: Subnet): void {
  leaveDhcp(call.world, call.site, subnet);
  removeSubnet(call.site, subnet);
}

function create(call: SiteCall): Reply {
  const { items, bulk } = fields.inputs(call, 'subnet', 'subnets');
  const made: Subnet[] = [];
  try {
    for (const item of items) made.push(makeSubnet(call, item));
  } catch (error) {
    for (const subnet of made) discard(call, subnet);
    throw error;
  }
  const views = made.map(subnet => subnetView(call.site, subnet));
  return created(bulk ? { subnets: views } : { subnet: views[0] });
}

function update(call: SiteCall): Reply {
  const { site, world } = call;
  const subnet = ownSubnet(site, call.id);
  const item = fields.input(call, 'subnet');
  for (const fixed of ['network_id', 'cidr', 'ip_version', 'tenant_id', 'project_id'])
    if (fixed in item) throw badRequest(`Cannot update read-only attribute ${fixed}`);
  const given = fields.read(readers, item);
  if (given.gateway_ip !== undefined) {
    const gateway = gatewayOf(subnet, given.gateway_ip);
    const held =
      subnet.gateway !== undefined && subnet.used.has(subnet.gateway) && subnet.gateway !== gateway;
    if (held)
      throw neutronError(
        409,
        'GatewayIpInUse',
        `Current gateway ip ${formatAddress(subnet.gateway ?? 0)} already in use by a port. Unable to update.`,
      );
    const pools = given.allocation_pools ? undefined : subnet.pools;
    if (gateway !== undefined && pools?.some(([start, end]) => gateway >= start && gateway <= end))
      throw neutronError(
        409,
        'GatewayConflictWithAllocationPools',
        `Gateway ip ${formatAddress(gateway)} conflicts with allocation pool ${subnetPools(subnet)}.`,
      );
    subnet.gateway = gateway;
  }
  if (given.allocation_pools) {
    subnet.pools = poolsOf(subnet, given.allocation_pools);
  }
  subnet.name = given.name ?? subnet.name;
  subnet.description = given.description ?? subnet.description;
  subnet.nameservers = given.dns_nameservers ?? subnet.nameservers;
  subnet.routes = given.host_routes ?? subnet.routes;
  if (given.enable_dhcp !== undefined && given.enable_dhcp !== subnet.dhcp) {
    subnet.dhcp = given.enable_dhcp;
    if (subnet.dhcp) joinDhcp(world, site, subnet);
    else leaveDhcp(world, site, subnet);
  }
  touch(world, subnet);
  return show(call, 'subnet', subnetView(site, subnet));
}

const subnetPools = (subnet: Subnet) =>
  subnet.pools.map(([start, end]) => `${formatAddress(start)}-${formatAddress(end)}`).join(', ');

function remove(call: SiteCall): Reply {
  const { site } = call;
  const subnet = ownSubnet(site, call.id);
  const { network } = subnet;
  for (const port of network.ports)
    if (port !== network.dhcp && port.fixedIps.some(ip => ip.subnet === subnet))
      throw neutronError(
        409,
        'SubnetInUse',
        `Unable to complete operation on subnet ${subnet.id}: One or more ports have an IP allocation from this subnet.`,
      );
  discard(call, subnet);
  return noContent;
}

const shown =
  'id name tenant_id project_id network_id ip_version subnetpool_id enable_dhcp ipv6_ra_mode ipv6_address_mode gateway_ip cidr allocation_pools host_routes dns_nameservers description service_types tags created_at updated_at revision_number'.split(
    ' ',
  );

export const subnetRoutes: readonly SiteRoute[] = [
  route('GET /subnets', call =>
    list(call, {
      plural: 'subnets',
      records: call.site.subnets.values(),
      view: subnet => subnetView(call.site, subnet),
      attributes: shown,
      find: id => findSubnet(call.site, id),
      quick: { network_id: subnet => subnet.network.id },
    }),
  ),
  route('POST /subnets', create),
  route('GET /subnets/{}', call =>
    show(call, 'subnet', subnetView(call.site, findSubnet(call.site, call.id))),
  ),
  route('PUT /subnets/{}', update),
  route('DELETE /subnets/{}', remove),
];
