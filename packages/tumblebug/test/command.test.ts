/** Commands on an MCIS's VMs: real SSH to servers in this process; only the addresses are the test's. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { CommandEvent } from '@cloud-barista/model/command';
import { getHostKey } from '@cloud-barista/spider/host-keys';
import { giveAccess } from '../src/access.ts';
import { runCommand, streamCommand } from '../src/command.ts';
import { actOn } from '../src/lifecycle.ts';
import { openSsh } from '../src/ssh.ts';
import type { Tumblebug } from '../src/tumblebug.ts';
import { getMcisVm } from '../src/view.ts';
import { call, group, openStage, place, signal, type Stage } from './stage.ts';
import { hostKeys, openSshServer, until, type Exec, type SshServer } from './ssh-server.ts';

interface Talking {
  bug: Tumblebug;
  stage: Stage;
  server: SshServer;
  /** The target's VM of each command that was run, in the order of arrival at the pool. */
  users: string[];
  toOther: (port: number) => void;
}

async function open(
  t: TestContext,
  onExec: (exec: Exec) => void,
  size = 2,
  options: { now?: () => number } = {},
): Promise<Talking> {
  const stage = await openStage({ connections: ['seoul'], ...options });
  const server = await openSshServer({ onExec });
  const ssh = openSsh({ pauseMs: 1 });
  const users: string[] = [];
  let { port } = server;
  const bug: Tumblebug = {
    ...stage.bug,
    ssh: {
      ...ssh,
      run(target, command, run) {
        users.push(`${target.user} ${target.key}`);
        return ssh.run({ ...target, host: '127.0.0.1', port }, command, run);
      },
    },
  };
  t.after(async () => {
    await ssh.close();
    await server.close();
    await stage.close();
  });
  await stage.made({
    name: 'talk',
    groups: [group('web', size), group('db', 1)],
  });
  return { bug, stage, server, users, toOther: other => void (port = other) };
}
const run = (bug: Tumblebug, input: object, command = 'x') =>
  runCommand(bug, 'default', 'talk', { command, ...input }, call);
const answer = (text: string) => (exec: Exec) => {
  exec.channel.write(text);
  exec.exit(0);
};

