/** Virtual networks. Source: Virtual Network REST API, Virtual Networks; "Virtual network FAQ" (sizes, reserved addresses). */
import { formatCidr, overlaps, type Cidr } from '@cloud-barista/model/cidr';
import { use } from '../account.ts';
import type { Call, Reply } from '../call.ts';
import { badRequest } from '../errors.ts';
import { nothing, objectAt, objectsAt, textAt, textsAt } from '../fields.ts';
import { idOf, leave } from '../ids.ts';
import { later } from '../later.ts';
import { under } from '../operations.ts';
import type { VirtualNetwork } from '../records.ts';
import type { Route } from '../router.ts';
import {
  etagOf,
  fresh,
  head,
  networkDelay,
  orderOf,
  requireIdle,
  settle,
  trackedRoutes,
  vanish,
} from '../tracked.ts';
import { readBlock } from './cidrs.ts';
import { take } from './quota.ts';
import { checkBlocks, dropSubnet, putSubnet, readSubnet, requireFree, subnetView } from './subnets.ts';

const view = (vnet: VirtualNetwork) => ({
  ...head(vnet),
  etag: etagOf(vnet),
  properties: {
    provisioningState: vnet.state,
    resourceGuid: vnet.guid,
    addressSpace: { addressPrefixes: vnet.blocks.map(formatCidr) },
    ...(vnet.dnsServers.length > 0 && { dhcpOptions: { dnsServers: vnet.dnsServers } }),
    subnets: [...vnet.subnets.values()].map(subnetView),
    virtualNetworkPeerings: [],
    enableDdosProtection: false,
  },
});

function readBlocks(texts: readonly string[] | undefined, id: string): readonly Cidr[] {
  if (!texts || texts.length === 0)
    throw badRequest(
      'InvalidRequestFormat',
      `Cannot parse the request: ${id} has no addressSpace.addressPrefixes.`,
    );
  const blocks = texts.map(text => readBlock(text, id));
  blocks.forEach((block, index) => {
    if (blocks.some((other, at) => at < index && overlaps(block, other)))
      throw badRequest(
        'AddressSpacePrefixesOverlap',
        `The address space of virtual network ${id} has prefixes that overlap each other.`,
      );
    if (block.prefix < 8 || block.prefix > 29)
      throw badRequest(
        'InvalidAddressPrefixFormat',
        `Address prefix ${formatCidr(block)} of resource ${id} is not in the range from /8 to /29.`,
      );
  });
  return blocks;
}

function put(call: Call): Reply {
  const order = orderOf(call, 'virtualNetworks');
  const { group, existing, location, tags } = order;
  const name = existing?.name ?? order.name;
  const id = idOf({ group, type: 'virtualNetworks', name });
  const properties = objectAt(order.body, 'properties') ?? nothing;
  const blocks = readBlocks(
    textsAt(
      objectAt(properties, 'addressSpace', 'properties.') ?? nothing,
      'addressPrefixes',
      'properties.addressSpace.',
    ),
    id,
  );
  const dnsServers =
    textsAt(objectAt(properties, 'dhcpOptions', 'properties.') ?? nothing, 'dnsServers') ?? [];
  const requests = objectsAt(properties, 'subnets', 'properties.')?.map(body =>
    readSubnet(call, { id, location }, body, textAt(body, 'name') ?? ''),
  );
  const wanted = new Set(requests?.map(each => each.name.toLowerCase()));
  if (requests && wanted.size < requests.length)
    throw badRequest('DuplicateResourceName', `Virtual network ${id} names a subnet twice.`);
  if (existing) requireIdle(call, existing);
  const leaving =
    requests && existing
      ? [...existing.subnets.values()].filter(({ name: one }) => !wanted.has(one.toLowerCase()))
      : [];
  checkBlocks(name, blocks, requests ?? [...(existing?.subnets.values() ?? [])]);
  for (const subnet of leaving) requireFree(subnet);

  if (!existing) take(call, location, 'VirtualNetworks');
  const vnet: VirtualNetwork =
    existing ??
    Object.assign(fresh(call, 'virtualNetworks', order), { blocks, dnsServers, subnets: new Map() });
  for (const subnet of leaving) dropSubnet(subnet);
  vnet.tags = tags;
  vnet.blocks = blocks;
  vnet.dnsServers = dnsServers;
  const ms = networkDelay(call);
  for (const request of requests ?? []) {
    const subnet = putSubnet(vnet, request);
    subnet.state = 'Updating';
    later(ms, () => {
      if (subnet.state === 'Updating') subnet.state = 'Succeeded';
    });
  }
  group.resources.virtualNetworks.set(name.toLowerCase(), vnet);
  const operation = settle(call, vnet, 'Updating', ms);
  return { status: existing ? 200 : 201, headers: under(call, operation, false), body: view(vnet) };
}

export function dropVnet(vnet: VirtualNetwork): void {
  if (!leave(vnet)) return;
  for (const subnet of vnet.subnets.values()) dropSubnet(subnet);
  use(vnet.group.account, vnet.location, 'VirtualNetworks', -1);
}

export const vnetRoutes: readonly Route[] = trackedRoutes({
  type: 'virtualNetworks',
  noun: 'VirtualNetworks',
  verbs: ['List', 'ListAll', 'UpdateTags'],
  put,
  view,
  remove(call, vnet) {
    if (vnet.state !== 'Deleting') {
      requireIdle(call, vnet);
      for (const subnet of vnet.subnets.values()) requireFree(subnet);
    }
    return vanish(call, vnet, networkDelay(call), () => dropVnet(vnet));
  },
});
