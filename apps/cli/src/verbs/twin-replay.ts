/** `twin replay`: plays an exported call history into the Twin, so that a failure seen on a real cloud happens again here. */
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { InvalidArgumentError, type Command } from 'commander';
import { BaristaError } from '@cloud-barista/model/errors';
import { column, print, type Format } from '../output.ts';
import type { TwinClient } from '../twin-client.ts';

interface ReplayRow {
  cloud: string;
  calls: number;
  played: number;
  failures: number;
  left: number;
  nearest: Record<string, string>;
  unknown: Record<string, number>;
}
interface ReplayFlags {
  twin?: string;
  port?: number;
  output: Format;
  cloud?: string;
  speed: number;
  stop?: boolean;
}

const columns = [
  column<ReplayRow>('CLOUD', r => r.cloud),
  column<ReplayRow>('CALLS', r => r.calls),
  column<ReplayRow>('PLAYED', r => r.played),
  column<ReplayRow>('WILL FAIL', r => r.failures),
  column<ReplayRow>('LEFT TO THE CLOUD', r => r.left),
  column<ReplayRow>('NEAREST', r => Object.entries(r.nearest).map(([cause, fault]) => `${cause} → ${fault}`)),
  column<ReplayRow>('NOT KNOWN', r => Object.entries(r.unknown).map(([api, count]) => `${api} (${count})`)),
];

function speedOf(word: string): number {
  const speed = Number(word);
  if (word !== '' && Number.isFinite(speed) && speed >= 0) return speed;
  throw new InvalidArgumentError('1 takes as long as recorded, 10 a tenth of it, 0 does not wait.');
}

/** `command` has the Twin's flags already. */
export function replayVerb(
  command: Command,
  clientOf: (flags: Pick<ReplayFlags, 'twin' | 'port'>) => Promise<TwinClient>,
): Command {
  return command
    .summary('let recorded calls fail and take their time again')
    .description(
      'Play an exported call history: of each operation the calls fail and take their time as recorded, in their order.\n  barista calls export bad-hour.jsonl --since 1h\n  barista twin replay bad-hour.jsonl --speed 10\nWithout a file: what is being played.',
    )
    .argument('[file]', 'JSON lines, as `barista calls export` writes them; - reads standard input')
    .option(
      '--cloud <name>',
      'at this cloud; else at the one that the connection is named after, or the only one of its kind',
    )
    .option('--speed <factor>', '10: a tenth of the recorded time; 0: without waiting', speedOf, 1)
    .option('--stop', 'end it')
    .action(async (file: string | undefined, flags: ReplayFlags) => {
      const client = await clientOf(flags);
      const query = new URLSearchParams();
      if (flags.cloud !== undefined) query.set('cloud', flags.cloud);
      if (flags.stop === true) await client.send('DELETE', `/replay?${query.toString()}`);
      if (file === undefined)
        return print(flags.output, (await client.get<{ items: ReplayRow[] }>('/replay')).items, columns);
      query.set('speed', String(flags.speed));
      const reading = file === '-' ? text(process.stdin) : readFile(file, 'utf8');
      const lines = await reading.catch((error: unknown) => {
        throw new BaristaError('not_found', `${file} can't be read: ${(error as Error).message}.`, {
          next: 'Export calls with: barista calls export FILE',
          where: 'file',
        });
      });
      const answer = await client.sendText<{ items: ReplayRow[] }>(`/replay?${query.toString()}`, lines);
      print(flags.output, answer.items, columns);
    });
}
