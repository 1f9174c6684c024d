/** VMs are instances ("instances"). */
import { randomUUID } from 'node:crypto';
import type { Call, CreateCall } from '@cloud-barista/driver/call';
import { backOff, together } from '@cloud-barista/driver/concurrency';
import { orAbsent } from '@cloud-barista/driver/errors';
import type { Images } from '@cloud-barista/driver/images';
import type { Shared } from '@cloud-barista/driver/shared';
import type { CloudVm, VmRequest, Vms } from '@cloud-barista/driver/vms';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { CloudId, Token } from '@cloud-barista/model/ids';
import type { VmState } from '@cloud-barista/model/state';
import { checkOperation, tail, type Api } from './api.ts';
import type { Operation } from './errors.ts';
import { locate } from './images.ts';
import { labelsOf, listInstances, placeOf, readInstance, toState, toVm, type Instance } from './instances.ts';
import type { Listings } from '@cloud-barista/driver/listing';
import { requestIds } from './marks.ts';
import type { Orders } from './orders.ts';
import { appeared, insertsOf, underWay } from './pending.ts';
import { isPlace } from './places.ts';
import { networkOf, type Firewall } from './rules.ts';
import { guestMetadata } from './user-data.ts';
import type { Zones } from './zones.ts';

const path = 'projects/{project}/zones/{zone}/instances';

/** So few are asked for one by one; more by the zone's list, 500 a page. */
const oneByOne = 2;

/** "Live migration is not supported for GPU and bare-metal machine types": these must say that they stop for maintenance. */
const stopsForMaintenance = /^(a2|a3|a4|a4x|g2|g4)-|-metal$/;
/** Families that take Hyperdisk alone, and so not the default kind of disk ("Machine family resource guide"). */
const hyperdiskOnly = /^(a4|a4x|c4|c4a|c4d|h4d|m4|n4|n4a|n4d|x4)-/;

/** What each order needs, and where it finds its end reached. */
const deeds = {
  stop: {
    allowed: ['Running', 'Creating', 'Rebooting', 'Suspending', 'Suspended'],
    already: ['Suspending', 'Suspended'],
  },
  start: {
    allowed: ['Suspended', 'Creating', 'Running', 'Rebooting'],
    already: ['Creating', 'Running', 'Rebooting'],
  },
  reset: { allowed: ['Running', 'Rebooting'], already: [] },
} as const satisfies Record<string, { allowed: readonly VmState[]; already: readonly VmState[] }>;

/** How often an order is repeated while another operation holds the VM: about 13 s. */
const rounds = 12;

export interface Parts {
  zones: Zones;
  images: Images;
  listings: Listings;
  orders: Orders;
  /** By key pair id. */
  publicKeys: Shared<string>;
  /** By security group id. */
  markers: Shared<Firewall>;
}

