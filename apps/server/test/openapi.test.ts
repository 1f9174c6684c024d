/** The document that other people's tools read, and the page over it. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { operationNames } from '@cloud-barista/api/operations';
import { errorTable, isErrorCode } from '@cloud-barista/model/errors';
import { definitionOf, openStage } from './stage.ts';

const stage = await openStage({ after });
type Json = Record<string, unknown>;
const answer = await stage.send('/openapi.json');
const document = answer.body as Json;
const paths = document['paths'] as Record<string, Record<string, Json>>;
const each = operationNames.map(name => {
  const { method, path } = definitionOf(name);
  return { name, definition: definitionOf(name), told: paths[path]?.[method.toLowerCase()] ?? {} };
});
const responses = (told: Json) =>
  told['responses'] as Record<string, { content?: Record<string, { schema: Json }> }>;

test('it is OpenAPI 3.1 with a title, a version and a licence', () => {
  assert.match(String(answer.headers['content-type']), /^application\/json/);
  assert.match(String(document['openapi']), /^3\.1\.\d+$/);
  for (const field of ['title', 'version', 'license']) assert.ok((document['info'] as Json)[field], field);
});

test('every operation is in it, and nothing else', () => {
  const ids = Object.values(paths).flatMap(methods =>
    Object.values(methods).map(told => String(told['operationId'])),
  );
  assert.deepEqual(ids.toSorted(), operationNames.toSorted());
});

for (const { name, definition, told } of each)
  test(`${name}: parameters, body and answers`, () => {
    const places = [...definition.path.matchAll(/\{(\w+)\}/g)].map(match => match[1]);
    const parameters = told['parameters'] as { name: string; in: string; required: boolean; schema: Json }[];
    assert.deepEqual(
      parameters
        .filter(each => each.in === 'path')
        .map(each => each.name)
        .sort(),
      places.sort((a = '', b = '') => a.localeCompare(b)),
    );
    for (const each of parameters) {
      assert.ok(['path', 'query', 'header'].includes(each.in));
      assert.ok(each.in !== 'path' || each.required);
      assert.equal(typeof each.schema, 'object');
    }
    assert.equal(new Set(parameters.map(each => `${each.in} ${each.name}`)).size, parameters.length);
    assert.equal('requestBody' in told, definition.body !== undefined);
    const statuses = Object.keys(responses(told));
    assert.ok(statuses.some(status => status.startsWith('2')));
    for (const status of statuses) {
      assert.match(status, /^[2-5]\d\d$/);
      assert.ok(String((responses(told)[status] as Json)['description']).length > 0);
    }
    for (const code of definition.errors) assert.ok(statuses.includes(String(errorTable[code].status)), code);
    assert.equal(statuses.includes('202'), definition.answer === 'long');
  });

/** Every value under `key`, wherever it stands. */
function* all(value: unknown, key: string): Generator<unknown> {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    if (name === key) yield inner;
    yield* all(inner, key);
  }
}

test('every $ref leads somewhere', () => {
  for (const ref of all(document, '$ref')) {
    let at: unknown = document;
    for (const part of String(ref).replace(/^#\//, '').split('/')) at = (at as Json | undefined)?.[part];
    assert.equal(typeof at, 'object', String(ref));
  }
});

test('every schema is JSON Schema 2020-12, and refuses what it does not know', () => {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false });
  addFormats.default(ajv);
  for (const keyword of ['x-role']) ajv.addKeyword(keyword);
  const text = JSON.stringify(document).replaceAll('#/components/schemas/', '#/$defs/');
  const { components } = JSON.parse(text) as { components: { schemas: Json } };
  for (const schema of all(JSON.parse(text), 'schema')) {
    const compiled = ajv.compile({ ...(schema as Json), $defs: components.schemas });
    assert.equal(typeof compiled, 'function');
  }
  for (const { name, told } of each) {
    const body = (told['requestBody'] as { content: Record<string, { schema: Json }> } | undefined)?.content;
    const schema = body?.['application/json']?.schema;
    if (schema) assert.ok('anyOf' in schema || schema['additionalProperties'] === false, name);
  }
});

test('the errors that are answered are those that it tells of', async () => {
  const ajv = new Ajv2020();
  const { Error: schema } = (document['components'] as { schemas: Record<string, Json> }).schemas;
  const wrong = await stage.send('/v1/namespaces/X');
  assert.ok(ajv.validate(schema ?? false, wrong.body), ajv.errorsText());
  assert.ok(isErrorCode((wrong.body as { error: { code: string } }).error.code));
});

test('/docs: a page, its script and its style, nothing from elsewhere', async () => {
  const page = await stage.send('/docs');
  assert.equal(page.status, 200);
  assert.match(String(page.headers['content-type']), /^text\/html/);
  assert.match(String(page.headers['content-security-policy']), /default-src 'none'/);
  const links = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(match => match[1] ?? '');
  assert.equal(links.length, 3);
  for (const link of links) {
    assert.match(link, /^\/docs\//);
    const asset = await stage.send(link);
    assert.equal(asset.status, 200, link);
    assert.match(String(asset.headers['content-type']), /^text\/(css|javascript)/);
    assert.ok(asset.text.length > 50);
  }
});
