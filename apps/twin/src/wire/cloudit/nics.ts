/** A server's network interfaces, known by their MAC address, and the security groups on each. */
import { parseAddress } from '@cloud-barista/model/cidr';
import type { World } from '../../world/world.ts';
import { bodyOf, find, type Call } from './call.ts';
import { badRequest, conflict, notFound } from './errors.ts';
import { checkQuota } from './quotas.ts';
import type { Group, Nic, Server, Subnet } from './records.ts';
import { created, gone, ok, type Reply } from './reply.ts';
import { route } from './router.ts';
import { readGroups } from './security-groups.ts';
import { stateOf, unplug } from './server-life.ts';
import { nicView } from './server-view.ts';
import type { Site } from './site.ts';
import { subnetByAddress, takeAddress } from './subnets.ts';
import { macOf } from './text.ts';

export interface Plug {
  subnet: Subnet;
  groups: readonly Group[];
  type: string;
  address?: number | undefined;
}

export function plug(world: World, site: Site, server: Server, { subnet, groups, type, address }: Plug): Nic {
  const taken = new Set(server.nics.map(nic => nic.dev));
  let at = 0;
  while (taken.has(`eth${at}`)) at++;
  const nic: Nic = {
    mac: macOf(site.newId('nic')),
    dev: `eth${at}`,
    type,
    server,
    subnet,
    address: takeAddress(subnet, address),
    groups,
    adaptive: undefined,
    createdAt: world.now(),
  };
  for (const group of groups) group.users++;
  site.nicByAddress.set(nic.address, nic);
  server.nics.push(nic);
  return nic;
}

const serverOf = ({ site, ids: [id = ''] }: Call) => find(site.servers, 'server', id);

function nicOf(call: Call): Nic {
  const [, mac = ''] = call.ids;
  const nic = serverOf(call).nics.find(each => each.mac === mac.toLowerCase());
  if (!nic) throw notFound('network interface', mac);
  return nic;
}

/** A server that is at work or at rest, not on its way. */
export function settled(server: Server): void {
  const state = stateOf(server);
  if (state !== 'RUNNING' && state !== 'STOPPED') throw conflict(`The server ${server.name} is ${state}.`);
}

function create(call: Call): Reply {
  const { world, site } = call;
  const server = serverOf(call);
  const body = bodyOf(call, {
    subnetAddr: 'text',
    vmId: 'text',
    type: 'text',
    secgroups: 'list',
    ip: 'text?',
  });
  if (body.vmId !== server.id) throw badRequest('vmId is not the id of the address.');
  const address = body.ip === undefined ? undefined : parseAddress(body.ip);
  if (body.ip !== undefined && address === undefined)
    throw badRequest(`ip ${JSON.stringify(body.ip)} is not an IPv4 address.`);
  const subnet = subnetByAddress(site, body.subnetAddr);
  const groups = readGroups(site, body.secgroups);
  settled(server);
  checkQuota(site.cloud, 'nicsPerServer', server.nics.length);
  return created(nicView(site, plug(world, site, server, { subnet, groups, type: body.type, address })));
}

function remove(call: Call): Reply {
  const nic = nicOf(call);
  const { server } = nic;
  if (nic === server.nics[0]) throw conflict('The first network interface goes with its server.');
  if (nic.adaptive) throw conflict(`The adaptive IP ${nic.adaptive.address} is on the network interface.`);
  settled(server);
  unplug(call.site, nic);
  server.nics.splice(server.nics.indexOf(nic), 1);
  return gone;
}

/** The groups are replaced as a whole. */
function regroup(call: Call): Reply {
  const nic = nicOf(call);
  const groups = readGroups(call.site, bodyOf(call, { secgroups: 'list' }).secgroups);
  for (const group of groups) group.users++;
  for (const group of nic.groups) group.users--;
  nic.groups = groups;
  return ok(nicView(call.site, nic));
}

export const nicRoutes = [
  route('GET /ace/servers/{id}/nics', call => ok(serverOf(call).nics.map(nic => nicView(call.site, nic)))),
  route('POST /ace/servers/{id}/nics', create),
  route('GET /ace/servers/{id}/nics/{mac}', call => ok(nicView(call.site, nicOf(call)))),
  route('DELETE /ace/servers/{id}/nics/{mac}', remove),
  route('PUT /ace/servers/{id}/nic/{mac}/securitygroup', regroup),
];