export function createVms(
  api: Api,
  { zones, images, listings, orders, publicKeys, markers }: Parts,
): Vms & { findMarked(call: Call, token: Token): Promise<string[]> } {
  const { project } = api.settings;

  /** What we know of a VM beside what the cloud says: Google's STOPPING is said of both ends. */
  function read(instance: Instance): CloudVm {
    const vm = toVm(instance, project);
    return vm.state === 'Suspending' && orders.isEnding(vm.id) ? { ...vm, state: 'Terminating' } : vm;
  }

  const show = (call: Call, place: { zone: string; instance: string }, fields?: string) =>
    readInstance(api, call, place, fields);

  /** Orders that are under way are looked at by name: lists may not show them yet. */
  async function markedOrders(call: Call, zone: string, token: Token): Promise<Instance[]> {
    const scope = { resource: 'vm', place: { zone }, hidden: insertsOf('instances', new Set()) } as const;
    const found = (await underWay(api, call, scope)).map(async operation => {
      const place = { zone, instance: tail(operation.targetLink) };
      const early = await orAbsent(show(call, place));
      if (early !== undefined) return early;
      await orAbsent(api.end(operation, { resource: 'vm', name: place.instance }, call.signal));
      return orAbsent(show(call, place));
    });
    return (await together(found)).flatMap(one => (one?.labels?.['cb-token'] === token ? [one] : []));
  }

  async function marked(call: Call, token: Token): Promise<Instance[]> {
    const places = await zones.all(call);
    const look = async () =>
      (await listInstances(api, call, places, { filter: `labels.cb-token=${token}` })).filter(
        one => one.labels?.['cb-token'] === token,
      );
    const ours = await look();
    if (ours.length > 0) return ours;
    const orders = (await together(places.map(zone => markedOrders(call, zone, token)))).flat();
    // It may have come to show between the two questions.
    return orders.length > 0 ? orders : look();
  }

  /** The request's parts that Google does not know as things of their own, and so would not miss. */
  async function check({ signal }: Call, request: VmRequest): Promise<string> {
    const [publicKey] = await together([
      publicKeys.get(request.keyPair, signal),
      ...request.securityGroups.map(async id => {
        const marker = await markers.get(id, signal);
        if (networkOf(marker) === request.vpc) return marker;
        throw new BaristaError('invalid_argument', `Security group ${id} is not of VPC ${request.vpc}.`, {
          next: 'Use groups of the VM’s own VPC.',
          where: 'securityGroups',
        });
      }),
    ]);
    return publicKey;
  }

  /** Where the image lies; a family's is its newest, looked up, for the VM is to say which one it was made from. */
  async function locateImage(call: Call, id: CloudId): Promise<{ project: string; image: string }> {
    const isFamily = locate(id, project)?.image.startsWith('family/') === true;
    const image = locate(isFamily ? (await images.get(call, id)).id : id, project);
    if (image !== undefined) return image;
    throw new BaristaError('not_found', `${JSON.stringify(id.slice(0, 200))} is no image of Google Cloud.`, {
      next: 'Give it as projects/PROJECT/global/images/NAME.',
      where: 'image',
    });
  }

  function body(
    zone: string,
    call: CreateCall,
    request: VmRequest,
    publicKey: string,
    image: { project: string; image: string },
  ) {
    const { name, spec, rootDiskGb } = request;
    const metadata = guestMetadata(call.token, publicKey, request.userData);
    return {
      name,
      machineType: `zones/${zone}/machineTypes/${spec}`,
      labels: labelsOf(call.token, image, project, request.keyPair),
      tags: { items: request.securityGroups },
      disks: [
        {
          boot: true,
          autoDelete: true,
          initializeParams: {
            sourceImage: `projects/${image.project}/global/images/${image.image}`,
            ...(rootDiskGb !== undefined && { diskSizeGb: String(rootDiskGb) }),
            ...(hyperdiskOnly.test(spec) && { diskType: `zones/${zone}/diskTypes/hyperdisk-balanced` }),
          },
        },
      ],
      networkInterfaces: [
        {
          network: `projects/${project}/global/networks/${request.vpc}`,
          subnetwork: `projects/${project}/regions/${api.settings.region}/subnetworks/${request.subnet}`,
          accessConfigs: [{ type: 'ONE_TO_ONE_NAT', name: 'External NAT' }],
        },
      ],
      metadata: { items: Object.entries(metadata).map(([key, value]) => ({ key, value })) },
      ...(stopsForMaintenance.test(spec) && { scheduling: { onHostMaintenance: 'TERMINATE' } }),
    };
  }

  /**
   * Stop, start and their like: taken when answered. Google says resourceNotReady while another operation holds the VM – a reset a moment
   * ago – and of what its state forbids; so the state is looked at, and where it allows the deed the order is repeated for a while.
   */
  async function act(call: Call, id: CloudId, word: keyof typeof deeds, status?: string): Promise<void> {
    const place = placeOf(id);
    const { allowed, already }: { allowed: readonly VmState[]; already: readonly VmState[] } = deeds[word];
    const order = { resource: 'vm', name: place.instance, path: place } as const;
    for (let round = 0, now = status; ; round++) {
      const state = now === undefined ? undefined : toState(now);
      const ending = orders.isEnding(id);
      if (state !== undefined && already.includes(state) && !ending) return;
      if (state !== undefined && (ending || !allowed.includes(state)))
        throw new BaristaError('failed_precondition', `A VM that is ${state} can't be told to ${word}.`, {
          next: 'Wait until its state allows it.',
          cause: now,
        });
      // Suspended by another's hand (SUSPENDED) it is resumed; stopped (TERMINATED) it is started.
      const verb = word === 'start' && now === 'SUSPENDED' ? 'resume' : word;
      const query = { requestId: randomUUID() };
      try {
        return checkOperation(
          await api.send<Operation>(`POST ${path}/{instance}/${verb}`, { ...order, query }, call.signal),
        );
      } catch (error) {
        if (!hasCode(error, 'aborted') || round >= rounds) throw error;
        now = (await show(call, place, 'status')).status;
        await backOff(call.signal, round);
      }
    }
  }
  const statusOf = async (call: Call, id: CloudId): Promise<string> =>
    (await show(call, placeOf(id), 'status')).status ?? '';

  return {
    async create(call, request) {
      const [standing] = call.again ? await marked(call, call.token) : [];
      if (standing) return read(standing);
      const [zone, publicKey, image] = await Promise.all([
        zones.home(call),
        check(call, request),
        locateImage(call, request.image),
      ]);
      const place = { zone, instance: request.name };
      const order = {
        resource: 'vm',
        name: request.name,
        path: { zone },
        query: { requestId: requestIds(call)('instance') },
        body: body(zone, call, request, publicKey, image),
      } as const;
      try {
        const operation = await api.send<Operation>(`POST ${path}`, order, call.signal);
        const about = { resource: 'vm', name: request.name } as const;
        const vm = read(await appeared(api, call, operation, about, () => orAbsent(show(call, place))));
        orders.taken(operation, vm);
        return vm;
      } catch (error) {
        if (!hasCode(error, 'already_exists')) throw error;
        // Perhaps our own: sent twice, or the first time's answer was lost and its instance shows only now.
        const found = (await orAbsent(show(call, place))) ?? (await markedOrders(call, zone, call.token))[0];
        if (found?.labels?.['cb-token'] !== call.token) throw error;
        return read(found);
      }
    },

    list: call =>
      listings.page('vms', call, async () =>
        (await listInstances(api, call, await zones.all(call))).map(read),
      ),

    async get(call, id) {
      try {
        return read(await show(call, placeOf(id)));
      } catch (error) {
        if (!hasCode(error, 'not_found')) throw error;
        const [vm] = await orders.missing(call, isPlace(id) ? [id] : []);
        if (vm) return vm;
        throw error;
      }
    },

    async getMany(call, ids) {
      const places = ids.filter(isPlace).map(id => ({ id, ...placeOf(id) }));
      const byZone = Map.groupBy(places, place => place.zone);
      const lists = await together(
        [...byZone].map(async ([zone, wanted]) => {
          if (wanted.length <= oneByOne) return together(wanted.map(place => orAbsent(show(call, place))));
          const left = new Set(wanted.map(place => place.instance));
          const isWanted = ({ name = '' }: Instance) => left.has(name);
          let seen = 0;
          const enough = (page: Instance[]) => (seen += page.filter(isWanted).length) >= left.size;
          return (await listInstances(api, call, [zone], { enough })).filter(isWanted);
        }),
      );
      const vms = lists.flat().flatMap(instance => (instance ? [read(instance)] : []));
      const found = new Set<string>(vms.map(vm => vm.id));
      const missing = places.map(place => place.id).filter(id => !found.has(id));
      return [...vms, ...(missing.length > 0 ? await orders.missing(call, missing) : [])];
    },

    suspend: (call, id) => act(call, id, 'stop'),
    resume: async (call, id) => act(call, id, 'start', await statusOf(call, id)),
    reboot: async (call, id) => act(call, id, 'reset', await statusOf(call, id)),

    async terminate(call, id) {
      if (!isPlace(id)) return;
      const place = placeOf(id);
      const before = orders.isEnding(id);
      orders.ended(id);
      for (let round = 0; ; round++) {
        const order = { resource: 'vm', name: place.instance, path: place } as const;
        const query = { requestId: randomUUID() };
        try {
          await orAbsent(api.send<Operation>(`DELETE ${path}/{instance}`, { ...order, query }, call.signal));
          return;
        } catch (error) {
          const busy = hasCode(error, 'aborted');
          // The deletion that we asked for before is under way.
          if (busy && before) return;
          if (busy && round < rounds) {
            await backOff(call.signal, round);
            continue;
          }
          if (!hasCode(error, 'unavailable', 'cancelled', 'deadline_exceeded')) orders.stands(id);
          throw error;
        }
      }
    },

    findMarked: async (call, token) => (await marked(call, token)).map(one => toVm(one, project).id),
  };
}
