/** Public IP addresses. Source: Virtual Network REST API, Public IP Addresses; "Public IP addresses in Azure" (SKUs). */
import { use } from '../account.ts';
import type { World } from '../../../world/world.ts';
import type { Call, Json, Reply } from '../call.ts';
import { badRequest, conflict } from '../errors.ts';
import { nothing, numberAt, objectAt, textAt, wordAt } from '../fields.ts';
import { idOf, leave } from '../ids.ts';
import { readZones } from '../names.ts';
import { under } from '../operations.ts';
import type { DeleteOption, Group, PublicIp, Tags } from '../records.ts';
import type { Route } from '../router.ts';
import {
  allOf,
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
import { requireRoom, take } from './quota.ts';
import { configurationId } from './subnets.ts';

export interface PublicIpRequest {
  sku: PublicIp['sku'];
  allocation: PublicIp['allocation'];
  idleTimeout: number;
  domainLabel: string | undefined;
  deleteOption: DeleteOption;
}

/** `properties` and `sku` lie alike in a resource's body and in a VM's configuration. */
export function readPublicIp(body: Json, id: string): PublicIpRequest {
  const properties = objectAt(body, 'properties') ?? nothing;
  const sku = wordAt(objectAt(body, 'sku') ?? nothing, 'name', ['Basic', 'Standard'], 'sku.') ?? 'Basic';
  const allocation =
    wordAt(properties, 'publicIPAllocationMethod', ['Static', 'Dynamic'], 'properties.') ??
    (sku === 'Standard' ? 'Static' : 'Dynamic');
  if (sku === 'Standard' && allocation === 'Dynamic')
    throw badRequest(
      'StandardSkuPublicIPAddressesMustBeStatic',
      `Standard sku publicIp ${id} must have AllocationMethod set to Static.`,
    );
  const version = wordAt(properties, 'publicIPAddressVersion', ['IPv4', 'IPv6'], 'properties.') ?? 'IPv4';
  if (version !== 'IPv4')
    throw badRequest(
      'PublicIPAddressVersionNotSupported',
      `Public IP address ${id} cannot be of version ${version} here: only of IPv4.`,
    );
  const idleTimeout = numberAt(properties, 'idleTimeoutInMinutes', 'properties.') ?? 4;
  if (idleTimeout < 4 || idleTimeout > 30)
    throw badRequest(
      'InvalidIdleTimeoutInMinutes',
      `The idle timeout ${idleTimeout} of ${id} is not from 4 to 30.`,
    );
  const domainLabel = textAt(
    objectAt(properties, 'dnsSettings', 'properties.') ?? nothing,
    'domainNameLabel',
  );
  if (domainLabel !== undefined && !/^[a-z][a-z0-9-]{1,61}[a-z0-9]$/.test(domainLabel))
    throw badRequest(
      'InvalidDomainNameLabel',
      `The domain name label ${domainLabel} is invalid. It must conform to the following regular expression: ^[a-z][a-z0-9-]{1,61}[a-z0-9]$.`,
    );
  const deleteOption = wordAt(properties, 'deleteOption', ['Delete', 'Detach'], 'properties.') ?? 'Detach';
  return { sku, allocation, idleTimeout, domainLabel, deleteOption };
}

export function makePublicIp(
  call: Call,
  place: { group: Group; name: string; location: string; tags: Tags },
  request: PublicIpRequest,
  zones: readonly string[],
): PublicIp {
  requireRoom(call, place.location, 'PublicIPAddresses', 1);
  const { sku, allocation, idleTimeout, domainLabel, deleteOption } = request;
  const address = allocation === 'Static' ? allocate(call.world) : '';
  take(call, place.location, 'PublicIPAddresses');
  const made: PublicIp = Object.assign(fresh(call, 'publicIPAddresses', place), {
    sku,
    allocation,
    idleTimeout,
    domainLabel,
    deleteOption,
    zones,
    address,
    holder: undefined,
  });
  place.group.resources.publicIPAddresses.set(place.name.toLowerCase(), made);
  return made;
}

export function allocate(world: World): string {
  const address = world.addresses.allocate();
  if (address !== undefined) return address;
  throw badRequest('PublicIPAddressAllocationFailed', 'No public IP address is free in this region.');
}

const view = (ip: PublicIp) => ({
  ...head(ip),
  etag: etagOf(ip),
  ...(ip.zones.length > 0 && { zones: ip.zones }),
  properties: {
    provisioningState: ip.state,
    resourceGuid: ip.guid,
    ...(ip.address !== '' && { ipAddress: ip.address }),
    publicIPAddressVersion: 'IPv4',
    publicIPAllocationMethod: ip.allocation,
    idleTimeoutInMinutes: ip.idleTimeout,
    ...(ip.domainLabel !== undefined && {
      dnsSettings: {
        domainNameLabel: ip.domainLabel,
        fqdn: `${ip.domainLabel}.${ip.location}.cloudapp.azure.com`,
      },
    }),
    ipTags: [],
    ...(ip.deleteOption === 'Delete' && { deleteOption: 'Delete' }),
    ...(ip.holder && { ipConfiguration: { id: configurationId(ip.holder) } }),
  },
  sku: { name: ip.sku, tier: 'Regional' },
});

/** An address that is in use stays as it is; else a dynamic one has none, and a static one is taken at once. */
function changeAllocation(world: World, ip: PublicIp, allocation: PublicIp['allocation']): void {
  if (ip.allocation === allocation) return;
  if (allocation === 'Static' && ip.address === '') ip.address = allocate(world);
  if (allocation === 'Dynamic' && !ip.holder && ip.address !== '') {
    world.addresses.release(ip.address);
    ip.address = '';
  }
  ip.allocation = allocation;
}

function put(call: Call): Reply {
  const order = orderOf(call, 'publicIPAddresses');
  const { existing, group, name, body, location, tags } = order;
  const id = idOf({ group, type: 'publicIPAddresses', name });
  const request = readPublicIp(body, id);
  const zones = readZones(body, location, 'Microsoft.Network/publicIPAddresses');
  if (request.sku === 'Basic' && zones.length > 0)
    throw badRequest(
      'ZonesNotSupportedForBasicSkuPublicIPAddress',
      `Public IP address ${id} of SKU Basic cannot be in availability zones. Use SKU Standard.`,
    );
  const { domainLabel } = request;
  if (domainLabel !== undefined)
    for (const other of allOf(call, 'publicIPAddresses'))
      if (other !== existing && other.location === location && other.domainLabel === domainLabel)
        throw badRequest(
          'DnsRecordInUse',
          `DNS record ${domainLabel}.${location}.cloudapp.azure.com is already used by another public IP.`,
        );
  let made: PublicIp;
  if (existing) {
    requireIdle(call, existing);
    if (existing.sku !== request.sku)
      throw badRequest(
        'PublicIPAddressSkuCannotBeChanged',
        `The SKU of public IP address ${id} cannot be changed from ${existing.sku} to ${request.sku} by an update.`,
      );
    if (zones.join() !== existing.zones.join() && zones.length > 0)
      throw conflict(
        'ResourceAvailabilityZonesCannotBeModified',
        `Resource ${id} has an existing availability zone constraint ${existing.zones.join(',')} and the request has availability zone constraint ${zones.join(',')}, which do not match. Zones cannot be added/updated/removed once the resource is created.`,
      );
    changeAllocation(call.world, existing, request.allocation);
    existing.tags = tags;
    const { idleTimeout, deleteOption } = request;
    Object.assign(existing, { idleTimeout, domainLabel, deleteOption });
    made = existing;
  } else made = makePublicIp(call, { group, name, location, tags }, request, zones);
  const operation = settle(call, made, 'Updating', networkDelay(call));
  return { status: existing ? 200 : 201, headers: under(call, operation, false), body: view(made) };
}

export function dropPublicIp(world: World, ip: PublicIp): void {
  if (!leave(ip)) return;
  if (ip.address !== '') world.addresses.release(ip.address);
  use(ip.group.account, ip.location, 'PublicIPAddresses', -1);
}

export const publicIpRoutes: readonly Route[] = trackedRoutes({
  type: 'publicIPAddresses',
  noun: 'PublicIPAddresses',
  verbs: ['List', 'ListAll', 'UpdateTags'],
  put,
  view,
  remove(call, ip) {
    if (ip.state !== 'Deleting') {
      requireIdle(call, ip);
      if (ip.holder)
        throw badRequest(
          'PublicIPAddressCannotBeDeleted',
          `Public IP address ${idOf(ip)} can not be deleted since it is still allocated to resource ${configurationId(ip.holder)}. In order to delete the public IP, disassociate/detach the Public IP address from the resource. To learn how to do this, see aka.ms/deletepublicip.`,
        );
    }
    return vanish(call, ip, networkDelay(call), () => dropPublicIp(call.world, ip));
  },
});
