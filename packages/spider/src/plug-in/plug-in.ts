/**
 * One plug-in: its process, started again when it has failed, and the driver that the rest of this package meets. That driver stands
 * whatever becomes of the process; its clouds are opened anew in each new one.
 */
import type { Cloud, CloudConfig, Driver } from '@cloud-barista/driver/driver';
import type { Road } from '@cloud-barista/driver/road';
import { BaristaError } from '@cloud-barista/model/errors';
import type { PlugInState } from '@cloud-barista/model/connection';
import { redactor, type Redact } from '../redact.ts';
import { checkAnswer } from './answers.ts';
import { checkMethods, type DriverFacts } from './facts.ts';
import { startChild, type Limits, type Child, type ChildOptions } from './child.ts';
import { classOf } from './wire.ts';

export interface PlugInOptions {
  module: string;
  memoryMb: number;
  /** Directories in which packages are looked for. */
  from: readonly string[];
  limits: Limits;
  admit?: ChildOptions['admit'];
  /** Fires when the server closes: a cloud that is being opened is not waited for any longer. */
  signal: AbortSignal;
  log: (line: object) => void;
}

export interface PlugIn {
  readonly driver: Driver;
  /** What it says of itself. */
  readonly facts: DriverFacts;
  /** How it stands; `problem`: why it can't be used now. */
  status(): {
    state: PlugInState;
    restarts: number;
    lastFailure?: { at: string; reason: string };
    problem?: string;
  };
  close(): Promise<void>;
}

/** A place is asked for without waiting, and a process answers only later: it is asked for before, by `regionIn`. */
const places = new WeakMap<CloudConfig, { region: string; zone: string }>();
const askers = new WeakMap<Driver, (config: CloudConfig) => Promise<void>>();

/** As `driver.regionOf`, also for a driver in a process of its own; from then on that too answers for this config. */
export async function regionIn(
  driver: Driver,
  config: CloudConfig,
): Promise<{ region: string; zone: string }> {
  await askers.get(driver)?.(config);
  return driver.regionOf(config);
}

/** Starts the module once and throws where it is no driver; afterwards it is kept running. */
export async function loadPlugIn(options: PlugInOptions): Promise<PlugIn> {
  const first = Promise.withResolvers<Child>();
  first.promise.catch(() => {});
  const plugIn = supervise(options, undefined, first);
  try {
    await first.promise;
  } catch (error) {
    await plugIn.close();
    throw error;
  }
  return plugIn;
}

/** Takes up one whose facts are known from before; it is started behind the caller's back and may fail. */
export const resumePlugIn = (options: PlugInOptions, facts: DriverFacts): PlugIn => supervise(options, facts);

