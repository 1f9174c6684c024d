/**
 * VMs. A VM's id is its name, with a word behind it where it is in several security groups (vm-view.ts).
 *
 * Reading. Lists of VMs do not tell whether a VM runs, and name its interface alone. Few VMs are read one by one with their
 * instance view; for more, four lists tell all: models, the subscription's `statusOnly`, interfaces, addresses.
 */
import { each, together } from '@cloud-barista/driver/concurrency';
import { orAbsent } from '@cloud-barista/driver/errors';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { type CloudId, type Token } from '@cloud-barista/model/ids';
import type { Call, CreateCall, PageCall } from '@cloud-barista/driver/call';
import type { CloudVm, VmRequest, Vms } from '@cloud-barista/driver/vms';
import { nameOf, same, types, versions, type Arm, type Order } from './arm.ts';
import { refusals, taken } from './claim.ts';
import type { ImageBook } from './images.ts';
import { pageOf } from './pages.ts';
import type { References } from './references.ts';
import type { Groups } from './security-groups.ts';
import { groupsOf, isMarked } from './marks.ts';
import { orderOf } from './vm-order.ts';
import {
  addressOf,
  hasOwnGroup,
  idOf,
  nicOf,
  toVm,
  vmName,
  type Model,
  type Nic,
  type PublicAddress,
} from './vm-view.ts';
import { subnetName } from './vpcs.ts';

