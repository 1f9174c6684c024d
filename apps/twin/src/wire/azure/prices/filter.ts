/**
 * $filter of the retail prices: comparisons of an item's words with eq and ne, contains, startswith and endswith, joined
 * by and, or and brackets. Source: "Azure Retail Prices overview"; OData 4.01 URL conventions, section 5.1.1.
 */
import type { PriceItem } from './items.ts';

export type PriceFilter = (item: PriceItem) => boolean;
type Field = (item: PriceItem) => string;

const plain = [
  'armRegionName',
  'location',
  'meterId',
  'meterName',
  'productId',
  'skuId',
  'productName',
  'skuName',
  'serviceName',
  'serviceId',
  'serviceFamily',
  'armSkuName',
  'currencyCode',
  'type',
] as const satisfies readonly (keyof PriceItem)[];
const fields: ReadonlyMap<string, Field> = new Map<string, Field>([
  ...plain.map((name): [string, Field] => [name.toLowerCase(), item => item[name]]),
  ['pricetype', item => item.type],
  ['reservationterm', item => item.reservationTerm ?? ''],
  ['isprimarymeterregion', item => String(item.isPrimaryMeterRegion)],
]);

const token = /\s*(?:('(?:[^']|'')*')|([A-Za-z]+)|([(),]))/y;

function tokens(text: string): string[] | undefined {
  const found: string[] = [];
  token.lastIndex = 0;
  const whole = text.trimEnd();
  while (token.lastIndex < whole.length) {
    const match = token.exec(whole);
    const word = match?.[1] ?? match?.[2] ?? match?.[3];
    if (word === undefined) return undefined;
    found.push(word);
  }
  return found;
}

/** Undefined where it is no filter. `exact`: whether case counts in values. */
export function parsePriceFilter(text: string, exact: boolean): PriceFilter | undefined {
  const found = tokens(text);
  if (!found) return undefined;
  const words: readonly string[] = found;
  const same = (value: string) => (exact ? value : value.toLowerCase());
  let at = 0;
  let depth = 0;
  let broken = false;
  const fail = (): PriceFilter => {
    broken = true;
    return () => false;
  };
  const next = () => words[at++];
  const isWord = (word: string) => words[at]?.toLowerCase() === word;
  const field = (name = '') => fields.get(name.toLowerCase());
  const value = (quoted: string | undefined): string | undefined =>
    quoted?.startsWith("'") === true
      ? same(quoted.slice(1, -1).replaceAll("''", "'"))
      : quoted === 'true' || quoted === 'false'
        ? quoted
        : undefined;

  function one(): PriceFilter {
    const first = next();
    if (first === '(') {
      if (++depth > 50) return fail();
      const inner = any();
      depth--;
      return next() === ')' ? inner : fail();
    }
    const name = first?.toLowerCase();
    if (words[at] === '(' && (name === 'contains' || name === 'startswith' || name === 'endswith')) {
      at++;
      const read = field(next());
      const comma = next();
      const wanted = value(next());
      if (!read || comma !== ',' || wanted === undefined || next() !== ')') return fail();
      switch (name) {
        case 'contains':
          return item => same(read(item)).includes(wanted);
        case 'startswith':
          return item => same(read(item)).startsWith(wanted);
        case 'endswith':
          return item => same(read(item)).endsWith(wanted);
      }
    }
    if (name === 'not') {
      const inner = one();
      return item => !inner(item);
    }
    const read = field(first);
    const operator = next()?.toLowerCase();
    const wanted = value(next());
    if (!read || wanted === undefined || (operator !== 'eq' && operator !== 'ne')) return fail();
    return operator === 'eq' ? item => same(read(item)) === wanted : item => same(read(item)) !== wanted;
  }
  function all(): PriceFilter {
    const parts = [one()];
    while (isWord('and')) {
      at++;
      parts.push(one());
    }
    return item => parts.every(part => part(item));
  }
  function any(): PriceFilter {
    const parts = [all()];
    while (isWord('or')) {
      at++;
      parts.push(all());
    }
    return item => parts.some(part => part(item));
  }

  const filter = any();
  return broken || at !== words.length ? undefined : filter;
}

/** The one region that a filter without `or` can be about. */
export const regionIn = (text: string): string | undefined =>
  /\b(or|not)\b/i.test(text.replace(/'[^']*'/g, "''"))
    ? undefined
    : /\barmRegionName\s+eq\s+'([^']*)'/i.exec(text)?.[1]?.toLowerCase();
