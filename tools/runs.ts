/**
 * Runs of the driver suite on real clouds, which not every computer can repeat: each is kept in docs/runs/NAME.json as it
 * went, with its date and what it ran against, and is a column of its own in docs/capabilities.md.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { createCollector, type RecordedRun } from './matrix.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const runsDir = join(root, 'docs', 'runs');

export function readRuns(dir = runsDir): RecordedRun[] {
  let names: string[];
  try {
    names = readdirSync(dir).filter(name => name.endsWith('.json'));
  } catch {
    return [];
  }
  return names.sort().map(name => JSON.parse(readFileSync(join(dir, name), 'utf8')) as RecordedRun);
}

/**
 * Runs one file of a driver's tests – the environment says against what – and prints how it goes. Returns the record, unwritten,
 * and how many cases failed.
 */
export async function recordRun(
  file: string,
  about: Pick<RecordedRun, 'driver' | 'label' | 'against' | 'versions'>,
  only?: RegExp,
  signal?: AbortSignal,
): Promise<{ record: RecordedRun; failed: number }> {
  const collector = createCollector();
  const date = new Date().toISOString().slice(0, 10);
  let failed = 0;
  const stream = run({
    files: [file],
    cwd: root,
    ...(only && { testNamePatterns: [only] }),
    ...(signal && { signal }),
  });
  stream.on('test:pass', ({ file: from = '', name, nesting, skip }) =>
    collector.add(from, { name, nesting, skip, failed: false }),
  );
  stream.on('test:fail', ({ file: from = '', name, nesting, details }) => {
    if (details.type !== 'suite') failed++;
    collector.add(from, { name, nesting, failed: true });
  });
  stream.compose(spec).pipe(process.stdout);
  await new Promise(resolve => stream.once('end', resolve));
  const record: RecordedRun = {
    ...about,
    cases: collector.seen.map(({ noun, title, outcome, reason }) => ({ noun, title, outcome, reason, date })),
  };
  return { record, failed };
}

/**
 * A part of a run takes the place of those cases in the record that is there: real clouds are slow, and a run may have to be
 * made in parts. Where the cloud's software is another, nothing of the old record stays.
 */
export function writeRun(name: string, record: RecordedRun, part: boolean): string {
  const file = join(runsDir, `${name}.json`);
  mkdirSync(dirname(file), { recursive: true });
  const old = part && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as RecordedRun) : undefined;
  const same = JSON.stringify(old?.versions) === JSON.stringify(record.versions);
  const key = (each: RecordedRun['cases'][number]) => `${each.noun}: ${each.title}`;
  const anew = new Set(record.cases.map(key));
  const kept = same ? (old?.cases ?? []).filter(each => !anew.has(key(each))) : [];
  const cases = [...kept, ...record.cases].sort((a, b) => (key(a) < key(b) ? -1 : 1));
  writeFileSync(file, `${JSON.stringify({ ...record, cases }, null, 2)}\n`);
  return file;
}
