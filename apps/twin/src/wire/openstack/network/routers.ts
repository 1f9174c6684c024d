/** /v2.0/routers and their interfaces. Source: Networking API v2.0, "Routers". */
import { formatAddress, formatCidr, overlaps } from '@cloud-barista/model/cidr';
import { jsonBody, type SiteCall } from '../call.ts';
import { created, noContent, ok, type Reply } from '../reply.ts';
import { badResource, neutronError } from '../errors.ts';
import { checkNeutronQuota } from '../quotas.ts';
import type { Port, Router, Subnet } from '../records.ts';
import { route, type SiteRoute } from '../router.ts';
import { newResource, touch, type Site } from '../site.ts';
import { seconds } from '../text.ts';
import * as fields from './fields.ts';
import { list, show, type View } from './list.ts';
import { findNetwork } from './networks.ts';
import { deletePort, makePort } from './port-records.ts';
import { findPort } from './ports.ts';
import { findSubnet, hostRoutes } from './subnets.ts';

const readers = {
  ...fields.common,
  admin_state_up: fields.flag,
  external_gateway_info: fields.nullable(fields.object),
  routes: fields.nullable(hostRoutes),
  distributed: fields.nullable(fields.flag),
  ha: fields.nullable(fields.flag),
  availability_zone_hints: fields.list(fields.name),
  flavor_id: fields.nullable(fields.uuid),
};
const gatewayReaders = {
  network_id: fields.uuid,
  enable_snat: fields.flag,
  external_fixed_ips: fields.list(fields.object),
  qos_policy_id: fields.nullable(fields.uuid),
};

export function findRouter(site: Site, id: string): Router {
  const router = site.routers.get(id);
  if (!router) throw neutronError(404, 'RouterNotFound', `Router ${id} could not be found`);
  return router;
}

export function routerView(site: Site, router: Router): View {
  return {
    id: router.id,
    name: router.name,
    tenant_id: site.projectId,
    project_id: site.projectId,
    admin_state_up: router.adminUp,
    status: 'ACTIVE',
    external_gateway_info: router.gateway
      ? {
          network_id: router.gateway.network.id,
          enable_snat: router.enableSnat,
          external_fixed_ips: router.gateway.fixedIps.map(ip => ({
            subnet_id: ip.subnet.id,
            ip_address: formatAddress(ip.address),
          })),
        }
      : null,
    description: router.description,
    // Its agent is chosen when there is something to route.
    availability_zones: router.interfaces.size > 0 ? [site.zone] : [],
    availability_zone_hints: [],
    // For operators alone.
    distributed: false,
    ha: false,
    routes: router.routes,
    flavor_id: null,
    tags: router.tags,
    created_at: seconds(router.createdAt),
    updated_at: seconds(router.updatedAt),
    revision_number: router.revision,
  };
}

/** A floating IP reaches its port by this router. */
const serves = (site: Site, router: Router): boolean =>
  [...site.floatingIps.values()].some(ip => ip.router === router);

function setGateway(call: SiteCall, router: Router, given: Record<string, unknown> | null): void {
  const { site, world } = call;
  const info = given && Object.keys(given).length > 0 ? fields.read(gatewayReaders, given) : undefined;
  if (!info) {
    if (!router.gateway) return;
    if (serves(site, router))
      throw neutronError(
        409,
        'RouterExternalGatewayInUseByFloatingIp',
        `Gateway cannot be updated for router ${router.id}, since a gateway to external network ${router.gateway.network.id} is required by one or more floating IPs.`,
      );
    deletePort(world, site, router.gateway);
    router.gateway = undefined;
    return;
  }
  const network = findNetwork(site, fields.required(info.network_id, 'network_id'));
  if (!network.external)
    throw badResource(`Bad router request: Network ${network.id} is not an external network.`);
  router.enableSnat = info.enable_snat ?? router.enableSnat;
  if (router.gateway) return;
  router.gateway = makePort(world, site, {
    network,
    groups: [],
    deviceId: router.id,
    deviceOwner: 'network:router_gateway',
    auto: true,
    portSecurity: false,
  });
}

