/**
 * A plug-in's own process: imports the module, tells what it is, and serves the calls of its driver and clouds. Nothing here
 * knows a noun. The road stays in the server: a driver's `road.send` asks there, and its `send` is run when the real road
 * says so, as often as it says; what `send` answers stays here.
 */
import { existsSync, statSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { BaristaError } from '@cloud-barista/model/errors';
import type { Classified, Cloud, CloudConfig, Driver } from '@cloud-barista/driver/driver';
import type { Road } from '@cloud-barista/driver/road';
import { pack, unpack, type Birth, type Crossing, type Facts, type FromChild, type ToChild } from './wire.ts';

function post(message: FromChild, then?: () => void): void {
  if (!process.connected) process.exit(0);
  process.send?.(message, undefined, undefined, then);
}

class Refusal extends Error {
  readonly why: 'absent' | 'broken' | 'no-driver';
  constructor(why: Refusal['why'], reason: string) {
    super(reason);
    this.why = why;
  }
}
const say = (error: unknown): string =>
  error instanceof Error ? `${error.name}: ${error.message}` : String(error);

// ---- the module

/** Of a package, its `./open` entry as our own drivers have it, else its main one. */
function entryOf(name: string, from: string): string | undefined {
  const whole = name.split('/').length === (name.startsWith('@') ? 2 : 1);
  for (const entry of whole ? [`${name}/open`, name] : [name])
    try {
      const url = import.meta.resolve(entry, pathToFileURL(join(from, 'x.js')));
      if (url.startsWith('file:') && existsSync(fileURLToPath(url))) return url;
    } catch {
      // Not here; perhaps in the next place.
    }
  return undefined;
}

function find({ module, from }: Birth): string {
  if (!isAbsolute(module)) {
    for (const place of from) {
      const url = entryOf(module, place);
      if (url !== undefined) return url;
    }
    throw new Refusal(
      'absent',
      `There is no package ${JSON.stringify(module)} that ${from.join(' or ')} can import.`,
    );
  }
  const stat = statSync(module, { throwIfNoEntry: false });
  if (!stat) throw new Refusal('absent', `There is no file ${JSON.stringify(module)}.`);
  if (stat.isFile()) return pathToFileURL(module).href;
  const manifest = join(module, 'package.json');
  if (!existsSync(manifest))
    throw new Refusal('absent', `${JSON.stringify(module)} is a directory without a package.json.`);
  const { name } = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: unknown };
  const url = typeof name === 'string' ? entryOf(name, module) : undefined;
  if (url === undefined)
    throw new Refusal(
      'absent',
      `The package in ${JSON.stringify(module)} has neither ./open nor . among its exports, or the file is not there.`,
    );
  return url;
}

function factsOf(module: Record<string, unknown>): { driver: Driver; facts: Facts } {
  const driver = module['driver'];
  if (typeof driver !== 'object' || driver === null)
    throw new Refusal('no-driver', 'The module does not export `driver`, an object.');
  for (const method of ['regionOf', 'classify', 'open'])
    if (typeof (driver as Facts)[method] !== 'function')
      throw new Refusal('no-driver', `Its \`driver\` has no function \`${method}\`.`);
  const facts: Facts = {};
  for (const key in driver) {
    const value: unknown = (driver as Facts)[key];
    if (typeof value !== 'function') facts[key] = value;
  }
  return { driver: driver as Driver, facts };
}

// ---- signals and errors that cross

/** Errors of ours that the server gave, by object: thrown on, they go back as the very same. */
const given = new WeakMap<object, number>();
let classify: ((error: unknown) => Classified | undefined) | undefined;

function out(error: unknown): Crossing {
  const number = typeof error === 'object' && error !== null ? given.get(error) : undefined;
  return number === undefined ? pack(error, classify) : { kind: 'back', number };
}
function back(crossing: Crossing): Error {
  if (crossing.kind === 'back') return new Error('An error came back that was never sent.');
  const error = unpack(crossing);
  if (crossing.kind === 'ours' && crossing.number !== undefined) given.set(error, crossing.number);
  return error;
}
/** Why a signal fires: the platform's words for it where it is not ours. */
function reasonOf(crossing: Crossing): Error {
  const error = back(crossing);
  return error instanceof BaristaError ? error : new DOMException(error.message, error.name);
}

// ---- the road

interface Sending {
  send: (signal: AbortSignal) => Promise<unknown>;
  value: unknown;
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}
const sendings = new Map<number, Sending>();
const attempts = new Map<number, AbortController>();
/** The signal that a call came with: the server has the same. */
const callOf = new WeakMap<AbortSignal, number>();
let sends = 0;
/** A loop that sends without waiting ends here, before it fills the server. */
const mostSends = 10_000;

const roadOf = (cloud: number): Road => ({
  send(request, signal, send) {
    if (sendings.size >= mostSends)
      return Promise.reject(
        new BaristaError('resource_exhausted', `More than ${mostSends} requests wait for their answers.`),
      );
    const number = ++sends;
    const call = callOf.get(signal) ?? 0;
    const { promise, resolve, reject } = Promise.withResolvers<never>();
    sendings.set(number, { send, value: undefined, resolve, reject });
    const { api, resource, name, idempotent } = request;
    post({
      type: 'send',
      send: number,
      cloud,
      call,
      request: { api, resource, idempotent, ...(name !== undefined && { name }) },
    });
    if (call === 0) {
      const stop = () => post({ type: 'stop', send: number, reason: out(signal.reason) });
      if (signal.aborted) stop();
      else {
        signal.addEventListener('abort', stop, { once: true });
        const forget = () => signal.removeEventListener('abort', stop);
        promise.then(forget, forget);
      }
    }
    return promise;
  },
});

