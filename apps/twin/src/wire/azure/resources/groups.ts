/** Resource groups. Source: Resource Management REST API, Resource Groups. */
import { jsonBody, noContent, ok, param, type Call, type Reply } from '../call.ts';
import { ArmError, badRequest, conflict, groupNotFound } from '../errors.ts';
import { textAt } from '../fields.ts';
import { later } from '../later.ts';
import { checkGroupName, readTags } from '../names.ts';
import { dropInterface } from '../network/interfaces.ts';
import { dropPublicIp } from '../network/public-ips.ts';
import { dropSecurityGroup } from '../network/security-groups.ts';
import { dropVnet } from '../network/virtual-networks.ts';
import { dropImage } from '../compute/custom-images.ts';
import { dropDisk } from '../compute/disks.ts';
import { dropGallery } from '../compute/galleries.ts';
import { dropSnapshot } from '../compute/snapshots.ts';
import { dropVm, keepOsDisk } from '../compute/vm-end.ts';
import { preempted } from '../compute/vm-orders.ts';
import { begin, end, under } from '../operations.ts';
import { page } from '../pages.ts';
import { quota } from '../quotas.ts';
import { noTags, type Group } from '../records.ts';
import { plainLocation } from '../regions.ts';
import { route, type Route } from '../router.ts';
import { groupOf, requireLiving } from '../tracked.ts';
import type { World } from '../../../world/world.ts';
import { parseFilter } from './filter.ts';

const view = (group: Group) => ({
  id: group.path,
  name: group.name,
  type: 'Microsoft.Resources/resourceGroups',
  location: group.location,
  ...(group.tags !== noTags && { tags: group.tags }),
  properties: { provisioningState: group.state },
});

function put(call: Call): Reply {
  const { account } = call;
  const name = param(call, 1);
  const existing = account.groups.get(name.toLowerCase());
  if (existing) requireLiving(existing);
  else checkGroupName(name);
  const body = jsonBody(call);
  const given = textAt(body, 'location');
  if (given === undefined || given === '')
    throw badRequest('LocationRequired', 'The location property is required for this definition.');
  const location = plainLocation(given);
  const { regions } = account.cloud;
  if (!regions.includes(location))
    throw badRequest(
      'LocationNotAvailableForResourceGroup',
      `The provided location '${given}' is not available for resource group. List of available regions is '${regions.join(',')}'.`,
    );
  const tags = readTags(body) ?? noTags;
  if (existing) {
    if (existing.location !== location)
      throw conflict(
        'InvalidResourceGroupLocation',
        `Invalid resource group location '${location}'. The Resource group already exists in location '${existing.location}'.`,
      );
    existing.tags = tags;
    return ok(view(existing));
  }
  const limit = quota(account.cloud, 'ResourceGroups');
  if (account.groups.size >= limit)
    throw conflict(
      'ResourceGroupQuotaExceeded',
      `Unable to create resource group '${name}': subscription '${account.subscriptionId}' has reached its quota of ${limit} resource groups.`,
    );
  const group: Group = {
    account,
    name,
    path: `/subscriptions/${account.subscriptionId}/resourceGroups/${name}`,
    location,
    n: account.next(),
    tags,
    state: 'Succeeded',
    operation: undefined,
    resources: {
      virtualNetworks: new Map(),
      networkSecurityGroups: new Map(),
      publicIPAddresses: new Map(),
      networkInterfaces: new Map(),
      virtualMachines: new Map(),
      disks: new Map(),
      snapshots: new Map(),
      images: new Map(),
      galleries: new Map(),
      sshPublicKeys: new Map(),
    },
  };
  account.groups.set(name.toLowerCase(), group);
  return { status: 201, body: view(group) };
}

