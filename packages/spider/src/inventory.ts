/**
 * What stands in the cloud beside what the records say. An orphan carries a token that this installation gave out and no record or
 * stray of it, of whichever connection, knows: the cloud is read first and the records after, so that what is just being made is never taken for one.
 */
import type { PageCall } from '@cloud-barista/driver/call';
import type { Cloud } from '@cloud-barista/driver/driver';
import { BaristaError, hasCode, toBaristaError } from '@cloud-barista/model/errors';
import { cloudId, type Token } from '@cloud-barista/model/ids';
import {
  integratedKinds,
  type IntegratedKind,
  type InventoryItem,
  type OrphanDeletion,
} from '@cloud-barista/model/inventory';
import type { Page } from '@cloud-barista/model/schema';
import { gone } from '@cloud-barista/model/state';
import { removeFromCloud, type IdRecord } from './claims.ts';
import { cloudOf, guarded } from './clouds.ts';
import type { OpenCloud, Spider, SpiderCall } from './context.ts';
import { idFolder, ids, released, strays } from './keys.ts';
import { makerOf } from './installation.ts';
import { readWhole } from './read-whole.ts';
import { inParallel } from './signals.ts';

export interface CloudItem {
  id: string;
  name: string;
  token?: Token;
}
type List = (call: PageCall) => Promise<Page<CloudItem>>;

/** Each kind's list; undefined where the cloud has no such thing. */
const lists: Record<IntegratedKind, (cloud: Cloud) => List | undefined> = {
  vpc:
    ({ vpcs }) =>
    call =>
      vpcs.list(call),
  'security-group':
    ({ securityGroups }) =>
    call =>
      securityGroups.list(call),
  'key-pair':
    ({ keyPairs }) =>
    call =>
      keyPairs.list(call),
  // What has ended stays in many clouds' lists for a while.
  vm:
    ({ vms }) =>
    async call => {
      const page = await vms.list(call);
      return { ...page, items: page.items.filter(vm => !gone.has(vm.state)) };
    },
  disk: ({ disks }) => disks && (call => disks.list(call)),
  'custom-image': ({ customImages }) => customImages && (call => customImages.list(call)),
  'public-ip': ({ publicIps }) => publicIps && (call => publicIps.list(call)),
};

/** As the store has it now, other servers' writes included. */
async function read<T>(spider: Spider, prefix: string): Promise<T[]> {
  const values: T[] = [];
  let after: string | undefined;
  for (;;) {
    const listing = await spider.store.list({ prefix, limit: 1000, ...(after !== undefined && { after }) });
    values.push(...listing.entries.map(entry => JSON.parse(entry.value) as T));
    after = listing.entries.at(-1)?.key;
    if (!listing.more || after === undefined) return values;
  }
}

/**
 * Of every connection: two may lead to one account, and what one knows is no orphan to the other. With what is being made, what was
 * let go without an answer, and what was unregistered and is its user's since.
 */
async function knownTokens(spider: Spider): Promise<Set<Token>> {
  const known = new Set<Token>();
  // One after the other, the records twice: whatever moves from one to another meanwhile is met in one of them.
  for (const prefix of [ids, strays, released, ids])
    for (const { token } of await read<{ token: Token }>(spider, prefix)) known.add(token);
  return known;
}

async function compare(
  spider: Spider,
  connection: string,
  kind: IntegratedKind,
  real: readonly CloudItem[],
  isOrphan: (token: Token | undefined) => boolean,
): Promise<InventoryItem[]> {
  const records = await read<IdRecord>(spider, idFolder(connection, kind));
  const byId = new Map(records.filter(record => record.id !== '').map(record => [record.id, record]));
  const seen = new Set<string>();
  const items: InventoryItem[] = real.map(({ id, name, token }) => {
    seen.add(id);
    const record = byId.get(id);
    return {
      kind,
      where: record ? 'mapped' : 'cloud',
      name: record?.name ?? '',
      id,
      cloudName: name,
      orphan: !record && isOrphan(token),
      installation: makerOf(token),
    };
  });
  for (const { name, id, cloudName } of records)
    if (!seen.has(id))
      items.push({
        kind,
        where: 'ours',
        name,
        id,
        cloudName,
        orphan: false,
        installation: spider.installation,
      });
  return items;
}

