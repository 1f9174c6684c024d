/** `lab`: real clouds on this computer, to develop and judge against. The work is done by tools/lab of the checkout. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { BaristaError } from '@cloud-barista/model/errors';

const main = fileURLToPath(new URL('../../../../tools/lab/openstack/main.ts', import.meta.url));

interface LabFlags {
  dir?: string;
  hypervisor?: string;
  only?: string;
  json?: boolean;
  dryRun?: boolean;
}

function run(verb: string, { dir, hypervisor, only, json, dryRun }: LabFlags): Promise<void> {
  if (!existsSync(main))
    throw new BaristaError('failed_precondition', 'The lab’s scripts are not part of this installation.', {
      next: 'Run ./barista from a checkout of the repository.',
    });
  const args = [main, verb];
  for (const [name, value] of Object.entries({ dir, hypervisor, only }))
    if (value !== undefined) args.push(`--${name}`, value);
  if (json === true) args.push('--json');
  if (dryRun === true) args.push('--dry-run');
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  // Ctrl-C reaches it by the terminal; we wait for its end, for it takes back what is half made.
  const pass = () => child.kill('SIGTERM');
  process.on('SIGTERM', pass);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      process.off('SIGTERM', pass);
      process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1);
      resolve();
    });
  });
}

const withPlace = (command: Command): Command =>
  command
    .option('--dir <dir>', 'where it lies; ~/.cache/cloud-barista/lab/openstack where absent')
    .option('--dry-run', 'only say what would be done');
const withMachine = (command: Command): Command =>
  command
    .option(
      '--hypervisor <kind>',
      'qemu (emulates the processor), kvm, or fake (servers that only seem)',
      'qemu',
    )
    .option('--json', 'print the values as JSON');

export function addLab(program: Command): void {
  const lab = program.command('lab').summary('run a real cloud on this computer');
  const openstack = lab
    .command('openstack')
    .summary('a real OpenStack of Debian’s packages (as root)')
    .description(
      'A real OpenStack – Keystone, Glance, Placement, Nova, Neutron, Cinder – of Debian’s packages, on this computer, as root.\nWithout a verb: makes the image where there is none, brings it up and prints how it is connected. See docs/lab.md.',
    );
  withMachine(withPlace(openstack)).action((flags: LabFlags) => run('all', flags));
  const verb = (name: string, summary: string) =>
    withPlace(openstack.command(name).summary(summary)).action((_: unknown, command: Command) =>
      run(name, command.optsWithGlobals<LabFlags>()),
    );
  verb('image', 'unpack the packages: some minutes, once');
  withMachine(verb('up', 'bring it up and print how it is connected'));
  verb('test', 'run the driver’s suite on it, and keep the record in docs/runs').option(
    '--only <regex>',
    'only the cases whose noun and title fit; in the record they take the place of those',
  );
  verb('status', 'say what runs and which services answer').option('--json', 'as JSON');
  verb('down', 'end it; nothing but the image is left');
}
