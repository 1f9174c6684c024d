/** The journal of calls on disk: `calls.jsonl`, and up to three older files of 16 MiB each behind it. */
import { appendFile, mkdir, open, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Call } from '@cloud-barista/model/call';

export interface Journal {
  /** The highest sequence found at opening; 0 when empty. */
  readonly last: number;
  append(lines: string[]): Promise<void>;
  /** The newest calls, at most `limit`, oldest first. */
  tail(limit: number): Promise<Call[]>;
}

const files = 4;
/** About what 10,000 calls take. */
const tailBytes = 4 << 20;

/** The last `bytes` of a file as whole lines; none where it is absent. */
async function lastLines(file: string, bytes: number): Promise<string[]> {
  let handle;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  try {
    const { size } = await handle.stat();
    const from = Math.max(0, size - bytes);
    const buffer = Buffer.alloc(size - from);
    await handle.read(buffer, 0, buffer.length, from);
    const lines = buffer.toString('utf8').split('\n');
    return from > 0 ? lines.slice(1) : lines;
  } finally {
    await handle.close();
  }
}

/** A line that a kill tore is left out. */
const parsed = (lines: string[]): Call[] =>
  lines.flatMap(line => {
    try {
      return line === '' ? [] : [JSON.parse(line) as Call];
    } catch {
      return [];
    }
  });

export async function openJournal(dir: string, maxBytes = 16 << 20): Promise<Journal> {
  await mkdir(dir, { recursive: true });
  const path = (age: number) => join(dir, age === 0 ? 'calls.jsonl' : `calls.${age}.jsonl`);
  const sizeOf = (age: number) =>
    stat(path(age)).then(
      ({ size }) => size,
      () => 0,
    );

  let size = await sizeOf(0);
  let last = 0;
  for (let age = 0; age < files && last === 0; age++)
    last = parsed(await lastLines(path(age), 64 << 10)).at(-1)?.sequence ?? 0;
  // A torn last line must not swallow the next one.
  if (size > 0 && (await lastLines(path(0), 64 << 10)).at(-1) !== '') {
    await appendFile(path(0), '\n');
    size++;
  }

  return {
    last,
    async append(lines) {
      const text = `${lines.join('\n')}\n`;
      if (size > 0 && size + text.length > maxBytes) {
        for (let age = files - 1; age > 0; age--)
          await rename(path(age - 1), path(age)).catch((error: NodeJS.ErrnoException) => {
            if (error.code !== 'ENOENT') throw error;
          });
        size = 0;
      }
      await appendFile(path(0), text, { mode: 0o600 });
      size += Buffer.byteLength(text);
    },
    async tail(limit) {
      let calls: Call[] = [];
      for (let age = 0; age < files && calls.length < limit; age++)
        calls = [...parsed(await lastLines(path(age), tailBytes)), ...calls];
      return calls.slice(-limit);
    },
  };
}
