/**
 * A VPC is a network in custom mode and its subnetworks in our region ("networks", "subnetworks"). Its way to the internet, a default
 * route, comes with it. Networks are global and have no block of their own: the VPC's stands in the network's description.
 *
 * Ids are names: unique in the project (networks) and in the region (subnetworks).
 */
import { randomUUID } from 'node:crypto';
import type { Call, CreateCall } from '@cloud-barista/driver/call';
import { backOff, together } from '@cloud-barista/driver/concurrency';
import { orAbsent } from '@cloud-barista/driver/errors';
import type { CloudSubnet, CloudVpc, SubnetRequest, Vpcs } from '@cloud-barista/driver/vpcs';
import { cidrSize, contains, formatCidr, tryCidr, type Cidr } from '@cloud-barista/model/cidr';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import { tail, type Api } from './api.ts';
import type { Operation } from './errors.ts';
import { listFirewalls } from './firewalls.ts';
import { listInstances } from './instances.ts';
import type { Listings } from '@cloud-barista/driver/listing';
import { describeMark, markOf, requestIds, shown } from './marks.ts';
import { insertsOf, lookTwice } from './pending.ts';
import type { Zones } from './zones.ts';

interface Network {
  name: string;
  description?: string;
  /** Addresses, of all regions. */
  subnetworks?: string[];
}
interface Subnetwork {
  name: string;
  description?: string;
  network?: string;
  ipCidrRange?: string;
}
const networkFields = 'name,description,subnetworks';
const subnetFields = 'name,description,network,ipCidrRange';

/** How often an insert into a network that is still being made is tried: about 13 s. */
const rounds = 12;

/** The smallest block around all: what a network that is not ours is shown with. */
export function cover(blocks: readonly string[]): string {
  const cidrs = blocks.map(tryCidr).filter(cidr => cidr !== undefined);
  let [around] = cidrs;
  while (around !== undefined && !cidrs.every(cidr => contains(around as Cidr, cidr))) {
    const prefix: number = around.prefix - 1;
    around = { base: around.base - (around.base % cidrSize({ base: 0, prefix })), prefix };
  }
  return around === undefined ? '' : formatCidr(around);
}

const toSubnet = ({ name, ipCidrRange = '' }: Subnetwork): CloudSubnet => ({
  id: cloudId(name),
  name,
  cidr: ipCidrRange,
  zone: '',
});

function toVpc(network: Network, subnets: readonly Subnetwork[]): CloudVpc {
  return {
    id: cloudId(network.name),
    name: network.name,
    cidr: markOf(network.description, 'cidr') ?? cover(subnets.map(subnet => subnet.ipCidrRange ?? '')),
    subnets: subnets.map(toSubnet).sort((a, b) => (a.name < b.name ? -1 : 1)),
    ...shown(markOf(network.description)),
  };
}

const inUse = (what: string, by: string): BaristaError =>
  new BaristaError('failed_precondition', `${what} is still used by ${by}.`, {
    next: 'Delete what stands in it first.',
    where: 'vpc',
    cause: 'resourceInUseByAnotherResource',
  });

