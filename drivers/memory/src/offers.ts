/** What the cloud tells of itself: its regions, and what its specs cost. */
import type { Prices } from '@cloud-barista/driver/prices';
import type { Regions } from '@cloud-barista/driver/regions';
import type { Context } from './calls.ts';
import { specs } from './specs.ts';

/** Any word is a region of it; these, CB-Spider's mock driver's, are there by themselves. */
const known = ['default', 'mercury', 'venus', 'mars', 'jupiter', 'saturn', 'uranus', 'neptune'];

export const createRegions = (context: Context): Regions => ({
  list: call =>
    context.send('ListRegions', 'region', call, '', () =>
      [...new Set([...known, context.region])]
        .sort((a, b) => (a < b ? -1 : 1))
        .map(id => ({
          id,
          name: id,
          available: true,
          zones: [`${id}-z1`, `${id}-z2`, `${id}-z3`].map(zone => ({ id: zone, available: true })),
        })),
    ),
});

/** A fair price: by CPU, GiB and GPU, in dollars an hour. */
export const createPrices = (context: Context): Prices => ({
  get: (call, ids) =>
    context.send('GetPrices', 'price', call, '', () =>
      ids.flatMap(id => {
        const spec = specs.get(id);
        if (!spec) return [];
        const gpus = spec.gpus.reduce((sum, gpu) => sum + gpu.count, 0);
        const hourly =
          Math.round((spec.cpu * 0.03 + (spec.memoryMib / 1024) * 0.004 + gpus * 2.5) * 1e4) / 1e4;
        return [{ spec: id, hourly, currency: 'USD' }];
      }),
    ),
});
