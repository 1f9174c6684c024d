/**
 * The states of VMs, asked for in bulk: one question a connection for all VMs that anybody waits for or wants to know, and
 * a store write only where something changed.
 */
import type { CloudVm } from '@cloud-barista/driver/vms';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { CloudId } from '@cloud-barista/model/ids';
import { gone } from '@cloud-barista/model/state';
import type { IdRecord } from './claims.ts';
import { cloudOf, guarded } from './clouds.ts';
import type { Spider } from './context.ts';
import { hostKeyKey, idFolder } from './keys.ts';
import { inParallel, raced } from './signals.ts';
import { heldVm, observed, vmKey, type HeldVm, type VmData } from './vm-records.ts';
import { openWatch, type VmWatch } from './vm-watch.ts';

/** The contract's bound on one getMany. */
const bulk = 1000;
/** A VM's removal is two writes (record, host key); the store takes 128 in a transaction. */
const batchSize = 64;
const refreshMs = 15_000;

export function watchOf(spider: Spider, connection: string): VmWatch {
  let watch = spider.watches.get(connection);
  if (!watch) spider.watches.set(connection, (watch = openWatch()));
  return watch;
}

/** To be called after an order (suspend, terminate …) was taken: answers asked for before it no longer count. */
export function ordered(watch: VmWatch, name: string): void {
  watch.orders.set(name, ++watch.sequence);
}

interface Change {
  held: HeldVm;
  next: IdRecord<VmData>;
}
const dropped = ({ next }: Change) => next.state === 'deleting' && gone.has(next.data.state);

/** Writes what changed. A record that somebody else wrote meanwhile is left to the next observation. */
async function write(spider: Spider, connection: string, changes: Change[]): Promise<void> {
  const commit = (batch: Change[]) =>
    spider.mirror.commit({
      if: batch.map(({ held, next }) => ({ key: vmKey(connection, next.name), revision: held.revision })),
      put: batch
        .filter(change => !dropped(change))
        .map(({ next }) => ({ key: vmKey(connection, next.name), value: next })),
      delete: batch
        .filter(dropped)
        .flatMap(({ next }) => [vmKey(connection, next.name), hostKeyKey(connection, next.name)]),
    });
  const batches: Change[][] = [];
  for (let from = 0; from < changes.length; from += batchSize)
    batches.push(changes.slice(from, from + batchSize));
  await inParallel(batches, 8, async batch => {
    if ((await commit(batch)) || batch.length === 1) return;
    await inParallel(batch, 8, async change => void (await commit([change])));
  });
}

/** Takes over the cloud's answers about `names`. `asked`: the watch's sequence when the question left. Returns how many changed. */
export async function takeAnswers(
  spider: Spider,
  connection: string,
  names: Iterable<string>,
  asked: number,
  answers: ReadonlyMap<string, CloudVm>,
): Promise<number> {
  const watch = watchOf(spider, connection);
  const now = spider.now();
  const changes: Change[] = [];
  for (const name of names) {
    const held = heldVm(spider, connection, name);
    if (!held || held.value.id === '' || (watch.orders.get(name) ?? 0) > asked) continue;
    const next = observed(held.value, answers.get(held.value.id), now);
    if (next !== held.value || dropped({ held, next })) changes.push({ held, next });
  }
  if (changes.length > 0) await write(spider, connection, changes);
  return changes.length;
}

/** Asks the cloud for the VMs of these names and takes over what it says. Returns how many changed. */
export async function observe(
  spider: Spider,
  connection: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<number> {
  const watch = watchOf(spider, connection);
  const byId = new Map<string, string>();
  for (const name of names) {
    const id = heldVm(spider, connection, name)?.value.id ?? '';
    if (id !== '') byId.set(id, name);
  }
  if (byId.size === 0) return 0;
  const open = await cloudOf(spider, connection, signal);
  const asked = ++watch.sequence;
  const ids = [...byId.keys()] as CloudId[];
  const chunks: CloudId[][] = [];
  for (let from = 0; from < ids.length; from += bulk) chunks.push(ids.slice(from, from + bulk));
  const answers = new Map<string, CloudVm>();
  await inParallel(chunks, 4, async chunk => {
    for (const vm of await guarded(open, () => open.cloud.vms.getMany({ signal }, chunk)))
      answers.set(vm.id, vm);
  });
  return takeAnswers(spider, connection, byId.values(), asked, answers);
}

/** Makes sure that what is known of the connection's VMs is at most `maxAgeMs` old; all who ask share one question. */
export async function refreshVms(
  spider: Spider,
  connection: string,
  { maxAgeMs = 5000 }: { maxAgeMs?: number } = {},
  call?: { signal: AbortSignal },
): Promise<void> {
  const watch = watchOf(spider, connection);
  if (spider.now() - watch.refreshedAt <= maxAgeMs || watch.refreshing) spider.calls.saved(connection, 'vm');
  if (spider.now() - watch.refreshedAt <= maxAgeMs) return;
  if (!watch.refreshing) {
    const at = spider.now();
    const names = spider.mirror.names(idFolder(connection, 'vm'));
    const signal = AbortSignal.any([spider.signal, AbortSignal.timeout(refreshMs)]);
    watch.refreshing = observe(spider, connection, names, signal)
      .then(() => void (watch.refreshedAt = at))
      .catch((error: unknown) => {
        throw hasCode(error, 'cancelled')
          ? new BaristaError(
              'unavailable',
              `The states of the VMs of the connection ${JSON.stringify(connection)} could not be read.`,
              { source: error },
            )
          : error;
      })
      .finally(() => void (watch.refreshing = undefined));
    watch.refreshing.catch(() => {});
  }
  await (call ? raced(watch.refreshing, call.signal) : watch.refreshing);
}