function create(call: SiteCall): Reply {
  const { site, world } = call;
  const given = fields.read(readers, fields.input(call, 'router'));
  fields.ownProject(call, given);
  checkNeutronQuota(call.account, 'router', site.routers.size);
  const router: Router = {
    ...newResource(site, world.now(), 'router'),
    name: given.name ?? '',
    description: given.description ?? '',
    revision: 1,
    adminUp: given.admin_state_up ?? true,
    routes: given.routes ?? [],
    gateway: undefined,
    enableSnat: true,
    interfaces: new Set(),
  };
  setGateway(call, router, given.external_gateway_info ?? null);
  site.routers.set(router.id, router);
  return created({ router: routerView(site, router) });
}

function update(call: SiteCall): Reply {
  const { site, world } = call;
  const router = findRouter(site, call.id);
  const given = fields.read(readers, fields.input(call, 'router'));
  if (given.external_gateway_info !== undefined) setGateway(call, router, given.external_gateway_info);
  router.name = given.name ?? router.name;
  router.description = given.description ?? router.description;
  router.adminUp = given.admin_state_up ?? router.adminUp;
  router.routes = given.routes ?? router.routes;
  touch(world, router);
  return show(call, 'router', routerView(site, router));
}

function remove(call: SiteCall): Reply {
  const { site, world } = call;
  const router = findRouter(site, call.id);
  if (router.interfaces.size > 0)
    throw neutronError(
      409,
      'RouterInUse',
      `Router ${router.id} has ports still attached: ${[...router.interfaces].map(port => port.id).join(', ')}`,
    );
  if (router.gateway) deletePort(world, site, router.gateway);
  site.routers.delete(router.id);
  return noContent;
}

/** Exactly one of subnet_id and port_id. */
function interfaceRequest(
  call: SiteCall,
  deed: string,
): { subnetId: string | undefined; portId: string | undefined } {
  const body = jsonBody(call);
  const subnetId = body['subnet_id'] === undefined ? undefined : fields.uuid(body['subnet_id'], 'subnet_id');
  const portId = body['port_id'] === undefined ? undefined : fields.uuid(body['port_id'], 'port_id');
  if (subnetId === undefined && portId === undefined)
    throw badResource('Bad router request: Either subnet_id or port_id must be specified.');
  if (deed === 'add' && subnetId !== undefined && portId !== undefined)
    throw badResource('Bad router request: Cannot specify both subnet-id and port-id.');
  return { subnetId, portId };
}

function checkOverlap(router: Router, subnet: Subnet): void {
  for (const port of router.interfaces)
    for (const ip of port.fixedIps) {
      if (ip.subnet === subnet)
        throw badResource(`Bad router request: Router already has a port on subnet ${subnet.id}.`);
      if (overlaps(ip.subnet.block, subnet.block))
        throw badResource(
          `Bad router request: Cidr ${formatCidr(subnet.block)} of subnet ${subnet.id} overlaps with cidr ${formatCidr(ip.subnet.block)} of subnet ${ip.subnet.id}.`,
        );
    }
}

const interfaceView = (site: Site, router: Router, port: Port) => ({
  id: router.id,
  tenant_id: site.projectId,
  port_id: port.id,
  network_id: port.network.id,
  subnet_id: port.fixedIps[0]?.subnet.id,
  subnet_ids: port.fixedIps.map(ip => ip.subnet.id),
});

