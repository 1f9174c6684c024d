/**
 * The driver suite on one cloud, as a process of its own: what a case breaks, breaks here. Its order comes as a line of JSON on standard
 * input – never as arguments, which all users of a machine can read – and when that input ends, whoever ordered the run is gone
 * or has cancelled it: what is left to do is skipped, and what was made is taken down. Events go to file descriptor 3, a line of JSON each.
 */
import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { after } from 'node:test';
import type { CloudConfig, Driver } from '@cloud-barista/driver/driver';
import type { ConformanceEvent } from '@cloud-barista/model/conformance';
import { driverSuite, onResult } from '@cloud-barista/suite/driver/suite';
import { bounded } from './bounded.ts';
import { leftIn } from './left.ts';

export interface Order {
  /** The driver's entry, as a URL. */
  module: string;
  config: CloudConfig;
  image: string;
  spec: string;
  maxVms: number;
  pollMs: number;
  timeoutMs: number;
}

const stop = new AbortController();
/** Whoever listened may be gone: what was made is taken down nevertheless. */
function say(event: ConformanceEvent): void {
  try {
    writeSync(3, `${JSON.stringify(event)}\n`);
  } catch {
    stop.abort(new Error('Nobody listens.'));
  }
}

async function readOrder(stop: AbortController): Promise<Order> {
  const lines = createInterface({ input: process.stdin });
  const { promise, resolve, reject } = Promise.withResolvers<Order>();
  lines.once('line', line => resolve(JSON.parse(line) as Order));
  lines.once('close', () => {
    reject(new Error('No order came.'));
    stop.abort(new Error('The run was cancelled.'));
  });
  return promise;
}

// Ctrl-C reaches the whole group of processes: it is for whoever ordered the run to end it.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => stop.abort(new Error('The run was cancelled.')));

const order = await readOrder(stop);
const loaded = (await import(order.module)) as { driver: Driver };
const { driver, made } = bounded(loaded.driver, order.maxVms);
const count = { passed: 0, failed: 0, skipped: 0 };
onResult(({ noun, title, outcome, reason, elapsedMs }) => {
  count[outcome]++;
  say({ case: { noun, title, outcome, reason: reason.slice(0, 2000), elapsedMs } });
});

after(async () => {
  const left = await leftIn(loaded.driver, order.config, order.timeoutMs).catch(() => [
    { kind: 'cloud', id: '', name: 'could not be looked at' },
  ]);
  say({ summary: { ...count, vms: made(), left } });
  // Nothing may hold the process: neither the input that it listens on, nor a socket of a vendor's client.
  setImmediate(() => process.exit(count.failed === 0 && left.length === 0 ? 0 : 1));
});

driverSuite(driver.name, async () => ({
  driver,
  config: order.config,
  image: order.image,
  spec: order.spec,
  pollMs: order.pollMs,
  timeoutMs: order.timeoutMs,
  vmsAtOnce: 5,
  signal: stop.signal,
  close: async () => {},
}));
