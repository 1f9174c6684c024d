/**
 * A server's life beside its machine's: Cloudit's words for the states, and what happens once it has ended. Nothing here runs on a
 * timer: `sweep` looks at what has ended when the next request comes.
 */
import type { World } from '../../world/world.ts';
import { letGo } from './disks.ts';
import type { Nic, Server } from './records.ts';
import type { Site } from './site.ts';

export type ServerState =
  | 'CREATING'
  | 'RUNNING'
  | 'STOPPING'
  | 'STOPPED'
  | 'STARTING'
  | 'REBOOTING'
  | 'TERMINATING'
  | 'TERMINATED'
  | 'FAILED';

export function stateOf({ machine, failure, ending }: Server): ServerState {
  if (!machine) return failure === 'here' ? 'FAILED' : 'CREATING';
  switch (machine.state) {
    case 'pending':
      return machine.bootedAt === 0 ? 'CREATING' : 'STARTING';
    case 'running':
      return 'RUNNING';
    case 'stopping':
      return 'STOPPING';
    case 'stopped':
      return 'STOPPED';
    case 'rebooting':
      return 'REBOOTING';
    case 'terminating':
      return 'TERMINATING';
    case 'terminated':
      return 'TERMINATED';
    case 'crashed':
      return ending ? 'TERMINATED' : 'STOPPED';
  }
}

/** Gives the NIC's address and its place in the groups back. */
export function unplug(site: Site, nic: Nic): void {
  nic.subnet.used.delete(nic.address);
  site.nicByAddress.delete(nic.address);
  for (const group of nic.groups) group.users--;
}

export function drop(world: World, site: Site, server: Server): void {
  for (const nic of server.nics) unplug(site, nic);
  for (const volume of server.volumes) {
    volume.server = undefined;
    volume.dev = '';
    if (volume.state !== 'DELETING') volume.state = 'AVAILABLE';
  }
  site.volumes.delete(server.root.id);
  site.servers.delete(server.id);
  site.usage.vcpus -= server.spec.cpu;
  site.usage.gigabytes -= server.root.size;
  letGo(world, server.template.disk);
  if (server.machine) world.machines.forget(server.machine);
}

/** Each request starts with it, so that none sees what has ended. */
export function sweep(world: World, site: Site): void {
  // A machine that crashed on its way out is out as well.
  const onTheWay = (server: Server) => server.machine?.state === 'terminating';
  if (site.ending.every(onTheWay)) return;
  for (const server of site.ending) if (!onTheWay(server)) drop(world, site, server);
  site.ending = site.ending.filter(onTheWay);
}
