/**
 * The capability matrix, out of a run of the driver suite: driver × case, passed or not with the reason. `./barista test`
 * holds docs/capabilities.md against what it has just seen; `npm run matrix` runs the suites and writes it, with a column more
 * for each run on a real cloud that is kept in docs/runs.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
export const matrixFile = join(root, 'docs', 'capabilities.md');

export interface Seen {
  /** The suite's name, e.g. `driver aws on Cloud-Twin`. */
  suite: string;
  noun: string;
  title: string;
  outcome: 'passed' | 'failed' | 'skipped';
  /** Why skipped. */
  reason: string;
}

/** What the reporter's events say: a suite at nesting 0, its nouns at 1, its cases at 2. Only whole suites of drivers count. */
export function createCollector() {
  const seen: Seen[] = [];
  // Cases come before the noun that holds them has ended, and nouns before their suite; files come one after another.
  let cases: Omit<Seen, 'suite' | 'noun'>[] = [];
  let nouns: Omit<Seen, 'suite'>[] = [];
  return {
    seen,
    /** `file` is where the case is defined: in the suite. */
    add(
      file: string,
      event: { name: string; nesting: number; skip?: string | boolean | undefined; failed: boolean },
    ) {
      if (!file.includes(join('suite', 'src', 'driver'))) return;
      const { name, nesting, skip, failed } = event;
      if (nesting === 2)
        cases.push({
          title: name,
          outcome: failed ? 'failed' : skip === undefined || skip === false ? 'passed' : 'skipped',
          reason: typeof skip === 'string' ? skip : '',
        });
      else if (nesting === 1) {
        nouns.push(...cases.map(each => ({ ...each, noun: name })));
        cases = [];
      } else if (nesting === 0) {
        // The suite's own tests judge made-up clouds, which are nobody's driver.
        if (name.startsWith('driver ') && existsSync(join(root, 'drivers', driverOf(name))))
          seen.push(...nouns.map(each => ({ ...each, suite: name })));
        nouns = [];
      }
    },
  };
}

/** `driver aws on Cloud-Twin, with a zone` → aws. Of several suites of one driver the first counts. */
const driverOf = (suite: string): string => /^driver (\w+)/.exec(suite)?.[1] ?? suite;
const place = (suite: string): string => suite.replace(/^driver \w+\s*/, '').replace(/^on /, '');

const mark = { passed: '✔', failed: '✖', skipped: '–' } as const;
/** Cases of the other side of a declared capability, and what a cloud gives no occasion for, are no gap. */
const isGap = (each: Pick<Seen, 'outcome' | 'reason'>): boolean =>
  each.outcome === 'skipped' && each.reason.startsWith('not declared');

export interface Matrix {
  /** Driver → what it ran against. */
  drivers: Map<string, string>;
  /** Row `noun: case` → driver → cell. */
  rows: Map<string, Map<string, string>>;
}

const cellOf = (each: Omit<Seen, 'suite'>): string =>
  isGap(each) ? `gap: ${each.reason.replace(/^not declared: /, '')}` : mark[each.outcome];

export function matrixOf(seen: readonly Seen[]): Matrix {
  const first = new Map<string, string>();
  for (const { suite } of seen) if (!first.has(driverOf(suite))) first.set(driverOf(suite), suite);
  const rows: Matrix['rows'] = new Map();
  for (const each of seen) {
    const driver = driverOf(each.suite);
    if (first.get(driver) !== each.suite) continue;
    const key = `${each.noun}: ${each.title}`;
    const row = rows.get(key) ?? new Map<string, string>();
    rows.set(key, row);
    row.set(driver, cellOf(each));
  }
  return {
    drivers: new Map(
      [...first].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([driver, suite]) => [driver, place(suite)]),
    ),
    rows,
  };
}

/** A run on a real cloud, as it is kept (runs.ts). */
export interface RecordedRun {
  driver: string;
  /** The column's word beside the driver's: `real, Zed`. */
  label: string;
  /** What it ran against, in a sentence's words. */
  against: string;
  /** Of the cloud's software. */
  versions: Record<string, string>;
  /** `date`: when this case ran, YYYY-MM-DD, UTC. */
  cases: (Omit<Seen, 'suite'> & { date: string })[];
}

