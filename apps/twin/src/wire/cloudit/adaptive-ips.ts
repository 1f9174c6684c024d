/** Adaptive IPs: public addresses, each taken from the list of free ones and put before one private address of a server. */
import { formatAddress, parseAddress } from '@cloud-barista/model/cidr';
import type { World } from '../../world/world.ts';
import { bodyOf, checkName, flag, type Call } from './call.ts';
import { ApiError, badRequest, conflict, notFound } from './errors.ts';
import { checkQuota, quota } from './quotas.ts';
import type { AdaptiveIp } from './records.ts';
import { created, gone, ok, type Reply } from './reply.ts';
import { route } from './router.ts';
import { stateOf } from './server-life.ts';
import type { Site } from './site.ts';
import { stamp } from './text.ts';

const view = (site: Site, ip: AdaptiveIp) => ({
  id: ip.id,
  ip: ip.address,
  name: ip.name,
  rules: [],
  tenantId: site.tenantId,
  creator: site.username,
  state: 'AVAILABLE',
  createdAt: stamp(ip.createdAt),
  privateIp: formatAddress(ip.nic.address),
  protection: ip.protection,
  ruleCount: 0,
  vmName: ip.nic.server.name,
  description: ip.description,
});

/** How many free addresses the list shows; more than one, as two who take the first at once can't both have it. */
const shown = 32;

function free({ world, site }: Call): Reply {
  const left = quota(site.cloud, 'adaptiveIps') - site.adaptiveIps.size;
  while (site.free.size < Math.min(shown, left)) {
    const address = world.addresses.allocate();
    if (address === undefined) break;
    site.free.add(address);
  }
  return ok(
    [...site.free].slice(0, Math.max(0, left)).map(addr => ({
      addr,
      gateway: '127.64.0.1',
      prefix: '10',
      netmask: '255.192.0.0',
      state: 'AVAILABLE',
    })),
  );
}

function create(call: Call): Reply {
  const { world, site } = call;
  const body = bodyOf(call, { ip: 'text', name: 'text', privateIp: 'text', protection: 'integer?' });
  const name = checkName(body.name);
  const protection = flag('protection', body.protection);
  const address = parseAddress(body.privateIp);
  const nic = address === undefined ? undefined : site.nicByAddress.get(address);
  if (!nic) throw badRequest(`privateIp ${JSON.stringify(body.privateIp)} is on no server.`);
  const state = stateOf(nic.server);
  if (state === 'CREATING' || state === 'TERMINATING' || state === 'FAILED')
    throw conflict(`The server ${nic.server.name} is ${state}.`);
  if (nic.adaptive) throw conflict(`${body.privateIp} has the adaptive IP ${nic.adaptive.address} already.`);
  checkQuota(site.cloud, 'adaptiveIps', site.adaptiveIps.size);
  if (site.adaptiveIps.has(body.ip)) throw conflict(`${body.ip} is in use.`);
  if (!site.free.delete(body.ip)) throw badRequest(`${body.ip} is not one of the free addresses.`);
  const ip: AdaptiveIp = {
    n: site.next(),
    id: site.newId('adaptive-ip'),
    name,
    description: '',
    protection,
    createdAt: world.now(),
    address: body.ip,
    nic,
  };
  nic.adaptive = ip;
  site.adaptiveIps.set(ip.address, ip);
  const { machine } = nic.server;
  // The machine answers at one public address: its first.
  if (machine && machine.publicIp === '') world.machines.attach(machine, ip.address);
  return created(view(site, ip));
}

export function release(world: World, site: Site, ip: AdaptiveIp): void {
  const { machine, nics } = ip.nic.server;
  ip.nic.adaptive = undefined;
  site.adaptiveIps.delete(ip.address);
  if (machine?.publicIp === ip.address) {
    world.machines.detach(machine);
    const other = nics.find(nic => nic.adaptive)?.adaptive;
    if (other) world.machines.attach(machine, other.address);
  }
  world.addresses.release(ip.address);
}

/** It is named by its address, not its id. */
function remove({ world, site, ids: [address = ''] }: Call): Reply {
  const ip = site.adaptiveIps.get(address);
  if (!ip) throw notFound('adaptive IP', address);
  if (ip.protection === 1) throw new ApiError(403, `The adaptive IP ${address} is protected.`);
  release(world, site, ip);
  return gone;
}

function detail({ site, ids: [id = ''] }: Call): Reply {
  const ip = [...site.adaptiveIps.values()].find(each => each.id === id);
  if (!ip) throw notFound('adaptive IP', id);
  return ok(view(site, ip));
}

export const adaptiveIpRoutes = [
  route('GET /dna/ips', free),
  route('GET /dna/adaptive-ips', ({ site }) =>
    ok([...site.adaptiveIps.values()].map(each => view(site, each))),
  ),
  route('POST /dna/adaptive-ips', create),
  route('GET /dna/adaptive-ips/{id}/detail', detail),
  route('DELETE /dna/adaptive-ips/{ip}', remove),
];
