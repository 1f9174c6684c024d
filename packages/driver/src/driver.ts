/**
 * The cloud contract. A driver is one package (or ES module) whose `./open` entry exports `driver`. Callers meet
 * spider, never a driver; validation, naming, ids, retry, rate limit, polling, call history and error wrapping are written once
 * in front, so that a driver stays small. What the comments call "guaranteed" a driver need not check.
 *
 * Errors: a driver throws what its cloud's client throws. `classify` turns that into our code by a table; the road
 * (road.ts) wraps it once. A driver throws a BaristaError itself only where it knows better than the raw error.
 */
import type { KeySpec } from '@cloud-barista/model/connection';
import type { DiskType } from '@cloud-barista/model/disk';
import type { TagRule } from '@cloud-barista/model/tag';
import type { ResourceKind } from '@cloud-barista/model/call';
import type { ErrorCode } from '@cloud-barista/model/errors';
import type { NameRule } from '@cloud-barista/model/names';
import type { Token } from '@cloud-barista/model/ids';
import type { Call } from './call.ts';
import type { CustomImages } from './custom-images.ts';
import type { Disks } from './disks.ts';
import type { Images } from './images.ts';
import type { KeyPairs } from './key-pairs.ts';
import type { Prices } from './prices.ts';
import type { PublicIps } from './public-ips.ts';
import type { Regions } from './regions.ts';
import type { Road } from './road.ts';
import type { SecurityGroups } from './security-groups.ts';
import type { Specs } from './specs.ts';
import type { Tagging } from './tags.ts';
import type { Vms } from './vms.ts';
import type { Vpcs } from './vpcs.ts';

/** Raised when a driver written for the old contract would no longer work. */
export const contractVersion = 2;

/** What clouds may lack. */
export const capabilityWords = [
  'vm.suspend',
  'vm.reboot',
  'vm.userData',
  'vm.rootDisk',
  /** The blocks of VPCs and subnets are the caller's to choose; else the cloud chooses, and the answer says which. */
  'vpc.cidr',
  'vpc.addSubnet',
  'securityGroup.outbound',
  'securityGroup.changeRules',
  /** Traffic that no rule allows is really refused. */
  'securityGroup.enforced',
  'region.list',
  'spec.price',
  'tag.vpc',
  'tag.securityGroup',
  'tag.keyPair',
  'tag.vm',
  'tag.disk',
  'disk',
  'disk.resize',
  'customImage',
  'publicIp',
] as const;
export type Capability = (typeof capabilityWords)[number];
/** `true`, or the reason why not, as a user should read it. */
export type Capabilities = Record<Capability, true | string>;

/** What a create's token marks. */
export type MarkedKind = Extract<
  ResourceKind,
  'vpc' | 'security-group' | 'key-pair' | 'vm' | 'disk' | 'custom-image' | 'public-ip'
>;

export interface Classified {
  code: ErrorCode;
  /** The cloud's own code word, e.g. InvalidParameterValue. */
  cause: string;
  /** The cloud's own text, without secrets. */
  message: string;
  /** Milliseconds that the cloud asked us to wait, where it did. */
  retryAfterMs?: number;
  /** The cloud refused for the number of requests: not performed, so the road slows down and repeats any request. `code` is then `unavailable`. */
  throttled?: true;
}

export interface CloudConfig {
  /** The credential's and the region's values; guaranteed to hold every required key and no unknown one. */
  credential: Readonly<Record<string, string>>;
  region: Readonly<Record<string, string>>;
}

export interface Driver {
  /** Lower case, e.g. aws. */
  readonly name: string;
  /** Upper case, e.g. AWS. */
  readonly provider: string;
  readonly contract: number;
  readonly credentialKeys: readonly KeySpec[];
  /** Beside `endpoint`, `sshPort` and `sshVia`, which every region may carry. */
  readonly regionKeys: readonly KeySpec[];
  /** The last three where the capability is declared. */
  readonly names: Readonly<
    Record<'vpc' | 'subnet' | 'security-group' | 'key-pair' | 'vm', NameRule> &
      Partial<Record<'disk' | 'custom-image' | 'public-ip', NameRule>>
  >;
  /**
   * What its cloud's ids look like, as regular expression sources that the whole must match, where no other cloud's look so: who gives
   * one to another cloud is told whose it is.
   */
  readonly ids?: { readonly image?: string; readonly spec?: string };
  /** The kinds of disks that it makes, the usual one first; absent or empty where only the cloud itself knows. */
  readonly diskTypes?: readonly DiskType[];
  /** What it takes as a tag; there where a `tag.…` capability is declared. */
  readonly tagRule?: TagRule;
  readonly capabilities: Capabilities;
  /** The region as people know it, e.g. ap-northeast-2; no network. */
  regionOf(config: CloudConfig): { region: string; zone: string };
  /** The vendor's error by the driver's table; undefined: not one of the vendor's. */
  classify(error: unknown): Classified | undefined;
  /** Loads the vendor's SDK and makes a cloud. Sends nothing yet: `check` does. */
  open(config: CloudConfig, road: Road): Promise<Cloud>;
}

/** One account in one region. Its methods are called concurrently. */
export interface Cloud {
  readonly images: Images;
  readonly specs: Specs;
  readonly vpcs: Vpcs;
  readonly securityGroups: SecurityGroups;
  readonly keyPairs: KeyPairs;
  readonly vms: Vms;
  /** Each there exactly where its capability (`region.list`, `spec.price`, any `tag.…`, `disk`, `customImage`, `publicIp`) is declared. */
  readonly regions?: Regions;
  readonly prices?: Prices;
  readonly tags?: Tagging;
  readonly disks?: Disks;
  readonly customImages?: CustomImages;
  readonly publicIps?: PublicIps;
  /** The cheapest call that proves endpoint, credential and region. unauthenticated, permission_denied, unavailable, invalid_argument (no such region). */
  check(call: Call): Promise<void>;
  /** Releases sockets and timers. */
  close(): Promise<void>;
  /**
   * The ids of what carries `token` in the cloud, for undoing a create whose answer never came: zero or one id.
   * For a VPC, the VPC's (its parts go with it).
   */
  findMarked(call: Call, kind: MarkedKind, token: Token): Promise<string[]>;
}
