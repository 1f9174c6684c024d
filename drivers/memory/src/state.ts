/**
 * What the cloud holds. One state for each `mockName` and region: two connections with the same see the same cloud, others never.
 * It lives as long as the process.
 */
import type { CloudId, Token } from '@cloud-barista/model/ids';
import { parseCidr, type Cidr } from '@cloud-barista/model/cidr';
import type { SecurityRule } from '@cloud-barista/model/security-group';
import type { VmState } from '@cloud-barista/model/state';
import type { Tags } from '@cloud-barista/model/tag';
import { createPool, type AddressPool } from './addresses.ts';
import { seeded } from './random.ts';
import { createShelf, type Shelf } from './shelf.ts';

export interface Subnet {
  id: CloudId;
  name: string;
  token: Token;
  cidr: Cidr;
  zone: string;
  addresses: AddressPool;
  /** VMs that stand in it. */
  vms: number;
}
export interface Vpc {
  id: CloudId;
  name: string;
  token: Token;
  cidr: Cidr;
  subnets: Map<CloudId, Subnet>;
  /** Without it nothing in the VPC reaches the internet. */
  gateway: boolean;
  groups: number;
}
export interface SecurityGroup {
  id: CloudId;
  name: string;
  token: Token;
  vpc: Vpc;
  /** By `ruleKey`. */
  rules: Map<string, SecurityRule>;
  vms: number;
}
export interface KeyPair {
  id: CloudId;
  name: string;
  token: Token;
  publicKey: string;
}
export interface Vm {
  id: CloudId;
  name: string;
  token: Token;
  state: VmState;
  /** While `state` passes: where it leads, and when (milliseconds since the epoch). */
  to: VmState;
  at: number;
  image: CloudId;
  spec: CloudId;
  vpc: CloudId;
  subnet: Subnet;
  groups: SecurityGroup[];
  keyPair: CloudId;
  zone: string;
  publicIp: string;
  privateIp: string;
  created: number;
  /** The address of the account's own that it carries instead of the one it came with. */
  ownIp: PublicIp | undefined;
  /** Undefined while it has none: most have none. */
  disks: Set<Disk> | undefined;
}
export interface Disk {
  id: CloudId;
  name: string;
  token: Token;
  type: string;
  sizeGb: number;
  zone: string;
  vm: Vm | undefined;
  created: number;
}
export interface CustomImage {
  id: CloudId;
  name: string;
  token: Token;
  /** Of the catalogue. */
  source: CloudId;
  created: number;
}
export interface PublicIp {
  id: CloudId;
  name: string;
  token: Token;
  address: string;
  vm: Vm | undefined;
}

export interface Fault {
  /** A call's name such as `CreateVpc`, or `create-vm`; absent: every call. */
  api?: string;
  fault: string;
  probability: number;
}

export interface State {
  vpcs: Shelf<Vpc>;
  groups: Shelf<SecurityGroup>;
  keys: Shelf<KeyPair>;
  vms: Shelf<Vm>;
  disks: Shelf<Disk>;
  customImages: Shelf<CustomImage>;
  publicIps: Shelf<PublicIp>;
  /** Of whatever stands, where it has any. */
  tags: Map<CloudId, Tags>;
  /** `kind name`, for the kinds whose names are unique. */
  names: Set<string>;
  /** What carries a token, by token: for creates that are repeated and for `findMarked`. */
  marked: {
    vpc: Map<Token, Vpc>;
    'security-group': Map<Token, SecurityGroup>;
    'key-pair': Map<Token, KeyPair>;
    vm: Map<Token, Vm>;
    disk: Map<Token, Disk>;
    'custom-image': Map<Token, CustomImage>;
    'public-ip': Map<Token, PublicIp>;
  };
  /** VMs whose state passes. */
  moving: Set<Vm>;
  /** Terminated VMs that are still shown, oldest first. */
  graves: CloudId[];
  fault: Fault | undefined;
  nextSubnet: number;
  /** The row of chance for a seed; kept, so that opening the cloud again does not begin it anew. */
  chance(seed: string): () => number;
}

/**
 * One pool for the whole process, so that no two VMs of any mock cloud have one address. 198.18.0.0/15 is set aside for benchmarks
 * (RFC 2544 §C.2.2): nothing answers there.
 */
export const publicAddresses = createPool(parseCidr('198.18.0.0/15'), 1, 1);

function createState(name: string): State {
  const rows = new Map<string, () => number>();
  return {
    vpcs: createShelf('mock-vpc'),
    groups: createShelf('mock-sg'),
    keys: createShelf('mock-key'),
    vms: createShelf('mock-vm'),
    disks: createShelf('mock-disk'),
    customImages: createShelf('mock-image'),
    publicIps: createShelf('mock-ip'),
    tags: new Map(),
    names: new Set(),
    marked: {
      vpc: new Map(),
      'security-group': new Map(),
      'key-pair': new Map(),
      vm: new Map(),
      disk: new Map(),
      'custom-image': new Map(),
      'public-ip': new Map(),
    },
    moving: new Set(),
    graves: [],
    fault: undefined,
    nextSubnet: 0,
    chance(seed) {
      const row = rows.get(seed) ?? seeded(`${seed} ${name}`);
      rows.set(seed, row);
      return row;
    },
  };
}

const states = new Map<string, State>();

const nameOf = (mockName: string, region: string) => JSON.stringify([mockName, region]);

/** For tests: the next to ask for it finds it empty, its chance at its beginning. */
export const forgetState = (mockName: string, region: string): boolean =>
  states.delete(nameOf(mockName, region));

export function stateOf(mockName: string, region: string): State {
  const name = nameOf(mockName, region);
  const state = states.get(name) ?? createState(name);
  states.set(name, state);
  return state;
}
