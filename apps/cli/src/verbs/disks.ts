/** `attach`, `detach`, `resize`, `associate`, `dissociate`; and the making of disks, custom images and public addresses. */
import type { Command } from 'commander';
import type { Operation } from '@cloud-barista/model/operation';
import { contextOf, countOf, withServer, type Context, type Flags } from '../context.ts';
import { follow } from '../progress.ts';
import { vmArgument, vmNameOf } from '../vm-name.ts';

interface InCloud extends Flags {
  connection: string;
}
interface Waiting extends InCloud {
  wait: boolean;
}

const inCloud = (command: Command): Command =>
  withServer(command).requiredOption('-c, --connection <name>', 'of this connection');
const waiting = (command: Command): Command => inCloud(command).option('--no-wait', 'begin it and return');

/** Follows the operation to its end, or tells its name. */
async function ended(context: Context, flags: Waiting, operation: Operation, said: string): Promise<void> {
  if (!flags.wait) return void process.stdout.write(`operation ${operation.id}\n`);
  await follow(context, operation);
  process.stdout.write(`${said}\n`);
}

export function addDiskMaking(create: Command): void {
  waiting(create.command('disk'))
    .summary('make a data disk')
    .argument('<name>')
    .requiredOption('--size <GiB>', 'its size', countOf)
    .option('--type <type>', "the cloud's own word; barista describe driver NAME lists them")
    .option('--zone <zone>', 'where the VM stands that is to have it')
    .action(async (name: string, flags: Waiting & { size: number; type?: string; zone?: string }) => {
      const context = await contextOf(flags);
      const { connection, size, type, zone } = flags;
      const operation = await context.client.call(
        'disk.create',
        {
          connection,
          body: {
            name,
            sizeGb: size,
            ...(type !== undefined && { type }),
            ...(zone !== undefined && { zone }),
          },
        },
        { signal: context.signal },
      );
      await ended(context, flags, operation, `disk ${name} made`);
    });
  waiting(create.command('custom-image'))
    .summary('make an image of a VM of a connection')
    .argument('<name>')
    .requiredOption('--vm <name>', `the VM: ${vmArgument}; it goes on`)
    .action(async (name: string, flags: Waiting & { vm: string }) => {
      const context = await contextOf(flags);
      const operation = await context.client.call(
        'custom-image.create',
        {
          connection: flags.connection,
          body: { name, vm: await vmNameOf(context, flags.connection, flags.vm) },
        },
        { signal: context.signal },
      );
      await ended(context, flags, operation, `custom image ${name} made`);
    });
  inCloud(create.command('public-ip'))
    .summary('reserve a public address')
    .argument('<name>')
    .action(async (name: string, flags: InCloud) => {
      const { client, signal } = await contextOf(flags);
      const { connection } = flags;
      const ip = await client.call('public-ip.create', { connection, body: { name } }, { signal });
      process.stdout.write(`public address ${name}: ${ip.address}\n`);
    });
}

export function addDisks(program: Command): void {
  waiting(program.command('attach'))
    .summary('attach a disk to a VM')
    .argument('<disk>')
    .argument('<vm>', vmArgument)
    .action(async (disk: string, vm: string, flags: Waiting) => {
      const context = await contextOf(flags);
      const { connection } = flags;
      const operation = await context.client.call(
        'disk.attach',
        { connection, disk, body: { vm: await vmNameOf(context, connection, vm) } },
        { signal: context.signal },
      );
      await ended(context, flags, operation, `disk ${disk} attached to ${vm}`);
    });
  waiting(program.command('detach'))
    .summary('detach a disk from the VM that has it')
    .argument('<disk>', 'barista get disks lists them')
    .action(async (disk: string, flags: Waiting) => {
      const context = await contextOf(flags);
      const { connection } = flags;
      const operation = await context.client.call(
        'disk.detach',
        { connection, disk },
        { signal: context.signal },
      );
      await ended(context, flags, operation, `disk ${disk} detached`);
    });
  waiting(program.command('resize'))
    .summary('let a disk grow')
    .argument('<disk>')
    .argument('<GiB>', 'its new size', countOf)
    .action(async (disk: string, sizeGb: number, flags: Waiting) => {
      const context = await contextOf(flags);
      const { connection } = flags;
      const operation = await context.client.call(
        'disk.resize',
        { connection, disk, body: { sizeGb } },
        { signal: context.signal },
      );
      await ended(context, flags, operation, `disk ${disk} has ${sizeGb} GiB`);
    });
  inCloud(program.command('associate'))
    .summary('let a VM carry a reserved public address')
    .argument('<public-ip>')
    .argument('<vm>', vmArgument)
    .action(async (publicIp: string, vm: string, flags: InCloud) => {
      const context = await contextOf(flags);
      const { client, signal } = context;
      const { connection } = flags;
      const body = { vm: await vmNameOf(context, connection, vm) };
      const ip = await client.call('public-ip.associate', { connection, publicIp, body }, { signal });
      process.stdout.write(`${vm} carries ${ip.address}\n`);
    });
  inCloud(program.command('dissociate'))
    .summary('take a reserved public address from the VM that carries it')
    .argument('<public-ip>', 'barista get public-ips lists them')
    .action(async (publicIp: string, flags: InCloud) => {
      const { client, signal } = await contextOf(flags);
      const { connection } = flags;
      const { vm } = await client.call('public-ip.get', { connection, publicIp }, { signal });
      const ip = await client.call('public-ip.dissociate', { connection, publicIp }, { signal });
      process.stdout.write(`${ip.address} is free\n`);
      const left = await client
        .call('vm.get', { connection, vm }, { signal })
        .then(now => now.publicIp)
        .catch(() => undefined);
      if (left === '')
        process.stderr.write(
          `${vm} has no public address now; associate another with it to reach it over SSH.\n`,
        );
    });
}
