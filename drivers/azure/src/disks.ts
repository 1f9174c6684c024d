/**
 * Data disks are managed disks without a system. A disk's id is its name.
 *
 * They are attached and detached by an operation of the VM's that names the disk alone (`attachDetachDataDisks`), and not by a change of
 * the VM's list of disks, which two writers would take from each other.
 */
import { together } from '@cloud-barista/driver/concurrency';
import { orAbsent } from '@cloud-barista/driver/errors';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { DiskType } from '@cloud-barista/model/disk';
import type { CloudId, Token } from '@cloud-barista/model/ids';
import type { Call, CreateCall, PageCall } from '@cloud-barista/driver/call';
import type { DiskRequest, Disks } from '@cloud-barista/driver/disks';
import { nameOf, same, types, versions, type Arm, type Order } from './arm.ts';
import { marked, order } from './claim.ts';
import { attachmentOf, isRoot, stateOf, toDisk, type ManagedDisk } from './disk-view.ts';
import { mark } from './marks.ts';
import { pageOf } from './pages.ts';
import type { ResourceGroup } from './resource-group.ts';
import { vmName, type Model } from './vm-view.ts';

/** "Azure managed disk types". Ultra disks need VMs made for them, and these are not. */
export const diskTypes: readonly DiskType[] = [
  { type: 'StandardSSD_LRS', minGb: 1, maxGb: 32_767 },
  { type: 'Standard_LRS', minGb: 1, maxGb: 32_767 },
  { type: 'Premium_LRS', minGb: 1, maxGb: 32_767 },
  { type: 'StandardSSD_ZRS', minGb: 1, maxGb: 32_767 },
  { type: 'Premium_ZRS', minGb: 1, maxGb: 32_767 },
  { type: 'PremiumV2_LRS', minGb: 1, maxGb: 65_536 },
];

export function createDisks(
  arm: Arm,
  group: ResourceGroup,
): Disks & { findMarked(call: Call, token: Token): Promise<string[]> } {
  const { location, zone: ownZone } = arm.settings;

  async function read(call: Call, id: string): Promise<ManagedDisk> {
    const disk = await arm.read<ManagedDisk>(call, types.disk, id);
    if (!isRoot(disk)) return disk;
    throw new BaristaError('not_found', `${id} is the root disk of a VM.`, {
      next: 'It comes and goes with its VM.',
    });
  }

  /** Asks for it; where Azure refuses, looks whether it is so already: by this very order, repeated, or by another's. */
  async function change(call: Call, name: string, body: unknown, isSo: (vm: Model) => boolean) {
    const path = `${arm.pathOf(types.vm, name)}/attachDetachDataDisks`;
    const about = { api: 'VirtualMachines_AttachDetachDataDisks', resource: 'disk', name } as const;
    const order: Order = { ...about, method: 'POST', path, version: versions.attaching, body };
    try {
      await arm.send(call, { ...order, idempotent: true });
    } catch (error) {
      if (!hasCode(error, 'failed_precondition', 'invalid_argument', 'already_exists', 'aborted'))
        throw error;
      const vm = await orAbsent(arm.read<Model>(call, types.vm, name));
      if (!vm || !isSo(vm)) throw error;
    }
  }

  return {
    create: (call: CreateCall, { name, sizeGb, type, zone }: DiskRequest) =>
      group.within(call, async () => {
        const sku = type || (diskTypes[0]?.type ?? '');
        const where = zone || ownZone;
        const body = {
          location,
          tags: mark(call.token),
          sku: { name: sku },
          // Those of all zones (ZRS) are refused with one.
          ...(where !== '' && !/_ZRS$/i.test(sku) && { zones: [where] }),
          properties: { creationData: { createOption: 'Empty' }, diskSizeGB: sizeGb },
        };
        return toDisk(await order<ManagedDisk>(arm, call, types.disk, name, body), undefined);
      }),

    async list(call: PageCall) {
      const disks = (await arm.listHere<ManagedDisk>(call, types.disk)).filter(disk => !isRoot(disk));
      // Only the VM tells where it sees the disk, and whether its id has a word behind the name.
      const some = disks.some(disk => disk.managedBy);
      const vms = some ? await arm.list<Model>(call, types.vm) : [];
      const byName = new Map(vms.map(vm => [vm.name.toLowerCase(), vm]));
      const vmOf = ({ managedBy }: ManagedDisk) => byName.get(nameOf(managedBy ?? '').toLowerCase());
      return pageOf(
        disks.map(disk => toDisk(disk, vmOf(disk))),
        call,
      );
    },

    async get(call: Call, id: CloudId) {
      const disk = await read(call, id);
      const { managedBy } = disk;
      return toDisk(
        disk,
        managedBy ? await orAbsent(arm.read<Model>(call, types.vm, nameOf(managedBy))) : undefined,
      );
    },

    async delete(call: Call, id: CloudId) {
      // Azure itself refuses one that is attached.
      await arm.remove(call, types.disk, id);
      await group.sweep(call);
    },

    async attach(call: Call, id: CloudId, vm: CloudId) {
      const name = vmName(vm);
      const [disk, model] = await together([read(call, id), arm.read<Model>(call, types.vm, name)]);
      const isSo = (model: Model) => attachmentOf(model, disk.name) !== undefined;
      if (isSo(model)) return;
      if (disk.managedBy && !same(nameOf(disk.managedBy), name))
        throw new BaristaError(
          'failed_precondition',
          `Disk ${id} is attached to ${nameOf(disk.managedBy)}.`,
          {
            next: 'Detach it there first.',
          },
        );
      if (stateOf(disk) !== 'Available' && !disk.managedBy)
        throw new BaristaError('failed_precondition', `Disk ${id} is ${stateOf(disk)}.`, {
          next: 'Attach it when it is Available.',
        });
      const attached = { diskId: arm.pathOf(types.disk, disk.name), caching: 'None', deleteOption: 'Detach' };
      await change(call, name, { dataDisksToAttach: [attached] }, isSo);
    },

    async detach(call: Call, id: CloudId, vm: CloudId) {
      const name = vmName(vm);
      const model = await orAbsent(arm.read<Model>(call, types.vm, name));
      if (!attachmentOf(model, id)) return;
      const detached = { diskId: arm.pathOf(types.disk, id) };
      const isSo = (model: Model) => attachmentOf(model, id) === undefined;
      await change(call, name, { dataDisksToDetach: [detached] }, isSo);
    },

    async resize(call: Call, id: CloudId, sizeGb: number) {
      const { version, resource } = types.disk;
      const path = arm.pathOf(types.disk, id);
      const about = { api: 'Disks_Update', resource, name: id, path, version } as const;
      const order: Order = { ...about, method: 'PATCH', body: { properties: { diskSizeGB: sizeGb } } };
      await arm.finish(call, order, await arm.send(call, order));
    },

    findMarked: (call, token) => marked(arm, call, types.disk, token),
  };
}
