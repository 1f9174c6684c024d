/**
 * The journal of calls on disk: `calls.jsonl`, and up to fifteen older files of 16 MiB each behind it, which holds about the last
 * million calls. Read backwards for lists and forwards for exports, a block at a time, so that no reading costs memory.
 */
import { appendFile, mkdir, open, rename, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Call } from '@cloud-barista/model/call';

export interface Reading {
  /** Only calls with a lower number. */
  before: number;
  /** Only calls with a higher number; files that hold none are not read. */
  after?: number;
  /** Only calls that started at or after this time, and before `until`; files that can't hold any are not read. */
  since?: number;
  until?: number;
  /** Texts that every wanted line holds: a block without them is not even cut into lines. */
  marks?: readonly string[];
  /** A line that does not pass needs no parsing. */
  maybe?: (line: string) => boolean;
}
export interface Journal {
  /** The highest sequence found at opening; 0 when empty. */
  readonly last: number;
  /** True where it began a new file. */
  append(lines: string[]): Promise<boolean>;
  /** Blocks of calls, newest first in the block and over blocks. */
  backwards(reading: Reading): AsyncGenerator<Call[]>;
  /** Blocks of calls, oldest first. */
  forwards(reading: Reading): AsyncGenerator<Call[]>;
}

const files = 16;
const blockBytes = 1 << 18;
const headBytes = 4096;
/** Lines stand in the order in which calls ended; a call may have begun this much before its neighbour. */
const slackMs = 15 * 60_000;
const newline = 0x0a;

const absent = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** A line that a kill tore is left out. */
function parsed(line: string): Call | undefined {
  if (line === '') return undefined;
  try {
    return JSON.parse(line) as Call;
  } catch {
    return undefined;
  }
}

function firstWhole(block: Buffer): Call | undefined {
  for (let from = 0; from < block.length; ) {
    const at = block.indexOf(newline, from);
    const end = at < 0 ? block.length : at;
    const call = parsed(block.toString('utf8', from, end));
    if (call) return call;
    from = end + 1;
  }
  return undefined;
}

async function readAt(handle: FileHandle, from: number, to: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(to - from);
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, from);
  return buffer.subarray(0, bytesRead);
}

async function firstOf(handle: FileHandle): Promise<Call | undefined> {
  const head = await readAt(handle, 0, headBytes);
  const end = head.indexOf(newline);
  return end < 0 ? undefined : parsed(head.toString('utf8', 0, end));
}

/** The last lines of a file, the whole ones of its last 64 KiB. */
async function endOf(file: string): Promise<{ last: Call | undefined; torn: boolean }> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    if (absent(error)) return { last: undefined, torn: false };
    throw error;
  }
  try {
    const { size } = await handle.stat();
    const text = (await readAt(handle, Math.max(0, size - (64 << 10)), size)).toString('utf8');
    const lines = text.split('\n');
    return {
      last: lines
        .map(parsed)
        .filter(call => call !== undefined)
        .at(-1),
      torn: size > 0 && lines.at(-1) !== '',
    };
  } finally {
    await handle.close();
  }
}

/** The file's blocks of whole lines from its end to its start; a line that two blocks share comes with the earlier one. */
async function* blocksBackwards(handle: FileHandle, size: number): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for (let to = size; to > 0; ) {
    const from = Math.max(0, to - blockBytes);
    const block = Buffer.concat([await readAt(handle, from, to), rest]);
    to = from;
    const cut = from === 0 ? -1 : block.indexOf(newline);
    if (from > 0 && cut < 0) {
      rest = block;
      continue;
    }
    // A copy: a view would keep the whole block.
    rest = Buffer.from(block.subarray(0, Math.max(0, cut)));
    yield block.subarray(cut + 1);
  }
}

async function* blocksForwards(handle: FileHandle, size: number): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for (let from = 0; from < size; ) {
    const to = Math.min(size, from + blockBytes);
    const block = Buffer.concat([rest, await readAt(handle, from, to)]);
    from = to;
    const cut = from === size ? block.length : block.lastIndexOf(newline) + 1;
    rest = Buffer.from(block.subarray(cut));
    if (cut > 0) yield block.subarray(0, cut);
  }
}

