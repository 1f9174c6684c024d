/**
 * `demo`: the whole job on this machine. Starts Cloud-Twin and a server, connects five emulated clouds, and a Docker Engine where
 * one answers, builds the MCIS of examples/video-conference.yaml over them and runs a command on every VM. Stays up until Ctrl-C; --exit tears down at once.
 * Whatever happens it leaves nothing: both processes end when this one does, and its directory is swept at the next start.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { createClient } from '@cloud-barista/api/client';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { Mcis, McisInput } from '@cloud-barista/model/mcis';
import { startChild, type Child } from '../children.ts';
import { dataRoot } from '../config.ts';
import { fail, interrupted, type Context } from '../context.ts';
import { findEngine, type Engine } from '../demo-docker.ts';
import { readDocuments } from '../documents.ts';
import { nounOf } from '../nouns.ts';
import { render, table } from '../output.ts';
import { followTo, openProgress } from '../progress.ts';
import { registerConnection } from '../register.ts';
import { twinClient, type TwinClient, type TwinConnection, type TwinCounts } from '../twin-client.ts';
import { resultColumns, runCommand, succeeded } from './cmd.ts';

const exampleFile = fileURLToPath(new URL('../../../../examples/video-conference.yaml', import.meta.url));
/** Connection → where it is in the Twin. */
const clouds = [
  { connection: 'aws-seoul', cloud: 'aws', region: 'ap-northeast-2' },
  { connection: 'azure-amsterdam', cloud: 'azure', region: 'westeurope' },
  { connection: 'gcp-iowa', cloud: 'gcp', region: 'us-central1' },
  { connection: 'alibaba-hangzhou', cloud: 'alibaba', region: 'cn-hangzhou' },
  { connection: 'openstack-one', cloud: 'openstack', region: 'RegionOne' },
] as const;
const command = 'uptime';
const goneMs = 10_000;

const say = (text = '') => process.stdout.write(`${text}\n`);
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/** A directory for this run; those of runs whose process is dead go. */
async function ownDirectory(): Promise<string> {
  const root = join(dataRoot(), 'demo');
  await mkdir(root, { recursive: true, mode: 0o700 });
  for (const name of await readdir(root))
    if (!isAlive(Number(name))) await rm(join(root, name), { recursive: true, force: true });
  const dir = join(root, String(process.pid));
  await rm(dir, { recursive: true, force: true });
  return dir;
}

/** Its own port where free, any other where not. */
async function start(program: 'server' | 'twin', port: number, args: readonly string[]): Promise<Child> {
  const withPort = (number: number) => [
    ...(program === 'twin' ? ['up'] : []),
    '--port',
    String(number),
    ...args,
  ];
  try {
    return await startChild(program, withPort(port));
  } catch (error) {
    if (!(error instanceof BaristaError) || !error.message.includes('taken')) throw error;
    return startChild(program, withPort(0));
  }
}

interface Stage {
  context: Context;
  twin: TwinClient;
  children: Child[];
  engine: Engine | undefined;
}

async function raise(dir: string, progress = openProgress()): Promise<Stage> {
  const children: Child[] = [];
  try {
    progress.show('starting Cloud-Twin and the server');
    const started = await Promise.allSettled([
      start('twin', 4650, ['--empty', '--dir', join(dir, 'twin')]),
      start('server', 4600, ['--data', join(dir, 'server')]),
    ]);
    for (const each of started) if (each.status === 'fulfilled') children.push(each.value);
    for (const each of started) if (each.status === 'rejected') throw each.reason;
    const [twinChild, serverChild] = children;
    const twin = twinClient(String(twinChild?.ready['url']));
    const url = String(serverChild?.ready['url']);
    const context: Context = {
      client: createClient({ url }),
      settings: { server: url, token: '', namespace: 'default', twin: twin.url },
      format: 'table',
      signal: interrupted.signal,
    };
    progress.line(`✓ Cloud-Twin at ${twin.url}, server at ${url} (API: ${url}/docs)`);

    progress.show('connecting the clouds');
    for (const { cloud, region } of clouds)
      await twin.send('POST', '/clouds', { name: cloud, kind: cloud, regions: [region] });
    const looking = findEngine(context);
    await Promise.all(
      clouds.map(async ({ connection, cloud, region }) => {
        await registerConnection(
          context,
          connection,
          await twin.get<TwinConnection>(`/clouds/${cloud}/connection?region=${region}`),
        );
        await context.client.call('connection.check', { connection }, { signal: context.signal });
      }),
    );
    const found = await looking;
    const engine = typeof found === 'string' ? undefined : found;
    const connected = [
      ...clouds.map(({ connection }) => connection),
      ...(engine ? [engine.group.connection] : []),
    ];
    progress.line(`✓ connected: ${connected.join(', ')}`);
    if (typeof found === 'string' && found !== '') progress.line(`– ${found}`);
    return { context, twin, children, engine };
  } catch (error) {
    progress.end();
    await Promise.all(children.map(child => child.end()));
    throw error;
  }
}

interface Outcome {
  vms: string;
  commands: string;
  good: boolean;
}

