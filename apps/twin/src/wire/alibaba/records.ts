/** What a region of an account holds: the records, no behaviour. Ordered by creation. */
import type { Cidr } from '@cloud-barista/model/cidr';
import type { Machine } from '../../world/machines.ts';
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
  diskGib: number;
  diskCategory: string;
  diskTags: Tags;
  chargeType: 'PostPaid' | 'PrePaid';
  protected: boolean;
  economical: boolean;
}

export interface Eip extends Resource {
  name: string;
  ip: string;
  bandwidth: number;
  chargeType: string;
  instance: Instance | undefined;
}
