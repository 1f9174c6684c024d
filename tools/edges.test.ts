/**
 * The allowed edges between packages, and no cycles. npm hoists workspaces, so an undeclared import works by accident: this
 * reads the imports themselves. Each refusal prints its reason.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const scope = '@cloud-barista/';

/** Package → what it may import of ours, besides itself. `suite` is for tests only and stands in nobody's list. */
const allowed: Record<string, { may: string[]; because: string }> = {
  model: { may: [], because: 'model is the leaf: nouns without I/O' },
  api: { may: ['model'], because: 'the list of operations knows nouns only' },
  driver: { may: ['model'], because: 'the contract knows nouns only' },
  store: { may: ['model'], because: 'the store knows no clouds' },
  suite: { may: ['driver', 'model', 'store'], because: 'the judge knows contracts, not implementations' },
  spider: {
    may: ['api', 'driver', 'model', 'store'],
    because: 'spider meets drivers through their contract',
  },
  tumblebug: {
    may: ['api', 'model', 'spider', 'store'],
    because: 'groups stand on the connector, never on a driver',
  },
  'driver-*': {
    may: ['driver', 'model'],
    because: 'a driver knows its cloud and the contract, never another driver',
  },
  server: {
    may: ['api', 'driver', 'driver-*', 'model', 'spider', 'store', 'tumblebug'],
    because: 'the server puts frameworks and drivers together',
  },
  conformance: {
    may: ['driver', 'model', 'suite'],
    because: 'it is a run of the suite, on an account of the user',
  },
  cli: { may: ['api', 'model'], because: 'the CLI is a client: it speaks to the server by the typed client' },
  twin: { may: ['model'], because: 'driver and emulator must not be able to share a mistake' },
};

interface Workspace {
  name: string;
  dir: string;
  dependencies: Set<string>;
}

const workspaces: Workspace[] = ['packages', 'drivers', 'apps'].flatMap(group =>
  readdirSync(join(root, group)).map(entry => {
    const dir = join(root, group, entry);
    const manifest = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as {
      name: string;
      dependencies?: Record<string, string>;
    };
    return {
      name: manifest.name.replace(scope, ''),
      dir,
      dependencies: new Set(Object.keys(manifest.dependencies ?? {})),
    };
  }),
);

function sources(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true, recursive: true })
    .filter(
      entry => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes('node_modules'),
    )
    .map(entry => join(entry.parentPath, entry.name));
}
const isTest = (file: string) =>
  file.endsWith('.test.ts') || file.split(sep).includes('test') || file.split(sep).includes('fixtures');

function imports(file: string): { specifier: string; typeOnly: boolean }[] {
  const text = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const found = [
    ...text.matchAll(/(?:^|\n)\s*(import|export)\s+(type\s+)?(?:[\w*${}\s,]+?\s+from\s+)?['"]([^'"]+)['"]/g),
  ].map(match => ({ specifier: match[3] ?? '', typeOnly: match[2] !== undefined }));
  const dynamic = [...text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)].map(match => ({
    specifier: match[1] ?? '',
    typeOnly: false,
  }));
  return [...found, ...dynamic];
}

const ruleOf = (name: string) =>
  allowed[name] ?? (name.startsWith('driver-') ? allowed['driver-*'] : undefined);
const matches = (name: string, pattern: string) =>
  pattern === name || (pattern.endsWith('*') && name.startsWith(pattern.slice(0, -1)));

test('every package imports only what the house allows, and declares it', () => {
  const wrong: string[] = [];
  for (const { name, dir, dependencies } of workspaces) {
    const rule = ruleOf(name);
    assert.ok(rule, `${name} has no rule: add one to tools/edges.test.ts with its reason`);
    for (const file of sources(dir))
      for (const { specifier, typeOnly } of imports(file)) {
        const where = `${relative(root, file)} imports ${specifier}`;
        if (specifier.startsWith('.')) {
          if (!resolve(dirname(file), specifier).startsWith(dir + sep))
            wrong.push(`${where}: reach other packages by their names`);
          continue;
        }
        if (specifier.startsWith(scope)) {
          const target = specifier.slice(scope.length).split('/')[0] ?? '';
          if (target === name || isTest(file)) continue;
          if (!rule.may.some(pattern => matches(target, pattern))) wrong.push(`${where}: ${rule.because}`);
          else if (!dependencies.has(scope + target))
            wrong.push(`${where}: not declared in ${name}'s package.json`);
          continue;
        }
        const external = specifier.startsWith('@')
          ? specifier.split('/').slice(0, 2).join('/')
          : (specifier.split('/')[0] ?? '');
        if (specifier.startsWith('node:')) continue;
        if (builtinModules.includes(external)) wrong.push(`${where}: write node:${external}`);
        else if (!isTest(file) && !dependencies.has(external) && !(typeOnly && dependencies.has(external)))
          wrong.push(`${where}: not declared in ${name}'s package.json`);
      }
  }
  assert.deepEqual(wrong, []);
});

test('driver and emulator share nothing, tests included', () => {
  const wrong: string[] = [];
  for (const { name, dir } of workspaces)
    for (const file of sources(dir))
      for (const { specifier } of imports(file)) {
        const target = specifier.startsWith(scope) ? (specifier.slice(scope.length).split('/')[0] ?? '') : '';
        if (name === 'twin' && target !== '' && target !== 'twin' && target !== 'model')
          wrong.push(`${relative(root, file)} imports ${specifier}`);
        if (name.startsWith('driver-') && target === 'twin')
          wrong.push(`${relative(root, file)} imports ${specifier}: start the Twin as a process`);
      }
  assert.deepEqual(wrong, []);
});

test('no cycles between files', () => {
  const graph = new Map<string, string[]>();
  const byName = new Map(workspaces.map(each => [each.name, each.dir]));
  for (const { dir } of workspaces)
    for (const file of sources(dir))
      graph.set(
        file,
        imports(file)
          .filter(({ typeOnly }) => !typeOnly)
          .flatMap(({ specifier }) => {
            if (specifier.startsWith('.')) return [resolve(dirname(file), specifier)];
            if (!specifier.startsWith(scope)) return [];
            const [target = '', ...path] = specifier.slice(scope.length).split('/');
            const home = byName.get(target);
            return home === undefined ? [] : [join(home, 'src', `${path.join('/')}.ts`)];
          }),
      );
  const state = new Map<string, 'open' | 'done'>();
  const visit = (file: string, path: string[]): string[] | undefined => {
    if (state.get(file) === 'done') return undefined;
    if (state.get(file) === 'open') return [...path.slice(path.indexOf(file)), file];
    state.set(file, 'open');
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next, [...path, file]);
      if (cycle) return cycle;
    }
    state.set(file, 'done');
    return undefined;
  };
  for (const file of graph.keys())
    assert.deepEqual(visit(file, [])?.map(each => relative(root, each)) ?? [], []);
});