/** A run's dates: one, or first and last where parts of it were run anew. */
export function datesOf({ cases }: RecordedRun): string {
  const dates = [...new Set(cases.map(each => each.date))].sort();
  return dates.length > 1 ? `${dates[0]} to ${dates.at(-1)}` : (dates[0] ?? '');
}

/** With the recorded runs as columns. Cases that the suite no longer has are left out; ones that it did not have yet stay empty. */
export function withRuns(matrix: Matrix, runs: readonly RecordedRun[]): Matrix {
  const drivers = new Map(matrix.drivers);
  const rows = new Map([...matrix.rows].map(([key, row]) => [key, new Map(row)]));
  for (const run of runs) {
    const { driver, label, against, cases } = run;
    const name = `${driver} (${label})`;
    drivers.set(name, `${against}, ${datesOf(run)}`);
    for (const each of cases) rows.get(`${each.noun}: ${each.title}`)?.set(name, cellOf(each));
  }
  return { drivers: new Map([...drivers].toSorted(([a], [b]) => (a < b ? -1 : 1))), rows };
}

export function printMatrix({ drivers, rows }: Matrix, date: string): string {
  const names = [...drivers.keys()];
  const notes: string[] = [];
  const note = (text: string): string => {
    const at = notes.indexOf(text);
    return `gap ${at < 0 ? notes.push(text) : at + 1}`;
  };
  const lines = [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, row]) => {
      const cells = names.map(name => {
        const cell = row.get(name) ?? ' ';
        return cell.startsWith('gap: ') ? note(`${name}: ${cell.slice(5)}`) : cell;
      });
      return `| ${key.replaceAll('|', '\\|')} | ${cells.join(' | ')} |`;
    });
  return `# What each driver can

Generated from a run of the driver suite (\`npm run matrix\`), ${date}; the tests fail when it differs from what they see.
✔ passed · – this cloud gives no occasion for it, or it is the other side of a capability that it has · gap: declared, with its reason below.

Ran against: ${names.map(name => `**${name}** ${drivers.get(name) || 'in process'}`).join(' · ')}.

| case | ${names.join(' | ')} |
|---|${names.map(() => '---|').join('')}
${lines.join('\n')}

## Declared gaps

${notes.map((text, index) => `${index + 1}. ${text}`).join('\n')}
`;
}

/** Where the file says otherwise than `seen` does, of the drivers that ran; empty where they agree. */
export function differences(seen: readonly Seen[]): string[] {
  const now = matrixOf(seen);
  let text: string;
  try {
    text = readFileSync(matrixFile, 'utf8');
  } catch {
    return ['docs/capabilities.md is missing: npm run matrix'];
  }
  const lines = text.split('\n');
  const head = lines.find(line => line.startsWith('| case |')) ?? '';
  const names = head
    .split(' | ')
    .slice(1)
    .map(name => name.replace(' |', '').trim());
  const written = new Map(
    lines
      .filter(line => /^\| .+: .+ \|$/.test(line))
      .map(line => {
        const [key = '', ...cells] = line.slice(2, -2).split(' | ');
        return [key.replaceAll('\\|', '|'), cells.map(cell => cell.replace(/^gap \d+$/, 'gap'))] as const;
      }),
  );
  const wrong: string[] = [];
  for (const driver of now.drivers.keys()) if (!names.includes(driver)) wrong.push(`${driver} is not in it`);
  for (const [key, row] of now.rows)
    for (const [driver, cell] of row) {
      const was = written.get(key)?.[names.indexOf(driver)]?.trim() ?? '';
      const is = cell.startsWith('gap') ? 'gap' : cell.trim();
      if (was !== is && wrong.length < 20)
        wrong.push(`${driver}, ${key}: it says ${was || 'nothing'}, the run ${is}`);
    }
  return wrong;
}
