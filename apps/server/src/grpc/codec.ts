/** Messages of the wire as operations take and give them: plain JSON. Made from the .proto text that the list of operations gives. */
import protobuf, { type IParseOptions, type Root, type Type } from 'protobufjs';
import type { Proto } from '@cloud-barista/api/proto/proto';
import type { Field, Kind, Message } from '@cloud-barista/api/proto/shape';
import { protoPackage } from '@cloud-barista/api/proto/text';
import { BaristaError } from '@cloud-barista/model/errors';
import { fromValue, structProto, toValue, type JsonValue } from './value.ts';

type Plain = Record<string, unknown>;

export interface Codec {
  /** An operation's input. Throws invalid_argument where the bytes are no such message. */
  decode(request: string, bytes: Uint8Array): Plain;
  encode(response: string, output: unknown): Uint8Array;
}

/** With what it imports: it knows google.protobuf.Value. */
export function rootOf(text: string, options: IParseOptions = {}): Root {
  const root = new protobuf.Root();
  protobuf.parse(structProto, root, options);
  if (text !== '') protobuf.parse(text, root, options);
  root.resolveAll();
  return root;
}

const broken = (why: string, where = 'message') =>
  new BaristaError('invalid_argument', why, {
    where,
    next: 'Is the client generated from the same proto file? Reflection tells the one of this server.',
  });

export function openCodec({ shapes, text }: Pick<Proto, 'shapes' | 'text'>): Codec {
  const root = rootOf(text);
  const types = new Map<string, Type>();
  const typeOf = (name: string): Type => {
    const type = types.get(name) ?? root.lookupType(`${protoPackage}.${name}`);
    types.set(name, type);
    return type;
  };
  const messageOf = (name: string): Message => {
    const message = shapes.messages.get(name);
    if (!message) throw new Error(`no message ${name}`);
    return message;
  };

  function one(kind: Kind, value: unknown, where: string): unknown {
    if (typeof kind === 'object') return input(kind.message, value as Plain);
    if (kind === 'value') return toJson(value);
    if (kind !== 'int64') return value;
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    throw broken(`${where} is out of range.`, where);
  }
  const toJson = (value: unknown) => fromValue(value as Parameters<typeof fromValue>[0]);

  function read(field: Field, message: Plain): unknown {
    const { name, kind, label, optional, nullable } = field;
    const there = Object.hasOwn(message, name) && message[name] !== null;
    if (label === 'many') {
      const items = there ? (message[name] as unknown[]) : [];
      return items.length === 0 && optional ? undefined : items.map(item => one(kind, item, name));
    }
    if (label === 'map') {
      const entries = Object.entries(there ? (message[name] as Plain) : {});
      if (entries.length === 0 && optional) return undefined;
      return Object.fromEntries(entries.map(([key, item]) => [key, one(kind, item, name)]));
    }
    if (there) return one(kind, message[name], name);
    if (nullable && !optional) return null;
    // Without presence, what is left out is the type's nothing: "", 0, false.
    return optional || nullable || typeof kind === 'object' || kind === 'value'
      ? undefined
      : one(kind, message[name], name);
  }
  function input(name: string, message: Plain): Plain {
    const plain: Plain = {};
    for (const field of messageOf(name).fields) {
      const value = read(field, message);
      if (value !== undefined) plain[field.name] = value;
    }
    return plain;
  }

  const holds = new Map<string, boolean>();
  /** Whether any JSON stands somewhere in it: all other messages are encoded as they are. */
  function holdsJson(name: string): boolean {
    const known = holds.get(name);
    if (known !== undefined) return known;
    holds.set(name, false);
    const found = messageOf(name).fields.some(({ kind }) =>
      typeof kind === 'object' ? holdsJson(kind.message) : kind === 'value',
    );
    holds.set(name, found);
    return found;
  }
  function output(kind: Kind, value: unknown): unknown {
    if (kind === 'value') return toValue(value as JsonValue);
    if (typeof kind !== 'object' || value === null || value === undefined || !holdsJson(kind.message))
      return value;
    const plain: Plain = { ...value };
    for (const { name, kind: inner, label } of messageOf(kind.message).fields) {
      const had = plain[name];
      if (had === undefined) continue;
      if (label === 'one') plain[name] = output(inner, had);
      else if (label === 'many') plain[name] = (had as unknown[]).map(item => output(inner, item));
      else
        plain[name] = Object.fromEntries(
          Object.entries(had as Plain).map(([key, item]) => [key, output(inner, item)]),
        );
    }
    return plain;
  }

  return {
    decode(request, bytes) {
      let message: object;
      try {
        message = typeOf(request).decode(bytes);
      } catch {
        throw broken(`These bytes are no ${protoPackage}.${request}.`);
      }
      return input(request, message as Plain);
    },
    encode: (response, value) =>
      typeOf(response)
        .encode(output({ message: response }, value) as Plain)
        .finish(),
  };
}
