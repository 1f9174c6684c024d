/** snapshots: made of disks, running or not. Source: API reference, snapshots and disks.createSnapshot; "Create and manage disk snapshots". */
import { captured, release } from './captures.ts';
import { checkKeys, labelsOf, resourceName, text, type Json } from './body.ts';
import { checkLabels, link, own, type Call } from './call.ts';
import { alreadyExists, danglingLink, notFound, required } from './errors.ts';
import { entries, listOf } from './listing.ts';
import { newResource } from './new-resource.ts';
import { begin, ready } from './operations.ts';
import { checkProjectQuota } from './quotas.ts';
import type { Disk, Snapshot } from './records.ts';
import { route } from './router.ts';
import { parseLink, time, versionPrint } from './text.ts';

const known = new Set(
  'kind id creationTimestamp name description status sourceDisk sourceDiskId diskSizeGb storageBytes storageBytesStatus licenses snapshotEncryptionKey sourceDiskEncryptionKey selfLink labels labelFingerprint licenseCodes storageLocations autoCreated downloadBytes chainName satisfiesPzs locationHint sourceSnapshotSchedulePolicy sourceSnapshotSchedulePolicyId sourceInstantSnapshot sourceInstantSnapshotId architecture snapshotType creationSizeBytes enableConfidentialCompute sourceDiskForRecoveryCheckpoint satisfiesPzi guestOsFeatures params'.split(
    ' ',
  ),
);
const pathOf = (name: string) => `global/snapshots/${name}`;
const labelPrint = (snapshot: Snapshot) => versionPrint(snapshot.id, snapshot.labelVersion);

const statusOf = ({ busy }: Snapshot): string =>
  !busy || busy.type === 'setLabels' ? 'READY' : busy.type === 'delete' ? 'DELETING' : 'CREATING';

const view = (call: Call, snapshot: Snapshot): Json => ({
  kind: 'compute#snapshot',
  id: snapshot.id,
  creationTimestamp: time(snapshot.createdAt),
  name: snapshot.name,
  ...(snapshot.description !== '' && { description: snapshot.description }),
  status: statusOf(snapshot),
  sourceDisk: link(call, snapshot.sourceDisk),
  sourceDiskId: snapshot.sourceDiskId,
  diskSizeGb: String(snapshot.diskSizeGb),
  storageBytes: String(snapshot.storageBytes),
  storageBytesStatus: 'UP_TO_DATE',
  storageLocations: [snapshot.storageLocation],
  downloadBytes: String(snapshot.storageBytes),
  creationSizeBytes: String(snapshot.storageBytes),
  autoCreated: false,
  snapshotType: 'STANDARD',
  ...(snapshot.architecture !== '' && { architecture: snapshot.architecture }),
  ...(snapshot.licenses.length > 0 && { licenses: snapshot.licenses.map(each => link(call, each)) }),
  labelFingerprint: labelPrint(snapshot),
  ...(Object.keys(snapshot.labels).length > 0 && { labels: snapshot.labels }),
  selfLink: link(call, own(call, pathOf(snapshot.name))),
});

function find(call: Call): Snapshot {
  const { snapshots } = call.account;
  const snapshot = snapshots.get(call.name) ?? [...snapshots.values()].find(each => each.id === call.name);
  if (!snapshot) throw notFound(own(call, pathOf(call.name)));
  return snapshot;
}

export function linkedSnapshot(call: Call, link: string, field: string): Snapshot {
  const { project, name } = parseLink(call, link, field, 'snapshots');
  const snapshot = project === call.account.projectId ? call.account.snapshots.get(name) : undefined;
  if (!snapshot) throw danglingLink(field, link, 'snapshot');
  return ready(call, snapshot, pathOf(name));
}

/** The continent that a zone lies in, where a snapshot is kept unless told otherwise. */
export const storagePlace = (zone: string): string => {
  const [first = ''] = zone.split('-');
  return (
    { europe: 'eu', asia: 'asia' }[first] ??
    (first.endsWith('america') || first === 'us' ? 'us' : zone.slice(0, -2))
  );
};

/** disks.createSnapshot: its operation is of the disk's zone and on the disk. */
export function createSnapshot(call: Call, disk: Disk, diskPath: string, scope: string) {
  const { account, body, world } = call;
  checkKeys(body, known, 'resource');
  const name = resourceName(body);
  if (account.snapshots.has(name)) throw alreadyExists(own(call, pathOf(name)));
  checkProjectQuota(account, 'SNAPSHOTS', account.snapshots.size);
  const labels = labelsOf(body);
  const resource = newResource(world, account, 'snapshot', name, text(body, 'description'));
  const snapshot: Snapshot = {
    ...resource,
    architecture: disk.architecture,
    diskSizeGb: disk.sizeGb,
    // Blank disks take next to nothing.
    storageBytes: disk.os === '' ? 4096 : disk.sizeGb * 60_000_000,
    storageLocation: storagePlace(disk.zone),
    licenses: disk.licenses,
    os: disk.os,
    labels,
    labelVersion: 0,
    sourceDisk: own(call, diskPath),
    sourceDiskId: disk.id,
    sourceImage: disk.sourceImage,
    sourceImageId: disk.sourceImageId,
    content: captured(world, account, disk, `snapshots/${resource.id}`),
  };
  account.snapshots.set(name, snapshot);
  const ofDisk = scope !== 'global';
  return begin(call, {
    type: ofDisk ? 'createSnapshot' : 'insert',
    scope,
    path: ofDisk ? diskPath : pathOf(name),
    target: ofDisk ? { id: disk.id } : snapshot,
    works: snapshot,
  });
}

function remove(call: Call) {
  const { account, world } = call;
  const snapshot = ready(call, find(call), pathOf(call.name));
  return begin(call, {
    type: 'delete',
    scope: 'global',
    path: pathOf(snapshot.name),
    target: snapshot,
    finish() {
      account.snapshots.delete(snapshot.name);
      release(world, account, snapshot.content);
    },
  });
}

function insert(call: Call) {
  const from = text(call.body, 'sourceDisk');
  if (from === undefined) throw required('resource.sourceDisk');
  const { scope, place, name, project } = parseLink(call, from, 'resource.sourceDisk', 'disks');
  const disk = project === call.account.projectId ? call.account.disks.get(place)?.get(name) : undefined;
  if (!disk) throw danglingLink('resource.sourceDisk', from, 'disk');
  const path = `${scope}/disks/${name}`;
  return createSnapshot(call, ready(call, disk, path), path, 'global');
}

export const snapshotRoutes = [
  route('snapshots.list', 'GET global/snapshots', call =>
    listOf(
      call,
      'snapshot',
      'global/snapshots',
      entries(call.account.snapshots.values(), each => view(call, each)),
    ),
  ),
  route('snapshots.get', 'GET global/snapshots/{name}', call => ({ view: view(call, find(call)) })),
  route('snapshots.insert', 'POST global/snapshots', insert),
  route('snapshots.delete', 'DELETE global/snapshots/{name}', remove),
  route('snapshots.setLabels', 'POST global/snapshots/{name}/setLabels', call => {
    const snapshot = ready(call, find(call), pathOf(call.name));
    const labels = checkLabels(call, labelPrint(snapshot));
    return begin(call, {
      type: 'setLabels',
      scope: 'global',
      path: pathOf(snapshot.name),
      target: snapshot,
      finish() {
        snapshot.labels = labels;
        snapshot.labelVersion++;
      },
    });
  }),
];
