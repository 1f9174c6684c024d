/** How a driver refuses what it declared it can't: before any call leaves. */
import { BaristaError } from '@cloud-barista/model/errors';
import type { Capability, Driver } from './driver.ts';

export function requireCapability(
  driver: Pick<Driver, 'name' | 'capabilities'>,
  capability: Capability,
): void {
  const can = driver.capabilities[capability];
  if (can !== true)
    throw new BaristaError('unimplemented', `${driver.name} can't do ${capability}: ${can}`, {
      next: `See the driver's capabilities: barista describe driver ${driver.name}`,
    });
}
