/** Reading a body's parts: null is absent, as in Resource Manager; another type than expected is refused by its path. */
import { isObject, type Json } from './call.ts';
import { badRequest } from './errors.ts';

const refuse = (path: string, expected: string) =>
  badRequest(
    'InvalidRequestContent',
    `The request content was invalid and could not be deserialized: 'Could not convert the value to ${expected}. Path '${path}'.'.`,
  );

export const nothing: Json = Object.freeze({});

export function objectAt(from: Json, key: string, inside = ''): Json | undefined {
  const value = from[key];
  if (value === undefined || value === null) return undefined;
  if (isObject(value)) return value;
  throw refuse(inside + key, 'an object');
}

export function textAt(from: Json, key: string, inside = ''): string | undefined {
  const value = from[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  throw refuse(inside + key, 'a string');
}

export function numberAt(from: Json, key: string, inside = ''): number | undefined {
  const value = from[key];
  if (value === undefined || value === null) return undefined;
  const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number)) return number;
  throw refuse(inside + key, 'an integer');
}

export function booleanAt(from: Json, key: string, inside = ''): boolean | undefined {
  const value = from[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'boolean') return value;
  throw refuse(inside + key, 'a boolean');
}

function listAt(from: Json, key: string, inside: string): readonly unknown[] | undefined {
  const value = from[key];
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return value;
  throw refuse(inside + key, 'an array');
}

export function objectsAt(from: Json, key: string, inside = ''): readonly Json[] | undefined {
  return listAt(from, key, inside)?.map((each, index) => {
    if (isObject(each)) return each;
    throw refuse(`${inside}${key}[${index}]`, 'an object');
  });
}

export function textsAt(from: Json, key: string, inside = ''): readonly string[] | undefined {
  return listAt(from, key, inside)?.map((each, index) => {
    if (typeof each === 'string') return each;
    throw refuse(`${inside}${key}[${index}]`, 'a string');
  });
}

/** `{ id }`, as bodies point at other resources. */
export const referenceAt = (from: Json, key: string, inside = ''): string | undefined => {
  const reference = objectAt(from, key, inside);
  return reference && textAt(reference, 'id', `${inside}${key}.`);
};

/** One of `words`, whatever its case, in its right letters. */
export function wordAt<W extends string>(
  from: Json,
  key: string,
  words: readonly W[],
  inside = '',
): W | undefined {
  const given = textAt(from, key, inside);
  if (given === undefined) return undefined;
  const word = words.find(each => each.toLowerCase() === given.toLowerCase());
  if (word !== undefined) return word;
  throw badRequest(
    'InvalidRequestContent',
    `The request content was invalid and could not be deserialized: 'Error converting value "${given}": it is one of ${words.join(', ')}. Path '${inside}${key}'.'.`,
  );
}
