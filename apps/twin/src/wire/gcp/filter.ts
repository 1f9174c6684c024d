/**
 * The `filter` of list methods: `name=x`, `name eq regexp`, `labels.k=v`, `a != b`, `a:b`, comparisons, `AND`, `OR`, `NOT`, brackets.
 * Source: API reference, any list method's `filter`; AIP-160 for `:` and precedence (OR binds tighter than AND by sequence).
 */
import { GcpError } from './errors.ts';

export type View = Record<string, unknown>;
export type Filter = (view: View) => boolean;

const wrong = (text: string) =>
  new GcpError(
    400,
    'invalid',
    `Invalid value for field 'filter': '${text}'. Invalid list filter expression.`,
  );

const tokenRegExp = /\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\(|\)|!=|<=|>=|=|<|>|:|[^\s()=!<>:"']+)/y;

function tokens(text: string): string[] {
  const found: string[] = [];
  tokenRegExp.lastIndex = 0;
  const end = text.trimEnd().length;
  while (tokenRegExp.lastIndex < end) {
    const at = tokenRegExp.lastIndex;
    const match = tokenRegExp.exec(text);
    if (!match?.[1]) throw wrong(text.slice(at));
    found.push(match[1]);
  }
  return found;
}

/** labels.k, scheduling.automaticRestart, networkInterfaces.network: a path into lists takes each member. */
function valuesAt(value: unknown, path: readonly string[], index = 0): unknown[] {
  if (Array.isArray(value)) return value.flatMap(each => valuesAt(each, path, index));
  const key = path[index];
  if (key === undefined) return value === undefined || value === null ? [] : [value];
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return [];
  return valuesAt((value as View)[key], path, index + 1);
}

const unquote = (text: string): string =>
  /^["']/.test(text) ? text.slice(1, -1).replace(/\\(.)/g, '$1') : text;
const escape = (text: string) => text.replace(/[\\^$.|?+()[\]{}*]/g, '\\$&');
const wholeRegExp = (source: string): RegExp => {
  try {
    return new RegExp(`^(?:${source})$`);
  } catch {
    throw wrong(source);
  }
};

/** A link equals its last part, too: `zone=us-central1-a`. */
const same = (value: unknown, pattern: RegExp): boolean => {
  const text = String(value);
  return pattern.test(text) || (/^https?:/.test(text) && pattern.test(text.slice(text.lastIndexOf('/') + 1)));
};

function comparison(field: string, operator: string, literal: string): Filter {
  const path = field.split('.');
  const text = unquote(literal);
  switch (operator) {
    case 'eq':
    case 'ne': {
      const pattern = wholeRegExp(text);
      const wanted = operator === 'eq';
      return view => valuesAt(view, path).some(value => same(value, pattern)) === wanted;
    }
    case '=':
    case '!=': {
      const pattern = wholeRegExp(text.split('*').map(escape).join('.*'));
      const wanted = operator === '=';
      return view => valuesAt(view, path).some(value => same(value, pattern)) === wanted;
    }
    case ':': {
      if (text === '*') return view => valuesAt(view, path).length > 0;
      const word = text.toLowerCase().replace(/\*$/, '');
      return view =>
        valuesAt(view, path).some(value =>
          typeof value === 'object' && value !== null
            ? Object.hasOwn(value, text)
            : String(value).toLowerCase().includes(word),
        );
    }
    default: {
      const number = Number(text);
      const compare = (value: unknown) => {
        const by = Number.isNaN(number) ? String(value).localeCompare(text) : Number(value) - number;
        return operator === '<' ? by < 0 : operator === '<=' ? by <= 0 : operator === '>' ? by > 0 : by >= 0;
      };
      return view => valuesAt(view, path).some(compare);
    }
  }
}

const operators = new Set(['=', '!=', ':', '<', '<=', '>', '>=', 'eq', 'ne']);

/** 400 where it is no filter. */
export function parseFilter(text: string): Filter {
  const list = tokens(text);
  let at = 0;
  const both =
    (left: Filter, right: Filter): Filter =>
    view =>
      left(view) && right(view);
  const either =
    (left: Filter, right: Filter): Filter =>
    view =>
      left(view) || right(view);

  function term(): Filter {
    const word = list[at++];
    if (word === undefined || word === ')') throw wrong(text);
    if (word === 'NOT' || word === '-') {
      const inner = term();
      return view => !inner(view);
    }
    if (word.length > 1 && word.startsWith('-')) {
      list[--at] = word.slice(1);
      const inner = term();
      return view => !inner(view);
    }
    if (word === '(') {
      const inner = sequence();
      if (list[at++] !== ')') throw wrong(text);
      return inner;
    }
    const operator = list[at];
    if (operator === undefined || !operators.has(operator)) throw wrong(text);
    at++;
    const literal = list[at];
    if (literal === undefined || literal === '(' || literal === ')') throw wrong(text);
    at++;
    // A bare value may hold colons, as times do.
    let value = literal;
    while (list[at] === ':' && !/^["']/.test(literal)) {
      value += `:${list[at + 1] ?? ''}`;
      at += 2;
    }
    return comparison(word, operator, value);
  }
  function alternatives(): Filter {
    let left = term();
    while (list[at] === 'OR') {
      at++;
      left = either(left, term());
    }
    return left;
  }
  function sequence(): Filter {
    let left = alternatives();
    while (at < list.length && list[at] !== ')') {
      if (list[at] === 'AND') at++;
      left = both(left, alternatives());
    }
    return left;
  }
  if (list.length === 0) return () => true;
  const whole = sequence();
  if (at < list.length) throw wrong(text);
  return whole;
}
