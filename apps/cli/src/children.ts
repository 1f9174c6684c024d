/** Starts the server and the Twin as processes of their own, and ends them. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { childError } from './context.ts';

const mains = {
  server: fileURLToPath(new URL('../../server/src/main.ts', import.meta.url)),
  twin: fileURLToPath(new URL('../../twin/src/main.ts', import.meta.url)),
} as const;
export type Program = keyof typeof mains;

export interface Child {
  /** The line of JSON that it printed once it answered. */
  ready: Record<string, unknown>;
  process: ChildProcess;
  /** Asks it to end, and waits. */
  end(): Promise<void>;
}

/**
 * In a process group of its own, so that the terminal's Ctrl-C is ours to handle; with its standard input on a pipe of ours,
 * so that it ends when we die, whatever kills us.
 */
export async function startChild(program: Program, args: readonly string[]): Promise<Child> {
  const child = spawn(process.execPath, [mains[program], ...args, '--json', '--parent'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  let said = '';
  child.stderr.on('data', (data: Buffer) => (said = (said + data.toString()).slice(-4096)));
  const exited = new Promise<void>(resolve => child.once('exit', () => resolve()));
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([
    new Promise<string>(resolve => lines.once('line', resolve)),
    exited.then(() => undefined),
    new Promise<undefined>((_, reject) => child.once('error', reject)),
  ]);
  if (first === undefined) throw childError(program === 'twin' ? 'Cloud-Twin' : 'The server', said);
  return {
    ready: JSON.parse(first) as Record<string, unknown>,
    process: child,
    async end() {
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await exited;
      clearTimeout(late);
    },
  };
}

/** In the foreground: its output is ours, Ctrl-C reaches it, its exit code is ours. */
export function runForeground(program: Program, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [mains[program], ...args], { stdio: 'inherit' });
  // The terminal sends Ctrl-C to both; we wait for it to have cleaned up.
  const wait = () => {};
  process.on('SIGINT', wait);
  const pass = () => child.kill('SIGTERM');
  process.on('SIGTERM', pass);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      process.off('SIGINT', wait);
      process.off('SIGTERM', pass);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 1));
    });
  });
}
