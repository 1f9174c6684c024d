/** /v3/{project}/snapshots. Source: Block Storage API v3, "Volume snapshots". */
import { jsonBody, type SiteCall } from '../call.ts';
import { badRequest } from '../errors.ts';
import { accepted, ok, type Reply } from '../reply.ts';
import type { Snapshot } from '../records.ts';
import { checkCinderQuota } from '../quotas.ts';
import { route, type SiteRoute } from '../router.ts';
import * as input from './input.ts';
import { list, metadataFilter, type Noun } from './list.ts';
import { metadataRoutes } from './metadata.ts';
import { endSnapshot, makeSnapshot } from './snapshot-records.ts';
import { noSnapshot, noVolume } from './volume-request.ts';
import { stateOf } from './volume-records.ts';
import { time } from './volume-view.ts';

function briefView(_: SiteCall, snapshot: Snapshot) {
  return {
    id: snapshot.id,
    name: snapshot.name,
    description: snapshot.description,
    volume_id: snapshot.volume.id,
    status: snapshot.state,
    size: snapshot.sizeGib,
    metadata: snapshot.metadata,
    created_at: time(snapshot.createdAt),
    updated_at: time(snapshot.updatedAt),
  };
}

const snapshotView = (call: SiteCall, snapshot: Snapshot) => ({
  ...briefView(call, snapshot),
  'os-extended-snapshot-attributes:progress': snapshot.state === 'available' ? '100%' : '0%',
  'os-extended-snapshot-attributes:project_id': call.account.projectId,
  ...(call.version >= 14 && { group_snapshot_id: null }),
  ...(call.version >= 41 && { user_id: call.account.userId }),
  ...(call.version >= 65 && { consumes_quota: true }),
});

function find({ site, id }: SiteCall): Snapshot {
  const snapshot = site.snapshots.get(id);
  if (!snapshot) throw noSnapshot(id);
  return snapshot;
}

function create(call: SiteCall): Reply {
  const { site, world, account, late } = call;
  const given = input.member(jsonBody(call), 'snapshot');
  const volumeId = given['volume_id'];
  if (volumeId === undefined)
    throw badRequest("Invalid input for field/attribute snapshot. 'volume_id' is a required property");
  const volume = site.volumes.get(String(volumeId));
  if (!volume) throw noVolume(String(volumeId));
  // From 3.66 on what is in use needs no force, and force may not be denied.
  const force = input.flag(given['force'], 'force', false);
  if (call.version >= 66 && given['force'] !== undefined && !force)
    throw input.invalidInput("Since microversion 3.66 'force' is invalid for this call, unless it is true.");
  const status = stateOf(volume);
  if (status !== 'available' && !(status === 'in-use' && (force || call.version >= 66)))
    throw input.invalidVolume(
      `Volume ${volume.id} status must be available${call.version >= 66 ? ' or in-use' : ''}, but current status is: ${status}.`,
    );
  const metadata = input.metadata(given['metadata']);
  const name = input.text(given, 'name') ?? null;
  const description = input.text(given, 'description') ?? null;
  checkCinderQuota({ account, usage: site.usage }, { snapshots: 1, gigabytes: volume.sizeGib });
  const snapshot = makeSnapshot(world, site, volume, { name, description, metadata }, late !== undefined);
  return { status: 202, body: { snapshot: briefView(call, snapshot) } };
}

function update(call: SiteCall): Reply {
  const snapshot = find(call);
  const given = input.member(jsonBody(call), 'snapshot');
  const [name, description] = [input.text(given, 'name'), input.text(given, 'description')];
  if (name !== undefined) snapshot.name = name;
  if (description !== undefined) snapshot.description = description;
  snapshot.updatedAt = call.world.now();
  return ok({ snapshot: briefView(call, snapshot) });
}

function remove(call: SiteCall): Reply {
  const snapshot = find(call);
  if (snapshot.state !== 'available' && snapshot.state !== 'error')
    throw badRequest(
      'Invalid snapshot: Snapshot status must be available or error and snapshot must not be part of a group.',
    );
  endSnapshot(call.world, call.site, snapshot);
  return accepted;
}

const noun: Noun<Snapshot> = {
  plural: 'snapshots',
  missing: noSnapshot,
  filters: {
    name: value => row => row.name === value,
    'name~':
      (value, { version }) =>
      row =>
        version < 31 || row.name?.includes(value) === true,
    status: value => row => row.state === value,
    volume_id: value => row => row.volume.id === value,
    id: value => row => row.id === value,
    project_id:
      (value, { account }) =>
      () =>
        value === account.projectId,
    metadata: metadataFilter,
  },
  sortKeys: {
    created_at: row => row.n,
    updated_at: row => row.updatedAt,
    name: row => row.name ?? '',
    id: row => row.id,
    volume_id: row => row.volume.id,
    status: row => row.state,
    size: row => row.sizeGib,
  },
};

export const snapshotRoutes: readonly SiteRoute[] = [
  route('GET /snapshots', call => list(call, noun, call.site.snapshots.values(), 'snapshots', briefView)),
  route('GET /snapshots/detail', call =>
    list(call, noun, call.site.snapshots.values(), 'snapshots/detail', snapshotView),
  ),
  route('POST /snapshots', create, { late: true }),
  route('GET /snapshots/{}', call => ok({ snapshot: snapshotView(call, find(call)) })),
  route('PUT /snapshots/{}', update),
  route('DELETE /snapshots/{}', remove),
  ...metadataRoutes('snapshots', 'Snapshot', find),
];
