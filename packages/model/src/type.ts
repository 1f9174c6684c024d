/**
 * The schema library's builders that our nouns are written with, made here: JSON Schema as plain objects, under the library's
 * own types (`Static` reads them). The library itself loads seven hundred files, 80 ms of every start of the server and of every
 * command, to build the same; type.test.ts holds the two together.
 */
import type { Type as Library } from 'typebox';

type Used =
  | 'Array'
  | 'Boolean'
  | 'Enum'
  | 'Integer'
  | 'Literal'
  | 'Null'
  | 'Number'
  | 'Object'
  | 'Omit'
  | 'Optional'
  | 'Record'
  | 'String'
  | 'Union'
  | 'Unknown';

type Schema = Record<string, unknown>;
const optional = Symbol('optional');

const object = (properties: Record<string, Schema>, options: Schema = {}): Schema => {
  const required = Object.keys(properties).filter(key => !(optional in (properties[key] ?? {})));
  return { type: 'object', ...(required.length > 0 && { required }), properties, ...options };
};

const builders = {
  Array: (items: Schema, options?: Schema): Schema => ({ type: 'array', items, ...options }),
  Boolean: (options?: Schema): Schema => ({ type: 'boolean', ...options }),
  Enum: (words: readonly string[], options?: Schema): Schema => ({ enum: [...words], ...options }),
  Integer: (options?: Schema): Schema => ({ type: 'integer', ...options }),
  Literal: (value: string | number | boolean): Schema => ({ type: typeof value, const: value }),
  Null: (): Schema => ({ type: 'null' }),
  Number: (options?: Schema): Schema => ({ type: 'number', ...options }),
  Object: object,
  /** Stays as closed as it was. */
  Omit(
    { type: _type, required: _required, properties, ...options }: Schema,
    keys: readonly string[],
  ): Schema {
    const kept = Object.entries(properties as Record<string, Schema>).filter(([key]) => !keys.includes(key));
    return object(Object.fromEntries(kept), options);
  },
  /** A copy, so that the schema itself stays required elsewhere. The mark is no part of the schema. */
  Optional: (schema: Schema): Schema =>
    Object.defineProperty({ ...schema }, optional, { value: true, enumerable: false }),
  Record: ({ pattern = '^.*$' }: Schema, value: Schema, options?: Schema): Schema => ({
    type: 'object',
    patternProperties: { [String(pattern)]: value },
    ...options,
  }),
  String: (options?: Schema): Schema => ({ type: 'string', ...options }),
  Union: (anyOf: readonly Schema[], options?: Schema): Schema => ({ anyOf: [...anyOf], ...options }),
  Unknown: (options?: Schema): Schema => ({ ...options }),
} satisfies Record<Used, unknown>;

export const Type = builders as unknown as Pick<typeof Library, Used>;
