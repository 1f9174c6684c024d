/** What a subscription holds. Resources lie in their group, by type and by name in lower case. */
import type { Cidr } from '@cloud-barista/model/cidr';
import type { Machine } from '../../world/machines.ts';
import type { Account } from './account.ts';
import type { Operation } from './operations.ts';
import type { Files } from './compute/files.ts';
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
  allocation: 'Static' | 'Dynamic';
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

/** What boots from a disk, an image or a snapshot. */
export interface Bootable {
  readonly generation: 'V1' | 'V2';
  readonly architecture: 'x64' | 'Arm64';
  /** The smallest disk that holds it. */
  readonly diskGb: number;
  /** As a guest calls itself. */
  readonly osName: string;
}

/** A system as it lies on a disk. */
export interface Content extends Bootable {
  /** Undefined: as the marketplace image has it. */
  readonly files: Files | undefined;
  /** Who may enter already; undefined where a VM made of it is provisioned anew. */
  readonly os: OsProfile | undefined;
}

/** What a disk or snapshot was made of, as its creationData shows it. */
export type Creation =
  | { readonly option: 'Empty' }
  | { readonly option: 'Copy'; readonly sourceId: string; readonly sourceGuid: string }
  | { readonly option: 'FromImage'; readonly imageId: string };

export interface Disk extends Tracked {
  sku: string;
  readonly zones: readonly string[];
  readonly creation: Creation;
  /** Undefined on a data disk. */
  content: Content | undefined;
  sizeGb: number;
  vm: VirtualMachine | undefined;
}

export interface Snapshot extends Tracked {
  readonly sku: string;
  readonly creation: Creation;
  readonly content: Content | undefined;
  readonly sizeGb: number;
  readonly incremental: boolean;
}

/** A disk as an image holds it. */
export interface ImageDisk {
  readonly lun: number;
  readonly sizeGb: number;
  readonly sku: string;
  readonly caching: string;
  /** The disk or snapshot that it was made of. */
  readonly source: { readonly kind: 'managedDisk' | 'snapshot'; readonly id: string };
}

export interface Image extends Tracked {
  readonly content: Content;
  readonly sourceVmId: string | undefined;
  readonly osDisk: ImageDisk;
  readonly dataDisks: readonly ImageDisk[];
  readonly zoneResilient: boolean;
}

export type OsState = 'Generalized' | 'Specialized';

export interface GalleryVersion {
  readonly image: GalleryImage;
  readonly name: string;
  readonly n: number;
  readonly createdAt: number;
  readonly guid: string;
  readonly content: Content;
  readonly sourceId: string;
  readonly osDisk: ImageDisk;
  readonly dataDisks: readonly ImageDisk[];
  /** Where it is copied to, each with its number of replicas. */
  regions: readonly { readonly location: string; readonly replicas: number }[];
  excludeFromLatest: boolean;
  tags: Tags;
  state: ProvisioningState;
  operation: Operation | undefined;
}

/** An image definition. */
export interface GalleryImage {
  readonly gallery: Gallery;
  readonly name: string;
  readonly n: number;
  readonly osState: OsState;
  readonly generation: 'V1' | 'V2';
  readonly architecture: 'x64' | 'Arm64';
  readonly identifier: { readonly publisher: string; readonly offer: string; readonly sku: string };
  readonly versions: Map<string, GalleryVersion>;
  description: string | undefined;
  tags: Tags;
  state: ProvisioningState;
  operation: Operation | undefined;
}

export interface Gallery extends Tracked {
  description: string | undefined;
  readonly images: Map<string, GalleryImage>;
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

/** What a VM was made of, as its imageReference shows it; `attached`: of a disk. */
export type ImageReference =
  | { readonly kind: 'platform'; readonly image: ImageVersion; readonly latest: boolean }
  | { readonly kind: 'custom'; readonly id: string; readonly exactVersion: string | undefined }
  | { readonly kind: 'attached' };

export interface VirtualMachine extends Tracked {
  size: Size;
  readonly zones: readonly string[];
  readonly image: Bootable;
  readonly reference: ImageReference;
  readonly os: OsProfile;
  /** Made of a system that was provisioned already: it has no OS profile of its own. */
  readonly specialized: boolean;
  /** Nothing but images can be made of it any more. */
  generalized: boolean;
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
  snapshots: Snapshot;
  images: Image;
  galleries: Gallery;
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
  snapshots: 'Microsoft.Compute',
  images: 'Microsoft.Compute',
  galleries: 'Microsoft.Compute',
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
