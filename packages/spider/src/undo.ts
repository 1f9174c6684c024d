/** Undoing creates, for sagas. */
import type { IdKind, Spider, SpiderCall } from './context.ts';
import { undoId } from './remove.ts';
import { undoVm } from './vms.ts';

/**
 * As if the create had never been: whatever state its claim is in, nothing stands in the cloud afterwards and no record is
 * left. Succeeds when there is nothing to undo. Give `call.owner` as it was given to the create: then a thing of the
 * same name that somebody else made (the create failed with already_exists) is left alone.
 */
export async function undoCreate(
  spider: Spider,
  connection: string,
  kind: IdKind,
  name: string,
  call: SpiderCall = { signal: spider.signal },
): Promise<void> {
  if (kind === 'vm') return undoVm(spider, connection, name, call);
  return undoId(spider, connection, kind, name, call, async () => {});
}
