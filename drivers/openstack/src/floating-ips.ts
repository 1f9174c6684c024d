/**
 * The public address of a VM (Networking API v2.0, "Floating IPs"). Its description names the server, not the token: by
 * the server's id it is found and released also when the server, and the token in its metadata, are gone already.
 */
import { together } from '@cloud-barista/driver/concurrency';
import { orAbsent } from '@cloud-barista/driver/errors';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { Call, CreateCall } from '@cloud-barista/driver/call';
import { all, type Api } from './api.ts';
import { floatingIpList, type FloatingIp, type Networks, type Port } from './networks.ts';

const markFor = (server: string): string => `cb-vm=${server}`;
/** True for those that VMs are made with. */
export const isOfVm = (ip: FloatingIp): boolean => ip.description?.startsWith(markFor('')) === true;

export interface FloatingIps {
  /** Gives the port one, unless it has one. The address. */
  ensure(call: CreateCall, server: string, port: Port): Promise<string>;
  /** Server to address, of those that have one of ours bound. */
  addresses(call: Call, servers: readonly string[]): Promise<Map<string, string>>;
  release(call: Call, server: string): Promise<void>;
}

export function createFloatingIps(api: Api, networks: Networks): FloatingIps {
  const find = ({ signal }: Call, query: Record<string, string | string[]>): Promise<FloatingIp[]> =>
    all(api, { ...floatingIpList, query }, signal);

  const ofServer = async (call: Call, server: string): Promise<FloatingIp[]> =>
    (await find(call, { description: markFor(server) })).filter(ip => ip.description === markFor(server));

  async function bind({ signal }: Call, ip: FloatingIp, port: Port): Promise<string> {
    const body = { floatingip: { port_id: port.id } };
    const order = { resource: 'vm', name: ip.id, path: { id: ip.id }, body } as const;
    await api.send('network', 'PUT /floatingips/{id}', order, signal);
    return ip.floating_ip_address;
  }

  return {
    async ensure(call, server, port) {
      // An earlier attempt may have left one: on the port already, or (port replaced meanwhile) free.
      const [left] = call.again ? await ofServer(call, server) : [];
      if (left) return left.port_id === port.id ? left.floating_ip_address : bind(call, left, port);
      const floatingip = {
        floating_network_id: await networks.external(call),
        port_id: port.id,
        description: markFor(server),
      };
      // Neutron gives a fixed address one floating IP and refuses the second: sent twice it makes one.
      const order = { resource: 'vm', name: server, body: { floatingip }, idempotent: true } as const;
      try {
        const made = await api.send<{ floatingip: FloatingIp }>(
          'network',
          'POST /floatingips',
          order,
          call.signal,
        );
        return made.floatingip.floating_ip_address;
      } catch (error) {
        if (!hasCode(error, 'already_exists', 'failed_precondition')) throw error;
        const [bound] = await find(call, { port_id: port.id });
        if (bound?.port_id === port.id) return bound.floating_ip_address;
        throw error;
      }
    },

    async addresses(call, servers) {
      const wanted = new Map(servers.map(server => [markFor(server), server]));
      const { projectId } = await api.session(call.signal);
      // A few are named in the question; more would not fit into an address.
      const found = await find(
        call,
        wanted.size <= 20 ? { description: [...wanted.keys()] } : { project_id: projectId },
      );
      const result = new Map<string, string>();
      for (const ip of found) {
        const server = wanted.get(ip.description ?? '');
        if (server !== undefined && ip.port_id !== null) result.set(server, ip.floating_ip_address);
      }
      return result;
    },

    async release(call, server) {
      await together(
        (await ofServer(call, server)).map(({ id }) => {
          const order = { resource: 'vm', name: server, path: { id } } as const;
          return orAbsent(api.send('network', 'DELETE /floatingips/{id}', order, call.signal));
        }),
      );
    },
  };
}

/** The port that a VM's public address belongs on: IPv4, in its VPC where that is known. */
export function publicPort(ports: readonly Port[], vpc: string | undefined, server: string): Port {
  const usable = ports.filter(port => port.fixed_ips.some(ip => ip.ip_address.includes('.')));
  const port = usable.find(one => one.network_id === vpc) ?? usable[0];
  if (port) return port;
  throw new BaristaError('failed_precondition', `Server ${server} has no network port yet.`, {
    next: 'Complete it once it is Running.',
    where: 'vm',
  });
}
