/** What stands in a project. Records hold names and each other, never links: those are made for each answer, from the host that was asked. */
import type { Cidr } from '@cloud-barista/model/cidr';
import type { Machine } from '../../world/machines.ts';
import type { MachineType } from './machine-type-catalogue.ts';

export interface Resource {
  /** A number of 64 bits, as text. */
  id: string;
  name: string;
  description: string;
  createdAt: number;
  /** The operation that is at work on it, until it is done. */
  busy: Operation | undefined;
}

export type Labels = Readonly<Record<string, string>>;

export interface Network extends Resource {
  auto: boolean;
  routingMode: 'REGIONAL' | 'GLOBAL';
  mtu: number;
  subnets: Map<string, Subnetwork>;
  firewalls: Map<string, Firewall>;
  /** The id of its route to the internet. */
  routeId: string;
  routeName: string;
}

export interface Subnetwork extends Resource {
  region: string;
  network: Network;
  block: Cidr;
  privateGoogleAccess: boolean;
  purpose: string;
  /** Made with an auto mode network, not by the user. */
  auto: boolean;
  revision: number;
  /** Addresses taken, as offsets from the block's base. */
  used: Set<number>;
  cursor: number;
  /** Instances and internal addresses in it. */
  users: Set<Instance | Address>;
}

export interface FirewallRule {
  readonly IPProtocol: string;
  readonly ports?: readonly string[];
}
export interface Firewall extends Resource {
  network: Network;
  direction: 'INGRESS' | 'EGRESS';
  priority: number;
  allowed: readonly FirewallRule[];
  denied: readonly FirewallRule[];
  sourceRanges: readonly string[];
  destinationRanges: readonly string[];
  sourceTags: readonly string[];
  targetTags: readonly string[];
  sourceServiceAccounts: readonly string[];
  targetServiceAccounts: readonly string[];
  disabled: boolean;
  logging: boolean;
}

export interface Address extends Resource {
  region: string;
  ip: string;
  type: 'EXTERNAL' | 'INTERNAL';
  tier: string;
  subnet: Subnetwork | undefined;
  user: Instance | undefined;
  labels: Labels;
  labelVersion: number;
}

export interface Disk extends Resource {
  zone: string;
  sizeGb: number;
  type: string;
  /** Relative, e.g. projects/debian-cloud/global/images/debian-12-…; "" for one that was not made from an image. */
  sourceImage: string;
  sourceImageId: string;
  sourceSnapshot: string;
  sourceSnapshotId: string;
  architecture: string;
  /** "" where there is nothing to boot. */
  os: string;
  licenses: readonly string[];
  /** The key of a captured disk that its files begin with, until a machine runs on it; or "". */
  content: string;
  labels: Labels;
  labelVersion: number;
  user: Instance | undefined;
  attachedAt: number;
  detachedAt: number;
}

export interface AttachedDisk {
  disk: Disk;
  boot: boolean;
  autoDelete: boolean;
  deviceName: string;
  readOnly: boolean;
}

export interface MetadataItem {
  readonly key: string;
  readonly value: string;
}

export interface AccessConfig {
  name: string;
  tier: string;
  /** A reserved address; without one the instance has an ephemeral one while it runs. */
  address: Address | undefined;
}

export interface Scheduling {
  readonly onHostMaintenance: string;
  readonly automaticRestart: boolean;
  readonly preemptible: boolean;
  readonly provisioningModel: string;
}

export interface Instance extends Resource {
  zone: string;
  machine: Machine;
  type: MachineType;
  network: Network;
  subnet: Subnetwork;
  accessConfig: AccessConfig | undefined;
  /** The reserved internal address that it has, if it is one. */
  reservedIp: Address | undefined;
  disks: AttachedDisk[];
  tags: readonly string[];
  labels: Labels;
  labelVersion: number;
  metadata: readonly MetadataItem[];
  serviceAccounts: readonly { email: string; scopes: readonly string[] }[];
  scheduling: Scheduling;
  accelerators: readonly { type: string; count: number }[];
  canIpForward: boolean;
  deletionProtection: boolean;
  hostname: string;
  /** Whether stopping means suspending. */
  suspended: boolean;
  /** Whether its CPUs count against the quota: not while it is stopped. */
  counted: boolean;
  /** When the machine last began to boot. */
  bootingAt: number;
  startedAt: number;
  stoppedAt: number;
}

export interface Deprecation {
  readonly state: string;
  readonly replacement: string;
  /** RFC 3339 texts of the caller's own. */
  readonly times?: Readonly<Record<string, string>>;
}

export interface Image extends Resource {
  project: string;
  family: string;
  architecture: 'X86_64' | 'ARM64';
  diskSizeGb: number;
  archiveSizeBytes: number;
  /** Undefined while it is its family's newest. */
  deprecated: Deprecation | undefined;
  licenses: readonly string[];
  os: string;
  labels: Labels;
  labelVersion: number;
  /** Of an own image: the disk it was made from, relative. */
  sourceDisk: string;
  sourceDiskId: string;
  sourceSnapshot: string;
  sourceSnapshotId: string;
  sourceImage: string;
  sourceImageId: string;
  /** The key of the captured disk that it carries, or "". */
  content: string;
}

export interface Snapshot extends Resource {
  architecture: string;
  diskSizeGb: number;
  storageBytes: number;
  storageLocation: string;
  licenses: readonly string[];
  os: string;
  labels: Labels;
  labelVersion: number;
  /** Relative. */
  sourceDisk: string;
  sourceDiskId: string;
  sourceImage: string;
  sourceImageId: string;
  content: string;
}

/** An instance's settings as its request had them, and what was on its disks. */
export interface MachineImage extends Resource {
  sourceInstance: string;
  sourceInstanceId: string;
  storageBytes: number;
  storageLocation: string;
  properties: Readonly<Record<string, unknown>>;
  disks: readonly MachineImageDisk[];
}
export interface MachineImageDisk {
  readonly attached: Omit<AttachedDisk, 'disk'>;
  /** As it was, with its content held. */
  readonly disk: Disk;
}

export interface OperationError {
  readonly code: string;
  readonly message: string;
  readonly status: number;
  readonly text: string;
}

export interface Operation {
  id: string;
  name: string;
  /** insert, delete, start, setMetadata … */
  type: string;
  /** zones/<zone>, regions/<region> or global. */
  scope: string;
  /** Relative. */
  target: string;
  targetId: string;
  insertedAt: number;
  /** The earliest end; then `arrived` is asked. */
  dueAt: number;
  endedAt: number;
  /** Its caller has been answered once. */
  told: boolean;
  done: boolean;
  error: OperationError | undefined;
  clientId: string;
  /** Whether what it waits for has come; dropped at the end, as is `finish`. */
  arrived: (() => boolean) | undefined;
  finish: (() => void) | undefined;
}
