/** What a region of a project holds: the records, no behaviour. `n` is the order of creation, for paging. */
import type { Cidr } from '@cloud-barista/model/cidr';
import type { Delays } from '../../world/clouds.ts';
import type { Machine } from '../../world/machines.ts';
import type { Flavor } from './compute/flavor-list.ts';
import type { VolumeType } from './volume/type-list.ts';

/** What all of Neutron's resources have. Tags are replaced as a whole, so that records may share one. */
export interface Resource {
  readonly n: number;
  readonly id: string;
  name: string;
  description: string;
  tags: readonly string[];
  readonly createdAt: number;
  updatedAt: number;
  revision: number;
}

export interface Network extends Resource {
  adminUp: boolean;
  shared: boolean;
  external: boolean;
  mtu: number;
  portSecurity: boolean;
  segment: number;
  readonly subnets: Subnet[];
  readonly ports: Set<Port>;
  /** The DHCP agent's own port. */
  dhcp: Port | undefined;
}

export interface HostRoute {
  destination: string;
  nexthop: string;
}

export interface Subnet extends Resource {
  readonly network: Network;
  readonly block: Cidr;
  gateway: number | undefined;
  dhcp: boolean;
  /** First and last address of each. */
  pools: [number, number][];
  nameservers: string[];
  routes: HostRoute[];
  /** Addresses that ports hold, the gateway's only while a router's port has it. */
  readonly used: Set<number>;
}

export interface FixedIp {
  readonly subnet: Subnet;
  readonly address: number;
}

export interface Port extends Resource {
  readonly network: Network;
  /** Undefined: derived from the id. */
  readonly mac: string | undefined;
  fixedIps: readonly FixedIp[];
  deviceId: string;
  deviceOwner: string;
  server: Server | undefined;
  groups: readonly SecurityGroup[];
  adminUp: boolean;
  portSecurity: boolean;
  /** Made and removed with what it belongs to: Nova's, a router's, the DHCP agent's. */
  readonly auto: boolean;
  floatingIps: readonly FloatingIp[];
  pairs: readonly unknown[];
}

export interface Router extends Resource {
  adminUp: boolean;
  routes: HostRoute[];
  gateway: Port | undefined;
  enableSnat: boolean;
  readonly interfaces: Set<Port>;
}

export interface FloatingIp extends Resource {
  readonly address: string;
  readonly network: Network;
  port: Port | undefined;
  /** Which of the port's addresses it stands for. */
  fixedIp: number;
  router: Router | undefined;
}

export type Ethertype = 'IPv4' | 'IPv6';

export interface Rule extends Resource {
  readonly group: SecurityGroup;
  readonly egress: boolean;
  readonly ethertype: Ethertype;
  readonly protocol: string | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly prefix: string | undefined;
  readonly remoteGroup: string | undefined;
  /** Neutron's own, which every group begins with. */
  readonly byDefault: boolean;
}

export interface SecurityGroup extends Resource {
  readonly isDefault: boolean;
  stateful: boolean;
  /** By what the rule allows: a second such rule is a duplicate. */
  readonly rules: Map<string, Rule>;
  /** How many ports are in it. */
  users: number;
}

export interface KeyPair {
  readonly n: number;
  readonly name: string;
  readonly type: 'ssh';
  readonly fingerprint: string;
  readonly publicKey: string;
  /** OpenSSH public key, as the one member of the list that each machine shares. */
  readonly keys: string[];
  readonly createdAt: number;
}

export interface Image {
  readonly n: number;
  readonly id: string;
  name: string;
  status: 'queued' | 'saving' | 'active' | 'deactivated';
  visibility: 'public' | 'private' | 'shared' | 'community';
  containerFormat: string | null;
  diskFormat: string | null;
  /** Bytes; null before the upload. */
  size: number | null;
  minDisk: number;
  minRam: number;
  protected: boolean;
  hidden: boolean;
  tags: readonly string[];
  properties: Readonly<Record<string, string>>;
  readonly createdAt: number;
  updatedAt: number;
  /** Null before the upload, and of what is `given`, whose sums are made when shown. */
  checksum: string | null;
  hash: string | null;
  /** Undefined for the images that the cloud comes with. */
  data: Buffer | undefined;
  /** The cloud's own, not the project's. */
  readonly given: boolean;
  /** Under which the world keeps the files of the server that it is an image of. */
  readonly disk: string | undefined;
}

