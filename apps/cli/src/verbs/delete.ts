/** `delete`: by noun and name, or everything that a file names. Long ones are followed to their end. */
import type { Command } from 'commander';
import { operations } from '@cloud-barista/api/operations';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import { contextOf, withServer, type Context } from '../context.ts';
import { nounOf, nouns, type Noun } from '../nouns.ts';
import { follow } from '../progress.ts';
import { placeOf, resolveNoun, type PlaceFlags } from './get.ts';
import { readDocuments } from '../documents.ts';

interface DeleteFlags extends PlaceFlags {
  file?: string;
  wait: boolean;
  ignoreNotFound?: boolean;
}

async function deleteOne(
  context: Context,
  noun: Noun,
  place: Record<string, string>,
  name: string,
  flags: Pick<DeleteFlags, 'wait' | 'ignoreNotFound'>,
) {
  if (noun.delete === undefined)
    throw new BaristaError('unimplemented', `${noun.names[0]} can't be deleted.`, {
      next: 'They are not ours to delete.',
    });
  const singular = noun.key.replaceAll(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`);
  try {
    const answer = await context.client.call(
      noun.delete as 'mcis.delete',
      { ...place, [noun.key]: name } as never,
      { signal: context.signal },
    );
    if (operations[noun.delete].answer === 'long') {
      if (!flags.wait) {
        process.stdout.write(`${singular} ${name}: being deleted, operation ${answer.id}\n`);
        return;
      }
      await follow(context, answer);
    }
    process.stdout.write(`${singular} ${name} deleted\n`);
  } catch (error) {
    if (flags.ignoreNotFound !== true || !hasCode(error, 'not_found')) throw error;
    process.stdout.write(`${singular} ${name} is not there\n`);
  }
}

const deletable = nouns.filter(noun => noun.delete !== undefined).map(noun => noun.names[0]);

export function addDelete(program: Command): void {
  withServer(program.command('delete'))
    .summary('delete things')
    .description(
      `Delete things by noun and name, or all that a file names.\n\nNouns: ${deletable.join(', ')}`,
    )
    .argument('[noun]')
    .argument('[names...]')
    .option('-f, --file <file>', 'delete what this file names, last first')
    .option('-c, --connection <name>', 'of this connection')
    .option('-m, --mcis <name>', 'of this MCIS')
    .option('--ignore-not-found', 'what is not there is no error')
    .option('--no-wait', 'begin it and return')
    .action(async (word: string | undefined, names: string[], flags: DeleteFlags) => {
      const context = await contextOf(flags);
      if (flags.file !== undefined) {
        for (const { kind, namespace, body } of (await readDocuments(flags.file)).reverse()) {
          const noun = nounOf(kind);
          const place = placeOf(
            noun,
            { ...flags, ...(namespace !== undefined && { namespace }) },
            { settings: { ...context.settings, ...(namespace !== undefined && { namespace }) } },
          );
          await deleteOne(context, noun, place, String(body['name']), flags);
        }
        return;
      }
      if (word === undefined || names.length === 0)
        throw new BaristaError('invalid_argument', 'Say what to delete.', {
          next: 'barista delete mcis NAME, or barista delete -f FILE',
        });
      const noun = resolveNoun(word, flags);
      const place = placeOf(noun, flags, context);
      for (const name of names) await deleteOne(context, noun, place, name, flags);
    });
}
