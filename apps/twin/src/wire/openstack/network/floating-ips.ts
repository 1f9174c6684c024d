/** /v2.0/floatingips. Source: Networking API v2.0, "Floating IPs". */
import { formatAddress } from '@cloud-barista/model/cidr';
import type { SiteCall } from '../call.ts';
import { created, noContent, type Reply } from '../reply.ts';
import { badResource, neutronError } from '../errors.ts';
import { checkNeutronQuota } from '../quotas.ts';
import type { FixedIp, FloatingIp, Port, Router } from '../records.ts';
import { route, type SiteRoute } from '../router.ts';
import { newResource, touch, type Site } from '../site.ts';
import { seconds } from '../text.ts';
import * as fields from './fields.ts';
import { list, show, type View } from './list.ts';
import { findNetwork } from './networks.ts';
import { linkFloatingIp, unlinkFloatingIp } from './port-records.ts';
import { findPort, macAddress, portStatus } from './ports.ts';

const readers = {
  description: fields.description,
  tenant_id: fields.text(255),
  project_id: fields.text(255),
  floating_network_id: fields.uuid,
  floating_ip_address: fields.address,
  subnet_id: fields.nullable(fields.uuid),
  port_id: fields.nullable(fields.uuid),
  fixed_ip_address: fields.nullable(fields.address),
};

export function findFloatingIp(site: Site, id: string): FloatingIp {
  const ip = site.floatingIps.get(id);
  if (!ip) throw neutronError(404, 'FloatingIPNotFound', `Floating IP ${id} could not be found`);
  return ip;
}

const statusOf = ({ port }: FloatingIp): 'ACTIVE' | 'DOWN' => (port ? 'ACTIVE' : 'DOWN');

export function floatingIpView(site: Site, ip: FloatingIp, status = statusOf(ip)): View {
  const { port } = ip;
  return {
    id: ip.id,
    tenant_id: site.projectId,
    project_id: site.projectId,
    floating_ip_address: ip.address,
    floating_network_id: ip.network.id,
    router_id: ip.router?.id ?? null,
    port_id: port?.id ?? null,
    fixed_ip_address: port ? formatAddress(ip.fixedIp) : null,
    status,
    description: ip.description,
    port_details: port
      ? {
          name: port.name,
          network_id: port.network.id,
          mac_address: macAddress(port),
          admin_state_up: port.adminUp,
          status: portStatus(port),
          device_id: port.deviceId,
          device_owner: port.deviceOwner,
        }
      : null,
    tags: ip.tags,
    created_at: seconds(ip.createdAt),
    updated_at: seconds(ip.updatedAt),
    revision_number: ip.revision,
  };
}

/** The router between the port's subnet and the external network. */
function routerFor(site: Site, ip: FloatingIp, fixed: FixedIp, port: Port): Router {
  for (const router of site.routers.values()) {
    if (router.gateway?.network !== ip.network) continue;
    for (const leg of router.interfaces)
      if (leg.fixedIps.some(each => each.subnet === fixed.subnet)) return router;
  }
  throw neutronError(
    404,
    'ExternalGatewayForFloatingIPNotFound',
    `External network ${ip.network.id} is not reachable from subnet ${fixed.subnet.id}.  Therefore, cannot associate Port ${port.id} with a Floating IP.`,
  );
}

function associate(call: SiteCall, ip: FloatingIp, portId: string, wanted: number | null | undefined): void {
  const { site, world } = call;
  const port = findPort(site, portId);
  const [first, ...others] = port.fixedIps;
  if (!first)
    throw badResource(
      `Bad floatingip request: Cannot add floating IP to port ${port.id} that has no fixed IPv4 addresses.`,
    );
  const chosen =
    wanted === undefined || wanted === null ? undefined : port.fixedIps.find(each => each.address === wanted);
  if (wanted !== undefined && wanted !== null && !chosen)
    throw badResource(
      `Bad floatingip request: Port ${port.id} does not have fixed ip ${formatAddress(wanted)}.`,
    );
  if (!chosen && others.length > 0)
    throw badResource(
      `Bad floatingip request: Port ${port.id} has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address when assigning a floating IP.`,
    );
  const fixed = chosen ?? first;
  const taken = port.floatingIps.find(each => each !== ip && each.fixedIp === fixed.address);
  if (taken)
    throw neutronError(
      409,
      'FloatingIPPortAlreadyAssociated',
      `Cannot associate floating IP ${ip.address} (${ip.id}) with port ${port.id} using fixed IP ${formatAddress(fixed.address)}, as that fixed IP already has a floating IP on external network ${ip.network.id}.`,
    );
  const router = routerFor(site, ip, fixed, port);
  unlinkFloatingIp(world, ip);
  ip.fixedIp = fixed.address;
  ip.router = router;
  linkFloatingIp(world, ip, port);
}

