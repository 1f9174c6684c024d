/** The drivers, imported when first needed: their entries are light, the vendors' SDKs load at `open`. */
import { contractVersion, type Driver } from '@cloud-barista/driver/driver';
import type { Driver as DriverShape } from '@cloud-barista/model/connection';
import { BaristaError } from '@cloud-barista/model/errors';
import { suggest } from '@cloud-barista/model/nearest';
import type { Page } from '@cloud-barista/model/schema';
import type { Spider } from './context.ts';
import { paged, type PageOptions } from './paged.ts';

export interface Drivers {
  readonly names: readonly string[];
  /** not_found naming the nearest; failed_precondition where it was written for another contract. */
  get(name: string): Promise<Driver>;
}

export function openDrivers(entries: Record<string, () => Promise<{ driver: Driver }>>): Drivers {
  const loading = new Map<string, Promise<Driver>>();
  async function load(name: string, entry: () => Promise<{ driver: Driver }>): Promise<Driver> {
    let driver: Driver;
    try {
      ({ driver } = await entry());
    } catch (error) {
      throw new BaristaError('failed_precondition', `The driver ${JSON.stringify(name)} can't be loaded.`, {
        next: 'See the server log for the cause; install what the driver needs.',
        operator: error instanceof Error ? (error.stack ?? error.message) : String(error),
        source: error,
      });
    }
    if (driver.contract !== contractVersion)
      throw new BaristaError(
        'failed_precondition',
        `The driver ${JSON.stringify(name)} was written for version ${driver.contract} of the driver contract; this is ${contractVersion}.`,
        { next: 'Use a version of the driver for this contract.' },
      );
    return driver;
  }
  return {
    names: Object.keys(entries).sort(),
    get(name) {
      const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
      if (!entry)
        return Promise.reject(
          new BaristaError('not_found', `There is no driver ${JSON.stringify(name)}.`, {
            next: suggest(name, Object.keys(entries), 'List them with: barista get drivers'),
            where: 'driver',
          }),
        );
      let found = loading.get(name);
      if (!found) {
        found = load(name, entry);
        loading.set(name, found);
        found.catch(() => loading.delete(name));
      }
      return found;
    },
  };
}

const shape = (driver: Driver): DriverShape => ({
  name: driver.name,
  provider: driver.provider,
  contract: driver.contract,
  credentialKeys: [...driver.credentialKeys],
  regionKeys: [...driver.regionKeys],
  capabilities: { ...driver.capabilities },
});

export async function listDrivers(spider: Spider, options: PageOptions = {}): Promise<Page<DriverShape>> {
  const { items, ...rest } = paged(spider.drivers.names, name => name, options);
  return { items: (await Promise.all(items.map(name => spider.drivers.get(name)))).map(shape), ...rest };
}
export const getDriver = async (spider: Spider, name: string): Promise<DriverShape> =>
  shape(await spider.drivers.get(name));
