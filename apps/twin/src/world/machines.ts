/**
 * Machines: what is the same in every cloud's VM – it boots, stops, has addresses, answers SSH. The wires keep what
 * is their cloud's own (instance, server …) and point here; a machine points back through `site`.
 * A machine at rest is this record and nothing else: no timer, no socket, no closure.
 */
import type { Addresses } from './addresses.ts';
import type { Cloud } from './clouds.ts';

export const machineStates = [
  'pending',
  'running',
  'stopping',
  'stopped',
  'rebooting',
  'terminating',
  'terminated',
  'crashed',
] as const;
export type MachineState = (typeof machineStates)[number];

/** The wire's side of a machine: one object for each cloud and region, not one a machine. */
export interface Site {
  readonly cloud: Cloud;
  readonly region: string;
  /** Whether the cloud's firewall lets TCP `port` from the internet through to the machine. */
  reachable(machine: Machine, port: number): boolean;
}

export interface MachineInput {
  site: Site;
  /** The cloud's id, e.g. i-0123456789abcdef0. */
  id: string;
  hostname: string;
  user: string;
  /** OpenSSH public keys. */
  keys: string[];
  osName: string;
  cpus: number;
  memoryMib: number;
  privateIp: string;
  userData?: string | undefined;
  /** Of the login user, where the cloud lets in by password; never shown. */
  password?: string | undefined;
  /** The key of a captured disk (`capture`) whose files the machine's own begin with. */
  disk?: string | undefined;
}

export interface Machine extends Omit<MachineInput, 'userData'> {
  state: MachineState;
  /** "" while it has none. */
  publicIp: string;
  /** Milliseconds since the epoch; 0 before the first boot. */
  bootedAt: number;
}

/** What the world asks of that which a VM runs on (guest/guests.ts). */
export interface Hypervisor {
  boot(id: string, userData: string): Promise<void>;
  halt(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  /** Keeps a copy of a VM's files under `disk`, for machines that begin with them; and drops one. */
  capture?(id: string, disk: string): Promise<void>;
  discard?(disk: string): Promise<void>;
  /** Only where each VM has a port instead of an address. */
  expose?(address: string): Promise<void>;
  conceal?(address: string): Promise<void>;
}

export interface Machines {
  create(input: MachineInput): Machine;
  start(machine: Machine): void;
  stop(machine: Machine): void;
  reboot(machine: Machine): void;
  terminate(machine: Machine): void;
  /** It stops without anybody's order (a fault). */
  crash(machine: Machine): void;
  /** Gives or takes the public address that the machine answers SSH at. */
  attach(machine: Machine, publicIp: string): void;
  detach(machine: Machine): void;
  /** Copies what is on the machine's disk under a key of the wire's (an image's id, its cloud before it): custom images begin with it. */
  capture(machine: Machine, disk: string): void;
  /** Drops a captured disk; machines made of it keep theirs. */
  discard(disk: string): void;
  /** Drops a terminated machine's record. */
  forget(machine: Machine): void;
  byAddress(publicIp: string): Machine | undefined;
  byKey(key: string): Machine | undefined;
  all(): Iterable<Machine>;
}

export const machineKey = (machine: Pick<Machine, 'site' | 'id'>): string =>
  `${machine.site.cloud.name}/${machine.id}`;

export function createMachines(options: {
  now: () => number;
  addresses: Addresses;
  hypervisor: () => Hypervisor | undefined;
  /** A guest's failure is the operator's to see; it never fails the cloud's API. */
  onError: (error: unknown) => void;
}): Machines {
  const { now, hypervisor, onError } = options;
  const byKey = new Map<string, Machine>();
  const byAddress = new Map<string, Machine>();
  const firstBoot = new Map<Machine, string>();
  /** Of each captured disk, the machines that began with it; and those that go with the last of these. */
  const disks = new Map<string, Set<Machine>>();
  const discarded = new Set<string>();

  const guest = (deed: (guests: Hypervisor) => Promise<void> | undefined) => {
    const guests = hypervisor();
    if (guests) Promise.resolve(deed(guests)).catch(onError);
  };

  /** Enters `via` now and `to` after `ms`, unless something else has happened to the machine meanwhile. */
  function pass(machine: Machine, via: MachineState, to: MachineState, ms: number, then: () => void) {
    machine.state = via;
    const arrive = () => {
      if (machine.state !== via) return;
      machine.state = to;
      then();
    };
    // Even with no delay the cloud's answer shows the passing state: the next call sees where it led.
    if (ms <= 0) setImmediate(arrive);
    else setTimeout(arrive, ms).unref();
  }

  const booted = (machine: Machine) => () => {
    machine.bootedAt = now();
    const userData = firstBoot.get(machine);
    firstBoot.delete(machine);
    if (userData !== undefined) guest(guests => guests.boot(machineKey(machine), userData));
  };
  /** The hypervisor knows nothing of machines that nobody has touched: their disk is kept for them here. */
  const leave = (machine: Machine) => {
    const { disk } = machine;
    const machines = disk === undefined ? undefined : disks.get(disk);
    if (disk === undefined || machines?.delete(machine) !== true || machines.size > 0) return;
    disks.delete(disk);
    if (discarded.delete(disk)) guest(guests => guests.discard?.(disk));
  };
  const detach = (machine: Machine) => {
    if (machine.publicIp === '') return;
    const address = machine.publicIp;
    byAddress.delete(address);
    machine.publicIp = '';
    guest(guests => guests.conceal?.(address));
  };

  return {
    create({ userData, ...input }) {
      const machine: Machine = { ...input, state: 'pending', publicIp: '', bootedAt: 0 };
      byKey.set(machineKey(machine), machine);
      if (input.disk !== undefined) disks.set(input.disk, (disks.get(input.disk) ?? new Set()).add(machine));
      if (userData !== undefined && userData !== '') firstBoot.set(machine, userData);
      pass(machine, 'pending', 'running', machine.site.cloud.delays.create, booted(machine));
      return machine;
    },
    start: machine => pass(machine, 'pending', 'running', machine.site.cloud.delays.start, booted(machine)),
    stop(machine) {
      guest(guests => guests.halt(machineKey(machine)));
      pass(machine, 'stopping', 'stopped', machine.site.cloud.delays.stop, () => {});
    },
    reboot(machine) {
      guest(guests => guests.halt(machineKey(machine)));
      pass(machine, 'rebooting', 'running', machine.site.cloud.delays.reboot, booted(machine));
    },
    terminate(machine) {
      if (machine.state === 'terminating' || machine.state === 'terminated') return;
      firstBoot.delete(machine);
      guest(guests => guests.remove(machineKey(machine)));
      leave(machine);
      pass(machine, 'terminating', 'terminated', machine.site.cloud.delays.terminate, () => {});
    },
    crash(machine) {
      guest(guests => guests.halt(machineKey(machine)));
      machine.state = 'crashed';
    },
    attach(machine, publicIp) {
      detach(machine);
      machine.publicIp = publicIp;
      byAddress.set(publicIp, machine);
      guest(guests => guests.expose?.(publicIp));
    },
    detach,
    capture(machine, disk) {
      discarded.delete(disk);
      guest(guests => guests.capture?.(machineKey(machine), disk));
    },
    discard(disk) {
      if (disks.has(disk)) discarded.add(disk);
      else guest(guests => guests.discard?.(disk));
    },
    forget(machine) {
      detach(machine);
      leave(machine);
      firstBoot.delete(machine);
      byKey.delete(machineKey(machine));
    },
    byAddress: address => byAddress.get(address),
    byKey: key => byKey.get(key),
    all: () => byKey.values(),
  };
}
