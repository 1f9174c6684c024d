/** Starting a host program for a VM: what is ordered, what is had of it, and the plain way to do it. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Order {
  file: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  /** The Twin's own open files, for its standard streams in order; without them its output is heard as text. */
  streams?: [number, number, number];
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** What it says, where it has no streams. */
export type Heard = (from: 'stdout' | 'stderr', text: string) => void;

export interface Launched {
  /** Its number; rejects where it could not be started. By then its streams are its own. */
  readonly started: Promise<number>;
  /** Never rejects. */
  readonly exited: Promise<Exit>;
  /** To its standard input, where it has no streams. */
  write(text: string): void;
  end(): void;
  /** SIGKILL, and to `others` too, whose numbers hold as long as it has not ended. */
  kill(others?: readonly number[]): void;
  /** To the process group of its one child. */
  signal(name: NodeJS.Signals): void;
}

export type Launch = (order: Order, heard?: Heard) => Launched;

export const childrenOf = (pid: number): number[] => {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
};

function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended meanwhile.
  }
}

/** As a child of this very process. */
export const launchHere: Launch = ({ file, args, cwd, env, streams }, heard) => {
  const started = Promise.withResolvers<number>();
  const exited = Promise.withResolvers<Exit>();
  started.promise.catch(() => exited.resolve({ code: null, signal: null }));
  const promises = { started: started.promise, exited: exited.promise };
  let child: ReturnType<typeof spawn>;
  try {
    child = spawn(file, args, { cwd, env, detached: true, stdio: streams ?? ['pipe', 'pipe', 'pipe'] });
  } catch (error) {
    started.reject(error);
    const nothing = () => undefined;
    return { ...promises, write: nothing, end: nothing, kill: nothing, signal: nothing };
  }
  child.on('spawn', () => started.resolve(child.pid ?? 0));
  child.on('error', started.reject);
  child.on('exit', (code, signal) => exited.resolve({ code, signal }));
  child.stdin?.on('error', () => undefined);
  for (const from of ['stdout', 'stderr'] as const)
    child[from]?.on('data', (data: Buffer) => heard?.(from, data.toString()));
  // Its number can't be another's before it is reaped, which sets one of these.
  const there = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
  return {
    ...promises,
    write: text => void child.stdin?.write(text),
    end: () => void child.stdin?.destroy(),
    kill(others = []) {
      if (there()) for (const pid of [...others, child.pid ?? 0]) if (pid > 1) send(pid, 'SIGKILL');
    },
    signal(name) {
      const [inner] = there() ? childrenOf(child.pid ?? 0) : [];
      if (inner !== undefined) send(-inner, name);
    },
  };
};
