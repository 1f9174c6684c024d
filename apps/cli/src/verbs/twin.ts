/** `twin`: runs Cloud-Twin, says how the vendors' own CLIs reach it, sets its faults, counts what stands in it. */
import type { Command } from 'commander';
import { BaristaError } from '@cloud-barista/model/errors';
import { runForeground } from '../children.ts';
import { settingsNow } from '../config.ts';
import { contextOf, formatOf, portNumber, withServer, type Flags } from '../context.ts';
import { column, print, type Format } from '../output.ts';
import { connectTwin } from '../register.ts';
import { replayVerb } from './twin-replay.ts';
import { twinClient, type TwinClient, type TwinCounts } from '../twin-client.ts';

interface TwinFlags {
  twin?: string;
  port?: number;
  output: Format;
}
interface CloudRow {
  name: string;
  kind: string;
  regions: string[];
  delays: Record<string, number>;
}
interface VmRow {
  cloud: string;
  region: string;
  id: string;
  hostname: string;
  state: string;
  publicIp: string;
  privateIp: string;
}
interface FaultRow {
  cloud: string;
  operation: string;
  probability: number;
  fault: string;
  delayMs?: [number, number];
}

const withTwin = (command: Command): Command =>
  command
    .option('--twin <url>', 'address of the Twin')
    .option('--port <port>', 'the Twin is on this machine, at this port', portNumber)
    .option('-o, --output <format>', 'table, wide, json, yaml', formatOf, 'table');

async function clientOf(flags: Pick<TwinFlags, 'twin' | 'port'>): Promise<TwinClient> {
  if (flags.port !== undefined) return twinClient(`http://127.0.0.1:${flags.port}`);
  return twinClient((await settingsNow({ ...(flags.twin !== undefined && { twin: flags.twin }) })).twin);
}

/** For a POSIX shell's eval: single quotes, and a quote inside as '\''. */
const shellQuoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

const cloudColumns = [
  column<CloudRow>('NAME', c => c.name),
  column<CloudRow>('KIND', c => c.kind),
  column<CloudRow>('REGIONS', c => c.regions),
  column<CloudRow>('CREATE', c => `${c.delays['create'] ?? 0} ms`),
];
const vmColumns = [
  column<VmRow>('CLOUD', v => v.cloud),
  column<VmRow>('REGION', v => v.region),
  column<VmRow>('ID', v => v.id),
  column<VmRow>('HOST', v => v.hostname),
  column<VmRow>('STATE', v => v.state),
  column<VmRow>('PUBLIC IP', v => v.publicIp),
  column<VmRow>('PRIVATE IP', v => v.privateIp),
];
const faultColumns = [
  column<FaultRow>('CLOUD', f => f.cloud),
  column<FaultRow>('OPERATION', f => f.operation),
  column<FaultRow>('FAULT', f => f.fault),
  column<FaultRow>('PROBABILITY', f => f.probability),
  column<FaultRow>('DELAY', f => (f.delayMs ? `${f.delayMs[0]}–${f.delayMs[1]} ms` : '')),
];

