/** One SSH connection: its handshake, and commands on it. `ssh2` is loaded at first use. */
import type { Client, ClientChannel } from 'ssh2';
import { BaristaError } from '@cloud-barista/model/errors';

export interface SshTarget {
  /** Whose connection it is: a VM that is made anew under the same name is another. */
  key: string;
  user: string;
  host: string;
  port: number;
  /** OpenSSH or PEM form. */
  privateKey: string;
  /** So long (milliseconds from now) the VM counts as young: its SSH server may not be up, or its key not yet let in. */
  youngMs: number;
  /** Asked once the server shows its host key (a blob, RFC 4253, 6.6). Throws when it is the wrong one. */
  verify(hostKey: Buffer): Promise<void>;
}

export interface Ran {
  /** null: ended by a signal. */
  exitCode: number | null;
  /** e.g. SIGKILL; "" otherwise. */
  signal: string;
}

export interface RunOptions {
  signal: AbortSignal;
  stdin?: string;
  /** A promise holds the VM's output back until it is resolved. */
  onOutput: (stream: 'stdout' | 'stderr', data: Buffer) => Promise<void> | undefined | void;
}

const handshakeMs = 20_000;
/** A dead peer is noticed after three of them. */
const keepAliveMs = 10_000;
/** The order is fixed: a host that has several keys always shows the same one, which is pinned. */
const hostKeyTypes = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;

/** The handshake. Rejects with ssh2's error, with `verify`'s, or with the signal's reason. */
export async function connect(target: SshTarget, signal: AbortSignal): Promise<Client> {
  const { Client: SshClient } = await import('ssh2');
  signal.throwIfAborted();
  return new Promise<Client>((resolve, reject) => {
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
    client.on('close', () => give(new Error('the connection was closed during the handshake')));
    client.on('ready', () => {
      signal.removeEventListener('abort', abort);
      client.removeAllListeners('error').removeAllListeners('close');
      client.on('error', () => client.destroy());
      resolve(client);
    });
    // A handshake is small packets to and fro: with Nagle's algorithm each of them waits for the peer's delayed ACK.
    client.on('connect', () => client.setNoDelay(true));
    try {
      client.connect({
        host: target.host,
        port: target.port,
        username: target.user,
        privateKey: target.privateKey,
        readyTimeout: handshakeMs,
        keepaliveInterval: keepAliveMs,
        keepaliveCountMax: 3,
        algorithms: {
          // AES-GCM first: Node's own crypto does it fast without ssh2's native part.
          cipher: { prepend: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com'], append: [], remove: [] },
          serverHostKey: [...hostKeyTypes],
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
    } catch (error) {
      // What it finds wrong before it dials: the key's form.
      give(
        new BaristaError(
          'failed_precondition',
          `The private key can't be used: ${(error as Error).message}.`,
          {
            next: 'Use a key pair that was made here.',
            source: error,
          },
        ),
      );
    }
  });
}

/** The server has no room for another session on this connection (OpenSSH: MaxSessions). */
export class SessionRefused extends Error {}

/**
 * Ends the remote process. ssh2's own `channel.signal` does nothing once stdin has been ended, though RFC 4254 (5.3, 6.9)
 * lets a signal follow an EOF; without it a command without terminal would go on after its channel is closed.
 */
function kill(client: Client, channel: ClientChannel): void {
  const { _protocol: protocol } = client as { _protocol?: { signal?(id: number, name: string): void } };
  const { outgoing } = channel as unknown as { outgoing?: { id?: number } };
  if (outgoing?.id !== undefined) protocol?.signal?.(outgoing.id, 'KILL');
}

/** Runs one command. Rejects with SessionRefused, with ssh2's error, or with the signal's reason (the process is then killed). */
export function exec(client: Client, command: string, { signal, stdin, onOutput }: RunOptions): Promise<Ran> {
  return new Promise<Ran>((resolve, reject) => {
    let channel: ClientChannel | undefined;
    let stopped = false;
    let cut = false;
    let ended: Ran | undefined;
    const lost = () => void (cut = true);
    const done = () => {
      signal.removeEventListener('abort', stop);
      client.off('close', lost);
    };
    const end = (open: ClientChannel) => {
      if (cut) return;
      kill(client, open);
      open.close();
      // What still comes is thrown away, so that the channel can close.
      open.resume();
      open.stderr.resume();
    };
    const stop = () => {
      stopped = true;
      done();
      if (channel) end(channel);
      reject(signal.reason);
    };
    const hear = (source: ClientChannel | ClientChannel['stderr'], stream: 'stdout' | 'stderr') =>
      source.on('data', (data: Buffer) => {
        if (stopped) return;
        const held = onOutput(stream, data);
        if (!held) return;
        source.pause();
        void held.finally(() => source.resume());
      });
    const begin = (opened: ClientChannel) => {
      channel = opened;
      opened.on('error', () => {});
      if (stopped) return end(opened);
      hear(opened, 'stdout');
      hear(opened.stderr, 'stderr');
      opened.on('exit', (code: number | null, name?: string) => {
        ended = { exitCode: code, signal: name ?? '' };
      });
      opened.on('close', () => {
        done();
        if (ended) resolve(ended);
        else if (cut) reject(new Error('the connection was cut before the command ended'));
        else reject(new Error('the command ended without an exit code'));
      });
      opened.end(stdin);
    };
    signal.addEventListener('abort', stop, { once: true });
    client.once('close', lost);
    client.exec(command, (error: (Error & { reason?: unknown }) | undefined, opened: ClientChannel) => {
      if (!error) return begin(opened);
      done();
      reject(typeof error.reason === 'number' ? new SessionRefused(error.message) : error);
    });
  });
}
