/** The disks that a VM's order makes and links. */
import { newGuid } from '../account.ts';
import type { Call } from '../call.ts';
import { noTags, noZones, type Creation, type DataDisk, type VirtualMachine } from '../records.ts';
import { growDisk, makeDisk } from './disks.ts';
import type { DataDiskRequest } from './vm-data-disks.ts';

export const diskName = (call: Call, vm: string, kind: string): string =>
  `${vm}_${kind}_${newGuid(call.world, call.account, 'disk-name').replaceAll('-', '')}`;

/** Of an image's data disk: it had no files, but a disk to show as its source. */
const dataCreation = (copyOf: string | undefined): Creation =>
  copyOf === undefined ? { option: 'Empty' } : { option: 'FromImage', imageId: copyOf };

export function linkDataDisks(call: Call, vm: VirtualMachine, requests: readonly DataDiskRequest[]): void {
  const old = vm.dataDisks;
  vm.dataDisks = requests.map(({ lun, caching, deleteOption, source }): DataDisk => {
    const disk =
      'disk' in source
        ? source.disk
        : makeDisk(
            call,
            {
              group: vm.group,
              name: source.name ?? diskName(call, vm.name, `disk${lun + 2}`),
              location: vm.location,
              tags: noTags,
            },
            {
              sku: source.sku,
              sizeGb: source.sizeGb,
              zones: source.sku.endsWith('_ZRS') ? noZones : vm.zones,
              creation: dataCreation(source.copyOf),
              content: undefined,
            },
          );
    if ('disk' in source && source.sizeGb !== undefined) growDisk(disk, source.sizeGb);
    disk.vm = vm;
    return { lun, caching, deleteOption, disk };
  });
  for (const { disk } of old) if (!vm.dataDisks.some(each => each.disk === disk)) disk.vm = undefined;
}
