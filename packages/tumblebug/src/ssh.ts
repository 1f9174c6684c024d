/**
 * SSH to VMs: one connection a VM, kept while used; host keys pinned at first sight and never accepted changed; the output
 * handed on as it comes. `ssh2` is loaded at first use.
 */
import type { Client, ClientChannel } from 'ssh2';
import { BaristaError } from '@cloud-barista/model/errors';

export interface SshTarget {
  /** Whom the connection belongs to, e.g. `default/web/vm-1`. */
  key: string;
  user: string;
  host: string;
  port: number;
  privateKey: string;
  /** The VM is young: its SSH server may not be up, or its key not yet let in. */
  young: boolean;
  /** Base64 of the pinned host key; asked once the server shows its own. Throws when it differs. */
  verify(hostKey: Buffer): Promise<void>;
}
export interface Ran {
  exitCode: number | null;
  signal: string;
}
export interface Ssh {
  /** Throws unavailable, unauthenticated, deadline_exceeded, failed_precondition (host key), cancelled. */
  run(
    target: SshTarget,
    command: string,
    options: {
      signal: AbortSignal;
      stdin?: string;
      onOutput: (stream: 'stdout' | 'stderr', data: Buffer) => void;
    },
  ): Promise<Ran>;
  close(): Promise<void>;
}

const idleMs = 30_000;
const handshakeMs = 20_000;

interface Held {
  client: Client;
  busy: number;
  idle: NodeJS.Timeout | undefined;
}

function connect(target: SshTarget, signal: AbortSignal): Promise<Client> {
  return import('ssh2').then(
    ({ Client: SshClient }) =>
      new Promise<Client>((resolve, reject) => {
        const client = new SshClient();
        let refused: unknown;
        const give = (error: unknown) => {
          signal.removeEventListener('abort', abort);
          client.destroy();
          reject(refused ?? error);
        };
        const abort = () => give(signal.reason);
        signal.addEventListener('abort', abort, { once: true });
        client.on('error', give);
        client.on('close', () => give(new Error('closed during the handshake')));
        client.on('ready', () => {
          signal.removeEventListener('abort', abort);
          client.removeAllListeners('error').removeAllListeners('close');
          client.on('error', () => client.destroy());
          resolve(client);
        });
        client.connect({
          host: target.host,
          port: target.port,
          username: target.user,
          privateKey: target.privateKey,
          readyTimeout: handshakeMs,
          keepaliveInterval: 15_000,
          // AES-GCM first: Node's own crypto does it fast without ssh2's native part.
          algorithms: {
            cipher: { prepend: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com'], append: [], remove: [] },
          },
          hostVerifier: (key: Buffer, done: (valid: boolean) => void) => {
            target.verify(key).then(
              () => done(true),
              error => {
                refused = error;
                done(false);
              },
            );
          },
        });
        client.setNoDelay(true);
      }),
  );
}

/** Ours, or again worth a try? A young VM's SSH server comes up, and lets its key in, a while after the VM runs. */
function worthAnother(error: unknown, target: SshTarget): boolean {
  if (error instanceof BaristaError) return false;
  const level = (error as { level?: string }).level;
  return level === 'client-authentication' ? target.young : true;
}

function explain(error: unknown, target: SshTarget): BaristaError {
  if (error instanceof BaristaError) return error;
  const place = `${target.user}@${target.host}:${target.port}`;
  if ((error as { level?: string }).level === 'client-authentication')
    return new BaristaError('unauthenticated', `${place} does not let our key in.`, {
      next: 'Is it the right login user? Give another with --user.',
      source: error,
    });
  return new BaristaError('unavailable', `SSH to ${place} failed: ${(error as Error).message}.`, {
    next: 'Is the VM running, and does its security group let port 22 through?',
    source: error,
  });
}

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise(resolve => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });

export function openSsh(): Ssh {
  const held = new Map<string, Promise<Held>>();

  async function reach(target: SshTarget, signal: AbortSignal): Promise<Held> {
    for (let wait = 100; ; wait = Math.min(wait * 2, 3000)) {
      try {
        return { client: await connect(target, signal), busy: 0, idle: undefined };
      } catch (error) {
        if (signal.aborted || !worthAnother(error, target)) throw explain(error, target);
        await pause(wait * (0.5 + Math.random()), signal);
        if (signal.aborted) throw explain(error, target);
      }
    }
  }

  /** The address is part of the key: a VM that was started again elsewhere is another end. */
  function take(target: SshTarget, signal: AbortSignal): Promise<Held> {
    const key = `${target.key} ${target.user}@${target.host}:${target.port}`;
    const known = held.get(key);
    if (known) return known;
    const fresh = reach(target, signal);
    held.set(key, fresh);
    fresh.then(
      ({ client }) => client.on('close', () => held.delete(key)),
      () => held.delete(key),
    );
    return fresh;
  }

  function exec(
    { client }: Held,
    command: string,
    stdin: string | undefined,
    signal: AbortSignal,
    onOutput: (stream: 'stdout' | 'stderr', data: Buffer) => void,
  ) {
    return new Promise<Ran>((resolve, reject) => {
      client.exec(command, (error: Error | undefined, channel: ClientChannel) => {
        if (error) return reject(error);
        let ended: Ran | undefined;
        const stop = () => {
          channel.signal('KILL');
          channel.close();
          reject(signal.reason);
        };
        signal.addEventListener('abort', stop, { once: true });
        channel.on('data', (data: Buffer) => onOutput('stdout', data));
        channel.stderr.on('data', (data: Buffer) => onOutput('stderr', data));
        channel.on('exit', (code: number | null, name?: string) => {
          ended = { exitCode: code, signal: name ?? '' };
        });
        channel.on('close', () => {
          signal.removeEventListener('abort', stop);
          if (ended) resolve(ended);
          else reject(new Error('the connection was cut before the command ended'));
        });
        channel.end(stdin);
      });
    });
  }

  return {
    async run(target, command, { signal, stdin, onOutput }) {
      const link = await take(target, signal);
      clearTimeout(link.idle);
      link.busy++;
      try {
        return await exec(link, command, stdin, signal, onOutput);
      } catch (error) {
        if (signal.aborted) throw error;
        throw explain(error, target);
      } finally {
        if (--link.busy === 0) {
          link.idle = setTimeout(() => link.client.end(), idleMs);
          link.idle.unref();
        }
      }
    },
    async close() {
      for (const link of held.values())
        await link.then(({ client, idle }) => (clearTimeout(idle), client.destroy())).catch(() => {});
      held.clear();
    },
  };
}
