/** What is known in this process about the VMs of one connection beside their records: how fresh, who waits for what. */
import type { BaristaError } from '@cloud-barista/model/errors';
import type { VmState } from '@cloud-barista/model/state';
import type { Vm } from '@cloud-barista/model/vm';

export interface VmWaiter {
  /** Those not decided yet. */
  readonly names: Set<string>;
  readonly target: VmState;
  readonly since: number;
  readonly results: Map<string, Vm | BaristaError>;
  /** As last seen, to tell changes and to answer for what is gone. */
  readonly last: Map<string, Vm>;
  readonly onState: ((vm: Vm) => void) | undefined;
  done(): void;
}

export interface VmWatch {
  /** When the answer of the last whole refresh was asked for; -Infinity: never. */
  refreshedAt: number;
  refreshing: Promise<void> | undefined;
  readonly waiters: Set<VmWaiter>;
  polling: boolean;
  nap: { ms: number; wake: AbortController } | undefined;
  intervalMs: number;
  /** Grows with every order and every question: an answer asked for before a VM's last order says nothing of it. */
  sequence: number;
  readonly orders: Map<string, number>;
  /** VMs that `complete` runs for, and how often it failed. */
  readonly completing: Set<string>;
  readonly failures: Map<string, { tries: number; error: BaristaError }>;
  failingSince: number | undefined;
}

export const openWatch = (): VmWatch => ({
  refreshedAt: -Infinity,
  refreshing: undefined,
  waiters: new Set(),
  polling: false,
  nap: undefined,
  intervalMs: 100,
  sequence: 0,
  orders: new Map(),
  completing: new Set(),
  failures: new Map(),
  failingSince: undefined,
});
