/**
 * Public addresses of the user's own: Standard ones, static, their id being their name. A VM carries the one of its interface's first
 * configuration; `deleteOption: Detach`, said there, has the address outlive the VM.
 *
 * The address that a VM came with (vm-order.ts) ends with it by `deleteOption: Delete`, as long as the VM carries it. Where one of the
 * user's takes its place it is given back. Which that is is noted on the user's own before, so that where this breaks off the
 * next to associate or delete that one gives it back.
 */
import { together } from '@cloud-barista/driver/concurrency';
import { orAbsent } from '@cloud-barista/driver/errors';
import { BaristaError } from '@cloud-barista/model/errors';
import { cloudId, type CloudId, type Token } from '@cloud-barista/model/ids';
import type { Call, CreateCall, PageCall } from '@cloud-barista/driver/call';
import type { CloudPublicIp, PublicIps } from '@cloud-barista/driver/public-ips';
import { nameOf, same, types, type Arm } from './arm.ts';
import { make, marked } from './claim.ts';
import { firstTag, mark, tagOf, tokenOf } from './marks.ts';
import { carrierOf, replaceAddress } from './nics.ts';
import { pageOf } from './pages.ts';
import type { ResourceGroup } from './resource-group.ts';
import { updateTags } from './tags.ts';
import { idOfNic, nicOf, vmName, type Model, type Nic, type PublicAddress } from './vm-view.ts';

/** One that came with a VM has no mark of ours, and ends with the VM; where Azure does not tell that, it is known by its name and its interface's. */
function isOwn(address: PublicAddress): boolean {
  if (tokenOf(address.tags).token !== undefined) return true;
  const { deleteOption } = address.properties ?? {};
  if (deleteOption !== undefined) return !same(deleteOption, 'Delete');
  const vm = /^(.+)-nic(-[0-9a-z]+)?$/i.exec(carrierOf(address))?.[1];
  return vm === undefined || !address.name.toLowerCase().startsWith(`${vm.toLowerCase()}-ip`);
}

const toPublicIp = (address: PublicAddress, nic: Nic | undefined): CloudPublicIp => ({
  id: cloudId(address.name),
  name: address.name,
  address: address.properties?.ipAddress ?? '',
  vm: idOfNic(nic),
  ...tokenOf(address.tags),
});

export function createPublicIps(
  arm: Arm,
  group: ResourceGroup,
): PublicIps & { findMarked(call: Call, token: Token): Promise<string[]> } {
  const { location } = arm.settings;
  const read = async (call: Call, id: string): Promise<PublicAddress> => {
    const address = await arm.read<PublicAddress>(call, types.publicIp, id);
    if (isOwn(address)) return address;
    throw new BaristaError('not_found', `${id} is the address that a VM came with.`, {
      next: 'It comes and goes with its VM.',
    });
  };
  const carrier = async (call: Call, address: PublicAddress): Promise<Nic | undefined> => {
    const name = carrierOf(address);
    return name === '' ? undefined : orAbsent(arm.read<Nic>(call, types.nic, name));
  };

  /** Gives back what an address took the place of, unless it is carried again or none of ours to give back. */
  async function giveBack(call: Call, name: string | undefined): Promise<void> {
    const address = name && (await orAbsent(arm.read<PublicAddress>(call, types.address, name)));
    if (!address || tokenOf(address.tags).token !== undefined || address.properties?.ipConfiguration) return;
    await arm.remove(call, types.address, address.name);
  }

  return {
    create: (call: CreateCall, { name }) =>
      group.within(call, async () => {
        const body = {
          location,
          tags: mark(call.token),
          sku: { name: 'Standard', tier: 'Regional' },
          properties: { publicIPAllocationMethod: 'Static', publicIPAddressVersion: 'IPv4' },
        };
        const made = await make<PublicAddress>(arm, call, types.publicIp, name, body);
        return toPublicIp(made, await carrier(call, made));
      }),

    async list(call: PageCall) {
      const own = (await arm.listHere<PublicAddress>(call, types.publicIp)).filter(isOwn);
      const some = own.some(address => carrierOf(address) !== '');
      const nics = some ? await arm.list<Nic>(call, types.nic) : [];
      const byName = new Map(nics.map(nic => [nic.name.toLowerCase(), nic]));
      return pageOf(
        own.map(address => toPublicIp(address, byName.get(carrierOf(address).toLowerCase()))),
        call,
      );
    },

    async get(call: Call, id: CloudId) {
      const address = await read(call, id);
      return toPublicIp(address, await carrier(call, address));
    },

    async delete(call: Call, id: CloudId) {
      const address = await orAbsent(read(call, id));
      await giveBack(call, tagOf(address?.tags, firstTag));
      // Azure itself refuses one that is carried.
      if (address) await arm.remove(call, types.publicIp, id);
      await group.sweep(call);
    },

    async associate(call: Call, id: CloudId, vm: CloudId) {
      const [address, model] = await together([read(call, id), arm.read<Model>(call, types.vm, vmName(vm))]);
      const nic = nicOf(model);
      if (address.properties?.ipConfiguration && !same(carrierOf(address), nic))
        throw new BaristaError('failed_precondition', `Another than ${vm} carries public address ${id}.`, {
          next: 'Dissociate it there first.',
        });
      let first = tagOf(address.tags, firstTag);
      const reference = {
        id: arm.pathOf(types.publicIp, address.name),
        properties: { deleteOption: 'Detach' },
      };
      await replaceAddress(arm, call, nic, async current => {
        const name = nameOf(current?.id);
        if (same(name, address.name)) return undefined;
        const before =
          name === '' ? undefined : await orAbsent(arm.read<PublicAddress>(call, types.address, name));
        const ends = same(current?.properties?.deleteOption ?? '', 'Delete');
        if (before && (ends || !isOwn(before))) {
          // Left by a swap on another VM that broke off; the note holds one.
          if (first !== before.name) await giveBack(call, first);
          first = before.name;
          await updateTags(arm, call, types.publicIp, address.name, 'Merge', { [firstTag]: first });
        }
        return reference;
      });
      await giveBack(call, first);
    },

    async dissociate(call: Call, id: CloudId, vm: CloudId) {
      const address = await orAbsent(read(call, id));
      const nic = address && (await carrier(call, address));
      if (!address || !nic || !same(vmName(idOfNic(nic)), vmName(vm))) return;
      await replaceAddress(arm, call, nic.name, async current =>
        same(nameOf(current?.id), address.name) ? null : undefined,
      );
    },

    findMarked: (call, token) => marked(arm, call, types.publicIp, token),
  };
}
