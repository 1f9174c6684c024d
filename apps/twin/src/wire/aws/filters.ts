/**
 * `Filter.N` and pages, the same for every Describe action. Source: EC2 user guide, "List and filter your resources":
 * filters are joined by AND, a filter's values by OR; `*` and `?` are wildcards, `\` takes their meaning away.
 */
import { Ec2Error, combination, invalidValue } from './errors.ts';
import type { Params } from './query.ts';
import type { Tags } from './records.ts';

type FilterValue = string | number | boolean | undefined | readonly (string | undefined)[];
/** A noun's filters: name → what of the record it looks at. */
export type FilterTable<T> = Readonly<Record<string, (record: T) => FilterValue>>;

/** 200 values in all: EC2 user guide. */
const mostValues = 200;

type Glyph = { readonly char: string; readonly kind: 'plain' | 'one' | 'any' };

function glyphs(pattern: string): Glyph[] {
  const found: Glyph[] = [];
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern.charAt(i);
    if (char === '\\' && i + 1 < pattern.length) found.push({ char: pattern.charAt(++i), kind: 'plain' });
    else found.push({ char, kind: char === '*' ? 'any' : char === '?' ? 'one' : 'plain' });
  }
  return found;
}

/** Greedy with one step back to the last `*`: no pattern takes more than length × length, as a RegExp would. */
function matcher(pattern: string): (text: string) => boolean {
  if (!/[*?\\]/.test(pattern)) return text => text === pattern;
  const wanted = glyphs(pattern);
  return text => {
    let at = 0;
    let next = 0;
    let star = -1;
    let from = 0;
    while (at < text.length) {
      const glyph = wanted[next];
      if (glyph?.kind === 'any') {
        star = next++;
        from = at;
      } else if (glyph && (glyph.kind === 'one' || glyph.char === text.charAt(at))) {
        next++;
        at++;
      } else if (star >= 0) {
        next = star + 1;
        at = ++from;
      } else return false;
    }
    while (wanted[next]?.kind === 'any') next++;
    return next === wanted.length;
  };
}

const tagValues = (record: object): Tags => ('tags' in record ? (record.tags as Tags) : []);

export function filterAll<T extends object>(
  params: Params,
  table: FilterTable<T>,
  records: Iterable<T>,
): T[] {
  const given = params.list('Filter');
  let kept = Array.isArray(records) ? (records as T[]) : [...records];
  let count = 0;
  for (const filter of given) {
    const name = filter.text('Name') ?? '';
    const values = filter.texts('Value');
    count += values.length;
    if (count > mostValues)
      throw new Ec2Error('FilterLimitExceeded', `The maximum number of filter values is ${mostValues}.`);
    const tests = values.map(matcher);
    const any = (text: string) => tests.some(test => test(text));
    let look: (record: T) => FilterValue;
    if (name.startsWith('tag:')) {
      const key = name.slice(4);
      look = record => tagValues(record).find(([tag]) => tag === key)?.[1];
    } else if (name === 'tag-key') look = record => tagValues(record).map(([key]) => key);
    else if (name === 'tag-value') look = record => tagValues(record).map(([, value]) => value);
    else if (Object.hasOwn(table, name)) look = table[name] ?? (() => undefined);
    else throw new Ec2Error('InvalidParameterValue', `The filter '${name || 'null'}' is invalid`);
    if (values.length === 0)
      throw new Ec2Error('InvalidParameterValue', `The filter '${name}' needs at least one value`);
    kept = kept.filter(record => {
      const value = look(record);
      if (value === undefined) return false;
      if (typeof value === 'object') return value.some(one => one !== undefined && any(one));
      return any(typeof value === 'string' ? value : `${value}`);
    });
  }
  return kept;
}

export interface PageRule {
  /** Fewest and most `MaxResults`. */
  least: number;
  most: number;
  /** Page size where none is asked for; all where undefined. */
  usual?: number;
  /** The parameter of ids that may not come together with MaxResults. */
  not?: string;
}

/** A page of `records`, which are ordered by `n`. A token names the last record given, so that what is deleted meanwhile shifts nothing. */
export function page<T extends { readonly n: number }>(
  params: Params,
  action: string,
  records: readonly T[],
  rule: PageRule,
): { records: readonly T[]; nextToken: string | undefined } {
  const asked = params.integer('MaxResults');
  const token = params.text('NextToken');
  if (rule.not !== undefined && asked !== undefined && params.list(rule.not).length > 0)
    throw combination(`The parameter ${rule.not} cannot be used with the parameter maxResults`);
  if (asked !== undefined && asked < rule.least)
    throw invalidValue(` ${asked} `, 'MaxResults', `Expecting a value greater than ${rule.least}.`);
  // DescribeInstances and its like take more than they give: "a value above the most is taken as the most".
  const size = asked === undefined ? rule.usual : Math.min(asked, rule.most);
  let rest = records;
  if (token !== undefined && token !== '') {
    const [kind, last = ''] = Buffer.from(token, 'base64url').toString().split(':');
    if (kind !== action || !/^\d+$/.test(last))
      throw new Ec2Error('InvalidNextToken', `The specified NextToken is not valid for ${action}.`);
    rest = records.filter(record => record.n > Number(last));
  }
  if (size === undefined || rest.length <= size) return { records: rest, nextToken: undefined };
  const given = rest.slice(0, size);
  const nextToken = Buffer.from(`${action}:${given.at(-1)?.n ?? 0}`).toString('base64url');
  return { records: given, nextToken };
}
