/** A VM's first boot with user data, and what it printed. The text lies beside the VM's disk, out of its own reach. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench } from './guest.ts';
import type { GuestSpec } from './spec.ts';
import { readUserData } from './user-data.ts';

/** cloud-init keeps the script there too. */
const keep =
  'set -e; f=/var/lib/cloud/instance/scripts/part-001; mkdir -p "${f%/*}"; cat >"$f"; chmod 700 "$f"; exec "$f" </dev/null';

const file = (consoles: string, bench: Bench, id: string): string =>
  join(consoles, `${bench.folder(id).split('/').at(-1) ?? ''}.txt`);

/** Never throws for what the user data does; that is console text. */
export async function firstBoot(
  bench: Bench,
  spec: GuestSpec,
  userData: string,
  consoles: string,
  keepBytes: number,
): Promise<void> {
  const { script, notes } = readUserData(userData, spec.user);
  if (script === '' && notes.length === 0) return;
  const pieces: Buffer[] = notes.map(note => Buffer.from(`${note}\n`));
  let bytes = 0;
  const collect = (data: Buffer): void => {
    pieces.push(data);
    bytes += data.length;
    // The newest is what is kept, as in a ring of a serial console.
    while (bytes - (pieces[0]?.length ?? 0) > keepBytes) bytes -= pieces.shift()?.length ?? 0;
  };
  if (script !== '') {
    try {
      const running = await bench.run(spec, {
        user: 'root',
        argv: ['sh', '-c', keep],
        env: { INSTANCE_ID: spec.id },
      });
      const done = [running.stdout, running.stderr].map(
        stream =>
          new Promise<void>(resolve => {
            stream
              .on('data', collect)
              .on('error', () => undefined)
              .on('close', () => resolve());
          }),
      );
      running.stdin.on('error', () => undefined);
      running.stdin.end(script);
      const { code, signal } = await running.exited;
      // What it left running in the background may hold the pipes for ever.
      await Promise.race([Promise.all(done), new Promise(resolve => setTimeout(resolve, 200))]);
      for (const stream of [running.stdout, running.stderr]) stream.destroy();
      const how = signal
        ? `was ended by ${signal}`
        : code === 0
          ? 'finished'
          : `failed with exit code ${code}`;
      collect(Buffer.from(`Cloud-Twin: user data ${how}.\n`));
    } catch (error) {
      collect(
        Buffer.from(`Cloud-Twin: user data did not run: ${error instanceof Error ? error.message : ''}\n`),
      );
    }
  }
  await mkdir(consoles, { recursive: true });
  await writeFile(file(consoles, bench, spec.id), Buffer.concat(pieces).subarray(-keepBytes));
}

export const consoleText = (consoles: string, bench: Bench, id: string): Promise<string> =>
  readFile(file(consoles, bench, id), 'utf8').catch(() => '');

export const consoleFile = file;
