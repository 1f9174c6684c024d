/** Network interfaces. Source: Virtual Network REST API, Network Interfaces; "Create, change, or delete a network interface". */
import { formatAddress, parseAddress } from '@cloud-barista/model/cidr';
import type { World } from '../../../world/world.ts';
import { use } from '../account.ts';
import type { Call, Json, Reply } from '../call.ts';
import { badRequest } from '../errors.ts';
import { booleanAt, nothing, objectAt, objectsAt, referenceAt, textAt, wordAt } from '../fields.ts';
import { idOf, leave, resolve, resolveSubnet, subnetId } from '../ids.ts';
import { checkNetworkName } from '../names.ts';
import { under } from '../operations.ts';
import type {
  Group,
  IpConfiguration,
  NetworkInterface,
  PublicIp,
  SecurityGroup,
  Subnet,
  Tags,
  VirtualMachine,
} from '../records.ts';
import type { Route } from '../router.ts';
import {
  badReference,
  etagOf,
  fresh,
  head,
  networkDelay,
  orderOf,
  requireIdle,
  requireSettled,
  settle,
  trackedRoutes,
  vanish,
} from '../tracked.ts';
import { allocate } from './public-ips.ts';
import { take } from './quota.ts';
import { checkAddress, configurationId, freeAddress, releaseAddress } from './subnets.ts';

export interface ConfigurationRequest {
  name: string;
  primary: boolean;
  subnet: Subnet;
  /** Only where it is asked for by number. */
  address: number | undefined;
  allocation: 'Static' | 'Dynamic';
  publicIp: PublicIp | undefined;
}

export function readSubnetReference(call: Call, properties: Json, id: string, location: string): Subnet {
  const reference = referenceAt(properties, 'subnet', 'properties.');
  if (reference === undefined)
    throw badRequest(
      'InvalidRequestFormat',
      `Cannot parse the request: an IP configuration of ${id} has no subnet.`,
    );
  const subnet = resolveSubnet(call.account, reference);
  if (subnet?.vnet.location !== location) throw badReference(reference, id);
  if (subnet.state !== 'Succeeded') requireSettled({ ...subnet.vnet, state: subnet.state }, id);
  return subnet;
}

export function readSecurityGroup(
  call: Call,
  properties: Json,
  id: string,
  location: string,
): SecurityGroup | undefined {
  const reference = referenceAt(properties, 'networkSecurityGroup', 'properties.');
  if (reference === undefined) return undefined;
  const group = resolve(call.account, reference, 'networkSecurityGroups');
  if (group?.location !== location) throw badReference(reference, id);
  if (group.state === 'Deleting') requireSettled(group, id);
  return group;
}

function readConfiguration(
  call: Call,
  body: Json,
  first: boolean,
  id: string,
  location: string,
): ConfigurationRequest {
  const name = textAt(body, 'name') ?? '';
  checkNetworkName(name);
  const properties = objectAt(body, 'properties') ?? nothing;
  const subnet = readSubnetReference(call, properties, id, location);
  const allocation =
    wordAt(properties, 'privateIPAllocationMethod', ['Static', 'Dynamic'], 'properties.') ?? 'Dynamic';
  const shown = textAt(properties, 'privateIPAddress', 'properties.');
  const address = shown === undefined ? undefined : parseAddress(shown);
  if (shown !== undefined && address === undefined)
    throw badRequest(
      'InvalidIPAddressFormat',
      `IP address ${shown.slice(0, 64)} of ${id} is not formatted correctly.`,
    );
  if (allocation === 'Static') {
    if (address === undefined)
      throw badRequest(
        'PrivateIPAddressNotSpecified',
        `A static IP configuration of ${id} has no privateIPAddress.`,
      );
    checkAddress(subnet, address, id);
  }
  const reference = referenceAt(properties, 'publicIPAddress', 'properties.');
  const publicIp =
    reference === undefined ? undefined : resolve(call.account, reference, 'publicIPAddresses');
  if (reference !== undefined) {
    if (publicIp?.location !== location) throw badReference(reference, id);
    requireSettled(publicIp, id);
    const { holder } = publicIp;
    if (holder && idOf(holder.nic) !== id)
      throw badRequest(
        'PublicIPAddressInUse',
        `Resource ${id} is referencing public IP address ${idOf(publicIp)} that is already allocated to resource ${configurationId(holder)}.`,
      );
    const given = objectAt(objectAt(properties, 'publicIPAddress') ?? nothing, 'properties') ?? nothing;
    publicIp.deleteOption = wordAt(given, 'deleteOption', ['Delete', 'Detach']) ?? publicIp.deleteOption;
  }
  return {
    name,
    primary: booleanAt(properties, 'primary', 'properties.') ?? first,
    subnet,
    address: allocation === 'Static' ? address : undefined,
    allocation,
    publicIp,
  };
}

