/** Snapshots of volumes. One of a boot volume is what a server can be ordered from; of any, a volume can be made. */
import { bodyOf, checkName, find, type Call } from './call.ts';
import { conflict } from './errors.ts';
import { capture, letGo } from './disks.ts';
import { later } from './later.ts';
import { checkQuota } from './quotas.ts';
import type { Snapshot } from './records.ts';
import { ok, taken, type Reply } from './reply.ts';
import { route } from './router.ts';
import { stateOf } from './server-life.ts';
import type { Site } from './site.ts';
import { stamp } from './text.ts';
import { makeVolume, volumeView } from './volumes.ts';

const snapshotView = (site: Site, snapshot: Snapshot) => ({
  id: snapshot.id,
  name: snapshot.name,
  serverName: snapshot.serverName,
  volumeId: snapshot.volumeId,
  size: snapshot.size,
  state: snapshot.state,
  createdAt: stamp(snapshot.createdAt),
  bootable: snapshot.bootable ? 'yes' : 'no',
  creator: site.username,
  templateId: snapshot.template?.id ?? '',
});

function create(call: Call): Reply {
  const { world, site } = call;
  const body = bodyOf(call, { name: 'text', volumeId: 'text' });
  const volume = find(site.volumes, 'volume', body.volumeId);
  const { server } = volume;
  if (volume.state !== 'AVAILABLE' && volume.state !== 'IN_USE')
    throw conflict(`The volume ${volume.name} is ${volume.state}.`);
  if (server?.template.windows && stateOf(server) !== 'STOPPED')
    throw conflict(`The Windows server ${server.name} must be STOPPED, it is ${stateOf(server)}.`);
  checkQuota(site.cloud, 'snapshots', site.snapshots.size);
  const id = site.newId('snapshot');
  const snapshot: Snapshot = {
    n: site.next(),
    id,
    name: checkName(body.name),
    description: '',
    protection: 0,
    createdAt: world.now(),
    size: volume.size,
    bootable: volume.bootable,
    template: volume.template,
    serverName: server?.name ?? '',
    volumeId: volume.id,
    state: 'CREATING',
    disk: volume.bootable ? capture(world, site, server, id) : undefined,
  };
  site.snapshots.set(id, snapshot);
  later(site.cloud.delays.create, () => {
    if (snapshot.state === 'CREATING') snapshot.state = 'COMPLETED';
  });
  return taken(snapshotView(site, snapshot));
}

const snapshotOf = ({ site, ids: [id = ''] }: Call) => find(site.snapshots, 'snapshot', id);

function demandCompleted(snapshot: Snapshot): void {
  if (snapshot.state !== 'COMPLETED') throw conflict(`The snapshot ${snapshot.name} is ${snapshot.state}.`);
}

function remove(call: Call): Reply {
  const { world, site } = call;
  const snapshot = snapshotOf(call);
  demandCompleted(snapshot);
  snapshot.state = 'DELETING';
  later(site.cloud.delays.terminate, () => {
    if (site.snapshots.delete(snapshot.id)) letGo(world, snapshot.disk);
  });
  return taken();
}

function toVolume(call: Call): Reply {
  const snapshot = snapshotOf(call);
  const { volumeName } = bodyOf(call, { volumeName: 'text' });
  demandCompleted(snapshot);
  return taken(volumeView(call.site, makeVolume(call, volumeName, snapshot.size)));
}

export const snapshotRoutes = [
  route('GET /ace/snapshots', ({ site }) =>
    ok([...site.snapshots.values()].map(each => snapshotView(site, each))),
  ),
  route('POST /ace/snapshots', create),
  route('DELETE /ace/snapshots/{id}', remove),
  route('POST /ace/snapshots/{id}/volume', toVolume),
];
