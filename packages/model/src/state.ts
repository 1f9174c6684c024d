/**
 * The states of a VM and what may be done in each, as tables. The words are CB-Spider's
 * (Creating … Failed, `NotExist`), so that every floor and every client says the same.
 */
export const vmStates = [
  'Creating',
  'Running',
  'Suspending',
  'Suspended',
  'Resuming',
  'Rebooting',
  'Terminating',
  'Terminated',
  'NotExist',
  'Failed',
  'Undefined',
] as const;
export type VmState = (typeof vmStates)[number];

export const vmActions = ['suspend', 'resume', 'reboot', 'terminate'] as const;
export type VmAction = (typeof vmActions)[number];

/** What each action needs, what it passes through, and where it ends. A VM already at `to` is left alone. */
export const vmActionTable = {
  suspend: { from: ['Running', 'Suspending', 'Suspended'], via: 'Suspending', to: 'Suspended' },
  resume: { from: ['Suspended', 'Resuming', 'Running'], via: 'Resuming', to: 'Running' },
  reboot: { from: ['Running', 'Rebooting'], via: 'Rebooting', to: 'Running' },
  terminate: { from: vmStates, via: 'Terminating', to: 'Terminated' },
} as const satisfies Record<VmAction, { from: readonly VmState[]; via: VmState; to: VmState }>;

/** States that end by themselves: a watcher keeps asking while a VM is in one. */
export const passing: ReadonlySet<VmState> = new Set([
  'Creating',
  'Suspending',
  'Resuming',
  'Rebooting',
  'Terminating',
]);
/** States in which the cloud holds nothing (and bills nothing) any more. */
export const gone: ReadonlySet<VmState> = new Set(['Terminated', 'NotExist']);

export const mayAct = (state: VmState, action: VmAction): boolean =>
  (vmActionTable[action].from as readonly VmState[]).includes(state);

/** The states of a group of VMs: a VM's, and those of a group that is not there yet or is being taken down. */
export const mcisStates = ['Preparing', 'Empty', 'Partial', 'Deleting', ...vmStates] as const;
export type McisState = (typeof mcisStates)[number];

/** States that speak for the whole group, most telling first: one VM in one of them is never hidden by the others. */
const telling: readonly VmState[] = ['Creating', 'Rebooting', 'Resuming', 'Suspending', 'Terminating'];

/**
 * A truthful aggregate: a state only when all VMs share it; a passing state while any VM is in one; else `Partial`.
 * Upstream's maximum hides a failed minority; ours does not.
 */
export function aggregate(states: readonly VmState[]): McisState {
  const [first] = states;
  if (first === undefined) return 'Empty';
  if (states.every(state => state === first)) return first;
  return telling.find(state => states.includes(state)) ?? 'Partial';
}
