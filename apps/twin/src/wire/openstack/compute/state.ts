/**
 * A server's state as Nova says it – status, vm_state, task_state, power_state – out of what it was last told and what
 * its machine does; and what may be asked of it in which state. Source: Compute API guide, "Server concepts";
 * Nova contributor docs, "Virtual Machine States and Transitions".
 */
import { ApiError, conflict } from '../errors.ts';
import type { Phase, Server, Settled } from '../records.ts';

export interface NovaState {
  status: Settled | 'REBOOT' | 'HARD_REBOOT';
  vm: 'building' | 'active' | 'stopped' | 'suspended' | 'paused' | 'error';
  task: string | null;
  power: number;
}

const vmStates = {
  BUILD: 'building',
  ACTIVE: 'active',
  SHUTOFF: 'stopped',
  SUSPENDED: 'suspended',
  PAUSED: 'paused',
  ERROR: 'error',
} as const satisfies Record<Settled, NovaState['vm']>;

/** nova.compute.power_state: NOSTATE 0, RUNNING 1, PAUSED 3, SHUTDOWN 4. libvirt shows a suspended domain as shut down. */
const powers = {
  BUILD: 0,
  ACTIVE: 1,
  SHUTOFF: 4,
  SUSPENDED: 4,
  PAUSED: 3,
  ERROR: 0,
} as const satisfies Record<Settled, number>;

/** What each order is called while it is under way, and where it leads. */
const orders = {
  create: { task: 'spawning', to: 'ACTIVE' },
  start: { task: 'powering-on', to: 'ACTIVE' },
  stop: { task: 'powering-off', to: 'SHUTOFF' },
  suspend: { task: 'suspending', to: 'SUSPENDED' },
  resume: { task: 'resuming', to: 'ACTIVE' },
  pause: { task: 'pausing', to: 'PAUSED' },
  unpause: { task: 'unpausing', to: 'ACTIVE' },
  reboot: { task: 'rebooting', to: 'ACTIVE' },
  'reboot-hard': { task: 'rebooting_hard', to: 'ACTIVE' },
  delete: { task: 'deleting', to: 'ACTIVE' },
  failing: { task: 'scheduling', to: 'ERROR' },
  error: { task: null, to: 'ERROR' },
} as const satisfies Record<Phase, { task: string | null; to: Settled }>;

/** nova.compute.task_states, by what becomes of the image meanwhile. */
const imagingTasks: Readonly<Record<string, string>> = {
  queued: 'image_snapshot',
  saving: 'image_uploading',
};
const imagingTask = ({ imaging }: Server): string | null =>
  imaging === undefined ? null : (imagingTasks[imaging.status] ?? null);

const settled = (status: Settled, task: string | null = null): NovaState => ({
  status,
  vm: vmStates[status],
  task,
  power: powers[status],
});

export function stateOf(server: Server): NovaState {
  const { phase, machine } = server;
  if (phase === 'error') return settled('ERROR');
  if (phase === 'failing') return settled('BUILD', orders.failing.task);
  if (!machine) return settled(server.before);
  switch (machine.state) {
    case 'running':
      return settled('ACTIVE', imagingTask(server));
    case 'stopped':
      return settled(orders[phase].to === 'ACTIVE' ? 'SHUTOFF' : orders[phase].to, imagingTask(server));
    // Nova finds by itself that the guest is off, and calls it stopped.
    case 'crashed':
      return settled('SHUTOFF');
    case 'rebooting': {
      const state = settled(server.before, orders[phase].task);
      return { ...state, status: phase === 'reboot' ? 'REBOOT' : 'HARD_REBOOT' };
    }
    case 'terminating':
    case 'terminated':
      return settled(server.before, 'deleting');
    case 'pending':
    case 'stopping':
      return settled(server.before, orders[phase].task);
  }
}

/** The states that an order is taken in. nova.compute.api: check_instance_state of each. */
const allowed = {
  start: ['stopped'],
  stop: ['active', 'error'],
  suspend: ['active'],
  resume: ['suspended'],
  pause: ['active'],
  unpause: ['paused'],
  reboot: ['active'],
  'reboot-hard': ['active', 'stopped', 'paused', 'suspended', 'error'],
  createImage: ['active', 'stopped', 'paused', 'suspended'],
} as const satisfies Partial<Record<Phase | 'createImage', readonly NovaState['vm'][]>>;
export type Order = Exclude<keyof typeof allowed, 'createImage'>;

export function requireState(server: Server, order: keyof typeof allowed): void {
  const state = stateOf(server);
  const word = order === 'reboot-hard' ? 'reboot' : order;
  if (state.task !== null)
    throw conflict(`Cannot '${word}' instance ${server.id} while it is in task_state ${state.task}`);
  const states: readonly string[] = allowed[order];
  if (!states.includes(state.vm) || !server.machine)
    throw conflict(`Cannot '${word}' instance ${server.id} while it is in vm_state ${state.vm}`);
}

export const noServer = (id: string): ApiError => new ApiError(404, `Instance ${id} could not be found.`);
