/** What a tenant holds: the records, no behaviour. `n` is the order of creation, in which lists come. */
import type { Cidr } from '@cloud-barista/model/cidr';
import type { Machine } from '../../world/machines.ts';
import type { Spec } from './catalogue.ts';

interface Resource {
  readonly n: number;
  readonly id: string;
  name: string;
  readonly description: string;
  /** 1: it can't be deleted. */
  readonly protection: 0 | 1;
  readonly createdAt: number;
}

export interface Subnet extends Resource {
  readonly block: Cidr;
  readonly gateway: number;
  readonly vlan: number;
  readonly used: Set<number>;
  /** Where the search for a free address goes on. */
  cursor: number;
  /** The tenant's own from its beginning. */
  readonly given: boolean;
}

export interface Rule {
  readonly id: string;
  readonly name: string;
  readonly type: 'inbound' | 'outbound';
  /** As given: 22, 8000-8100, 0 for all. */
  readonly port: string;
  readonly from: number;
  readonly to: number;
  readonly target: string;
  readonly block: Cidr;
  readonly protocol: 'tcp' | 'udp' | 'all';
  readonly createdAt: number;
}

export interface Group extends Resource {
  readonly rules: Map<string, Rule>;
  /** How many NICs are in it. */
  users: number;
  readonly given: boolean;
}

export interface Nic {
  readonly mac: string;
  /** eth0 is the first, and goes with its server. */
  readonly dev: string;
  readonly type: string;
  readonly server: Server;
  readonly subnet: Subnet;
  readonly address: number;
  groups: readonly Group[];
  adaptive: AdaptiveIp | undefined;
  readonly createdAt: number;
}

export interface AdaptiveIp extends Resource {
  readonly address: string;
  readonly nic: Nic;
}

/** A captured disk in the world's machines, kept while a snapshot or a template begins with it. */
export interface Disk {
  readonly key: string;
  holders: number;
}

export interface Template extends Resource {
  readonly os: string;
  readonly windows: boolean;
  /** GB. */
  readonly size: number;
  readonly ownership: string;
  readonly format: string;
  readonly templateType: string;
  readonly sourceType: string;
  readonly volumeId: string;
  readonly snapshotId: string;
  state: 'CREATING' | 'AVAILABLE' | 'DELETING';
  readonly disk: Disk | undefined;
  readonly given: boolean;
}

export type VolumeState =
  | 'CREATING'
  | 'AVAILABLE'
  | 'ATTACHING'
  | 'IN_USE'
  | 'DETACHING'
  | 'EXTENDING'
  | 'DELETING';

export interface Volume extends Resource {
  /** GB. */
  size: number;
  state: VolumeState;
  /** The disk that a server boots from: it comes and goes with the server. */
  readonly bootable: boolean;
  readonly template: Template | undefined;
  server: Server | undefined;
  /** vda for the bootable one, then vdb …; "" while it is on no server. */
  dev: string;
  mode: string;
}

export interface Snapshot extends Resource {
  readonly size: number;
  readonly bootable: boolean;
  readonly template: Template | undefined;
  readonly serverName: string;
  readonly volumeId: string;
  state: 'CREATING' | 'COMPLETED' | 'DELETING';
  readonly disk: Disk | undefined;
}

export interface Server extends Resource {
  readonly hostname: string;
  readonly spec: Spec;
  readonly template: Template;
  readonly root: Volume;
  readonly volumes: Set<Volume>;
  readonly nics: Nic[];
  /** Undefined: its making failed. */
  machine: Machine | undefined;
  /** It is on its way to FAILED, or there. */
  failure: 'coming' | 'here' | undefined;
  /** It was told to end. */
  ending: boolean;
}
