/** Deletes by name: marked before the delete leaves, so that it is finished whatever dies. */
import { BaristaError } from '@cloud-barista/model/errors';
import type { CloudId } from '@cloud-barista/model/ids';
import { findId, noSuchId, releaseId, removeFromCloud, replaceId, settleClaim, titleOf } from './claims.ts';
import { cloudOf } from './clouds.ts';
import { connectionOf } from './connections.ts';
import type { IdKind, Spider, SpiderCall } from './context.ts';
import { hostKeyKey, idFolder, idKey } from './keys.ts';
import type { IdRecord } from './claims.ts';
import { surelyNothing } from './road.ts';

interface Users {
  vpc?: string;
  securityGroups?: string[];
  keyPair?: string;
}
/** Which kinds stand on which. What VMs have attached, only the cloud knows, and refuses. */
const standsOn: Partial<Record<IdKind, readonly IdKind[]>> = {
  vpc: ['security-group', 'vm'],
  'security-group': ['vm'],
  'key-pair': ['vm'],
};
/** What of ours stands on it: the cloud would refuse too, but late and in its own words. */
export function userOf(spider: Spider, connection: string, kind: IdKind, name: string): string | undefined {
  const uses = (data: Users) =>
    kind === 'vpc'
      ? data.vpc === name
      : kind === 'key-pair'
        ? data.keyPair === name
        : (data.securityGroups ?? []).includes(name);
  const users = standsOn[kind] ?? [];
  for (const user of users)
    for (const held of spider.mirror.values<IdRecord<Users>>(idFolder(connection, user)))
      if (uses(held.value.data)) return titleOf(user, held.value.name, connection);
  return undefined;
}

/** Deletes whatever is no VM. Repeating it after a crash (`resume`) succeeds where it is gone. */
export async function deleteId(
  spider: Spider,
  connection: string,
  kind: Exclude<IdKind, 'vm'>,
  name: string,
  call: SpiderCall,
): Promise<void> {
  const key = idKey(connection, kind, name);
  await spider.locks.with(key, call.signal, async () => {
    for (;;) {
      const held = await findId(spider, connection, kind, name);
      if (!held) {
        if (call.resume) return;
        await connectionOf(spider, connection);
        throw noSuchId(spider, connection, kind, name);
      }
      const record = held.value;
      const user = userOf(spider, connection, kind, name);
      if (user !== undefined)
        throw new BaristaError(
          'failed_precondition',
          `The ${titleOf(kind, name, connection)} is used by the ${user}.`,
          { next: 'Delete that first.', where: kind },
        );
      if (record.id === '') {
        if (await settleClaim(spider, connection, kind, held, call.signal)) return;
        continue;
      }
      const marked =
        record.state === 'deleting'
          ? held
          : await replaceId(spider, connection, kind, held, { ...record, state: 'deleting' });
      if (!marked) continue;
      const open = await cloudOf(spider, connection, call.signal);
      try {
        await removeFromCloud(open, kind, record.id as CloudId, call.signal);
      } catch (error) {
        // Refused for sure: it stands as before. Else it stays `deleting`, and recoverClaims goes on with it.
        if (error instanceof BaristaError && surelyNothing(error))
          await replaceId(spider, connection, kind, marked, { ...record, state: 'bound' });
        throw error;
      }
      if (await releaseId(spider, connection, kind, marked)) return;
    }
  });
}

/**
 * For a saga's undo: whatever state the claim is in, makes sure that nothing of it stands in the cloud and no record is
 * left. With `owner`, what another owner made under the name is left alone. For a VM, `ended` waits until the cloud has ended it.
 */
export async function undoId(
  spider: Spider,
  connection: string,
  kind: IdKind,
  name: string,
  call: SpiderCall,
  ended: () => Promise<void>,
): Promise<void> {
  const key = idKey(connection, kind, name);
  const ordered = await spider.locks.with(key, call.signal, async () => {
    for (;;) {
      const held = await findId(spider, connection, kind, name);
      if (!held || (call.owner !== undefined && held.value.owner !== call.owner)) return false;
      const record = held.value;
      const open = await cloudOf(spider, connection, call.signal);
      if (kind !== 'vm' && record.id === '') {
        if (await settleClaim(spider, connection, kind, held, call.signal)) return false;
        continue;
      }
      let id = record.id;
      if (id === '') {
        const [found] = await open.cloud.findMarked({ signal: call.signal }, kind, record.token);
        if (found === undefined) {
          if (await releaseId(spider, connection, kind, held, true)) return false;
          continue;
        }
        id = found;
      }
      const marked = await replaceId(spider, connection, kind, held, { ...record, id, state: 'deleting' });
      if (!marked) continue;
      await removeFromCloud(open, kind, id as CloudId, call.signal);
      if (kind === 'vm') return true;
      if (await releaseId(spider, connection, kind, marked)) return false;
    }
  });
  if (ordered) await ended();
}

/** Removes the record of a VM that the cloud has ended, and its pinned host key. */
export async function dropVm(
  spider: Spider,
  connection: string,
  name: string,
  revision: number,
): Promise<boolean> {
  const key = idKey(connection, 'vm', name);
  return spider.mirror.commit({ if: [{ key, revision }], delete: [key, hostKeyKey(connection, name)] });
}
