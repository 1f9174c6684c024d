/**
 * The documents are tried: the commands of both READMEs and of cloud-twin.md are run, in their order, against a server and a
 * Twin; their YAML is what is applied. What can't be run here stands in `notRun`, with its reason.
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { createControl } from '../apps/twin/src/control/control.ts';
import { createWorld } from '../apps/twin/src/world/world.ts';
import { start, type Process } from '../tools/process.ts';
import { page, withOperations } from './operations.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const readmes = ['README.md', 'README.ko.md'] as const;
const documents = [
  ...globSync('*.md', { cwd: root }),
  ...globSync('{docs,bench}/**/*.md', { cwd: root }),
].sort();

/** Commands that are not run here, and why. */
const notRun: readonly (readonly [RegExp, string])[] = [
  [/^git clone /, 'it is this checkout'],
  [/^\.\/barista demo\b/, 'it takes ports of its own and stays up'],
  [/^\.\/barista (?:twin )?up\b/, 'they are up already, on ports of their own'],
  [/ --watch$/, 'it watches until it is interrupted'],
  [/^\.\/barista test$/, 'this is part of it'],
  [/^npm run bench$/, 'it takes half a minute'],
  [/i-0123456789abcdef0/, 'the id stands for one of yours'],
  [/my-key/, 'the key stands for one of yours'],
  [/^aws ec2 describe-instances$/, 'only AWS CLI 2.13 or newer knows the address by itself'],
];

interface Block {
  language: string;
  text: string;
}
const blocks = (text: string): Block[] =>
  [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', body = '']) => ({
    language,
    text: body,
  }));
