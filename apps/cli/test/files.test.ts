/** Files that are wrong: said where and how, and nothing is made. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { parseDocuments } from '../src/documents.ts';
import { difference } from '../src/verbs/apply.ts';
import type { Mcis } from '@cloud-barista/model/mcis';
import { mcisFile, openStage } from './cli.ts';

const { cli, client } = await openStage({ after });
const good = mcisFile('web', ['a', 1]);

const broken: [what: string, text: string, code: number, said: RegExp][] = [
  ['cut in the middle of a text', 'name: "we', 2, /not YAML or JSON.*\n.*(\n.*)?Is the file whole/],
  ['cut in the middle of a flow', 'name: web\ngroups: [{ name: a, size:', 2, /Is the file whole/],
  ['JSON cut off', '{"name":"web","groups":[{"name":"a"', 2, /Is the file whole/],
  ['cut between fields', 'name: web\ngroups:\n  - name: a\n    size: 1\n', 2, /line 3: groups\[0\]\.image/],
  ['empty', '', 2, /holds nothing/],
  ['a list', '- a\n- b\n', 2, /not an object/],
  ['tabs', 'name: web\n\tgroups: []\n', 2, /not YAML/],
  ['a key twice', 'name: web\nname: web2\ngroups: []\n', 2, /unique/],
  ['an alias to nothing', 'name: web\ngroups: *nothing\n', 2, /nothing/],
  [
    'aliases without end',
    `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefg'.replace(/./g, c => `${c}: &${c} [${`*${String.fromCharCode(c.charCodeAt(0) - 1)},`.repeat(9)}]\n`)}`,
    2,
    /alias/i,
  ],
  ['an unknown kind', `kind: mics\n${good}`, 2, /"mcis"/],
  ['no kind', 'name: web\n', 2, /has no kind/],
  ['no name', 'groups: []\n', 2, /has no name/],
  ['a number for a name', `name: 123\ngroups: []\n`, 2, /name: "123"/],
  ['an unknown field', good.replace('size:', 'siez:'), 2, /line 4: groups\[0\]\.siez.*\n.*"size"/s],
  ['an unknown field at the top', `${good}onFailur: keep\n`, 2, /line 7: onFailur.*\n.*"onFailure"/s],
  ['an unknown connection', good.replace('seoul', 'soul'), 4, /line 5.*\n.*"seoul"/s],
  ['an unknown image', good.replace('ubuntu-22.04', 'ubuntu-99.04'), 4, /line 6/],
  ['a bad name', good.replace('web', 'Web'), 2, /line 1: name/],
  [
    'a variable that is not set',
    'kind: credential\nname: c\ndriver: memory\nvaluesFromEnv: { mockName: NO_SUCH_VARIABLE }\n',
    1,
    /NO_SUCH_VARIABLE.*\n.*export NO_SUCH_VARIABLE=/s,
  ],
  ['a second document that is broken', `${good}---\nname: "x`, 2, /document 2/],
];
for (const [what, text, code, said] of broken)
  test(`a file with ${what}`, async () => {
    const path = await cli.file('broken.yaml', text);
    const error = await cli.bad(code, 'apply', '-f', path);
    assert.match(error, said);
    assert.ok(error.includes(path), error);
    assert.match(error, /next: /);
  });

test('after all of them, nothing was made', async () => {
  assert.deepEqual((await client.call('mcis.list', { namespace: 'default' })).items, []);
  assert.deepEqual((await client.call('operation.list', {})).items, []);
});

test('a file that is not there, a directory, too large', async () => {
  assert.match(await cli.bad(4, 'apply', '-f', 'no-such.yaml'), /no-such\.yaml/);
  await cli.bad(1, 'apply', '-f', cli.home);
  await cli.bad(2, 'apply', '-f', await cli.file('large.yaml', `name: ${'x'.repeat(1024 * 1024)}\n`));
});

test('standard input, and a credential whose value stands in the environment only', async () => {
  const text = 'kind: credential\nname: by-env\ndriver: memory\nvaluesFromEnv: { mockName: MY_MOCK }\n';
  const { code, stdout, stderr } = await cli.run(['apply', '-f', '-'], {
    input: text,
    env: { MY_MOCK: 'hunter2' },
  });
  assert.deepEqual([code, stdout], [0, 'credential by-env: made\n'], stderr);
  assert.deepEqual((await client.call('credential.get', { credential: 'by-env' })).keys, ['mockName']);
});

test('a record that stands as another is refused', async () => {
  const region = (word: string) => `kind: region\nname: r\ndriver: memory\nvalues: { region: ${word} }\n`;
  assert.equal(await cli.good('apply', '-f', await cli.file('r.yaml', region('one'))), 'region r: made\n');
  assert.equal(
    await cli.good('apply', '-f', await cli.file('r.yaml', region('one'))),
    'region r: unchanged\n',
  );
  assert.match(
    await cli.bad(1, 'apply', '-f', await cli.file('r.yaml', region('two'))),
    /another \(values\)/,
  );
});

test('a review of what has no MCIS says so', async () => {
  assert.match(
    await cli.bad(2, 'review', '-f', await cli.file('r.yaml', 'kind: namespace\nname: x\n')),
    /no MCIS/,
  );
});

test('documents: several, their kinds, places of fields', () => {
  const text = `# first\nkind: namespace\nname: n\n---\n${good}---\n`;
  const [namespace, mcis, rest] = parseDocuments(text, 'f.yaml');
  assert.deepEqual([namespace?.kind, mcis?.kind, rest], ['namespace', 'mcis', undefined]);
  assert.equal(mcis?.placeOf('groups[0].size'), 'f.yaml, line 8');
  assert.equal(mcis?.placeOf('nowhere'), mcis?.where);
});

test('difference: adds, grows, removes the last, and nothing when nothing differs', () => {
  const group = (name: string, size: number) => ({ name, size, image: 'i' });
  const there = (...groups: [string, number][]) =>
    ({
      groups: groups.map(([name, size]) => group(name, size)),
      vms: groups.flatMap(([name, size]) =>
        Array.from({ length: size }, (_, i) => ({ name: `${name}-${i + 1}`, group: name })),
      ),
    }) as unknown as Mcis;
  const wanted = (...groups: [string, number][]) => ({
    name: 'x',
    groups: groups.map(([name, size]) => group(name, size)),
  });
  assert.deepEqual(difference(there(['a', 2]), wanted(['a', 2])), { added: [], grown: [], removed: [] });
  assert.deepEqual(difference(there(['a', 3], ['b', 1]), wanted(['a', 1], ['c', 2])), {
    added: [group('c', 2)],
    grown: [],
    removed: ['a-2', 'a-3', 'b-1'],
  });
  assert.deepEqual(difference(there(['a', 1]), wanted(['a', 4])).grown, [{ group: 'a', count: 3 }]);
  // The order of a group's fields says nothing.
  assert.deepEqual(
    difference(there(['a', 1]), { name: 'x', groups: [{ image: 'i', size: 1, name: 'a' }] }).added,
    [],
  );
});
