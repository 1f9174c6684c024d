/** Snapshots of disks, also of those that a running VM writes on. Source: Compute REST API, Snapshots. */
import type { World } from '../../../world/world.ts';
import type { Call, Reply } from '../call.ts';
import { conflict } from '../errors.ts';
import { booleanAt, nothing, objectAt, wordAt } from '../fields.ts';
import { leave } from '../ids.ts';
import { under } from '../operations.ts';
import type { Snapshot } from '../records.ts';
import type { Route } from '../router.ts';
import {
  fresh,
  head,
  networkDelay,
  orderOf,
  requireFree,
  settle,
  trackedRoutes,
  vanish,
} from '../tracked.ts';
import { countDisk, requireDiskRoom } from './disk-skus.ts';
import { creationView, readSource, systemView } from './disk-source.ts';
import { releaseFiles } from './files.ts';

const snapshotSkus = ['Standard_LRS', 'Premium_LRS', 'Standard_ZRS'] as const;

const view = (snapshot: Snapshot) => ({
  ...head(snapshot),
  sku: { name: snapshot.sku, tier: snapshot.sku.split('_')[0] },
  properties: {
    ...systemView(snapshot.content),
    creationData: creationView(snapshot.creation),
    diskSizeGB: snapshot.sizeGb,
    diskSizeBytes: snapshot.sizeGb * 2 ** 30,
    encryption: { type: 'EncryptionAtRestWithPlatformKey' },
    incremental: snapshot.incremental,
    timeCreated: new Date(snapshot.createdAt).toISOString(),
    uniqueId: snapshot.guid,
    provisioningState: snapshot.state,
    diskState: 'Unattached',
    networkAccessPolicy: 'AllowAll',
    publicNetworkAccess: 'Enabled',
  },
});

function put(call: Call): Reply {
  const order = orderOf(call, 'snapshots');
  const { existing, group, name, body, location, tags } = order;
  const properties = objectAt(body, 'properties') ?? nothing;
  const incremental = booleanAt(properties, 'incremental', 'properties.');
  if (existing) {
    requireFree(existing);
    if (incremental !== undefined && incremental !== existing.incremental)
      throw conflict('PropertyChangeNotAllowed', `Changing property 'incremental' is not allowed.`);
    existing.tags = tags;
    return settled(call, existing);
  }
  const source = readSource(call, properties, location, 'snapshot');
  const sku = wordAt(objectAt(body, 'sku') ?? nothing, 'name', snapshotSkus, 'sku.') ?? 'Standard_LRS';
  requireDiskRoom(call, location, 'Snapshot', sku);
  const snapshot: Snapshot = Object.assign(fresh(call, 'snapshots', order), {
    sku,
    creation: source.creation,
    sizeGb: source.sizeGb ?? 0,
    incremental: incremental ?? false,
    content: source.content(),
  });
  group.resources.snapshots.set(name.toLowerCase(), snapshot);
  countDisk(call.account, location, 'Snapshot', sku, 1);
  return settled(call, snapshot);
}

function settled(call: Call, snapshot: Snapshot): Reply {
  const operation = settle(call, snapshot, 'Updating', networkDelay(call));
  return { status: 202, headers: under(call, operation, true), body: view(snapshot) };
}

export function dropSnapshot(world: World, snapshot: Snapshot): void {
  if (!leave(snapshot)) return;
  countDisk(snapshot.group.account, snapshot.location, 'Snapshot', snapshot.sku, -1);
  releaseFiles(world, snapshot.content?.files);
}

export const snapshotRoutes: readonly Route[] = trackedRoutes({
  type: 'snapshots',
  noun: 'Snapshots',
  verbs: ['ListByResourceGroup', 'List', 'Update'],
  put,
  view,
  remove(call, snapshot) {
    if (snapshot.state !== 'Deleting') requireFree(snapshot);
    return vanish(call, snapshot, networkDelay(call), () => dropSnapshot(call.world, snapshot));
  },
});