function supervise(
  options: PlugInOptions,
  known: DriverFacts | undefined,
  first?: PromiseWithResolvers<Child>,
): PlugIn {
  const { module, memoryMb, from, limits } = options;
  let name = known?.name ?? module;
  let child: Child | undefined;
  let starting: Promise<Child> | undefined;
  let closed = false;
  let restarts = 0;
  /** In a row. */
  let failures = 0;
  let startedAt = 0;
  let nextAt = 0;
  let timer: NodeJS.Timeout | undefined;
  let lastFailure: { at: string; reason: string } | undefined;
  let clouds = 0;
  /** What must not stand in what the process says of its end, or writes. */
  const secrets = new Set<string>();
  let redact: Redact = text => text;

  const log = (level: string, message: string, fields: object = {}) =>
    options.log({ level, message, driver: name, ...fields });
  const notRunning = (): BaristaError =>
    new BaristaError(
      'unavailable',
      `The driver ${JSON.stringify(name)} is not running: ${lastFailure?.reason ?? 'it is closed'}.`,
      {
        next: `It is started again by itself. See: barista describe driver ${name}`,
        retryAfterMs: Math.max(0, nextAt - Date.now()),
      },
    );

  function failed(reason: string): void {
    if (closed) return;
    const clean = redact(reason).replace(/\.$/, '');
    child = undefined;
    lastFailure = { at: new Date().toISOString(), reason: clean };
    if (performance.now() - startedAt > limits.calmMs) failures = 0;
    const pause = Math.min(limits.mostRestartMs, limits.restartMs * 2 ** failures++);
    nextAt = Date.now() + pause;
    log('warn', 'A driver failed; it is started again.', { reason: clean, pauseMs: pause, restarts });
    timer = setTimeout(() => {
      restarts++;
      void start().catch(() => {});
    }, pause);
    timer.unref();
  }

  function start(): Promise<Child> {
    startedAt = performance.now();
    const attempt = (async () => {
      const born = await startChild({
        module,
        from,
        memoryMb,
        limits,
        admit: options.admit,
        heard: line => log('info', 'A driver wrote a line.', { line: redact(line) }),
        onEnd: failed,
      });
      if (closed || (known && born.facts.name !== known.name)) {
        await born.end();
        throw new BaristaError(
          'failed_precondition',
          `The module is now the driver ${JSON.stringify(born.facts.name)}`,
        );
      }
      Object.assign(driver, born.facts);
      name = born.facts.name;
      child = born;
      return born;
    })();
    starting = attempt;
    attempt.then(
      () => (starting = undefined),
      (error: unknown) => {
        starting = undefined;
        // The end of a process that was up has been told already.
        if (known !== undefined) failed(error instanceof Error ? error.message : String(error));
      },
    );
    return attempt;
  }

  /** The running process; waits for one that starts, and throws unavailable between two. */
  async function running(): Promise<Child> {
    if (child) return child;
    if (closed || !starting) throw notRunning();
    try {
      return await starting;
    } catch {
      throw notRunning();
    }
  }

  async function open(config: CloudConfig, road: Road): Promise<Cloud> {
    for (const value of Object.values(config.credential)) secrets.add(value);
    redact = redactor(secrets);
    let held: { child: Child; cloud: number; opening: Promise<string[]> } | undefined;

    async function remote(): Promise<{ child: Child; cloud: number; paths: string[] }> {
      const now = child ?? (await running());
      if (held?.child !== now) {
        const cloud = ++clouds;
        const opening = now
          .open(cloud, config, road, options.signal)
          .then(found => checkMethods(found, driver));
        const mine = { child: now, cloud, opening };
        held = mine;
        opening.catch(() => {
          now.drop(cloud);
          if (held === mine) held = undefined;
        });
      }
      const mine = held;
      return { child: mine.child, cloud: mine.cloud, paths: await mine.opening };
    }
    const call = (path: string) => {
      const noun = async (...args: unknown[]): Promise<unknown> => {
        const { child: on, cloud } = await remote();
        const answer = await on.call(cloud, path, args);
        checkAnswer(name, path, args[0], answer);
        return answer;
      };
      return noun;
    };

    const { paths } = await remote();
    const made: Record<string, unknown> = {};
    for (const path of paths) {
      const [noun = '', verb] = path.split('.');
      if (noun === '__proto__' || verb === '__proto__') continue;
      if (verb === undefined) made[noun] = call(path);
      else ((made[noun] ??= {}) as Record<string, unknown>)[verb] = call(path);
    }
    made['close'] = async () => {
      const mine = held;
      held = undefined;
      if (!mine || mine.child !== child) return;
      await mine.opening;
      await mine.child.call(mine.cloud, 'close', []);
      mine.child.drop(mine.cloud);
    };
    return made as unknown as Cloud;
  }

  const driver = {
    ...known,
    classify: classOf,
    open,
    regionOf(config: CloudConfig) {
      const place = places.get(config);
      if (place) return place;
      throw new BaristaError(
        'internal',
        `The driver ${JSON.stringify(name)} was not asked for its region before.`,
      );
    },
  } as Driver;
  askers.set(driver, async config => {
    if (places.has(config)) return;
    const place = await (await running()).region(config);
    checkAnswer(name, 'regionOf', undefined, place);
    places.set(config, place as { region: string; zone: string });
  });

  void start().then(
    born => {
      known ??= born.facts;
      first?.resolve(born);
    },
    (error: unknown) => first?.reject(error),
  );

  return {
    driver,
    get facts() {
      return child?.facts ?? known ?? driver;
    },
    status() {
      const state = child ? 'ready' : starting ? 'starting' : 'failed';
      return {
        state,
        restarts,
        ...(lastFailure && { lastFailure }),
        ...(state === 'failed' && lastFailure && { problem: lastFailure.reason }),
      };
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      const last = child ?? (await starting?.catch(() => undefined));
      child = undefined;
      await last?.end();
    },
  };
}
