/** `api`: any operation of the list by its name, so that nothing of the API is out of the CLI's reach. */
import type { Command } from 'commander';
import { operationNames, operations } from '@cloud-barista/api/operations';
import type { PlainName } from '@cloud-barista/api/client';
import type { Definition } from '@cloud-barista/api/define';
import { BaristaError } from '@cloud-barista/model/errors';
import { suggest } from '@cloud-barista/model/nearest';
import { contextOf, withServer, type Flags } from '../context.ts';
import { column, print } from '../output.ts';

type Row = { name: string; method: string; path: string; summary: string };

function inputOf(words: readonly string[], body: string | undefined): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const word of words) {
    const at = word.indexOf('=');
    if (at < 1)
      throw new BaristaError('invalid_argument', `${JSON.stringify(word)} is not KEY=VALUE.`, {
        next: 'e.g. namespace=default',
      });
    input[word.slice(0, at)] = word.slice(at + 1);
  }
  if (body !== undefined)
    try {
      input['body'] = JSON.parse(body);
    } catch (error) {
      throw new BaristaError('invalid_argument', `The body is not JSON: ${(error as Error).message}.`, {
        where: '--body',
      });
    }
  return input;
}

export function addApi(program: Command): void {
  withServer(program.command('api'))
    .summary('call any operation by its name; without one, list them')
    .argument('[operation]', 'e.g. mcis.get')
    .argument('[values...]', 'path and query values, KEY=VALUE')
    .option('--body <json>', 'the body')
    .action(async (name: string | undefined, words: string[], flags: Flags & { body?: string }) => {
      const { client, format, signal } = await contextOf(flags);
      if (name === undefined) {
        const rows = operationNames.map(each => {
          const { method, path, summary } = operations[each];
          return { name: each, method, path, summary };
        });
        return print(format, rows, [
          column<Row>('OPERATION', r => r.name),
          column<Row>('', r => r.method),
          column<Row>('PATH', r => r.path),
          column<Row>('SUMMARY', r => r.summary),
        ]);
      }
      const known = operationNames.find(candidate => candidate === name);
      if (!known)
        throw new BaristaError('invalid_argument', `There is no operation ${JSON.stringify(name)}.`, {
          next: suggest(name, operationNames, 'List them: barista api'),
        });
      const definition = operations[known] as unknown as Definition;
      const input = inputOf(words, flags.body);
      if (definition.answer === 'stream') {
        for await (const item of client.stream(known as 'watch.stream', input as never, { signal }))
          process.stdout.write(`${JSON.stringify(item)}\n`);
        return;
      }
      const answer: unknown = await client.call(known as PlainName, input, { signal });
      print(format === 'yaml' ? 'yaml' : 'json', answer, []);
    });
}
