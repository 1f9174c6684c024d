/**
 * The SDK's own schemas as judge of element names: an element that the SDK does not know would be dropped silently by every client.
 */
import * as sdk from '@aws-sdk/client-ec2';

type Ref = unknown;
const schemas = sdk as unknown as Record<string, Ref>;
const resolve = (ref: Ref): Ref => (typeof ref === 'function' ? resolve((ref as () => Ref)()) : ref);
const isStatic = (ref: Ref): ref is unknown[] =>
  Array.isArray(ref) && typeof ref[0] === 'number' && typeof ref[1] === 'string';

/** A member is a schema, or a schema with traits. */
function member(ref: Ref): { schema: Ref; xmlName: string | undefined } {
  const found = resolve(ref);
  if (!Array.isArray(found) || isStatic(found)) return { schema: found, xmlName: undefined };
  const traits = found[1] as { xmlName?: string } | undefined;
  return { schema: resolve(found[0]), xmlName: traits?.xmlName };
}

const structure = 3;
const list = 1;

function walk(value: unknown, ref: Ref, path: string, found: string[]): void {
  const schema = resolve(ref);
  const nested = typeof value === 'object' && value !== null;
  if (isStatic(schema) && schema[0] === structure) {
    if (!nested) {
      if (value !== '') found.push(`${path}: a value where a structure belongs`);
      return;
    }
    const names = schema[4] as string[];
    const members = new Map<string, Ref>();
    for (const [index, name] of names.entries()) {
      const { schema: type, xmlName } = member((schema[5] as Ref[])[index]);
      members.set(xmlName ?? name, type);
    }
    for (const [name, inner] of Object.entries(value)) {
      if (!members.has(name)) found.push(`${path}.${name}`);
      else walk(inner, members.get(name), `${path}.${name}`, found);
    }
    return;
  }
  const isList =
    (isStatic(schema) && schema[0] === list) || (typeof schema === 'number' && (schema & 64) !== 0);
  if (isList) {
    if (!nested) {
      if (value !== '') found.push(`${path}: a value where a list belongs`);
      return;
    }
    for (const [name, items] of Object.entries(value)) {
      if (name !== 'item') found.push(`${path}.${name}`);
      const inner = isStatic(schema) ? member(schema[4]).schema : 0;
      for (const item of Array.isArray(items) ? items : [items]) walk(item, inner, `${path}[]`, found);
    }
    return;
  }
  if (nested) found.push(`${path}: a structure where a value belongs`);
}

type Element = { [name: string]: unknown };

/** Elements without attributes, comments or mixed content: all that EC2 writes. A name that repeats becomes a list. */
function parse(xml: string): Element {
  const root: Element = {};
  const stack: { name: string; members: Element; text: string }[] = [{ name: '', members: root, text: '' }];
  for (const [, close = '', name = '', empty = '', text = ''] of xml.matchAll(
    /<(\/?)([\w?:.-]+)[^>]*?(\/?)>([^<]*)/g,
  )) {
    if (name.startsWith('?')) continue;
    const top = stack.at(-1);
    if (!top) throw new Error('more closed than opened');
    if (close === '') stack.push({ name, members: {}, text });
    if (close === '' && empty === '') continue;
    const done = stack.pop();
    const parent = stack.at(-1);
    if (!done || !parent || done.name !== name) throw new Error(`</${name}> does not close what is open`);
    const value = Object.keys(done.members).length > 0 ? done.members : done.text.trim();
    const standing = parent.members[name];
    if (standing === undefined) parent.members[name] = value;
    else if (Array.isArray(standing)) standing.push(value);
    else parent.members[name] = [standing, value];
  }
  if (stack.length !== 1) throw new Error('not closed');
  return root;
}

/** In every answer, or in those to which the API reference gives no shape. */
const everywhere = new Set(['requestId', 'return']);

export function strangers(answers: readonly string[]): string[] {
  const found: string[] = [];
  for (const answer of answers) {
    const [root, members] = Object.entries(parse(answer))[0] ?? ['', {}];
    if (
      !root.endsWith('Response') ||
      root === 'Response' ||
      root === 'ErrorResponse' ||
      root.startsWith('GetCaller')
    )
      continue;
    const action = root.slice(0, -'Response'.length);
    const operation = schemas[`${action}$`] as unknown[] | undefined;
    if (!operation) {
      found.push(`${action}: no such operation`);
      continue;
    }
    const rest = Object.fromEntries(
      Object.entries(members as object).filter(([name]) => !everywhere.has(name)),
    );
    const output = resolve(operation[5]);
    if (isStatic(output)) walk(rest, output, action, found);
    else if (Object.keys(rest).length > 0) found.push(`${action}: has no output`);
  }
  return [...new Set(found)];
}
