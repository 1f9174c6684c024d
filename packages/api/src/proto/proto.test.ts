/** The committed proto file is the list's, and the numbers in it never change. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { closed } from '@cloud-barista/model/schema';
import { Type } from '@cloud-barista/model/type';
import { define } from '../define.ts';
import committed from './numbers.json' with { type: 'json' };
import { numbered, type Ledger } from './numbers.ts';
import { openProto } from './proto.ts';
import { scalars, shapesOf, type Field, type Shapes } from './shape.ts';
import { protoFile, protoText, snake } from './text.ts';

const proto = openProto();
const again = 'run: node tools/proto.ts';

test('the committed file is what the list gives', () => {
  const path = fileURLToPath(new URL(`../../../../proto/${protoFile}`, import.meta.url));
  assert.ok(readFileSync(path, 'utf8') === proto.text, `proto/${protoFile} lags behind the list: ${again}`);
});

test('the ledger has every number, and no field that is gone still has one', () => {
  assert.deepEqual(proto.ledger, committed, `numbers.json lags behind the list: ${again}`);
});

test('each number is one field’s, none is reserved or the protocol’s own', () => {
  for (const [message, { fields, reserved = {} }] of Object.entries(
    committed.messages as Ledger['messages'],
  )) {
    const numbers = Object.values(fields).map(text => Number(text.split(' ')[0]));
    assert.equal(new Set(numbers).size, numbers.length, message);
    for (const number of numbers) {
      assert.ok(Number.isInteger(number) && number >= 1 && number < 19_000, `${message} ${number}`);
      assert.ok(!(number in reserved), `${message} ${number} is reserved`);
    }
  }
});

test('a field’s name is found again from its name in the file', () => {
  for (const { name, fields } of proto.shapes.messages.values())
    for (const field of fields) {
      const back = snake(field.name).replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
      assert.equal(back, field.name, name);
    }
});

test('a noun is one message wherever it stands', () => {
  for (const name of [
    'Vm',
    'VmInput',
    'Vpc',
    'RegionInput',
    'CredentialInput',
    'Mcis',
    'McisInput',
    'Operation',
  ])
    assert.ok(proto.shapes.messages.has(name), name);
  const text = proto.text;
  assert.match(text, /message RegionCreateRequest \{\n {2}RegionInput body = 1;\n\}/);
  assert.match(text, /rpc Create\(VmCreateRequest\) returns \(Operation\);/);
  assert.match(text, /rpc Stream\(WatchStreamRequest\) returns \(stream ChangeEvent\);/);
});

const field: fc.Arbitrary<Field> = fc.record({
  name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
  kind: fc.constantFrom(...scalars),
  label: fc.constantFrom('one', 'many', 'map'),
  optional: fc.boolean(),
  nullable: fc.boolean(),
  comment: fc.constant(''),
});
const shapes: fc.Arbitrary<Shapes> = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom('A', 'B'),
      fields: fc.uniqueArray(field, { selector: each => each.name }),
    }),
    { selector: each => each.name },
  )
  .map(messages => ({ messages: new Map(messages.map(each => [each.name, each])), services: [] }));

test('whatever is added, removed, moved or retyped: a number means one name and type for ever', () => {
  fc.assert(
    fc.property(fc.array(shapes, { minLength: 2, maxLength: 8 }), history => {
      let ledger: Ledger = { messages: {}, services: {} };
      const meanings = new Map<string, string>();
      for (const each of history) {
        ledger = numbered(each, ledger);
        assert.deepEqual(numbered(each, ledger), ledger);
        for (const [message, { fields }] of Object.entries(ledger.messages))
          for (const [name, text] of Object.entries(fields)) {
            const [number = '', ...type] = text.split(' ');
            const key = `${message} ${number}`;
            const meaning = `${name} ${type.join(' ')}`;
            assert.equal(meanings.get(key) ?? meaning, meaning);
            meanings.set(key, meaning);
          }
        // And all of it can be written.
        protoText(each, ledger);
      }
    }),
  );
});

test('what is removed is reserved in the file; a name that is there again is not', () => {
  const one = (...names: string[]): Shapes => ({
    messages: new Map([
      [
        'A',
        {
          name: 'A',
          fields: names.map(name => {
            const [field = '', kind = 'string'] = name.split(':');
            return {
              name: field,
              kind,
              label: 'one',
              optional: false,
              nullable: false,
              comment: '',
            } as Field;
          }),
        },
      ],
    ]),
    services: [],
  });
  const first = numbered(one('gone', 'retyped', 'stays'), { messages: {}, services: {} });
  const now = one('stays', 'retyped:bool', 'added');
  const text = protoText(now, numbered(now, first));
  assert.match(
    text,
    /message A \{\n {2}reserved "gone";\n {2}reserved 1, 2;\n {2}string stays = 3;\n {2}bool retyped = 4;\n {2}string added = 5;\n\}/,
  );
});

test('a method that would take or give something else is refused', () => {
  const list = (answer: 'plain' | 'stream') => ({
    'thing.get': define({
      method: 'GET',
      path: '/v1/thing',
      summary: 'Show it',
      answer,
      output: closed({ name: Type.String() }),
    }) as never,
  });
  const before = numbered(shapesOf(list('plain')), { messages: {}, services: {} });
  assert.throws(() => numbered(shapesOf(list('stream')), before), /ThingService\.Get .* another name/);
  // Removed, its line stays; the same one may come back.
  assert.deepEqual(numbered(shapesOf({}), before).services, before.services);
});
