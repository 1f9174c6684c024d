/** Transactions on their way to etcd: those without conditions are merged while they touch different keys. */
import type { EtcdClient } from './etcd-client.ts';
import { maxTxnBytes, maxWrites } from './keys.ts';
import type { Txn, TxnResult, Write } from './store.ts';

interface TxnAnswer {
  header: { revision: string };
  succeeded?: boolean;
}
interface Group {
  txns: Txn[];
  keys: Set<string>;
  bytes: number;
  /** Earlier ones that write some of the same keys: they go first. */
  behind: Set<Group>;
  result: Promise<TxnResult>;
}

export interface EtcdBatch {
  (txn: Txn, bytes: number): Promise<TxnResult>;
  /** Resolves when nothing is on its way. */
  drain(): Promise<void>;
}

const keyOf = (write: Write) => ('put' in write ? write.put : write.delete);

export function etcdBatch(client: EtcdClient, encode: (key: string) => string): EtcdBatch {
  const underWay = new Set<Promise<unknown>>();
  /** The last group on its way that writes a key. */
  const writing = new Map<string, Group>();
  let open: Group | undefined;

  async function send(txns: Txn[]): Promise<TxnResult> {
    const compare = txns
      .flatMap(txn => txn.if ?? [])
      .map(({ key, revision }) => ({
        key: encode(key),
        target: 'MOD',
        result: 'EQUAL',
        mod_revision: String(revision),
      }));
    const success = txns
      .flatMap(txn => txn.then)
      .map(write =>
        'put' in write
          ? {
              request_put: {
                key: encode(write.put),
                value: Buffer.from(write.value).toString('base64'),
                ...(write.lease !== undefined && { lease: write.lease }),
              },
            }
          : { request_delete_range: { key: encode(write.delete) } },
      );
    const answer = await client.call<TxnAnswer>('/v3/kv/txn', { compare, success });
    return { ok: answer.succeeded ?? false, revision: Number(answer.header.revision) };
  }
  function track(result: Promise<TxnResult>): Promise<TxnResult> {
    underWay.add(result);
    const gone = () => underWay.delete(result);
    result.then(gone, gone);
    return result;
  }

  function merged(txn: Txn, bytes: number): Promise<TxnResult> {
    // A lease that ran out fails the whole transaction, so what hangs on one goes alone as well.
    if (txn.if?.length || txn.then.some(write => 'put' in write && write.lease !== undefined))
      return track(send([txn]));
    const keys = txn.then.map(keyOf);
    const before = new Set(keys.flatMap(key => writing.get(key) ?? []));
    const group = open;
    if (
      group &&
      group.keys.size + keys.length <= maxWrites &&
      group.bytes + bytes <= maxTxnBytes &&
      [...before].every(each => group.behind.has(each))
    ) {
      group.txns.push(txn);
      for (const key of keys) {
        group.keys.add(key);
        writing.set(key, group);
      }
      group.bytes += bytes;
      return group.result;
    }
    const { promise, resolve } = Promise.withResolvers<TxnResult>();
    const fresh: Group = { txns: [txn], keys: new Set(keys), bytes, behind: before, result: track(promise) };
    for (const key of keys) writing.set(key, fresh);
    open = fresh;
    const over = () => {
      for (const key of fresh.keys) if (writing.get(key) === fresh) writing.delete(key);
    };
    promise.then(over, over);
    setImmediate(async () => {
      if (open === fresh) open = undefined;
      await Promise.allSettled(Array.from(before, each => each.result));
      resolve(send(fresh.txns));
    });
    return fresh.result;
  }
  return Object.assign(merged, {
    async drain() {
      while (underWay.size > 0) await Promise.allSettled(underWay);
    },
  });
}
