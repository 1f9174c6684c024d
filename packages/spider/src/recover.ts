/**
 * Settles what died half way: claims whose create was never answered, deletes that were begun, strays. Called at the
 * server's start and now and then after. What somebody works on in a living process is left alone; what a saga will take up
 * again may be settled before: the saga then begins that step anew.
 */
import type { CloudId } from '@cloud-barista/model/ids';
import { gone } from '@cloud-barista/model/state';
import {
  cleaning,
  findId,
  isDead,
  releaseId,
  removeFromCloud,
  removeMarked,
  settleClaim,
  type IdRecord,
  type Stray,
} from './claims.ts';
import { cloudOf } from './clouds.ts';
import type { IdKind, Spider } from './context.ts';
import { idKey, ids, strays } from './keys.ts';
import { dropVm } from './remove.ts';
import { inParallel } from './signals.ts';
import type { VmData } from './vm-records.ts';
import { observe } from './vm-states.ts';

export interface Recovered {
  settled: number;
  /** What the cloud could not be asked about, or has not ended yet: next time. */
  left: number;
}

const width = 16;

export async function recoverClaims(spider: Spider): Promise<Recovered> {
  const count: Recovered = { settled: 0, left: 0 };
  const work: { connection: string; kind: IdKind; name: string }[] = [];
  for (const folder of spider.mirror.folders(ids)) {
    const [connection = '', kind = ''] = folder.slice(ids.length).split('/');
    for (const { value } of spider.mirror.values<IdRecord>(folder)) {
      if (value.state === 'bound' || spider.locks.held(idKey(connection, kind as IdKind, value.name)))
        continue;
      if (value.process === spider.process || isDead(spider, value.process) || value.uncertain)
        work.push({ connection, kind: kind as IdKind, name: value.name });
    }
  }
  const note = (done: boolean) => void (done ? count.settled++ : count.left++);
  const failed = (connection: string, what: string, error: unknown) => {
    count.left++;
    spider.log({
      level: 'warn',
      message: `Could not settle ${what}; will try again.`,
      connection,
      error: String(error),
    });
  };
  await inParallel(work, width, async ({ connection, kind, name }) => {
    const signal = cleaning(spider);
    try {
      note(
        await spider.locks.with(idKey(connection, kind, name), signal, () =>
          settle(spider, connection, kind, name, signal),
        ),
      );
    } catch (error) {
      failed(connection, `${kind} ${name}`, error);
    }
  });
  const folders = spider.mirror.folders(strays);
  await inParallel(folders, width, async folder => {
    const connection = folder.slice(strays.length, -1);
    for (const { value, revision } of spider.mirror.values<Stray>(folder))
      try {
        note(await settleStray(spider, connection, folder + value.token, value, revision));
      } catch (error) {
        failed(connection, `the lost create of ${value.kind} ${value.name}`, error);
      }
  });
  return count;
}

async function settle(
  spider: Spider,
  connection: string,
  kind: IdKind,
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  const held = await findId<VmData>(spider, connection, kind, name);
  if (!held || held.value.state === 'bound') return true;
  const { id } = held.value;
  if (id === '') return settleClaim(spider, connection, kind, held, signal);
  const open = await cloudOf(spider, connection, signal);
  if (kind !== 'vm') {
    await removeFromCloud(open, kind, id as CloudId, signal);
    return releaseId(spider, connection, kind, held);
  }
  if (!gone.has(held.value.data.state)) await removeFromCloud(open, kind, id as CloudId, signal);
  await observe(spider, connection, [name], signal);
  const now = await findId<VmData>(spider, connection, 'vm', name);
  if (!now) return true;
  return gone.has(now.value.data.state) && dropVm(spider, connection, name, now.revision);
}

/** A create let go without an answer: deleted when it comes to light; believed never to have been after a while. */
async function settleStray(
  spider: Spider,
  connection: string,
  key: string,
  stray: Stray,
  revision: number,
): Promise<boolean> {
  const signal = cleaning(spider);
  const open = await cloudOf(spider, connection, signal);
  const found = await removeMarked(open, stray.kind, stray.token, signal);
  if (found > 0)
    spider.log({
      level: 'info',
      message: 'A create whose answer was lost came to light and was deleted.',
      connection,
      kind: stray.kind,
      name: stray.name,
    });
  if (found === 0 && spider.now() - stray.since < spider.strayMs) return false;
  return spider.mirror.commit({ if: [{ key, revision }], delete: [key] });
}