function hold(nic: NetworkInterface, configuration: IpConfiguration): void {
  configuration.subnet.used.set(configuration.address, configuration);
  if (configuration.publicIp) configuration.publicIp.holder = configuration;
  nic.configurations = [...nic.configurations, configuration];
}

function release(nic: NetworkInterface): readonly IpConfiguration[] {
  const old = nic.configurations;
  for (const each of old) {
    releaseAddress(each.subnet, each.address);
    if (each.publicIp) each.publicIp.holder = undefined;
  }
  nic.configurations = [];
  return old;
}

/** Gives the interface these configurations, or leaves it as it was. An address that nobody asks to change stays. */
export function configure(
  world: World,
  nic: NetworkInterface,
  requests: readonly ConfigurationRequest[],
): void {
  const old = release(nic);
  try {
    for (const request of requests) {
      const { subnet } = request;
      const before = old.find(each => each.name === request.name && each.subnet === subnet)?.address;
      const kept = before !== undefined && !subnet.used.has(before) ? before : undefined;
      hold(nic, { ...request, nic, address: request.address ?? kept ?? freeAddress(subnet) });
    }
  } catch (error) {
    release(nic);
    for (const each of old) hold(nic, each);
    throw error;
  }
  for (const { publicIp } of old) if (publicIp && !publicIp.holder) rest(world, publicIp);
}

/** A dynamic address goes when nothing needs it. */
export function rest(world: World, ip: PublicIp): void {
  if (ip.allocation === 'Static' || ip.address === '') return;
  world.addresses.release(ip.address);
  ip.address = '';
}

/** The machine answers at the first public address of its interfaces. */
export function syncMachine(world: World, vm: VirtualMachine): void {
  const { machine } = vm;
  if (!machine) return;
  const off = vm.phase === 'deallocate' || vm.state === 'Deleting';
  let address = '';
  for (const { nic } of vm.nics)
    for (const { publicIp } of nic.configurations) {
      if (!publicIp) continue;
      if (publicIp.address === '' && !off) publicIp.address = allocate(world);
      if (address === '') address = publicIp.address;
    }
  if (address !== machine.publicIp) {
    if (address === '') world.machines.detach(machine);
    else world.machines.attach(machine, address);
  }
  const primary = vm.nics.find(each => each.primary) ?? vm.nics[0];
  const [first] = primary?.nic.configurations ?? [];
  if (first) machine.privateIp = formatAddress(first.address);
}

export function makeInterface(
  call: Call,
  place: { group: Group; name: string; location: string; tags: Tags },
  requests: readonly ConfigurationRequest[],
  nsg: SecurityGroup | undefined,
): NetworkInterface {
  const { account, world } = call;
  take(call, place.location, 'NetworkInterfaces');
  const nic: NetworkInterface = Object.assign(fresh(call, 'networkInterfaces', place), {
    configurations: [],
    nsg,
    vm: undefined,
    primary: true,
    accelerated: false,
    forwarding: false,
    mac: `00-0D-3A-${world.random
      .hex(`${account.cloud.name}/mac`, 6)
      .toUpperCase()
      .replace(/(..)(?=.)/g, '$1-')}`,
  });
  try {
    configure(world, nic, requests);
  } catch (error) {
    use(account, place.location, 'NetworkInterfaces', -1);
    throw error;
  }
  nsg?.nics.add(nic);
  place.group.resources.networkInterfaces.set(place.name.toLowerCase(), nic);
  return nic;
}

export function dropInterface(world: World, nic: NetworkInterface): void {
  if (!leave(nic)) return;
  nic.nsg?.nics.delete(nic);
  for (const { publicIp } of release(nic)) if (publicIp) rest(world, publicIp);
  use(nic.group.account, nic.location, 'NetworkInterfaces', -1);
}

