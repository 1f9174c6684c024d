/**
 * An instance's life beside its machine's: Compute Engine's words for the states, the ephemeral address that comes with a start and
 * goes with a stop, and what is freed at the end. Source: "VM instance lifecycle".
 */
import type { MachineState } from '../../world/machines.ts';
import type { World } from '../../world/world.ts';
import { instancesIn, regionOf, siteOf, type Account } from './account.ts';
import { dropDisk } from './disks.ts';
import { freeAddress } from './network-records.ts';
import type { Instance } from './records.ts';

const words = {
  pending: 'STAGING',
  running: 'RUNNING',
  rebooting: 'RUNNING',
  stopping: 'STOPPING',
  terminating: 'STOPPING',
  stopped: 'TERMINATED',
  terminated: 'TERMINATED',
  crashed: 'TERMINATED',
} as const satisfies Record<MachineState, string>;

export function statusOf(world: World, instance: Instance): string {
  const { machine, suspended, bootingAt } = instance;
  const { state } = machine;
  if (suspended && state === 'stopping') return 'SUSPENDING';
  if (suspended && state === 'stopped') return 'SUSPENDED';
  // The first half of the way up is finding it a host.
  if (state === 'pending' && world.now() - bootingAt <= machine.site.cloud.delays.create / 2)
    return 'PROVISIONING';
  return words[state];
}

/** The external address as the API shows it. */
export function shownNatIp(world: World, instance: Instance): string {
  const { accessConfig, machine } = instance;
  if (!accessConfig) return '';
  if (accessConfig.address) return accessConfig.address.ip;
  return statusOf(world, instance) === 'PROVISIONING' ? '' : machine.publicIp;
}

const usageOf = (account: Account, instance: Instance) => siteOf(account, regionOf(instance.zone)).usage;

export function count(account: Account, instance: Instance, on: boolean): void {
  if (instance.counted === on) return;
  instance.counted = on;
  const usage = usageOf(account, instance);
  const sign = on ? 1 : -1;
  usage.cpus += sign * instance.type.cpus;
  for (const { type, count: gpus } of instance.accelerators)
    usage.gpus.set(type, (usage.gpus.get(type) ?? 0) + sign * gpus);
}

/** False: no address is left. */
export function giveNatIp(world: World, account: Account, instance: Instance): boolean {
  const { accessConfig, machine } = instance;
  if (!accessConfig || machine.publicIp !== '') return true;
  const ip = accessConfig.address?.ip ?? world.addresses.allocate();
  if (ip === undefined) return false;
  world.machines.attach(machine, ip);
  usageOf(account, instance).addressesInUse++;
  return true;
}

/** A reserved address stays its project's. */
export function takeNatIp(world: World, account: Account, instance: Instance): void {
  const { accessConfig, machine } = instance;
  if (machine.publicIp === '') return;
  const ip = machine.publicIp;
  world.machines.detach(machine);
  usageOf(account, instance).addressesInUse--;
  if (!accessConfig?.address) world.addresses.release(ip);
}

/** Once stopped or suspended: the CPUs and the ephemeral address are others'. */
export function rest(world: World, account: Account, instance: Instance): void {
  instance.stoppedAt = world.now();
  count(account, instance, false);
  if (!instance.accessConfig?.address) takeNatIp(world, account, instance);
}

/** Once its machine has ended, all that it held is freed; what is not to go with it stays. */
export function bury(world: World, account: Account, instance: Instance): void {
  const { machine, subnet, disks, accessConfig } = instance;
  takeNatIp(world, account, instance);
  if (accessConfig?.address) accessConfig.address.user = undefined;
  count(account, instance, false);
  subnet.users.delete(instance);
  // A reserved internal address stays its project's, too.
  if (instance.reservedIp) instance.reservedIp.user = undefined;
  else freeAddress(subnet, machine.privateIp);
  for (const { disk, autoDelete } of disks) {
    disk.user = undefined;
    disk.detachedAt = world.now();
    if (autoDelete) dropDisk({ world, account }, disk);
  }
  instancesIn(account, instance.zone).delete(instance.name);
  siteOf(account, regionOf(instance.zone)).byMachine.delete(machine.id);
  world.machines.forget(machine);
}
