/** /v2.0/networks. Source: Networking API v2.0, "Networks". */
import type { SiteCall } from '../call.ts';
import { created, noContent, type Reply } from '../reply.ts';
import { forbidden, invalidInput, neutronError } from '../errors.ts';
import { checkNeutronQuota } from '../quotas.ts';
import type { Network } from '../records.ts';
import { route, type SiteRoute } from '../router.ts';
import { newResource, touch, type Site } from '../site.ts';
import { seconds } from '../text.ts';
import * as fields from './fields.ts';
import { list, show, type View } from './list.ts';
import { deletePort } from './port-records.ts';
import { removeSubnet } from './subnet-records.ts';

const readers = {
  ...fields.common,
  admin_state_up: fields.flag,
  shared: fields.flag,
  'router:external': fields.flag,
  port_security_enabled: fields.flag,
  mtu: fields.integer(68, 9000),
  availability_zone_hints: fields.list(fields.name),
  is_default: fields.flag,
  'provider:network_type': fields.text(32),
  'provider:physical_network': fields.nullable(fields.text(64)),
  'provider:segmentation_id': fields.nullable(fields.integer(0, 2 ** 24)),
  vlan_transparent: fields.nullable(fields.flag),
};

export function findNetwork(site: Site, id: string): Network {
  const network = site.networks.get(id);
  if (!network) throw neutronError(404, 'NetworkNotFound', `Network ${id} could not be found.`);
  return network;
}

/** The external network is the cloud's, not the project's. */
const ownNetwork = (site: Site, id: string): Network => {
  const network = findNetwork(site, id);
  if (network === site.external)
    throw forbidden("rule:update_network is disallowed by policy: the network is the provider's");
  return network;
};

/** `provider:…` is for operators, which the Twin's user is one of. */
export function networkView(site: Site, network: Network): View {
  const project = network === site.external ? '' : site.projectId;
  return {
    id: network.id,
    name: network.name,
    tenant_id: project,
    project_id: project,
    admin_state_up: network.adminUp,
    mtu: network.mtu,
    status: 'ACTIVE',
    subnets: network.subnets.map(subnet => subnet.id),
    shared: network.shared,
    availability_zone_hints: [],
    availability_zones: network.subnets.length > 0 ? [site.zone] : [],
    ipv4_address_scope: null,
    ipv6_address_scope: null,
    'router:external': network.external,
    ...(network.external && { is_default: true }),
    description: network.description,
    port_security_enabled: network.portSecurity,
    tags: network.tags,
    created_at: seconds(network.createdAt),
    updated_at: seconds(network.updatedAt),
    revision_number: network.revision,
    'provider:network_type': network.external ? 'flat' : 'vxlan',
    'provider:physical_network': network.external ? 'public' : null,
    'provider:segmentation_id': network.external ? null : network.segment,
  };
}

function makeNetwork(call: SiteCall, item: Record<string, unknown>): Network {
  const { site, world } = call;
  const given = fields.read(readers, item);
  fields.ownProject(call, given);
  if (given['router:external'] === true)
    throw invalidInput('this cloud has one external network, public, and no other physical network.');
  checkNeutronQuota(call.account, 'network', site.networks.size - 1);
  const resource = newResource(site, world.now(), 'network');
  const network: Network = {
    ...resource,
    name: given.name ?? '',
    description: given.description ?? '',
    revision: 1,
    adminUp: given.admin_state_up ?? true,
    shared: given.shared ?? false,
    external: false,
    mtu: given.mtu ?? 1450,
    portSecurity: given.port_security_enabled ?? true,
    segment: 1 + (resource.n % 65_535),
    subnets: [],
    ports: new Set(),
    dhcp: undefined,
  };
  site.networks.set(network.id, network);
  return network;
}

function create(call: SiteCall): Reply {
  const { items, bulk } = fields.inputs(call, 'network', 'networks');
  const made: Network[] = [];
  try {
    for (const item of items) made.push(makeNetwork(call, item));
  } catch (error) {
    for (const network of made) call.site.networks.delete(network.id);
    throw error;
  }
  // Only here it is told of networks that lead nowhere, too.
  const views = made.map(network => ({ ...networkView(call.site, network), is_default: false }));
  return created(bulk ? { networks: views } : { network: views[0] });
}

function update(call: SiteCall): Reply {
  const network = ownNetwork(call.site, call.id);
  const given = fields.read(readers, fields.input(call, 'network'));
  network.name = given.name ?? network.name;
  network.description = given.description ?? network.description;
  network.adminUp = given.admin_state_up ?? network.adminUp;
  network.shared = given.shared ?? network.shared;
  network.mtu = given.mtu ?? network.mtu;
  network.portSecurity = given.port_security_enabled ?? network.portSecurity;
  touch(call.world, network);
  return show(call, 'network', networkView(call.site, network));
}

/** Takes its subnets and the DHCP agent's port along; any other port is in the way. */
function remove(call: SiteCall): Reply {
  const { site, world } = call;
  const network = ownNetwork(site, call.id);
  const held = [...network.ports].filter(port => port !== network.dhcp).map(port => port.id);
  if (held.length > 0)
    throw neutronError(
      409,
      'NetworkInUse',
      `Unable to complete operation on network ${network.id}. There are one or more ports still in use on the network, id for these ports is: ${held.join(',')}.`,
    );
  if (network.dhcp) deletePort(world, site, network.dhcp);
  for (const subnet of network.subnets.toReversed()) removeSubnet(site, subnet);
  site.networks.delete(network.id);
  return noContent;
}

export const networkRoutes: readonly SiteRoute[] = [
  route('GET /networks', call =>
    list(call, {
      plural: 'networks',
      records: call.site.networks.values(),
      view: network => networkView(call.site, network),
      attributes: Object.keys(networkView(call.site, call.site.external)),
      find: id => findNetwork(call.site, id),
      quick: { 'router:external': network => network.external, shared: network => network.shared },
    }),
  ),
  route('POST /networks', create),
  route('GET /networks/{}', call =>
    show(call, 'network', networkView(call.site, findNetwork(call.site, call.id))),
  ),
  route('PUT /networks/{}', update),
  route('DELETE /networks/{}', remove),
];
