/**
 * Root's door: Cloudit lets root in by a password given when the server is made. The password is derived from the credential's token
 * and the create's, so nothing has to be stored, and used once: to put the public key in place. The host's key can't be known
 * beforehand; the password opens this one server alone.
 */
import { createHmac } from 'node:crypto';
import { pause } from '@cloud-barista/driver/concurrency';
import type { Client } from 'ssh2';
import type { Call } from '@cloud-barista/driver/call';
import { BaristaError, hasCode } from '@cloud-barista/model/errors';
import type { Token } from '@cloud-barista/model/ids';
import type { Api } from './api.ts';

/** 144 bits, and a letter of each kind that password rules ask for. */
export const rootPassword = (authToken: string, token: Token): string =>
  `${createHmac('sha256', authToken).update(`root password of ${token}`).digest('base64url').slice(0, 24)}-a1A`;

export interface Door {
  vm: string;
  address: string;
  token: Token;
  publicKey: string;
}

const handshakeMs = 20_000;
/** A server is RUNNING before it has booted: so long its SSH may not answer, or not know the password yet. */
const patienceMs = 120_000;
const firstNapMs = 250;
const longestNapMs = 5000;

/** The VM's root is let in by the key from now on. Twice does no harm. */
export async function bringKey(api: Api, call: Call, door: Door): Promise<void> {
  const { settings, road } = api;
  const place = settings.sshAt(door.address);
  const password = rootPassword(settings.token, door.token);
  // Asked again here, and not by the road, which is less patient.
  const request = { api: 'SSH authorized_keys', resource: 'vm', name: door.vm, idempotent: false } as const;
  const end = performance.now() + patienceMs;
  for (let ms = firstNapMs; ; ms = Math.min(ms * 2, longestNapMs))
    try {
      return await road.send(request, call.signal, signal =>
        put({ ...place, password }, door.publicKey, signal),
      );
    } catch (error) {
      if (!isYoung(error) || performance.now() + ms > end) throw error;
      await pause(ms, call.signal);
    }
}

const isYoung = (error: unknown): boolean =>
  hasCode(error, 'unavailable') && error.vendorCode?.startsWith('Ssh') === true;

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

async function put(
  place: { host: string; port: number; password: string },
  publicKey: string,
  signal: AbortSignal,
): Promise<void> {
  const { Client: SshClient } = await import('ssh2');
  signal.throwIfAborted();
  const client = new SshClient();
  const abort = () => client.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await opened(client, place);
    const file = '"$HOME/.ssh/authorized_keys"';
    const key = quoted(publicKey);
    const command = `umask 077; mkdir -p "$HOME/.ssh" && { grep -qxF -e ${key} ${file} 2>/dev/null || printf '%s\\n' ${key} >>${file}; }`;
    const { code, said } = await ran(client, command);
    if (code !== 0)
      throw new BaristaError(
        'failed_precondition',
        `The VM did not take its key: ${said || `exit code ${code}`}.`,
        {
          next: 'Cloudit’s images must let root in, and have a shell.',
        },
      );
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof BaristaError) throw error;
    const { message, level } = error as Error & { level?: string };
    // A young VM's SSH server may not be up yet, or root's password not set.
    throw new BaristaError('unavailable', `SSH of the VM at ${place.host}, port ${place.port}: ${message}.`, {
      cause: level === 'client-authentication' ? 'SshAuthentication' : 'Ssh',
      source: error,
    });
  } finally {
    signal.removeEventListener('abort', abort);
    client.end();
  }
}

function opened(
  client: Client,
  { host, port, password }: { host: string; port: number; password: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    client.on('error', reject);
    client.on('close', () => reject(new Error('the connection was closed')));
    client.on('ready', resolve);
    client.on('connect', () => client.setNoDelay(true));
    client.connect({
      host,
      port,
      username: 'root',
      password,
      authHandler: ['password'],
      readyTimeout: handshakeMs,
      algorithms: {
        cipher: { prepend: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com'], append: [], remove: [] },
      },
    });
  });
}

function ran(client: Client, command: string): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve, reject) => {
    client.on('error', reject);
    client.on('close', () => reject(new Error('the connection was closed')));
    client.exec(command, (error, channel) => {
      if (error) return reject(error);
      let said = '';
      const hear = (data: Buffer) => (said = (said + data.toString()).slice(0, 300));
      let code: number | null = null;
      channel.on('data', hear);
      channel.stderr.on('data', hear);
      channel.on('exit', (number: number | null) => (code = number));
      channel.on('close', () => resolve({ code, said: said.trim() }));
    });
  });
}
