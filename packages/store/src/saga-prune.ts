/** Keeps what sagas leave in the store bounded: journals of ended operations, and operations beyond the newest. */
import { ended, type Operation } from '@cloud-barista/model/operation';
import { maxWrites } from './keys.ts';
import { at } from './saga-records.ts';
import type { Store, Write } from './store.ts';

async function writeAll(store: Store, writes: Write[]): Promise<void> {
  for (let from = 0; from < writes.length; from += maxWrites)
    await store.txn({ then: writes.slice(from, from + maxWrites) });
}

/** Removes an ended operation's journal, then (last, so that a crash is made good) the record that says it is to be removed. */
export async function dropJournal(store: Store, id: string): Promise<void> {
  const { entries } = await store.list({ prefix: at.journal(id) });
  await writeAll(
    store,
    entries.map(entry => ({ delete: entry.key })),
  );
  await store.txn({ then: [{ delete: at.run(id) }] });
}

/** Removes ended operations beyond the newest `keep`, with all that is kept of them. Returns how many. */
export async function pruneOperations(store: Store, keep: number): Promise<number> {
  const ids: string[] = [];
  for (let after: string | undefined; ; ) {
    const page = await store.list({
      prefix: at.operations,
      limit: 500,
      ...(after !== undefined && { after }),
    });
    for (const entry of page.entries) {
      const operation = JSON.parse(entry.value) as Operation;
      if (ended.has(operation.state)) ids.push(operation.id);
    }
    after = page.entries.at(-1)?.key;
    if (!page.more) break;
  }
  const old = ids.slice(0, Math.max(ids.length - keep, 0));
  const keys = new Map((await store.getMany(old.map(at.keyOf))).map(entry => [entry.key, entry.value]));
  for (const id of old) {
    const { entries } = await store.list({ prefix: at.journal(id) });
    const key = keys.get(at.keyOf(id));
    await writeAll(store, [
      ...entries.map(entry => ({ delete: entry.key })),
      ...(key === undefined ? [] : [{ delete: at.idempotency(key) }, { delete: at.keyOf(id) }]),
      { delete: at.operation(id) },
    ]);
  }
  return old.length;
}
