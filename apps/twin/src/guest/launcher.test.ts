/** Programs started here and beside the Twin behave the same; and what was started from a helper that is lost counts as ended. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { childrenOf, launchHere, type Launch, type Order } from './launch.ts';
import { openLauncher } from './launcher.ts';

const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
const shell = (script: string): Order => ({ file: 'sh', args: ['-c', script], cwd: '/', env });
const onLinux = { skip: process.platform !== 'linux' && 'it reads /proc' };

const launcher = openLauncher();
after(() => launcher.close());
const ways: [string, Launch][] = [
  ['here', launchHere],
  ['beside', launcher.launch],
];

for (const [where, launch] of ways)
  describe(`a program started ${where}`, onLinux, () => {
    it('hears, says and ends', async () => {
      let said = '';
      const told = Promise.withResolvers<void>();
      const cat = launch(shell('read line; echo "$line, $PWD"; echo oops >&2; exit 3'), (from, text) => {
        said += `${from}: ${text}`;
        if (said.includes('oops') && said.includes('/')) told.resolve();
      });
      assert.ok((await cat.started) > 1);
      cat.write('hello\n');
      assert.deepEqual(await cat.exited, { code: 3, signal: null });
      await told.promise;
      assert.ok(said.includes('stdout: hello, /\n') && said.includes('stderr: oops\n'), said);
    });

    it('ends with its input, by force, or by a signal to its child', async () => {
      const input = launch(shell('cat'));
      await input.started;
      input.end();
      assert.deepEqual(await input.exited, { code: 0, signal: null });
      const forced = launch(shell('sleep 60'));
      await forced.started;
      forced.kill();
      assert.deepEqual(await forced.exited, { code: null, signal: 'SIGKILL' });
      const ready = Promise.withResolvers<void>();
      const parent = launch(shell('setsid sh -c "echo up; sleep 60"; exit 7'), () => ready.resolve());
      await ready.promise;
      parent.signal('SIGTERM');
      assert.deepEqual(await parent.exited, { code: 7, signal: null });
    });

    it('says that it could not be started', async () => {
      const nothing = launch({ file: '/nonexistent/program', args: [], cwd: '/', env });
      await assert.rejects(nothing.started, /ENOENT/);
      assert.deepEqual(await nothing.exited, { code: null, signal: null });
      const much = launch({ file: 'true', args: ['x'.repeat(200_000)], cwd: '/', env });
      await assert.rejects(much.started, /E2BIG/);
    });
  });

describe('the process beside', onLinux, () => {
  it('is replaced when it is lost, and what it had started counts as ended', async () => {
    const own = openLauncher();
    const lost = own.launch(shell('cat'));
    const parent = Number(
      /PPid:\s+(\d+)/.exec(readFileSync(`/proc/${await lost.started}/status`, 'utf8'))?.[1],
    );
    assert.ok(childrenOf(process.pid).includes(parent));
    process.kill(parent, 'SIGKILL');
    assert.deepEqual(await lost.exited, { code: null, signal: 'SIGKILL' });
    const next = own.launch(shell('exit 5'));
    assert.deepEqual(await next.exited, { code: 5, signal: null });
    own.close();
  });
});
