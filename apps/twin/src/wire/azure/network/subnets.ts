/** Subnets: inside their network's body, and as resources of their own. Source: Virtual Network REST API, Subnets. */
import { contains, formatAddress, formatCidr, overlaps, type Cidr } from '@cloud-barista/model/cidr';
import { jsonBody, noContent, ok, param, type Call, type Json, type Reply } from '../call.ts';
import { ArmError, badRequest } from '../errors.ts';
import { nothing, objectAt, referenceAt, textAt, textsAt } from '../fields.ts';
import { idOf, resolve, subnetId } from '../ids.ts';
import { later } from '../later.ts';
import { checkNetworkName } from '../names.ts';
import { under } from '../operations.ts';
import { page } from '../pages.ts';
import { quota } from '../quotas.ts';
import type { IpConfiguration, SecurityGroup, Subnet, VirtualNetwork } from '../records.ts';
import { route, type Route } from '../router.ts';
import { badReference, etagOf, find, networkDelay, requireIdle, requireLiving, settle } from '../tracked.ts';
import { readBlock } from './cidrs.ts';

export interface SubnetRequest {
  name: string;
  block: Cidr;
  nsg: SecurityGroup | undefined;
}

export function readSubnet(
  call: Call,
  vnet: { id: string; location: string },
  body: Json,
  name: string,
): SubnetRequest {
  checkNetworkName(name);
  const properties = objectAt(body, 'properties') ?? nothing;
  const id = `${vnet.id}/subnets/${name}`;
  const prefix = textAt(properties, 'addressPrefix') ?? textsAt(properties, 'addressPrefixes')?.[0];
  if (prefix === undefined)
    throw badRequest('InvalidRequestFormat', `Cannot parse the request: subnet ${id} has no addressPrefix.`);
  const reference = referenceAt(properties, 'networkSecurityGroup', 'properties.');
  const nsg = reference === undefined ? undefined : resolve(call.account, reference, 'networkSecurityGroups');
  if (reference !== undefined && nsg?.location !== vnet.location) throw badReference(reference, id);
  return { name, block: readBlock(prefix, id), nsg };
}

/** That each lies in the network, is large enough and overlaps no other. */
export function checkBlocks(
  name: string,
  blocks: readonly Cidr[],
  subnets: readonly Pick<Subnet, 'name' | 'block'>[],
): void {
  subnets.forEach((subnet, index) => {
    if (!blocks.some(block => contains(block, subnet.block)))
      throw badRequest(
        'NetcfgInvalidSubnet',
        `Subnet '${subnet.name}' is not valid because its IP address range is outside the IP address range of virtual network '${name}'.`,
      );
    if (subnet.block.prefix > 29)
      throw badRequest(
        'NetcfgInvalidSubnet',
        `Subnet '${subnet.name}' is not valid in virtual network '${name}': the smallest subnet is a /29.`,
      );
    const twin = subnets.find((other, at) => at < index && overlaps(other.block, subnet.block));
    if (twin)
      throw badRequest(
        'NetcfgSubnetRangesOverlap',
        `Subnet '${subnet.name}' is not valid because its IP address range overlaps with that of an existing subnet in virtual network '${name}'.`,
      );
  });
}

export const configurationId = ({ nic, name }: IpConfiguration): string =>
  `${idOf(nic)}/ipConfigurations/${name}`;

export function requireFree(subnet: Subnet): void {
  const [user] = subnet.used.values();
  if (user)
    throw badRequest(
      'InUseSubnetCannotBeDeleted',
      `Subnet ${subnet.name} is in use by ${configurationId(user)} and cannot be deleted. In order to delete the subnet, delete all the resources within the subnet. See aka.ms/deletesubnet.`,
    );
}

/** Makes or changes; everything is checked by then, but for what uses the subnet. */
export function putSubnet(vnet: VirtualNetwork, { name, block, nsg }: SubnetRequest): Subnet {
  const key = name.toLowerCase();
  let subnet = vnet.subnets.get(key);
  if (subnet) {
    if (subnet.block.base !== block.base || subnet.block.prefix !== block.prefix) {
      const [user] = subnet.used.values();
      if (user)
        throw badRequest(
          'InUseSubnetCannotBeUpdated',
          `Subnet ${name} is in use by ${configurationId(user)} and its address prefix cannot be changed.`,
        );
      subnet.block = block;
      subnet.cursor = block.base + 4;
    }
    subnet.nsg?.subnets.delete(subnet);
    subnet.nsg = nsg;
  } else {
    subnet = { vnet, name, block, nsg, state: 'Succeeded', used: new Map(), cursor: block.base + 4 };
    vnet.subnets.set(key, subnet);
  }
  nsg?.subnets.add(subnet);
  return subnet;
}

export function dropSubnet(subnet: Subnet): void {
  subnet.nsg?.subnets.delete(subnet);
  subnet.vnet.subnets.delete(subnet.name.toLowerCase());
}

