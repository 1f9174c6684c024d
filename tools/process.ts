/** The server and the Twin as processes of their own, as users run them: for benches and end-to-end tests. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

export interface Process {
  child: ChildProcess;
  ready: Record<string, unknown>;
  /** Milliseconds from its start to its first answer. */
  readyMs: number;
  /** Resident memory in MB. Linux only. */
  residentMb(): Promise<number>;
  /** Processor time used so far, in seconds. Linux only. */
  cpuSeconds(): Promise<number>;
  end(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
}

export async function start(program: 'server' | 'twin', args: readonly string[]): Promise<Process> {
  const began = performance.now();
  const main = join(root, 'apps', program, 'src', 'main.ts');
  const child = spawn(process.execPath, [main, ...args, '--json', '--parent'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      ...process.env,
      NODE_COMPILE_CACHE:
        process.env['NODE_COMPILE_CACHE'] ?? join(root, 'node_modules', '.cache', 'compile'),
    },
  });
  const exited = new Promise<void>(resolve => child.once('exit', () => resolve()));
  const lines = createInterface({ input: child.stdout });
  const line = await new Promise<string>((resolve, reject) => {
    lines.once('line', resolve);
    child.once('exit', code => reject(new Error(`${program} ended with ${code}`)));
  });
  const readyMs = performance.now() - began;
  return {
    child,
    ready: JSON.parse(line) as Record<string, unknown>,
    readyMs,
    async residentMb() {
      const text = await readFile(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(text)?.[1] ?? 0) / 1024;
    },
    async cpuSeconds() {
      const fields = (await readFile(`/proc/${child.pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    async end() {
      child.kill('SIGTERM');
      await exited;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
