/** The loading of drivers that are not built in; they are shown and deleted like other nouns. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { contextOf, countOf, withServer, type Flags } from '../context.ts';
import { print } from '../output.ts';

/**
 * A path as the server must have it. `./toy.mjs` means this directory's, so it is made absolute here; a package's name stays, also
 * where a directory of that name stands about.
 */
export const moduleOf = (word: string, exists: (path: string) => boolean = existsSync): string =>
  /^\.{1,2}(?:[\\/]|$)/.test(word) || (/\.[cm]?[jt]s$/.test(word) && exists(word)) ? resolve(word) : word;

export function addDriverMaking(create: Command): void {
  withServer(create.command('driver'))
    .summary('load a driver from a module')
    .description(
      'Load a driver that is not built in. It runs in a process of its own, is started again when it fails, and stays loaded ' +
        'over restarts of the server. The module must lie on the server’s machine, in files of the server’s own user.',
    )
    .requiredOption(
      '--module <module>',
      'path of an ES module or a package directory, or the name of a package installed in the data or the working directory of the server',
    )
    .option('--memory-mb <MB>', 'what it may use; default 256', countOf)
    .action(async (flags: Flags & { module: string; memoryMb?: number }) => {
      const { client, signal, format } = await contextOf(flags);
      const { memoryMb } = flags;
      const made = await client.call(
        'driver.create',
        { body: { module: moduleOf(flags.module), ...(memoryMb !== undefined && { memoryMb }) } },
        { signal },
      );
      if (format === 'table' || format === 'wide')
        process.stdout.write(`driver ${made.name} loaded (${made.provider})\n`);
      else print(format, made, []);
    });
}

export function addDrivers(program: Command): void {
  const reload = program.command('reload').summary('take up what has changed on disk');
  withServer(reload.command('driver'))
    .summary('load a driver from its module again; its connections stay')
    .argument('<name>')
    .action(async (name: string, flags: Flags) => {
      const { client, signal } = await contextOf(flags);
      const { state } = await client.call('driver.reload', { driver: name }, { signal });
      process.stdout.write(`driver ${name} loaded again (${state})\n`);
    });
}