describe('command', { timeout: 20_000 }, () => {
  it('runs on all, each with its own result, in numeric order', async t => {
    const { bug, users } = await open(
      t,
      exec => {
        exec.channel.write('out');
        exec.channel.stderr.write('err');
        exec.exit(7);
      },
      11,
    );
    const results = await run(bug, {});
    assert.deepEqual(
      results.map(result => result.vm),
      ['db-1', ...Array.from({ length: 11 }, (_, i) => `web-${i + 1}`)],
    );
    for (const { elapsedMs, vm, ...result } of results) {
      assert.ok(elapsedMs >= 0, vm);
      assert.deepEqual(result, {
        exitCode: 7,
        signal: '',
        stdout: 'out',
        stderr: 'err',
        truncated: false,
      });
    }
    assert.equal(users.length, 12);
    assert.ok(
      users.every(user => user.startsWith('cb-user ') || user.startsWith('ubuntu ')),
      users[0],
    );
  });

  it('chooses VMs by name and group, and their common part', async t => {
    const { bug } = await open(t, answer('ok'));
    const names = async (input: object) => (await run(bug, input)).map(result => result.vm);
    assert.deepEqual(await names({ group: 'web' }), ['web-1', 'web-2']);
    assert.deepEqual(await names({ vms: ['web-2', 'db-1', 'web-2'] }), ['db-1', 'web-2']);
    assert.deepEqual(await names({ vms: ['web-2', 'db-1'], group: 'web' }), ['web-2']);
    await assert.rejects(names({ vms: ['db-1'], group: 'web' }), {
      code: 'failed_precondition',
      where: 'vms',
    });
    await assert.rejects(names({ vms: [] }), { code: 'failed_precondition' });
    await assert.rejects(names({ vms: ['web-3'] }), {
      code: 'not_found',
      where: 'vms',
      next: /Did you mean "web-1"\?/,
    });
    await assert.rejects(names({ group: 'wep' }), {
      code: 'not_found',
      where: 'group',
      next: /Did you mean "web"\?/,
    });
    await assert.rejects(runCommand(bug, 'default', 'tall', { command: 'x' }, call), {
      code: 'not_found',
      next: /Did you mean "talk"\?/,
    });
  });

  it('streams output as it comes, each VM’s result behind its output', async t => {
    const execs: Exec[] = [];
    const { bug } = await open(t, exec => execs.push(exec));
    const events = streamCommand(bug, 'default', 'talk', { command: 'x', group: 'web' }, call);
    const next = async (): Promise<CommandEvent> => {
      const { value, done } = await events.next();
      assert.notEqual(done, true);
      return value as CommandEvent;
    };
    const first = next();
    await until(() => execs.length === 2);
    execs[1]?.channel.write('early');
    const heard = await first;
    assert.ok('stream' in heard);
    assert.deepEqual([heard.stream, heard.data], ['stdout', 'early']);
    execs[0]?.exit(0);
    const done = await next();
    assert.ok('result' in done && done.vm !== heard.vm, 'who ends first is told first');
    execs[1]?.channel.stderr.write('late');
    const late = await next();
    assert.ok('stream' in late && late.stream === 'stderr');
    execs[1]?.exit('KILL');
    const last = await next();
    assert.ok('result' in last);
    assert.deepEqual(
      [last.vm, last.result.stdout, last.result.stderr, last.result.exitCode, last.result.signal],
      [heard.vm, 'early', 'late', null, 'SIGKILL'],
    );
    assert.equal((await events.next()).done, true);
  });

  it('puts together characters that arrive in two parts', async t => {
    const { bug } = await open(t, exec => {
      const bytes = Buffer.from('한글');
      exec.channel.write(bytes.subarray(0, 4));
      setImmediate(() => {
        exec.channel.write(bytes.subarray(4));
        exec.exit(0);
      });
    });
    let streamed = '';
    for await (const event of streamCommand(bug, 'default', 'talk', { command: 'x', vms: ['db-1'] }, call))
      if ('data' in event) streamed += event.data;
      else assert.equal(event.result.stdout, '한글');
    assert.equal(streamed, '한글');
  });

  it('keeps 1 MiB of each stream and says that more came; the stream has all of it', async t => {
    const mib = 1024 * 1024;
    const { bug } = await open(t, exec => {
      exec.channel.stderr.write('e'.repeat(mib));
      exec.channel.end('o'.repeat(mib + 1), () => exec.exit(0));
    });
    let streamed = 0;
    for await (const event of streamCommand(bug, 'default', 'talk', { command: 'x', vms: ['db-1'] }, call))
      if ('result' in event) {
        assert.equal(event.result.stdout.length, mib);
        assert.equal(event.result.stderr.length, mib);
        assert.equal(event.result.truncated, true);
      } else streamed += event.data.length;
    assert.equal(streamed, 2 * mib + 1);
  });

  it('a VM that is too slow is killed and told as such; the others have their results', async t => {
    let execs = 0;
    const { bug, server } = await open(t, exec => {
      if (exec.command === 'warm' || execs++ > 0) answer('ok')(exec);
    });
    await run(bug, {}, 'warm');
    const results = await run(bug, { timeoutSeconds: 1 });
    const late = results.filter(result => result.error);
    assert.equal(late.length, 1);
    assert.equal(late[0]?.error?.code, 'deadline_exceeded');
    assert.match(
      late[0]?.error?.message ?? '',
      /^It did not end within 1 s on (web|db)-\d, and was killed\.$/,
    );
    assert.equal(late[0]?.exitCode, null);
    await until(() => server.signals.length > 0);
    assert.ok(results.filter(result => !result.error).every(result => result.stdout === 'ok'));
  });

  it('a VM that is not reached in time says why', async t => {
    const { bug, server } = await open(t, answer('ok'));
    server.lets = false;
    const [result] = await run(bug, { vms: ['db-1'], timeoutSeconds: 0.3 });
    assert.equal(result?.error?.code, 'deadline_exceeded');
    assert.match(result?.error?.message ?? '', /^db-1 was not reached within 0\.3 s: /);
  });

  it('kills what runs when the reader stops', async t => {
    const execs: Exec[] = [];
    const { bug, server } = await open(t, exec => {
      execs.push(exec);
      exec.channel.write('going');
    });
    for await (const _event of streamCommand(bug, 'default', 'talk', { command: 'x' }, call)) break;
    await until(() => server.signals.length === execs.length);
  });

  it('kills what runs when the client is gone, and begins no more', async t => {
    const execs: Exec[] = [];
    const { bug, server } = await open(t, exec => execs.push(exec));
    const client = new AbortController();
    const results = runCommand(bug, 'default', 'talk', { command: 'x' }, { signal: client.signal });
    await until(() => execs.length === 3);
    client.abort();
    for (const result of await results) assert.equal(result.error?.code, 'cancelled');
    await until(() => server.signals.length === 3);
  });

  it('a slow reader holds the VMs back', async t => {
    let written = 0;
    const { bug } = await open(t, exec => {
      const block = Buffer.alloc(128 * 1024, 'x');
      const pump = () => {
        while (written < 48 * 1024 * 1024) {
          written += block.length;
          if (!exec.channel.write(block)) return void exec.channel.once('drain', pump);
        }
        exec.exit(0);
      };
      pump();
    });
    const events = streamCommand(bug, 'default', 'talk', { command: 'x', vms: ['db-1'] }, call);
    let heard = 0;
    const first = await events.next();
    if (first.done !== true && 'data' in first.value) heard += first.value.data.length;
    let before = -1;
    while (written !== before) {
      before = written;
      for (let turn = 0; turn < 200; turn++) await new Promise(resolve => setImmediate(resolve));
    }
    assert.ok(written < 24 * 1024 * 1024, `${written} bytes were written ahead of the reader`);
    for await (const event of events) if ('data' in event) heard += event.data.length;
    assert.equal(heard, written);
  });

  it('pins the host key at first sight and refuses another one ever after', async t => {
    const { bug, server, toOther } = await open(t, answer('ok'));
    await run(bug, { vms: ['db-1'] });
    const vm = await getMcisVm(bug, 'default', 'talk', 'db-1');
    const pinned = await getHostKey(bug.spider, vm.connection, vm.vmName);
    assert.match(pinned?.key ?? '', /^ssh-ed25519 AAAA[A-Za-z0-9+/=]+$/);
    assert.ok(hostKeys[0]?.publicKey.startsWith(pinned?.key ?? '-'));
    const impostor = await openSshServer({
      onExec: answer('mine now'),
      hostKey: hostKeys[1]?.privateKey ?? '',
    });
    t.after(() => impostor.close());
    toOther(impostor.port);
    const [refused] = await run(bug, { vms: ['db-1'] });
    assert.equal(refused?.error?.code, 'failed_precondition');
    assert.match(refused?.error?.message ?? '', /^db-1 shows another SSH host key than on 20/);
    assert.equal(refused?.stdout, '');
    toOther(server.port);
    const [again] = await run(bug, { vms: ['db-1'] });
    assert.equal(again?.stdout, 'ok');
  });

  it('says what keeps a VM that does not run from running it', async t => {
    const { bug, stage } = await open(t, answer('ok'));
    await stage.well(actOn(bug, stage.sagas, place('talk'), 'suspend'));
    const [result] = await run(bug, { vms: ['db-1'] });
    assert.equal(result?.error?.code, 'failed_precondition');
    assert.match(result?.error?.message ?? '', /^db-1 is Suspended, not Running\.$/);
    assert.equal(result?.error?.next, 'Resume it first.');
  });

  it('logs in as another user when told', async t => {
    const { bug, users } = await open(t, answer('ok'));
    await run(bug, { vms: ['db-1'], user: 'root' });
    assert.match(users[0] ?? '', /^root seoul\/db-1-/);
  });
});

const ed25519 = hostKeys[1]?.publicKey ?? '';
describe('access', { timeout: 20_000 }, () => {
  it('gives the key by standard input, never in the command, and says where', async t => {
    let command = '';
    let input = '';
    const { bug } = await open(t, exec => {
      ({ command } = exec);
      exec.channel.on('data', (data: Buffer) => (input += data.toString()));
      exec.channel.on('end', () => exec.exit(0));
    });
    const access = await giveAccess(bug, 'default', 'talk', 'db-1', ` ${ed25519}\n`, { signal });
    assert.equal(input, `${ed25519}\n`);
    assert.ok(!command.includes('AAAA'));
    assert.ok(hostKeys[0]?.publicKey.startsWith(access.hostKey));
    assert.equal(access.port, 22);
  });

  it('says what the VM said when it fails', async t => {
    const { bug } = await open(t, exec => {
      exec.channel.stderr.write('mkdir: read-only file system\n');
      exec.exit(1);
    });
    await assert.rejects(giveAccess(bug, 'default', 'talk', 'db-1', ed25519, { signal }), {
      code: 'failed_precondition',
      message: 'db-1 could not let the key in: mkdir: read-only file system',
    });
  });
});
