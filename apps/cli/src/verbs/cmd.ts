/** `cmd`: a command on all, some or one of an MCIS's VMs, output as it comes. Exit code 1 when any failed. */
import type { Command } from 'commander';
import type { CommandInput, CommandResult } from '@cloud-barista/model/command';
import { contextOf, positive, withServer, type Context, type Flags } from '../context.ts';
import { column, plain, print, render } from '../output.ts';

interface CmdFlags extends Flags {
  vm?: string[];
  group?: string;
  timeout?: number;
  user?: string;
  quiet?: boolean;
}

export const resultColumns = [
  column<CommandResult>('VM', r => r.vm),
  column<CommandResult>('EXIT', r => r.exitCode ?? (r.signal === '' ? 'failed' : r.signal)),
  column<CommandResult>('TIME', r => `${r.elapsedMs} ms`),
  column<CommandResult>('OUTPUT', r =>
    (r.error?.message ?? (r.stdout || r.stderr)).trim().split('\n').at(-1),
  ),
];
export const succeeded = (result: CommandResult): boolean =>
  result.exitCode === 0 && result.error === undefined;

/** Streams; whole lines, each with its VM's name. The results, in the VMs' order. */
export async function runCommand(
  { client, settings, signal }: Pick<Context, 'client' | 'settings' | 'signal'>,
  mcis: string,
  body: CommandInput,
  onLine: (vm: string, stream: 'stdout' | 'stderr', line: string) => void,
): Promise<CommandResult[]> {
  const results: CommandResult[] = [];
  const rest = new Map<string, string>();
  for await (const event of client.stream(
    'command.stream',
    { namespace: settings.namespace, mcis, body },
    { signal },
  )) {
    if (event.result) {
      for (const stream of ['stdout', 'stderr'] as const) {
        const left = rest.get(`${event.vm} ${stream}`);
        if (left !== undefined && left !== '') onLine(event.vm, stream, left);
      }
      results.push(event.result);
    } else if (event.stream && event.data !== undefined) {
      const key = `${event.vm} ${event.stream}`;
      const lines = ((rest.get(key) ?? '') + event.data).split('\n');
      rest.set(key, lines.pop() ?? '');
      for (const line of lines) onLine(event.vm, event.stream, line);
    }
  }
  return results.sort((a, b) => a.vm.localeCompare(b.vm, 'en', { numeric: true }));
}

export function addCmd(program: Command): void {
  withServer(program.command('cmd'))
    .summary('run a command on the VMs of an MCIS')
    .description(
      'Run a command over SSH on all VMs of an MCIS, or on those chosen. Put it behind -- so that its flags stay its own:\n  barista cmd video-conference -- uname -a',
    )
    .argument('<mcis>')
    .argument('<command...>', 'what the VM’s shell is given')
    .option('--vm <name...>', 'only on these VMs')
    .option('--group <name>', 'only on this group')
    .option('--timeout <seconds>', 'per VM, connecting included', positive, 60)
    .option('--user <name>', 'login user')
    .option('-q, --quiet', 'only the table at the end')
    .action(async (mcis: string, words: string[], flags: CmdFlags) => {
      const context = await contextOf(flags);
      const people = context.format === 'table' || context.format === 'wide';
      const body: CommandInput = {
        command: words.join(' '),
        timeoutSeconds: flags.timeout ?? 60,
        ...(flags.vm !== undefined && { vms: flags.vm }),
        ...(flags.group !== undefined && { group: flags.group }),
        ...(flags.user !== undefined && { user: flags.user }),
      };
      const results = await runCommand(context, mcis, body, (vm, stream, line) => {
        if (people && flags.quiet !== true)
          (stream === 'stdout' ? process.stdout : process.stderr).write(`${vm} | ${plain(line)}\n`);
      });
      const failed = results.filter(result => !succeeded(result));
      if (!people) print(context.format, results, resultColumns);
      else if (flags.quiet === true || failed.length > 0)
        process.stdout.write(
          `\n${render(context.format, flags.quiet === true ? results : failed, resultColumns)}\n`,
        );
      if (people) process.stderr.write(`${results.length - failed.length}/${results.length} ok\n`);
      if (failed.length > 0) process.exitCode = 1;
    });
}
