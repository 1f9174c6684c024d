/** The server's process: how it ends, what it says when it can't start. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from '@cloud-barista/api/client';
import { directory, group, openStage } from './stage.ts';
import { runMain, startMain } from './process.ts';

for (const signal of ['SIGTERM', 'SIGINT'] as const)
  test(`${signal}: streams end, exit code 0, soon`, async t => {
    const main = await startMain(t, ['--store', 'memory:']);
    const stream = await fetch(`${main.url}/v1/watch?kind=vm`);
    const began = performance.now();
    assert.deepEqual(await main.end(signal), [0, null]);
    assert.ok(performance.now() - began < 3000);
    await stream.text().catch(() => '');
    assert.equal(main.said(), '');
  });

test('its parent’s end is its own', async t => {
  const main = await startMain(t, ['--store', 'memory:']);
  const ended = new Promise(resolve => main.child.once('exit', resolve));
  main.child.stdin?.destroy();
  assert.equal(await ended, 0);
});

// The in-process cloud dies with its process, so what stood in it is gone: the deed may end either way, but it must end. Kills with
// a cloud that lives on are e2e's.
test('killed with an operation under way: the next one takes it up and ends it', async t => {
  const dataDir = await directory(t);
  const first = await startMain(t, ['--data', dataDir]);
  const client = createClient({ url: first.url });
  const values = { mockName: 'main' };
  await client.call('credential.create', { body: { name: 'c', driver: 'memory', values } });
  await client.call('region.create', { body: { name: 'c', driver: 'memory', values: { createMs: '200' } } });
  await client.call('connection.create', {
    body: { name: 'c', driver: 'memory', credential: 'c', region: 'c' },
  });
  const begun = await client.call('mcis.create', {
    namespace: 'default',
    body: { name: 'i', groups: [group('c')] },
  });
  await first.end('SIGKILL');
  const second = await startMain(t, ['--data', dataDir]);
  const after = createClient({ url: second.url });
  await after.follow(begun).catch(() => {});
  const end = await after.call('operation.get', { operation: begun.id });
  const { items } = await after.call('mcis.list', { namespace: 'default' });
  if (end.state === 'succeeded') assert.equal(items[0]?.state, 'Running');
  else assert.deepEqual([end.state, items], ['undone', []]);
});

test('wrong flags: said what is wrong, exit code 2', async () => {
  const wrong: [args: string[], said: RegExp][] = [
    [['--prot', '1'], /--prot.*\n.*--port/s],
    [['--port', 'abc'], /"abc" is no port/],
    [['--port', '65536'], /no port/],
    [['--log-level', 'loud'], /"loud".*\n.*debug/s],
  ];
  for (const [args, said] of wrong) {
    const { code, stdout, stderr } = await runMain(args);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, said);
    assert.ok(!stderr.includes('    at '), 'a stack is not for people');
  }
});

test('what it can’t start with: said in a sentence and what to do, exit code 1', async t => {
  const dataDir = await directory(t);
  const other = await openStage(t);
  const { port } = new URL(other.server.url);
  for (const [args, said] of [
    [['--port', port], /taken/],
    [['--port', '0', '--store', 'postgres://x'], /memory:/],
    [['--port', '0', '--host', 'no.such.host.invalid'], /Can't listen/],
  ] as const) {
    const { code, stderr } = await runMain(['--data', dataDir, ...args]);
    assert.equal(code, 1, stderr);
    assert.match(stderr, said);
    assert.ok(!stderr.includes('    at '), stderr);
  }
});
