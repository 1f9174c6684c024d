/** The launcher's other side (launcher.ts): starts what it is told to, and ends when the Twin does. */
import { closeSync, openSync } from 'node:fs';
import { launchHere, type Launched } from './launch.ts';
import type { Told, Tells } from './launcher.ts';

/** Kept from the start: should the Twin end, another takes its place as parent. */
const twin = process.ppid;
const running = new Map<number, Launched>();
const tell = (message: Tells): void => {
  if (process.connected) process.send?.(message);
};

/** proc(5): opening what a number of /proc/PID/fd stands for makes another description of the same pipe. */
const borrow = (numbers: readonly number[]): number[] => {
  const opened: number[] = [];
  try {
    for (const [at, number] of numbers.entries())
      opened.push(openSync(`/proc/${twin}/fd/${number}`, at === 0 ? 'r' : 'w'));
    return opened;
  } catch (error) {
    for (const fd of opened) closeSync(fd);
    throw error;
  }
};

function launch(id: number, { streams, ...order }: Extract<Told, { to: 'launch' }>['order']): void {
  let opened: number[] = [];
  try {
    opened = borrow(streams ?? []);
    const [input, output, errors] = opened;
    const own = input !== undefined && output !== undefined && errors !== undefined;
    const launched = launchHere(own ? { ...order, streams: [input, output, errors] } : order, (from, text) =>
      tell({ id, is: 'said', from, text }),
    );
    running.set(id, launched);
    const failed = (error: unknown) => tell({ id, is: 'failed', message: (error as Error).message });
    void launched.started.then(pid => tell({ id, is: 'started', pid }), failed);
    // The order of both is kept: an exit waits for its start to be told.
    void Promise.allSettled([launched.started]).then(async () => {
      const exit = await launched.exited;
      running.delete(id);
      tell({ id, is: 'exited', ...exit });
    });
  } catch (error) {
    tell({ id, is: 'failed', message: (error as Error).message });
    tell({ id, is: 'exited', code: null, signal: null });
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

process.on('message', (told: Told) => {
  if (told.to === 'launch') return launch(told.id, told.order);
  const launched = running.get(told.id);
  switch (told.to) {
    case 'write':
      return launched?.write(told.text);
    case 'end':
      return launched?.end();
    case 'kill':
      return launched?.kill(told.others);
    case 'signal':
      return launched?.signal(told.name);
  }
});
process.on('disconnect', () => process.exit());