/** Up to so many are read one by one. */
const few = 2;
const width = 16;
export function createVms(
  arm: Arm,
  images: ImageBook,
  groups: Groups,
  references: References,
): Vms & { findMarked(call: Call, token: Token): Promise<string[]> } {
  const { zone, subscriptionId } = arm.settings;

  const read = (call: Call, name: string) =>
    arm.read<Model>(call, types.vm, name, { $expand: 'instanceView' });

  const list = async (call: Call): Promise<Model[]> =>
    (await arm.listHere<Model>(call, types.vm)).filter(
      model => zone === '' || (model.zones ?? []).includes(zone),
    );

  /** With its interface and address: two requests, and a third where ARM does not expand the address. */
  async function describe(call: Call, model: Model): Promise<CloudVm> {
    const name = nicOf(model);
    const query = { $expand: 'ipConfigurations/publicIPAddress' };
    const nic = name === '' ? undefined : await orAbsent(arm.read<Nic>(call, types.nic, name, query));
    const reference = addressOf(nic);
    let ip = reference.properties?.ipAddress;
    if (ip === undefined && reference.id !== undefined) {
      const address = await orAbsent(arm.read<PublicAddress>(call, types.address, nameOf(reference.id)));
      ip = address?.properties?.ipAddress;
    }
    return toVm(model, nic, ip ?? '');
  }

  /** `Virtual Machines - List All`, statusOnly: the instance views of all VMs of the subscription. */
  async function statuses(call: Call): Promise<Map<string, Model>> {
    const path = `/subscriptions/${encodeURIComponent(subscriptionId)}/providers/Microsoft.Compute/virtualMachines`;
    const about = {
      api: 'VirtualMachines_ListAll',
      resource: 'vm',
      path,
      version: versions.compute,
    } as const;
    const all = await arm.all<Model>(call, { ...about, query: { statusOnly: 'true' } });
    const prefix = arm.pathOf(types.vm, 'x').slice(0, -1).toLowerCase();
    return new Map(
      all
        .filter(model => model.id?.toLowerCase().startsWith(prefix))
        .map(model => [nameOf(model.id).toLowerCase(), model]),
    );
  }

  /** Many at once; `choose` takes those that are wanted from the list of all. */
  async function describeMany(call: Call, choose: (models: Model[]) => Model[]): Promise<CloudVm[]> {
    const [models, views, nics, addresses] = await together([
      list(call),
      statuses(call),
      arm.list<Nic>(call, types.nic),
      arm.list<PublicAddress>(call, types.address),
    ]);
    const nicByName = new Map(nics.map(nic => [nic.name.toLowerCase(), nic]));
    const ipByName = new Map(addresses.map(one => [one.name.toLowerCase(), one.properties?.ipAddress ?? '']));
    const vms = await each(choose(models), width, async model => {
      const view = views.get(model.name.toLowerCase())?.properties;
      if (view?.instanceView === undefined) {
        // Too young for the list of statuses, or gone since.
        const now = await orAbsent(read(call, model.name));
        return now && describe(call, now);
      }
      const { instanceView, provisioningState = model.properties?.provisioningState } = view;
      const whole: Model = {
        ...model,
        properties: {
          ...model.properties,
          instanceView,
          ...(provisioningState !== undefined && { provisioningState }),
        },
      };
      const nic = nicByName.get(nicOf(whole).toLowerCase());
      return toVm(whole, nic, ipByName.get(nameOf(addressOf(nic).id).toLowerCase()) ?? '');
    });
    return vms.filter(vm => vm !== undefined);
  }

  async function describeFew(call: Call, names: readonly string[]): Promise<CloudVm[]> {
    const vms = await each(names, width, async name => {
      const model = await orAbsent(read(call, name));
      return model && describe(call, model);
    });
    return vms.filter(vm => vm !== undefined);
  }

  /** Takes the order and no more: Azure goes on by itself. */
  async function act(call: Call, id: CloudId, word: 'start' | 'deallocate' | 'restart'): Promise<void> {
    const name = vmName(id);
    const path = `${arm.pathOf(types.vm, name)}/${word}`;
    const api = `VirtualMachines_${word.charAt(0).toUpperCase()}${word.slice(1)}`;
    const order: Order = { api, resource: 'vm', name, method: 'POST', path, version: versions.compute };
    await arm.send(call, { ...order, idempotent: word !== 'restart' });
  }

  /** What an earlier attempt made under the name; throws already_exists where it is another's. */
  async function left(call: CreateCall, name: string): Promise<CloudVm | undefined> {
    const model = await orAbsent(read(call, name));
    if (!model) return undefined;
    if (!isMarked(model, call.token)) throw taken(arm, types.vm, name);
    return describe(call, model);
  }

  async function requireSubnet(call: Call, request: VmRequest): Promise<string> {
    const name = subnetName(request.vpc, request.subnet);
    const standing = await references.subnets(call, request.vpc);
    const found = standing.find(one => name !== undefined && same(one, name));
    if (found !== undefined) return found;
    // Perhaps it is a new one of another writer.
    references.forgetVpc(request.vpc);
    throw new BaristaError('not_found', `VPC ${request.vpc} has no subnet ${request.subnet}.`, {
      next: 'List the VPC’s subnets.',
      where: 'subnet',
    });
  }

  return {
    async create(call: CreateCall, request: VmRequest): Promise<CloudVm> {
      const { name, securityGroups } = request;
      const earlier = call.again ? await left(call, name) : undefined;
      if (earlier) return earlier;
      // An interface that can't be made would fail the VM minutes later: what is not there is told now.
      const [found, publicKey, subnet] = await together([
        images.find(call, request.image),
        references.publicKey(call, request.keyPair),
        requireSubnet(call, request),
        ...securityGroups.map(id => references.group(call, id)),
      ]);
      const several = securityGroups.length > 1;
      const nsg = several ? await groups.merge(call, name, securityGroups) : (securityGroups[0] ?? '');
      const body = orderOf(arm, call, request, { found, publicKey, subnet, nsg });
      const path = arm.pathOf(types.vm, name);
      const about = { api: 'VirtualMachines_CreateOrUpdate', resource: 'vm', name, method: 'PUT' } as const;
      // A VM of that name is not to be changed into this one.
      const headers = { 'if-none-match': '*' };
      try {
        const answer = await arm.send(call, { ...about, path, version: versions.compute, headers, body });
        return toVm(answer.body as Model, undefined, '');
      } catch (error) {
        // 412, or 409: a VM of that name is there, by the road's repetition of this very order perhaps.
        if (hasCode(error, 'aborted', 'already_exists', 'failed_precondition')) {
          const made = await left(call, name);
          if (made) return made;
        }
        if (several && hasCode(error, 'aborted', ...refusals)) await groups.removeMerged(call, name);
        throw error;
      }
    },

    async list(call: PageCall) {
      const here = (await list(call)).map(model => ({
        id: idOf(model.name, groupsOf(model.tags)),
        name: model.name,
      }));
      const { items, next } = pageOf(here, call);
      const names = new Set(items.map(item => item.name));
      const vms =
        items.length > few
          ? await describeMany(call, models => models.filter(model => names.has(model.name)))
          : await describeFew(call, [...names]);
      return { items: vms.sort((a, b) => (a.id < b.id ? -1 : 1)), ...(next !== undefined && { next }) };
    },

    get: async (call: Call, id: CloudId) => describe(call, await read(call, vmName(id))),

    async getMany(call: Call, ids: CloudId[]) {
      const names = new Map(ids.map(id => [vmName(id).toLowerCase(), id]));
      const vms =
        names.size > few
          ? await describeMany(call, models => models.filter(model => names.has(model.name.toLowerCase())))
          : await describeFew(call, ids.map(vmName));
      return vms;
    },

    suspend: (call: Call, id: CloudId) => act(call, id, 'deallocate'),
    resume: (call: Call, id: CloudId) => act(call, id, 'start'),
    reboot: (call: Call, id: CloudId) => act(call, id, 'restart'),

    async terminate(call: Call, id: CloudId) {
      const name = vmName(id);
      const path = arm.pathOf(types.vm, name);
      const order: Order = {
        api: 'VirtualMachines_Delete',
        resource: 'vm',
        name,
        method: 'DELETE',
        path,
        version: versions.compute,
      };
      const answer = await orAbsent(arm.send(call, order));
      if (!hasOwnGroup(id)) return;
      // Its own group goes when the interface is gone: the one case in which the end is waited for.
      if (answer) await arm.finish(call, order, answer);
      await groups.removeMerged(call, name);
    },

    async findMarked(call, token) {
      const model = (await arm.list<Model>(call, types.vm)).find(one => isMarked(one, token));
      if (model) return [idOf(model.name, groupsOf(model.tags))];
      // An order for a VM in several groups that got no further than its group.
      return (await groups.findMerged(call, token)).map(name => idOf(name, ['', '']));
    },
  };
}
