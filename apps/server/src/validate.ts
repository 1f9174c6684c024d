/**
 * Input against its schema, before a handler sees it. A schema is compiled at first use: sixty of them at start would
 * cost more than the rest of the start.
 */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { BaristaError } from '@cloud-barista/model/errors';
import { nearest, suggest } from '@cloud-barista/model/nearest';

const strict = new Ajv2020({ strict: false, allErrors: false, verbose: true });
/** Path and query are text: "10" may be a number there. */
const coercing = new Ajv2020({ strict: false, allErrors: false, verbose: true, coerceTypes: true });
for (const ajv of [strict, coercing]) addFormats.default(ajv, ['date-time']);

const compiled = new WeakMap<object, ValidateFunction>();

/** `/groups/0/size` → `groups[0].size` */
const pathOf = (pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .map(part => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce(
      (path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path === '' ? part : `${path}.${part}`),
      '',
    );

const show = (value: unknown, pointer = ''): string => {
  // What a credential holds is not said again, not even to who said it: the answer may stand in a log.
  if (pointer.startsWith('/values'))
    return `a value of type ${Array.isArray(value) ? 'array' : typeof value}`;
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
};

/** What the schema takes, as a sentence: `Give an integer from 1 to 1000.` */
function wanted(schema: object | undefined): string {
  const of = (schema ?? {}) as Record<string, unknown>;
  const span = (unit: string) => {
    const from = of[`min${unit}`] ?? of['exclusiveMinimum'];
    const to = of[`max${unit}`];
    if (from === undefined) return to === undefined ? '' : ` up to ${String(to)}`;
    return to === undefined ? ` from ${String(from)}` : ` from ${String(from)} to ${String(to)}`;
  };
  switch (of['type']) {
    case 'integer':
      return `Give a whole number${span('imum')}.`;
    case 'number':
      return `Give a number${span('imum')}.`;
    case 'string':
      return `Give text${span('Length').replace(/$/, of['maxLength'] === undefined ? '' : ' characters long')}.`;
    case 'array':
      return `Give a list${span('Items').replace(/$/, of['maxItems'] === undefined ? '' : ' items long')}.`;
    case 'object':
      return `Give an object with ${Object.keys((of['properties'] as object | undefined) ?? {}).join(', ') || 'texts'}.`;
    default:
      return 'See /docs for what it takes.';
  }
}

function explain(error: ErrorObject, part: string): BaristaError {
  const at = pathOf(error.instancePath);
  const where = at === '' ? part : at;
  /** At the beginning of a sentence. */
  const subject = at === '' ? `The ${part}` : at;
  const params = error.params as Record<string, unknown>;
  const fail = (message: string, next?: string, place = where) =>
    new BaristaError('invalid_argument', message, { where: place, ...(next !== undefined && { next }) });
  const known = Object.keys((error.parentSchema as { properties?: object } | undefined)?.properties ?? {});
  const unknownField = (field: string) =>
    fail(
      `Unknown field ${JSON.stringify(field)} in ${where}.`,
      suggest(field, known, known.length === 0 ? 'Leave it out.' : `Known are: ${known.join(', ')}.`),
      at === '' ? field : `${at}.${field}`,
    );
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return unknownField(String(params['additionalProperty'] ?? params['unevaluatedProperty']));
    case 'required': {
      const field = String(params['missingProperty']);
      // Most often it is there, mistyped.
      const strange = Object.keys(error.data as object).filter(key => !known.includes(key));
      const meant = strange.find(key => nearest(key, known) === field);
      if (meant !== undefined) return unknownField(meant);
      return fail(
        `${subject} lacks ${JSON.stringify(field)}.`,
        `Add ${field}.`,
        at === '' ? field : `${at}.${field}`,
      );
    }
    case 'type':
      return fail(
        `${subject} must be ${[params['type']].flat().join(' or ')}, not ${show(error.data, error.instancePath)}.`,
        wanted(error.parentSchema),
      );
    case 'enum': {
      const allowed = (params['allowedValues'] as unknown[]).map(String);
      return fail(
        `${subject} can't be ${show(error.data, error.instancePath)}.`,
        suggest(String(error.data), allowed, `It is one of ${allowed.join(', ')}.`),
      );
    }
    case 'pattern': {
      const description = (error.parentSchema as { description?: string } | undefined)?.description;
      return fail(
        `${subject} can't be ${show(error.data, error.instancePath)}.`,
        description === undefined ? `It must match ${String(params['pattern'])}.` : `Use: ${description}.`,
      );
    }
    case 'maxLength':
    case 'minLength':
      // The value may be long, and a key: its length says enough.
      return fail(`${subject} has ${String(error.data).length} characters.`, wanted(error.parentSchema));
    case 'maxItems':
    case 'minItems':
      return fail(`${subject} has ${(error.data as unknown[]).length} items.`, wanted(error.parentSchema));
    default:
      return fail(
        `${subject} ${error.message ?? 'does not fit'}; it is ${show(error.data, error.instancePath)}.`,
        wanted(error.parentSchema),
      );
  }
}

/** Of a union's errors, those of the alternative that got furthest say most. */
function mostTelling(errors: readonly ErrorObject[]): ErrorObject | undefined {
  const branches = errors.filter(error => error.keyword !== 'anyOf' && error.keyword !== 'oneOf');
  return branches.toSorted((a, b) => b.instancePath.length - a.instancePath.length)[0] ?? errors[0];
}

/** Throws invalid_argument. `part` names the whole: body, query, path. Path and query values are coerced in place. */
export function validate(schema: object, value: unknown, part: 'body' | 'query' | 'path'): void {
  let check = compiled.get(schema);
  if (!check) {
    check = (part === 'body' ? strict : coercing).compile(schema);
    compiled.set(schema, check);
  }
  if (check(value)) return;
  const first = mostTelling(check.errors ?? []);
  throw first
    ? explain(first, part)
    : new BaristaError('invalid_argument', `The ${part} does not fit.`, { where: part });
}
