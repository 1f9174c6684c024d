/** The command without a server: help, wrong usage, its own settings, completion. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { createProgram } from '../src/program.ts';
import { formatIn } from '../src/context.ts';
import { openCli } from './cli.ts';

const cli = await openCli({ after });
const closed = 'http://127.0.0.1:9';

test('alone it tells what there is, and that is no error', async () => {
  const help = await cli.good();
  assert.equal(help, await cli.good('--help'));
  assert.match(help, /Start with: {2}barista demo/);
  for (const verb of ['up', 'apply', 'get', 'delete', 'cmd', 'twin'])
    assert.match(help, new RegExp(`^ {2}${verb}\\b`, 'm'));
  for (const line of help.split('\n')) assert.ok(line.length <= 120, line);
  assert.match(await cli.good('twin'), /counts/);
  assert.match(await cli.good('create'), /namespace/);
  assert.match(await cli.good('--version'), /^\d+\.\d+\.\d+\n$/);
});

/** Every command there is, by the words that reach it. */
function* commands(command: Command, words: string[] = []): Generator<[string[], Command]> {
  for (const inner of command.commands) {
    yield [[...words, inner.name()], inner];
    yield* commands(inner, [...words, inner.name()]);
  }
}
const all = [...commands(createProgram())];

test('every verb has a summary, and every flag says what it does', () => {
  for (const [words, command] of all) {
    const name = words.join(' ');
    assert.ok(command.summary() !== '' || command.description() !== '', name);
    for (const { long, description } of command.options)
      assert.ok(description !== '', `${name} ${long ?? ''}`);
  }
});

// The text is made by the same code in this process: a process for each would only cost time.
for (const [words, command] of all)
  test(`barista ${words.join(' ')} --help`, () => {
    const help = command.helpInformation();
    assert.match(help, new RegExp(`^Usage: barista ${words.join(' ')}`));
  });

test('--help of a verb, as a process', async () => {
  assert.match(await cli.good('get', '--help'), /Nouns: mcis, vms/);
  assert.match(await cli.good('help', 'apply'), /Usage: barista apply/);
});

test('get without a noun lists the nouns, without a server', async () => {
  assert.match(await cli.good('get'), /NOUN +ALSO +WHAT\nmcis +/);
  assert.ok((await cli.json<{ noun: string }[]>('get')).some(({ noun }) => noun === 'key-pairs'));
});

test('what is not known names the nearest, exit code 2', async () => {
  const wrong: [args: string[], said: RegExp][] = [
    [['gett'], /Did you mean get\?/],
    [['get', 'mics'], /Did you mean "mcis"\?/],
    [['get', 'mcis', '--namespce', 'x'], /Did you mean --namespace\?/],
    [['twin', 'contus'], /Did you mean counts\?/],
    [['create', 'tokn', 'x'], /Did you mean token\?/],
    [['config', 'set', 'sever', 'x'], /Did you mean "server"\?/],
    [['config', 'sett', 'server', 'x'], /error: /],
    [['api', 'mcis.gte'], /Did you mean "mcis.get"\?/],
    [['completion', 'tcsh'], /bash, zsh, fish/],
    [['get', 'mcis', '-o', 'xml'], /table, wide, json, yaml/],
    [['get', 'mcis', '--limit', 'many'], /whole number/],
    [['calls', '--limit', '0'], /whole number/],
    [['operations', '--limit', '5000'], /at most 1000/],
    [['apply'], /--file/],
    [['describe', 'mcis'], /name/],
    [['delete'], /Say what to delete.*\n.*barista delete mcis NAME/s],
    [['delete', 'mcis'], /Say what to delete/],
    [['cmd', 'x'], /command/],
    [['cmd', 'x', '--timeout', '-1', '--', 'true'], /above 0/],
    [['up', '--port', '70000'], /0 to 65535/],
    [['get', 'images'], /--connection NAME/],
    [['get', 'vms'], /--mcis NAME/],
    [['api', 'mcis.get', 'nonsense'], /KEY=VALUE/],
    [['api', 'namespace.create', '--body', '{'], /not JSON/],
    [['api', 'mcis.get', 'namespace=default'], /mcis/],
    [['suspend'], /name/],
    [['create', 'token', 'x'], /--role/],
  ];
  // Two at a time: the machine has two cores.
  for (let at = 0; at < wrong.length; at += 4)
    await Promise.all(
      wrong
        .slice(at, at + 4)
        .map(async ([args, said]) => assert.match(await cli.bad(2, ...args), said, args.join(' '))),
    );
});

