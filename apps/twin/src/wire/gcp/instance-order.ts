/** How an order to an instance that stands begins. */
import { own, type Call } from './call.ts';
import { GcpError } from './errors.ts';
import { statusOf } from './instance-life.ts';
import { instancePath } from './instance-view.ts';
import { findInstance } from './instances.ts';
import { begin, ready, type Begin } from './operations.ts';
import type { Instance, Operation } from './records.ts';

export const act = (
  call: Call,
  instance: Instance,
  type: string,
  more: Partial<Pick<Begin, 'takes' | 'arrived' | 'finish' | 'error'>> = {},
): Operation =>
  begin(call, {
    type,
    scope: `zones/${instance.zone}`,
    path: instancePath(instance.zone, instance.name),
    target: instance,
    ...more,
  });

/** The instance of the path, with no other operation at work on it. */
export const idle = (call: Call): Instance =>
  ready(call, findInstance(call), instancePath(call.zone, call.name));

export const isDown = (instance: Instance) => ['stopped', 'crashed'].includes(instance.machine.state);

export function wrongState(call: Call, instance: Instance, wanted: string): GcpError {
  return new GcpError(
    400,
    'invalid',
    `Instance '${own(call, instancePath(instance.zone, instance.name))}' is in state ${statusOf(call.world, instance)}: it must be ${wanted}.`,
  );
}
