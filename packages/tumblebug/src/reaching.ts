/** Waiting for VMs of a connection, in bulk, as a saga's step does: what is not there in time is told VM by VM. */
import { BaristaError, hasCode, type ErrorBody } from '@cloud-barista/model/errors';
import { gone, type VmState } from '@cloud-barista/model/state';
import { heldVm } from '@cloud-barista/spider/vm-records';
import { awaitVm } from '@cloud-barista/spider/vm-waiting';
import type { Tumblebug } from './tumblebug.ts';

/** `signal`, or the time that a VM may take to reach a state: no step waits for ever. */
export const inTime = (bug: Tumblebug, signal: AbortSignal): AbortSignal =>
  AbortSignal.any([signal, AbortSignal.timeout(bug.spider.vmTimeoutMs)]);

/** A step's result must fit into one transaction: beyond so many, VMs that failed are told in a word. */
const toldInFull = 200;

/**
 * The VMs that did not reach `target`, with why; empty when all did. A VM that was to end and that nobody knows has ended.
 * Throws only where `signal` fires, or the wait itself failed.
 */
export async function unreached(
  bug: Tumblebug,
  connection: string,
  vmNames: readonly string[],
  target: VmState,
  signal: AbortSignal,
): Promise<Record<string, ErrorBody>> {
  const { spider } = bug;
  const ending = target === 'Terminated';
  const deadline = inTime(bug, signal);
  const missed: Record<string, ErrorBody> = {};
  let told = 0;
  const note = (name: string, error: BaristaError) => {
    const { code, message, next, where, cause } = error.toJSON();
    missed[name] =
      told++ < toldInFull
        ? { code, message, ...(next && { next }), ...(where && { where }), ...(cause && { cause }) }
        : { code, message: message.slice(0, 60) };
  };
  const names = [...vmNames].sort();
  try {
    for (const [name, outcome] of await awaitVm(spider, connection, names, target, { signal: deadline }))
      if (outcome instanceof BaristaError && !(ending && hasCode(outcome, 'not_found'))) note(name, outcome);
  } catch (error) {
    if (signal.aborted || !deadline.aborted) throw error;
    for (const name of names) {
      const state = heldVm(spider, connection, name)?.value.data.state ?? 'NotExist';
      if (ending ? gone.has(state) : state === target) continue;
      note(
        name,
        new BaristaError(
          'deadline_exceeded',
          `${name} is still ${state} after ${Math.round(spider.vmTimeoutMs / 1000)} s, not ${target}.`,
          { where: name, next: 'Look at it in its cloud.' },
        ),
      );
    }
  }
  return missed;
}
