/** What the handlers of several files share. */
import type { CallContext } from '@cloud-barista/api/handlers';
import { BaristaError } from '@cloud-barista/model/errors';
import { findId, titleOf } from './claims.ts';
import type { IdKind, Spider, SpiderCall } from './context.ts';

/** A create's idempotency key makes it the owner: made again with the same key, it goes on with (or answers with) what it made. */
export const creating = ({ signal, idempotencyKey }: CallContext): SpiderCall =>
  idempotencyKey === undefined ? { signal } : { signal, resume: true, owner: `key/${idempotencyKey}` };

/** For what is no create. */
export const only = ({ signal }: CallContext): SpiderCall => ({ signal });

/** already_exists at once, not in an operation that fails. */
export async function refuseTaken(
  spider: Spider,
  connection: string,
  kind: IdKind,
  name: string,
): Promise<void> {
  const held = await findId(spider, connection, kind, name);
  if (held && held.value.state === 'bound')
    throw new BaristaError('already_exists', `The ${titleOf(kind, name, connection)} already exists.`, {
      next: `Choose another name, or ${kind === 'vm' ? 'terminate' : 'delete'} it first.`,
      where: 'name',
    });
}
