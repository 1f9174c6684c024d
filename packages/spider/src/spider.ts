/** Opens the context that every function of this package takes. */
import { setTimeout as delay } from 'node:timers/promises';
import { newSuffix } from '@cloud-barista/model/ids';
import { openCalls } from './calls.ts';
import { closeClouds, watchClouds } from './clouds.ts';
import type { Spider, SpiderOptions } from './context.ts';
import { openDrivers } from './drivers.ts';
import { installationOf } from './installation.ts';
import { openLocks } from './locks.ts';
import { openMirror } from './mirror.ts';
import { openPlugIns } from './plug-in/plug-ins.ts';
import { signOfLife } from './processes.ts';
import { openSeals } from './secrets.ts';

export type { Spider, SpiderCall, SpiderOptions } from './context.ts';

const sleepFor = (ms: number, signal: AbortSignal): Promise<void> => delay(ms, undefined, { signal });

/** Reads the records under `/spider/` and is ready; no driver is loaded yet. The store stays the caller's to close, after the spider. */
export async function openSpider(options: SpiderOptions): Promise<Spider> {
  const { store, sleep = sleepFor, log = () => {}, now = Date.now, random = Math.random } = options;
  const control = new AbortController();
  const { signal } = control;
  const process = `pr_${newSuffix(10)}`;
  const shared = options.shared ?? store.kind === 'etcd';
  const seals = openSeals(options.key);
  const [calls, mirror, installation, life] = await Promise.all([
    openCalls({ dir: options.callsDir, log, now }),
    openMirror(store, { signal, sleep, log }),
    installationOf(store),
    shared ? signOfLife(store, process, { signal, sleep, log }) : undefined,
  ]);
  const plugIns = openPlugIns({
    mirror,
    from: options.modulesFrom ?? [globalThis.process.cwd()],
    limits: options.plugIns ?? {},
    own: new Set(Object.keys(options.drivers)),
    signal,
    log,
  });
  const spider: Spider = {
    store,
    mirror,
    drivers: openDrivers(options.drivers, plugIns),
    seals,
    calls,
    locks: openLocks(),
    clouds: new Map(),
    limiters: new Map(),
    offers: new Map(),
    prices: new Map(),
    installation,
    holders: [],
    watches: new Map(),
    process,
    shared,
    now,
    log,
    sleep,
    random,
    requestTimeoutMs: options.requestTimeoutMs ?? 60_000,
    maxInFlight: options.maxInFlight ?? 64,
    strayMs: options.strayMs ?? 120_000,
    vmTimeoutMs: options.vmTimeoutMs ?? 600_000,
    signal,
    async close() {
      if (signal.aborted) return;
      control.abort();
      await closeClouds(spider);
      await Promise.all([plugIns.close(), mirror.close(), calls.close(), life?.end()]);
    },
  };
  watchClouds(spider);
  return spider;
}
