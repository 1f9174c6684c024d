/** Data disks: pure state. They pass through nothing: what is ordered is so at the next look. */
import type { CloudDisk, Disks } from '@cloud-barista/driver/disks';
import type { DiskType } from '@cloud-barista/model/disk';
import type { CloudId } from '@cloud-barista/model/ids';
import type { Context } from './calls.ts';
import { MemoryCloudError } from './errors.ts';
import { settle, settleAll } from './settle.ts';
import type { Disk, State } from './state.ts';

export const diskTypes: readonly DiskType[] = [
  { type: 'mock-ssd', minGb: 1, maxGb: 16_384 },
  { type: 'mock-hdd', minGb: 10, maxGb: 65_536 },
];

/** Throws DiskNotFound. */
export function diskOf(state: State, id: CloudId): Disk {
  const disk = state.disks.get(id);
  if (!disk) throw new MemoryCloudError('DiskNotFound', `There is no disk ${id}.`);
  return disk;
}

const view = (disk: Disk): CloudDisk => ({
  id: disk.id,
  name: disk.name,
  state: disk.vm ? 'Attached' : 'Available',
  type: disk.type,
  sizeGb: disk.sizeGb,
  zone: disk.zone,
  vm: disk.vm?.id ?? '',
  device: disk.vm ? '/dev/sdf' : '',
  created: new Date(disk.created).toISOString(),
  token: disk.token,
});

export function createDisks(context: Context): Disks {
  const { state, send, now } = context;
  return {
    create: (call, request) =>
      send('CreateDisk', 'disk', call, request.name, () => {
        const marked = state.marked.disk.get(call.token);
        if (marked) return view(marked);
        const type = diskTypes.find(known => known.type === (request.type || diskTypes[0]?.type));
        if (!type)
          throw new MemoryCloudError(
            'InvalidDiskType',
            `There is no disk type ${JSON.stringify(request.type)}.`,
          );
        if (request.sizeGb < type.minGb || request.sizeGb > type.maxGb)
          throw new MemoryCloudError(
            'InvalidDiskSize',
            `A ${type.type} disk has ${type.minGb} to ${type.maxGb} GiB.`,
          );
        const made: Disk = {
          id: state.disks.nextId(),
          name: request.name,
          token: call.token,
          type: type.type,
          sizeGb: request.sizeGb,
          zone: request.zone,
          vm: undefined,
          created: now(),
        };
        state.disks.add(made);
        state.marked.disk.set(call.token, made);
        return view(made);
      }),
    list: call =>
      send('ListDisks', 'disk', call, '', () => {
        settleAll(state, now());
        return state.disks.page(call, view);
      }),
    get: (call, id) =>
      send('GetDisk', 'disk', call, id, () => {
        settleAll(state, now());
        return view(diskOf(state, id));
      }),
    delete: (call, id) =>
      send('DeleteDisk', 'disk', call, id, () => {
        settleAll(state, now());
        const disk = state.disks.get(id);
        if (!disk) return;
        if (disk.vm) throw new MemoryCloudError('DiskInUse', `${id} is attached to ${disk.vm.id}.`);
        state.disks.delete(id);
        state.marked.disk.delete(disk.token);
        state.tags.delete(id);
      }),
    attach: (call, id, vmId) =>
      send('AttachDisk', 'disk', call, id, () => {
        settleAll(state, now());
        const disk = diskOf(state, id);
        const vm = state.vms.get(vmId);
        if (!vm) throw new MemoryCloudError('VmNotFound', `There is no VM ${vmId}.`);
        if (disk.vm === vm) return;
        if (disk.vm) throw new MemoryCloudError('DiskInUse', `${id} is attached to ${disk.vm.id}.`);
        const { state: at } = settle(state, vm, now());
        if (at !== 'Running' && at !== 'Suspended')
          throw new MemoryCloudError('IncorrectVmState', `${vmId} is ${at}: no disk can be attached.`);
        disk.vm = vm;
        (vm.disks ??= new Set()).add(disk);
      }),
    detach: (call, id, vmId) =>
      send('DetachDisk', 'disk', call, id, () => {
        settleAll(state, now());
        const disk = diskOf(state, id);
        if (disk.vm?.id !== vmId) return;
        disk.vm.disks?.delete(disk);
        disk.vm = undefined;
      }),
    resize: (call, id, sizeGb) =>
      send('ResizeDisk', 'disk', call, id, () => {
        const disk = diskOf(state, id);
        const most = diskTypes.find(type => type.type === disk.type)?.maxGb ?? 0;
        if (sizeGb < disk.sizeGb || sizeGb > most)
          throw new MemoryCloudError('InvalidDiskSize', `${id} can have ${disk.sizeGb} to ${most} GiB.`);
        disk.sizeGb = sizeGb;
      }),
  };
}
