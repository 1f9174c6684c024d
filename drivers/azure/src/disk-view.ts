/** A managed disk of Azure's as ours. */
import type { DiskState } from '@cloud-barista/model/disk';
import { cloudId } from '@cloud-barista/model/ids';
import type { CloudDisk } from '@cloud-barista/driver/disks';
import { nameOf, same, type Resource } from './arm.ts';
import { groupsOf, tokenOf } from './marks.ts';
import { idOf, type Model } from './vm-view.ts';

export interface ManagedDisk extends Resource {
  sku?: { name?: string };
  zones?: string[];
  /** The VM that it is attached to. */
  managedBy?: string | null;
  properties?: {
    provisioningState?: string;
    diskState?: string;
    diskSizeGB?: number;
    timeCreated?: string;
    /** On disks with a system alone. */
    osType?: string;
    hyperVGeneration?: string;
    supportedCapabilities?: { architecture?: string };
  };
}

/** "Disks - Get", DiskState. `Reserved`: attached to a VM that is deallocated; `Frozen`: to one that hibernates. */
const states: Record<string, DiskState> = {
  unattached: 'Available',
  attached: 'Attached',
  reserved: 'Attached',
  frozen: 'Attached',
  // Being read or written through a link of its own.
  activesas: 'Available',
  activesasfrozen: 'Available',
  readytoupload: 'Creating',
  activeupload: 'Creating',
};

/** A disk that is being made is `Updating`, and has no state yet; one whose last change failed is what it was before. */
export function stateOf({ managedBy, properties = {} }: ManagedDisk): DiskState {
  const { provisioningState = 'Succeeded', diskState } = properties;
  if (same(provisioningState, 'Deleting')) return 'Deleting';
  if (diskState === undefined || same(provisioningState, 'Creating'))
    return /^(failed|cancell?ed)$/i.test(provisioningState) ? 'Failed' : 'Creating';
  const state = states[diskState.toLowerCase()] ?? 'Undefined';
  return state === 'Available' && managedBy ? 'Attached' : state;
}

export const isRoot = (disk: ManagedDisk): boolean => disk.properties?.osType != null;

type DataDisk = NonNullable<
  NonNullable<NonNullable<Model['properties']>['storageProfile']>['dataDisks']
>[number];

/** As the VM has it; undefined where the VM does not have it, or is about to let it go. */
export const attachmentOf = (vm: Model | undefined, disk: string): DataDisk | undefined =>
  vm?.properties?.storageProfile?.dataDisks?.find(
    one => same(nameOf(one.managedDisk?.id), disk) && one.toBeDetached !== true,
  );

/** The names that Azure's udev rules give ("Troubleshoot device name changes"): those of the kernel change from boot to boot. */
function deviceOf(vm: Model | undefined, disk: string): string {
  const lun = attachmentOf(vm, disk)?.lun;
  if (lun === undefined) return '';
  return same(vm?.properties?.storageProfile?.diskControllerType ?? '', 'NVMe')
    ? `/dev/disk/azure/data/by-lun/${lun}`
    : `/dev/disk/azure/scsi1/lun${lun}`;
}

/** `vm`: what `managedBy` names, where it is there. */
export function toDisk(disk: ManagedDisk, vm: Model | undefined): CloudDisk {
  const { name, sku, zones, managedBy, tags, properties = {} } = disk;
  return {
    id: cloudId(name),
    name,
    state: stateOf(disk),
    type: sku?.name ?? '',
    sizeGb: properties.diskSizeGB ?? 0,
    zone: zones?.[0] ?? '',
    vm: managedBy ? (vm ? idOf(vm.name, groupsOf(vm.tags)) : cloudId(nameOf(managedBy))) : '',
    device: managedBy ? deviceOf(vm, name) : '',
    created: properties.timeCreated ?? '',
    ...tokenOf(tags),
  };
}
