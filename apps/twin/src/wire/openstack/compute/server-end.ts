/** Ending servers: told to end, ended, and shown as DELETED for a moment more. */
import type { World } from '../../../world/world.ts';
import { dropImage } from '../image/image-store.ts';
import type { Server } from '../records.ts';
import type { Site } from '../site.ts';
import { release } from '../volume/volume-records.ts';
import { unplug } from './server-records.ts';
import { stateOf } from './state.ts';

export function endServer(world: World, site: Site, server: Server): void {
  if (server.phase === 'delete' || server.phase === 'deleted') return;
  const { machine } = server;
  const { status } = stateOf(server);
  server.before = status === 'REBOOT' || status === 'HARD_REBOOT' ? 'ACTIVE' : status;
  server.phase = 'delete';
  server.since = server.updatedAt = world.now();
  if (server.imaging) dropImage(world, site, server.imaging);
  server.imaging = undefined;
  if (!machine) {
    // Without a host the API itself removes it.
    letGo(world, site, server);
    drop(site, server);
    return;
  }
  world.machines.terminate(machine);
  site.ending.push(server);
}

/** What it held is free again. */
function letGo(world: World, site: Site, server: Server): void {
  unplug(world, site, server);
  release(world, site, server);
  if (server.machine) world.machines.forget(server.machine);
  server.machine = undefined;
}

function drop(site: Site, server: Server): void {
  site.servers.delete(server.id);
  site.usage.cores -= server.flavor.vcpus;
  site.usage.ram -= server.flavor.ram;
}

/** How much of the deed's delay Nova still shows as DELETED what has ended: about a second on a real Zed. */
const afterglow = 0.1;

/** Lets go what the servers that have ended since held, and forgets those that were shown as such for long enough. Each request starts with it. */
export function sweep(world: World, site: Site): void {
  const now = world.now();
  const shownFor = site.cloud.delays.terminate * afterglow;
  // A machine that crashed on its way out is out as well.
  const onTheWay = (server: Server) => server.machine?.state === 'terminating';
  if (!site.ending.every(onTheWay)) {
    for (const server of site.ending) {
      if (onTheWay(server)) continue;
      letGo(world, site, server);
      server.phase = 'deleted';
      server.since = server.updatedAt = now;
      site.ended.push(server);
    }
    site.ending = site.ending.filter(onTheWay);
  }
  let gone = 0;
  for (const server of site.ended) {
    if (now - server.since < shownFor) break;
    drop(site, server);
    gone++;
  }
  if (gone > 0) site.ended.splice(0, gone);
}