function create(call: SiteCall): Reply {
  const { site, world } = call;
  const given = fields.read(readers, fields.input(call, 'floatingip'));
  fields.ownProject(call, given);
  const network = findNetwork(site, fields.required(given.floating_network_id, 'floating_network_id'));
  if (!network.external)
    throw badResource(`Bad floatingip request: Network ${network.id} is not a valid external network.`);
  if (given.floating_ip_address !== undefined)
    throw neutronError(
      403,
      'PolicyNotAuthorized',
      '(rule:create_floatingip and rule:create_floatingip:floating_ip_address) is disallowed by policy',
    );
  checkNeutronQuota(call.account, 'floatingip', site.floatingIps.size);
  const address = world.addresses.allocate();
  if (address === undefined)
    throw neutronError(
      409,
      'IpAddressGenerationFailure',
      `No more IP addresses available on network ${network.id}.`,
    );
  const ip: FloatingIp = {
    ...newResource(site, world.now(), 'floatingip'),
    name: address,
    description: given.description ?? '',
    address,
    network,
    port: undefined,
    fixedIp: 0,
    router: undefined,
  };
  try {
    if (given.port_id) associate(call, ip, given.port_id, given.fixed_ip_address);
  } catch (error) {
    world.addresses.release(address);
    throw error;
  }
  site.floatingIps.set(ip.id, ip);
  // The agent comes to it after the answer.
  return created({ floatingip: floatingIpView(site, ip, 'DOWN') });
}

function update(call: SiteCall): Reply {
  const { site, world } = call;
  const ip = findFloatingIp(site, call.id);
  const before = statusOf(ip);
  const given = fields.read(readers, fields.input(call, 'floatingip'));
  if (given.port_id) associate(call, ip, given.port_id, given.fixed_ip_address);
  // Neutron takes an update without a port for "no port any more" only where the port is named as null.
  else if (given.port_id === null) unlinkFloatingIp(world, ip);
  ip.description = given.description ?? ip.description;
  touch(world, ip);
  return show(call, 'floatingip', floatingIpView(site, ip, before));
}

export function removeFloatingIp(call: Pick<SiteCall, 'world' | 'site'>, ip: FloatingIp): void {
  unlinkFloatingIp(call.world, ip);
  call.world.addresses.release(ip.address);
  call.site.floatingIps.delete(ip.id);
}

function remove(call: SiteCall): Reply {
  removeFloatingIp(call, findFloatingIp(call.site, call.id));
  return noContent;
}

/** Whoever asks for one port's gets them without a walk through all. */
function candidates({ site, query }: SiteCall): Iterable<FloatingIp> {
  const ports = query.getAll('port_id');
  if (ports.length === 0) return site.floatingIps.values();
  return ports.flatMap(id => site.ports.get(id)?.floatingIps ?? []);
}

const shown =
  'id tenant_id project_id floating_ip_address floating_network_id router_id port_id fixed_ip_address status description port_details tags created_at updated_at revision_number'.split(
    ' ',
  );

export const floatingIpRoutes: readonly SiteRoute[] = [
  route('GET /floatingips', call =>
    list(call, {
      plural: 'floatingips',
      records: candidates(call),
      view: ip => floatingIpView(call.site, ip),
      attributes: shown,
      find: id => findFloatingIp(call.site, id),
      quick: {
        floating_ip_address: ip => ip.address,
        port_id: ip => ip.port?.id,
        floating_network_id: ip => ip.network.id,
      },
    }),
  ),
  route('POST /floatingips', create),
  route('GET /floatingips/{}', call =>
    show(call, 'floatingip', floatingIpView(call.site, findFloatingIp(call.site, call.id))),
  ),
  route('PUT /floatingips/{}', update),
  route('DELETE /floatingips/{}', remove),
];
