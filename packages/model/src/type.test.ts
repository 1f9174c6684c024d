/** Our builders against the schema library's: the same JSON Schema for everything that our nouns are made of. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type as Library } from 'typebox';
import { Type } from './type.ts';

type Builders = typeof Type;
const schemas: ((t: Builders) => unknown)[] = [
  t => t.String({ pattern: '^a$', maxLength: 3, description: 'd' }),
  t => t.Integer({ minimum: 1, maximum: 5 }),
  t => t.Number({ exclusiveMinimum: 0 }),
  t => t.Boolean(),
  t => t.Null(),
  t => t.Unknown(),
  t => t.Literal('x'),
  t => t.Literal(true),
  t => t.Literal(7),
  t => t.Enum(['a', 'b'], { type: 'string', description: 'd' }),
  t => t.Union([t.Literal('x'), t.String()]),
  t => t.Array(t.Object({ a: t.String() }), { minItems: 1 }),
  t => t.Object({}),
  t => t.Object({ a: t.Optional(t.String()) }),
  t =>
    t.Object(
      { a: t.String(), b: t.Optional(t.Integer({ minimum: 1 })), c: t.Null() },
      { additionalProperties: false },
    ),
  t => t.Record(t.String(), t.Integer()),
  t => t.Record(t.String({ pattern: '^a$' }), t.String({ maxLength: 2 }), { additionalProperties: false }),
  t => t.Omit(t.Object({ a: t.String(), b: t.Optional(t.Null()), c: t.Null() }), ['c']),
];
for (const [number, make] of schemas.entries())
  test(`schema ${number + 1} is the library's: ${JSON.stringify(make(Type)).slice(0, 60)}`, () => {
    assert.deepEqual(
      JSON.parse(JSON.stringify(make(Type))),
      JSON.parse(JSON.stringify(make(Library as Builders))),
    );
  });

test('an optional copy leaves the original required', () => {
  const name = Type.String();
  Type.Optional(name);
  assert.deepEqual(Type.Object({ name }).required, ['name']);
});

test('what is left of a closed object is closed', () => {
  const rest = Type.Omit(Type.Object({ a: Type.String(), b: Type.Null() }, { additionalProperties: false }), [
    'b',
  ]);
  assert.equal((rest as { additionalProperties?: unknown }).additionalProperties, false);
});
