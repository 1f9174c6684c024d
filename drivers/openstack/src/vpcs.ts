/**
 * A VPC is a network, its subnets, and one router that joins them to the external network (Networking API v2.0,
 * "Networks", "Subnets", "Routers"). Each part carries the token in its description from its first instant; the
 * network carries the VPC's block there too, which OpenStack has no notion of.
 *
 * Made in this order and deleted in the reverse one, the network stands as long as anything else does: by its mark
 * all is found.
 */
import { pause, together } from '@cloud-barista/driver/concurrency';
import { orAbsent } from '@cloud-barista/driver/errors';
import { cidrSize, contains, formatCidr, tryCidr, type Cidr } from '@cloud-barista/model/cidr';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import type { Call, CreateCall, PageCall } from '@cloud-barista/driver/call';
import type { CloudSubnet, CloudVpc, SubnetRequest, VpcRequest, Vpcs } from '@cloud-barista/driver/vpcs';
import { all, asToken, mark, markOf, page, type Api } from './api.ts';
import {
  isRouterInterface,
  networkList,
  routerList,
  subnetList,
  type Network,
  type Networks,
  type Port,
  type Router,
  type Subnet,
} from './networks.ts';

/** How long a deletion waits for what the cloud is still letting go of: 20 looks, half a second apart. */
const patience = { looks: 20, everyMs: 500 };

/** A port that we made for a VM that never came to be. */
const isLeftover = (port: Port): boolean => port.device_id === '' && markOf(port.description) !== undefined;

const describeNetwork = (token: Token, cidr: string): string => `${mark(token)} cb-cidr=${cidr}`;
const cidrOf = (network: Network): string | undefined =>
  /(?:^|\s)cb-cidr=(\S+)/.exec(network.description ?? '')?.[1];

/** The smallest block around all: what a network that is not ours is shown with. */
export function cover(blocks: readonly string[]): string {
  const cidrs = blocks.map(tryCidr).filter(cidr => cidr !== undefined);
  let [around] = cidrs;
  while (around !== undefined && !cidrs.every(cidr => contains(around as Cidr, cidr))) {
    const prefix: number = around.prefix - 1;
    const size = cidrSize({ base: 0, prefix });
    around = { base: around.base - (around.base % size), prefix };
  }
  return around === undefined ? '' : formatCidr(around);
}

const readSubnet = (subnet: Subnet): CloudSubnet => ({
  id: cloudId(subnet.id),
  name: subnet.name,
  cidr: subnet.cidr,
  zone: '',
});

function readVpc(network: Network, subnets: readonly Subnet[]): CloudVpc {
  return {
    id: cloudId(network.id),
    name: network.name,
    cidr: cidrOf(network) ?? cover(subnets.map(subnet => subnet.cidr)),
    subnets: subnets.map(readSubnet).sort((a, b) => (a.name < b.name ? -1 : 1)),
    ...asToken(markOf(network.description)),
  };
}

