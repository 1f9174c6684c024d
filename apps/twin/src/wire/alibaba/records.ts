/** What a region of an account holds: the records, no behaviour. Ordered by creation. */
import type { Cidr } from '@cloud-barista/model/cidr';
import type { Machine } from '../../world/machines.ts';
import type { DiskCategory, PerformanceLevel } from './disk-categories.ts';
import type { Image } from './image-catalogue.ts';
import type { InstanceType } from './instance-type-catalogue.ts';

/** Replaced as a whole when a tag changes, so that records may share one. */
export type Tags = readonly (readonly [key: string, value: string])[];
export const noTags: Tags = [];

export interface Resource {
  readonly id: string;
  readonly createdAt: number;
  tags: Tags;
}

export interface Vpc extends Resource {
  name: string;
  description: string;
  block: Cidr;
  /** Pending before, Available from then on. */
  readyAt: number;
  vRouter: string;
  routeTable: string;
}

export interface VSwitch extends Resource {
  vpc: Vpc;
  zone: string;
  name: string;
  description: string;
  block: Cidr;
  readyAt: number;
  /** Offsets of the addresses in use. */
  used: Set<number>;
  cursor: number;
}

export interface Rule {
  id: string;
  egress: boolean;
  protocol: 'tcp' | 'udp' | 'icmp' | 'gre' | 'all';
  from: number;
  to: number;
  /** Of the other side; "" where that is a group. */
  cidr: string;
  block: Cidr | undefined;
  group: string;
  accept: boolean;
  priority: number;
  description: string;
  createdAt: number;
}

export interface SecurityGroup extends Resource {
  /** Its members don't reach each other by no rule. */
  closedInside?: boolean;
  name: string;
  description: string;
  vpc: Vpc;
  type: 'normal' | 'enterprise';
  rules: Map<string, Rule>;
  /** How many instances are in it. */
  users: number;
}

export interface KeyPair extends Resource {
  name: string;
  fingerprint: string;
  keys: string[];
}

export interface Instance extends Resource {
  name: string;
  description: string;
  image: Image;
  type: InstanceType;
  keyName: string | undefined;
  vSwitch: VSwitch;
  groups: SecurityGroup[];
  machine: Machine;
  bandwidthOut: number;
  eip: Eip | undefined;
  /** The system disk first, then in the order in which they were attached. */
  disks: Disk[];
  /** Of its primary network interface. */
  interfaceTags: Tags;
  chargeType: 'PostPaid' | 'PrePaid';
  protected: boolean;
  economical: boolean;
  /** Made by CreateInstance and never started. */
  unstarted: boolean;
}

export interface Disk extends Resource {
  name: string;
  description: string;
  zone: string;
  type: 'system' | 'data';
  category: DiskCategory;
  /** Of an ESSD; "" otherwise. */
  performanceLevel: PerformanceLevel | '';
  sizeGib: number;
  instance: Instance | undefined;
  device: string;
  deleteWithInstance: boolean;
  deleteAutoSnapshot: boolean;
  enableAutoSnapshot: boolean;
  sourceSnapshot: string;
  imageId: string;
  encrypted: boolean;
  chargeType: 'PostPaid' | 'PrePaid';
  /** On its way, up to `passUntil`. */
  passing: 'Creating' | 'Attaching' | 'Detaching';
  passUntil: number;
  /** 0: never. */
  attachedAt: number;
  detachedAt: number;
  /** The snapshot that is being made of it. */
  snapshot: Snapshot | undefined;
}

export interface Snapshot extends Resource {
  name: string;
  description: string;
  diskId: string;
  diskType: 'system' | 'data';
  category: DiskCategory;
  sizeGib: number;
  encrypted: boolean;
  readyAt: number;
  /** What the system disk was made of. */
  image: Image | undefined;
  /** Where the machine's files are kept (Machines.capture); undefined for data disks. */
  capture: string | undefined;
  /** How many images and disks were made of it and stand. */
  images: number;
  disks: number;
}

/** What an image has beside its system disk, or as that. */
export interface DeviceMapping {
  device: string;
  type: 'system' | 'data';
  sizeGib: number;
  snapshot: Snapshot | undefined;
}

export interface CustomImage extends Resource, Image {
  readonly custom: true;
  name: string;
  description: string;
  version: string;
  family: string;
  readyAt: number;
  mappings: readonly DeviceMapping[];
}

export interface Eip extends Resource {
  name: string;
  ip: string;
  bandwidth: number;
  chargeType: string;
  isp: string;
  netmode: string;
  description: string;
  protected: boolean;
  instance: Instance | undefined;
  /** On its way, up to `passUntil`. */
  passing: 'Associating' | 'Unassociating';
  passUntil: number;
}
