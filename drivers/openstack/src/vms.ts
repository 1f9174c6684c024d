/**
 * VMs by Nova, their addresses by Neutron (Compute API v2.1, "Servers", "Servers - run an action").
 *
 * The network port. Where the VPC has one subnet, the order names the network, and Nova makes the port and deletes it with
 * the server: one request, and nothing that could be left behind. Where it has several, Neutron would choose the subnet, so
 * the port is made first, on the one asked for; Nova leaves such a port behind, so it is marked, noted in the server's
 * metadata, and deleted before the server.
 *
 * The end. Floating IP, then own port, then server: as long as anything is left, the server is there to be terminated
 * again – or, if it is not, its id finds the floating IP.
 */
import { together } from '@cloud-barista/driver/concurrency';
import { orAbsent } from '@cloud-barista/driver/errors';
import { createShared } from '@cloud-barista/driver/shared';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import type { Call, CreateCall, PageCall } from '@cloud-barista/driver/call';
import type { CloudVm, VmRequest, Vms } from '@cloud-barista/driver/vms';
import { all, mark, markOf, page, walk, type Api, type Listing } from './api.ts';
import { createFloatingIps, publicPort } from './floating-ips.ts';
import { findImage, isUuid } from './images.ts';
import { portList, type Networks, type Port } from './networks.ts';
import { metadataFor, ownPortOf, readServer, tokenOf, vpcOf, type Server } from './servers.ts';
import type { FlavorBook } from './specs.ts';

interface One {
  server: Server;
}

const listing: Listing<Server> = {
  service: 'compute',
  call: 'GET /servers/detail',
  resource: 'vm',
  key: 'servers',
  id: server => server.id,
};

/** Up to so many are read one by one; more cost fewer requests by the list. */
const few = 16;
/** What a create leaves that got as far as its port and no further; findMarked says it, terminate understands it. */
const portPrefix = 'port/';

