/**
 * Public addresses of the account's own: floating IPs (Networking API v2.0, "Floating IPs"). They have no name, so it stands in
 * the description behind the mark. Those that VMs came with (floating-ips.ts) are described otherwise, and are none of these.
 *
 * Neutron lets an address of a VM carry one floating IP. A VM that is to carry another loses its first one: set aside,
 * then – once the other is in its place – given back. Whatever breaks, its description still names the VM, whose end releases it.
 */
import { together } from '@cloud-barista/driver/concurrency';
import { orAbsent } from '@cloud-barista/driver/errors';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import type { Call, CreateCall, PageCall } from '@cloud-barista/driver/call';
import type { CloudPublicIp, PublicIps } from '@cloud-barista/driver/public-ips';
import { all, asToken, mark, markOf, page, type Api } from './api.ts';
import { isOfVm, publicPort, type FloatingIps } from './floating-ips.ts';
import { floatingIpList, type FloatingIp, type Networks, type Port } from './networks.ts';
import { readServer, vpcOf, type Server } from './servers.ts';
import { waitUntil } from './wait.ts';

interface One {
  floatingip: FloatingIp;
}

/**
 * Neutron tells Nova of a changed floating IP, and Nova shows it in a second or two. Where the operator switched that off, Nova looks by
 * itself every minute (heal_instance_info_cache_interval).
 */
const patienceMs = 75_000;

const describe = (token: Token, name: string): string => `${mark(token)} cb-name=${name}`;

export const readFloatingIp = (ip: FloatingIp, vm: string): CloudPublicIp => ({
  id: cloudId(ip.id),
  name: /(?:^|\s)cb-name=(\S+)/.exec(ip.description ?? '')?.[1] ?? (ip.description || ip.floating_ip_address),
  address: ip.floating_ip_address,
  vm: cloudId(vm),
  ...asToken(markOf(ip.description)),
});

const list = { ...floatingIpList, resource: 'public-ip' } as const;
const isVms = (owner: string | undefined): boolean => owner?.startsWith('compute:') === true;

export function createPublicIps(
  api: Api,
  networks: Networks,
  floatingIps: FloatingIps,
): PublicIps & { findMarked(call: Call, token: Token): Promise<string[]> } {
  const about = (id: string) => ({ resource: 'public-ip', name: id, path: { id } }) as const;

  async function show({ signal }: Call, id: string): Promise<FloatingIp> {
    return (await api.send<One>('network', 'GET /floatingips/{id}', about(id), signal)).floatingip;
  }
  async function own(call: Call): Promise<Record<string, string>> {
    return { project_id: (await api.session(call.signal)).projectId };
  }
  async function marked(call: Call, token: Token): Promise<FloatingIp[]> {
    // Neutron filters descriptions by the whole text, and the name stands in it too.
    const ips = await all(api, { ...list, query: await own(call) }, call.signal);
    return ips.filter(ip => markOf(ip.description) === token);
  }

  /** Ports by id, of those whose floating IP does not tell (extension fip-port-details: Rocky). */
  async function portsOf(call: Call, ips: readonly FloatingIp[]): Promise<Map<string, Port>> {
    const silent = ips.flatMap(ip => (ip.port_id !== null && !ip.port_details ? [ip.port_id] : []));
    const found = new Map<string, Port>();
    // As many ids as fit into an address.
    for (let at = 0; at < silent.length; at += 40)
      for (const port of await networks.ports(call, { id: silent.slice(at, at + 40) }))
        found.set(port.id, port);
    return found;
  }
  async function read(call: Call, ips: readonly FloatingIp[]): Promise<CloudPublicIp[]> {
    const ports = await portsOf(call, ips);
    return ips.map(ip => {
      const port = ip.port_id === null ? undefined : (ip.port_details ?? ports.get(ip.port_id));
      return readFloatingIp(ip, isVms(port?.device_owner) ? (port?.device_id ?? '') : '');
    });
  }

  async function put({ signal }: Call, id: string, port: string | null): Promise<void> {
    const order = { ...about(id), body: { floatingip: { port_id: port } } };
    await api.send('network', 'PUT /floatingips/{id}', order, signal);
  }

  async function serverOf({ signal }: Call, id: string): Promise<Server> {
    return (await api.send<{ server: Server }>('compute', 'GET /servers/{id}', about(id), signal)).server;
  }
  async function waitForNova(call: Call, vm: string, wanted: (address: string) => boolean): Promise<void> {
    await waitUntil(call.signal, patienceMs, async () => {
      const server = await orAbsent(serverOf(call, vm));
      return server === undefined || wanted(readServer(server).publicIp);
    });
  }

  return {
    async create(call: CreateCall, { name }): Promise<CloudPublicIp> {
      const made = call.again ? await marked(call, call.token) : [];
      const [left] = await read(call, made);
      if (left) return left;
      const floatingip = {
        floating_network_id: await networks.external(call),
        description: describe(call.token, name),
      };
      const order = { resource: 'public-ip', name, body: { floatingip } } as const;
      const answer = await api.send<One>('network', 'POST /floatingips', order, call.signal);
      return readFloatingIp(answer.floatingip, '');
    },

    async list(call: PageCall) {
      const query = { ...(await own(call)), sort_key: 'id', sort_dir: 'asc' };
      const { items, next } = await page(api, { ...list, query }, call);
      const ips = await read(
        call,
        items.filter(ip => !isOfVm(ip)),
      );
      return { items: ips, ...(next !== undefined && { next }) };
    },

    async get(call: Call, id: CloudId) {
      const ip = await show(call, id);
      const [found] = await read(call, [ip]);
      return found ?? readFloatingIp(ip, '');
    },

    async delete(call: Call, id: CloudId) {
      const ip = await orAbsent(show(call, id));
      if (ip === undefined) return;
      // Neutron would take it from the VM.
      if (ip.port_id !== null)
        throw new BaristaError(
          'failed_precondition',
          `Port ${ip.port_id} carries ${ip.floating_ip_address}.`,
          {
            next: 'Dissociate it first.',
            where: 'publicIp',
          },
        );
      await orAbsent(api.send('network', 'DELETE /floatingips/{id}', about(id), call.signal));
    },

    async associate(call: Call, id: CloudId, vm: CloudId) {
      const [ip, server, ports] = await Promise.all([
        show(call, id),
        serverOf(call, vm),
        networks.ports(call, { device_id: vm }),
      ]);
      if (ip.port_id !== null && !ports.some(port => port.id === ip.port_id))
        throw new BaristaError('failed_precondition', `Another carries ${ip.floating_ip_address}.`, {
          next: 'Dissociate it there first.',
          where: 'publicIp',
        });
      if (ip.port_id === null) {
        const port = publicPort(ports, vpcOf(server), vm);
        const before = (await all(api, { ...list, query: { port_id: port.id } }, call.signal)).filter(
          one => one.port_id === port.id,
        );
        await together(before.map(one => put(call, one.id, null)));
        try {
          await put(call, id, port.id);
        } catch (error) {
          await Promise.allSettled(before.map(one => put(call, one.id, port.id)));
          throw error;
        }
      }
      await floatingIps.release(call, vm);
      await waitForNova(call, vm, address => address === ip.floating_ip_address);
    },

    async dissociate(call: Call, id: CloudId, vm: CloudId) {
      const ip = await show(call, id);
      const [found] = await read(call, [ip]);
      if (found?.vm !== vm) return;
      await put(call, id, null);
      await waitForNova(call, vm, address => address !== ip.floating_ip_address);
    },

    async findMarked(call, token) {
      return (await marked(call, token)).map(ip => ip.id);
    },
  };
}
