/** /v2.0/ports. Source: Networking API v2.0, "Ports". */
import { formatAddress } from '@cloud-barista/model/cidr';
import type { SiteCall } from '../call.ts';
import { created, noContent, type Reply } from '../reply.ts';
import { badRequest, forbidden, invalidInput, neutronError } from '../errors.ts';
import { checkNeutronQuota } from '../quotas.ts';
import type { Network, Port, SecurityGroup } from '../records.ts';
import { route, type SiteRoute } from '../router.ts';
import { touch, type Site } from '../site.ts';
import { macOf, seconds } from '../text.ts';
import { give } from './addresses.ts';
import * as fields from './fields.ts';
import { list, show, type View } from './list.ts';
import { findNetwork } from './networks.ts';
import {
  deletePort,
  makePort,
  setGroups,
  takeAddresses,
  unlinkFloatingIp,
  type FixedIpRequest,
} from './port-records.ts';
import { findGroup } from './security-groups.ts';
import { findSubnet } from './subnets.ts';

const mac: fields.Reader<string> = (value, field) => {
  if (typeof value !== 'string' || !/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value))
    throw fields.invalid(field, `'${String(value)}' is not a valid MAC address`);
  return value.toLowerCase();
};

const readers = {
  ...fields.common,
  network_id: fields.uuid,
  admin_state_up: fields.flag,
  mac_address: mac,
  fixed_ips: fields.list(fields.object),
  device_id: fields.text(255),
  device_owner: fields.text(255),
  security_groups: fields.nullable(fields.list(fields.uuid)),
  port_security_enabled: fields.flag,
  allowed_address_pairs: fields.list(fields.object),
  extra_dhcp_opts: fields.nullable(fields.list(fields.object)),
  'binding:vnic_type': fields.text(64),
  'binding:host_id': fields.nullable(fields.text(255)),
  'binding:profile': fields.nullable(fields.object),
};

export function findPort(site: Site, id: string): Port {
  const port = site.ports.get(id);
  if (!port) throw neutronError(404, 'PortNotFound', `Port ${id} could not be found.`);
  return port;
}

const routerOwned = (site: Site, port: Port): boolean => {
  const router = site.routers.get(port.deviceId);
  return router !== undefined && (router.gateway === port || router.interfaces.has(port));
};

export function portStatus(port: Port): 'ACTIVE' | 'DOWN' {
  if (!port.adminUp) return 'DOWN';
  const state = port.server?.machine?.state;
  if (port.server) return state === 'running' || state === 'rebooting' ? 'ACTIVE' : 'DOWN';
  return port.deviceOwner.startsWith('network:') ? 'ACTIVE' : 'DOWN';
}

export const macAddress = (port: Port): string => port.mac ?? macOf(port.id);

export function portView(site: Site, port: Port): View {
  const bound = port.server !== undefined || port.deviceOwner.startsWith('network:');
  // A router's gateway port is the router's, not the project's.
  const project = port.network === site.external ? '' : site.projectId;
  return {
    id: port.id,
    name: port.name,
    network_id: port.network.id,
    tenant_id: project,
    project_id: project,
    mac_address: macAddress(port),
    admin_state_up: port.adminUp,
    status: portStatus(port),
    device_id: port.deviceId,
    device_owner: port.deviceOwner,
    fixed_ips: port.fixedIps.map(ip => ({ subnet_id: ip.subnet.id, ip_address: formatAddress(ip.address) })),
    allowed_address_pairs: port.pairs,
    extra_dhcp_opts: [],
    security_groups: port.groups.map(group => group.id),
    description: port.description,
    port_security_enabled: port.portSecurity,
    tags: port.tags,
    created_at: seconds(port.createdAt),
    updated_at: seconds(port.updatedAt),
    revision_number: port.revision,
    'binding:vnic_type': 'normal',
    // The rest of the binding is for operators alone.
    'binding:host_id': bound ? 'compute-1' : '',
    'binding:vif_type': bound ? 'ovs' : 'unbound',
    'binding:vif_details': bound ? { port_filter: true } : {},
    'binding:profile': {},
  };
}

export function readFixedIps(
  site: Site,
  network: Network,
  given: readonly Record<string, unknown>[],
): FixedIpRequest[] {
  return given.map(item => {
    const { subnet_id: subnetId, ip_address: address } = item;
    const subnet = subnetId === undefined ? undefined : findSubnet(site, fields.uuid(subnetId, 'fixed_ips'));
    if (subnet && subnet.network !== network)
      throw invalidInput(
        `Failed to create port on network ${network.id}, because fixed_ips included invalid subnet ${subnet.id}.`,
      );
    if (subnet === undefined && address === undefined)
      throw invalidInput('IP allocation requires subnet_id or ip_address.');
    return { subnet, address: address === undefined ? undefined : fields.address(address, 'fixed_ips') };
  });
}

function groupsOf(
  site: Site,
  ids: readonly string[] | null | undefined,
  secured: boolean,
): readonly SecurityGroup[] {
  if (!secured) {
    if (ids && ids.length > 0)
      throw neutronError(
        409,
        'PortSecurityAndIPRequiredForSecurityGroups',
        'Port security must be enabled and port must have an IP address in order to use security groups.',
      );
    return [];
  }
  if (ids === undefined || ids === null) return [site.defaultGroup];
  return [...new Set(ids)].map(id => findGroup(site, id));
}

