/**
 * The list of operations as Protocol Buffers see it: a service for each noun, a method for each operation, a message for each
 * schema. A request's fields are the operation's input: its path and query values, and its body under `body`.
 *
 * Words (enumerations) are strings here as they are in JSON: the same words everywhere, checked by the same schemas, and a new
 * one breaks no older client. Every integer is an int64, so that a bound that moves changes nothing on the wire. A field is
 * `optional` where its schema is; a list or a map that is left out is an empty one.
 */
import type { Definition } from '../define.ts';
import { Operation } from '@cloud-barista/model/operation';
import { isMessage, nameOf, type JsonSchema } from './names.ts';

export const scalars = ['string', 'int64', 'double', 'bool', 'value'] as const;
/** `value` is any JSON (google.protobuf.Value). */
export type Scalar = (typeof scalars)[number];
export type Kind = Scalar | { message: string };

export interface Field {
  /** As in JSON; camel case. */
  name: string;
  kind: Kind;
  label: 'one' | 'many' | 'map';
  /** The schema lets it be left out. */
  optional: boolean;
  /** The schema takes null too, which is told by leaving the field out. */
  nullable: boolean;
  comment: string;
}
export interface Message {
  name: string;
  fields: Field[];
}
export interface Method {
  name: string;
  operation: string;
  request: string;
  response: string;
  streams: boolean;
  comment: string;
}
export interface Service {
  name: string;
  methods: Method[];
}
export interface Shapes {
  messages: Map<string, Message>;
  services: Service[];
}

export const pascal = (word: string): string =>
  word.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());

const isWord = (schema: JsonSchema) => schema.type === 'string' && schema.const !== undefined;

class Shaper {
  readonly messages = new Map<string, Message>();
  readonly #schemas = new Map<string, string>();

  /** The message of an object's schema, made where it is not there yet. */
  message(schema: JsonSchema, otherwise: string): string {
    const name = nameOf(schema) ?? otherwise;
    const text = JSON.stringify(schema);
    const before = this.#schemas.get(name);
    if (before === text) return name;
    if (before !== undefined)
      throw new Error(`two schemas would both be the message ${name}: export one under a name`);
    this.#schemas.set(name, text);
    const message: Message = { name, fields: [] };
    this.messages.set(name, message);
    const alternatives = schema.anyOf ?? [schema];
    for (const { properties = {}, required = [] } of alternatives)
      for (const [field, of] of Object.entries(properties)) {
        if (message.fields.some(each => each.name === field))
          throw new Error(`${name}.${field} stands in two alternatives`);
        const optional = alternatives.length > 1 || !required.includes(field);
        message.fields.push(this.#field(name, field, of, optional));
      }
    return name;
  }

  #field(parent: string, name: string, schema: JsonSchema, optional: boolean): Field {
    if (!/^[a-z]+[0-9]*([A-Z][a-z0-9]*)*$/.test(name)) throw new Error(`${parent}.${name} can't be a field`);
    const comment = [schema.description, wordsOf(schema)].filter(Boolean).join('. ');
    const field = { name, optional, nullable: false, comment };
    const inner = (of: JsonSchema) => this.#kind(of, parent + pascal(name));
    if (schema.type === 'array' && schema.items)
      return { ...field, label: 'many', kind: inner(schema.items) };
    if (schema.patternProperties) {
      const [value = {}] = Object.values(schema.patternProperties);
      return { ...field, label: 'map', kind: inner(value) };
    }
    const [only, ...others] = (schema.anyOf ?? []).filter(each => each.type !== 'null');
    if (only && others.length === 0) return { ...field, nullable: true, label: 'one', kind: inner(only) };
    return { ...field, label: 'one', kind: inner(schema) };
  }

  #kind(schema: JsonSchema, otherwise: string): Kind {
    if (isMessage(schema)) return { message: this.message(schema, otherwise) };
    if (schema.anyOf) return schema.anyOf.every(isWord) ? 'string' : 'value';
    switch (schema.type) {
      case 'string':
        return 'string';
      case 'integer':
        return 'int64';
      case 'number':
        return 'double';
      case 'boolean':
        return 'bool';
      default:
        return 'value';
    }
  }
}

function wordsOf(schema: JsonSchema): string {
  const words = schema.enum ?? (schema.anyOf?.every(isWord) ? schema.anyOf.map(each => each.const) : []);
  return words.length === 0 ? '' : `One of ${words.map(word => JSON.stringify(word)).join(', ')}`;
}

/** Services and messages in the order of the list. */
export function shapesOf(operations: Record<string, Definition>): Shapes {
  const shaper = new Shaper();
  const services = new Map<string, Service>();
  // It is an answer of every long operation, and the details of every error.
  shaper.message(Operation as JsonSchema, 'Operation');
  for (const [operation, definition] of Object.entries(operations)) {
    const [noun = '', verb = ''] = operation.split('.').map(pascal);
    const name = `${noun}Service`;
    const service = services.get(name) ?? { name, methods: [] };
    services.set(name, service);
    const { params, query, body, output, answer, summary, role } = definition;
    const input: JsonSchema = {
      type: 'object',
      required: [...(params.required ?? []), ...(query.required ?? []), ...(body ? ['body'] : [])],
      properties: { ...params.properties, ...query.properties, ...(body && { body }) },
    };
    const request = shaper.message(input, `${noun}${verb}Request`);
    const result = shaper.message(output, `${noun}${verb}Response`);
    const comment = [`${summary}.`, `Role: ${role}.`];
    if (answer === 'long')
      comment.push(
        `Begun: watch the operation. With the metadata \`prefer: wait=60\`: ended, its result a ${result}.`,
      );
    service.methods.push({
      name: verb,
      operation,
      request,
      response: answer === 'long' ? 'Operation' : result,
      streams: answer === 'stream',
      comment: comment.join(' '),
    });
  }
  return { messages: shaper.messages, services: [...services.values()] };
}