test('no server: exit code 3, where it looked and how to start one; as JSON where asked', async () => {
  const said = await cli.bad(3, 'get', 'mcis', '-s', closed);
  assert.match(said, /127\.0\.0\.1:9.*\n.*barista up/s);
  const { error } = JSON.parse(await cli.bad(3, 'get', 'mcis', '-s', closed, '--output=json')) as {
    error: { code: string };
  };
  assert.equal(error.code, 'unavailable');
  assert.match(await cli.bad(3, 'twin', 'counts', '--port', '9'), /barista twin up/);
});

test('the format asked for is seen in every way to write it', () => {
  for (const args of [['-o', 'json'], ['-ojson'], ['--output', 'json'], ['--output=json'], ['-o=json']])
    assert.equal(formatIn(['get', 'mcis', ...args]), 'json', args.join(' '));
  for (const args of [[], ['-o'], ['-o', 'xml'], ['cmd', 'x', '--', 'json']])
    assert.equal(formatIn(args), 'table');
});

test('settings: flags before environment before file before default; the file is its owner’s alone', async t => {
  const own = await openCli(t);
  const from = async (name: string, args: string[] = [], env = {}) => {
    const said = await own.run(['config', '-o', 'json', ...args], { env });
    return (JSON.parse(said.stdout) as { name: string; value: string; from: string }[]).find(
      each => each.name === name,
    );
  };
  assert.deepEqual(await from('namespace').then(each => [each?.value, each?.from]), ['default', 'default']);
  await own.good('config', 'set', 'namespace', 'mine');
  await own.good('config', 'set', 'token', 'cb_secret');
  const file = join(own.home, 'config', 'cloud-barista', 'config.json');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), { namespace: 'mine', token: 'cb_secret' });
  assert.deepEqual(await from('namespace').then(each => [each?.value, each?.from]), ['mine', file]);
  assert.deepEqual(
    await from('namespace', [], { BARISTA_NAMESPACE: 'env' }).then(each => [each?.value, each?.from]),
    ['env', 'BARISTA_NAMESPACE'],
  );
  const shown = await own.good('config');
  assert.ok(!shown.includes('cb_secret') && shown.includes('(set)'));
  // Made by another hand with more rights: brought back at the next write.
  await chmod(file, 0o644);
  await own.good('config', 'unset', 'namespace');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), { token: 'cb_secret' });
});

test('a broken settings file is named, and left as it is', async t => {
  const own = await openCli(t);
  const dir = join(own.home, 'config', 'cloud-barista');
  await mkdir(dir, { recursive: true });
  const file = join(dir, 'config.json');
  for (const text of ['{"server": "http', '[]', '"x"', 'null', '{"server": 7}']) {
    await writeFile(file, text);
    const said = await own.bad(2, 'get', 'mcis');
    assert.ok(said.includes(file) && said.includes('next:'), `${text}: ${said}`);
    await own.bad(2, 'config', 'set', 'namespace', 'x');
    assert.equal(await readFile(file, 'utf8'), text);
  }
});

for (const shell of ['bash', 'zsh', 'fish'])
  test(`completion for ${shell}`, async t => {
    const script = await cli.good('completion', shell);
    for (const word of ['apply', 'operations', 'security-groups', 'file'])
      assert.ok(script.includes(word), word);
    if (shell === 'bash') {
      const path = await cli.file('completion.bash', script);
      const run = promisify(execFile);
      await run('bash', ['-n', path]);
      const complete = (...words: string[]) =>
        run('bash', [
          '-c',
          `. ${path}; COMP_WORDS=(barista ${words.map(word => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _barista; echo "\${COMPREPLY[@]}"`,
        ]).then(({ stdout }) => stdout.trim());
      assert.equal(await complete('app'), 'apply');
      assert.equal(await complete('get', 'key'), 'key-pairs');
      assert.equal(await complete('twin', 'cou'), 'counts');
    } else if (
      await promisify(execFile)('which', [shell]).then(
        () => true,
        () => false,
      )
    ) {
      await promisify(execFile)(shell, ['-n', await cli.file(`completion.${shell}`, script)]);
    } else t.diagnostic(`${shell} is not installed: its syntax is not checked`);
  });
