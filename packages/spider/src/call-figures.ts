/** The figures of calls in a file beside the journal, so that a start need not count a million calls again. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StatsDump } from './call-stats.ts';

export interface Figures {
  /** The last call that is in them. */
  last: number;
  stats: StatsDump;
}

const version = 1;
const pathIn = (dir: string) => join(dir, 'figures.json');

/** Undefined where there are none, or none that this version can read: the journal tells them again. */
export async function readFigures(dir: string): Promise<Figures | undefined> {
  const text = await readFile(pathIn(dir), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const file = JSON.parse(text) as Figures & { version: number };
    const { last, stats } = file;
    return file.version === version && Number.isInteger(last) && Array.isArray(stats.slots)
      ? { last, stats }
      : undefined;
  } catch {
    return undefined;
  }
}

export async function writeFigures(dir: string, figures: Figures): Promise<void> {
  const path = pathIn(dir);
  await writeFile(`${path}.new`, JSON.stringify({ version, ...figures }), { mode: 0o600 });
  await rename(`${path}.new`, path);
}
