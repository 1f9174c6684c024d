/** `operations`: long operations, watched and cancelled. */
import type { Command } from 'commander';
import { ended, type Operation } from '@cloud-barista/model/operation';
import { contextOf, pageLimit, withServer, type Flags } from '../context.ts';
import { nounOf } from '../nouns.ts';
import { print } from '../output.ts';
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
