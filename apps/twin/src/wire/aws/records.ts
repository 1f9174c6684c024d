/** What a region of an account holds: the records, no behaviour. `n` is the order of creation, for paging. */
import type { Cidr } from '@cloud-barista/model/cidr';
import type { Machine } from '../../world/machines.ts';
import type { Image } from './image-catalogue.ts';
import type { InstanceType } from './instance-type-catalogue.ts';
import type { Zone } from './zones.ts';

/** Replaced as a whole when a tag changes, so that records may share one. */
export type Tags = readonly (readonly [key: string, value: string])[];
export const noTags: Tags = [];

export interface Resource {
  readonly n: number;
  readonly id: string;
  tags: Tags;
}

export interface Vpc extends Resource {
  block: Cidr;
  isDefault: boolean;
  dnsSupport: boolean;
  dnsHostnames: boolean;
  mainTable: RouteTable;
  mainAssociation: string;
  acl: NetworkAcl;
  gateway: InternetGateway | undefined;
}

export interface Subnet extends Resource {
  vpc: Vpc;
  zone: Zone;
  block: Cidr;
  isDefault: boolean;
  mapPublicIp: boolean;
  /** Offsets of the addresses in use, those that AWS reserves not among them. */
  used: Set<number>;
  /** Where the search for a free address goes on. */
  cursor: number;
  /** Its own route table; the VPC's main one where undefined. */
  association: { id: string; table: RouteTable } | undefined;
}

export interface InternetGateway extends Resource {
  vpc: Vpc | undefined;
  /** Made with the default VPC. */
  isDefault: boolean;
}

export interface Route {
  block: Cidr;
  destination: string;
  target: { kind: 'local' } | { kind: 'gateway'; gateway: string } | { kind: 'instance'; instance: string };
}

export interface RouteTable extends Resource {
  /** Set once, right after both are made. */
  vpcId: string;
  isMain: boolean;
  routes: Route[];
}

export interface NetworkAcl extends Resource {
  vpcId: string;
}

export type RuleSource =
  | { kind: 'ipv4'; cidr: string; block: Cidr }
  | { kind: 'ipv6'; cidr: string }
  | { kind: 'group'; group: string };

export interface Rule extends Resource {
  group: string;
  egress: boolean;
  /** tcp, udp, icmp, icmpv6, -1 (all), or a protocol's number. */
  protocol: string;
  /** Ports, or ICMP type and code; undefined for protocols without. */
  from: number | undefined;
  to: number | undefined;
  source: RuleSource;
  description: string | undefined;
}

export interface SecurityGroup extends Resource {
  name: string;
  description: string;
  vpc: Vpc;
  isDefault: boolean;
  /** By what the rule allows: a second such rule is a duplicate. */
  rules: Map<string, Rule>;
  /** How many instances are in it. */
  users: number;
}

export interface KeyPair extends Resource {
  name: string;
  type: 'rsa' | 'ed25519';
  fingerprint: string;
  /** OpenSSH public key, as the one member of the list that each machine shares. */
  keys: string[];
  createdAt: number;
}

export interface Address extends Resource {
  ip: string;
  instance: Instance | undefined;
  association: string;
}

/** What a volume is made of; replaced as a whole when it is modified. */
export interface VolumeShape {
  readonly sizeGib: number;
  readonly type: string;
  /** Undefined for types without a figure (st1, sc1, standard). */
  readonly iops: number | undefined;
  /** MiB/s; gp3 only. */
  readonly throughput: number | undefined;
  readonly snapshot: string | undefined;
  readonly encrypted: boolean;
}

/** A volume as a block device mapping of an image or a launch tells of it. */
export interface Disk extends VolumeShape {
  readonly device: string;
  readonly deleteOnTermination: boolean;
}

export interface Attachment {
  readonly instance: Instance;
  readonly device: string;
  readonly at: number;
  deleteOnTermination: boolean;
  state: 'attaching' | 'attached' | 'detaching';
}

export interface VolumeModification {
  readonly original: VolumeShape;
  readonly target: VolumeShape;
  readonly multiAttach: { readonly original: boolean; readonly target: boolean };
  state: 'modifying' | 'optimizing' | 'completed';
  readonly startedAt: number;
  endedAt: number;
}

export interface Volume extends Resource {
  shape: VolumeShape;
  readonly zone: Zone;
  /** While nothing is attached; in-use otherwise. */
  state: 'creating' | 'available' | 'deleting';
  multiAttach: boolean;
  readonly createdAt: number;
  /** More than one only with Multi-Attach. */
  attachments: Attachment[];
  modification: VolumeModification | undefined;
  /** When modifications began, of the last 24 hours. */
  modifiedAt: number[];
}

export interface Snapshot extends Resource {
  readonly volume: string;
  readonly sizeGib: number;
  readonly encrypted: boolean;
  readonly description: string;
  readonly startedAt: number;
  completedAt: number;
  state: 'pending' | 'completed';
}

/** An image that the account made of an instance. */
export interface OwnImage extends Image {
  tags: Tags;
  state: 'pending' | 'available';
  readonly disks: readonly Disk[];
  /** The world's key of the instance's files as they were. */
  readonly captured: string;
  readonly sourceInstance: string;
  readonly sourceImage: string;
}

/** What happens to resources by itself, some time after a request. Carried out by `sweep`, before the next request. */
export interface Due {
  readonly at: number;
  readonly then: () => void;
}

/** One RunInstances. */
export interface Reservation {
  readonly id: string;
  readonly token: string;
  /** Digest of the request, to tell a repetition from another request under the same token. */
  readonly digest: string;
  readonly at: number;
  readonly instances: Instance[];
}

/** What few instances have other than usual; shared, replaced on change. */
export interface InstanceOptions {
  readonly terminationProtected: boolean;
  readonly stopProtected: boolean;
  readonly shutdown: 'stop' | 'terminate';
  readonly sourceDestCheck: boolean;
  readonly ebsOptimized: boolean;
  readonly monitored: boolean;
  readonly httpTokens: string;
}

/** Its network interface and its MAC address are derived from its id: see derived.ts. */
export interface Instance extends Resource {
  reservation: Reservation;
  index: number;
  image: Image;
  type: InstanceType;
  keyName: string | undefined;
  subnet: Subnet;
  groups: readonly SecurityGroup[];
  machine: Machine;
  /** Whether it gets a public address whenever it starts. */
  wantsPublicIp: boolean;
  address: Address | undefined;
  launchedAt: number;
  /** Its volumes as launched: they are derived from these until one of them is looked at by itself (volume-records.ts). */
  disks: readonly Disk[];
  diskTags: Tags;
  volumes: Volume[] | undefined;
  interfaceTags: Tags;
  options: InstanceOptions;
  /** Base64, as given. */
  userData: string | undefined;
  /** Milliseconds since the epoch when it was told to stop or end; 0: it was not. */
  stoppedAt: number;
  /** When it was seen as terminated. */
  terminatedAt: number;
}
