/** A command over SSH, by a key that the caller brings; and whether a port answers. */
import { connect as dial } from 'node:net';
import { BaristaError, toBaristaError } from '@cloud-barista/model/errors';
import { connect, exec } from '@cloud-barista/tumblebug/ssh-connection';
import { keeper } from '@cloud-barista/tumblebug/output';
import { needed } from './request.ts';
import type { Ask, SpiderRoute } from './route.ts';

const limit = 1024 * 1024;
const mostMs = 600_000;
const dialMs = 3000;

function place(text: string): { host: string; port: number } {
  const at = text.lastIndexOf(':');
  const port = Number(at < 0 ? 22 : text.slice(at + 1));
  const host = (at < 0 ? text : text.slice(0, at)).replace(/^\[|\]$/g, '');
  if (host !== '' && Number.isInteger(port) && port >= 1 && port <= 65_535) return { host, port };
  throw new BaristaError('invalid_argument', `${JSON.stringify(text)} is not HOST:PORT.`, {
    where: 'ServerPort',
  });
}

async function sshRun(ask: Ask): Promise<string> {
  const { body, spider } = ask;
  const user = needed(body.text('UserName'), 'UserName');
  const command = needed(body.text('Command'), 'Command');
  const privateKey = `${body.texts('PrivateKey').join('\n')}\n`;
  const target = place(needed(body.text('ServerPort'), 'ServerPort'));
  const signal = AbortSignal.any([spider.signal, AbortSignal.timeout(mostMs)]);
  const output = keeper(limit);
  try {
    const client = await connect(
      // Whoever calls names the host and brings the key: there is no pin to hold its host key against.
      { key: '', user, ...target, privateKey, youngMs: 0, verify: async () => {} },
      signal,
    );
    try {
      const { exitCode } = await exec(client, command, {
        signal,
        onOutput: (stream, data) => (stream === 'stdout' ? void output.take(data) : undefined),
      });
      if (exitCode !== 0)
        throw new BaristaError('aborted', `Process exited with status ${exitCode ?? 'none'}`);
    } finally {
      client.destroy();
    }
    output.end();
    return output.text();
  } catch (thrown) {
    const error = thrown instanceof BaristaError ? thrown : undefined;
    const text =
      error?.message ?? (thrown instanceof Error ? thrown.message : toBaristaError(thrown).message);
    throw new BaristaError(error?.code ?? 'unavailable', `Error while running cmd: ${command}]${text}`, {
      source: thrown,
    });
  }
}

async function checkTcp(ask: Ask): Promise<{ message: string }> {
  const host = needed(ask.query('HostName'), 'HostName');
  const { port } = place(`${host}:${needed(ask.query('Port'), 'Port')}`);
  await new Promise<void>((resolve, reject) => {
    const socket = dial({ host, port, timeout: dialMs });
    const end = (problem?: string) => {
      socket.destroy();
      if (problem === undefined) resolve();
      else
        reject(
          new BaristaError('unavailable', `Error: TCP port ${port} is not open on ${host}: ${problem}`, {
            where: 'Port',
          }),
        );
    };
    socket.once('connect', () => end());
    socket.once('timeout', () => end('no answer'));
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
  return { message: `Success: TCP port ${port} is open on ${host}` };
}

export const sshRoutes: readonly SpiderRoute[] = [
  {
    method: 'POST',
    path: '/sshrun',
    since: '2020',
    summary: 'Run a command over SSH',
    differs:
      'at most 1 MiB of its output and 10 minutes; the host’s key is not checked, for the call names none (our own `command.run` pins it)',
    answer: sshRun,
  },
  {
    method: 'GET',
    path: '/check/tcp',
    since: 'newest',
    role: 'operator',
    summary: 'Is a TCP port open?',
    answer: checkTcp,
  },
];
