/** Volumes: a server's boot volume, which comes and goes with it, and those that are made, attached, extended and deleted on their own. */
import { checkCluster, serverOf } from './servers.ts';
import { cluster, pool } from './catalogue.ts';
import { bodyOf, checkName, find, type Call } from './call.ts';
import { badRequest, conflict, notFound } from './errors.ts';
import { later } from './later.ts';
import { settled } from './nics.ts';
import { checkQuota } from './quotas.ts';
import type { Volume, VolumeState } from './records.ts';
import { ok, taken, type Reply } from './reply.ts';
import { route } from './router.ts';
import type { Site } from './site.ts';
import { stamp } from './text.ts';

export const volumeView = (site: Site, volume: Volume) => ({
  id: volume.id,
  name: volume.name,
  state: volume.state,
  size: volume.size,
  createdAt: stamp(volume.createdAt),
  templateId: volume.template?.id ?? '',
  clusterId: cluster.id,
  poolId: pool.id,
  bootable: volume.bootable ? 'yes' : 'no',
  iops: 0,
  throughput: 0,
  creator: site.username,
  description: volume.description,
  dev: volume.dev,
});

/** Goes through `via` to `to`, unless something else has happened meanwhile. */
function pass(volume: Volume, via: VolumeState, ms: number, then: () => void): void {
  volume.state = via;
  later(ms, () => {
    if (volume.state === via) then();
  });
}

export function makeVolume({ world, site }: Call, name: string, size: number): Volume {
  checkQuota(site.cloud, 'volumes', site.volumes.size);
  checkQuota(site.cloud, 'volumeGigabytes', site.usage.gigabytes, size);
  const volume: Volume = {
    n: site.next(),
    id: site.newId('volume'),
    name: checkName(name),
    description: '',
    protection: 0,
    createdAt: world.now(),
    size,
    state: 'CREATING',
    bootable: false,
    template: undefined,
    server: undefined,
    dev: '',
    mode: '',
  };
  site.volumes.set(volume.id, volume);
  site.usage.gigabytes += size;
  pass(volume, 'CREATING', site.cloud.delays.create, () => {
    volume.state = 'AVAILABLE';
  });
  return volume;
}

const most = 16_384;
function checkSize(size: number): number {
  if (size < 1 || size > most) throw badRequest(`size is 1 to ${most} GB.`);
  return size;
}

function create(call: Call): Reply {
  const body = bodyOf(call, { name: 'text', clusterId: 'text', size: 'integer' });
  checkCluster(body.clusterId);
  return taken(volumeView(call.site, makeVolume(call, body.name, checkSize(body.size))));
}

const volumeOf = ({ site, ids: [id = ''] }: Call) => find(site.volumes, 'volume', id);

function demand(volume: Volume, state: VolumeState, word: string): void {
  if (volume.state !== state)
    throw conflict(`The volume ${volume.name} is ${volume.state}: it can't be ${word}.`);
}

function update(call: Call): Reply {
  const { site } = call;
  const volume = volumeOf(call);
  const body = bodyOf(call, { name: 'text?', size: 'integer?' });
  if (body.name === undefined && body.size === undefined) throw badRequest('There is nothing to change.');
  if (body.name !== undefined) checkName(body.name);
  const size = body.size ?? volume.size;
  if (size !== volume.size) {
    checkSize(size);
    if (size < volume.size) throw badRequest(`The volume has ${volume.size} GB: it can't shrink.`);
    demand(volume, 'AVAILABLE', 'extended');
    checkQuota(site.cloud, 'volumeGigabytes', site.usage.gigabytes, size - volume.size);
    site.usage.gigabytes += size - volume.size;
    pass(volume, 'EXTENDING', site.cloud.delays.start, () => {
      volume.size = size;
      volume.state = 'AVAILABLE';
    });
  }
  if (body.name !== undefined) volume.name = body.name;
  return taken(volumeView(site, volume));
}

function remove(call: Call): Reply {
  const { site } = call;
  const volume = volumeOf(call);
  demand(volume, 'AVAILABLE', 'deleted');
  site.usage.gigabytes -= volume.size;
  pass(volume, 'DELETING', site.cloud.delays.terminate, () => site.volumes.delete(volume.id));
  return taken();
}

function owners(call: Call): Reply {
  const { server } = volumeOf(call);
  return ok(server ? [{ vmId: server.id, vmName: server.name }] : []);
}

function onServer(call: Call): Reply {
  const server = serverOf(call);
  return ok(
    [server.root, ...server.volumes].map(({ id, name, dev, description }) => ({
      volumeId: id,
      volumeName: name,
      dev,
      description,
    })),
  );
}

const letters = 'bcdefghijklmnopqrstuvwxyz'.split('');

function attach(call: Call): Reply {
  const { site } = call;
  const server = serverOf(call);
  const body = bodyOf(call, { volumeId: 'text', mode: 'text?' });
  if (body.mode !== undefined && body.mode !== 'w' && body.mode !== 'r')
    throw badRequest('mode must be w or r.');
  const volume = find(site.volumes, 'volume', body.volumeId);
  settled(server);
  demand(volume, 'AVAILABLE', 'attached');
  const used = new Set([...server.volumes].map(each => each.dev));
  const letter = letters.find(each => !used.has(`vd${each}`));
  if (letter === undefined) throw conflict(`The server ${server.name} has no place for another volume.`);
  volume.server = server;
  volume.dev = `vd${letter}`;
  volume.mode = body.mode ?? 'w';
  server.volumes.add(volume);
  pass(volume, 'ATTACHING', site.cloud.delays.start, () => {
    volume.state = 'IN_USE';
  });
  return taken();
}

function detach(call: Call): Reply {
  const server = serverOf(call);
  const volume = find(call.site.volumes, 'volume', call.ids[1] ?? '');
  if (volume.server !== server) throw notFound(`volume on the server ${server.name}`, volume.id);
  if (volume.bootable) throw conflict(`The server ${server.name} boots from the volume ${volume.name}.`);
  settled(server);
  demand(volume, 'IN_USE', 'detached');
  pass(volume, 'DETACHING', call.site.cloud.delays.stop, () => {
    server.volumes.delete(volume);
    volume.server = undefined;
    volume.dev = '';
    volume.state = 'AVAILABLE';
  });
  return taken();
}

export const volumeRoutes = [
  route('GET /ace/volumes', ({ site }) => ok([...site.volumes.values()].map(each => volumeView(site, each)))),
  route('POST /ace/volumes', create),
  route('DELETE /ace/volumes/{id}', remove),
  route('POST /ace/volumes/{id}/update', update),
  route('GET /ace/volumes/{id}/servers', owners),
  route('GET /ace/servers/{id}/volumes', onServer),
  route('POST /ace/servers/{id}/volumes', attach),
  route('DELETE /ace/servers/{id}/volumes/{volume}', detach),
];
