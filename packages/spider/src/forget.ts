/** Forgetting a record whatever its cloud says: for a cloud that is gone for good, or a resource that others deleted. */
import { BaristaError } from '@cloud-barista/model/errors';
import { findId, noSuchId, releaseId, titleOf } from './claims.ts';
import { connectionOf } from './connections.ts';
import type { IdKind, Spider, SpiderCall } from './context.ts';
import { hostKeyKey, idKey } from './keys.ts';
import { userOf } from './remove.ts';

/**
 * Removes the record in any state. What may still come to light of a create stays looked for. failed_precondition while something of
 * ours stands on it: its record would name what is no more.
 */
export async function forgetId(
  spider: Spider,
  connection: string,
  kind: IdKind,
  name: string,
  call: SpiderCall,
): Promise<void> {
  const key = idKey(connection, kind, name);
  await spider.locks.with(key, call.signal, async () => {
    for (;;) {
      const held = await findId(spider, connection, kind, name);
      if (!held) {
        await connectionOf(spider, connection);
        throw noSuchId(spider, connection, kind, name);
      }
      const user = userOf(spider, connection, kind, name);
      if (user !== undefined)
        throw new BaristaError(
          'failed_precondition',
          `The ${titleOf(kind, name, connection)} is used by the ${user}.`,
          { next: 'Delete that first.', where: kind },
        );
      if (held.value.id === '') {
        if (await releaseId(spider, connection, kind, held, true)) return;
        continue;
      }
      const gone = kind === 'vm' ? [key, hostKeyKey(connection, name)] : [key];
      if (await spider.mirror.commit({ if: [{ key, revision: held.revision }], delete: gone })) return;
    }
  });
}
