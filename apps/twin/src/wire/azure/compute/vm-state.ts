/** What a VM shows of its state. Source: "States and billing status of Azure Virtual Machines". */
import type { ProvisioningState, VirtualMachine } from '../records.ts';

export interface Status {
  readonly code: string;
  readonly level: 'Info' | 'Error';
  readonly displayStatus: string;
  readonly message?: string;
  readonly time?: string;
}

const provisioning = {
  Creating: ['creating', 'Creating'],
  Updating: ['updating', 'Updating'],
  Succeeded: ['succeeded', 'Provisioning succeeded'],
  Failed: ['failed', 'Provisioning failed'],
  Deleting: ['deleting', 'Deleting'],
} as const satisfies Record<ProvisioningState, readonly [string, string]>;

export type Power = 'starting' | 'running' | 'stopping' | 'stopped' | 'deallocating' | 'deallocated';

/** Undefined while no host has it. */
export function powerOf({ machine, phase }: VirtualMachine): Power | undefined {
  if (!machine) return undefined;
  const released = phase === 'deallocate';
  switch (machine.state) {
    case 'pending':
    case 'rebooting':
      return 'starting';
    case 'running':
      return 'running';
    case 'stopping':
      return released ? 'deallocating' : 'stopping';
    case 'stopped':
      return released ? 'deallocated' : 'stopped';
    // The guest went down by itself: it is off, and still paid for.
    case 'crashed':
      return 'stopped';
    case 'terminating':
    case 'terminated':
      return 'deallocating';
  }
}

export function statusesOf(vm: VirtualMachine): Status[] {
  const [word, displayStatus] = provisioning[vm.state];
  const time = new Date(vm.changedAt).toISOString();
  const failed = vm.state === 'Failed' && vm.fault;
  const first: Status = failed
    ? {
        code: `ProvisioningState/failed/${failed.code}`,
        level: 'Error',
        displayStatus,
        message: failed.message,
        time,
      }
    : { code: `ProvisioningState/${word}`, level: 'Info', displayStatus, time };
  const power = powerOf(vm);
  const generalized: Status = { code: 'OSState/generalized', level: 'Info', displayStatus: 'VM generalized' };
  return [
    first,
    ...(vm.generalized ? [generalized] : []),
    ...(power === undefined
      ? []
      : [{ code: `PowerState/${power}`, level: 'Info' as const, displayStatus: `VM ${power}` }]),
  ];
}
