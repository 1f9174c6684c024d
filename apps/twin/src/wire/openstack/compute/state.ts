/**
 * A server's state as Nova says it – status, vm_state, task_state, power_state – out of what it was last told and what
 * its machine does; and what may be asked of it in which state. Source: Compute API guide, "Server concepts";
 * Nova contributor docs, "Virtual Machine States and Transitions".
 */
import { ApiError, conflict } from '../errors.ts';
import type { Phase, Server, Settled } from '../records.ts';

export interface NovaState {
  status: Settled | 'REBOOT' | 'HARD_REBOOT';
  vm: 'building' | 'active' | 'stopped' | 'suspended' | 'paused' | 'error' | 'deleted';
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
  DELETED: 'deleted',
} as const satisfies Record<Settled, NovaState['vm']>;

/** nova.compute.power_state: NOSTATE 0, RUNNING 1, PAUSED 3, SHUTDOWN 4. libvirt shows a suspended domain as shut down. */
const powers = {
  BUILD: 0,
  ACTIVE: 1,
  SHUTOFF: 4,
  SUSPENDED: 4,
  PAUSED: 3,
  ERROR: 0,
  DELETED: 0,
} as const satisfies Record<Settled, number>;

/** What each order is called while it is under way, and where it leads. */
const orders = {
  create: { task: 'scheduling', to: 'ACTIVE' },
  start: { task: 'powering-on', to: 'ACTIVE' },
  stop: { task: 'powering-off', to: 'SHUTOFF' },
  suspend: { task: 'suspending', to: 'SUSPENDED' },
  resume: { task: 'resuming', to: 'ACTIVE' },
  pause: { task: 'pausing', to: 'PAUSED' },
  unpause: { task: 'unpausing', to: 'ACTIVE' },
  reboot: { task: 'rebooting', to: 'ACTIVE' },
  'reboot-hard': { task: 'rebooting_hard', to: 'ACTIVE' },
  delete: { task: 'deleting', to: 'ACTIVE' },
  deleted: { task: null, to: 'DELETED' },
  failing: { task: 'scheduling', to: 'ERROR' },
  error: { task: null, to: 'ERROR' },
} as const satisfies Record<Phase, { task: string | null; to: Settled }>;

/**
 * Some orders have steps: which task it is from which share of the whole delay on. In the first two of a build it is in no
 * cell yet, then on no host; seen on a real Zed, whose first three take about a second each.
 */
const steps: Partial<Record<Phase, readonly { from: number; task: string | null }[]>> = {
  create: [
    { from: 0.3, task: 'spawning' },
    { from: 0.2, task: 'block_device_mapping' },
    { from: 0.1, task: null },
  ],
  reboot: [
    { from: 0.2, task: 'reboot_started' },
    { from: 0.1, task: 'reboot_pending' },
  ],
  'reboot-hard': [
    { from: 0.2, task: 'reboot_started_hard' },
    { from: 0.1, task: 'reboot_pending_hard' },
  ],
};
const delayOf = { create: 'create', reboot: 'reboot', 'reboot-hard': 'reboot' } as const;

function taskOf({ phase, since, clock }: Server): string | null {
  const row = steps[phase];
  if (!row || (phase !== 'create' && phase !== 'reboot' && phase !== 'reboot-hard'))
    return orders[phase].task;
  const delay = clock.delays[delayOf[phase]];
  const share = delay <= 0 ? 0 : (clock.now() - since) / delay;
  const step = row.find(({ from }) => share >= from);
  return step ? step.task : orders[phase].task;
}

/** Whether a build has come to a host. */
export const isPlaced = ({ machine }: Server, { task, vm }: NovaState): boolean =>
  machine !== undefined && !(vm === 'building' && (task === null || task === 'scheduling'));

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
  if (phase === 'deleted') return settled('DELETED');
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
      const state = settled(server.before, taskOf(server));
      // One that was stopped keeps its status until it runs.
      if (server.before !== 'ACTIVE') return state;
      return { ...state, status: phase === 'reboot' ? 'REBOOT' : 'HARD_REBOOT' };
    }
    case 'terminating':
    case 'terminated':
      return settled(server.before, 'deleting');
    case 'pending':
    case 'stopping':
      return settled(server.before, taskOf(server));
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
  // No flavor is ever changed here, so there is none to confirm.
  confirmResize: [],
  revertResize: [],
} as const satisfies Record<string, readonly NovaState['vm'][]>;
export type Order = 'start' | 'stop' | 'suspend' | 'resume' | 'pause' | 'unpause' | 'reboot' | 'reboot-hard';

/** A hard reboot ends what hangs. nova.compute.task_states: ALLOW_REBOOT. */
const endedByHardReboot: readonly (string | null)[] = [
  'rebooting',
  'reboot_pending',
  'reboot_started',
  'rebooting_hard',
  'resuming',
  'unpausing',
  'pausing',
  'suspending',
];

/** The state is looked at before the task. */
export function requireState(server: Server, order: keyof typeof allowed): void {
  const state = stateOf(server);
  const word = order === 'reboot-hard' ? 'reboot' : order;
  if (order === 'start' || order === 'stop') {
    // These two ask the server's cell for it.
    if (state.task === 'scheduling') throw noServer(server.id);
    if (state.vm === 'building' && state.task === null) throw conflict(`Instance ${server.id} is not ready`);
  }
  const states: readonly string[] = allowed[order];
  if (!states.includes(state.vm) || !server.machine)
    throw conflict(`Cannot '${word}' instance ${server.id} while it is in vm_state ${state.vm}`);
  if (state.task !== null && !(order === 'reboot-hard' && endedByHardReboot.includes(state.task)))
    throw conflict(`Cannot '${word}' instance ${server.id} while it is in task_state ${state.task}`);
}

export const noServer = (id: string): ApiError => new ApiError(404, `Instance ${id} could not be found.`);
/** As the two actions say it that ask the server's cell for it. */
export const unmapped = (id: string): ApiError =>
  new ApiError(404, `Instance ${id} has no mapping to a cell.`);
