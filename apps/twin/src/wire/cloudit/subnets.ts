/** Subnets: blocks of the tenant's one network. */
import { contains, formatAddress, overlaps, parseAddress, type Cidr } from '@cloud-barista/model/cidr';
import { bodyOf, checkName, flag, type Call } from './call.ts';
import { ApiError, badRequest, conflict, notFound } from './errors.ts';
import { checkQuota, quota } from './quotas.ts';
import type { Subnet } from './records.ts';
import { created, gone, ok, type Reply } from './reply.ts';
import { route } from './router.ts';
import { tenantBlock, type Site } from './site.ts';
import { stamp } from './text.ts';

export function subnetView(site: Site, subnet: Subnet) {
  return {
    id: subnet.id,
    tenantId: site.tenantId,
    addr: formatAddress(subnet.block.base),
    prefix: String(subnet.block.prefix),
    gateway: formatAddress(subnet.gateway),
    creator: site.username,
    protection: subnet.protection,
    name: subnet.name,
    state: 'AVAILABLE',
    vlan: subnet.vlan,
    createdAt: stamp(subnet.createdAt),
    nicCount: subnet.used.size,
    description: subnet.description,
  };
}

/** The last address of a block's third byte is 248: 10.0.252.0/22 is the installation's own. */
const last = 248;

function creatable({ site }: Call): Reply {
  const blocks: Cidr[] = [];
  const taken = [...site.subnets.values()].map(({ block }) => block);
  for (let third = 0; third <= last; third += 4) {
    const block = { base: tenantBlock.base + third * 256, prefix: 22 };
    if (!taken.some(other => overlaps(other, block))) blocks.push(block);
  }
  return ok(
    blocks.map(({ base, prefix }) => ({
      tenantId: site.tenantId,
      addr: formatAddress(base),
      prefix: String(prefix),
      gateway: formatAddress(base + 1),
    })),
  );
}

function create(call: Call): Reply {
  const { world, site } = call;
  const body = bodyOf(call, {
    name: 'text',
    addr: 'text',
    prefix: 'text',
    gateway: 'text?',
    protection: 'integer?',
    description: 'text?',
  });
  const base = parseAddress(body.addr);
  const prefix = Number(body.prefix);
  if (base === undefined) throw badRequest(`addr ${JSON.stringify(body.addr)} is not an IPv4 address.`);
  if (!/^\d{1,2}$/.test(body.prefix) || prefix > 30)
    throw badRequest(`prefix ${JSON.stringify(body.prefix)} is not a prefix length.`);
  const size = 2 ** (32 - prefix);
  if (base % size !== 0)
    throw badRequest(`${body.addr} is not the first address of a block of prefix ${prefix}.`);
  const block = { base, prefix };
  const drawn = quota(site.cloud, 'subnetPrefix');
  if (drawn !== 0) {
    const third = (base - tenantBlock.base) / 256;
    if (prefix !== drawn || !contains(tenantBlock, block) || third > last)
      throw badRequest(
        `Subnets are blocks of prefix ${drawn} from 10.0.0.0 to 10.0.${last}.0; ${body.addr}/${prefix} is none.`,
      );
  }
  const other = [...site.subnets.values()].find(each => overlaps(each.block, block));
  if (other) throw conflict(`${body.addr}/${prefix} is taken by the subnet ${other.name}.`);
  const gateway = body.gateway === undefined ? base + 1 : parseAddress(body.gateway);
  if (gateway === undefined || gateway <= base || gateway >= base + size - 1)
    throw badRequest('gateway is not an address of the subnet.');
  checkQuota(site.cloud, 'subnets', site.subnets.size);
  const n = site.next();
  const subnet: Subnet = {
    n,
    id: site.newId('subnet'),
    name: checkName(body.name),
    description: body.description ?? '',
    protection: flag('protection', body.protection),
    createdAt: world.now(),
    block,
    gateway,
    vlan: 100 + (n % 3900),
    used: new Set(),
    cursor: 0,
    given: false,
  };
  site.subnets.set(subnet.id, subnet);
  return created(subnetView(site, subnet));
}

export function subnetByAddress(site: Site, addr: string): Subnet {
  for (const subnet of site.subnets.values()) if (formatAddress(subnet.block.base) === addr) return subnet;
  throw notFound('subnet', addr);
}

/** It is named by its address, not its id. */
function remove({ site, ids: [addr = ''] }: Call): Reply {
  const subnet = subnetByAddress(site, addr);
  if (subnet.protection === 1) throw new ApiError(403, `The subnet ${subnet.name} is protected.`);
  if (subnet.used.size > 0)
    throw conflict(`The subnet ${subnet.name} is in use by ${subnet.used.size} network interfaces.`);
  site.subnets.delete(subnet.id);
  return gone;
}

function detail({ site, ids: [id = ''] }: Call): Reply {
  const subnet = site.subnets.get(id);
  if (!subnet) throw notFound('subnet', id);
  return ok(subnetView(site, subnet));
}

/** A free address of the subnet, taken; neither its first, its last nor the gateway's. */
export function takeAddress(subnet: Subnet, wanted?: number): number {
  const { base, prefix } = subnet.block;
  const most = 2 ** (32 - prefix) - 2;
  const free = (address: number) => address !== subnet.gateway && !subnet.used.has(address);
  if (wanted !== undefined) {
    if (wanted <= base || wanted > base + most || wanted === subnet.gateway)
      throw badRequest(`${formatAddress(wanted)} is no address of the subnet ${subnet.name}.`);
    if (!free(wanted)) throw conflict(`${formatAddress(wanted)} is in use.`);
    subnet.used.add(wanted);
    return wanted;
  }
  for (let tried = 0; tried < most; tried++) {
    const address = base + 1 + (subnet.cursor++ % most);
    if (!free(address)) continue;
    subnet.used.add(address);
    return address;
  }
  throw conflict(`The subnet ${subnet.name} has no free address.`);
}

export const subnetRoutes = [
  route('GET /dna/subnets', ({ site }) => ok([...site.subnets.values()].map(each => subnetView(site, each)))),
  route('POST /dna/subnets', create),
  route('GET /dna/subnets/creatable', creatable),
  route('GET /dna/subnets/{id}/detail', detail),
  route('DELETE /dna/subnets/{addr}', remove),
];
