/**
 * The server as a process: `barista up` runs this.
 *
 *   node apps/server/src/main.ts [--port N] [--host H] [--data DIR] [--store URL] [--log-level LEVEL] [--authenticate]
 *     [--upstream-ports] [--json] [--parent]
 *
 * --upstream-ports also serves upstream's APIs on their own ports (CB-Spider's: 1024). Where SPIDER_USERNAME and SPIDER_PASSWORD are set,
 * /spider wants them.
 * --json prints one line {"url","adminTokenFile","resumed"} once it answers. --parent ends it when its standard input closes.
 * Logs are JSON lines on standard error; SIGUSR2 steps their level (info → debug → trace → warn → info).
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pino } from 'pino';
import { toBaristaError } from '@cloud-barista/model/errors';
import { defaultPort, openServer } from './server.ts';
import { upstreamPorts } from './upstream-ports.ts';

const options = {
  port: { type: 'string', default: String(defaultPort) },
  host: { type: 'string', default: '127.0.0.1' },
  data: { type: 'string' },
  store: { type: 'string' },
  'log-level': { type: 'string', default: 'warn' },
  authenticate: { type: 'boolean', default: false },
  'upstream-ports': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  parent: { type: 'boolean', default: false },
} as const;
function wrong(message: string, next: string): never {
  process.stderr.write(`error: ${message}\n  ${next}\n`);
  process.exit(2);
}
function flags() {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    wrong(
      (error as Error).message,
      `Known are: ${Object.keys(options)
        .map(name => `--${name}`)
        .join(', ')}.`,
    );
  }
}
const values = flags();
const port = Number(values.port);
if (!/^\d+$/.test(values.port) || port > 65_535)
  wrong(`${JSON.stringify(values.port)} is no port.`, 'Give --port 0 to 65535; 0 takes a free one.');
const logLevels = Object.keys(pino.levels.values);
if (!logLevels.includes(values['log-level']))
  wrong(
    `There is no log level ${JSON.stringify(values['log-level'])}.`,
    `It is one of ${logLevels.join(', ')}.`,
  );

const [spiderName = '', spiderPassword = ''] = [
  process.env['SPIDER_USERNAME'],
  process.env['SPIDER_PASSWORD'],
];
if ((spiderName === '') !== (spiderPassword === ''))
  wrong('SPIDER_USERNAME and SPIDER_PASSWORD go together.', 'Set both, or neither.');

const dataDir =
  values.data ??
  process.env['BARISTA_DATA'] ??
  join(process.env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'cloud-barista');
const logger = pino({ level: values['log-level'], base: null }, pino.destination({ fd: 2, sync: true }));
const levels = ['info', 'debug', 'trace', 'warn'] as const;
process.on('SIGUSR2', () => {
  const at = levels.indexOf(logger.level as (typeof levels)[number]);
  logger.level = levels[(at + 1) % levels.length] ?? 'info';
});

try {
  const server = await openServer({
    host: values.host,
    port,
    dataDir,
    ...(values.store !== undefined && { store: values.store }),
    ...(values.authenticate && { authenticate: true }),
    ...(values['upstream-ports'] && { upstreamPorts }),
    ...(spiderName !== '' && { spiderUser: { name: spiderName, password: spiderPassword } }),
    log: (level, message, fields = {}) => logger[level](fields, message),
  });
  let ending = false;
  const end = () => {
    // A second Ctrl-C means now; the journal stands, the next start goes on.
    if (ending) process.exit(130);
    ending = true;
    server.close().then(
      () => process.exit(0),
      error => {
        logger.error({ error: String(error) }, 'the end was not clean');
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  if (values.parent) process.stdin.on('end', end).on('error', end).resume();

  const { url, adminTokenFile, upstream, resumed } = server;
  if (values.json)
    process.stdout.write(`${JSON.stringify({ url, adminTokenFile, upstream, resumed, dataDir })}\n`);
  else {
    process.stdout.write(`Cloud-Barista answers at ${url}   (API: ${url}/docs, data: ${dataDir})\n`);
    if (upstream.spider !== undefined) process.stdout.write(`CB-Spider's API: ${upstream.spider}\n`);
    if (adminTokenFile !== undefined)
      process.stdout.write(`Calls need a token; the admin's first one is in ${adminTokenFile}\n`);
    if (resumed > 0)
      process.stdout.write(`Took up ${resumed} operations of an earlier run: barista operations\n`);
  }
} catch (error) {
  const known = toBaristaError(error);
  process.stderr.write(`error: ${known.message}${known.next === undefined ? '' : `\n  ${known.next}`}\n`);
  if (known.operator !== undefined) process.stderr.write(`${known.operator}\n`);
  process.exit(1);
}
