/**
 * What the functions of this package are functions over: the state types, no behaviour. `openSpider` (spider.ts) makes it.
 */
import type { Cloud, CloudConfig, Driver } from '@cloud-barista/driver/driver';
import type { Connection } from '@cloud-barista/model/connection';
import type { IntegratedKind } from '@cloud-barista/model/inventory';
import type { Store } from '@cloud-barista/store/store';
import type { CallHistory } from './calls.ts';
import type { Drivers } from './drivers.ts';
import type { Limits } from './plug-in/child.ts';
import type { Locks } from './locks.ts';
import type { Mirror } from './mirror.ts';
import type { Offer } from './offers.ts';
import type { PriceShelf } from './prices.ts';
import type { Limiter } from './rate.ts';
import type { Redact } from './redact.ts';
import type { Seals } from './secrets.ts';
import type { VmWatch } from './vm-watch.ts';

/** What has an integrated id: the user's name, tied to the cloud's id. */
export type IdKind = IntegratedKind;

export interface SpiderOptions {
  store: Store;
  /** Driver name to its `./open` entry, imported at first use. */
  drivers: Record<string, () => Promise<{ driver: Driver }>>;
  /** Directories in which packages are looked for that are named as drivers at run time; default: the working directory. */
  modulesFrom?: readonly string[];
  /** How long a driver in a process of its own may take, and when it is given up. */
  plugIns?: Partial<Limits>;
  /** The 32-byte master key (see `loadMasterKey`). */
  key: Buffer;
  /** Milliseconds since 1970. */
  now?: () => number;
  /** One line of the log; never holds a secret. */
  log?: (line: object) => void;
  /** Rejects when `signal` fires. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
  /** In [0, 1). */
  random?: () => number;
  /** Where the call history is kept; in memory only when absent. */
  callsDir?: string;
  /** One request to a cloud may take this long. Default 60 s. */
  requestTimeoutMs?: number;
  /** Requests in flight to one account and region. Default 64. */
  maxInFlight?: number;
  /** Several servers work on one store. Default: where the store is etcd. */
  shared?: boolean;
  /** How long a create whose answer was lost may still come to light. Default 120 s. */
  strayMs?: number;
  /** How long a VM may take to reach a state. Default 10 min. */
  vmTimeoutMs?: number;
}

/** What every function takes last. */
export interface SpiderCall {
  signal: AbortSignal;
  /** An earlier run of this very call may have reached the cloud: go on from what it left. */
  resume?: boolean | undefined;
  /** Who makes it (e.g. an operation's id): only the same owner may take up, or undo, what it made. */
  owner?: string | undefined;
}

/** A connection's cloud, opened. */
export interface OpenCloud {
  readonly connection: Connection;
  readonly driver: Driver;
  readonly cloud: Cloud;
  readonly config: CloudConfig;
  /** As people know it, e.g. ap-northeast-2. */
  readonly region: string;
  readonly redact: Redact;
  /** Changes when the connection is made of something else. */
  readonly fingerprint: string;
}

export interface Spider {
  readonly store: Store;
  readonly mirror: Mirror;
  readonly drivers: Drivers;
  readonly seals: Seals;
  readonly calls: CallHistory;
  readonly locks: Locks;
  /** Opened clouds by connection. */
  readonly clouds: Map<string, { fingerprint: string; opening: Promise<OpenCloud> }>;
  /** By account and region. */
  readonly limiters: Map<string, Limiter>;
  /** Images and specs by connection. */
  readonly offers: Map<string, Offer<unknown>>;
  /** By connection. */
  readonly prices: Map<string, PriceShelf>;
  /** VM pollers by connection. */
  readonly watches: Map<string, VmWatch>;
  /** The beginning of every token given out here (installation.ts). */
  readonly installation: string;
  /** The frameworks above say here what of theirs a resource belongs to, e.g. `MCIS "web"`. */
  readonly holders: ((connection: string, kind: IdKind, name: string) => Promise<string | undefined>)[];
  /** Names this process in claims. */
  readonly process: string;
  readonly shared: boolean;
  readonly now: () => number;
  readonly log: (line: object) => void;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
  readonly requestTimeoutMs: number;
  readonly maxInFlight: number;
  readonly strayMs: number;
  readonly vmTimeoutMs: number;
  /** Fires at close. */
  readonly signal: AbortSignal;
  close(): Promise<void>;
}
