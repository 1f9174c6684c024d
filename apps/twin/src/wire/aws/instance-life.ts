/**
 * An instance's life beside its machine's: EC2's words for the states, public addresses that come and go with it, and what happens
 * once it has ended. Nothing here runs on a timer: `sweep` looks at what has ended when the next request comes.
 */
import { parseAddress } from '@cloud-barista/model/cidr';
import type { MachineState } from '../../world/machines.ts';
import type { World } from '../../world/world.ts';
import type { Instance } from './records.ts';
import { terminatedVisibleMs, type AwsSite } from './site.ts';
import { endVolumes } from './volume-records.ts';

/** Codes: EC2 API reference, InstanceState. A crashed machine is one that stopped by itself. */
const states = {
  pending: { code: 0, name: 'pending' },
  running: { code: 16, name: 'running' },
  rebooting: { code: 16, name: 'running' },
  terminating: { code: 32, name: 'shutting-down' },
  terminated: { code: 48, name: 'terminated' },
  stopping: { code: 64, name: 'stopping' },
  stopped: { code: 80, name: 'stopped' },
  crashed: { code: 80, name: 'stopped' },
} as const satisfies Record<MachineState, { code: number; name: string }>;

export const stateOf = (instance: Instance): { readonly code: number; readonly name: string } =>
  states[instance.machine.state];

/** The public address as the API shows it: not before the instance runs. */
export function shownPublicIp({ machine, address }: Instance): string | undefined {
  if (machine.publicIp === '') return undefined;
  return address || (machine.state !== 'pending' && machine.state !== 'crashed')
    ? machine.publicIp
    : undefined;
}

/** Takes the automatic public address away and gives it back to the pool; an elastic one stays. */
export function dropPublicIp(world: World, instance: Instance): void {
  const { machine } = instance;
  if (instance.address || machine.publicIp === '') return;
  const ip = machine.publicIp;
  world.machines.detach(machine);
  world.addresses.release(ip);
}

/** A new automatic public address where the instance wants one. False: the pool is empty. */
export function givePublicIp(world: World, instance: Instance): boolean {
  dropPublicIp(world, instance);
  if (!instance.wantsPublicIp || instance.address) return true;
  const ip = world.addresses.allocate();
  if (ip === undefined) return false;
  world.machines.attach(instance.machine, ip);
  return true;
}

/** Ends the association with an elastic address; the caller has detached it from the machine. */
export function releaseAddress(instance: Instance): void {
  const { address } = instance;
  instance.address = undefined;
  if (!address) return;
  address.instance = undefined;
  address.association = '';
}

function settle(world: World, site: AwsSite, instance: Instance): void {
  instance.terminatedAt = world.now();
  const { subnet } = instance;
  const ip = parseAddress(instance.machine.privateIp);
  if (ip !== undefined) subnet.used.delete(ip - subnet.block.base);
  for (const group of instance.groups) group.users--;
  endVolumes(site, instance);
  instance.groups = [];
  instance.userData = undefined;
  site.ended.push(instance);
}

/** `then` happens `ms` from now: not in the answer to this request, whose reader sees the passing state, at the earliest in the next. */
export function later({ world, site }: { world: World; site: AwsSite }, ms: number, then: () => void): void {
  site.due.push({ at: world.now() + ms, then });
}

/** A deed may give rise to a next one, which may be due at once. */
function carryOutDue(world: World, site: AwsSite): void {
  for (let turn = 0; turn < 3 && site.due.length > 0; turn++) {
    const now = world.now();
    const ready = site.due.filter(one => one.at <= now);
    if (ready.length === 0) return;
    site.due = site.due.filter(one => one.at > now);
    for (const { then } of ready) then();
  }
}

/** Frees what terminated instances held, and forgets those that nobody sees any more. */
export function sweep(world: World, site: AwsSite): void {
  carryOutDue(world, site);
  let settled = 0;
  for (const instance of site.ending) {
    const { machine } = instance;
    // A crash on the way out would leave it there for ever.
    if (machine.state === 'crashed') world.machines.terminate(machine);
    if (machine.state !== 'terminated') break;
    settle(world, site, instance);
    settled++;
  }
  if (settled > 0) site.ending = site.ending.slice(settled);

  let gone = 0;
  const before = world.now() - terminatedVisibleMs;
  for (const instance of site.ended) {
    if (instance.terminatedAt > before) break;
    forget(world, site, instance);
    gone++;
  }
  if (gone > 0) site.ended = site.ended.slice(gone);
}

function forget(world: World, site: AwsSite, instance: Instance): void {
  site.instances.delete(instance.id);
  world.machines.forget(instance.machine);
  const { reservation } = instance;
  if (reservation.instances.every(one => !site.instances.has(one.id))) {
    site.reservations.delete(reservation.id);
    if (reservation.token !== '') site.tokens.delete(reservation.token);
  }
}

/** The vCPUs that count against the quota: all but those of stopped and ended instances. */
export function runningVcpus(site: AwsSite): number {
  let sum = 0;
  for (const { machine, type } of site.instances.values())
    if (machine.state !== 'stopped' && machine.state !== 'crashed' && machine.state !== 'terminated')
      sum += type.vcpus;
  return sum;
}
