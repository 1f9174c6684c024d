/**
 * Snapshots: what custom images stand on. CreateImage makes them by itself and DeleteImage leaves them, so they are tagged with their
 * image's id before it goes: a deletion that breaks half way finds them again.
 */
import type { Call, CreateCall } from '@cloud-barista/driver/call';
import { together } from '@cloud-barista/driver/concurrency';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { Token } from '@cloud-barista/model/ids';
import { type Api, clientToken, type Parameters } from './api.ts';
import { says } from './errors.ts';
import { marks } from './marks.ts';
import { patiently, whileRefused } from './wait.ts';
import { rounds } from './vswitches.ts';

const resource = 'custom-image';
const imageTag = 'cb-image';

interface Snapshot {
  SnapshotId?: string;
  /** progressing, accomplished, failed. */
  Status?: string;
}
interface Answer {
  TotalCount?: number;
  Snapshots?: { Snapshot?: Snapshot[] };
}

/** Ids of snapshots begin so, those of images with `m-` (or are names of Alibaba Cloud's own). */
export const isSnapshot = (id: string): boolean => id.startsWith('s-');

async function read(api: Api, call: Call, parameters: Parameters): Promise<Snapshot[]> {
  return api.all<Answer, Snapshot>(
    call,
    'ecs',
    'DescribeSnapshots',
    parameters,
    { resource },
    { size: 100, pick: answer => answer.Snapshots?.Snapshot, id: snapshot => snapshot.SnapshotId },
  );
}
const idsOf = (snapshots: readonly Snapshot[]) => snapshots.map(snapshot => snapshot.SnapshotId ?? '');

export const markedSnapshots = async (api: Api, call: Call, token: Token): Promise<string[]> =>
  idsOf(await read(api, call, { Tag: marks(token) }));

/** A snapshot of one disk that an image can be made of. As long as it takes: until the call's signal ends it. */
export async function makeSnapshot(
  api: Api,
  call: CreateCall,
  DiskId: string,
  name: string,
): Promise<string> {
  const [standing] = call.again ? await markedSnapshots(api, call, call.token) : [];
  const parameters = {
    DiskId,
    SnapshotName: name,
    Tag: marks(call.token),
    ClientToken: clientToken(call.token, 'snapshot'),
  };
  const id =
    standing ??
    (await api.ask<Snapshot>(call, 'ecs', 'CreateSnapshot', parameters, { resource, name })).SnapshotId ??
    '';
  if (standing === undefined) api.born(id);
  let there = true;
  const made = await patiently(
    call.signal,
    async () => {
      const [now] = await read(api, call, { SnapshotIds: JSON.stringify([id]) });
      there = now !== undefined;
      return now?.Status === 'progressing' ? undefined : now;
    },
    () => there || api.isYoung(id),
  );
  if (made !== undefined && made.Status !== 'failed') return id;
  throw new BaristaError('unavailable', `Alibaba Cloud could not make snapshot ${id} of disk ${DiskId}.`, {
    next: 'Delete what was begun, and try again.',
  });
}

/** Tells them apart from all others, once their image is gone. */
export async function nameImage(api: Api, call: Call, image: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const parameters = {
    ResourceType: 'snapshot',
    ResourceId: ids,
    Tag: [{ Key: imageTag, Value: image }],
  };
  await api.ask(call, 'ecs', 'TagResources', parameters, { resource, name: image });
}
export const leftOf = async (api: Api, call: Call, image: string): Promise<string[]> =>
  idsOf(await read(api, call, { Tag: [{ Key: imageTag, Value: image }] }));

/** By force: VMs of the image had their disks made of them. */
export async function deleteSnapshots(api: Api, call: Call, ids: readonly string[]): Promise<void> {
  // An image that was deleted a moment ago may still count.
  const passes = (error: unknown) => says(error, 'SnapshotCreatedImage');
  await together(
    ids.map(async SnapshotId => {
      try {
        await whileRefused(call.signal, rounds, passes, () =>
          api.ask(call, 'ecs', 'DeleteSnapshot', { SnapshotId, Force: true }, { resource, name: SnapshotId }),
        );
      } catch (error) {
        if (!hasCode(error, 'not_found')) throw error;
      }
    }),
  );
}
