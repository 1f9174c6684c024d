/**
 * `barista twin up`: the Twin as a process of its own.
 *
 *   node apps/twin/src/main.ts up [--port N] [--host H] [--ssh-port N|auto|off] [--seed S] [--delay-ms N] [--empty] [--json]
 *
 * Starts with one cloud of each kind (named by its kind) unless --empty. With --json it prints one line,
 * {"url","port","sshPort","sandbox"}, once it answers; without, a text for people. Ends on SIGINT, SIGTERM, and, with
 * --parent, when its standard input closes (so that it never outlives the process that started it, kill -9 included).
 */
import { parseArgs } from 'node:util';
import { toBaristaError } from '@cloud-barista/model/errors';
import { defaultPort, openTwin } from './twin.ts';

const { values } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string', default: String(defaultPort) },
    host: { type: 'string', default: '127.0.0.1' },
    'ssh-port': { type: 'string', default: 'auto' },
    'ssh-mode': { type: 'string' },
    seed: { type: 'string' },
    dir: { type: 'string' },
    'delay-ms': { type: 'string' },
    empty: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    parent: { type: 'boolean', default: false },
  },
});

try {
  const sshPort = values['ssh-port'];
  const twin = await openTwin({
    host: values.host,
    port: Number(values.port),
    ssh: sshPort === 'auto' || sshPort === 'off' ? sshPort : Number(sshPort),
    ...(values['ssh-mode'] === 'ports' || values['ssh-mode'] === 'addresses'
      ? { sshMode: values['ssh-mode'] }
      : {}),
    ...(values.seed !== undefined && { seed: values.seed }),
    ...(values.dir !== undefined && { dir: values.dir }),
    onError: error => process.stderr.write(`${toBaristaError(error).operator ?? String(error)}\n`),
  });
  const delay = values['delay-ms'] === undefined ? undefined : Number(values['delay-ms']);
  if (!values.empty)
    for (const { kind } of twin.world.kinds)
      twin.world.addCloud({
        name: kind,
        kind,
        ...(delay !== undefined && {
          delays: { create: delay, start: delay, stop: delay, reboot: delay, terminate: delay },
        }),
      });

  let ending = false;
  const end = () => {
    if (ending) process.exit(1);
    ending = true;
    void twin.close().finally(() => process.exit(0));
  };
  process.on('SIGINT', end);
  process.on('SIGTERM', end);
  if (values.parent) process.stdin.on('end', end).on('error', end).resume();

  const { guests } = twin;
  if (values.json)
    process.stdout.write(
      `${JSON.stringify({ url: twin.url, port: Number(new URL(twin.url).port), sshPort: guests?.sshPort ?? 0, sandbox: guests?.sandbox ?? 'SSH is off.' })}\n`,
    );
  else {
    const ssh = guests === undefined ? 'off' : `port ${guests.sshPort} of each VM's address`;
    process.stdout.write(`Cloud-Twin answers at ${twin.url}; SSH: ${ssh}\n`);
    if (guests && guests.sandbox !== true)
      process.stdout.write(`Commands can't run in its VMs: ${guests.sandbox}\n`);
    process.stdout.write('Point a vendor CLI at it:  eval "$(barista twin env aws)"   Ctrl-C ends it.\n');
  }
} catch (error) {
  const known = toBaristaError(error);
  process.stderr.write(`error: ${known.message}${known.next === undefined ? '' : `\n  ${known.next}`}\n`);
  if (known.operator !== undefined) process.stderr.write(`${known.operator}\n`);
  process.exit(1);
}
