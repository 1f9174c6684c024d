/** main.ts as a process of its own, as users run it; ended with the test, whatever happens. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

export interface Main {
  url: string;
  pid: number;
  child: ChildProcess;
  /** All of its standard error so far. */
  said(): string;
  /** Its exit code and signal; `signal` is sent first. */
  end(signal?: NodeJS.Signals): Promise<readonly [number | null, NodeJS.Signals | null]>;
}

export async function startMain(t: TestContext, args: readonly string[]): Promise<Main> {
  const child = spawn(process.execPath, [main, '--port', '0', '--json', '--parent', ...args], {
    stdio: 'pipe',
  });
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  t.after(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', text => (said += String(text)));
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([once(lines, 'line'), exited.then(() => undefined)]);
  assert.ok(line, `it did not start: ${said}`);
  const { url } = JSON.parse(String(line[0])) as { url: string };
  return {
    url,
    pid: child.pid ?? 0,
    child,
    said: () => said,
    end(signal = 'SIGTERM') {
      child.kill(signal);
      return exited;
    },
  };
}

/** Runs it to its end. */
export async function runMain(
  args: readonly string[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', text => (stdout += String(text)));
  child.stderr.setEncoding('utf8').on('data', text => (stderr += String(text)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}
