/** `suspend`, `resume`, `reboot`, `terminate`: a whole MCIS, or one VM of a connection. */
import type { Command } from 'commander';
import type { Operation } from '@cloud-barista/model/operation';
import { vmActions } from '@cloud-barista/model/state';
import { contextOf, withServer, type Flags } from '../context.ts';
import { follow } from '../progress.ts';

interface ActFlags extends Flags {
  connection?: string;
  wait: boolean;
}
const past = {
  suspend: 'suspended',
  resume: 'resumed',
  reboot: 'rebooted',
  terminate: 'terminated',
} as const;

export function addActs(program: Command): void {
  for (const action of vmActions)
    withServer(program.command(action))
      .summary(`${action} an MCIS, or one VM of a connection`)
      .argument('<name>', 'MCIS; with --connection a VM of it')
      .option('-c, --connection <name>', 'the VM is of this connection')
      .option('--no-wait', 'begin it and return')
      .action(async (name: string, flags: ActFlags) => {
        const context = await contextOf(flags);
        const { client, settings, signal } = context;
        const { connection } = flags;
        const operation: Operation =
          connection === undefined
            ? await client.call(`mcis.${action}`, { namespace: settings.namespace, mcis: name }, { signal })
            : await client.call(`vm.${action}`, { connection, vm: name }, { signal });
        if (!flags.wait) return void process.stdout.write(`${name}: operation ${operation.id}\n`);
        await follow(context, operation);
        process.stdout.write(`${name} ${past[action]}\n`);
      });
}
