/** Opened clouds, one a connection: opened at first use, closed when the connection is deleted or made of something else. */
import type { Region } from '@cloud-barista/model/connection';
import { BaristaError } from '@cloud-barista/model/errors';
import { connectionOf, noSuch, type StoredConnection } from './connections.ts';
import type { OpenCloud, Spider } from './context.ts';
import type { StoredCredential } from './credentials.ts';
import {
  connectionKey,
  connections,
  credentialKey,
  credentials,
  driverKey,
  drivers,
  ids,
  regionKey,
  regions,
} from './keys.ts';
import { regionIn } from './plug-in/plug-in.ts';
import { openLimiter, type Limiter } from './rate.ts';
import { redactor } from './redact.ts';
import { openRoad, wrap } from './road.ts';
import { raced } from './signals.ts';

/** What tells two connections of one name apart; undefined where a part of it is gone. */
function fingerprint(spider: Spider, name: string): string | undefined {
  const connection = spider.mirror.get<StoredConnection>(connectionKey(name))?.value;
  if (!connection) return undefined;
  const credential = spider.mirror.get<StoredCredential>(credentialKey(connection.credential))?.value;
  const region = spider.mirror.get<Region>(regionKey(connection.region))?.value;
  return credential && region
    ? JSON.stringify([
        connection.created,
        connection.driver,
        // A driver that was loaded anew is another.
        spider.mirror.get<{ id: string }>(driverKey(connection.driver))?.value.id ?? '',
        credential.sealed,
        region.values,
      ])
    : undefined;
}

const customImageKey = new RegExp(`^${ids}([^/]+)/custom-image/`);

/** Closes clouds whose connection changed; to be told of every changed key. */
export function watchClouds(spider: Spider): void {
  spider.mirror.onChange(key => {
    // An image of ours came or went: the list of images is another.
    const [, connection] = customImageKey.exec(key) ?? [];
    if (connection !== undefined) spider.offers.delete(`images/${connection}`);
    if (![connections, credentials, regions, drivers].some(folder => key.startsWith(folder))) return;
    for (const [name, entry] of spider.clouds) {
      if (fingerprint(spider, name) === entry.fingerprint) continue;
      spider.clouds.delete(name);
      spider.offers.delete(`images/${name}`);
      spider.offers.delete(`specs/${name}`);
      spider.prices.delete(name);
      void closeQuietly(spider, name, entry.opening);
    }
  });
}

async function closeQuietly(spider: Spider, name: string, opening: Promise<OpenCloud>): Promise<void> {
  try {
    await (await opening).cloud.close();
  } catch (error) {
    spider.log({
      level: 'warn',
      message: 'A cloud did not close cleanly.',
      connection: name,
      error: error instanceof Error ? error.name : 'unknown',
    });
  }
}
export async function closeClouds(spider: Spider): Promise<void> {
  const entries = [...spider.clouds];
  spider.clouds.clear();
  await Promise.all(entries.map(([name, entry]) => closeQuietly(spider, name, entry.opening)));
}

/** The limiter of an account in a region; connections that share both share it. */
function limiterFor(spider: Spider, key: string): Limiter {
  let limiter = spider.limiters.get(key);
  if (!limiter) {
    limiter = openLimiter({
      now: spider.now,
      sleep: spider.sleep,
      signal: spider.signal,
      maxInFlight: spider.maxInFlight,
    });
    spider.limiters.set(key, limiter);
  }
  return limiter;
}

async function openNow(spider: Spider, name: string, print: string): Promise<OpenCloud> {
  const connection = (await connectionOf(spider, name)).value;
  const credential = (await spider.mirror.find<StoredCredential>(credentialKey(connection.credential)))
    ?.value;
  const region = (await spider.mirror.find<Region>(regionKey(connection.region)))?.value;
  if (!credential) throw noSuch(spider, 'credential', credentials, connection.credential);
  if (!region) throw noSuch(spider, 'region', regions, connection.region);
  const driver = await spider.drivers.get(connection.driver);
  const values = JSON.parse(spider.seals.open(credential.sealed, credentialKey(credential.name))) as Record<
    string,
    string
  >;
  const config = { credential: values, region: region.values };
  const redact = redactor(Object.values(values));
  const about = { connection: name, driver, redact };
  try {
    const where = (await regionIn(driver, config)).region;
    const limiter = limiterFor(
      spider,
      JSON.stringify([connection.provider, region.values['endpoint'] ?? '', connection.credential, where]),
    );
    const road = openRoad(spider, { ...about, region: where, limiter });
    const cloud = await driver.open(config, road);
    return { connection, driver, cloud, config, region: where, redact, fingerprint: print };
  } catch (error) {
    throw wrap(error, about);
  }
}

/** The connection's cloud; opens it at first use. */
export async function cloudOf(spider: Spider, name: string, signal: AbortSignal): Promise<OpenCloud> {
  let entry = spider.clouds.get(name);
  if (!entry) {
    if (spider.signal.aborted) throw new BaristaError('unavailable', 'Cloud-Barista is closing.');
    await connectionOf(spider, name);
    // `await` above let others in.
    entry = spider.clouds.get(name);
    if (!entry) {
      const print = fingerprint(spider, name) ?? '';
      entry = { fingerprint: print, opening: openNow(spider, name, print) };
      spider.clouds.set(name, entry);
      const mine = entry;
      entry.opening.catch(() => {
        if (spider.clouds.get(name) === mine) spider.clouds.delete(name);
      });
    }
  }
  return raced(entry.opening, signal);
}

/** Runs driver code: what it throws outside of the road is wrapped too. */
export async function guarded<T>(open: OpenCloud, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw wrap(error, { connection: open.connection.name, driver: open.driver, redact: open.redact });
  }
}

/** Proves endpoint, credential and region with one call to the cloud. */
export async function checkConnection(
  spider: Spider,
  name: string,
  call: { signal: AbortSignal },
): Promise<StoredConnection> {
  const open = await cloudOf(spider, name, call.signal);
  const signal = AbortSignal.any([call.signal, AbortSignal.timeout(spider.requestTimeoutMs)]);
  await raced(
    guarded(open, () => open.cloud.check({ signal })),
    signal,
  );
  return open.connection;
}
