/**
 * The store contract: one ordered key-value space with revisions, as etcd has it (and memory and SQLite do after it).
 * Keys are paths (`/spider/connections/aws-seoul`), ordered by code unit of their UTF-8; values are text (JSON). The store's
 * revision grows by one with every transaction that writes (on etcd also by what others write there, and plain writes that
 * were merged share one); all writes of one transaction share it. What changes nothing does not count.
 */
export interface Entry {
  key: string;
  value: string;
  /** Revision at which the key was last written. */
  revision: number;
  /** Revision at which it came into being. */
  created: number;
}

/** A condition on one key. `revision: 0` means that the key is absent. */
export interface Compare {
  key: string;
  revision: number;
}

export type Write = { put: string; value: string; lease?: LeaseId } | { delete: string };

export interface Txn {
  /** All must hold, else nothing is written. */
  if?: Compare[];
  /** At most one write per key; at most 128, and 1 MiB of keys and values, in one transaction (etcd's limits). */
  then: Write[];
}
export interface TxnResult {
  ok: boolean;
  /** The store's revision after it (when ok: that of its writes). */
  revision: number;
}

export interface ListOptions {
  /** Keys that start with it. */
  prefix: string;
  /** Only keys behind this one: the cursor of the page before. */
  after?: string;
  /** Default: all. */
  limit?: number;
}
export interface Listing {
  entries: Entry[];
  /** More keys stand behind the last entry. */
  more: boolean;
  /** The store's revision that the listing was read at: watch from `revision + 1` misses nothing. */
  revision: number;
}

export interface Change {
  type: 'put' | 'delete';
  key: string;
  /** "" for a delete. */
  value: string;
  revision: number;
}

export type LeaseId = string;

export interface Store {
  /** e.g. `sqlite`, for logs. */
  readonly kind: string;
  get(key: string): Promise<Entry | undefined>;
  /** In bulk; absent keys are left out. */
  getMany(keys: string[]): Promise<Entry[]>;
  list(options: ListOptions): Promise<Listing>;
  count(prefix: string): Promise<number>;
  /** Durable when it resolves. */
  txn(txn: Txn): Promise<TxnResult>;
  /**
   * Changes of keys under `prefix`, in order of revision, from `from` (inclusive; default: from now) until `signal` fires (then it ends
   * without an error). `out_of_range` where `from` was compacted away: list again. A slow reader is cut off with
   * `out_of_range` rather than let memory grow.
   */
  watch(prefix: string, options: { from?: number; signal: AbortSignal }): AsyncIterable<Change>;
  /** Keys put with the lease vanish `seconds` after the last keepAlive. */
  grantLease(seconds: number): Promise<LeaseId>;
  /** not_found where it has run out. */
  keepAlive(lease: LeaseId): Promise<void>;
  /** Its keys vanish now. Succeeds where it has run out. */
  revokeLease(lease: LeaseId): Promise<void>;
  close(): Promise<void>;
}
