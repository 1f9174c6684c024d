/**
 * The EC2 Query protocol's parameters: `Filter.1.Value.2=x` as a tree. One parser for all actions.
 * Source: EC2 API reference, "Query requests"; list members are numbered from 1, in any order.
 */
import { Ec2Error, invalidValue, missing } from './errors.ts';

/** A piece of a parsed body keeps the whole body alive in V8: what is stored for long must be a copy. */
export const own = (text: string): string => Buffer.from(text).toString();

export class Params {
  private value: string | undefined;
  private parts: Map<string, Params> | undefined;

  private static put(root: Params, path: string, value: string): void {
    let node = root;
    let from = 0;
    while (from <= path.length) {
      const dot = path.indexOf('.', from);
      const end = dot < 0 ? path.length : dot;
      const name = path.slice(from, end);
      node.parts ??= new Map();
      let next = node.parts.get(name);
      if (!next) {
        next = new Params();
        node.parts.set(name, next);
      }
      node = next;
      from = end + 1;
    }
    node.value = value;
  }

  private static reach(root: Params, path: string): Params | undefined {
    let node: Params | undefined = root;
    for (const name of path.split('.')) node = node?.parts?.get(name);
    return node;
  }

  set(path: string, value: string): void {
    Params.put(this, path, value);
  }

  child(path: string): Params | undefined {
    return path.includes('.') ? Params.reach(this, path) : this.parts?.get(path);
  }

  /** The value at `path`; undefined where it is not given. */
  text(path: string): string | undefined {
    return this.child(path)?.value;
  }

  /** MissingParameter where it is absent or empty. */
  required(path: string): string {
    const value = this.text(path);
    if (value === undefined || value === '') throw missing(path);
    return value;
  }

  integer(path: string): number | undefined {
    const text = this.text(path);
    if (text === undefined || text === '') return undefined;
    if (!/^-?\d{1,15}$/.test(text)) throw invalidValue(text, path, 'It must be an integer.');
    return Number(text);
  }

  boolean(path: string): boolean | undefined {
    const text = this.text(path)?.toLowerCase();
    if (text === undefined || text === '') return undefined;
    if (text === 'true' || text === '1') return true;
    if (text === 'false' || text === '0') return false;
    throw invalidValue(text, path, 'It must be true or false.');
  }

  /** The members of a list, by their numbers. */
  list(path: string): Params[] {
    const parts = this.child(path)?.parts;
    if (!parts) return [];
    const members: [number, Params][] = [];
    for (const [name, member] of parts) if (/^\d{1,6}$/.test(name)) members.push([Number(name), member]);
    return members.sort((a, b) => a[0] - b[0]).map(([, member]) => member);
  }

  /** A list of plain values. */
  texts(path: string): string[] {
    return this.list(path).flatMap(member => (member.value === undefined ? [] : [member.value]));
  }

  /** Every value given. */
  *values(): Iterable<string> {
    if (this.value !== undefined) yield this.value;
    if (this.parts) for (const part of this.parts.values()) yield* part.values();
  }

  /** Everything given, as `path=value`, sorted; for telling two requests apart. */
  flat(without: ReadonlySet<string>): string[] {
    const lines: string[] = [];
    const walk = (node: Params, path: string) => {
      if (node.value !== undefined) lines.push(`${path}=${node.value}`);
      if (node.parts)
        for (const [name, part] of node.parts)
          if (path !== '' || !without.has(name)) walk(part, path === '' ? name : `${path}.${name}`);
    };
    walk(this, '');
    return lines.sort();
  }
}

function decode(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    throw new Ec2Error('MalformedQueryString', 'The query string contains a syntax error.');
  }
}

/** `a=b&c=d` as pairs, decoded. */
export function pairs(encoded: string): [string, string][] {
  const found: [string, string][] = [];
  for (const part of encoded.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    found.push(
      equals < 0 ? [decode(part), ''] : [decode(part.slice(0, equals)), decode(part.slice(equals + 1))],
    );
  }
  return found;
}

export function parseQuery(...encoded: string[]): Params {
  const params = new Params();
  for (const text of encoded) for (const [name, value] of pairs(text)) params.set(name, value);
  return params;
}
