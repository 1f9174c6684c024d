/**
 * The server's end of one plug-in's process: its start, its calls, the road that its clouds ask for, and the watch over it.
 * When the process ends, by whatever, every call of it fails as unavailable, and nothing else does.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { CloudConfig } from '@cloud-barista/driver/driver';
import type { Request, Road } from '@cloud-barista/driver/road';
import { resourceKinds } from '@cloud-barista/model/call';
import { BaristaError } from '@cloud-barista/model/errors';
import { stopped } from '../signals.ts';
import { checkFacts, type DriverFacts } from './facts.ts';
import { pack, unpack, type Birth, type Crossing, type FromChild, type ToChild } from './wire.ts';

/** Milliseconds, where nothing else is said. */
export interface Limits {
  /** From the process's start until the driver has said what it is. */
  loadMs: number;
  openMs: number;
  /** The longest that one call may take, however patient its caller. */
  callMs: number;
  /** From a call's being stopped until its end is no longer waited for. */
  graceMs: number;
  /** The process is asked for a sign of life so often, and ended when so many in a row stay out. */
  pingMs: number;
  missedPings: number;
  /** The pause before the first restart; doubled with each failure in a row, up to the longest. */
  restartMs: number;
  mostRestartMs: number;
  /** A process that ran so long before it failed begins the row anew. */
  calmMs: number;
}
export const usualLimits: Limits = {
  loadMs: 30_000,
  openMs: 30_000,
  callMs: 900_000,
  graceMs: 5000,
  pingMs: 1000,
  missedPings: 10,
  restartMs: 500,
  mostRestartMs: 60_000,
  calmMs: 60_000,
};

export interface ChildOptions extends Birth {
  memoryMb: number;
  limits: Limits;
  /** Throws where the file that the module was found as may not be loaded. */
  admit?: ((url: string) => Promise<void>) | undefined;
  /** A line that the driver wrote to its standard output or error. */
  heard: (line: string) => void;
  /** Called once, when the process has ended after it was loaded. */
  onEnd: (reason: string) => void;
}
export interface Child {
  readonly facts: DriverFacts;
  region(config: CloudConfig): Promise<unknown>;
  /** The paths of what the cloud can. */
  open(cloud: number, config: CloudConfig, road: Road, signal: AbortSignal): Promise<unknown>;
  call(cloud: number, path: string, args: readonly unknown[]): Promise<unknown>;
  /** No call of the cloud comes any more. */
  drop(cloud: number): void;
  end(): Promise<void>;
}

interface Pending {
  /** What the requests of the call stand under; fires with the caller's signal, the call's own limit, or the process's end. */
  control: AbortController;
  answer: (value: unknown) => void;
  fail: (error: Error) => void;
}

/** Errors given to the process, to be known again when it throws them on. */
const mostGiven = 1000;
/** What no driver needs to know: our keys and tokens, and what would change how its process runs. */
const privateWords = /^(BARISTA_|SPIDER_|NODE_OPTIONS$|NODE_TEST_CONTEXT$)/;
/** The environment of a process that runs a driver's code. */
export const driverEnv = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([key]) => !privateWords.test(key)));

const isAbortable = (value: unknown): value is { signal: AbortSignal } =>
  typeof value === 'object' && value !== null && 'signal' in value && value.signal instanceof AbortSignal;

/** As a driver's own, but nothing that the call history could stumble over. */
function tidy({ api, resource, name, idempotent }: Request): Request {
  if (typeof api !== 'string' || api === '' || !resourceKinds.includes(resource))
    throw new BaristaError(
      'internal',
      `The driver asked the road for ${JSON.stringify({ api, resource })?.slice(0, 120)}, which names no call or no resource.`,
      { next: 'This is a fault of the driver: tell who made it.' },
    );
  return {
    api: api.slice(0, 200),
    resource,
    idempotent: idempotent === true,
    ...(typeof name === 'string' && { name: name.slice(0, 500) }),
  };
}

