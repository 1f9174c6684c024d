/** `conformance`: the driver suite on one's own account. */
import type { Command } from 'commander';
import type { ConformanceEvent, ConformanceSummary } from '@cloud-barista/model/conformance';
import { BaristaError } from '@cloud-barista/model/errors';
import { contextOf, countOf, positive, withServer, type Flags } from '../context.ts';
import { print } from '../output.ts';

interface ConformanceFlags extends Flags {
  connection: string;
  yes?: true;
  image?: string;
  spec?: string;
  maxCost?: number;
  maxVms?: number;
}

const marks = { passed: '✔', failed: '✖', skipped: '–' } as const;

function line({ plan, case: one, summary }: ConformanceEvent): string {
  if (plan) {
    const cost =
      plan.cost === undefined
        ? ''
        : `, at most ${plan.cost} ${plan.currency ?? ''} (each VM counted as a whole hour)`;
    return (
      `${plan.driver} in ${plan.region}: image ${plan.image}, spec ${plan.spec}, at most ${plan.vms} VMs${cost}` +
      (plan.cut ? '\nThat is not enough for all cases: those that need more VMs will fail.' : '')
    );
  }
  if (one)
    return `${marks[one.outcome]} ${one.noun}: ${one.title}${one.reason === '' ? '' : `\n    ${one.reason.split('\n')[0] ?? ''}`}`;
  if (!summary) return '';
  const left = summary.left.map(({ kind, id, name }) => `  ${kind} ${name} ${id}`);
  return [
    `${summary.passed} passed, ${summary.failed} failed, ${summary.skipped} skipped; ${summary.vms} VMs made`,
    left.length === 0 ? 'Nothing of it is left in the cloud.' : 'Left in the cloud, to be deleted by hand:',
    ...left,
  ].join('\n');
}

export function addConformance(program: Command): void {
  withServer(program.command('conformance'))
    .summary('try a driver on your own account, within a bound on cost')
    .description(
      'Run the driver suite on the cloud of a connection. Cases that do not apply are shown with -o wide. What it makes is named bs-…, and is taken down at the end, also when you interrupt it.',
    )
    .requiredOption('-c, --connection <name>', 'the account that it is run on')
    .option('--yes', 'run it; without it only the plan and what it can cost are shown')
    .option('--image <image>', 'id or system', 'ubuntu-22.04')
    .option('--spec <spec>', 'default: the cheapest small one')
    .option(
      '--max-cost <amount>',
      'make no VM beyond this, in the currency of the cloud; default 5',
      positive,
    )
    .option('--max-vms <count>', 'make no more VMs than this', countOf)
    .action(async (flags: ConformanceFlags) => {
      const { client, signal, format } = await contextOf(flags);
      const { connection, image, spec, maxCost, maxVms } = flags;
      const asData = format === 'json' || format === 'yaml';
      let summary: ConformanceSummary | undefined;
      try {
        for await (const event of client.stream(
          'conformance.run',
          {
            connection,
            body: {
              dryRun: flags.yes !== true,
              ...(image !== undefined && { image }),
              ...(spec !== undefined && { spec }),
              ...(maxCost !== undefined && { maxCost }),
              ...(maxVms !== undefined && { maxVms }),
            },
          },
          { signal },
        )) {
          summary = event.summary ?? summary;
          if (asData) print(format, event, []);
          else if (event.case?.outcome !== 'skipped' || format === 'wide')
            process.stdout.write(`${line(event)}\n`);
        }
      } catch (error) {
        if (signal.aborted)
          process.stderr.write(
            `Interrupted; what it made is being taken down. See: barista get inventory --connection ${connection}\n`,
          );
        throw error;
      }
      if (flags.yes !== true) {
        if (!asData) process.stderr.write('Nothing was made. Repeat it with --yes to run it.\n');
        return;
      }
      if (!summary)
        throw new BaristaError('unavailable', 'The run broke off.', {
          next: `Look what it left: barista get inventory --connection ${connection}`,
        });
      if (summary.failed > 0 || summary.left.length > 0) process.exitCode = 1;
    });
}
