/** `operations`: long operations, watched and cancelled; `calls`: the history of every cloud call. */
import type { Command } from 'commander';
import type { Call } from '@cloud-barista/model/call';
import { ended, type Operation } from '@cloud-barista/model/operation';
import { contextOf, pageLimit, withServer, type Flags } from '../context.ts';
import { nounOf } from '../nouns.ts';
import { column, print } from '../output.ts';
import { follow } from '../progress.ts';

export function addOperations(program: Command): void {
  const operations = withServer(program.command('operations'))
    .summary('list, watch and cancel long operations')
    .option('--limit <count>', 'the newest so many', pageLimit, 20)
    .action(async (flags: Flags & { limit: number }) => {
      const { client, format, signal } = await contextOf(flags);
      const page = await client.call('operation.list', { limit: flags.limit }, { signal });
      print(format, page.items, nounOf('operations').columns);
    });
  withServer(operations.command('watch'))
    .summary('follow an operation to its end')
    .argument('<id>')
    .action(async (id: string, _: unknown, command: Command) => {
      const context = await contextOf(command.optsWithGlobals<Flags>());
      const operation = await follow(
        context,
        await context.client.call('operation.get', { operation: id }, { signal: context.signal }),
      );
      print(context.format, operation, nounOf('operations').columns);
    });
  withServer(operations.command('cancel'))
    .summary('stop an operation; what it did is undone')
    .description('Stop an operation; what it did is undone.')
    .argument('<id>')
    .action(async (id: string, _: unknown, command: Command) => {
      const context = await contextOf(command.optsWithGlobals<Flags>());
      let now: Operation = await context.client.call(
        'operation.cancel',
        { operation: id },
        { signal: context.signal },
      );
      if (!ended.has(now.state)) {
        await follow(context, now).catch(() => {});
        now = await context.client.call('operation.get', { operation: id }, { signal: context.signal });
      }
      print(context.format, now, nounOf('operations').columns);
    });
}

const callColumns = [
  column<Call>('TIME', c => c.start.slice(0, 23)),
  column<Call>('CLOUD', c => c.provider),
  column<Call>('CONNECTION', c => c.connection),
  column<Call>('REGION', c => c.region, true),
  column<Call>('API', c => c.api),
  column<Call>('RESOURCE', c => c.resource, true),
  column<Call>('NAME', c => c.name),
  column<Call>('ELAPSED', c => `${c.elapsedMs.toFixed(1)} ms`),
  column<Call>('OUTCOME', c => c.outcome),
  column<Call>('CAUSE', c => c.cause),
  column<Call>('TRY', c => c.attempt, true),
];

export function addCalls(program: Command): void {
  withServer(program.command('calls'))
    .summary('the history of every call to the clouds')
    .option('-c, --connection <name>', 'of this connection')
    .option('--resource <kind>', 'about this kind of resource')
    .option('--api <name>', 'of this call')
    .option('--outcome <word>', 'ok, error, or an error code')
    .option('--limit <count>', 'the newest so many', pageLimit, 30)
    .action(
      async (
        flags: Flags & {
          connection?: string;
          resource?: string;
          api?: string;
          outcome?: string;
          limit: number;
        },
      ) => {
        const { client, format, signal } = await contextOf(flags);
        const { connection, resource, api, outcome } = flags;
        const page = await client.call(
          'call.list',
          { connection, resource, api, outcome, limit: flags.limit } as never,
          { signal },
        );
        print(format, (page as { items: Call[] }).items, callColumns);
      },
    );
}
