/** `create`: the small things that need no file. */
import type { Command } from 'commander';
import type { Role } from '@cloud-barista/api/define';
import { contextOf, withServer, type Flags } from '../context.ts';
import { print } from '../output.ts';
import { addDiskMaking } from './disks.ts';
import { addDriverMaking } from './drivers.ts';

export function addCreate(program: Command): void {
  const create = program.command('create').summary('make what needs no file');
  withServer(create.command('namespace'))
    .summary('make a namespace')
    .argument('<name>')
    .option('--description <text>', 'what it is for', '')
    .action(async (name: string, flags: Flags & { description: string }) => {
      const { client, signal } = await contextOf(flags);
      await client.call('namespace.create', { body: { name, description: flags.description } }, { signal });
      process.stdout.write(`namespace ${name} made\n`);
    });
  withServer(create.command('token'))
    .summary('make an access token')
    .description('Make an access token. It is printed once and can’t be shown again.')
    .argument('<name>')
    .requiredOption('--role <role>', 'reader, operator or admin')
    .action(async (name: string, flags: Flags & { role: Role }) => {
      const { client, signal, format } = await contextOf(flags);
      const made = await client.call('token.create', { body: { name, role: flags.role } }, { signal });
      if (format === 'table' || format === 'wide') process.stdout.write(`${made.token ?? ''}\n`);
      else print(format, made, []);
    });
  addDiskMaking(create);
  addDriverMaking(create);
}
