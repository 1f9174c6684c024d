/** The SSH pool against a real SSH server: sharing, limits, kills, cuts, young VMs. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { BaristaError } from '@cloud-barista/model/errors';
import { openSsh, type Ssh, type SshOptions } from '../src/ssh.ts';
import {
  openSshServer,
  targetAt,
  until,
  type Exec,
  type SshServer,
  type SshServerOptions,
} from './ssh-server.ts';

const signal = new AbortController().signal;
const quiet = { signal, onOutput: () => {} };

async function open(
  t: TestContext,
  onExec: (exec: Exec) => void,
  { server: forServer = {}, ssh: forSsh = {} }: { server?: Partial<SshServerOptions>; ssh?: SshOptions } = {},
): Promise<{ server: SshServer; ssh: Ssh }> {
  const server = await openSshServer({ onExec, ...forServer });
  const ssh = openSsh({ pauseMs: 1, ...forSsh });
  t.after(async () => {
    await ssh.close();
    await server.close();
  });
  return { server, ssh };
}
const echo = (exec: Exec) => {
  exec.channel.write(exec.command);
  exec.exit(0);
};

describe('ssh', { timeout: 20_000 }, () => {
  it('runs: output, errors, exit code, signal', async t => {
    const { server, ssh } = await open(t, exec => {
      exec.channel.write('out');
      exec.channel.stderr.write('err');
      exec.exit(exec.command === 'killed' ? 'TERM' : 3);
    });
    const heard: string[] = [];
    const onOutput = (stream: string, data: Buffer) => void heard.push(`${stream} ${data.toString()}`);
    assert.deepEqual(await ssh.run(targetAt(server.port), 'x', { signal, onOutput }), {
      exitCode: 3,
      signal: '',
    });
    assert.deepEqual(heard.sort(), ['stderr err', 'stdout out']);
    assert.deepEqual(await ssh.run(targetAt(server.port), 'killed', quiet), {
      exitCode: null,
      signal: 'SIGTERM',
    });
    assert.equal(server.opened, 1, 'one connection for both');
  });

  it('gives standard input, then its end', async t => {
    const { server, ssh } = await open(t, exec => {
      let text = '';
      exec.channel.on('data', (data: Buffer) => (text += data.toString()));
      exec.channel.on('end', () => {
        exec.channel.write(text.toUpperCase());
        exec.exit(0);
      });
    });
    let out = '';
    await ssh.run(targetAt(server.port), 'cat', {
      signal,
      stdin: 'line\n',
      onOutput: (_, data) => void (out += data.toString()),
    });
    assert.equal(out, 'LINE\n');
  });

  it('shares one handshake among commands that start together; the first to be cancelled takes none along', async t => {
    const login = Promise.withResolvers<void>();
    const { server, ssh } = await open(t, echo, { server: { onLogin: () => login.promise } });
    const first = new AbortController();
    const cancelled = ssh.run(targetAt(server.port), 'a', { ...quiet, signal: first.signal });
    const others = ['b', 'c'].map(command => ssh.run(targetAt(server.port), command, quiet));
    await until(() => server.opened === 1);
    first.abort();
    await assert.rejects(cancelled, { code: 'unavailable' });
    login.resolve();
    for (const other of others) assert.equal((await other).exitCode, 0);
    assert.equal(server.opened, 1);
  });

  it('gives up a handshake that nobody waits for any more', async t => {
    const { server, ssh } = await open(t, echo, {
      server: { onLogin: () => new Promise<void>(() => {}) },
    });
    const control = new AbortController();
    const run = ssh.run(targetAt(server.port), 'a', { ...quiet, signal: control.signal });
    await until(() => server.opened === 1);
    control.abort();
    await assert.rejects(run);
    await until(() => server.standing === 0);
    assert.equal(ssh.count(), 0);
  });

  it('queues beyond eight sessions a connection, below what OpenSSH allows', async t => {
    const execs: Exec[] = [];
    const { server, ssh } = await open(t, exec => execs.push(exec));
    const runs = Array.from({ length: 30 }, (_, i) => ssh.run(targetAt(server.port), `${i}`, quiet));
    let done = 0;
    while (done < 30) {
      await until(() => execs.length > 0);
      execs.shift()?.exit(0);
      done++;
    }
    await Promise.all(runs);
    assert.equal(server.opened, 1);
    assert.equal(server.mostSessions, 8);
  });

  it('lives with a server that allows fewer sessions', async t => {
    const execs: Exec[] = [];
    const { server, ssh } = await open(t, exec => execs.push(exec), { server: { maxSessions: 2 } });
    const runs = Array.from({ length: 10 }, (_, i) => ssh.run(targetAt(server.port), `${i}`, quiet));
    for (let done = 0; done < 10; done++) {
      await until(() => execs.length > 0);
      execs.shift()?.exit(0);
    }
    await Promise.all(runs);
    assert.equal(server.mostSessions, 2);
  });

  it('kills the remote process when its time is over; the connection goes on', async t => {
    let asleep = false;
    const { server, ssh } = await open(t, exec => {
      if (exec.command !== 'sleep') return echo(exec);
      exec.channel.resume();
      exec.channel.on('end', () => (asleep = true));
    });
    const control = new AbortController();
    const run = ssh.run(targetAt(server.port), 'sleep', { ...quiet, signal: control.signal });
    await until(() => asleep);
    control.abort();
    await assert.rejects(run, { code: 'cancelled' });
    await until(() => server.signals.length > 0);
    assert.deepEqual(server.signals, ['KILL']);
    assert.equal((await ssh.run(targetAt(server.port), 'true', quiet)).exitCode, 0);
    assert.equal(server.opened, 1);
  });

  it('tells a time-out from a cancel', async t => {
    const { server, ssh } = await open(t, () => {});
    await assert.rejects(
      ssh.run(targetAt(server.port), 'x', { ...quiet, signal: AbortSignal.timeout(150) }),
      {
        code: 'deadline_exceeded',
      },
    );
  });

  it('holds the output back while its reader is behind', async t => {
    let written = 0;
    const { server, ssh } = await open(t, exec => {
      const block = Buffer.alloc(256 * 1024, 'x');
      const pump = () => {
        while (written < 32 * 1024 * 1024) {
          written += block.length;
          if (!exec.channel.write(block)) return void exec.channel.once('drain', pump);
        }
        exec.exit(0);
      };
      pump();
    });
    const room = Promise.withResolvers<void>();
    let heard = 0;
    let chunks = 0;
    const run = ssh.run(targetAt(server.port), 'flood', {
      signal,
      onOutput(_, data) {
        heard += data.length;
        return ++chunks === 1 ? room.promise : undefined;
      },
    });
    await until(() => chunks === 1);
    // What fits into SSH's window and the streams' buffers may still come, no more.
    let before = -1;
    while (written !== before) {
      before = written;
      for (let turn = 0; turn < 200; turn++) await new Promise(resolve => setImmediate(resolve));
    }
    assert.ok(written < 16 * 1024 * 1024, `${written} bytes were written ahead`);
    assert.ok(heard <= 64 * 1024, `${heard} bytes were handed on`);
    room.resolve();
    await run;
    assert.equal(heard, 32 * 1024 * 1024);
  });

  it('says so when the connection is cut while a command runs, and connects anew for the next', async t => {
    let execs = 0;
    const { server, ssh } = await open(t, exec => {
      if (execs++ > 0) echo(exec);
    });
    const run = ssh.run(targetAt(server.port), 'x', quiet);
    await until(() => execs === 1);
    server.cut();
    await assert.rejects(run, { code: 'unavailable', message: /cut before the command ended/ });
    await until(() => ssh.count() === 0);
    assert.equal((await ssh.run(targetAt(server.port), 'y', quiet)).exitCode, 0);
    assert.equal(server.opened, 2);
  });

  it('drop cuts the connections of one VM alone', async t => {
    const { server, ssh } = await open(t, echo);
    await ssh.run(targetAt(server.port), 'x', quiet);
    await ssh.run(targetAt(server.port, { key: 'seoul/web-2-abc' }), 'x', quiet);
    assert.equal(ssh.count(), 2);
    ssh.drop('seoul/web-1-abc');
    assert.equal(ssh.count(), 1);
    await until(() => server.standing === 1);
  });

  it('keeps an unused connection for a while, and few of them', async t => {
    const { server, ssh } = await open(t, echo, { ssh: { idleMost: 2, idleMs: 60_000 } });
    for (const vm of ['a', 'b', 'c', 'd']) await ssh.run(targetAt(server.port, { key: vm }), 'x', quiet);
    assert.equal(ssh.count(), 2);
    await until(() => server.standing === 2);
    await ssh.run(targetAt(server.port, { key: 'd' }), 'x', quiet);
    assert.equal(server.opened, 4, 'the latest are kept');
    const short = await open(t, echo, { ssh: { idleMs: 1 } });
    await short.ssh.run(targetAt(short.server.port), 'x', quiet);
    await until(() => short.server.standing === 0);
    assert.equal(short.ssh.count(), 0);
  });

  it('another user, another connection', async t => {
    const users: string[] = [];
    const { server, ssh } = await open(t, echo, { server: { onLogin: user => void users.push(user) } });
    await ssh.run(targetAt(server.port), 'x', quiet);
    await ssh.run(targetAt(server.port, { user: 'root' }), 'x', quiet);
    assert.deepEqual([...new Set(users)], ['cb-user', 'root']);
    assert.equal(server.opened, 2);
  });

  it('refuses where the host key is refused, with that error, and does not try again', async t => {
    const { server, ssh } = await open(t, echo);
    let asked = 0;
    const verify = async () => {
      asked++;
      throw new BaristaError('failed_precondition', 'Another host key.');
    };
    await assert.rejects(ssh.run(targetAt(server.port, { verify, youngMs: 60_000 }), 'x', quiet), {
      code: 'failed_precondition',
      message: 'Another host key.',
    });
    assert.equal(asked, 1);
  });

  it('tries a young VM until it answers and lets the key in', async t => {
    const { server, ssh } = await open(t, echo);
    const { port } = server;
    await server.close();
    const run = ssh.run(targetAt(port, { youngMs: 60_000 }), 'x', quiet);
    let logins = 0;
    const late = await openSshServer({ onExec: echo, port, onLogin: () => void logins++ });
    late.lets = false;
    await until(() => logins > 0);
    late.lets = true;
    assert.equal((await run).exitCode, 0);
    await ssh.close();
    await late.close();
  });

  it('an old VM that refuses is told after a few tries, with what and where', async t => {
    const { server, ssh } = await open(t, echo);
    const { port } = server;
    await server.close();
    await assert.rejects(ssh.run(targetAt(port), 'x', quiet), {
      code: 'unavailable',
      message: new RegExp(`^SSH to cb-user@127\\.0\\.0\\.1:${port} failed: connect ECONNREFUSED`),
    });
  });

  it('an old VM that does not let the key in is told at once', async t => {
    const { server, ssh } = await open(t, echo);
    server.lets = false;
    await assert.rejects(ssh.run(targetAt(server.port), 'x', quiet), {
      code: 'unauthenticated',
      next: /--user/,
    });
    assert.equal(server.opened, 1);
  });

  it('a time-out while connecting says why it was not reached', async t => {
    const { server, ssh } = await open(t, echo);
    server.lets = false;
    const control = new AbortController();
    const run = ssh.run(targetAt(server.port, { youngMs: 60_000 }), 'x', {
      ...quiet,
      signal: control.signal,
    });
    await until(() => server.opened > 1);
    control.abort(new DOMException('', 'TimeoutError'));
    await assert.rejects(run, { code: 'unauthenticated', message: /does not let our key in/ });
    await until(() => ssh.count() === 0);
  });

  it('a key that is none is no reason to try again', async t => {
    const { server, ssh } = await open(t, echo);
    await assert.rejects(
      ssh.run(targetAt(server.port, { privateKey: 'secret', youngMs: 60_000 }), 'x', quiet),
      (error: BaristaError) => error.code === 'failed_precondition' && !error.message.includes('secret'),
    );
  });

  it('closes with commands and handshakes under way', async t => {
    const { server, ssh } = await open(t, () => {});
    const running = ssh.run(targetAt(server.port), 'x', quiet);
    const failed = assert.rejects(running, { code: 'unavailable' });
    await until(() => server.standing === 1);
    await ssh.close();
    await failed;
    await assert.rejects(ssh.run(targetAt(server.port), 'x', quiet), { code: 'unavailable' });
  });
});
