/** One transaction on an embedded store's table: its conditions, then its writes, all under one revision. */
import type { Leases } from './leases.ts';
import type { Change, LeaseId, Txn } from './store.ts';

/** What a backend has to be able to do, at once and in memory order. */
export interface Table {
  /** 0 where the key is absent. */
  revisionOf(key: string): number;
  put(key: string, value: string, revision: number, lease: LeaseId | undefined): void;
  /** False where it was absent. */
  remove(key: string): boolean;
}

/** What it changed under `revision`; undefined where a condition did not hold. Throws, with nothing written, where a lease has run out. */
export function apply(table: Table, leases: Leases, txn: Txn, revision: number): Change[] | undefined {
  for (const compare of txn.if ?? [])
    if (table.revisionOf(compare.key) !== compare.revision) return undefined;
  for (const write of txn.then) if ('put' in write && write.lease !== undefined) leases.require(write.lease);
  const changes: Change[] = [];
  for (const write of txn.then)
    if ('put' in write) {
      table.put(write.put, write.value, revision, write.lease);
      changes.push({ type: 'put', key: write.put, value: write.value, revision });
    } else if (table.remove(write.delete)) {
      changes.push({ type: 'delete', key: write.delete, value: '', revision });
    }
  return changes;
}