function milliseconds(text: string): [number, number] {
  const match = /^(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?(ms|s)?$/.exec(text);
  if (!match)
    throw new BaristaError('invalid_argument', `${JSON.stringify(text)} is no time.`, {
      where: '--delay',
      next: 'Write 200ms, 5s or 5-10s.',
    });
  const unit = match[3] === 's' ? 1000 : 1;
  const least = Number(match[1]) * unit;
  return [least, match[2] === undefined ? least : Number(match[2]) * unit];
}

export function addTwin(program: Command): void {
  const twin = program.command('twin').summary('run and steer Cloud-Twin, the emulator of the clouds');

  twin
    .command('up')
    .summary('run the Twin until Ctrl-C')
    .option('--port <port>', 'port to listen on; 0 takes a free one', portNumber, 4650)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--ssh-port <port>', 'auto: 22 where free and allowed, else another; off; or a port', 'auto')
    .option('--seed <text>', 'replays the same chances')
    .option('--delay-ms <ms>', 'how long a VM takes to come up, stop and so on')
    .option('--dir <dir>', 'where the VMs’ files lie')
    .option('--empty', 'without the clouds that are there by default')
    .option('--json', 'one line of JSON once it answers')
    .action(
      async (flags: {
        port: number;
        host: string;
        sshPort: string;
        seed?: string;
        delayMs?: string;
        dir?: string;
        empty?: boolean;
        json?: boolean;
      }) => {
        const args = ['up', '--port', String(flags.port), '--host', flags.host, '--ssh-port', flags.sshPort];
        if (flags.seed !== undefined) args.push('--seed', flags.seed);
        if (flags.delayMs !== undefined) args.push('--delay-ms', flags.delayMs);
        if (flags.dir !== undefined) args.push('--dir', flags.dir);
        if (flags.empty === true) args.push('--empty');
        if (flags.json === true) args.push('--json');
        process.exitCode = await runForeground('twin', args);
      },
    );

  withTwin(twin.command('env'))
    .summary('print the shell exports with which the vendor’s own CLI talks to a cloud')
    .description('Print shell exports:  eval "$(barista twin env aws)"')
    .argument('<cloud>', 'a cloud of the Twin, e.g. aws, openstack')
    .action(async (cloud: string, flags: TwinFlags) => {
      const values = await (await clientOf(flags)).get<Record<string, string>>(
        `/clouds/${encodeURIComponent(cloud)}/env`,
      );
      if (flags.output === 'json' || flags.output === 'yaml') return print(flags.output, values, []);
      for (const [key, value] of Object.entries(values))
        process.stdout.write(`export ${key}=${shellQuoted(value)}\n`);
    });

  withTwin(twin.command('clouds'))
    .summary('list the clouds')
    .action(async (flags: TwinFlags) =>
      print(
        flags.output,
        (await (await clientOf(flags)).get<{ items: CloudRow[] }>('/clouds')).items,
        cloudColumns,
      ),
    );

  withTwin(twin.command('add'))
    .summary('add a cloud')
    .argument('<name>')
    .requiredOption('--kind <kind>', 'aws, azure, gcp, alibaba, openstack or cloudit')
    .option('--region <name...>', 'its regions')
    .option('--delay <ms>', 'how long its VMs take to come up, stop and so on, in milliseconds', Number)
    .action(async (name: string, flags: TwinFlags & { kind: string; region?: string[]; delay?: number }) => {
      const { delay, region, kind } = flags;
      const delays =
        delay === undefined
          ? undefined
          : { create: delay, start: delay, stop: delay, reboot: delay, terminate: delay };
      const made = await (await clientOf(flags)).send<CloudRow>('POST', '/clouds', {
        name,
        kind,
        regions: region,
        delays,
      });
      print(flags.output, made, cloudColumns);
    });

  withTwin(twin.command('remove'))
    .summary('remove a cloud and all that stands in it')
    .argument('<name>')
    .action(async (name: string, flags: TwinFlags) => {
      await (await clientOf(flags)).send('DELETE', `/clouds/${encodeURIComponent(name)}`);
      process.stdout.write(`cloud ${name} removed\n`);
    });

  withTwin(twin.command('vms'))
    .summary('list the VMs as they are, whatever the clouds say')
    .option('--cloud <name>', 'of this cloud')
    .action(async (flags: TwinFlags & { cloud?: string }) => {
      const query = flags.cloud === undefined ? '' : `?cloud=${encodeURIComponent(flags.cloud)}`;
      print(
        flags.output,
        (await (await clientOf(flags)).get<{ items: VmRow[] }>(`/vms${query}`)).items,
        vmColumns,
      );
    });

  withTwin(twin.command('counts'))
    .summary('count what stands in each cloud')
    .action(async (flags: TwinFlags) => {
      const counts = await (await clientOf(flags)).get<TwinCounts>('/counts');
      if (flags.output === 'json' || flags.output === 'yaml') return print(flags.output, counts, []);
      const rows = Object.entries(counts.clouds).map(([name, each]) => ({
        name,
        text:
          Object.entries(each)
            .filter(([, n]) => n > 0)
            .map(([noun, n]) => `${n} ${noun}`)
            .join(', ') || 'nothing',
      }));
      print(flags.output, rows, [
        column<{ name: string }>('CLOUD', r => r.name),
        column<{ text: string }>('HOLDS', r => r.text),
      ]);
    });

  withTwin(twin.command('crash'))
    .summary('crash a VM')
    .argument('<cloud>')
    .argument('<id>', 'the cloud’s id of the VM')
    .action(async (cloud: string, id: string, flags: TwinFlags) => {
      await (await clientOf(flags)).send('POST', '/vms/crash', { cloud, id });
      process.stdout.write(`${id} crashed\n`);
    });

  withTwin(twin.command('fail'))
    .summary('make an operation fail, or take long')
    .description(
      'Make an operation fail with a probability, or take long.\n  barista twin fail create-vm 0.2              one VM creation in five fails\n  barista twin fail RunInstances 0.1 --fault throttle --cloud aws\n  barista twin fail "*" 0 --delay 5-10s        every call takes 5 to 10 seconds',
    )
    .argument('<operation>', 'the cloud’s own name of it, create-vm, or *')
    .argument('<probability>', '0 to 1', Number)
    .option('--cloud <name>', 'in this cloud', '*')
    .option('--fault <kind>', 'error, capacity, quota, throttle, unavailable, hang, drop', 'error')
    .option('--delay <time>', 'e.g. 200ms, 5-10s')
    .action(
      async (
        operation: string,
        probability: number,
        flags: TwinFlags & { cloud: string; fault: string; delay?: string },
      ) => {
        const rule = {
          cloud: flags.cloud,
          operation,
          probability,
          fault: flags.fault,
          ...(flags.delay !== undefined && { delayMs: milliseconds(flags.delay) }),
        };
        print(
          flags.output,
          (await (await clientOf(flags)).send<{ items: FaultRow[] }>('POST', '/faults', rule)).items,
          faultColumns,
        );
      },
    );

  withTwin(twin.command('faults'))
    .summary('list the faults; --clear ends them')
    .option('--clear', 'end them all')
    .action(async (flags: TwinFlags & { clear?: boolean }) => {
      const client = await clientOf(flags);
      if (flags.clear === true) await client.send('DELETE', '/faults');
      print(flags.output, (await client.get<{ items: FaultRow[] }>('/faults')).items, faultColumns);
    });

  replayVerb(withTwin(twin.command('replay')), clientOf);

  withServer(twin.command('connect'))
    .summary('make connections of the Twin’s clouds at the server')
    .argument('[clouds...]', 'only these')
    .option('--twin <url>', 'address of the Twin')
    .option('--port <port>', 'the Twin is on this machine, at this port', portNumber)
    .action(async (clouds: string[], flags: Flags & { port?: number }) => {
      const context = await contextOf(flags);
      const made = await connectTwin(context, await clientOf(flags), clouds);
      for (const name of made) process.stdout.write(`connection ${name}\n`);
    });
}
