/** /v3/{project}/volumes: create, list, show, change, delete. Source: Block Storage API v3, "Volumes". */
import { jsonBody, type SiteCall } from '../call.ts';
import { accepted, ok, type Reply } from '../reply.ts';
import type { Volume } from '../records.ts';
import { checkCinderQuota } from '../quotas.ts';
import { route, type SiteRoute } from '../router.ts';
import { findType } from './type-list.ts';
import * as input from './input.ts';
import { filtered, list, metadataFilter, type Noun } from './list.ts';
import { metadataRoutes } from './metadata.ts';
import { endSnapshot, snapshotsOf } from './snapshot-records.ts';
import { noVolume, readVolume } from './volume-request.ts';
import { endVolume, makeVolume, pass, stateOf } from './volume-records.ts';
import { briefView, plainView, volumeView } from './volume-view.ts';

export function findVolume({ site, id }: SiteCall): Volume {
  const volume = site.volumes.get(id);
  if (!volume) throw noVolume(id);
  return volume;
}

function create(call: SiteCall): Reply {
  const { world, site, account, late } = call;
  const request = readVolume(call);
  checkCinderQuota({ account, usage: site.usage }, { volumes: 1, gigabytes: request.sizeGib });
  const volume = makeVolume(world, site, request);
  // "No weighed backends available", or a backend that fails: both show on the volume alone.
  pass(site, volume, 'creating', 'create', () => {
    volume.state = late === undefined ? 'available' : 'error';
    volume.updatedAt = world.now();
  });
  return { status: 202, body: { volume: plainView(call, volume) } };
}

const text = (value: string) => (row: Volume) => row.name === value;

const noun: Noun<Volume> = {
  plural: 'volumes',
  missing: noVolume,
  filters: {
    name: text,
    display_name: text,
    // From 3.31 on: a part of it.
    'name~':
      (value, { version }) =>
      row =>
        version < 31 || row.name?.includes(value) === true,
    status: value => row => stateOf(row) === value,
    bootable: value => row => String(row.bootable) === value.toLowerCase(),
    id: value => row => row.id === value,
    size: value => row => String(row.sizeGib) === value,
    volume_type: value => row => row.type === findType(value),
    volume_type_id: value => row => row.type.id === value,
    snapshot_id: value => row => row.snapshotId === value,
    source_volid: value => row => row.sourceId === value,
    availability_zone:
      (value, { site }) =>
      () =>
        value === site.zone,
    project_id:
      (value, { account }) =>
      () =>
        value === account.projectId,
    user_id:
      (value, { account }) =>
      () =>
        value === account.userId,
    metadata: metadataFilter,
  },
  sortKeys: {
    created_at: row => row.n,
    updated_at: row => row.updatedAt,
    name: row => row.name ?? '',
    display_name: row => row.name ?? '',
    id: row => row.id,
    size: row => row.sizeGib,
    status: stateOf,
    bootable: row => String(row.bootable),
    availability_zone: () => '',
    volume_type: row => row.type.name,
  },
};

function update(call: SiteCall): Reply {
  const volume = findVolume(call);
  const given = input.member(jsonBody(call), 'volume');
  for (const key of Object.keys(given))
    if (!['name', 'description', 'display_name', 'display_description', 'metadata'].includes(key))
      throw input.unexpected('volume', key);
  const name = input.text(given, 'name') ?? input.text(given, 'display_name');
  const description = input.text(given, 'description') ?? input.text(given, 'display_description');
  const metadata = given['metadata'] === undefined ? undefined : input.metadata(given['metadata']);
  if (name !== undefined) volume.name = name;
  if (description !== undefined) volume.description = description;
  if (metadata !== undefined) volume.metadata = metadata;
  volume.updatedAt = call.world.now();
  return ok({ volume: plainView(call, volume) });
}

const deletable: readonly string[] = [
  'available',
  'error',
  'error_restoring',
  'error_extending',
  'error_managing',
];

/** `cascade` takes its snapshots along; `force` asks not for its state, but it may not be attached all the same. */
export function remove(call: SiteCall, volume: Volume, { cascade = false, force = false } = {}): Reply {
  const { world, site } = call;
  const snapshots = snapshotsOf(site, volume);
  const settled = force || deletable.includes(stateOf(volume));
  if (!settled || volume.attachment || (snapshots.length > 0 && !cascade))
    throw input.invalidVolume(
      `Volume ${force ? '' : `status must be ${deletable.join(' or ')} and `}must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or be disassociated from snapshots after volume transfer.`,
    );
  for (const snapshot of snapshots) endSnapshot(world, site, snapshot);
  endVolume(world, site, volume);
  return { ...accepted, type: 'text/html; charset=UTF-8' };
}

function summary(call: SiteCall): Reply {
  if (call.version < 12) throw noVolume('summary');
  const rows = filtered(call, noun, call.site.volumes.values());
  const metadata: Record<string, string[]> = {};
  for (const row of rows)
    for (const [key, value] of Object.entries(row.metadata)) {
      const seen = (metadata[key] ??= []);
      if (!seen.includes(value)) seen.push(value);
    }
  return ok({
    'volume-summary': {
      total_count: rows.length,
      total_size: rows.reduce((sum, row) => sum + row.sizeGib, 0),
      ...(call.version >= 36 && { metadata }),
    },
  });
}

const wants = (call: SiteCall, key: string) => /^(true|1|yes|on|t|y)$/i.test(call.query.get(key) ?? '');

export const volumeRoutes: readonly SiteRoute[] = [
  route('GET /volumes', call => list(call, noun, call.site.volumes.values(), 'volumes', briefView)),
  route('GET /volumes/detail', call =>
    list(call, noun, call.site.volumes.values(), 'volumes/detail', volumeView),
  ),
  route('GET /volumes/summary', summary),
  route('POST /volumes', create, { late: true }),
  route('GET /volumes/{}', call => ok({ volume: volumeView(call, findVolume(call)) })),
  route('PUT /volumes/{}', update),
  route('DELETE /volumes/{}', call =>
    remove(call, findVolume(call), {
      cascade: wants(call, 'cascade'),
      force: call.version >= 23 && wants(call, 'force'),
    }),
  ),
  ...metadataRoutes('volumes', 'Volume', findVolume),
];
