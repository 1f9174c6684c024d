/** An SSH server in this process, as VMs have one: real protocol, its behaviour the test's. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import ssh2 from 'ssh2';
import type { Connection, ServerChannel } from 'ssh2';
import { makeSshKeyPair } from '@cloud-barista/spider/ssh-keys';
import type { SshTarget } from '../src/ssh-connection.ts';

export interface Exec {
  command: string;
  channel: ServerChannel;
  /** Ends it with an exit code, or a signal's name. */
  exit(how: number | string): void;
}

export interface SshServer {
  port: number;
  /** Connections that were opened, and that stand. */
  opened: number;
  standing: number;
  /** Most sessions at once on one connection. */
  mostSessions: number;
  /** Logins are let in; can be changed. */
  lets: boolean;
  hostKey: string;
  /** Signals that came from clients, in order. */
  signals: string[];
  /** Cuts all connections. */
  cut(): void;
  close(): Promise<void>;
}

export interface SshServerOptions {
  onExec: (exec: Exec) => void;
  port?: number;
  maxSessions?: number;
  hostKey?: string;
  /** Called before a login is answered. */
  onLogin?: (user: string) => Promise<void> | void;
}

export const hostKeys = await Promise.all([makeSshKeyPair('host'), makeSshKeyPair('host')]);
const userKey = await makeSshKeyPair('user');

export async function openSshServer({
  onExec,
  port = 0,
  maxSessions = 10,
  hostKey = hostKeys[0]?.privateKey ?? '',
  onLogin,
}: SshServerOptions): Promise<SshServer> {
  const clients = new Set<Connection>();
  let over = false;
  // ssh2's server tells nobody of a signal that follows the end of standard input, though sshd heeds it: it is read here where it arrives.
  const debug = (line: string) => {
    const [, name] = /Inbound: CHANNEL_REQUEST \(r:\d+, signal: (\w+)\)/.exec(line) ?? [];
    if (name !== undefined) state.signals.push(name);
  };
  const server = new ssh2.Server({ hostKeys: [hostKey], debug }, client => {
    (client as unknown as { setNoDelay(on: boolean): void }).setNoDelay(true);
    state.opened++;
    state.standing++;
    clients.add(client);
    let sessions = 0;
    client.on('error', () => {});
    client.on('close', () => {
      state.standing--;
      clients.delete(client);
    });
    client.on('authentication', context => {
      void (async () => {
        if (context.method === 'publickey') await onLogin?.(context.username);
        if (state.lets && context.method === 'publickey') context.accept();
        else context.reject(['publickey']);
      })();
    });
    client.on('session', (accept, reject) => {
      if (sessions >= maxSessions) return reject();
      sessions++;
      state.mostSessions = Math.max(state.mostSessions, sessions);
      const session = accept();
      session.on('exec', (acceptExec, _reject, { command }) => {
        const channel = acceptExec();
        let open = true;
        const over = () => {
          if (open) sessions--;
          open = false;
        };
        channel.on('close', over);
        channel.on('error', () => {});
        onExec({
          command,
          channel,
          exit(how) {
            if (typeof how === 'number') channel.exit(how);
            else channel.exit(how);
            channel.close();
            over();
          },
        });
      });
      session.on('close', () => {});
    });
  });
  const state: SshServer = {
    port: 0,
    opened: 0,
    standing: 0,
    mostSessions: 0,
    lets: true,
    hostKey,
    signals: [],
    cut() {
      for (const client of clients) client.end();
    },
    async close() {
      if (over) return;
      over = true;
      for (const client of clients) client.end();
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  state.port = (server.address() as AddressInfo).port;
  return state;
}

export const targetAt = (port: number, more: Partial<SshTarget> = {}): SshTarget => ({
  key: 'seoul/web-1-abc',
  user: 'cb-user',
  host: '127.0.0.1',
  port,
  privateKey: userKey.privateKey,
  youngMs: 0,
  verify: async () => {},
  ...more,
});

/** Resolves when `is` holds, looked at in every turn; the test's own time-out bounds it. */
export async function until(is: () => boolean): Promise<void> {
  while (!is()) await new Promise(resolve => setImmediate(resolve));
}