export const subnetView = (subnet: Subnet) => {
  const { vnet, name, block, nsg, used, state } = subnet;
  return {
    name,
    id: subnetId(subnet),
    etag: etagOf(vnet),
    properties: {
      provisioningState: state,
      addressPrefix: formatCidr(block),
      ...(nsg && { networkSecurityGroup: { id: idOf(nsg) } }),
      ...(used.size > 0 && {
        ipConfigurations: [...used.values()].map(each => ({ id: configurationId(each) })),
      }),
      delegations: [],
      privateEndpointNetworkPolicies: 'Disabled',
      privateLinkServiceNetworkPolicies: 'Enabled',
    },
    type: 'Microsoft.Network/virtualNetworks/subnets',
  };
};

/** The first four addresses and the last of a subnet are Azure's. */
export const lastAddress = ({ block }: Subnet): number => block.base + 2 ** (32 - block.prefix) - 2;

/** The lowest free address. */
export function freeAddress(subnet: Subnet): number {
  const last = lastAddress(subnet);
  let { cursor } = subnet;
  while (cursor <= last && subnet.used.has(cursor)) cursor++;
  subnet.cursor = cursor;
  if (cursor <= last) return cursor;
  throw badRequest(
    'SubnetIsFull',
    `Subnet ${subnet.name} with address prefix ${formatCidr(subnet.block)} does not have enough capacity for 1 IP addresses.`,
  );
}

export function checkAddress(subnet: Subnet, address: number, nic: string): void {
  const { block, used } = subnet;
  const shown = formatAddress(address);
  if (!contains(block, { base: address, prefix: 32 }))
    throw badRequest(
      'PrivateIPAddressNotInSubnet',
      `Private static IP address ${shown} does not belong to the range of subnet prefix ${formatCidr(block)}.`,
    );
  if (address < block.base + 4 || address > lastAddress(subnet))
    throw badRequest(
      'PrivateIPAddressInReservedRange',
      `Private static IP address ${shown} falls within reserved IP range of subnet prefix ${formatCidr(block)}.`,
    );
  const user = used.get(address);
  if (user && idOf(user.nic) !== nic)
    throw badRequest(
      'PrivateIPAddressInUse',
      `IP configuration ${nic} is using the private IP address ${shown} which is already allocated to resource ${configurationId(user)}.`,
    );
}

export function releaseAddress(subnet: Subnet, address: number): void {
  subnet.used.delete(address);
  subnet.cursor = Math.min(subnet.cursor, address);
}

function subnetOf(call: Call): Subnet {
  const vnet = find(call, 'virtualNetworks');
  const name = param(call, 3);
  const subnet = vnet.subnets.get(name.toLowerCase());
  if (subnet) return subnet;
  throw new ArmError(404, 'NotFound', `Resource ${idOf(vnet)}/subnets/${name} not found.`);
}

function put(call: Call): Reply {
  const vnet = find(call, 'virtualNetworks');
  requireLiving(vnet.group);
  const name = param(call, 3);
  const existing = vnet.subnets.get(name.toLowerCase());
  const request = readSubnet(
    call,
    { id: idOf(vnet), location: vnet.location },
    jsonBody(call),
    existing?.name ?? name,
  );
  requireIdle(call, vnet);
  const others = [...vnet.subnets.values()].filter(each => each !== existing);
  checkBlocks(vnet.name, vnet.blocks, [...others, request]);
  if (!existing && vnet.subnets.size >= quota(call.account.cloud, 'SubnetsPerVirtualNetwork'))
    throw badRequest(
      'SubnetCountLimitReached',
      `Cannot create more subnets in virtual network ${vnet.name}.`,
    );
  const subnet = putSubnet(vnet, request);
  const ms = networkDelay(call);
  subnet.state = 'Updating';
  later(ms, () => {
    if (subnet.state === 'Updating') subnet.state = 'Succeeded';
  });
  const operation = settle(call, vnet, 'Updating', ms);
  return { status: existing ? 200 : 201, headers: under(call, operation, false), body: subnetView(subnet) };
}

function remove(call: Call): Reply {
  const vnet = find(call, 'virtualNetworks');
  const subnet = vnet.subnets.get(param(call, 3).toLowerCase());
  if (!subnet) return noContent;
  if (subnet.state === 'Deleting' && vnet.operation)
    return { status: 202, headers: under(call, vnet.operation, true) };
  requireIdle(call, vnet);
  requireFree(subnet);
  const ms = networkDelay(call);
  subnet.state = 'Deleting';
  later(ms, () => dropSubnet(subnet));
  return { status: 202, headers: under(call, settle(call, vnet, 'Updating', ms), true) };
}

const all =
  '/subscriptions/{}/resourceGroups/{}/providers/Microsoft.Network/virtualNetworks/{}/subnets' as const;
export const subnetRoutes: readonly Route[] = [
  route('Subnets_CreateOrUpdate', `PUT ${all}/{}`, put),
  route('Subnets_Get', `GET ${all}/{}`, call => ok(subnetView(subnetOf(call)))),
  route('Subnets_Delete', `DELETE ${all}/{}`, remove),
  route('Subnets_List', `GET ${all}`, call =>
    page(
      call,
      [...find(call, 'virtualNetworks').subnets.values()].map((subnet, index) => ({ n: index + 1, subnet })),
      ({ subnet }) => subnetView(subnet),
    ),
  ),
];
