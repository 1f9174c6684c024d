/** Live progress of long operations: one line that changes on a terminal, a line now and then elsewhere. Goes to standard error. */
import type { Operation, OperationEvent } from '@cloud-barista/model/operation';
import { plain } from './output.ts';
import type { Context } from './context.ts';

export interface Progress {
  /** Shows `message`, with how far it is where `total` is above 0. */
  show(message: string, done?: number, total?: number): void;
  /** A line that stays. */
  line(message: string): void;
  end(): void;
}

const barCells = 24;
const everyMs = 2000;

export function openProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const live = stream.isTTY === true && process.env['CI'] === undefined;
  let last = 0;
  let shown = false;
  const clear = () => {
    if (live && shown) stream.write('\r\u001b[K');
    shown = false;
  };
  return {
    show(message, done = 0, total = 0) {
      const full = total > 0 ? Math.min(barCells, Math.round((done / total) * barCells)) : 0;
      const bar = total > 0 ? `${'█'.repeat(full)}${'░'.repeat(barCells - full)} ${done}/${total}  ` : '';
      if (live) {
        clear();
        stream.write(`  ${bar}${plain(message)}`.slice(0, Math.max(20, (stream.columns ?? 80) - 1)));
        shown = true;
      } else if (message !== '' && performance.now() - last > everyMs) {
        last = performance.now();
        stream.write(`  ${total > 0 ? `${done}/${total} ` : ''}${plain(message)}\n`);
      }
    },
    line(message) {
      clear();
      stream.write(`${message}\n`);
    },
    end: clear,
  };
}

/** Follows an operation to its end under a progress line. Throws its error. Who stops looking is told that it goes on. */
export async function follow(
  context: Pick<Context, 'client' | 'signal'>,
  operation: Operation,
  progress = openProgress(),
): Promise<Operation> {
  try {
    return await followTo(context, operation, progress);
  } catch (error) {
    if (context.signal.aborted)
      progress.line(`Stopped looking; it goes on. See it with: barista operations watch ${operation.id}`);
    throw error;
  }
}

/** The same for those who end what they began. */
export async function followTo(
  { client, signal }: Pick<Context, 'client' | 'signal'>,
  operation: Operation,
  progress = openProgress(),
): Promise<Operation> {
  progress.show(operation.message, operation.done, operation.total);
  try {
    return await client.follow(operation, event => progress.show(sentence(event), event.done, event.total), {
      signal,
    });
  } finally {
    progress.end();
  }
}

const words = { started: '…', done: '✓', failed: '✗', undone: '↩', note: '' } as const;
const sentence = (event: OperationEvent): string =>
  [words[event.state], event.step, event.message === event.step ? '' : event.message]
    .filter(word => word !== '')
    .join(' ');
