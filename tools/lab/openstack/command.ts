/** Other programs: run to their end, their output kept for the error. */
import { spawn, spawnSync } from 'node:child_process';

export class LabError extends Error {
  readonly next: string | undefined;
  constructor(message: string, next?: string) {
    super(message);
    this.next = next;
  }
}

export interface Ran {
  code: number;
  text: string;
}

/** Its output and exit code; nothing is thrown. */
export function ran(command: string, args: readonly string[]): Ran {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error) return { code: 127, text: error.message };
  return { code: status ?? 1, text: stdout + stderr };
}

export function must(command: string, ...args: string[]): string {
  const { code, text } = ran(command, args);
  if (code !== 0) throw new LabError(`${command} ${args.join(' ')}: ${text.trim() || `exit code ${code}`}`);
  return text;
}

/** Removes a directory, and nothing of another file system that is still mounted in it. */
export function removeTree(path: string): void {
  must('rm', '-rf', '--one-file-system', path);
}

/** Fires on Ctrl-C or SIGTERM; what is under way is ended, and what it made is taken back. */
const stopping = new AbortController();
export function stop(): void {
  stopping.abort(new LabError('Interrupted.'));
}
export const stopSignal: AbortSignal = stopping.signal;
export const stopped = (): boolean => stopping.signal.aborted;

/**
 * Line by line as it goes; the last lines of it if it fails. In a session of its own, so that the terminal's Ctrl-C comes to us alone;
 * then it is killed: what has to end with it must be in a process namespace under it.
 */
export function follow(
  command: string,
  args: readonly string[],
  onLine: (line: string) => void,
): Promise<Ran> {
  stopping.signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const kill = () => child.kill('SIGKILL');
    stopping.signal.addEventListener('abort', kill, { once: true });
    let text = '';
    let rest = '';
    const take = (data: Buffer) => {
      text = (text + data.toString()).slice(-4000);
      const lines = (rest + data.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', error => reject(new LabError(`${command} did not start: ${error.message}`)));
    child.once('close', code => {
      stopping.signal.removeEventListener('abort', kill);
      if (stopped()) reject(stopping.signal.reason as LabError);
      else resolve({ code: code ?? 1, text });
    });
  });
}
