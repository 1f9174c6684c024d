/**
 * SSH of all VMs: one listener; the VM is known by the address that was dialled. Each VM answers with its own host key
 * through a small server object of its own, of which only the last used are kept. Public keys only, for the image's
 * login user only, as on the clouds' images. Nothing is forwarded: a VM reaches no network.
 */
import { timingSafeEqual } from 'node:crypto';
import { createServer, type Server as Listener, type Socket } from 'node:net';
import ssh2, { type AuthContext, type Connection, type ParsedKey, type PublicKeyAuthContext } from 'ssh2';
import type { Bench } from './guest.ts';
import { type HostKey, hostKey } from './host-key.ts';
import { ownKeys } from './own-keys.ts';
import { serve } from './session.ts';
import type { GuestSpec } from './spec.ts';

export interface SshOptions {
  secret: Buffer;
  lookup: (address: string) => GuestSpec | undefined;
  byId: (id: string) => GuestSpec | undefined;
  bench: Bench | undefined;
  refusal: string;
  outputBytes: number;
  connections: number;
}

const servers = 256;
/** sshd's LoginGraceTime is 120 s, MaxAuthTries 6. */
const graceMs = 120_000;
const maxAttempts = 6;
/** How long a cut off VM keeps a caller waiting; his own time-out is shorter as a rule. */
const silenceMs = 300_000;

/** AES only: ssh2's chacha20 is slow without its native part, and OpenSSH would choose it first. */
const algorithms = {
  cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'],
  compress: ['none'],
} as const;

export interface Ssh {
  /** A connection for the VM at `address`. */
  take(socket: Socket, address: string): void;
  keyOf(id: string): HostKey;
  close(): void;
}

/** A line that is no key is passed over, as sshd does. */
function parseKeys(lines: readonly string[]): ParsedKey[] {
  return lines.flatMap(line => {
    const parsed = ssh2.utils.parseKey(line.trim());
    return parsed instanceof Error ? [] : [parsed].flat();
  });
}

/** Whether the client holds the key of `lines` that it shows. */
function holds(context: PublicKeyAuthContext, lines: readonly string[]): boolean {
  const key = parseKeys(lines).find(each => each.getPublicSSH().equals(context.key.data));
  if (!key) return false;
  // Without a signature the client only asks whether the key would do.
  if (context.signature === undefined) return true;
  // A signature that can't be read makes `verify` return an Error, whatever its type says: only true will do.
  return (
    context.blob !== undefined &&
    Object.is(key.verify(context.blob, context.signature, context.hashAlgo), true)
  );
}

function same(given: string, right: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(right)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** The keys that the cloud injected count at once; those that the VM's users added are looked up in the VM. */
async function permits(
  context: AuthContext,
  spec: GuestSpec | undefined,
  added: (spec: GuestSpec) => Promise<string[]>,
): Promise<boolean> {
  if (!spec?.reachable || context.username !== spec.user) return false;
  if (context.method === 'password')
    return spec.password !== undefined && same(context.password, spec.password);
  if (context.method !== 'publickey') return false;
  return holds(context, spec.authorizedKeys) || holds(context, await added(spec));
}

export function openSsh(options: SshOptions): Ssh {
  const kept = new Map<string, { server: InstanceType<typeof ssh2.Server>; key: HostKey }>();
  const sockets = new Set<Socket>();

  function serverOf(id: string) {
    const made = kept.get(id) ?? make(id);
    kept.delete(id);
    kept.set(id, made);
    if (kept.size > servers)
      for (const oldest of [...kept.keys()].slice(0, kept.size - servers)) kept.delete(oldest);
    return made;
  }

  function make(id: string) {
    const key = hostKey(options.secret, id);
    const server = new ssh2.Server({
      hostKeys: [key.privateKey],
      ident: 'CloudTwin',
      algorithms: { ...algorithms, cipher: [...algorithms.cipher], compress: [...algorithms.compress] },
    });
    server.on('connection', (client, info) => welcome(id, client, info));
    return { server, key };
  }

  function welcome(id: string, client: Connection, info: { ip: string; port: number }): void {
    let attempts = 0;
    const grace = setTimeout(() => client.end(), graceMs);
    grace.unref();
    client.on('error', () => undefined);
    client.on('close', () => clearTimeout(grace));
    // Looked up once a connection: a client asks about a key, then signs with it.
    let looked: Promise<string[]> | undefined;
    const added = (spec: GuestSpec) =>
      (looked ??= options.bench ? ownKeys(options.bench, spec) : Promise.resolve([]));
    client.on('authentication', context => {
      void permits(context, options.byId(id), added).then(permitted => {
        if (permitted) return context.accept();
        if (context.method !== 'none' && ++attempts >= maxAttempts) return void client.end();
        context.reject(options.byId(id)?.password === undefined ? ['publickey'] : ['publickey', 'password']);
      });
    });
    client.on('ready', () => {
      clearTimeout(grace);
      client.on('session', accept => {
        const spec = options.byId(id);
        serve(accept(), {
          bench: options.bench,
          refusal: options.refusal,
          spec: () => options.byId(id),
          outputBytes: options.outputBytes,
          env: {
            SSH_CLIENT: `${info.ip} ${info.port} 22`,
            SSH_CONNECTION: `${info.ip} ${info.port} ${spec?.privateIp ?? ''} 22`,
          },
        });
      });
      // A refusal that ssh2 words itself: no listener for 'tcpip' means "administratively prohibited" (RFC 4254, 5.1).
      client.on('request', (_accept, reject) => reject?.());
    });
  }

  return {
    take(socket, address) {
      socket.on('error', () => undefined);
      const spec = options.lookup(address);
      if (!spec || sockets.size >= options.connections) return void socket.destroy();
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      options.bench?.connected(spec.id, socket);
      if (!spec.reachable) {
        // The kernel has said yes to the caller; the VM says nothing.
        socket.resume();
        setTimeout(() => socket.destroy(), silenceMs).unref();
        return;
      }
      serverOf(spec.id).server.injectSocket(socket);
    },
    keyOf: id => serverOf(id).key,
    close() {
      for (const socket of sockets) socket.destroy();
      kept.clear();
    },
  };
}

/** Listens for `take`; resolves with the listener, or the error where the port is taken or not allowed. */
export function listen(
  host: string,
  port: number,
  take: (socket: Socket) => void,
): Promise<Listener | NodeJS.ErrnoException> {
  return new Promise(resolve => {
    const listener = createServer({ noDelay: true }, take);
    listener.once('error', resolve);
    listener.listen({ host, port, backlog: 1024 }, () => {
      listener.off('error', resolve);
      listener.on('error', () => undefined);
      resolve(listener);
    });
  });
}
