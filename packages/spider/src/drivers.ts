/**
 * The drivers: the server's own, imported when first needed (their entries are light, the vendors' SDKs load at `open`), and those that
 * are named at run time, each in a process of its own (plug-in/).
 */
import { contractVersion, type Driver } from '@cloud-barista/driver/driver';
import type { DriverInput, Driver as DriverShape, Connection } from '@cloud-barista/model/connection';
import { BaristaError } from '@cloud-barista/model/errors';
import { newSuffix } from '@cloud-barista/model/ids';
import { suggest } from '@cloud-barista/model/nearest';
import type { Page } from '@cloud-barista/model/schema';
import type { Spider } from './context.ts';
import { connections, credentials, driverKey, regions } from './keys.ts';
import { paged, type PageOptions } from './paged.ts';
import { checkModuleName } from './plug-in/module.ts';
import type { PlugInRecord, PlugIns } from './plug-in/plug-ins.ts';

export interface Drivers {
  readonly names: readonly string[];
  readonly plugIns: PlugIns;
  isOwn(name: string): boolean;
  /** not_found naming the nearest; failed_precondition where it was written for another contract. */
  get(name: string): Promise<Driver>;
}

export function openDrivers(
  entries: Record<string, () => Promise<{ driver: Driver }>>,
  plugIns: PlugIns,
): Drivers {
  const namesNow = () => [...Object.keys(entries), ...plugIns.names()].sort();
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
    get names() {
      return namesNow();
    },
    plugIns,
    isOwn: name => Object.hasOwn(entries, name),
    get(name) {
      const entry = Object.hasOwn(entries, name) ? entries[name] : undefined;
      const plugged = plugIns.get(name);
      if (!entry && plugged) return Promise.resolve(plugged.plugIn.driver);
      if (!entry)
        return Promise.reject(
          new BaristaError('not_found', `There is no driver ${JSON.stringify(name)}.`, {
            next: suggest(name, namesNow(), 'List them with: barista get drivers'),
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

async function shape(spider: Spider, name: string): Promise<DriverShape> {
  const driver = await spider.drivers.get(name);
  const plugged = spider.drivers.isOwn(name) ? undefined : spider.drivers.plugIns.get(name);
  const { state, problem, restarts, lastFailure } = plugged?.plugIn.status() ?? {
    state: 'ready',
    restarts: 0,
  };
  return {
    name: driver.name,
    kind: plugged ? 'plug-in' : 'built-in',
    state,
    ...(problem !== undefined && { problem }),
    ...(plugged && {
      plugIn: {
        module: plugged.record.module,
        memoryMb: plugged.record.memoryMb,
        created: plugged.record.created,
        restarts,
        ...(lastFailure && { lastFailure }),
      },
    }),
    provider: driver.provider,
    contract: driver.contract,
    credentialKeys: driver.credentialKeys.map(({ key, required, description }) => ({
      key,
      required,
      description,
    })),
    regionKeys: driver.regionKeys.map(({ key, required, description }) => ({ key, required, description })),
    ...(driver.diskTypes && {
      diskTypes: driver.diskTypes.map(({ type, minGb, maxGb }) => ({ type, minGb, maxGb })),
    }),
    capabilities: { ...driver.capabilities },
  };
}

export async function listDrivers(spider: Spider, options: PageOptions = {}): Promise<Page<DriverShape>> {
  const { items, ...rest } = paged(spider.drivers.names, name => name, options);
  return { items: await Promise.all(items.map(name => shape(spider, name))), ...rest };
}
export const getDriver = shape;

const usualMemoryMb = 256;

/** Loads the module in a process of its own and keeps it there; nothing is stored of what is no driver. */
export async function createDriver(spider: Spider, input: DriverInput): Promise<DriverShape> {
  const { module, memoryMb = usualMemoryMb } = input;
  checkModuleName(module);
  const { drivers } = spider;
  const { plugIns } = drivers;
  const plugIn = await plugIns.load(module, memoryMb);
  const { facts } = plugIn;
  const { name } = facts;
  const id = newSuffix(12);
  plugIns.keep(id, plugIn);
  const record: PlugInRecord = {
    id,
    name,
    module,
    memoryMb,
    created: new Date(spider.now()).toISOString(),
    facts,
  };
  const key = driverKey(name);
  try {
    if (
      !drivers.isOwn(name) &&
      (await spider.mirror.commit({ if: [{ key, revision: 0 }], put: [{ key, value: record }] }))
    )
      return await shape(spider, name);
  } finally {
    // Taken up by now, where its record stands.
    await plugIns.forget(id);
  }
  throw new BaristaError(
    'already_exists',
    drivers.isOwn(name)
      ? `The module is a driver by the name ${JSON.stringify(name)}, which is built in.`
      : `The driver ${JSON.stringify(name)} already exists.`,
    {
      next: drivers.isOwn(name)
        ? 'Give the driver another name, in its module.'
        : `Delete the old one first, where nothing uses it: barista delete driver ${name}`,
      where: 'module',
    },
  );
}

/** Takes a plug-in's module as it is now. Refused, with the reason, where that is no driver of the same name: the old one goes on. */
export async function reloadDriver(spider: Spider, name: string): Promise<DriverShape> {
  const { plugIns } = spider.drivers;
  const key = driverKey(name);
  const held = await spider.mirror.find<PlugInRecord>(key);
  if (!held) {
    await spider.drivers.get(name);
    throw new BaristaError('failed_precondition', `The driver ${JSON.stringify(name)} is built in.`, {
      next: 'It is loaded anew when the server is started.',
      where: 'driver',
    });
  }
  const plugIn = await plugIns.load(held.value.module, held.value.memoryMb);
  const id = newSuffix(12);
  plugIns.keep(id, plugIn);
  try {
    const { facts } = plugIn;
    if (facts.name !== name)
      throw new BaristaError(
        'failed_precondition',
        `The module now calls itself ${JSON.stringify(facts.name)}, not ${JSON.stringify(name)}.`,
        { next: 'Give it its old name, or load it as another driver.', where: 'driver' },
      );
    const value: PlugInRecord = { ...held.value, id, facts };
    if (!(await spider.mirror.commit({ if: [{ key, revision: held.revision }], put: [{ key, value }] })))
      throw new BaristaError('aborted', `The driver ${JSON.stringify(name)} was changed meanwhile.`, {
        next: 'Try again.',
      });
  } finally {
    await plugIns.forget(id);
  }
  return shape(spider, name);
}

/** Unloads a plug-in that no connection, credential or region uses. */
export async function deleteDriver(spider: Spider, name: string): Promise<void> {
  const { drivers } = spider;
  const key = driverKey(name);
  if (drivers.isOwn(name))
    throw new BaristaError(
      'failed_precondition',
      `The driver ${JSON.stringify(name)} is built in and can't be deleted.`,
      {
        next: 'Only drivers that were loaded from a module can be.',
      },
    );
  for (;;) {
    const held = await spider.mirror.find(key);
    // not_found, naming the nearest.
    if (!held) return void (await drivers.get(name));
    for (const [noun, folder] of [
      ['connection', connections],
      ['credential', credentials],
      ['region', regions],
    ] as const) {
      const { entries } = await spider.store.list({ prefix: folder });
      const user = entries
        .map(entry => JSON.parse(entry.value) as Pick<Connection, 'name' | 'driver'>)
        .find(user => user.driver === name);
      if (user)
        throw new BaristaError(
          'failed_precondition',
          `The driver ${JSON.stringify(name)} is used by the ${noun} ${JSON.stringify(user.name)}.`,
          { next: `Delete the ${noun} first.` },
        );
    }
    // What was made of it since has written its record again, and the comparison fails.
    if (await spider.mirror.commit({ if: [{ key, revision: held.revision }], delete: [key] })) return;
  }
}

/**
 * Puts what is made of a driver, if there is none at `key` yet (else false). A plug-in's record is written again in the same breath,
 * so that a delete of it that has looked before fails its comparison.
 */
export async function commitWithDriver(
  spider: Spider,
  driver: string,
  key: string,
  value: unknown,
): Promise<boolean> {
  for (;;) {
    const record = spider.drivers.isOwn(driver) ? undefined : await spider.mirror.find(driverKey(driver));
    if (!record) await spider.drivers.get(driver);
    const done = await spider.mirror.commit({
      if: [{ key, revision: 0 }, ...(record ? [{ key: driverKey(driver), revision: record.revision }] : [])],
      put: [{ key, value }, ...(record ? [{ key: driverKey(driver), value: record.value }] : [])],
    });
    if (done) return true;
    if (!record || spider.mirror.get(key)) return false;
  }
}
