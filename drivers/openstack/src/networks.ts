/** What VPCs and VMs both ask Neutron (Networking API v2.0): networks, the external one, ports, routers. */
import { orAbsent } from '@cloud-barista/driver/errors';
import { createShared } from '@cloud-barista/driver/shared';
import { BaristaError } from '@cloud-barista/model/errors';
import type { ResourceKind } from '@cloud-barista/model/call';
import { suggest } from '@cloud-barista/model/nearest';
import type { Call } from '@cloud-barista/driver/call';
import { all, type Api, type Listing, type Query } from './api.ts';

export interface Network {
  id: string;
  name: string;
  description?: string;
  /** Ids, of IPv6 subnets too. */
  subnets: string[];
  'router:external'?: boolean;
  is_default?: boolean;
}
export interface Subnet {
  id: string;
  name: string;
  network_id: string;
  cidr: string;
  description?: string;
}
export interface Port {
  id: string;
  network_id: string;
  /** "" while nothing uses it. */
  device_id: string;
  /** `compute:<zone>`, `network:dhcp`, `network:router_interface` …; "" while nothing uses it. */
  device_owner: string;
  description?: string;
  fixed_ips: { subnet_id: string; ip_address: string }[];
  security_groups: string[];
}
export interface Router {
  id: string;
  description?: string;
}
export interface FloatingIp {
  id: string;
  description?: string;
  floating_ip_address: string;
  port_id: string | null;
  port_details?: Pick<Port, 'device_id' | 'device_owner'> | null;
}

const listing = <T extends { id: string }>(
  call: string,
  key: string,
  resource: ResourceKind,
): Listing<T> => ({
  service: 'network',
  call,
  resource,
  key,
  id: item => item.id,
});
export const networkList = listing<Network>('GET /networks', 'networks', 'vpc');
export const subnetList = listing<Subnet>('GET /subnets', 'subnets', 'subnet');
export const portList = listing<Port>('GET /ports', 'ports', 'vm');
export const routerList = listing<Router>('GET /routers', 'routers', 'vpc');
export const floatingIpList = listing<FloatingIp>('GET /floatingips', 'floatingips', 'vm');

/** The ends of router interfaces: plain, distributed (DVR) and highly available ones. */
const interfaceOwners = [
  'network:router_interface',
  'network:router_interface_distributed',
  'network:ha_router_replicated_interface',
];
export const isRouterInterface = (port: Port): boolean => interfaceOwners.includes(port.device_owner);

export interface Networks {
  get(call: Call, id: string): Promise<Network>;
  ports(call: Call, query: Query): Promise<Port[]>;
  deletePort(call: Call, id: string): Promise<void>;
  /** The network that routers and floating IPs go out by. failed_precondition where there is none. */
  external(call: Call): Promise<string>;
  /**
   * The ids of a VPC's subnets. Kept for seconds, so that a hundred creates in a row cost one request; `forget` on
   * every change of ours.
   */
  subnetIds(call: Call, vpc: string): Promise<string[]>;
  forget(vpc: string): void;
}

export function createNetworks(api: Api): Networks {
  async function get({ signal }: Call, id: string): Promise<Network> {
    const order = { resource: 'vpc', name: id, path: { id } } as const;
    return (await api.send<{ network: Network }>('network', 'GET /networks/{id}', order, signal)).network;
  }

  async function findExternal(wanted: string, signal: AbortSignal): Promise<string> {
    const query = { 'router:external': 'true' };
    const found = (await all(api, { ...networkList, query }, signal)).filter(
      one => one['router:external'] !== false,
    );
    // Where the operator marked one as default (extension auto-allocated-topology) it is that; else the first by name.
    found.sort(
      (a, b) => Number(b.is_default ?? false) - Number(a.is_default ?? false) || (a.name < b.name ? -1 : 1),
    );
    const network = wanted === '' ? found[0] : found.find(one => one.name === wanted || one.id === wanted);
    if (network) return network.id;
    const names = found.map(one => one.name);
    throw new BaristaError(
      'failed_precondition',
      wanted === ''
        ? 'OpenStack shows this project no external network, so that nothing in it could be reached.'
        : `OpenStack shows this project no external network ${JSON.stringify(wanted)}.`,
      {
        next:
          wanted === ''
            ? 'Ask the cloud’s operator for one (router:external).'
            : suggest(wanted, names, `External networks: ${names.join(', ') || 'none'}.`),
        where: 'region.externalNetwork',
      },
    );
  }

  const externals = createShared(10 * 60_000, findExternal);
  const subnets = createShared(15_000, async (vpc, signal) => (await get({ signal }, vpc)).subnets);

  return {
    get,
    ports: ({ signal }, query) => all(api, { ...portList, query }, signal),
    async deletePort({ signal }, id) {
      const order = { resource: 'vm', name: id, path: { id } } as const;
      await orAbsent(api.send('network', 'DELETE /ports/{id}', order, signal));
    },
    external: ({ signal }) => externals.get(api.settings.externalNetwork, signal),
    subnetIds: ({ signal }, vpc) => subnets.get(vpc, signal),
    forget: vpc => subnets.forget(vpc),
  };
}