function remove(call: Call): Reply {
  const group = groupOf(call);
  if (group.state === 'Deleting' && group.operation)
    return { status: 202, headers: under(call, group.operation, true) };
  const outside = usersOutside(group);
  if (outside !== undefined)
    throw conflict(
      'ResourceGroupDeletionBlocked',
      `Deletion of resource group '${group.name}' failed as resources with identifiers '${outside}' could not be deleted.`,
    );
  const { delays } = call.account.cloud;
  const { virtualMachines } = group.resources;
  const ms = virtualMachines.size > 0 ? delays.terminate : delays.terminate / 10;
  const operation = begin(call, undefined, group.location, ms);
  group.state = 'Deleting';
  group.operation = operation;
  for (const vm of virtualMachines.values()) {
    if (vm.operation) end(call, vm.operation, preempted);
    vm.state = 'Deleting';
    vm.phase = 'delete';
    vm.operation = operation;
    if (vm.osDisk && vm.osDisk.group !== group) keepOsDisk(call, vm);
    if (vm.machine) call.world.machines.terminate(vm.machine);
  }
  later(ms, () => {
    if (group.operation === operation) dropGroup(call.world, group);
    end(call, operation);
  });
  return { status: 202, headers: under(call, operation, true) };
}

/** Something of this group that another group's resources need. */
function usersOutside(group: Group): string | undefined {
  const { virtualNetworks, networkInterfaces, publicIPAddresses, disks } = group.resources;
  for (const vnet of virtualNetworks.values())
    for (const subnet of vnet.subnets.values())
      for (const { nic } of subnet.used.values())
        if (nic.group !== group) return `Microsoft.Network/virtualNetworks/${vnet.name}`;
  for (const disk of disks.values())
    if (disk.vm && disk.vm.group !== group) return `Microsoft.Compute/disks/${disk.name}`;
  for (const nic of networkInterfaces.values())
    if (nic.vm && nic.vm.group !== group) return `Microsoft.Network/networkInterfaces/${nic.name}`;
  for (const ip of publicIPAddresses.values())
    if (ip.holder && ip.holder.nic.group !== group) return `Microsoft.Network/publicIPAddresses/${ip.name}`;
  return undefined;
}

/** With everything in it. */
export function dropGroup(world: World, group: Group): void {
  const { resources } = group;
  for (const vm of resources.virtualMachines.values()) dropVm(world, vm);
  for (const nic of resources.networkInterfaces.values()) dropInterface(world, nic);
  for (const ip of resources.publicIPAddresses.values()) dropPublicIp(world, ip);
  for (const vnet of resources.virtualNetworks.values()) dropVnet(vnet);
  for (const nsg of resources.networkSecurityGroups.values()) dropSecurityGroup(nsg);
  for (const disk of resources.disks.values()) dropDisk(world, disk);
  for (const snapshot of resources.snapshots.values()) dropSnapshot(world, snapshot);
  for (const image of resources.images.values()) dropImage(world, image);
  for (const gallery of resources.galleries.values()) dropGallery(world, gallery);
  resources.sshPublicKeys.clear();
  group.account.groups.delete(group.name.toLowerCase());
}

function list(call: Call): Reply {
  const filter = parseFilter(call.query.get('$filter'));
  const groups = [...call.account.groups.values()].filter(group =>
    filter({
      name: group.name,
      tags: group.tags,
      type: 'Microsoft.Resources/resourceGroups',
      location: group.location,
      group: group.name,
    }),
  );
  return page(call, groups, view, { top: true });
}

function patch(call: Call): Reply {
  const group = groupOf(call);
  requireLiving(group);
  group.tags = readTags(jsonBody(call)) ?? group.tags;
  return ok(view(group));
}

const one = '/subscriptions/{}/resourceGroups/{}' as const;
export const groupRoutes: readonly Route[] = [
  route('ResourceGroups_CreateOrUpdate', `PUT ${one}`, put),
  route('ResourceGroups_Get', `GET ${one}`, call => ok(view(groupOf(call)))),
  route('ResourceGroups_CheckExistence', `HEAD ${one}`, call => {
    if (!call.account.groups.has(param(call, 1).toLowerCase())) throw groupNotFound(param(call, 1));
    return noContent;
  }),
  route('ResourceGroups_Update', `PATCH ${one}`, patch),
  route('ResourceGroups_Delete', `DELETE ${one}`, remove),
  route('ResourceGroups_List', 'GET /subscriptions/{}/resourceGroups', list),
];

export const noSuchType = (namespace: string, type: string, version: string): ArmError =>
  new ArmError(
    404,
    'InvalidResourceType',
    `The resource type '${type}' could not be found in the namespace '${namespace}' for api version '${version}'.`,
  );