export type VolumeState =
  | 'creating'
  | 'available'
  | 'reserved'
  | 'attaching'
  | 'in-use'
  | 'detaching'
  | 'extending'
  | 'deleting'
  | 'error';

export interface Volume {
  readonly n: number;
  readonly id: string;
  /** Null where it was given none. */
  name: string | null;
  description: string | null;
  sizeGib: number;
  readonly type: VolumeType;
  state: VolumeState;
  bootable: boolean;
  /** What it was made from. */
  readonly image: Image | undefined;
  /** What Cinder keeps of the image where it has been changed since; undefined: as the image has it. */
  imageMetadata: Readonly<Record<string, string>> | undefined;
  readonly snapshotId: string | undefined;
  readonly sourceId: string | undefined;
  metadata: Readonly<Record<string, string>>;
  attachment: Attachment | undefined;
  readonly createdAt: number;
  updatedAt: number;
}

/** A volume and its server; Nova's block device and Cinder's attachment at once. */
export interface Attachment {
  readonly id: string;
  readonly volume: Volume;
  readonly server: Server;
  readonly device: string;
  /** What the server starts from: it can't be detached. */
  readonly root: boolean;
  /** Since the server's order: it is in use when the server is up. */
  readonly atBoot: boolean;
  readonly tag: string | null;
  deleteOnTermination: boolean;
  /** 0 until it is in use. */
  at: number;
}

export interface Snapshot {
  readonly n: number;
  readonly id: string;
  name: string | null;
  description: string | null;
  readonly volume: Volume;
  readonly sizeGib: number;
  state: 'creating' | 'available' | 'deleting' | 'error';
  metadata: Readonly<Record<string, string>>;
  readonly createdAt: number;
  updatedAt: number;
}

/** What the server was last told; together with its machine's state it gives Nova's three states. */
export type Phase =
  | 'create'
  | 'start'
  | 'stop'
  | 'suspend'
  | 'resume'
  | 'pause'
  | 'unpause'
  | 'reboot'
  | 'reboot-hard'
  | 'delete'
  /** It has ended, and is shown for a moment more. */
  | 'deleted'
  | 'failing'
  | 'error';

/** What few servers have other than usual; shared, replaced on change. */
export interface ServerOptions {
  readonly description: string | null;
  readonly locked: boolean;
  readonly lockedReason: string | null;
  readonly diskConfig: 'MANUAL' | 'AUTO';
  readonly configDrive: string;
  readonly volumes: readonly Attachment[];
  readonly host: string;
}

export interface Server {
  readonly n: number;
  readonly id: string;
  name: string;
  readonly hostname: string;
  readonly flavor: Flavor;
  /** Undefined where it starts from a volume. */
  readonly imageId: string | undefined;
  readonly keyName: string | undefined;
  metadata: Readonly<Record<string, string>>;
  tags: readonly string[];
  /** Base64, as given. */
  readonly userData: string | undefined;
  readonly reservation: string;
  readonly launchIndex: number;
  options: ServerOptions;
  ports: Port[];
  phase: Phase;
  /** When it was told so, or when it was first seen to have ended. Milliseconds since the epoch. */
  since: number;
  readonly clock: Clock;
  /** The Nova status before the deed under way; a deed that ends as it began keeps it. */
  before: Settled;
  /** What is being made of it. */
  imaging: Image | undefined;
  /** Undefined for one that never got a host. */
  machine: Machine | undefined;
  fault: { code: number; message: string; at: number } | undefined;
  readonly createdAt: number;
  updatedAt: number;
  launchedAt: number;
}

export type Settled = 'BUILD' | 'ACTIVE' | 'SHUTOFF' | 'SUSPENDED' | 'PAUSED' | 'ERROR' | 'DELETED';

/** Tells how far a deed is; one for all servers of a region. */
export interface Clock {
  now(): number;
  readonly delays: Delays;
}