/** All kinds, or one; by kind, then by our name, then by the cloud's. */
export async function takeInventory(
  spider: Spider,
  connection: string,
  kind: IntegratedKind | undefined,
  call: SpiderCall,
  installation = spider.installation,
): Promise<InventoryItem[]> {
  const open = await cloudOf(spider, connection, call.signal);
  const kinds = kind === undefined ? integratedKinds : [kind];
  const real = await Promise.all(
    kinds.map(async each => {
      const list = lists[each](open.cloud);
      return list ? readWhole(open, list, call.signal) : [];
    }),
  );
  const known = await knownTokens(spider);
  const isOrphan = (token: Token | undefined) =>
    token !== undefined && makerOf(token) === installation && !known.has(token);
  const found = await Promise.all(
    kinds.map((each, index) => compare(spider, connection, each, real[index] ?? [], isOrphan)),
  );
  const order = ({ name, cloudName, id }: InventoryItem) =>
    `${name === '' ? 1 : 0}${name} ${cloudName} ${id}`;
  return found.flatMap(items => items.sort((a, b) => (order(a) < order(b) ? -1 : 1)));
}

/** The one thing of that id that stands in the cloud. */
export async function cloudItem(
  open: OpenCloud,
  kind: IntegratedKind,
  id: string,
  call: SpiderCall,
): Promise<CloudItem> {
  const list = lists[kind](open.cloud);
  const found = list && (await readWhole(open, list, call.signal)).find(item => item.id === id);
  if (found) return found;
  throw new BaristaError(
    'not_found',
    `The cloud of the connection ${JSON.stringify(open.connection.name)} has no ${kind} ${JSON.stringify(id.slice(0, 200))}.`,
    { next: `List what it has: barista get inventory --connection ${open.connection.name}`, where: 'id' },
  );
}

/** What depends on others goes first. */
const rounds: readonly (readonly IntegratedKind[])[] = [
  ['vm'],
  ['disk', 'custom-image', 'public-ip', 'security-group', 'key-pair'],
  ['vpc'],
];
const goneMs = 120_000;

/** Orphans, and what became of each. A dry run deletes nothing. */
export async function deleteOrphans(
  spider: Spider,
  connection: string,
  {
    dryRun = true,
    kind,
    installation,
  }: { dryRun?: boolean | undefined; kind?: IntegratedKind | undefined; installation?: string | undefined },
  call: SpiderCall,
): Promise<{ items: OrphanDeletion[] }> {
  const open = await cloudOf(spider, connection, call.signal);
  const orphans = (await takeInventory(spider, connection, kind, call, installation)).filter(
    item => item.orphan,
  );
  if (dryRun) return { items: orphans.map(item => ({ item, outcome: 'would-delete', problem: '' })) };
  const ends: OrphanDeletion[] = [];
  for (const kinds of rounds) {
    const now = orphans.filter(item => kinds.includes(item.kind));
    await inParallel(now, 8, async item => {
      try {
        await removeFromCloud(open, item.kind, cloudId(item.id), call.signal);
        ends.push({ item, outcome: 'deleted', problem: '' });
      } catch (error) {
        ends.push({ item, outcome: 'failed', problem: toBaristaError(error).message });
      }
    });
    const ending = ends.filter(end => end.item.kind === 'vm' && end.outcome === 'deleted');
    if (kinds.includes('vm'))
      await ended(
        spider,
        open,
        ending.map(end => end.item),
        call,
      );
  }
  return { items: ends };
}

/** VMs take a while to end, and what they use can't be deleted before. */
async function ended(
  spider: Spider,
  open: OpenCloud,
  vms: readonly InventoryItem[],
  call: SpiderCall,
): Promise<void> {
  const end = spider.now() + goneMs;
  let left = vms.map(vm => cloudId(vm.id));
  while (left.length > 0 && spider.now() < end) {
    const asked = left.slice(0, 1000);
    try {
      const found = await guarded(open, () => open.cloud.vms.getMany({ signal: call.signal }, asked));
      const standing = new Set(found.filter(vm => !gone.has(vm.state)).map(vm => vm.id));
      left = left.filter(id => standing.has(id) || !asked.includes(id));
    } catch (error) {
      // What can't be seen now the next round's refusals will tell.
      if (call.signal.aborted || !hasCode(error, 'unavailable', 'deadline_exceeded')) throw error;
    }
    if (left.length > 0) await spider.sleep(500, call.signal);
  }
}
