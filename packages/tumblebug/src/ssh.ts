/**
 * SSH to VMs: one connection a VM and user, shared by its commands, made at first use and kept a while. A connection belongs
 * to nobody: it is being made as long as anyone waits for it, and no command's end disturbs another.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'ssh2';
import { BaristaError } from '@cloud-barista/model/errors';
import { stopped } from '@cloud-barista/spider/signals';
import {
  connect,
  exec,
  SessionRefused,
  type Ran,
  type RunOptions,
  type SshTarget,
} from './ssh-connection.ts';

export interface Ssh {
  /**
   * Throws unavailable (not reached, or cut), unauthenticated, failed_precondition (the host key); deadline_exceeded or
   * cancelled where `signal` fired while the command ran: its process is killed.
   */
  run(target: SshTarget, command: string, options: RunOptions): Promise<Ran>;
  /** Cuts the connections of a target's key: its VM goes, or will answer as another. */
  drop(key: string): void;
  /** Connections that stand, for tests and figures. */
  count(): number;
  close(): Promise<void>;
}

export interface SshOptions {
  /** An unused connection is kept so long. */
  idleMs?: number;
  /** So many of them at most: each costs some 100 kB here and a process there. */
  idleMost?: number;
  /** The first pause before another try to connect; each next is twice as long. */
  pauseMs?: number;
}

/** OpenSSH's sshd lets ten sessions share a connection (MaxSessions in sshd_config(5)); two are left for what else may come. */
const sessionsAtOnce = 8;
/** Of a VM that is not young any more. */
const triesWhenOld = 3;
const longestPauseMs = 3000;

interface Link {
  id: string;
  key: string;
  control: AbortController;
  ready: Promise<Client>;
  client: Client | undefined;
  /** Why the last try to connect failed. */
  failure: BaristaError | undefined;
  /** Commands that wait for it, or run. */
  users: number;
  sessions: number;
  most: number;
  waiting: Set<() => void>;
  idle: NodeJS.Timeout | undefined;
}

const place = (target: SshTarget) => `${target.user}@${target.host}:${target.port}`;
const isAuth = (error: unknown) => (error as { level?: string }).level === 'client-authentication';

function explain(error: unknown, target: SshTarget): BaristaError {
  if (error instanceof BaristaError) return error;
  if (isAuth(error))
    return new BaristaError('unauthenticated', `${place(target)} does not let our key in.`, {
      where: place(target),
      next: 'Is it the right login user? Give another with --user.',
      source: error,
    });
  const text = error instanceof Error ? error.message : String(error);
  return new BaristaError('unavailable', `SSH to ${place(target)} failed: ${text.replace(/\.$/, '')}.`, {
    where: place(target),
    next: 'Is the VM running, and does its security group let port 22 through?',
    source: error,
  });
}

/** `work`, or the signal's firing, whichever is first. */
function orAbort<T>(work: Promise<T>, signal: AbortSignal, reason: () => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(reason());
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

export function openSsh({ idleMs = 30_000, idleMost = 64, pauseMs = 100 }: SshOptions = {}): Ssh {
  const links = new Map<string, Link>();
  /** The longest unused first. */
  const idle = new Set<Link>();
  let closed = false;

  function end(link: Link): void {
    if (links.get(link.id) === link) links.delete(link.id);
    idle.delete(link);
    clearTimeout(link.idle);
    link.control.abort(new Error('the connection was given up'));
    link.client?.destroy();
  }

  async function reach(link: Link, target: SshTarget): Promise<Client> {
    const { signal } = link.control;
    const youngUntil = performance.now() + target.youngMs;
    for (let tries = 1, pause = pauseMs; ; tries++, pause = Math.min(pause * 2, longestPauseMs)) {
      try {
        return await connect(target, signal);
      } catch (error) {
        link.failure = explain(error, target);
        const young = performance.now() < youngUntil;
        const again = !(error instanceof BaristaError) && (young || (tries < triesWhenOld && !isAuth(error)));
        if (signal.aborted || !again) throw link.failure;
        await sleep(pause * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
        if (signal.aborted) throw link.failure;
      }
    }
  }

  function take(target: SshTarget): Link {
    const id = `${target.key} ${place(target)}`;
    const known = links.get(id);
    if (known) {
      known.users++;
      clearTimeout(known.idle);
      idle.delete(known);
      return known;
    }
    const link: Link = {
      id,
      key: target.key,
      control: new AbortController(),
      ready: Promise.resolve(undefined as never),
      client: undefined,
      failure: undefined,
      users: 1,
      sessions: 0,
      most: sessionsAtOnce,
      waiting: new Set(),
      idle: undefined,
    };
    links.set(id, link);
    link.ready = reach(link, target).then(client => {
      link.client = client;
      if (link.control.signal.aborted) client.destroy();
      client.on('close', () => end(link));
      return client;
    });
    // Those who wait are told by `ready`; nobody may be left waiting.
    link.ready.catch(() => end(link));
    return link;
  }

  function leave(link: Link): void {
    if (--link.users > 0 || links.get(link.id) !== link) return;
    if (!link.client) return end(link);
    idle.add(link);
    link.idle = setTimeout(() => end(link), idleMs);
    link.idle.unref();
    const [oldest] = idle;
    if (idle.size > idleMost && oldest) end(oldest);
  }

  /** A session of the connection; waits while all are taken. */
  async function withSession<T>(link: Link, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    for (;;) {
      while (link.sessions >= link.most) {
        const { promise, resolve } = Promise.withResolvers<void>();
        link.waiting.add(resolve);
        await orAbort(promise, signal, () => stopped(signal)).finally(() => link.waiting.delete(resolve));
      }
      link.sessions++;
      try {
        return await work();
      } catch (error) {
        // The server takes fewer: wait for one of ours to end.
        if (!(error instanceof SessionRefused) || link.sessions <= 1) throw error;
        link.most = Math.max(1, link.sessions - 1);
      } finally {
        link.sessions--;
        const [next] = link.waiting;
        if (next) {
          link.waiting.delete(next);
          next();
        }
      }
    }
  }

  return {
    async run(target, command, options) {
      const { signal } = options;
      if (closed) throw new BaristaError('unavailable', 'The server is closing.', { next: 'Ask again.' });
      if (signal.aborted) throw stopped(signal);
      const link = take(target);
      try {
        const client = await orAbort(
          link.ready,
          signal,
          () =>
            link.failure ??
            new BaristaError('unavailable', `SSH to ${place(target)} was not up in time.`, {
              where: place(target),
              next: 'Is the VM running, and does its security group let port 22 through?',
            }),
        );
        return await withSession(link, signal, () => exec(client, command, options));
      } catch (error) {
        if (signal.aborted && !(error instanceof BaristaError)) throw stopped(signal);
        throw explain(error, target);
      } finally {
        leave(link);
      }
    },
    drop(key) {
      for (const link of links.values()) if (link.key === key) end(link);
    },
    count: () => links.size,
    async close() {
      closed = true;
      for (const link of links.values()) end(link);
    },
  };
}
