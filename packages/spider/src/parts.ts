/** The parts that not every cloud has: unimplemented, with the driver's reason, before any call leaves. */
import type { Capability, Cloud } from '@cloud-barista/driver/driver';
import { requireCapability } from '@cloud-barista/driver/unimplemented';
import { BaristaError } from '@cloud-barista/model/errors';
import type { OpenCloud } from './context.ts';

const words = {
  regions: 'region.list',
  prices: 'spec.price',
  disks: 'disk',
  customImages: 'customImage',
  publicIps: 'publicIp',
} as const satisfies Partial<Record<keyof Cloud, Capability>>;

export function partOf<Part extends keyof typeof words>(
  open: OpenCloud,
  part: Part,
): NonNullable<Cloud[Part]> {
  requireCapability(open.driver, words[part]);
  const found = open.cloud[part];
  if (found !== undefined) return found;
  throw new BaristaError('internal', `The driver ${open.driver.name} declares ${words[part]} and has none.`);
}
