/** The command as a process of its own, with a home of its own, against a server in this process. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient, type Client } from '@cloud-barista/api/client';
import { openMemoryCloud } from '@cloud-barista/driver-memory/open';
import { newSuffix } from '@cloud-barista/model/ids';
import { openServer, type Server } from '@cloud-barista/server/server';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

export interface Said {
  code: number | null;
  stdout: string;
  stderr: string;
}
export interface Running {
  child: ChildProcess;
  ended: Promise<Said>;
  /** Resolves once its standard output holds `text`. */
  until(text: string): Promise<void>;
}
export interface Cli {
  home: string;
  env: Record<string, string>;
  start(args: readonly string[], options?: { env?: Record<string, string>; input?: string }): Running;
  run(args: readonly string[], options?: { env?: Record<string, string>; input?: string }): Promise<Said>;
  /** Runs it, asserts exit code 0 and a quiet standard error, and returns its output. */
  good(...args: string[]): Promise<string>;
  json<T>(...args: string[]): Promise<T>;
  /** Runs it, asserts the exit code, and returns its standard error. */
  bad(code: number, ...args: string[]): Promise<string>;
  /** Writes a file into the home; its path. */
  file(name: string, text: string): Promise<string>;
}

type Hooks = { after(fn: () => Promise<void>): void };

export async function openCli(hooks: Hooks, env: Record<string, string> = {}): Promise<Cli> {
  const home = await mkdtemp(join(tmpdir(), 'barista-cli-'));
  hooks.after(() => rm(home, { recursive: true, force: true }));
  // Of the tester's own settings only what a program needs to start; one cache of stripped sources for all runs.
  const base = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    XDG_CONFIG_HOME: join(home, 'config'),
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(home, 'cache'),
    ...env,
  };
  const cli: Cli = {
    home,
    env: base,
    start(args, { env: more = {}, input } = {}) {
      const child = spawn(process.execPath, [main, ...args], { env: { ...base, ...more }, stdio: 'pipe' });
      let [stdout, stderr] = ['', ''];
      const heard = new Set<() => void>();
      child.stdout.setEncoding('utf8').on('data', text => {
        stdout += String(text);
        for (const tell of heard) tell();
      });
      child.stderr.setEncoding('utf8').on('data', text => (stderr += String(text)));
      child.stdin.on('error', () => {});
      child.stdin.end(input);
      const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }));
      return {
        child,
        ended,
        until(text) {
          return new Promise((resolve, reject) => {
            const look = () => stdout.includes(text) && resolve();
            heard.add(look);
            look();
            void ended.then(said => reject(new Error(`it ended: ${JSON.stringify(said)}`)));
          });
        },
      };
    },
    run: (args, options) => cli.start(args, options).ended,
    async good(...args) {
      const { code, stdout, stderr } = await cli.run(args);
      assert.equal(code, 0, `barista ${args.join(' ')}: ${stderr}`);
      assert.ok(!stderr.includes('error'), stderr);
      return stdout;
    },
    json: async (...args) => JSON.parse(await cli.good(...args, '-o', 'json')),
    async bad(code, ...args) {
      const said = await cli.run(args);
      assert.equal(said.code, code, `barista ${args.join(' ')}: ${said.stdout}${said.stderr}`);
      assert.ok(!said.stderr.includes('    at '), `a stack is not for people: ${said.stderr}`);
      return said.stderr;
    },
    async file(name, text) {
      const path = join(home, name);
      await writeFile(path, text);
      return path;
    },
  };
  return cli;
}

export interface Stage {
  server: Server;
  client: Client;
  cli: Cli;
  /** Lets the clock of the clouds run on: what they began ends. */
  thaw: () => void;
}

/** A server with the connections `seoul` and `slow`; at `slow` nothing ends until it is thawed. */
export async function openStage(hooks: Hooks, env: Record<string, string> = {}): Promise<Stage> {
  let [now, step] = [Date.now(), 0];
  const { driver } = openMemoryCloud(`cli-${newSuffix()}`, { now: () => (now += step) });
  const server = await openServer({
    store: 'memory:',
    port: 0,
    drivers: { memory: async () => ({ driver }) },
  });
  hooks.after(() => server.close());
  const client = createClient({ url: server.url });
  for (const [name, values] of [
    ['seoul', {}],
    ['slow', { createMs: '60000' }],
  ] as const) {
    await client.call('credential.create', {
      body: { name, driver: 'memory', values: { mockName: `${name}-${newSuffix()}` } },
    });
    await client.call('region.create', { body: { name, driver: 'memory', values } });
    await client.call('connection.create', {
      body: { name, driver: 'memory', credential: name, region: name },
    });
  }
  const cli = await openCli(hooks, { BARISTA_SERVER: server.url, ...env });
  return {
    server,
    client,
    cli,
    thaw() {
      step = 60_000;
    },
  };
}

export const mcisFile = (
  name: string,
  ...groups: [name: string, size: number, connection?: string][]
): string =>
  `name: ${name}\ngroups:\n${groups
    .map(
      ([group, size, connection = 'seoul']) =>
        `  - name: ${group}\n    size: ${size}\n    connection: ${connection}\n    image: ubuntu-22.04\n`,
    )
    .join('')}`;
