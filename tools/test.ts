/**
 * All tests: types, lint, format, then every *.test.ts. `./barista test [PATTERN …]` runs only the test files whose path
 * holds one of the patterns. The last line is `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { globSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { createCollector, differences, matrixFile, matrixOf, printMatrix, withRuns } from './matrix.ts';
import { readRuns } from './runs.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const writeMatrix = process.argv.includes('--write-matrix');
const patterns = process.argv.slice(2).filter(word => word !== '--write-matrix');
const collector = createCollector();

let passed = 0;
let failed = 0;

function check(name: string, command: string, args: readonly string[]): Promise<void> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(join(bin, command), args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.on('data', data => (text += String(data)));
    child.stderr.on('data', data => (text += String(data)));
    child.once('error', reject);
    child.once('exit', code => {
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      if (code === 0) passed++;
      else failed++;
      process.stdout.write(code === 0 ? `✔ ${name} (${seconds} s)\n` : `✖ ${name} (${seconds} s)\n${text}\n`);
      resolve();
    });
  });
}

if (patterns.length === 0) {
  await check('types', 'tsc', ['--noEmit', '-p', 'tsconfig.json']);
  await check('lint', 'oxlint', ['--type-aware']);
  await check('format', 'biome', ['format', '.']);
}

const files = globSync('{packages,drivers,apps,e2e,tools,bench,docs}/**/*.test.ts', {
  cwd: root,
  exclude: name => name === 'node_modules',
})
  .filter(
    file =>
      !file.includes('node_modules') &&
      (patterns.length === 0 || patterns.some(pattern => file.includes(pattern))),
  )
  .sort();

const stream = run({
  files: files.map(file => join(root, file)),
  concurrency: Math.max(2, availableParallelism() - 1),
  cwd: root,
});
stream.on('test:pass', event => {
  // A file and a describe are not tests; a skipped one has not passed.
  collector.add(event.file ?? '', {
    name: event.name,
    nesting: event.nesting,
    skip: event.skip,
    failed: false,
  });
  if (event.details.type === 'suite' || event.skip !== undefined) return;
  if (!files.some(file => event.name === join(root, file))) passed++;
});
stream.on('test:fail', event => {
  collector.add(event.file ?? '', { name: event.name, nesting: event.nesting, failed: true });
  if (event.details.type !== 'suite') failed++;
});
stream.compose(spec).pipe(process.stdout);
await new Promise(resolve => stream.once('end', resolve));
// The reporter prints behind the events; the count comes last.
setImmediate(() => {
  if (writeMatrix)
    writeFileSync(
      matrixFile,
      printMatrix(withRuns(matrixOf(collector.seen), readRuns()), new Date().toISOString().slice(0, 10)),
    );
  else if (collector.seen.length > 0) {
    const wrong = differences(collector.seen);
    if (wrong.length === 0) passed++;
    else failed++;
    process.stdout.write(
      wrong.length === 0
        ? '✔ docs/capabilities.md is what was seen\n'
        : `✖ docs/capabilities.md differs (npm run matrix):\n  ${wrong.join('\n  ')}\n`,
    );
  }
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
});
