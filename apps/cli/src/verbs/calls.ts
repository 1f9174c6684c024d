/** `calls`: the history of every cloud call – the calls, their figures, how well each cloud answered, and what other programs read. */
import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { InvalidArgumentError, type Command } from 'commander';
import {
  callKeys,
  hisCallLine,
  qualityKeys,
  resourceKinds,
  type Call,
  type CallGroup,
  type CloudQuality,
} from '@cloud-barista/model/call';
import { BaristaError } from '@cloud-barista/model/errors';
import { suggest } from '@cloud-barista/model/nearest';
import { contextOf, pageLimit, withServer, type Flags } from '../context.ts';
import { column, print, type Column } from '../output.ts';

interface Filter {
  cloud?: string;
  connection?: string;
  region?: string;
  resource?: string;
  api?: string;
  outcome?: string;
  since?: string;
  until?: string;
  slower?: number;
}

const oneOf =
  (words: readonly string[]) =>
  (text: string): string => {
    if (words.includes(text)) return text;
    throw new InvalidArgumentError(suggest(text, words, `It is one of ${words.join(', ')}.`));
  };

const units = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** `30m`, `2h`, `7d` ago, or a time. */
function timeOf(text: string): string {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const time =
    count === undefined
      ? Date.parse(text)
      : Date.now() - Number(count) * units[(unit ?? 's') as keyof typeof units];
  if (Number.isFinite(time)) return new Date(time).toISOString();
  throw new InvalidArgumentError('Write 30m, 2h or 7d for so long ago, or a time like 2026-11-21T08:00:00Z.');
}

function milliseconds(text: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s)?$/.exec(text) ?? [];
  if (count !== undefined) return Number(count) * (unit === 's' ? 1000 : 1);
  throw new InvalidArgumentError('Write 200ms or 1.5s.');
}

const withFilter = (command: Command): Command =>
  withServer(command)
    .option('--cloud <provider>', 'to this cloud, e.g. AWS')
    .option('-c, --connection <name>', 'of this connection')
    .option('--region <name>', 'in this region')
    .option('--resource <kind>', 'about this kind of resource', oneOf(resourceKinds))
    .option('--api <name>', 'of this call')
    .option('--outcome <word>', 'ok, error, throttled, or an error code')
    .option('--since <time>', 'from then on: 30m, 2h, 7d ago, or a time', timeOf)
    .option('--until <time>', 'before then', timeOf)
    .option('--slower <time>', 'that took at least so long, e.g. 200ms, 2s', milliseconds);

const queryOf = ({ cloud, connection, region, resource, api, outcome, since, until, slower }: Filter) => ({
  ...(cloud !== undefined && { provider: cloud }),
  ...(connection !== undefined && { connection }),
  ...(region !== undefined && { region }),
  ...(resource !== undefined && { resource: resource as (typeof resourceKinds)[number] }),
  ...(api !== undefined && { api }),
  ...(outcome !== undefined && { outcome }),
  ...(since !== undefined && { since }),
  ...(until !== undefined && { until }),
  ...(slower !== undefined && { minElapsedMs: slower }),
});

const ms = (value: number) => `${value.toFixed(value < 100 ? 1 : 0)} ms`;
const percent = (share: number) => `${(share * 100).toFixed(share > 0 && share < 0.1 ? 2 : 1)} %`;

const callColumns = [
  column<Call>('TIME', c => c.start.slice(0, 23)),
  column<Call>('CLOUD', c => c.provider),
  column<Call>('CONNECTION', c => c.connection),
  column<Call>('REGION', c => c.region, true),
  column<Call>('API', c => c.api),
  column<Call>('RESOURCE', c => c.resource, true),
  column<Call>('NAME', c => c.name),
  column<Call>('ELAPSED', c => `${c.elapsedMs.toFixed(1)} ms`),
  column<Call>('OUTCOME', c => (c.throttled === true ? 'throttled' : c.outcome)),
  column<Call>('CAUSE', c => c.cause),
  column<Call>('TRY', c => c.attempt, true),
  column<Call>('RETRY AFTER', c => c.retryAfterMs && `${c.retryAfterMs} ms`, true),
];
const figureColumns = [
  column<CallGroup>('CALLS', g => g.count),
  column<CallGroup>('ERRORS', g => percent(g.errorRate)),
  column<CallGroup>('THROTTLED', g => g.throttled),
  column<CallGroup>('SAVED', g => g.saved),
  column<CallGroup>('P50', g => ms(g.p50Ms)),
  column<CallGroup>('P95', g => ms(g.p95Ms)),
  column<CallGroup>('P99', g => ms(g.p99Ms)),
  column<CallGroup>('MAX', g => ms(g.maxMs)),
  column<CallGroup>('MEAN', g => ms(g.meanMs), true),
];
const qualityColumns = [
  column<CloudQuality>('CONNECTION', q => q.connection),
  column<CloudQuality>('CLOUD', q => q.provider),
  column<CloudQuality>('SCORE', q => q.score ?? 'too few calls'),
  column<CloudQuality>('CALLS', q => q.samples),
  column<CloudQuality>('FAILED', q => percent(q.failureRate)),
  column<CloudQuality>('THROTTLED', q => percent(q.throttleRate)),
  column<CloudQuality>('SLOWNESS', q => `${q.slowness} ×`),
  column<CloudQuality>('SINCE', q => q.from, true),
];

