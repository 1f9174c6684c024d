/** Every operation's definition hangs together: what a route, a document and a client are derived from must not contradict itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isErrorCode } from '@cloud-barista/model/errors';
import { roles, type Definition } from './define.ts';
import { operationNames, operations } from './operations.ts';

const all: [name: string, definition: Definition][] = Object.entries(operations);
const placesOf = (path: string) => [...path.matchAll(/\{(\w+)\}/g)].map(match => match[1] ?? '');

for (const [name, definition] of all)
  test(`${name} is coherent`, () => {
    const { method, path, params, query, body, output, answer, status, role, summary, errors } = definition;
    assert.match(name, /^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$/);
    assert.match(path, /^\/v1(\/([a-z]+(-[a-z]+)*|\{[a-zA-Z]+\}))+$/);
    assert.deepEqual(placesOf(path).sort(), Object.keys(params.properties).sort(), 'path and params');
    assert.deepEqual(
      [...(params.required ?? [])].sort(),
      Object.keys(params.properties).sort(),
      'params required',
    );
    for (const schema of [params, query])
      assert.equal((schema as { additionalProperties?: unknown }).additionalProperties, false);
    for (const key of Object.keys(query.properties))
      assert.ok(!(key in params.properties) && key !== 'body', `${key} is in path and query`);
    assert.ok(body === undefined || method === 'POST' || method === 'PUT', `${method} with a body`);
    assert.ok(roles.includes(role));
    assert.ok(summary.length > 5 && !summary.endsWith('.'), 'a summary without a full stop');
    for (const code of errors) assert.ok(isErrorCode(code), code);
    assert.equal(new Set(errors).size, errors.length, 'an error twice');
    if (method === 'GET') assert.equal(role === 'operator', false, 'a GET changes nothing');
    else assert.ok(role !== 'reader' || name === 'mcis.review', 'a reader changes nothing');
    if (status === 204) assert.deepEqual(Object.keys(output), Object.keys(operations['token.delete'].output));
    if (answer === 'stream') assert.equal(status, 200);
    if (placesOf(path).length > 0 && method !== 'POST')
      assert.ok(errors.includes('not_found'), 'no not_found');
    if (name.endsWith('.create')) assert.ok(errors.includes('already_exists') && status === 201);
    if (name.endsWith('.list')) {
      assert.ok('cursor' in query.properties && 'limit' in query.properties, 'a list has pages');
      assert.ok('items' in (output as unknown as { properties: object }).properties);
    }
  });

test('no two operations share a method and path, a fixed path before one with a place', () => {
  const shapes = all.map(([, { method, path }]) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`);
  assert.deepEqual(
    shapes.filter((shape, at) => shapes.indexOf(shape) !== at),
    [],
  );
  assert.equal(new Set(operationNames).size, all.length);
});

test('what a nested path belongs to is called the same everywhere', () => {
  // /v1/connections/{connection}/…: a place is named after the collection before it.
  for (const [name, { path }] of all)
    for (const [, before = '', place = ''] of path.matchAll(/\/([a-z-]+)\/\{(\w+)\}/g)) {
      const singular = before === 'mcis' ? 'mcis' : before.replace(/s$/, '');
      assert.equal(
        place,
        singular.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase()),
        name,
      );
    }
});
