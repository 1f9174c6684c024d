/**
 * What hangs on a server: metadata, tags, addresses, interfaces, groups. Source: Compute API, "Server metadata",
 * "Server tags", "Servers IPs", "Port interfaces", "Servers security groups".
 */
import { formatAddress, parseAddress } from '@cloud-barista/model/cidr';
import { isObject, jsonBody, type SiteCall } from '../call.ts';
import { badRequest, conflict, NoRoute, notFound } from '../errors.ts';
import { deletePort, makePort, syncPublicIp } from '../network/port-records.ts';
import { macAddress, portStatus } from '../network/ports.ts';
import { quota } from '../quotas.ts';
import { accepted, noContent, ok, type Reply } from '../reply.ts';
import type { Port, Server } from '../records.ts';
import { route, type SiteRoute } from '../router.ts';
import { touch } from '../site.ts';
import * as input from './input.ts';
import { unplug } from './server-records.ts';
import { findServer } from './servers.ts';
import { stateOf } from './state.ts';

const serverOf = (call: SiteCall): Server => findServer(call.site, call.id);

function setMetadata(call: SiteCall, metadata: unknown): Reply {
  const server = serverOf(call);
  server.metadata = input.metadata(metadata, quota(call.account, 'metadata_items'));
  server.updatedAt = call.world.now();
  return ok({ metadata: server.metadata });
}

function metaOf(call: SiteCall): string {
  const { metadata } = serverOf(call);
  const value = Object.hasOwn(metadata, call.sub) ? metadata[call.sub] : undefined;
  if (value === undefined) throw notFound('Metadata item was not found');
  return value;
}

const metadataRoutes: readonly SiteRoute[] = [
  route('GET /servers/{}/metadata', call => ok({ metadata: serverOf(call).metadata })),
  route('POST /servers/{}/metadata', call =>
    setMetadata(call, { ...serverOf(call).metadata, ...input.member(jsonBody(call), 'metadata') }),
  ),
  route('PUT /servers/{}/metadata', call => setMetadata(call, input.member(jsonBody(call), 'metadata'))),
  route('GET /servers/{}/metadata/{}', call => ok({ meta: { [call.sub]: metaOf(call) } })),
  route('PUT /servers/{}/metadata/{}', call => {
    const meta = input.member(jsonBody(call), 'meta');
    if (!(call.sub in meta)) throw badRequest('Request body and URI mismatch');
    setMetadata(call, { ...serverOf(call).metadata, ...meta });
    return ok({ meta });
  }),
  route('DELETE /servers/{}/metadata/{}', call => {
    metaOf(call);
    const { [call.sub]: _, ...rest } = serverOf(call).metadata;
    setMetadata(call, rest);
    return noContent;
  }),
];

/** Tags came with 2.26. */
function tagged(call: SiteCall): Server {
  if (call.version < 26) throw new NoRoute();
  return serverOf(call);
}

const missingTag = (call: SiteCall) => notFound(`Server ${call.id} has no tag '${call.sub}'`);

const tagRoutes: readonly SiteRoute[] = [
  route('GET /servers/{}/tags', call => ok({ tags: tagged(call).tags })),
  route('PUT /servers/{}/tags', call => {
    const server = tagged(call);
    server.tags = input.tags(jsonBody(call)['tags']);
    return ok({ tags: server.tags });
  }),
  route('DELETE /servers/{}/tags', call => {
    tagged(call).tags = [];
    return noContent;
  }),
  route('GET /servers/{}/tags/{}', call => {
    if (!tagged(call).tags.includes(call.sub)) throw missingTag(call);
    return noContent;
  }),
  route('PUT /servers/{}/tags/{}', call => {
    const server = tagged(call);
    if (server.tags.includes(call.sub)) return noContent;
    server.tags = input.tags([...server.tags, input.tag(call.sub)]);
    const location = `${call.endpoint}/v2.1/servers/${server.id}/tags/${encodeURIComponent(call.sub)}`;
    return { status: 201, headers: { location } };
  }),
  route('DELETE /servers/{}/tags/{}', call => {
    const server = tagged(call);
    if (!server.tags.includes(call.sub)) throw missingTag(call);
    server.tags = server.tags.filter(tag => tag !== call.sub);
    return noContent;
  }),
];

const interfaceView = (port: Port) => ({
  net_id: port.network.id,
  port_id: port.id,
  mac_addr: macAddress(port),
  port_state: portStatus(port),
  fixed_ips: port.fixedIps.map(ip => ({ subnet_id: ip.subnet.id, ip_address: formatAddress(ip.address) })),
});

function interfaceOf(call: SiteCall): Port {
  const port = serverOf(call).ports.find(each => each.id === call.sub);
  if (!port) throw notFound(`No instances found for port ${call.sub}`);
  return port;
}

export function requireSettled(server: Server, deed: string): void {
  const { vm, task } = stateOf(server);
  if (!['active', 'paused', 'stopped'].includes(vm))
    throw conflict(`Cannot '${deed}' instance ${server.id} while it is in vm_state ${vm}`);
  if (task !== null)
    throw conflict(`Cannot '${deed}' instance ${server.id} while it is in task_state ${task}`);
}