export function createVpcs(
  api: Api,
  zones: Zones,
  listings: Listings,
): Vpcs & { findMarked(call: Call, token: Token): Promise<string[]> } {
  const network = (id: string) => `projects/${api.settings.project}/global/networks/${id}`;
  const about = (name: string) => ({ resource: 'vpc', name }) as const;
  const subnetAbout = (name: string) => ({ resource: 'subnet', name }) as const;

  const readNetwork = ({ signal }: Call, id: string): Promise<Network> =>
    api.send<Network>(
      'GET projects/{project}/global/networks/{network}',
      { ...about(id), path: { network: id }, query: { fields: networkFields } },
      signal,
    );
  const readSubnet = ({ signal }: Call, id: string): Promise<Subnetwork> =>
    api.send<Subnetwork>(
      'GET projects/{project}/regions/{region}/subnetworks/{subnetwork}',
      { ...subnetAbout(id), path: { subnetwork: id }, query: { fields: subnetFields } },
      signal,
    );
  const listNetworks = ({ signal }: Call): Promise<Network[]> =>
    api.all<Network>(
      'GET projects/{project}/global/networks',
      { resource: 'vpc', query: { fields: `items(${networkFields}),nextPageToken` } },
      signal,
    );
  const listSubnets = ({ signal }: Call): Promise<Subnetwork[]> =>
    api.all<Subnetwork>(
      'GET projects/{project}/regions/{region}/subnetworks',
      { resource: 'subnet', query: { fields: `items(${subnetFields}),nextPageToken` } },
      signal,
    );
  const subnetsOf = async (call: Call, vpc: string): Promise<Subnetwork[]> =>
    (await listSubnets(call)).filter(subnet => tail(subnet.network) === vpc);

  /** Inserts, or finds what an earlier attempt of the same token made under the same name. */
  async function insert<T extends { description?: string }>(
    call: CreateCall,
    send: () => Promise<Operation>,
    find: () => Promise<T | undefined>,
  ): Promise<Operation | undefined> {
    for (let round = 0; ; round++)
      try {
        return await send();
      } catch (error) {
        // resourceNotReady: the network's own insert, whose answer was lost, is still under way.
        if (hasCode(error, 'aborted') && round < rounds) {
          await backOff(call.signal, round);
          continue;
        }
        if (!hasCode(error, 'already_exists') || markOf((await find())?.description) !== call.token)
          throw error;
        return undefined;
      }
  }

  async function makeNetwork(call: CreateCall, name: string, cidr: string): Promise<void> {
    const find = () => orAbsent(readNetwork(call, name));
    if (call.again && markOf((await find())?.description) === call.token) return;
    const body = {
      name,
      description: describeMark(call.token, { cidr }),
      autoCreateSubnetworks: false,
      routingConfig: { routingMode: 'REGIONAL' },
    };
    const query = { requestId: requestIds(call)('network') };
    const order = { ...about(name), body, query };
    const send = () => api.send<Operation>('POST projects/{project}/global/networks', order, call.signal);
    const operation = await insert(call, send, find);
    if (operation) await api.done(operation, about(name), call.signal);
  }

  async function makeSubnet(call: CreateCall, vpc: string, request: SubnetRequest): Promise<CloudSubnet> {
    const { name, cidr: ipCidrRange } = request;
    const body = { name, ipCidrRange, network: network(vpc), description: describeMark(call.token) };
    const query = { requestId: requestIds(call)(`subnetwork ${name}`) };
    const order = { ...subnetAbout(name), body, query };
    const send = () =>
      api.send<Operation>('POST projects/{project}/regions/{region}/subnetworks', order, call.signal);
    const operation = await insert(call, send, () => orAbsent(readSubnet(call, name)));
    if (operation) await api.done(operation, subnetAbout(name), call.signal);
    return toSubnet({ name, ipCidrRange });
  }

  /** Absent already, or gone when this returns. */
  async function remove(call: Call, what: 'network' | 'subnetwork', name: string): Promise<void> {
    const place = what === 'network' ? 'global/networks/{name}' : 'regions/{region}/subnetworks/{name}';
    const order = what === 'network' ? about(name) : subnetAbout(name);
    // Chance, not a token: the same name may be made and deleted again within the hour that Google remembers an id.
    const query = { requestId: randomUUID() };
    const operation = await orAbsent(
      api.send<Operation>(
        `DELETE projects/{project}/${place}`,
        { ...order, path: { name }, query },
        call.signal,
      ),
    );
    if (operation) await orAbsent(api.done(operation, order, call.signal));
  }

  return {
    async create(call, request) {
      const { name, cidr } = request;
      await makeNetwork(call, name, cidr);
      const standing = call.again ? await subnetsOf(call, name) : [];
      const made = await together(
        request.subnets.map(wanted => {
          const stands = standing.find(one => one.name === wanted.name && one.ipCidrRange === wanted.cidr);
          return stands ? Promise.resolve(toSubnet(stands)) : makeSubnet(call, name, wanted);
        }),
      );
      const subnets = made.sort((a, b) => (a.name < b.name ? -1 : 1));
      return { id: cloudId(name), name, cidr, subnets, token: call.token };
    },

    list: call =>
      listings.page('vpcs', call, async () => {
        const [networks, subnets] = await Promise.all([listNetworks(call), listSubnets(call)]);
        const byNetwork = Map.groupBy(subnets, subnet => tail(subnet.network));
        return networks.map(one => toVpc(one, byNetwork.get(one.name) ?? []));
      }),

    async get(call, id) {
      const [found, subnets] = await Promise.all([readNetwork(call, id), subnetsOf(call, id)]);
      return toVpc(found, subnets);
    },

    // Looked at first: subnetworks go before their network, and an attempt that Google then refuses must not have cost one of them.
    async delete(call, id) {
      const found = await orAbsent(readNetwork(call, id));
      if (found === undefined) return;
      const { region } = api.settings;
      const [firewalls, subnets, instances] = await Promise.all([
        listFirewalls(api, call),
        subnetsOf(call, id),
        zones.ofRegion(call).then(all => listInstances(api, call, all)),
      ]);
      const what = `VPC ${id}`;
      const walls = firewalls.filter(one => tail(one.network) === id);
      if (walls.length > 0) throw inUse(what, `security groups or firewalls, e.g. ${walls[0]?.name ?? ''}`);
      const within = instances.filter(one => one.networkInterfaces?.some(card => tail(card.network) === id));
      if (within.length > 0) throw inUse(what, `VMs, e.g. ${within[0]?.name ?? ''}`);
      const elsewhere = found.subnetworks?.find(one => !one.includes(`/regions/${region}/`));
      if (elsewhere !== undefined) throw inUse(what, `subnetworks of other regions, e.g. ${tail(elsewhere)}`);
      await together(subnets.map(subnet => remove(call, 'subnetwork', subnet.name)));
      await remove(call, 'network', id);
    },

    async addSubnet(call, vpc, request) {
      await readNetwork(call, vpc);
      return makeSubnet(call, vpc, request);
    },

    async removeSubnet(call, vpc, subnet: CloudId) {
      const found = await orAbsent(readSubnet(call, subnet));
      if (found === undefined || tail(found.network) !== vpc) return;
      await remove(call, 'subnetwork', subnet);
    },

    findMarked: (call, token) =>
      lookTwice(api, call, async () => {
        const networks = await listNetworks(call);
        const hidden = insertsOf('networks', new Set(networks.map(one => one.name)));
        const found = networks.filter(one => markOf(one.description) === token).map(one => one.name);
        return { found, scope: { resource: 'vpc', place: 'global', hidden } };
      }),
  };
}
