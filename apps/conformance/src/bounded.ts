/** A driver that makes no more than so many VMs: the bound on what a run can cost. */
import type { Driver } from '@cloud-barista/driver/driver';
import { BaristaError } from '@cloud-barista/model/errors';

export function bounded(driver: Driver, maxVms: number): { driver: Driver; made: () => number } {
  let made = 0;
  return {
    made: () => made,
    driver: {
      ...driver,
      classify: error => driver.classify(error),
      regionOf: config => driver.regionOf(config),
      async open(config, road) {
        const cloud = await driver.open(config, road);
        const vms: typeof cloud.vms = Object.assign(Object.create(cloud.vms) as typeof cloud.vms, {
          create: (...[call, request]: Parameters<typeof cloud.vms.create>) => {
            // A repeated order makes no other VM; one that the cloud refuses counts nevertheless.
            if (!call.again && made >= maxVms)
              return Promise.reject(
                new BaristaError('resource_exhausted', `The run may make ${maxVms} VMs, and has made them.`, {
                  next: 'Allow more with --max-cost or --max-vms.',
                }),
              );
            if (!call.again) made++;
            return cloud.vms.create(call, request);
          },
        });
        return Object.assign(Object.create(cloud) as typeof cloud, { vms });
      },
    },
  };
}
