/** Partial responses: `fields=items(name,status),nextPageToken` or `items/name`. Source: "Partial responses" of Google's API guides. */
import { GcpError } from './errors.ts';

type Tree = Map<string, Tree>;

const wrong = (text: string) =>
  new GcpError(400, 'invalidParameter', `Invalid field selection ${text}`, {
    location: { type: 'parameter', name: 'fields' },
  });

function parse(text: string): Tree {
  let at = 0;
  function list(): Tree {
    const tree: Tree = new Map();
    for (;;) {
      let node = tree;
      for (;;) {
        const word = /^[\w*.-]+/.exec(text.slice(at))?.[0];
        if (word === undefined) throw wrong(text);
        at += word.length;
        let next = node.get(word);
        if (!next) node.set(word, (next = new Map()));
        node = next;
        if (text[at] !== '/') break;
        at++;
      }
      if (text[at] === '(') {
        at++;
        for (const [key, value] of list()) node.set(key, value);
        if (text[at++] !== ')') throw wrong(text);
      }
      if (text[at] !== ',') return tree;
      at++;
    }
  }
  const tree = list();
  if (at < text.length) throw wrong(text);
  return tree;
}

function pick(value: unknown, tree: Tree): unknown {
  if (tree.size === 0) return value;
  if (Array.isArray(value)) return value.map(each => pick(each, tree));
  if (typeof value !== 'object' || value === null) return value;
  const picked: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    const below = tree.get(key) ?? tree.get('*');
    if (below) picked[key] = pick(member, below);
  }
  return picked;
}

/** 400 where `fields` is no selection. */
export const select = (value: unknown, fields: string): unknown =>
  fields === '*' ? value : pick(value, parse(fields.replaceAll(' ', '')));
