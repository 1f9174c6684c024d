/**
 * Starting programs from a small process beside the Twin. fork(2) copies the page tables of who calls it: out of a Twin
 * that holds many VMs one start stops it for 5 to 10 ms, with all SSH that is under way; out of a process with nothing in
 * it, for none of its time. It is there only while something that it started is.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Exit, Heard, Launch, Launched, Order } from './launch.ts';

/** What the Twin tells it, and what it tells the Twin. */
export type Told =
  | { id: number; to: 'launch'; order: Order }
  | { id: number; to: 'write'; text: string }
  | { id: number; to: 'end' }
  | { id: number; to: 'kill'; others: number[] }
  | { id: number; to: 'signal'; name: NodeJS.Signals };
export type Tells =
  | { id: number; is: 'started'; pid: number }
  | { id: number; is: 'failed'; message: string }
  | { id: number; is: 'said'; from: 'stdout' | 'stderr'; text: string }
  | ({ id: number; is: 'exited' } & Exit);

/** Without work for so long it goes. */
const idleMs = 30_000;

interface Entry {
  started: PromiseWithResolvers<number>;
  exited: PromiseWithResolvers<Exit>;
  heard: Heard | undefined;
}

export interface Launcher {
  launch: Launch;
  close(): void;
}

export function openLauncher(): Launcher {
  const entries = new Map<number, Entry>();
  let last = 0;
  let helper: ChildProcess | undefined;
  let idle: NodeJS.Timeout | undefined;

  /** The Twin's process lives on for what is running, as it would for its own children, and not for the helper. */
  function hold(): void {
    clearTimeout(idle);
    if (entries.size > 0) {
      helper?.ref();
      helper?.channel?.ref();
      return;
    }
    helper?.unref();
    helper?.channel?.unref();
    idle = setTimeout(close, idleMs);
    idle.unref();
  }

  function close(): void {
    clearTimeout(idle);
    if (helper?.connected === true) helper.disconnect();
    helper = undefined;
  }

  function hear(tells: Tells): void {
    const entry = entries.get(tells.id);
    if (!entry) return;
    switch (tells.is) {
      case 'started':
        entry.started.resolve(tells.pid);
        return;
      case 'failed':
        entry.started.reject(new Error(tells.message));
        return;
      case 'said':
        entry.heard?.(tells.from, tells.text);
        return;
      case 'exited':
        entries.delete(tells.id);
        entry.exited.resolve({ code: tells.code, signal: tells.signal });
        hold();
    }
  }

  function ready(): ChildProcess {
    if (helper?.connected === true) return helper;
    const { PATH = '/usr/bin:/bin', NODE_COMPILE_CACHE } = process.env;
    const made = fork(fileURLToPath(new URL('launcher-main.ts', import.meta.url)), {
      // Of a terminal's signals it knows nothing: it ends with the Twin.
      detached: true,
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { PATH, ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }) },
    });
    const mine = new Set<number>();
    own.set(made, mine);
    const lost = (): void => {
      if (helper === made) helper = undefined;
      for (const id of mine) {
        entries.get(id)?.started.reject(new Error('the process that starts programs has ended'));
        entries.get(id)?.exited.resolve({ code: null, signal: 'SIGKILL' });
        entries.delete(id);
      }
      mine.clear();
      hold();
    };
    made.on('message', hear);
    made.on('error', lost);
    made.on('disconnect', lost);
    helper = made;
    return made;
  }
  const own = new WeakMap<ChildProcess, Set<number>>();

  return {
    launch(order, heard): Launched {
      const id = ++last;
      const entry: Entry = {
        started: Promise.withResolvers<number>(),
        exited: Promise.withResolvers<Exit>(),
        heard,
      };
      // Who waits for its end alone need not know that it never began.
      entry.started.promise.catch(() => undefined);
      const process = ready();
      entries.set(id, entry);
      own.get(process)?.add(id);
      void entry.exited.promise.then(() => own.get(process)?.delete(id));
      hold();
      const tell = (told: Told): void => {
        if (process.connected) process.send(told);
      };
      tell({ id, to: 'launch', order });
      return {
        started: entry.started.promise,
        exited: entry.exited.promise,
        write: text => tell({ id, to: 'write', text }),
        end: () => tell({ id, to: 'end' }),
        kill: (others = []) => tell({ id, to: 'kill', others: [...others] }),
        signal: name => tell({ id, to: 'signal', name }),
      };
    },
    close,
  };
}