async function perform({ context, twin, engine }: Stage, name: string, body: McisInput): Promise<Outcome> {
  const { client, settings, signal } = context;
  const total = body.groups.reduce((sum, group) => sum + group.size, 0);
  const began = performance.now();
  await followTo(
    context,
    await client.call('mcis.create', { namespace: settings.namespace, body }, { signal }),
  );
  const mcis: Mcis = await client.call('mcis.get', { namespace: settings.namespace, mcis: name }, { signal });
  const running = mcis.vms.filter(vm => vm.state === 'Running').length;
  say(
    `✓ MCIS ${name}: ${mcis.status} on ${new Set(mcis.vms.map(vm => vm.connection)).size} clouds in ${((performance.now() - began) / 1000).toFixed(1)} s\n`,
  );
  say(render('table', mcis.vms, nounOf('vms').columns));

  const results = await runCommand(context, name, { command, timeoutSeconds: 60 }, () => {});
  const ok = results.filter(succeeded).length;
  say(`\n$ ${command}   on every VM, over SSH\n`);
  say(table(resultColumns, results));
  const standing = (await twin.get<TwinCounts>('/counts')).total + ((await engine?.standing()) ?? 0);
  say(`\nThe clouds hold ${standing} resources for it (networks, security groups, keys, addresses, VMs).`);
  return {
    vms: `${running}/${total} VMs Running`,
    commands: `${ok}/${total} commands ok`,
    good: running === total && ok === total,
  };
}

function whereNext({ context, twin }: Stage, name: string): void {
  const { server } = context.settings;
  const flags = server === 'http://127.0.0.1:4600' ? '' : ` -s ${server}`;
  const port = new URL(twin.url).port;
  say(`
Where to look next, in another terminal:
  ./barista get mcis${flags}                              the group and its state
  ./barista describe mcis ${name}${flags}
  ./barista cmd ${name}${flags} -- 'hostname; uname -r'    a command on every VM
  ./barista ssh ${name} web-1${flags}                     a shell on one
  ./barista calls${flags}                                 every call to a cloud, with its time
  eval "$(./barista twin env aws --port ${port})"; aws ec2 describe-instances --endpoint-url ${twin.url}
  ${server}/docs                              the API

Ctrl-C tears it all down.`);
}

/** Removes the MCIS through the server, as a user would, then asks the Twin what is left. */
async function tearDown({ context, twin, engine }: Stage, name: string): Promise<number> {
  const { client, settings } = context;
  const quiet = { client, signal: new AbortController().signal };
  const place = { namespace: settings.namespace, mcis: name };
  try {
    const running = (await client.call('operation.list', { limit: 100 })).items.filter(
      each => each.state === 'running',
    );
    for (const operation of running)
      await client
        .call('operation.cancel', { operation: operation.id })
        .then(now => followTo(quiet, now))
        .catch(() => {});
    await followTo(quiet, await client.call('mcis.delete', place));
  } catch (error) {
    if (!hasCode(error, 'not_found')) throw error;
  }
  // A cloud may be told to delete and take its time: Azure's resource group goes after the last that stood in it.
  for (const end = performance.now() + goneMs; ; ) {
    const left = (await twin.get<TwinCounts>('/counts')).total + ((await engine?.standing()) ?? 0);
    if (left === 0 || performance.now() > end) return left;
    await sleep(100);
  }
}

export function addDemo(program: Command): void {
  program
    .command('demo')
    .summary('build a group of VMs over five emulated clouds and run a command on each')
    .option('--exit', 'tear down at once instead of waiting for Ctrl-C')
    .action(async (flags: { exit?: boolean }) => {
      const began = performance.now();
      const [document] = await readDocuments(exampleFile);
      const example = document?.body as unknown as McisInput;
      const dir = await ownDirectory();
      const stage = await raise(dir).catch(async (error: unknown) => {
        await rm(dir, { recursive: true, force: true });
        throw error;
      });
      const body = stage.engine ? { ...example, groups: [...example.groups, stage.engine.group] } : example;
      let outcome: Outcome | undefined;
      try {
        outcome = await perform(stage, body.name, body);
        if (flags.exit !== true) {
          whereNext(stage, body.name);
          await new Promise<void>(resolve => {
            if (interrupted.signal.aborted) resolve();
            interrupted.signal.addEventListener('abort', () => resolve(), { once: true });
          });
        }
      } catch (error) {
        process.exitCode = interrupted.signal.aborted ? 130 : fail(error) || 1;
      }
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      let left = -1;
      try {
        say('\nTearing down …');
        left = await tearDown(stage, body.name);
      } catch (error) {
        process.exitCode = fail(error) || 1;
      } finally {
        await Promise.all(stage.children.map(child => child.end()));
        await rm(dir, { recursive: true, force: true });
      }
      if (!outcome) return;
      say(
        `${outcome.vms}, ${outcome.commands}, ${seconds} s; torn down, ${left < 0 ? 'an unknown number' : left} left in the clouds`,
      );
      if (!outcome.good || left !== 0) process.exitCode = 1;
    });
}