export async function openJournal(dir: string, maxBytes = 16 << 20): Promise<Journal> {
  await mkdir(dir, { recursive: true });
  const path = (age: number) => join(dir, age === 0 ? 'calls.jsonl' : `calls.${age}.jsonl`);
  let size = await stat(path(0)).then(
    found => found.size,
    () => 0,
  );
  let last = 0;
  for (let age = 0; age < files && last === 0; age++) last = (await endOf(path(age))).last?.sequence ?? 0;
  // A torn last line must not swallow the next one.
  if ((await endOf(path(0))).torn) {
    await appendFile(path(0), '\n');
    size++;
  }

  /** Files are renamed and opened one after the other, so that a reader sees each once. */
  let busy: Promise<unknown> = Promise.resolve();
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const done = busy.then(work, work);
    busy = done.catch(() => {});
    return done;
  };

  /** Newest first. */
  const openAll = (): Promise<FileHandle[]> =>
    alone(async () => {
      const handles: FileHandle[] = [];
      for (let age = 0; age < files; age++)
        try {
          handles.push(await open(path(age), 'r'));
        } catch (error) {
          if (!absent(error)) {
            await Promise.all(handles.map(handle => handle.close()));
            throw error;
          }
        }
      return handles;
    });

  const within = (
    { before, after = 0, since = -Infinity, until = Infinity }: Reading,
    call: Call,
  ): boolean => {
    if (call.sequence >= before || call.sequence <= after) return false;
    const start = Date.parse(call.start);
    return start >= since && start < until;
  };
  const wanted = (reading: Reading, block: Buffer): Call[] => {
    const { marks = [], maybe } = reading;
    const calls: Call[] = [];
    if (!marks.every(mark => block.includes(mark))) return calls;
    for (const line of block.toString('utf8').split('\n')) {
      if (!marks.every(mark => line.includes(mark)) || (maybe && !maybe(line))) continue;
      const call = parsed(line);
      if (call && within(reading, call)) calls.push(call);
    }
    return calls;
  };
  /** A file whose first call is too new holds nothing that is asked for. */
  const tooNew = (first: Call | undefined, { before, until = Infinity }: Reading): boolean =>
    first !== undefined && (first.sequence >= before || Date.parse(first.start) - slackMs >= until);
  const tooOld = (call: Call | undefined, { since = -Infinity }: Reading): boolean =>
    call !== undefined && Date.parse(call.start) + slackMs < since;

  return {
    last,
    append: lines =>
      alone(async () => {
        const text = `${lines.join('\n')}\n`;
        const bytes = Buffer.byteLength(text);
        const full = size > 0 && size + bytes > maxBytes;
        if (full) {
          for (let age = files - 1; age > 0; age--)
            await rename(path(age - 1), path(age)).catch((error: unknown) => {
              if (!absent(error)) throw error;
            });
          size = 0;
        }
        await appendFile(path(0), text, { mode: 0o600 });
        size += bytes;
        return full;
      }),

    async *backwards(reading) {
      const handles = await openAll();
      try {
        for (const handle of handles) {
          const first = await firstOf(handle);
          if (tooNew(first, reading)) continue;
          for await (const block of blocksBackwards(handle, (await handle.stat()).size)) {
            const oldest = firstWhole(block);
            if (oldest && oldest.sequence >= reading.before) continue;
            yield wanted(reading, block).reverse();
            if (tooOld(oldest, reading)) return;
          }
        }
      } finally {
        await Promise.all(handles.map(handle => handle.close()));
      }
    },

    async *forwards(reading) {
      const handles = await openAll();
      try {
        const firsts = await Promise.all(handles.map(firstOf));
        for (let age = handles.length - 1; age >= 0; age--) {
          const handle = handles[age];
          if (!handle) continue;
          if (tooNew(firsts[age], reading)) return;
          // What stands before a file that begins too early is older still.
          const newer = firsts[age - 1];
          if (tooOld(newer, reading) || (newer && newer.sequence <= (reading.after ?? 0) + 1)) continue;
          for await (const block of blocksForwards(handle, (await handle.stat()).size))
            yield wanted(reading, block);
        }
      } finally {
        await Promise.all(handles.map(handle => handle.close()));
      }
    },
  };
}
