/** What is judged: a driver, and a cloud that it can be tried on – in process, emulated or real and paid. */
import type { Capability, CloudConfig, Driver } from '@cloud-barista/driver/driver';

/**
 * A fault that an emulated cloud answers with. The words: `error` (the cloud's own failure), `capacity`, `quota`, `throttle`,
 * `unavailable`, `hang` (no answer), `drop` (the connection breaks).
 */
export interface FaultRule {
  /** `create-vm` for whatever makes a VM, else the cloud's own name of a call; absent: every call. */
  api?: string;
  fault: string;
  /** 0 to 1. */
  probability: number;
}

export interface Subject {
  driver: Driver;
  config: CloudConfig;
  /** A VM can be made with these. Their ids. */
  image: string;
  spec: string;
  /** Configs that must fail, where the cloud has such: a wrong credential, an endpoint that refuses connections, a region that is none. */
  badCredential?: CloudConfig;
  unreachable?: CloudConfig;
  unknownRegion?: CloudConfig;
  /** Ground truth, where someone other than the driver can count what the cloud holds: `{ vms: 3, vpcs: 1, … }`. */
  count?: () => Promise<Record<string, number>>;
  /** A VM is reached at its private address: there is no other. */
  oneAddress?: boolean;
  /** How often a state is asked for while waiting, and how long a wait (or one request) may take, in milliseconds. Real clouds: 3000 and 300000. */
  pollMs: number;
  timeoutMs: number;
  /** Sets a fault in an emulated cloud; undefined clears it. */
  fault?: (rule: FaultRule | undefined) => Promise<void>;
  /** How many VMs are made at once; default 20. Set it low (at least 5) where VMs cost money. */
  vmsAtOnce?: number;
  /** When it fires the cases that are left are skipped, and what was made is taken down. */
  signal?: AbortSignal;
  close(): Promise<void>;
}

/** How one case ended: what the capability matrix is generated from. */
export interface Result {
  driver: string;
  noun: string;
  title: string;
  capability?: Capability;
  outcome: 'passed' | 'failed' | 'skipped';
  /** Why it was skipped, or how it failed. */
  reason: string;
  elapsedMs: number;
}