const view = (nic: NetworkInterface) => {
  const id = idOf(nic);
  return {
    ...head(nic),
    etag: etagOf(nic),
    properties: {
      provisioningState: nic.state,
      resourceGuid: nic.guid,
      ipConfigurations: nic.configurations.map(each => ({
        name: each.name,
        id: configurationId(each),
        etag: etagOf(nic),
        type: 'Microsoft.Network/networkInterfaces/ipConfigurations',
        properties: {
          provisioningState: 'Succeeded',
          privateIPAddress: formatAddress(each.address),
          privateIPAllocationMethod: each.allocation,
          ...(each.publicIp && {
            publicIPAddress: {
              id: idOf(each.publicIp),
              ...(each.publicIp.deleteOption === 'Delete' && { properties: { deleteOption: 'Delete' } }),
            },
          }),
          subnet: { id: subnetId(each.subnet) },
          primary: each.primary,
          privateIPAddressVersion: 'IPv4',
        },
      })),
      dnsSettings: {
        dnsServers: [],
        appliedDnsServers: [],
        internalDomainNameSuffix: `${nic.guid.slice(0, 8)}.internal.cloudapp.net`,
      },
      ...(nic.vm && { macAddress: nic.mac }),
      enableAcceleratedNetworking: nic.accelerated,
      enableIPForwarding: nic.forwarding,
      ...(nic.nsg && { networkSecurityGroup: { id: idOf(nic.nsg) } }),
      ...(nic.vm && { primary: nic.primary, virtualMachine: { id: idOf(nic.vm) } }),
      hostedWorkloads: [],
      nicType: 'Standard',
    },
    id,
  };
};

function put(call: Call): Reply {
  const order = orderOf(call, 'networkInterfaces');
  const { existing, group, name, location, tags } = order;
  const id = idOf({ group, type: 'networkInterfaces', name: existing?.name ?? name });
  const properties = objectAt(order.body, 'properties') ?? nothing;
  const bodies = objectsAt(properties, 'ipConfigurations', 'properties.') ?? [];
  if (bodies.length === 0)
    throw badRequest(
      'NetworkInterfaceMustHaveOneIpConfiguration',
      `Network interface ${id} must have at least one IP configuration.`,
    );
  const requests = bodies.map((body, index) => readConfiguration(call, body, index === 0, id, location));
  if (new Set(requests.map(each => each.name.toLowerCase())).size < requests.length)
    throw badRequest('DuplicateResourceName', `Network interface ${id} names an IP configuration twice.`);
  if (requests.filter(each => each.primary).length !== 1)
    throw badRequest(
      'NetworkInterfaceMustHaveOnePrimaryIpConfiguration',
      `Network interface ${id} must have exactly one primary IP configuration.`,
    );
  const nsg = readSecurityGroup(call, properties, id, location);
  let nic: NetworkInterface;
  if (existing) {
    requireIdle(call, existing);
    configure(call.world, existing, requests);
    existing.nsg?.nics.delete(existing);
    existing.nsg = nsg;
    nsg?.nics.add(existing);
    existing.tags = tags;
    if (existing.vm) syncMachine(call.world, existing.vm);
    nic = existing;
  } else nic = makeInterface(call, { group, name, location, tags }, requests, nsg);
  nic.accelerated = booleanAt(properties, 'enableAcceleratedNetworking') ?? false;
  nic.forwarding = booleanAt(properties, 'enableIPForwarding') ?? false;
  // Interfaces are there at once; the operation only settles what hosts know of them.
  const operation = settle(call, nic, 'Updating', networkDelay(call));
  nic.state = 'Succeeded';
  return { status: existing ? 200 : 201, headers: under(call, operation, false), body: view(nic) };
}

export const interfaceRoutes: readonly Route[] = trackedRoutes({
  type: 'networkInterfaces',
  noun: 'NetworkInterfaces',
  verbs: ['List', 'ListAll', 'UpdateTags'],
  put,
  view,
  remove(call, nic) {
    if (nic.state !== 'Deleting') {
      if (nic.vm)
        throw badRequest(
          'NicInUse',
          `Network Interface ${idOf(nic)} is used by existing resource ${idOf(nic.vm)}. In order to delete the network interface, it must be dissociated from the resource. To learn more, see aka.ms/deletenic.`,
        );
      requireIdle(call, nic);
    }
    return vanish(call, nic, networkDelay(call), () => dropInterface(call.world, nic));
  },
});
