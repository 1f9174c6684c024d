/** `get` and `describe`: lists and single things, as table, JSON or YAML, once or live. */
import type { Command } from 'commander';
import { operations, type OperationName } from '@cloud-barista/api/operations';
import type { Definition } from '@cloud-barista/api/define';
import { BaristaError } from '@cloud-barista/model/errors';
import { setTimeout as sleep } from 'node:timers/promises';
import { contextOf, countOf, withServer, type Context, type Flags } from '../context.ts';
import { nounNames, nounOf, nouns, type Noun } from '../nouns.ts';
import { column, print, render } from '../output.ts';

export interface PlaceFlags extends Flags {
  connection?: string;
  mcis?: string;
  search?: string;
  watch?: boolean;
  limit?: number;
}

/** The path values that `noun` needs, from flags. invalid_argument naming the missing flag. */
export function placeOf(
  noun: Noun,
  flags: PlaceFlags,
  context: Pick<Context, 'settings'>,
): Record<string, string> {
  const place: Record<string, string> = {};
  for (const need of noun.needs) {
    const value = need === 'namespace' ? context.settings.namespace : flags[need];
    if (value === undefined)
      throw new BaristaError(
        'invalid_argument',
        `${noun.names[0] === 'inventory' ? 'An inventory is' : `${noun.names[0]} are`} of ${need === 'mcis' ? 'an MCIS' : `a ${need}`}.`,
        {
          where: `--${need}`,
          next:
            noun.list === 'mcis-vm.list'
              ? 'Say which: --mcis NAME, or --connection NAME for the VMs of a cloud.'
              : `Say which: --${need} NAME (barista get ${nounOf(need).names[0]} lists them).`,
        },
      );
    place[need] = value;
  }
  return place;
}

/** `vms` without --mcis but with --connection are the connection's. */
export const resolveNoun = (word: string, flags: PlaceFlags): Noun => {
  const noun = nounOf(word);
  return noun.list === 'mcis-vm.list' && flags.mcis === undefined && flags.connection !== undefined
    ? nounOf('cloud-vms')
    : noun;
};

const callAny = (context: Context, name: OperationName, input: Record<string, unknown>) =>
  context.client.call(name as 'mcis.get', input as never, { signal: context.signal }) as Promise<unknown>;

const takesSearch = (noun: Noun): boolean =>
  'search' in (operations[noun.list] as unknown as Definition).query.properties;

async function listAll(
  context: Context,
  noun: Noun,
  place: Record<string, string>,
  flags: PlaceFlags,
): Promise<unknown[]> {
  const input = {
    ...place,
    limit: Math.min(flags.limit ?? 1000, 1000),
    ...(flags.search !== undefined && takesSearch(noun) && { search: flags.search }),
  };
  const items: unknown[] = [];
  for await (const item of context.client.pages(noun.list as 'mcis.list', input as never, {
    signal: context.signal,
  })) {
    items.push(item);
    if (flags.limit !== undefined && items.length >= flags.limit) break;
  }
  return items;
}

export async function getOne(
  context: Context,
  noun: Noun,
  place: Record<string, string>,
  name: string,
): Promise<unknown> {
  if (noun.get === undefined) {
    const all = (await listAll(context, noun, place, {})) as { name?: string }[];
    const found = all.find(item => item.name === name);
    if (found) return found;
    throw new BaristaError('not_found', `There is no ${noun.key} ${JSON.stringify(name)}.`, {
      next: `List them: barista get ${noun.names[0]}`,
    });
  }
  return callAny(context, noun.get, { ...place, [noun.key]: name });
}

const everyMs = 1000;

/** Prints what `read` finds; with `live`, again whenever it has changed, until Ctrl-C. */
async function show(
  context: Context,
  live: boolean,
  columns: Noun['columns'],
  read: () => Promise<unknown>,
): Promise<void> {
  if (!live) return print(context.format, await read(), columns);
  const screen = process.stdout.isTTY === true;
  for (
    let last = '';
    !context.signal.aborted;
    await sleep(everyMs, undefined, { signal: context.signal }).catch(() => {})
  ) {
    const text = render(context.format, await read(), columns);
    if (text !== last) process.stdout.write(screen ? `\u001b[2J\u001b[H${text}\n` : `${text}\n\n`);
    last = text;
  }
  process.exitCode = 130;
}

type NounRow = { noun: string; also: string[]; about: string };
const nounRows: NounRow[] = nouns.map(({ names: [noun, ...also], about }) => ({ noun, also, about }));
const nounColumns = [
  column<NounRow>('NOUN', n => n.noun),
  column<NounRow>('ALSO', n => n.also),
  column<NounRow>('WHAT', n => n.about),
];

export function addGet(program: Command): void {
  withServer(program.command('get'))
    .summary('list things, or show one in a line')
    .description(`List things, or show some by name.\n\nNouns: ${nounNames.join(', ')}`)
    .argument('[noun]', 'what to list; without one, what there is to list')
    .argument('[names...]', 'only these')
    .option('-c, --connection <name>', 'of this connection')
    .option('-m, --mcis <name>', 'of this MCIS')
    .option('--search <text>', 'only what matches (images, specs)')
    .option('--limit <count>', 'at most so many', countOf)
    .option('-w, --watch', 'show again as it changes')
    .action(async (word: string | undefined, names: string[], flags: PlaceFlags) => {
      const context = await contextOf(flags);
      if (word === undefined) return print(context.format, nounRows, nounColumns);
      const noun = resolveNoun(word, flags);
      if (flags.search !== undefined && !takesSearch(noun))
        throw new BaristaError('invalid_argument', `${noun.names[0]} can't be searched.`, {
          where: '--search',
          next: 'Leave it out; images and specs can be searched.',
        });
      const place = placeOf(noun, flags, context);
      await show(context, flags.watch === true, noun.columns, async () => {
        if (names.length === 0) return listAll(context, noun, place, flags);
        const found = await Promise.all(names.map(name => getOne(context, noun, place, name)));
        return found.length === 1 ? found[0] : found;
      });
    });

  withServer(program.command('describe'))
    .summary('show one thing, whole')
    .description(`Show one thing with all that is known of it.\n\nNouns: ${nounNames.join(', ')}`)
    .argument('<noun>')
    .argument('<name>')
    .option('-c, --connection <name>', 'of this connection')
    .option('-m, --mcis <name>', 'of this MCIS')
    .action(async (word: string, name: string, flags: PlaceFlags) => {
      const context = await contextOf(flags);
      const noun = resolveNoun(word, flags);
      const item = await getOne(context, noun, placeOf(noun, flags, context), name);
      print(context.format === 'json' ? 'json' : 'yaml', item, noun.columns);
    });
}
