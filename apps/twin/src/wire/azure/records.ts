/** What a subscription holds. Resources lie in their group, by type and by name in lower case. */
import type { Cidr } from '@cloud-barista/model/cidr';
import type { Machine } from '../../world/machines.ts';
import type { Account } from './account.ts';
import type { Operation } from './operations.ts';
import type { ImageVersion } from './compute/image-catalogue.ts';
import type { Size } from './compute/sizes.ts';

export type Tags = Readonly<Record<string, string>>;
export type ProvisioningState = 'Creating' | 'Updating' | 'Succeeded' | 'Failed' | 'Deleting';

export interface Tracked {
  readonly type: ResourceType;
  readonly group: Group;
  readonly name: string;
  readonly location: string;
  /** Its place in lists. */
  readonly n: number;
  readonly guid: string;
  readonly createdAt: number;
  tags: Tags;
  /** Raised by every change; the ETag is made of it. */
  version: number;
  state: ProvisioningState;
  /** What is under way. */
  operation: Operation | undefined;
}

export interface Subnet {
  readonly vnet: VirtualNetwork;
  readonly name: string;
  block: Cidr;
  nsg: SecurityGroup | undefined;
  state: ProvisioningState;
  /** Interfaces' addresses in it. */
  readonly used: Map<number, IpConfiguration>;
  /** No address below it is free. */
  cursor: number;
}

export interface VirtualNetwork extends Tracked {
  blocks: readonly Cidr[];
  dnsServers: readonly string[];
  readonly subnets: Map<string, Subnet>;
}

export type Direction = 'Inbound' | 'Outbound';
export interface SecurityRule {
  readonly name: string;
  readonly description: string | undefined;
  readonly protocol: string;
  readonly access: 'Allow' | 'Deny';
  readonly direction: Direction;
  readonly priority: number;
  readonly sourcePorts: readonly string[];
  readonly destinationPorts: readonly string[];
  readonly sources: readonly string[];
  readonly destinations: readonly string[];
  /** Whether each of the four came as a list or as a single word: it is shown as it came. */
  readonly plural: readonly boolean[];
}

export interface SecurityGroup extends Tracked {
  /** By name in lower case. */
  readonly rules: Map<string, SecurityRule>;
  readonly subnets: Set<Subnet>;
  readonly nics: Set<NetworkInterface>;
}

export interface PublicIp extends Tracked {
  readonly sku: 'Basic' | 'Standard';
  readonly zones: readonly string[];
  readonly allocation: 'Static' | 'Dynamic';
  idleTimeout: number;
  domainLabel: string | undefined;
  /** What becomes of it when the VM that uses it is deleted. */
  deleteOption: DeleteOption;
  /** "" while it has none. */
  address: string;
  holder: IpConfiguration | undefined;
}

export interface IpConfiguration {
  readonly name: string;
  readonly nic: NetworkInterface;
  readonly primary: boolean;
  readonly subnet: Subnet;
  readonly address: number;
  readonly allocation: 'Static' | 'Dynamic';
  readonly publicIp: PublicIp | undefined;
}

export interface NetworkInterface extends Tracked {
  configurations: readonly IpConfiguration[];
  nsg: SecurityGroup | undefined;
  vm: VirtualMachine | undefined;
  primary: boolean;
  accelerated: boolean;
  forwarding: boolean;
  readonly mac: string;
}

export type DeleteOption = 'Delete' | 'Detach';

export interface Disk extends Tracked {
  readonly sku: string;
  readonly zones: readonly string[];
  readonly image: ImageVersion | undefined;
  sizeGb: number;
  vm: VirtualMachine | undefined;
}

export interface DataDisk {
  readonly lun: number;
  readonly disk: Disk;
  readonly deleteOption: DeleteOption;
  readonly caching: string;
}

export interface NicLink {
  readonly nic: NetworkInterface;
  readonly primary: boolean;
  readonly deleteOption: DeleteOption;
}

/** What a VM is for the moment doing, or did last. */
export type Phase = 'create' | 'start' | 'powerOff' | 'deallocate' | 'restart' | 'resize' | 'delete';

export interface OsProfile {
  readonly computerName: string;
  readonly adminUsername: string;
  readonly disablePasswordAuthentication: boolean;
  readonly keys: readonly { readonly path: string; readonly keyData: string }[];
}

export interface VirtualMachine extends Tracked {
  size: Size;
  readonly zones: readonly string[];
  readonly image: ImageVersion;
  readonly latest: boolean;
  readonly os: OsProfile;
  readonly osDiskName: string;
  osDisk: Disk | undefined;
  osDiskDelete: DeleteOption;
  readonly osDiskCaching: string;
  dataDisks: readonly DataDisk[];
  nics: readonly NicLink[];
  readonly customData: string | undefined;
  userData: string | undefined;
  machine: Machine | undefined;
  phase: Phase;
  fault: { readonly code: string; readonly message: string } | undefined;
  changedAt: number;
}

export interface SshPublicKey extends Tracked {
  publicKey: string | undefined;
}

export interface Records {
  virtualNetworks: VirtualNetwork;
  networkSecurityGroups: SecurityGroup;
  publicIPAddresses: PublicIp;
  networkInterfaces: NetworkInterface;
  virtualMachines: VirtualMachine;
  disks: Disk;
  sshPublicKeys: SshPublicKey;
}
export type ResourceType = keyof Records;

export const namespaces = {
  virtualNetworks: 'Microsoft.Network',
  networkSecurityGroups: 'Microsoft.Network',
  publicIPAddresses: 'Microsoft.Network',
  networkInterfaces: 'Microsoft.Network',
  virtualMachines: 'Microsoft.Compute',
  disks: 'Microsoft.Compute',
  sshPublicKeys: 'Microsoft.Compute',
} as const satisfies Record<ResourceType, string>;
export const resourceTypes = Object.keys(namespaces) as ResourceType[];
export const fullType = (type: ResourceType): string => `${namespaces[type]}/${type}`;

export interface Group {
  readonly account: Account;
  readonly name: string;
  /** /subscriptions/…/resourceGroups/<name> */
  readonly path: string;
  readonly location: string;
  readonly n: number;
  tags: Tags;
  state: 'Succeeded' | 'Deleting';
  operation: Operation | undefined;
  readonly resources: { readonly [T in ResourceType]: Map<string, Records[T]> };
}

export const noTags: Tags = Object.freeze({});
export const noZones: readonly string[] = [];