function addInterface(call: SiteCall): Reply {
  const { site, world } = call;
  const router = findRouter(site, call.id);
  const { subnetId, portId } = interfaceRequest(call, 'add');
  if (portId !== undefined) {
    const port = findPort(site, portId);
    if (port.deviceId !== '')
      throw neutronError(
        409,
        'PortInUse',
        `Unable to complete operation on port ${port.id} for network ${port.network.id}. Port already has an attached device ${port.deviceId}.`,
      );
    if (port.fixedIps.length === 0)
      throw badResource('Bad router request: Router port must have at least one fixed IP.');
    for (const ip of port.fixedIps) checkOverlap(router, ip.subnet);
    port.deviceId = router.id;
    port.deviceOwner = 'network:router_interface';
    router.interfaces.add(port);
    return ok(interfaceView(site, router, port));
  }
  const subnet = findSubnet(site, subnetId ?? '');
  if (subnet.gateway === undefined)
    throw badResource('Bad router request: Subnet for router interface must have a gateway IP.');
  if (subnet.network === site.external)
    throw badResource(`Bad router request: Subnet ${subnet.id} is the external network's.`);
  checkOverlap(router, subnet);
  checkNeutronQuota(call.account, 'port', site.ports.size);
  const port = makePort(world, site, {
    network: subnet.network,
    fixedIps: [{ subnet, address: subnet.gateway }],
    groups: [],
    deviceId: router.id,
    deviceOwner: 'network:router_interface',
    auto: true,
    portSecurity: false,
  });
  router.interfaces.add(port);
  return ok(interfaceView(site, router, port));
}

function removeInterface(call: SiteCall): Reply {
  const { site, world } = call;
  const router = findRouter(site, call.id);
  const { subnetId, portId } = interfaceRequest(call, 'remove');
  const has = (port: Port) => port.fixedIps.some(ip => ip.subnet.id === subnetId);
  const port = [...router.interfaces].find(each => (portId === undefined ? has(each) : each.id === portId));
  if (!port) {
    if (portId !== undefined)
      throw neutronError(
        404,
        'RouterInterfaceNotFound',
        `Router ${router.id} does not have an interface with id ${portId}`,
      );
    findSubnet(site, subnetId ?? '');
    throw neutronError(
      404,
      'RouterInterfaceNotFoundForSubnet',
      `Router ${router.id} has no interface on subnet ${subnetId ?? ''}`,
    );
  }
  if (subnetId !== undefined && !has(port))
    throw neutronError(
      409,
      'SubnetMismatchForPort',
      `Subnet on port ${port.id} does not match the requested subnet ${subnetId}.`,
    );
  const through = (subnet: Subnet) =>
    [...site.floatingIps.values()].some(
      ip => ip.router === router && ip.port?.fixedIps.some(fixed => fixed.subnet === subnet),
    );
  const [first] = port.fixedIps;
  if (first && through(first.subnet))
    throw neutronError(
      409,
      'RouterInterfaceInUseByFloatingIP',
      `Router interface for subnet ${first.subnet.id} on router ${router.id} cannot be deleted, as it is required by one or more floating IPs.`,
    );
  const view = interfaceView(site, router, port);
  router.interfaces.delete(port);
  deletePort(world, site, port);
  return ok(view);
}

const shown =
  'id name tenant_id project_id admin_state_up status external_gateway_info description availability_zones availability_zone_hints distributed ha routes flavor_id tags created_at updated_at revision_number'.split(
    ' ',
  );

export const routerRoutes: readonly SiteRoute[] = [
  route('GET /routers', call =>
    list(call, {
      plural: 'routers',
      records: call.site.routers.values(),
      view: router => routerView(call.site, router),
      attributes: shown,
      find: id => findRouter(call.site, id),
    }),
  ),
  route('POST /routers', create),
  route('GET /routers/{}', call =>
    show(call, 'router', routerView(call.site, findRouter(call.site, call.id))),
  ),
  route('PUT /routers/{}', update),
  route('DELETE /routers/{}', remove),
  route('PUT /routers/{}/add_router_interface', addInterface),
  route('PUT /routers/{}/remove_router_interface', removeInterface),
];
