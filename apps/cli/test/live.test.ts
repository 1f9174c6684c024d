/** What goes on: watching, interrupts, pipes that close, a server that fails; and that nothing of the API is out of reach. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { operationNames, operations } from '@cloud-barista/api/operations';
import type { Definition } from '@cloud-barista/api/define';
import { mcisFile, openCli, openStage } from './cli.ts';

const { cli, client, thaw } = await openStage({ after });

test('--watch shows what changes, and Ctrl-C ends it with 130', async () => {
  const watching = cli.start(['get', 'ns', '-w']);
  await watching.until('default');
  await client.call('namespace.create', { body: { name: 'new-one' } });
  await watching.until('new-one');
  watching.child.kill('SIGINT');
  const { code, stderr } = await watching.ended;
  assert.deepEqual([code, stderr], [130, '']);
});

test('Ctrl-C while it waits: 130, and the operation goes on; apply again takes it up', async () => {
  const file = await cli.file('slow.yaml', mcisFile('slow', ['a', 1, 'slow']));
  const applying = cli.start(['apply', '-f', file]);
  for await (const { object } of client.stream('watch.stream', {
    kind: 'mcis',
    prefix: 'default/slow',
    from: 1,
  }))
    if (object !== undefined) break;
  applying.child.kill('SIGINT');
  const said = await applying.ended;
  assert.equal(said.code, 130);
  assert.match(said.stderr, /it goes on.*barista operations watch op_\w+\n$/);
  const [operation] = (await client.call('operation.list', { limit: 1 })).items;
  assert.equal(operation?.state, 'running');
  assert.match(
    await cli.good('apply', '--no-wait', '-f', await cli.file('x.yaml', mcisFile('other', ['a', 1, 'slow']))),
    /being made, operation op_/,
  );
  const again = cli.start(['apply', '-f', file]);
  thaw();
  assert.deepEqual(await again.ended.then(({ code, stdout }) => [code, stdout]), [
    0,
    'mcis slow: unchanged\n',
  ]);
});

test('an api stream as JSON lines, ended by Ctrl-C', async () => {
  const watching = cli.start(['api', 'watch.stream', 'kind=namespace', 'from=1']);
  await watching.until('"name":"new-one"');
  watching.child.kill('SIGINT');
  const { code, stdout } = await watching.ended;
  assert.equal(code, 130);
  for (const line of stdout.trimEnd().split('\n'))
    assert.equal((JSON.parse(line) as { kind: string }).kind, 'namespace');
});

test('a reader that has enough (| head -1) is no error', async () => {
  // More than a pipe holds (64 KiB), so that the writer meets the closed end.
  await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      client.call('namespace.create', { body: { name: `n-${i}`, description: 'x'.repeat(1000) } }),
    ),
  );
  const running = cli.start(['get', 'ns', '-o', 'json']);
  running.child.stdout?.destroy();
  const { code, stderr } = await running.ended;
  assert.deepEqual([code, stderr], [0, '']);
});

test('control characters of others do not reach the terminal', async () => {
  await client.call('namespace.create', {
    body: { name: 'evil', description: '\u001b[2J\u0007\ttab\nline' },
  });
  const text = await cli.good('get', 'ns', 'evil');
  assert.ok(!/[\u0000-\u0009\u000b-\u001f]/.test(text), JSON.stringify(text));
  assert.equal(text.trimEnd().split('\n').length, 2);
});

test('every operation of the list is reachable by `barista api`', async t => {
  const asked: string[] = [];
  const echo = createServer((request, response) => {
    asked.push(`${request.method} ${request.url?.split('?')[0]}`);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  }).listen(0, '127.0.0.1');
  await new Promise(resolve => echo.once('listening', resolve));
  t.after(() => echo.close());
  const url = `http://127.0.0.1:${(echo.address() as AddressInfo).port}`;
  // The verb itself, in this process: sixty processes would say no more.
  const { createProgram } = await import('../src/program.ts');
  const write = t.mock.method(process.stdout, 'write', () => true);
  for (const name of operationNames) {
    const { path, body } = operations[name] as unknown as Definition;
    const values = [...path.matchAll(/\{(\w+)\}/g)].map(match => `${match[1]}=x`);
    const args = ['api', name, ...values, '-s', url, ...(body ? ['--body', '{}'] : [])];
    await createProgram().parseAsync(args, { from: 'user' });
    const { method } = operations[name];
    assert.equal(asked.at(-1), `${method} ${path.replaceAll(/\{\w+\}/g, 'x')}`);
  }
  write.mock.restore();
  assert.equal(asked.length, operationNames.length);
});

test('a server that fails or is another’s: exit code 1, said so, no stack', async t => {
  const answers = [
    [
      500,
      '{"error":{"code":"internal","message":"Something went wrong inside Cloud-Barista.","where":"request 7"}}',
      /request 7/,
    ],
    [200, '<html>', /something else than JSON/],
    [502, '<html>', /answered 502/],
  ] as const;
  for (const [status, text, said] of answers) {
    const other = createServer((_, response) => response.writeHead(status).end(text)).listen(0, '127.0.0.1');
    await new Promise(resolve => other.once('listening', resolve));
    t.after(() => other.close());
    assert.match(
      await cli.bad(1, 'get', 'ns', '-s', `http://127.0.0.1:${(other.address() as AddressInfo).port}`),
      said,
    );
  }
});

test('up: runs in the foreground, answers, ends with Ctrl-C', async t => {
  const own = await openCli(t);
  const up = own.start(['up', '--port', '0', '--store', 'memory:', '--data', `${own.home}/data`]);
  await up.until('answers at');
  up.child.kill('SIGTERM');
  const { code, stdout } = await up.ended;
  assert.equal(code, 0);
  assert.match(stdout, /Cloud-Barista answers at http:\/\/127\.0\.0\.1:\d+/);
});

test('cmd on an MCIS that is not there: 4; with VMs that answer no SSH: 1, each named', async () => {
  await cli.bad(4, 'cmd', 'nothing', '--', 'true');
  await cli.good('apply', '-f', await cli.file('web.yaml', mcisFile('web', ['a', 2])));
  assert.match(await cli.bad(4, 'cmd', 'web', '--vm', 'a-9', '--', 'true'), /a-1|a-2/);
});
