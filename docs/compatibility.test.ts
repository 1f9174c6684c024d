/** compatibility.md says what the routes are: its tables are made of them, and every route of upstream's is in one. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { pageFiles } from '../apps/server/src/spider-api/api-page.ts';
import { routes, served } from '../apps/server/src/spider-api/routes.ts';
import { unserved } from '../apps/server/src/spider-api/unserved.ts';
import { espresso, lateEspresso, newest } from '../apps/server/test/spider-api/upstream-routes.ts';
import { page, withTables } from './compatibility.ts';

const shape = (line: string) => line.replaceAll(/:\w+\+?/g, ':');
const lineOf = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;
const lines = routes.map(lineOf);
/** The route that would take it: the same words, or a wildcard's. */
const taker = (line: string) =>
  lines.find(one => shape(one) === shape(line)) ??
  lines.find(one => one.endsWith('/*') && line.startsWith(one.slice(0, -1)));

describe('compatibility.md', () => {
  it('has the routes as they are', async () => {
    const text = await readFile(page, 'utf8');
    assert.equal(text, withTables(text), 'write it anew with: node docs/compatibility.ts');
  });
  for (const [era, list] of Object.entries({ espresso, lateEspresso, newest }))
    it(`has a word on every route of upstream’s ${era} (${list.length})`, () => {
      // Object metadata and buckets are asked by HEAD, which we answer nowhere.
      const missing = list.filter(line => !line.startsWith('HEAD ') && taker(line) === undefined);
      assert.deepEqual(missing, []);
    });
  it('serves every route of espresso but the pages of AdminWeb', () => {
    const without = new Set(unserved.flatMap(each => each.routes));
    const missing = lateEspresso.filter(line => without.has(taker(line) ?? ''));
    assert.deepEqual(
      missing.filter(line => !/ \/adminweb/.test(line)),
      [],
    );
  });
  it('serves nothing that upstream never had, but the files of its page', () => {
    const known = new Set([...espresso, ...lateEspresso, ...newest].map(shape));
    const own = Object.values(served)
      .flat()
      .filter(route => !pageFiles.includes(route.path))
      .map(lineOf)
      .filter(line => !known.has(shape(line)));
    assert.deepEqual(own, []);
  });
  it('says of each route that is not served why', () => {
    for (const { what, why, routes: list } of unserved) assert.ok(why.length > 10 && list.length > 0, what);
  });
  it('has each route once', () => {
    assert.equal(new Set(lines.map(shape)).size, lines.length);
  });
});