export async function startChild(options: ChildOptions): Promise<Child> {
  const { module, from, memoryMb, limits, admit, heard, onEnd } = options;
  const about = JSON.stringify(module);
  const child = fork(
    fileURLToPath(new URL('./entry.ts', import.meta.url)),
    [JSON.stringify({ module, from } satisfies Birth)],
    {
      execArgv: [`--max-old-space-size=${memoryMb}`, '--experimental-import-meta-resolve', '--no-warnings'],
      env: driverEnv(),
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  const holding = (hold: boolean): void => {
    if (hold) child.channel?.ref();
    else child.channel?.unref();
  };
  child.unref();
  let spent = false;
  for (const stream of [child.stdout, child.stderr]) {
    // A pipe, which Node has as a socket.
    (stream as Socket | null)?.unref();
    stream?.setEncoding('utf8').on('data', (text: string) => {
      spent ||= text.includes('JavaScript heap out of memory');
      for (const line of text.split('\n')) if (line.trim() !== '') heard(line.slice(0, 1000));
    });
  }

  let ended: string | undefined;
  let loaded = false;
  const loading = Promise.withResolvers<Extract<FromChild, { type: 'loaded' }>>();
  loading.promise.catch(() => {});
  const pending = new Map<number, Pending>();
  const roads = new Map<number, Road>();
  const running = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  /** Of sends under a signal of the driver's own. */
  const stops = new Map<number, AbortController>();
  const given = new Map<number, Error>();
  let numbers = 0;
  let missed = 0;

  function post(message: ToChild): void {
    // What was sent to one that just ended needs no error of its own: `finish` tells all.
    if (child.connected) child.send(message, () => {});
  }
  const goneError = () =>
    new BaristaError('unavailable', `The driver in ${about} failed: it ${ended ?? 'ended'}.`, {
      next: 'It is being started again by itself; try again in a moment. See: barista describe driver NAME',
      retryAfterMs: limits.restartMs,
    });

  function finish(reason: string): void {
    if (ended !== undefined) return;
    ended = reason;
    clearInterval(watch);
    child.kill('SIGKILL');
    if (child.connected) child.disconnect();
    // Signals first: the road must not repeat what has nobody to send it.
    for (const { control } of pending.values()) control.abort(goneError());
    for (const control of stops.values()) control.abort(goneError());
    for (const { reject } of running.values()) reject(goneError());
    for (const { fail } of pending.values()) fail(goneError());
    for (const held of [pending, stops, running, roads, given]) held.clear();
    loading.reject(
      new BaristaError('failed_precondition', `The driver in ${about} can't be loaded: it ${reason}.`, {
        next: 'Mend the module, then try again.',
        where: 'module',
      }),
    );
    if (loaded) onEnd(reason);
  }

  const watch = setInterval(() => {
    // One that has hung up is ending; what it ends with comes by `close`.
    if (!loaded || !child.connected) return;
    if (missed >= limits.missedPings)
      finish(
        `gave no sign of life for ${(limits.missedPings * limits.pingMs) / 1000} s: a loop that does not end?`,
      );
    else {
      missed++;
      post({ type: 'ping' });
    }
  }, limits.pingMs);
  watch.unref();

  function out(error: unknown): Crossing {
    const crossing = pack(error);
    if (crossing.kind !== 'ours' || !(error instanceof Error)) return crossing;
    const number = ++numbers;
    given.set(number, error);
    if (given.size > mostGiven) for (const oldest of given.keys()) if (given.delete(oldest)) break;
    return { ...crossing, number };
  }
  function back(crossing: Crossing): Error {
    if (crossing.kind !== 'back') return unpack(crossing);
    return given.get(crossing.number) ?? goneError();
  }

  function ask(
    message: (id: number) => ToChild,
    { what, mostMs, signal }: { what: string; mostMs: number; signal?: AbortSignal },
  ): Promise<unknown> {
    if (ended !== undefined) return Promise.reject(goneError());
    if (signal?.aborted) return Promise.reject(stopped(signal, what));
    const id = ++numbers;
    return new Promise((resolve, reject) => {
      const control = new AbortController();
      let grace: NodeJS.Timeout | undefined;
      const settle = () => {
        pending.delete(id);
        if (pending.size === 0) holding(false);
        clearTimeout(limit);
        clearTimeout(grace);
        signal?.removeEventListener('abort', cancelled);
      };
      const entry: Pending = {
        control,
        answer(value) {
          settle();
          resolve(value);
        },
        fail(error) {
          settle();
          // What a driver throws because it was stopped says less than why it was.
          reject(
            control.signal.aborted && !(error instanceof BaristaError)
              ? stopped(control.signal, what)
              : error,
          );
        },
      };
      const stop = (reason: unknown) => {
        if (control.signal.aborted) return;
        control.abort(reason);
        post({ type: 'abort', id, reason: out(reason) });
        grace = setTimeout(() => entry.fail(stopped(control.signal, what)), limits.graceMs);
        grace.unref();
      };
      const cancelled = () => stop(signal?.reason);
      const limit = setTimeout(
        () => stop(new BaristaError('deadline_exceeded', `${what} took longer than ${mostMs / 1000} s.`)),
        mostMs,
      );
      limit.unref();
      signal?.addEventListener('abort', cancelled, { once: true });
      // An idle plug-in keeps no process alive, one that works does.
      if (pending.size === 0) holding(true);
      pending.set(id, entry);
      try {
        post(message(id));
      } catch (error) {
        entry.fail(error as Error);
      }
    });
  }

  function attempt(send: number, own: AbortSignal): Promise<void> {
    if (ended !== undefined) return Promise.reject(goneError());
    const number = ++numbers;
    return new Promise((resolve, reject) => {
      let grace: NodeJS.Timeout | undefined;
      const settle = () => {
        running.delete(number);
        clearTimeout(grace);
        own.removeEventListener('abort', stop);
      };
      const stop = () => {
        post({ type: 'stop', attempt: number, reason: out(own.reason) });
        grace = setTimeout(() => {
          settle();
          reject(own.reason as Error);
        }, limits.graceMs);
        grace.unref();
      };
      running.set(number, {
        resolve() {
          settle();
          resolve();
        },
        reject(error) {
          settle();
          reject(error);
        },
      });
      post({ type: 'run', send, attempt: number });
      if (own.aborted) stop();
      else own.addEventListener('abort', stop, { once: true });
    });
  }

  async function send({ send, cloud, call, request }: Extract<FromChild, { type: 'send' }>): Promise<void> {
    try {
      const road = roads.get(cloud);
      if (!road) throw new BaristaError('unavailable', 'The cloud is closed.');
      let signal = pending.get(call)?.control.signal;
      if (!signal) {
        const control = new AbortController();
        stops.set(send, control);
        signal = control.signal;
      }
      await road.send(tidy(request), signal, own => attempt(send, own));
      post({ type: 'sent', send });
    } catch (error) {
      post({ type: 'sent', send, error: out(error) });
    } finally {
      stops.delete(send);
    }
  }

  async function found(url: string): Promise<void> {
    try {
      await admit?.(url);
      post({ type: 'go' });
    } catch (error) {
      loading.reject(error);
    }
  }

  function hear(message: FromChild): void {
    switch (message.type) {
      case 'answer':
        pending.get(message.id)?.answer(message.value);
        return;
      case 'failed':
        pending.get(message.id)?.fail(back(message.error));
        return;
      case 'send':
        void send(message);
        return;
      case 'stop':
        stops.get(message.send)?.abort(back(message.reason));
        return;
      case 'ran':
        if (message.error === undefined) running.get(message.attempt)?.resolve();
        else running.get(message.attempt)?.reject(back(message.error));
        return;
      case 'pong':
        missed = 0;
        // What lies outside of V8's heap (buffers) has no limit of its own.
        if (message.bytes > memoryMb * 2 ** 20) finish(`used more than ${memoryMb} MB of memory`);
        return;
      case 'stray':
        finish(`threw outside of any call (${message.reason})`);
        return;
      case 'found':
        void found(message.url);
        return;
      case 'loaded':
        loading.resolve(message);
        return;
      case 'refused': {
        const text = {
          absent: message.reason,
          broken: `The module ${about} can't be imported: ${message.reason.slice(0, 600)}`,
          'no-driver': `The module ${about} is no driver. ${message.reason}`,
        }[message.why];
        loading.reject(
          new BaristaError(message.why === 'broken' ? 'failed_precondition' : 'invalid_argument', text, {
            next: {
              absent: 'See that it is on the server’s machine, under this very name.',
              broken: 'Mend the module, then try again.',
              'no-driver': 'It must export `driver`; docs/adding-a-driver.md shows a small one.',
            }[message.why],
            where: 'module',
          }),
        );
      }
    }
  }
  child.on('message', message => {
    try {
      hear(message as FromChild);
    } catch (error) {
      finish(`spoke what nobody understands (${error instanceof Error ? error.message : String(error)})`);
    }
  });
  child.on('error', error => finish(`could not be run (${error.message})`));
  child.on('disconnect', () => {
    setTimeout(() => finish('hung up'), limits.graceMs + 1000).unref();
  });
  // After its last words: `close` waits for them, `exit` does not.
  child.on('close', (code, signal) =>
    finish(
      spent
        ? `used more than ${memoryMb} MB of memory`
        : `ended its process (${signal === null ? `exit code ${code}` : signal})`,
    ),
  );

  const tooLong = setTimeout(() => finish(`did not load within ${limits.loadMs / 1000} s`), limits.loadMs);
  tooLong.unref();
  let facts: DriverFacts;
  try {
    facts = checkFacts((await loading.promise).facts, module);
    loaded = true;
    holding(false);
  } catch (error) {
    finish('is not wanted');
    throw error;
  } finally {
    clearTimeout(tooLong);
  }

  return {
    facts,
    region: config =>
      ask(id => ({ type: 'region', id, config }), { what: 'regionOf', mostMs: limits.openMs }),
    open(cloud, config, road, signal) {
      roads.set(cloud, road);
      return ask(id => ({ type: 'open', id, cloud, config }), {
        what: 'Opening the cloud',
        mostMs: limits.openMs,
        signal,
      });
    },
    call(cloud, path, args) {
      const at = args.findIndex(isAbortable);
      const call = args[at];
      if (!isAbortable(call))
        return ask(id => ({ type: 'call', id, cloud, path, args, at: -1 }), {
          what: path,
          mostMs: path === 'close' ? limits.graceMs : limits.callMs,
        });
      const { signal, ...rest } = call;
      return ask(id => ({ type: 'call', id, cloud, path, args: args.with(at, rest), at }), {
        what: path,
        mostMs: limits.callMs,
        signal,
      });
    },
    drop: cloud => void roads.delete(cloud),
    async end() {
      const over = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
      // Whoever waits for the end is not to end before.
      child.ref();
      finish('was ended');
      await over;
    },
  };
}