export function createVms(
  api: Api,
  networks: Networks,
  flavors: FlavorBook,
): Vms & { findMarked(call: Call, token: Token): Promise<string[]> } {
  const { zone } = api.settings;
  const floatingIps = createFloatingIps(api, networks);
  const images = createShared(60_000, async (ref, signal) => (await findImage(api, { signal }, ref)).id);

  async function show({ signal }: Call, id: string): Promise<Server> {
    const order = { resource: 'vm', name: id, path: { id } } as const;
    return (await api.send<One>('compute', 'GET /servers/{id}', order, signal)).server;
  }

  async function act({ signal }: Call, id: string, body: Record<string, unknown>): Promise<void> {
    const order = { resource: 'vm', name: id, path: { id }, body } as const;
    await api.send('compute', 'POST /servers/{id}/action', order, signal);
  }

  /** Nova does not filter by metadata; it lists the newest first, which is where what is looked for stands. */
  async function findServer({ signal }: Call, token: Token): Promise<Server | undefined> {
    for await (const servers of walk(api, listing, signal)) {
      const found = servers.find(server => tokenOf(server) === token);
      if (found) return found;
    }
    return undefined;
  }

  async function findPort({ signal }: Call, token: Token): Promise<Port | undefined> {
    const ports = await all(api, { ...portList, query: { description: mark(token) } }, signal);
    return ports.find(port => markOf(port.description) === token);
  }

  /** Servers as VMs, with what Nova does not tell. */
  async function describe(call: Call, servers: readonly Server[]): Promise<CloudVm[]> {
    const vms = servers.map(readServer);
    // Nova shows a floating IP only when its cache of Neutron's answers is renewed, seconds after it was given.
    const bare = servers.filter((server, at) => {
      const vm = vms[at];
      return vm?.state === 'Running' && vm.publicIp === '' && tokenOf(server) !== undefined;
    });
    // Others' servers have no note of ours of where they stand.
    const strange = servers.filter(server => vpcOf(server) === undefined).map(server => server.id);
    const [addresses, ports] = await Promise.all([
      bare.length > 0
        ? floatingIps.addresses(
            call,
            bare.map(server => server.id),
          )
        : new Map<string, string>(),
      portsOf(call, strange),
    ]);
    return vms.map(vm => {
      const port = ports.get(vm.id);
      return {
        ...vm,
        publicIp: vm.publicIp || (addresses.get(vm.id) ?? ''),
        ...(port && {
          vpc: cloudId(port.network_id),
          subnet: cloudId(port.fixed_ips[0]?.subnet_id ?? ''),
          securityGroups: port.security_groups.map(cloudId),
        }),
      };
    });
  }

  async function portsOf(call: Call, servers: readonly string[]): Promise<Map<string, Port>> {
    const found = new Map<string, Port>();
    // As many ids as fit into an address.
    for (let at = 0; at < servers.length; at += 40)
      for (const port of await networks.ports(call, { device_id: servers.slice(at, at + 40) }))
        if (!found.has(port.device_id)) found.set(port.device_id, port);
    return found;
  }

  async function makePort(call: CreateCall, request: VmRequest): Promise<string> {
    const left = call.again ? await findPort(call, call.token) : undefined;
    if (left) return left.id;
    const port = {
      network_id: request.vpc,
      name: request.name,
      description: mark(call.token),
      fixed_ips: [{ subnet_id: request.subnet }],
      security_groups: request.securityGroups,
    };
    const order = { resource: 'vm', name: request.name, body: { port } } as const;
    return (await api.send<{ port: Port }>('network', 'POST /ports', order, call.signal)).port.id;
  }

  async function post(
    call: CreateCall,
    request: VmRequest,
    port: string | undefined,
    image: string,
    flavor: string,
  ) {
    const { name, rootDiskGb, userData } = request;
    // "Block device mapping in Nova": a volume made from the image, which goes with the server.
    const disk = {
      boot_index: 0,
      uuid: image,
      source_type: 'image',
      destination_type: 'volume',
      volume_size: rootDiskGb,
      delete_on_termination: true,
    };
    const server = {
      name,
      flavorRef: flavor,
      ...(rootDiskGb === undefined ? { imageRef: image } : { block_device_mapping_v2: [disk] }),
      key_name: request.keyPair,
      metadata: metadataFor(call.token, request, image, port),
      // Groups are the port's: Nova takes them only for ports that it makes, by name or id.
      ...(port === undefined
        ? {
            networks: [{ uuid: request.vpc }],
            security_groups: request.securityGroups.map(id => ({ name: id })),
          }
        : { networks: [{ port }] }),
      ...(zone !== '' && { availability_zone: zone }),
      ...(userData !== undefined && { user_data: Buffer.from(userData, 'utf8').toString('base64') }),
    };
    const order = { resource: 'vm', name, body: { server } } as const;
    return (await api.send<One>('compute', 'POST /servers', order, call.signal)).server.id;
  }

  return {
    async create(call: CreateCall, request: VmRequest): Promise<CloudVm> {
      const made = call.again ? await findServer(call, call.token) : undefined;
      if (made) return (await describe(call, [made]))[0] ?? readServer(made);
      await requireVolumes(call, request);
      const [flavor, image] = await together([
        flavors.resolve(call, request.spec),
        isUuid(request.image)
          ? Promise.resolve<string>(request.image)
          : images.get(request.image, call.signal),
      ]);
      const subnets = await networks.subnetIds(call, request.vpc);
      if (!subnets.includes(request.subnet)) {
        // Perhaps it is a new one of another writer.
        networks.forget(request.vpc);
        throw new BaristaError('not_found', `VPC ${request.vpc} has no subnet ${request.subnet}.`, {
          next: 'List the VPC’s subnets.',
          where: 'subnet',
        });
      }
      const port = subnets.length > 1 ? await makePort(call, request) : undefined;
      try {
        const id = await post(call, request, port, image, flavor);
        return {
          id: cloudId(id),
          name: request.name,
          state: 'Creating',
          image: cloudId(image),
          spec: cloudId(flavor),
          vpc: request.vpc,
          subnet: request.subnet,
          securityGroups: request.securityGroups,
          keyPair: request.keyPair,
          zone,
          publicIp: '',
          privateIp: '',
          created: new Date().toISOString(),
          token: call.token,
        };
      } catch (error) {
        // Refused: the port goes. Unknown: it stays, to be found by its mark together with the server or without.
        if (port !== undefined && hasCode(error, ...refusals))
          await networks.deletePort(call, port).catch(() => undefined);
        throw error;
      }
    },

    async complete(call: CreateCall, id: CloudId): Promise<CloudVm> {
      const [server, ports] = await Promise.all([show(call, id), networks.ports(call, { device_id: id })]);
      const [vm = readServer(server)] = call.again ? await describe(call, [server]) : [];
      if (vm.publicIp !== '') return vm;
      return { ...vm, publicIp: await floatingIps.ensure(call, id, publicPort(ports, vpcOf(server), id)) };
    },

    async list(call: PageCall) {
      const { items, next } = await page(
        api,
        { ...listing, query: { sort_key: 'uuid', sort_dir: 'asc' } },
        call,
      );
      // Nova filters zones for operators only. A server has none until it is scheduled.
      const here = items.filter(server => {
        const stands = server['OS-EXT-AZ:availability_zone'] ?? '';
        return zone === '' || stands === '' || stands === zone;
      });
      return { items: await describe(call, here), ...(next !== undefined && { next }) };
    },

    async get(call: Call, id: CloudId) {
      const server = await show(call, id);
      return (await describe(call, [server]))[0] ?? readServer(server);
    },

    async getMany(call: Call, ids: CloudId[]) {
      const wanted = new Set<string>(ids);
      const found: Server[] = [];
      if (wanted.size > few) {
        // Newest first, for what is asked about in bulk has mostly just been made.
        const limit = Math.min(1000, wanted.size * 2);
        for await (const servers of walk(api, listing, call.signal, limit)) {
          for (const server of servers) if (wanted.delete(server.id)) found.push(server);
          if (wanted.size <= few) break;
        }
      }
      if (wanted.size <= few) {
        const rest = await together([...wanted].map(id => orAbsent(show(call, id))));
        found.push(...rest.filter(server => server !== undefined));
      }
      return describe(call, found);
    },

    suspend: (call: Call, id: CloudId) => act(call, id, { 'os-stop': null }),
    resume: (call: Call, id: CloudId) => act(call, id, { 'os-start': null }),
    reboot: (call: Call, id: CloudId) => act(call, id, { reboot: { type: 'SOFT' } }),

    async terminate(call: Call, id: CloudId) {
      if (id.startsWith(portPrefix)) return networks.deletePort(call, id.slice(portPrefix.length));
      const [server] = await together([
        orAbsent(show(call, id)),
        floatingIps.release(call, id).then(() => undefined),
      ]);
      if (server === undefined) return;
      const port = ownPortOf(server);
      if (port !== undefined) await networks.deletePort(call, port);
      const order = { resource: 'vm', name: id, path: { id } } as const;
      await orAbsent(api.send('compute', 'DELETE /servers/{id}', order, call.signal));
    },

    async findMarked(call, token) {
      const server = await findServer(call, token);
      if (server) return [server.id];
      const port = await findPort(call, token);
      return port ? [`${portPrefix}${port.id}`] : [];
    },
  };

  async function requireVolumes(call: Call, request: VmRequest): Promise<void> {
    if (request.rootDiskGb === undefined || (await api.session(call.signal)).hasVolumes) return;
    throw new BaristaError(
      'unimplemented',
      'This OpenStack region has no block storage, so a root disk has its spec’s size.',
      {
        next: 'Leave rootDiskGb out, or choose a spec with a larger disk.',
        where: 'rootDiskGb',
      },
    );
  }
}

/** After these the cloud has surely not taken the order. */
const refusals = [
  'invalid_argument',
  'failed_precondition',
  'permission_denied',
  'unauthenticated',
  'not_found',
  'already_exists',
  'resource_exhausted',
  'unimplemented',
] as const;
