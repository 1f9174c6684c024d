/**
 * $filter of resources and groups: `tagName eq 'a' and tagValue eq 'b'`, or comparisons of name, resourceType, location and
 * resourceGroup joined by and, or; tags do not mix with the others. Source: Resources – List, $filter.
 */
import { badRequest } from '../errors.ts';
import type { Tags } from '../records.ts';
import { plainLocation } from '../regions.ts';

export interface Filtered {
  name: string;
  tags: Tags;
  type: string;
  location: string;
  group: string;
}
export type Filter = (resource: Filtered) => boolean;

const refuse = (text: string) =>
  badRequest('InvalidFilterInQueryString', `Invalid $filter '${text}' specified in the query string.`);

const term =
  /^\s*(?:(\w+)\s+(eq|ne)\s+'((?:[^']|'')*)'|(startswith|substringof)\(\s*(?:(\w+)\s*,\s*'((?:[^']|'')*)'|'((?:[^']|'')*)'\s*,\s*(\w+))\s*\))\s*/i;

interface Term {
  property: string;
  operator: 'eq' | 'ne' | 'startswith' | 'substringof';
  value: string;
}

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

function compare({ property, operator, value }: Term, text: string): Filter {
  const read: Readonly<Record<string, (resource: Filtered) => string>> = {
    name: resource => resource.name,
    resourcetype: resource => resource.type,
    location: resource => resource.location,
    resourcegroup: resource => resource.group,
  };
  const of = read[property];
  if (!of) throw refuse(text);
  const wanted = property === 'location' ? plainLocation(value) : value;
  switch (operator) {
    case 'eq':
      return resource => same(of(resource), wanted);
    case 'ne':
      return resource => !same(of(resource), wanted);
    case 'startswith':
      return resource => of(resource).toLowerCase().startsWith(wanted.toLowerCase());
    case 'substringof':
      return resource => of(resource).toLowerCase().includes(wanted.toLowerCase());
  }
}

/** Tag names don't mind case, their values do. */
function byTag(terms: readonly Term[], joints: readonly string[], text: string): Filter {
  const [name, value] = terms;
  if (name?.property !== 'tagname' || terms.length > 2 || joints.some(joint => joint !== 'and'))
    throw refuse(text);
  if (value && (value.property !== 'tagvalue' || value.operator !== 'eq' || name.operator !== 'eq'))
    throw refuse(text);
  if (name.operator !== 'eq' && name.operator !== 'startswith') throw refuse(text);
  return ({ tags }) =>
    Object.entries(tags).some(
      ([key, held]) =>
        (name.operator === 'eq'
          ? same(key, name.value)
          : key.toLowerCase().startsWith(name.value.toLowerCase())) &&
        (value === undefined || held === value.value),
    );
}

export const isTagFilter = (text: string | undefined): boolean =>
  text !== undefined && /\btagname\b/i.test(text);

export function parseFilter(text: string | undefined): Filter {
  if (text === undefined || text.trim() === '') return () => true;
  const terms: Term[] = [];
  const joints: string[] = [];
  for (let left = text; ; ) {
    const match = term.exec(left);
    if (!match) throw refuse(text);
    const [all, property, operator, value, deed, first, firstValue, lastValue, last] = match;
    terms.push({
      property: (property ?? first ?? last ?? '').toLowerCase(),
      operator: (operator ?? deed ?? 'eq').toLowerCase() as Term['operator'],
      value: (value ?? firstValue ?? lastValue ?? '').replaceAll("''", "'"),
    });
    left = left.slice(all.length);
    if (left === '') break;
    const joint = /^(and|or)\b/i.exec(left)?.[1];
    if (joint === undefined) throw refuse(text);
    joints.push(joint.toLowerCase());
    left = left.slice(joint.length);
  }
  if (terms.some(each => each.property === 'tagname' || each.property === 'tagvalue'))
    return byTag(terms, joints, text);
  const filters = terms.map(each => compare(each, text));
  // `and` binds before `or`.
  return resource => {
    let any = false;
    let all = true;
    filters.forEach((filter, index) => {
      if (index > 0 && joints[index - 1] === 'or') {
        any ||= all;
        all = true;
      }
      all &&= filter(resource);
    });
    return any || all;
  };
}