async function attempt(send: number, number: number): Promise<void> {
  const sending = sendings.get(send);
  if (!sending) return;
  const control = new AbortController();
  attempts.set(number, control);
  try {
    sending.value = await sending.send(control.signal);
    post({ type: 'ran', attempt: number });
  } catch (error) {
    post({ type: 'ran', attempt: number, error: out(error) });
  } finally {
    attempts.delete(number);
  }
}

// ---- calls

const clouds = new Map<number, Facts>();
const calls = new Map<number, AbortController>();

/** Every function of a cloud by its path: its own, and those of the nouns on it. */
function methodsOf(cloud: object): string[] {
  const found = new Set<string>();
  const look = (holder: object, prefix: string) => {
    for (
      let at: object | null = holder;
      at !== null && at !== Object.prototype;
      at = Object.getPrototypeOf(at)
    )
      for (const key of Object.getOwnPropertyNames(at)) {
        if (key === 'constructor') continue;
        const value: unknown = (holder as Facts)[key];
        if (typeof value === 'function') found.add(prefix + key);
        else if (prefix === '' && typeof value === 'object' && value !== null) look(value, `${key}.`);
      }
  };
  look(cloud, '');
  return [...found];
}

async function answer(id: number, work: () => unknown): Promise<void> {
  try {
    const value = await work();
    try {
      post({ type: 'answer', id, value });
    } catch (error) {
      throw new BaristaError(
        'internal',
        `The driver answered with what can't leave its process: ${say(error)}.`,
      );
    }
  } catch (error) {
    post({ type: 'failed', id, error: out(error) });
  } finally {
    calls.delete(id);
  }
}

function invoke(id: number, cloud: number, path: string, args: readonly unknown[], at: number): unknown {
  const whole = clouds.get(cloud);
  if (!whole) throw new BaristaError('internal', `The plug-in's process holds no cloud ${cloud}.`);
  const [noun = '', verb] = path.split('.');
  const holder = verb === undefined ? whole : (whole[noun] as Facts | undefined);
  const method = holder?.[verb ?? noun];
  if (typeof method !== 'function') throw new BaristaError('unimplemented', `The driver has no ${path}.`);
  const given = [...args];
  if (at >= 0) {
    const control = new AbortController();
    calls.set(id, control);
    callOf.set(control.signal, id);
    given[at] = { ...(given[at] as object), signal: control.signal };
  }
  if (path === 'close') clouds.delete(cloud);
  return method.apply(holder, given);
}

async function open(driver: Driver, cloud: number, config: CloudConfig): Promise<string[]> {
  const made: Cloud | undefined = await driver.open(config, roadOf(cloud));
  if (typeof made !== 'object' || made === null)
    throw new BaristaError('internal', 'The driver opened no cloud: its `open` answered with no object.');
  clouds.set(cloud, made as unknown as Facts);
  return methodsOf(made);
}

function serve(driver: Driver, message: ToChild): void {
  switch (message.type) {
    case 'region':
      void answer(message.id, () => driver.regionOf(message.config));
      return;
    case 'open':
      void answer(message.id, () => open(driver, message.cloud, message.config));
      return;
    case 'call':
      void answer(message.id, () =>
        invoke(message.id, message.cloud, message.path, message.args, message.at),
      );
      return;
    case 'abort':
      calls.get(message.id)?.abort(reasonOf(message.reason));
      return;
    case 'run':
      void attempt(message.send, message.attempt);
      return;
    case 'stop':
      attempts.get(message.attempt)?.abort(reasonOf(message.reason));
      return;
    case 'sent': {
      const sending = sendings.get(message.send);
      sendings.delete(message.send);
      if (message.error === undefined) sending?.resolve(sending.value as never);
      else sending?.reject(back(message.error));
      return;
    }
    case 'ping': {
      const { external } = process.memoryUsage();
      post({ type: 'pong', bytes: external });
      return;
    }
    case 'go':
  }
}

// ---- the start

/**
 * A loop that never ends hears of nothing: a thread beside it ends the process when the server that started it is gone. It must
 * stand before anything of the module runs, for it does not come up beside a loop.
 */
async function endWithServer(): Promise<void> {
  process.on('disconnect', () => process.exit(0));
  const watch = `const server = process.ppid;
    setInterval(() => { if (process.ppid !== server) process.kill(process.pid, 'SIGKILL'); }, 1000);
    require('node:worker_threads').parentPort.postMessage('watching');`;
  const watcher = new Worker(watch, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 16 } });
  await once(watcher, 'message');
  watcher.unref();
}

async function start(): Promise<void> {
  const url = find(JSON.parse(process.argv[2] ?? '') as Birth);
  const admitted = new Promise<void>(resolve => process.once('message', () => resolve()));
  post({ type: 'found', url });
  await admitted;
  let module: Record<string, unknown>;
  try {
    module = (await import(url)) as Record<string, unknown>;
  } catch (error) {
    throw new Refusal('broken', say(error));
  }
  const { driver, facts } = factsOf(module);
  classify = error => driver.classify(error);
  process.on('message', (message: ToChild) => serve(driver, message));
  try {
    post({ type: 'loaded', facts });
  } catch (error) {
    throw new Refusal('no-driver', `What its \`driver\` says of itself is no plain data: ${say(error)}.`);
  }
}

// The terminal's Ctrl-C goes to the whole group; when this process ends is the server's to say.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
for (const stray of ['uncaughtException', 'unhandledRejection'] as const)
  process.on(stray, (error: unknown) =>
    post({ type: 'stray', reason: say(error).slice(0, 1000) }, () => process.exit(1)),
  );
try {
  await endWithServer();
  await start();
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  post({ type: 'refused', why: error.why, reason: error.message });
}