function newPort(call: SiteCall, item: Record<string, unknown>): Port {
  const { site, world } = call;
  const given = fields.read(readers, item);
  fields.ownProject(call, given);
  const network = findNetwork(site, fields.required(given.network_id, 'network_id'));
  if (network === site.external)
    throw forbidden("rule:create_port is disallowed by policy: the network is the provider's");
  if (given.mac_address !== undefined)
    for (const port of network.ports)
      if (macAddress(port) === given.mac_address)
        throw neutronError(
          409,
          'MacAddressInUse',
          `Unable to complete operation for network ${network.id}. The mac address ${given.mac_address} is in use.`,
        );
  const secured = given.port_security_enabled ?? network.portSecurity;
  const groups = groupsOf(site, given.security_groups, secured);
  checkNeutronQuota(call.account, 'port', site.ports.size);
  const port = makePort(world, site, {
    network,
    fixedIps: given.fixed_ips && readFixedIps(site, network, given.fixed_ips),
    groups,
    deviceId: given.device_id ?? '',
    deviceOwner: given.device_owner ?? '',
    auto: false,
    name: given.name ?? '',
    description: given.description ?? '',
    mac: given.mac_address,
    adminUp: given.admin_state_up ?? true,
    portSecurity: secured,
  });
  port.pairs = given.allowed_address_pairs ?? [];
  return port;
}

function create(call: SiteCall): Reply {
  const { items, bulk } = fields.inputs(call, 'port', 'ports');
  const made: Port[] = [];
  try {
    for (const item of items) made.push(newPort(call, item));
  } catch (error) {
    for (const port of made) deletePort(call.world, call.site, port);
    throw error;
  }
  const views = made.map(port => portView(call.site, port));
  return created(bulk ? { ports: views } : { port: views[0] });
}

function update(call: SiteCall): Reply {
  const { site, world } = call;
  const port = findPort(site, call.id);
  const item = fields.input(call, 'port');
  for (const fixed of ['network_id', 'tenant_id', 'project_id'])
    if (fixed in item) throw badRequest(`Cannot update read-only attribute ${fixed}`);
  const given = fields.read(readers, item);
  const secured = given.port_security_enabled ?? port.portSecurity;
  let groups: readonly SecurityGroup[] | undefined;
  if (given.security_groups !== undefined) groups = groupsOf(site, given.security_groups ?? [], secured);
  else if (!secured && port.groups.length > 0)
    throw neutronError(
      409,
      'PortSecurityPortHasSecurityGroup',
      'Port has security group associated. Cannot disable port security or IP address until security group is removed.',
    );
  if (given.fixed_ips) {
    if (routerOwned(site, port)) throw invalidInput(`port ${port.id} belongs to a router.`);
    // Addresses that stay are asked for again: they are put back first, and taken again where the others can't be had.
    const before = port.fixedIps;
    const wanted = readFixedIps(site, port.network, given.fixed_ips);
    for (const ip of before) give(world, ip);
    try {
      port.fixedIps = takeAddresses(world, port.network, wanted);
    } catch (error) {
      for (const ip of before) ip.subnet.used.add(ip.address);
      throw error;
    }
    for (const ip of port.floatingIps)
      if (!port.fixedIps.some(fixed => fixed.address === ip.fixedIp)) unlinkFloatingIp(world, ip);
  }
  if (groups) setGroups(port, groups);
  port.portSecurity = secured;
  port.name = given.name ?? port.name;
  port.description = given.description ?? port.description;
  port.adminUp = given.admin_state_up ?? port.adminUp;
  port.pairs = given.allowed_address_pairs ?? port.pairs;
  if (!port.server && !routerOwned(site, port)) {
    port.deviceId = given.device_id ?? port.deviceId;
    port.deviceOwner = given.device_owner ?? port.deviceOwner;
  }
  touch(world, port);
  return show(call, 'port', portView(site, port));
}

function remove(call: SiteCall): Reply {
  const port = findPort(call.site, call.id);
  if (routerOwned(call.site, port))
    throw neutronError(
      409,
      'ServicePortInUse',
      `Port ${port.id} cannot be deleted directly via the port API: has device owner ${port.deviceOwner}.`,
    );
  deletePort(call.world, call.site, port);
  return noContent;
}

/** Ports are as many as servers: whoever asks for one device's gets them without a walk through all. */
function candidates({ site, query }: SiteCall): Iterable<Port> {
  const id = query.getAll('id');
  if (id.length > 0) return id.flatMap(each => site.ports.get(each) ?? []);
  const [device, ...others] = query.getAll('device_id');
  const server = device === undefined || others.length > 0 ? undefined : site.servers.get(device);
  if (server) return server.ports;
  const [network, ...more] = query.getAll('network_id');
  return (more.length === 0 && site.networks.get(network ?? '')?.ports) || site.ports.values();
}

const shown =
  'id name network_id tenant_id project_id mac_address admin_state_up status device_id device_owner fixed_ips allowed_address_pairs extra_dhcp_opts security_groups description port_security_enabled tags created_at updated_at revision_number binding:vnic_type binding:host_id binding:vif_type binding:vif_details binding:profile'.split(
    ' ',
  );

export const portRoutes: readonly SiteRoute[] = [
  route('GET /ports', call =>
    list(call, {
      plural: 'ports',
      records: candidates(call),
      view: port => portView(call.site, port),
      attributes: shown,
      find: id => findPort(call.site, id),
      quick: {
        device_id: port => port.deviceId,
        device_owner: port => port.deviceOwner,
        network_id: port => port.network.id,
      },
    }),
  ),
  route('POST /ports', create),
  route('GET /ports/{}', call => show(call, 'port', portView(call.site, findPort(call.site, call.id)))),
  route('PUT /ports/{}', update),
  route('DELETE /ports/{}', remove),
];
