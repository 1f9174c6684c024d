/** Everything of one connection, in the order in which it stands on one another. */
import { toBaristaError } from '@cloud-barista/model/errors';
import type { IdRecord } from '@cloud-barista/spider/claims';
import { connectionOf } from '@cloud-barista/spider/connections';
import { detachDisk, awaitDisk } from '@cloud-barista/spider/disks';
import { idFolder } from '@cloud-barista/spider/keys';
import { deleteId } from '@cloud-barista/spider/remove';
import { inParallel } from '@cloud-barista/spider/signals';
import { awaitOne } from '@cloud-barista/spider/vm-sagas';
import { terminateVm } from '@cloud-barista/spider/vms';
import type { IntegratedKind } from '@cloud-barista/model/inventory';
import { messageOf } from './answers.ts';
import { theirs } from './names.ts';
import type { Ask, SpiderRoute } from './route.ts';
import { iid, orNull, type Iid } from './views.ts';

const order: readonly (readonly [IntegratedKind, string])[] = [
  ['vm', 'vm'],
  ['disk', 'disk'],
  ['custom-image', 'myimage'],
  ['public-ip', 'publicip'],
  ['key-pair', 'keypair'],
  ['security-group', 'sg'],
  ['vpc', 'vpc'],
];
const width = 8;

async function remove(ask: Ask, connection: string, kind: IntegratedKind, name: string): Promise<void> {
  const { spider, call } = ask;
  if (kind === 'vm') {
    await terminateVm(spider, connection, name, { ...call, resume: true });
    if (spider.mirror.get(`${idFolder(connection, 'vm')}${name}`))
      await awaitOne(spider, connection, name, 'Terminated', call.signal);
    return;
  }
  if (kind === 'disk') {
    const disk = await detachDisk(spider, connection, name, call);
    if (disk.state !== 'NotExist')
      await awaitDisk(spider, connection, name, now => now.state === 'Available', call);
  }
  await deleteId(spider, connection, kind, name, { ...call, resume: true });
}

async function destroy(ask: Ask) {
  const { spider } = ask;
  const connection = ask.connection();
  await connectionOf(spider, connection);
  const lists: unknown[] = [];
  let all = true;
  for (const [kind, ResourceType] of order) {
    const records = spider.mirror.values<IdRecord>(idFolder(connection, kind)).map(held => held.value);
    if (records.length === 0) continue;
    const deleted: Iid[] = [];
    const left: { Name: string; ErrorMsg: string }[] = [];
    await inParallel(records, width, async ({ name, id }) => {
      const Name = theirs(spider, name);
      await remove(ask, connection, kind, name).then(
        () => deleted.push(iid(Name, id)),
        (error: unknown) => left.push({ Name, ErrorMsg: messageOf(spider, toBaristaError(error)) }),
      );
    });
    all &&= left.length === 0;
    lists.push({
      ResourceType,
      IsAllDeleted: left.length === 0,
      DeletedIIDList: orNull(deleted),
      RemainedErrorInfoList: orNull(left),
    });
  }
  return { IsAllDestroyed: all, DeletedAllListByResourceType: orNull(lists) };
}

export const destroyRoutes: readonly SpiderRoute[] = [
  {
    method: 'DELETE',
    path: '/destroy',
    since: 'newest',
    role: 'admin',
    summary: 'Delete all that a connection holds',
    differs: 'of what has a name here; disks are detached first',
    answer: destroy,
  },
];
