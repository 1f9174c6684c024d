/** Making, changing and removing ports, for whoever asks: the project, Nova, a router, the DHCP agent. */
import { formatAddress } from '@cloud-barista/model/cidr';
import type { World } from '../../../world/world.ts';
import { neutronError } from '../errors.ts';
import type { FixedIp, FloatingIp, Network, Port, SecurityGroup, Subnet } from '../records.ts';
import { newResource, touch, type Site } from '../site.ts';
import { exhausted, give, inSubnet, takeNext, takeThis } from './addresses.ts';

export interface FixedIpRequest {
  subnet: Subnet | undefined;
  address: number | undefined;
}

export interface PortRequest {
  network: Network;
  /** Undefined: one address of the first subnet that has any. Empty: none. */
  fixedIps?: readonly FixedIpRequest[] | undefined;
  groups: readonly SecurityGroup[];
  deviceId?: string;
  deviceOwner?: string;
  auto: boolean;
  name?: string;
  description?: string;
  mac?: string | undefined;
  adminUp?: boolean;
  portSecurity?: boolean;
}

const none: readonly never[] = [];

export function setGroups(port: Port, groups: readonly SecurityGroup[]): void {
  for (const group of port.groups) group.users--;
  port.groups = groups;
  for (const group of groups) group.users++;
}

/** All or nothing: what was taken before the one that can't be had is given back. */
export function takeAddresses(
  world: World,
  network: Network,
  wanted: readonly FixedIpRequest[] | undefined,
): FixedIp[] {
  const taken: FixedIp[] = [];
  try {
    if (wanted === undefined) {
      if (network.subnets.length === 0) return taken;
      for (const subnet of network.subnets) {
        const address = takeNext(world, subnet);
        if (address !== undefined) return [{ subnet, address }];
      }
      throw exhausted(network);
    }
    for (const { subnet, address } of wanted) {
      if (address === undefined) {
        const from = subnet ?? network.subnets[0];
        const next = from && takeNext(world, from);
        if (!from || next === undefined) throw exhausted(network);
        taken.push({ subnet: from, address: next });
        continue;
      }
      const from = subnet ?? network.subnets.find(each => inSubnet(each, address));
      if (!from)
        throw neutronError(
          400,
          'InvalidIpForNetwork',
          `IP address ${formatAddress(address)} is not a valid IP for any of the subnets on the specified network.`,
        );
      takeThis(from, address);
      taken.push({ subnet: from, address });
    }
    return taken;
  } catch (error) {
    for (const ip of taken) give(world, ip);
    throw error;
  }
}

export function makePort(world: World, site: Site, request: PortRequest): Port {
  const { network } = request;
  const fixedIps = takeAddresses(world, network, request.fixedIps);
  const port: Port = {
    ...newResource(site, world.now(), 'port'),
    name: request.name ?? '',
    description: request.description ?? '',
    revision: 1,
    network,
    mac: request.mac,
    fixedIps,
    deviceId: request.deviceId ?? '',
    deviceOwner: request.deviceOwner ?? '',
    server: undefined,
    groups: none,
    adminUp: request.adminUp ?? true,
    portSecurity: request.portSecurity ?? network.portSecurity,
    auto: request.auto,
    floatingIps: none,
    pairs: none,
  };
  setGroups(port, request.groups);
  site.ports.set(port.id, port);
  network.ports.add(port);
  return port;
}

/** Its floating IPs stay, free again. */
export function deletePort(world: World, site: Site, port: Port): void {
  for (const ip of port.floatingIps) {
    ip.port = undefined;
    ip.router = undefined;
    touch(world, ip);
  }
  const { server } = port;
  if (server) {
    server.ports = server.ports.filter(each => each !== port);
    port.floatingIps = none;
    syncPublicIp(world, port);
  }
  setGroups(port, none);
  for (const ip of port.fixedIps) give(world, ip);
  site.ports.delete(port.id);
  port.network.ports.delete(port);
  if (port.network.dhcp === port) port.network.dhcp = undefined;
}

export function linkFloatingIp(world: World, ip: FloatingIp, port: Port): void {
  ip.port = port;
  port.floatingIps = [...port.floatingIps, ip];
  syncPublicIp(world, port);
}

export function unlinkFloatingIp(world: World, ip: FloatingIp): void {
  const { port } = ip;
  if (!port) return;
  port.floatingIps = port.floatingIps.filter(each => each !== ip);
  ip.port = undefined;
  ip.router = undefined;
  syncPublicIp(world, port);
}

/** A machine answers at one address: the first floating IP of its ports. */
export function syncPublicIp(world: World, { server }: Pick<Port, 'server'>): void {
  const machine = server?.machine;
  if (!server || !machine) return;
  let wanted = '';
  for (const port of server.ports) {
    const [ip] = port.floatingIps;
    if (ip) {
      wanted = ip.address;
      break;
    }
  }
  if (machine.publicIp === wanted) return;
  if (wanted === '') world.machines.detach(machine);
  else world.machines.attach(machine, wanted);
}

/** The DHCP agent has one port a network, with an address of each subnet that it serves. */
export function joinDhcp(world: World, site: Site, subnet: Subnet): void {
  const { network } = subnet;
  const address = takeNext(world, subnet);
  if (address === undefined) return;
  network.dhcp ??= makePort(world, site, {
    network,
    fixedIps: [],
    groups: none,
    deviceId: `dhcp${site.projectId.slice(0, 8)}-${network.id}`,
    deviceOwner: 'network:dhcp',
    auto: true,
    portSecurity: false,
  });
  network.dhcp.fixedIps = [...network.dhcp.fixedIps, { subnet, address }];
}

export function leaveDhcp(world: World, site: Site, subnet: Subnet): void {
  const { dhcp } = subnet.network;
  if (!dhcp) return;
  for (const ip of dhcp.fixedIps) if (ip.subnet === subnet) give(world, ip);
  dhcp.fixedIps = dhcp.fixedIps.filter(ip => ip.subnet !== subnet);
  if (dhcp.fixedIps.length === 0) deletePort(world, site, dhcp);
}
