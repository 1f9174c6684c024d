/**
 * An instance's life beside its machine's: ECS's words for the states, and what happens once it is released. Nothing here runs on a
 * timer: `sweep` looks at what has ended when the next request comes.
 * Source: ECS user guide, "Instance lifecycle".
 */
import { parseAddress } from '@cloud-barista/model/cidr';
import type { World } from '../../world/world.ts';
import { releaseDisks, settleDisks } from './disk-life.ts';
import { unbind } from './eips.ts';
import type { Instance } from './records.ts';
import type { AliSite } from './site.ts';

export type Status = 'Pending' | 'Starting' | 'Running' | 'Stopping' | 'Stopped';

/** A crashed machine is one that stopped by itself; one being released is stopping; CreateInstance leads from Pending to Stopped. */
export function statusOf({ machine, unstarted }: Instance): Status {
  if (unstarted && machine.state === 'stopping') return 'Pending';
  switch (machine.state) {
    case 'pending':
      return machine.bootedAt === 0 ? 'Pending' : 'Starting';
    case 'rebooting':
      return 'Starting';
    case 'running':
      return 'Running';
    case 'stopping':
    case 'terminating':
      return 'Stopping';
    case 'stopped':
    case 'terminated':
    case 'crashed':
      return 'Stopped';
  }
}

/** False: the pool is empty. */
export function givePublicIp(world: World, instance: Instance): boolean {
  if (instance.machine.publicIp !== '') return true;
  const ip = world.addresses.allocate();
  if (ip === undefined) return false;
  world.machines.attach(instance.machine, ip);
  return true;
}

/** Takes the instance's own public address away; an elastic one stays. */
export function dropPublicIp(world: World, instance: Instance): void {
  const { machine, eip } = instance;
  if (eip || machine.publicIp === '') return;
  const ip = machine.publicIp;
  world.machines.detach(machine);
  world.addresses.release(ip);
}

export function release(world: World, site: AliSite, instance: Instance): void {
  site.ending.add(instance);
  if (instance.eip) unbind(world, site, instance.eip);
  else dropPublicIp(world, instance);
  world.machines.terminate(instance.machine);
}

/** Drops what has ended, and only then its place in vSwitch and groups. */
export function sweep(world: World, site: AliSite): void {
  settleDisks(world, site);
  for (const instance of site.ending) {
    const { machine, vSwitch } = instance;
    if (machine.state !== 'terminated') continue;
    site.ending.delete(instance);
    site.instances.delete(instance.id);
    site.vcpus -= instance.type.cpus;
    releaseDisks(world, site, instance);
    for (const group of instance.groups) group.users--;
    const address = parseAddress(machine.privateIp);
    if (address !== undefined) vSwitch.used.delete(address - vSwitch.block.base);
    world.machines.forget(machine);
  }
}