const prose = (text: string) => text.replaceAll(/^```[\s\S]*?^```$/gm, '');
/** Without what a comment says. */
const bare = (line: string) => line.replace(/(^|\s)#.*$/, '').trimEnd();
const shell = (text: string) => blocks(text).filter(({ language }) => language === 'sh');
const commands = (text: string) =>
  shell(text).flatMap(block =>
    block.text
      .split('\n')
      .map(bare)
      .filter(line => line !== ''),
  );
const isRun = (line: string) => !notRun.some(([pattern]) => pattern.test(line));
const has = (program: string): boolean => {
  try {
    execFileSync(program, [program === 'ssh' ? '-V' : '--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

describe('documents', () => {
  it('have no blank left to fill in, and no path of the machine they were written on', () => {
    for (const file of documents) {
      const found = /@@\w+@@|(?<![\w.~])\/(?:work|root|home\/\w+|tmp)\//.exec(read(file));
      assert.equal(found?.[0], undefined, file);
    }
  });

  it('link to what is there', () => {
    const slug = (heading: string) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .trim()
        .replaceAll(' ', '-');
    for (const file of documents)
      for (const [, target = ''] of prose(read(file)).matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(target)) continue;
        const [path = '', anchor] = target.split('#');
        const there = path === '' ? join(root, file) : resolve(root, dirname(file), path);
        assert.ok(existsSync(there), `${file} links to ${target}`);
        if (anchor === undefined) continue;
        const headings = [...readFileSync(there, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, text = '']) =>
          slug(text),
        );
        assert.ok(
          headings.includes(anchor),
          `${file} links to ${target}: no such heading in ${relative(root, there)}`,
        );
      }
  });

  it('both READMEs have the same commands, files, headings, links and figures', () => {
    const [english, korean] = readmes.map(read);
    assert.ok(english !== undefined && korean !== undefined);
    const levels = (text: string) => [...prose(text).matchAll(/^(#+) /gm)].map(([, marks]) => marks);
    const figures = (text: string) => (prose(text).match(/\d+(?:[.,]\d+)*/g) ?? []).sort();
    const links = (text: string) =>
      [...prose(text).matchAll(/\]\(([^)]+)\)/g)]
        .map(([, to = '']) => to)
        .filter(to => !to.startsWith('README'))
        .sort();
    const yaml = (text: string) =>
      blocks(text)
        .filter(({ language }) => language === 'yaml')
        .map(each => each.text.split('\n').map(bare));
    const printed = (text: string) => blocks(text).find(({ language }) => language === '')?.text;
    assert.deepEqual(commands(korean), commands(english));
    assert.deepEqual(yaml(korean), yaml(english));
    assert.deepEqual(levels(korean), levels(english));
    assert.deepEqual(links(korean), links(english));
    assert.deepEqual(figures(korean), figures(english));
    assert.equal(printed(korean), printed(english));
  });

  it("the demo's print names the VMs that the demo makes", () => {
    const [printed] = blocks(read('README.md')).filter(({ language }) => language === '');
    const example = parseAllDocuments(read('examples/video-conference.yaml'))[0]?.toJS() as {
      groups: { name: string; size: number }[];
    };
    for (const { name, size } of example.groups)
      for (let number = 1; number <= size; number++)
        assert.match(printed?.text ?? '', new RegExp(`^${name}-${number} .* Running `, 'm'));
    assert.match(
      printed?.text.trim() ?? '',
      /\n6\/6 VMs Running, 6\/6 commands ok, \d+\.\d s; torn down, 0 left in the clouds$/,
    );
  });

  it('cloud-twin.md has every operation and quota, and every route of the control API', async () => {
    const text = readFileSync(page, 'utf8');
    assert.equal(text, withOperations(text), 'write it anew with: node docs/operations.ts');
    const { routes } = createControl({
      world: createWorld(),
      wires: [],
      base: () => '',
      ssh: () => ({}),
      sandbox: () => true,
      console: () => Promise.resolve(''),
    });
    const told = [...text.matchAll(/^\| `([A-Z]+ \/[^`]*)` \|/gm)].map(([, route = '']) => route);
    assert.deepEqual(told.sort(), [...routes].sort());
  });

  it('what is not run stands in a document', () => {
    const all = [...readmes, 'docs/cloud-twin.md'].flatMap(file => commands(read(file)));
    for (const [pattern] of notRun)
      assert.ok(
        all.some(line => pattern.test(line)),
        String(pattern),
      );
  });
});

describe('examples', () => {
  let twin: Process;
  let server: Process;
  let dir = '';
  let env: NodeJS.ProcessEnv = {};
  const url = (each: Process) => String(each.ready['url']);

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'barista-docs-'));
    [twin, server] = await Promise.all([
      start('twin', ['up', '--port', '0', '--ssh-port', '0']),
      start('server', ['--port', '0', '--data', join(dir, 'data')]),
    ]);
    // Not the wrapper of the checkout: that one installs what is missing.
    const cli = join(root, 'apps', 'cli', 'src', 'main.ts');
    await writeFile(join(dir, 'barista'), `#!/bin/sh\nexec '${process.execPath}' '${cli}' "$@"\n`);
    await chmod(join(dir, 'barista'), 0o755);
    await mkdir(join(dir, 'home'));
    env = {
      PATH: process.env['PATH'],
      HOME: join(dir, 'home'),
      LC_ALL: 'C.UTF-8',
      NODE_COMPILE_CACHE:
        process.env['NODE_COMPILE_CACHE'] ?? join(root, 'node_modules', '.cache', 'compile'),
      BARISTA_SERVER: url(server),
      BARISTA_TWIN: url(twin),
    };
  });
  after(async () => {
    await Promise.all([twin.end(), server.end()]);
    await rm(dir, { recursive: true, force: true });
  });

  /** Why this machine can't run a line; undefined where it can. */
  function lacks(line: string): string | undefined {
    if (line.startsWith('aws ') && !has('aws')) return 'the AWS CLI is not installed';
    if (line.startsWith('openstack ') && !has('openstack')) return 'the OpenStack client is not installed';
    if (/^\.\/barista (cmd|ssh) /.test(line) && twin.ready['sandbox'] !== true)
      return String(twin.ready['sandbox']);
    if (line.startsWith('./barista ssh ') && !has('ssh')) return 'no OpenSSH client';
    return undefined;
  }

  /** What a document's code says, run as one after the other; each line in a shell that knows what earlier ones exported. */
  async function play(file: string, diagnose: (text: string) => void): Promise<void> {
    const script: string[] = ['set -eu'];
    for (const { language, text } of blocks(read(file))) {
      const name = /^# (\S+\.yaml)\n/.exec(text)?.[1];
      if (language === 'yaml' && name !== undefined) await writeFile(join(dir, name), atTheTwin(text));
      if (language !== 'sh') continue;
      for (const line of text.split('\n').map(bare)) {
        if (line === '' || !isRun(line)) continue;
        const missing = lacks(line);
        if (missing !== undefined) diagnose(`not run: ${line} – ${missing}`);
        else script.push(`echo '$ ${line.replaceAll("'", `'\\''`)}'`, atThePorts(line));
      }
    }
    await new Promise<void>((done, fail) => {
      const child = execFile(
        'bash',
        ['-c', script.join('\n')],
        { cwd: dir, env, timeout: 240_000 },
        (error, stdout, stderr) => {
          if (error) fail(new Error(`${file}:\n${stdout}\n${stderr}`, { cause: error }));
          else done();
        },
      );
      child.stdin?.end();
    });
  }
  const atThePorts = (line: string) =>
    line.replaceAll('http://127.0.0.1:4600', url(server)).replaceAll('http://127.0.0.1:4650', url(twin));
  /** A real cloud's region gets the Twin for its endpoint, and nothing else. */
  const atTheTwin = (text: string) =>
    text.replaceAll(/values: \{ region: ([\w-]+) \}/g, `values: { region: $1, endpoint: "${url(twin)}" }`);

  async function control(path: string, method = 'GET'): Promise<unknown> {
    const response = await fetch(`${url(twin)}/twin/v1${path}`, { method });
    assert.ok(response.ok, `${method} ${path}: ${response.status}`);
    return response.status === 204 ? undefined : response.json();
  }

  it('README.md: what it says to type works, and leaves nothing in the clouds', async test => {
    const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = (
      (await control('/clouds/aws/connection')) as { credential: Record<string, string> }
    ).credential;
    Object.assign(env, { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY });
    await play('README.md', text => test.diagnostic(text));
    assert.equal(((await control('/counts')) as { total: number }).total, 0);
    assert.deepEqual(await control('/faults'), { items: [] });
  });

  it('cloud-twin.md: what it says to type works', async test => {
    await play('docs/cloud-twin.md', text => test.diagnostic(text));
    const { items } = (await control('/clouds')) as { items: { name: string }[] };
    assert.ok(items.some(cloud => cloud.name === 'small'));
  });
});