function attach(call: SiteCall): Reply {
  const { site, world } = call;
  const server = serverOf(call);
  const given = jsonBody(call)['interfaceAttachment'] ?? {};
  if (!isObject(given)) throw input.wrong('interfaceAttachment', given, "is not of type 'object'");
  const { port_id: portId, net_id: netId, fixed_ips: fixedIps } = given;
  if (portId !== undefined && netId !== undefined)
    throw badRequest('Must not input both network_id and port_id');
  requireSettled(server, 'attach_interface');
  let port: Port;
  if (typeof portId === 'string') {
    const known = site.ports.get(portId);
    if (!known) throw notFound(`Port id ${portId.slice(0, 64)} could not be found.`);
    if (known.deviceId !== '') throw badRequest(`Port ${known.id} is still in use.`);
    port = known;
  } else {
    const own = [...site.networks.values()].filter(each => !each.external);
    const [only, ...others] = own;
    const network =
      typeof netId === 'string' ? site.networks.get(netId) : others.length === 0 ? only : undefined;
    if (netId === undefined && others.length > 0)
      throw conflict('Multiple possible networks found, use a Network ID to be more specific.');
    if (!network || network.external)
      throw notFound(`Network ${String(netId).slice(0, 64)} could not be found.`);
    const addresses = Array.isArray(fixedIps)
      ? fixedIps.map((each: unknown) => {
          const address = isObject(each) ? parseAddress(String(each['ip_address'])) : undefined;
          if (address === undefined) throw badRequest('Invalid input for field/attribute ip_address.');
          return { subnet: undefined, address };
        })
      : undefined;
    try {
      port = makePort(world, site, {
        network,
        fixedIps: addresses,
        groups: network.portSecurity ? [site.defaultGroup] : [],
        auto: true,
      });
    } catch (error) {
      throw badRequest((error as Error).message);
    }
  }
  port.deviceId = server.id;
  port.deviceOwner = `compute:${site.zone}`;
  port.server = server;
  touch(world, port);
  server.ports = [...server.ports, port];
  syncPublicIp(world, port);
  return ok({ interfaceAttachment: interfaceView(port) });
}

function detach(call: SiteCall): Reply {
  const { site, world } = call;
  const server = serverOf(call);
  const port = interfaceOf(call);
  requireSettled(server, 'detach_interface');
  if (port.auto) deletePort(world, site, port);
  else {
    const kept = server.ports.filter(each => each !== port);
    server.ports = [port];
    unplug(world, site, server);
    server.ports = kept;
    syncPublicIp(world, { server });
  }
  return accepted;
}

const interfaceRoutes: readonly SiteRoute[] = [
  route('GET /servers/{}/os-interface', call =>
    ok({ interfaceAttachments: serverOf(call).ports.map(interfaceView) }),
  ),
  route('POST /servers/{}/os-interface', attach),
  route('GET /servers/{}/os-interface/{}', call =>
    ok({ interfaceAttachment: interfaceView(interfaceOf(call)) }),
  ),
  route('DELETE /servers/{}/os-interface/{}', detach),
];

function groups(call: SiteCall): Reply {
  const found = new Set(serverOf(call).ports.flatMap(port => port.groups));
  return ok({
    security_groups: [...found].map(group => ({
      id: group.id,
      name: group.name,
      description: group.description,
      tenant_id: call.account.projectId,
      rules: [...group.rules.values()]
        .filter(rule => !rule.egress)
        .map(rule => ({
          id: rule.id,
          parent_group_id: group.id,
          ip_protocol: rule.protocol ?? null,
          from_port: rule.min ?? null,
          to_port: rule.max ?? null,
          group: rule.remoteGroup
            ? { name: call.site.groups.get(rule.remoteGroup)?.name, tenant_id: call.account.projectId }
            : {},
          ip_range: rule.remoteGroup ? {} : { cidr: rule.prefix ?? '0.0.0.0/0' },
        })),
    })),
  });
}

function addressesOf(server: Server): Record<string, { version: 4; addr: string }[]> {
  const addresses: Record<string, { version: 4; addr: string }[]> = {};
  for (const port of server.ports) {
    const rows = (addresses[port.network.name] ??= []);
    for (const ip of port.fixedIps) rows.push({ version: 4, addr: formatAddress(ip.address) });
    for (const ip of port.floatingIps) rows.push({ version: 4, addr: ip.address });
  }
  return addresses;
}

export const serverPartRoutes: readonly SiteRoute[] = [
  ...metadataRoutes,
  ...tagRoutes,
  ...interfaceRoutes,
  route('GET /servers/{}/os-security-groups', groups),
  route('GET /servers/{}/ips', call => ok({ addresses: addressesOf(serverOf(call)) })),
  route('GET /servers/{}/ips/{}', call => {
    const addresses = addressesOf(serverOf(call));
    if (!Object.hasOwn(addresses, call.sub)) throw notFound(`Network name not found`);
    return ok({ [call.sub]: addresses[call.sub] });
  }),
];