type FlagsOf<Own = unknown> = Flags & Filter & Own;
const flagsOf = <Own>(command: Command): FlagsOf<Own> => command.optsWithGlobals<FlagsOf<Own>>();

async function list(flags: FlagsOf<{ limit: number }>): Promise<void> {
  const { client, format, signal } = await contextOf(flags);
  const page = await client.call('call.list', { ...queryOf(flags), limit: flags.limit }, { signal });
  print(format, page.items, callColumns);
}

async function summary(flags: FlagsOf<{ by: string }>): Promise<void> {
  const { client, format, signal } = await contextOf(flags);
  // As the filter is called.
  const by = flags.by.replaceAll(/\bcloud\b/g, 'provider');
  const answer = await client.call('call.summary', { ...queryOf(flags), by }, { signal });
  if (format === 'json' || format === 'yaml') return print(format, answer, []);
  const keys = by.split(',');
  const columns: Column[] = [
    ...keys.map(key =>
      column<CallGroup>(key === 'provider' ? 'CLOUD' : key.toUpperCase(), group => group.key[key]),
    ),
    ...figureColumns,
  ];
  const all = { key: { [keys[0] ?? '']: 'all' }, ...answer.total };
  print(format, answer.groups.length > 1 ? [...answer.groups, all] : answer.groups, columns);
}

async function quality(flags: FlagsOf<{ by: 'provider' | 'connection' }>): Promise<void> {
  const { client, format, signal } = await contextOf(flags);
  const { items } = await client.call('call.quality', { by: flags.by }, { signal });
  print(format, items, flags.by === 'provider' ? qualityColumns.slice(1) : qualityColumns);
}

async function exportTo(file: string | undefined, flags: FlagsOf<{ format: string }>): Promise<void> {
  const { client, settings, signal } = await contextOf(flags);
  const { hostname } = new URL(settings.server);
  const lineOf = flags.format === 'hiscall' ? (call: Call) => hisCallLine(call, hostname) : JSON.stringify;
  const out = file === undefined ? process.stdout : createWriteStream(file, { mode: 0o600 });
  const broken = (error: Error) =>
    new BaristaError('failed_precondition', `${file ?? 'The output'} can't be written: ${error.message}.`, {
      source: error,
    });
  let failed: Error | undefined;
  out.on('error', (error: Error) => (failed = error));
  let count = 0;
  for await (const call of client.stream('call.export', queryOf(flags), { signal })) {
    if (failed) break;
    count++;
    if (!out.write(`${lineOf(call)}\n`)) await once(out, 'drain').catch(() => {});
  }
  if (out !== process.stdout && !failed) {
    out.end();
    await once(out, 'finish').catch(() => {});
  }
  // Whoever reads only the first lines (head) has what it wanted.
  if (failed && (failed as NodeJS.ErrnoException).code !== 'EPIPE') throw broken(failed);
  if (file !== undefined) process.stdout.write(`${count} calls in ${file}\n`);
}

export function addCalls(program: Command): void {
  const calls = withFilter(program.command('calls'))
    .summary('the history of every call to the clouds: calls, figures, quality, export')
    .option('--limit <count>', 'the newest so many', pageLimit, 30)
    .action((flags: FlagsOf<{ limit: number }>) => list(flags));
  withFilter(calls.command('summary'))
    .summary('count them: percentiles, error rate, calls saved')
    .option(
      '--by <keys>',
      `${callKeys.join(', ').replace('provider', 'cloud')}; several with commas`,
      'cloud',
    )
    .action((_: unknown, command: Command) => summary(flagsOf(command)));
  withServer(calls.command('quality'))
    .summary('how well each cloud answered in the last hour, 0 to 100')
    .option('--by <key>', qualityKeys.join(' or '), oneOf(qualityKeys), 'connection')
    .action((_: unknown, command: Command) => quality(flagsOf(command)));
  withFilter(calls.command('export'))
    .summary('write them out, oldest first; `twin replay` plays them again')
    .argument('[file]', 'standard output where absent')
    .option(
      '--format <word>',
      'jsonl, or hiscall: the lines of CB-Spider’s call log',
      oneOf(['jsonl', 'hiscall']),
      'jsonl',
    )
    .action((file: string | undefined, _: unknown, command: Command) => exportTo(file, flagsOf(command)));
}