export function createVpcs(
  api: Api,
  networks: Networks,
): Vpcs & { findMarked(call: Call, token: Token): Promise<string[]> } {
  async function marked({ signal }: Call, token: Token): Promise<Network[]> {
    const { projectId } = await api.session(signal);
    // Neutron filters descriptions by the whole text, and the block stands in it too.
    const list = await all(api, { ...networkList, query: { project_id: projectId } }, signal);
    return list.filter(network => markOf(network.description) === token);
  }

  const subnetsOf = ({ signal }: Call, vpc: string): Promise<Subnet[]> =>
    all(api, { ...subnetList, query: { network_id: vpc, ip_version: '4' } }, signal);

  /** Ours by the mark that network and router share; none for a network that is not ours. */
  async function routersOf({ signal }: Call, token: string | undefined): Promise<Router[]> {
    if (token === undefined) return [];
    const query = { description: mark(token as Token) };
    const routers = await all(api, { ...routerList, query }, signal);
    return routers.filter(router => markOf(router.description) === token);
  }

  async function postSubnet(call: CreateCall, network: string, request: SubnetRequest): Promise<Subnet> {
    const { name, cidr } = request;
    const subnet = {
      network_id: network,
      name,
      cidr,
      ip_version: 4,
      enable_dhcp: true,
      description: mark(call.token),
    };
    const order = { resource: 'subnet', name, body: { subnet } } as const;
    return (await api.send<{ subnet: Subnet }>('network', 'POST /subnets', order, call.signal)).subnet;
  }

  /** Adding one that stands is 400 to Neutron, as much else is: so see whether it stands. */
  async function attach(call: Call, router: string, subnet: string): Promise<void> {
    const body = { subnet_id: subnet };
    const order = { resource: 'subnet', name: subnet, path: { id: router }, body } as const;
    try {
      await api.send('network', 'PUT /routers/{id}/add_router_interface', order, call.signal);
    } catch (error) {
      if (!hasCode(error, 'invalid_argument', 'failed_precondition')) throw error;
      const ports = await networks.ports(call, { device_id: router });
      if (!ports.some(port => isRouterInterface(port) && port.fixed_ips.some(ip => ip.subnet_id === subnet)))
        throw error;
    }
  }

  async function detach({ signal }: Call, router: string, body: { subnet_id: string } | { port_id: string }) {
    const order = { resource: 'subnet', name: router, path: { id: router }, body } as const;
    await orAbsent(api.send('network', 'PUT /routers/{id}/remove_router_interface', order, signal));
  }

  /** True where every VM behind these ports is on its way out or gone, and its port only waits to follow. */
  async function leaving({ signal }: Call, ports: readonly Port[]): Promise<boolean> {
    const devices = [...new Set(ports.map(port => port.device_id))];
    if (devices.length > 16 || ports.some(port => !port.device_owner.startsWith('compute:'))) return false;
    const servers = await together(
      devices.map(id => {
        const order = { resource: 'vm', name: id, path: { id } } as const;
        return orAbsent(
          api.send<{ server: Record<string, unknown> }>('compute', 'GET /servers/{id}', order, signal),
        );
      }),
    );
    return servers.every(one => one === undefined || one.server['OS-EXT-STS:task_state'] === 'deleting');
  }

  /** The ports in use by others than the network itself, once those of ending VMs have gone. */
  async function waitForPorts(call: Call, query: Record<string, string>, what: string): Promise<Port[]> {
    for (let look = 1; ; look++) {
      const ports = await networks.ports(call, query);
      const used = ports.filter(port => !port.device_owner.startsWith('network:') && !isLeftover(port));
      if (used.length === 0) return ports;
      if (look === patience.looks || !(await leaving(call, used)))
        throw new BaristaError(
          'failed_precondition',
          `${what} is still used by ${used.length} port${used.length > 1 ? 's' : ''} of VMs or others.`,
          {
            next: 'Terminate what stands in it first.',
            where: 'vpc',
            cause: 'NetworkInUse',
          },
        );
      await pause(patience.everyMs, call.signal);
    }
  }

  const dropLeftovers = (call: Call, ports: readonly Port[]): Promise<unknown> =>
    together(ports.filter(isLeftover).map(port => networks.deletePort(call, port.id)));

  return {
    async create(call: CreateCall, request: VpcRequest): Promise<CloudVpc> {
      const external = await networks.external(call);
      const { name } = request;
      let network = call.again ? (await marked(call, call.token))[0] : undefined;
      const halfMade = network !== undefined;
      if (network === undefined) {
        const body = { network: { name, description: describeNetwork(call.token, request.cidr) } };
        const order = { resource: 'vpc', name, body } as const;
        network = (await api.send<{ network: Network }>('network', 'POST /networks', order, call.signal))
          .network;
      }
      const { id } = network;
      const standing = halfMade ? await subnetsOf(call, id) : [];
      const [known] = halfMade ? await routersOf(call, call.token) : [];
      const makeRouter = async (): Promise<Router> => {
        const router = {
          name,
          description: mark(call.token),
          external_gateway_info: { network_id: external },
        };
        const order = { resource: 'vpc', name, body: { router } } as const;
        return (await api.send<{ router: Router }>('network', 'POST /routers', order, call.signal)).router;
      };
      const making = known === undefined ? makeRouter() : Promise.resolve(known);
      const subnets = request.subnets.map(async wanted => {
        const stands = standing.find(subnet => subnet.name === wanted.name && subnet.cidr === wanted.cidr);
        return stands ?? (await postSubnet(call, id, wanted));
      });
      await together([making, ...subnets]);
      const router = await making;
      const made = await together(subnets);
      // One at a time: Neutron serialises changes of a router by refusing and repeating.
      const attached = known === undefined ? [] : await networks.ports(call, { device_id: router.id });
      const joined = new Set(
        attached.filter(isRouterInterface).flatMap(port => port.fixed_ips.map(ip => ip.subnet_id)),
      );
      for (const subnet of made) if (!joined.has(subnet.id)) await attach(call, router.id, subnet.id);
      networks.forget(id);
      return readVpc(network, [...made, ...standing.filter(subnet => !made.includes(subnet))]);
    },

    async list(call: PageCall) {
      const { projectId } = await api.session(call.signal);
      const own = { project_id: projectId };
      const query = { ...own, 'router:external': 'false', sort_key: 'id', sort_dir: 'asc' };
      const { items, next } = await page(api, { ...networkList, query }, call);
      // A few networks are named in the question; more would not fit into an address.
      const which = items.length <= 40 ? { network_id: items.map(one => one.id) } : own;
      const subnets =
        items.length === 0
          ? []
          : await all(api, { ...subnetList, query: { ...which, ip_version: '4' } }, call.signal);
      const byNetwork = Map.groupBy(subnets, subnet => subnet.network_id);
      const vpcs = items
        .filter(one => one['router:external'] !== true)
        .map(one => readVpc(one, byNetwork.get(one.id) ?? []));
      return { items: vpcs, ...(next !== undefined && { next }) };
    },

    async get(call: Call, id: CloudId) {
      const [network, subnets] = await together([networks.get(call, id), subnetsOf(call, id)]);
      return readVpc(network, subnets);
    },

    async delete(call: Call, id: CloudId) {
      const network = await orAbsent(networks.get(call, id));
      if (network === undefined) return;
      const ports = await waitForPorts(call, { network_id: id }, `VPC ${network.name}`);
      const routers = await routersOf(call, markOf(network.description));
      const foreign = ports.find(
        port => isRouterInterface(port) && !routers.some(router => router.id === port.device_id),
      );
      if (foreign)
        throw new BaristaError(
          'failed_precondition',
          `VPC ${network.name} is joined to router ${foreign.device_id}, which was not made with it.`,
          { next: 'Remove that router’s interface first.', where: 'vpc', cause: 'NetworkInUse' },
        );
      await dropLeftovers(call, ports);
      for (const router of routers) {
        for (const port of ports)
          if (port.device_id === router.id && isRouterInterface(port))
            await detach(call, router.id, { port_id: port.id });
        const order = { resource: 'vpc', name: router.id, path: { id: router.id } } as const;
        await orAbsent(api.send('network', 'DELETE /routers/{id}', order, call.signal));
      }
      // Its subnets and DHCP ports go with it. A port that came meanwhile, or one on its way out, is 409.
      for (let look = 1; ; look++) {
        const order = { resource: 'vpc', name: id, path: { id } } as const;
        try {
          await orAbsent(api.send('network', 'DELETE /networks/{id}', order, call.signal));
          break;
        } catch (error) {
          if (!hasCode(error, 'failed_precondition') || look === patience.looks) throw error;
          await pause(patience.everyMs, call.signal);
          await dropLeftovers(call, await waitForPorts(call, { network_id: id }, `VPC ${network.name}`));
        }
      }
      networks.forget(id);
    },

    async addSubnet(call: CreateCall, vpc: CloudId, request: SubnetRequest) {
      const network = await networks.get(call, vpc);
      const made = call.again
        ? (await subnetsOf(call, vpc)).find(subnet => markOf(subnet.description) === call.token)
        : undefined;
      const subnet = made ?? (await postSubnet(call, vpc, request));
      networks.forget(vpc);
      for (const router of await routersOf(call, markOf(network.description)))
        await attach(call, router.id, subnet.id);
      return readSubnet(subnet);
    },

    async removeSubnet(call: Call, vpc: CloudId, subnet: CloudId) {
      const order = { resource: 'subnet', name: subnet, path: { id: subnet } } as const;
      const found = await orAbsent(
        api.send<{ subnet: Subnet }>('network', 'GET /subnets/{id}', order, call.signal),
      );
      if (found === undefined || found.subnet.network_id !== vpc) return;
      // Looked at first: once its router is gone, the VMs in it would be cut off by an attempt that fails.
      const query = { network_id: vpc, fixed_ips: `subnet_id=${subnet}` };
      const ports = await waitForPorts(call, query, `Subnet ${found.subnet.name}`);
      for (const port of ports)
        if (isRouterInterface(port)) await detach(call, port.device_id, { subnet_id: subnet });
      await dropLeftovers(call, ports);
      await orAbsent(api.send('network', 'DELETE /subnets/{id}', order, call.signal));
      networks.forget(vpc);
    },

    async findMarked(call, token) {
      return (await marked(call, token)).map(network => network.id);
    },
  };
}
