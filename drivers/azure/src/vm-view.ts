/** A virtual machine of Azure's as ours: model, instance view, interface and address put together. */
import { cloudId, type CloudId } from '@cloud-barista/model/ids';
import type { VmState } from '@cloud-barista/model/state';
import type { CloudVm } from '@cloud-barista/driver/vms';
import { nameOf, same, type Resource } from './arm.ts';
import { mergedName } from './security-groups.ts';
import { groupsOf, keyTag, subnetTag, tagOf, tokenOf } from './marks.ts';

interface Reference {
  id?: string;
}
/** Of a marketplace image: whose terms have been accepted. */
export interface Plan {
  name: string;
  publisher: string;
  product: string;
}
interface Status {
  code?: string;
}
export interface Model extends Resource {
  zones?: string[];
  plan?: Plan | null;
  properties?: {
    provisioningState?: string;
    timeCreated?: string;
    hardwareProfile?: { vmSize?: string };
    storageProfile?: {
      imageReference?: {
        id?: string;
        publisher?: string;
        offer?: string;
        sku?: string;
        version?: string;
      } | null;
      osDisk?: { osType?: string; managedDisk?: Reference };
      dataDisks?: { lun?: number; managedDisk?: Reference; toBeDetached?: boolean }[];
      /** `SCSI` or `NVMe`. */
      diskControllerType?: string;
    };
    networkProfile?: { networkInterfaces?: (Reference & { properties?: { primary?: boolean } })[] };
    instanceView?: { statuses?: Status[] };
  };
}
export type AddressReference = Reference & { properties?: { ipAddress?: string; deleteOption?: string } };
export interface Nic extends Resource {
  properties?: {
    virtualMachine?: Reference | null;
    networkSecurityGroup?: Reference | null;
    ipConfigurations?: {
      properties?: {
        primary?: boolean;
        privateIPAddress?: string;
        subnet?: Reference;
        publicIPAddress?: AddressReference | null;
      };
    }[];
  };
}
export interface PublicAddress extends Resource {
  properties?: { ipAddress?: string; ipConfiguration?: Reference | null; deleteOption?: string };
}

/** `PowerState/…` to ours ("States and billing status of Azure Virtual Machines"). Stopped from inside is off, and still billed. */
const powers: Record<string, VmState> = {
  starting: 'Resuming',
  running: 'Running',
  stopping: 'Suspending',
  stopped: 'Suspended',
  deallocating: 'Suspending',
  deallocated: 'Suspended',
};

/**
 * ProvisioningState tells how the last operation on the VM went, PowerState whether it runs. A VM whose last operation failed and
 * that runs is Running; one that is switched off and has a disk failed to start again, and may be started
 * once more; one without was never made.
 */
export function stateOf({ properties = {} }: Model): VmState {
  const codes = (properties.instanceView?.statuses ?? []).map(status => (status.code ?? '').toLowerCase());
  const power = codes.find(code => code.startsWith('powerstate/'))?.slice('powerstate/'.length);
  const state = power === undefined ? undefined : powers[power];
  switch (properties.provisioningState?.toLowerCase()) {
    case 'creating':
      return 'Creating';
    case 'deleting':
      return 'Terminating';
    case 'failed':
    case 'canceled':
      if (codes.some(code => code.startsWith('provisioningstate/failed/osprovisioning'))) return 'Failed';
      if (state === 'Running') return 'Running';
      return state === 'Suspended' && properties.storageProfile?.osDisk?.managedDisk?.id !== undefined
        ? 'Suspended'
        : 'Failed';
    case 'succeeded':
    case 'updating':
      return state ?? 'Undefined';
    default:
      return 'Undefined';
  }
}

/** A VM in several groups has a group of its own; its id says so, that its end may know without asking. */
const ownGroup = '+groups';
export const idOf = (name: string, groups: readonly string[]): CloudId =>
  cloudId(groups.length > 1 ? name + ownGroup : name);
export const vmName = (id: string): string => (id.endsWith(ownGroup) ? id.slice(0, -ownGroup.length) : id);
export const hasOwnGroup = (id: string): boolean => id.endsWith(ownGroup);

export const nicOf = (model: Model): string => {
  const nics = model.properties?.networkProfile?.networkInterfaces ?? [];
  return nameOf((nics.find(nic => nic.properties?.primary) ?? nics[0])?.id);
};
export const addressOf = (nic: Nic | undefined): AddressReference => configOf(nic)?.publicIPAddress ?? {};
export const configOf = (nic: Nic | undefined) => {
  const configs = nic?.properties?.ipConfigurations ?? [];
  return (configs.find(config => config.properties?.primary) ?? configs[0])?.properties;
};

/** The VM that an interface is of, told by the interface alone; "" where it is of none. */
export function idOfNic(nic: Nic | undefined): CloudId | '' {
  const name = nameOf(nic?.properties?.virtualMachine?.id);
  if (name === '') return '';
  const several = same(nameOf(nic?.properties?.networkSecurityGroup?.id), mergedName(name));
  return idOf(name, several ? ['', ''] : []);
}

/** `…/virtualNetworks/NETWORK/subnets/SUBNET` as NETWORK/SUBNET. */
const subnetOf = (id: string | undefined): string => {
  const match = /\/virtualNetworks\/([^/]+)\/subnets\/([^/]+)$/i.exec(id ?? '');
  return match ? `${match[1]}/${match[2]}` : '';
};

type ImageReference = NonNullable<
  NonNullable<NonNullable<Model['properties']>['storageProfile']>['imageReference']
>;
/** A marketplace image's URN; a custom image's name where it is of the VM's own resource group, else all of its id. */
export function imageOf({ id: vm, properties }: Model): string {
  const reference: ImageReference = properties?.storageProfile?.imageReference ?? {};
  const { id = '', publisher, offer, sku, version } = reference;
  if (publisher !== undefined) return [publisher, offer, sku, version].join(':');
  const group = /^(.*)\/providers\/Microsoft\.Compute\/virtualMachines\/[^/]+$/i.exec(vm ?? '')?.[1];
  const own = /^(.*)\/providers\/Microsoft\.Compute\/images\/([^/]+)$/i.exec(id);
  return own && group !== undefined && same(own[1] ?? '', group) ? (own[2] ?? '') : id;
}

export function toVm(model: Model, nic: Nic | undefined, publicIp: string): CloudVm {
  const { name, tags, properties = {} } = model;
  const config = configOf(nic);
  const noted = groupsOf(tags);
  const group = nameOf(nic?.properties?.networkSecurityGroup?.id);
  // What the interface has is the truth, unless it is the group that stands for those noted; before it is there, the note is all.
  const groups = group === '' || same(group, mergedName(name)) ? (nic && group === '' ? [] : noted) : [group];
  const subnet = subnetOf(config?.subnet?.id) || (tagOf(tags, subnetTag) ?? '');
  return {
    id: idOf(name, noted),
    name,
    state: stateOf(model),
    image: cloudId(imageOf(model)),
    spec: cloudId(properties.hardwareProfile?.vmSize ?? ''),
    vpc: cloudId(subnet.split('/')[0] ?? ''),
    subnet: cloudId(subnet),
    securityGroups: groups.map(cloudId),
    keyPair: cloudId(tagOf(tags, keyTag) ?? ''),
    zone: model.zones?.[0] ?? '',
    publicIp,
    privateIp: config?.privateIPAddress ?? '',
    created: properties.timeCreated ?? new Date(0).toISOString(),
    ...tokenOf(tags),
  };
}
