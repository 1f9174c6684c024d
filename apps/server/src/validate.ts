/**
 * Input against its schema, before a handler sees it. A schema is compiled at first use: sixty of them at start would
 * cost more than the rest of the start.
 */
import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { BaristaError } from '@cloud-barista/model/errors';
import { suggest } from '@cloud-barista/model/nearest';

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

function explain(error: ErrorObject, part: string): BaristaError {
  const at = pathOf(error.instancePath);
  const where = at === '' ? part : at;
  const params = error.params as Record<string, unknown>;
  const fail = (message: string, next?: string, place = where) =>
    new BaristaError('invalid_argument', message, { where: place, ...(next !== undefined && { next }) });
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const field = String(params['additionalProperty'] ?? params['unevaluatedProperty']);
      const known = Object.keys(
        (error.parentSchema as { properties?: object } | undefined)?.properties ?? {},
      );
      const otherwise = known.length === 0 ? 'Leave it out.' : `Known are: ${known.join(', ')}.`;
      return fail(
        `Unknown field ${JSON.stringify(field)} in ${where}.`,
        suggest(field, known, otherwise),
        at === '' ? field : `${at}.${field}`,
      );
    }
    case 'required': {
      const field = String(params['missingProperty']);
      return fail(
        `${where} lacks ${JSON.stringify(field)}.`,
        `Add ${field}.`,
        at === '' ? field : `${at}.${field}`,
      );
    }
    case 'type':
      return fail(
        `${where} must be ${[params['type']].flat().join(' or ')}, not ${show(error.data, error.instancePath)}.`,
      );
    case 'enum': {
      const allowed = (params['allowedValues'] as unknown[]).map(String);
      return fail(
        `${where} can't be ${show(error.data, error.instancePath)}.`,
        suggest(String(error.data), allowed, `It is one of ${allowed.join(', ')}.`),
      );
    }
    case 'pattern': {
      const description = (error.parentSchema as { description?: string } | undefined)?.description;
      return fail(
        `${where} can't be ${show(error.data, error.instancePath)}.`,
        description === undefined ? `It must match ${String(params['pattern'])}.` : `Use: ${description}.`,
      );
    }
    case 'maxLength':
    case 'minLength':
      // The value may be long, and a key: its length says enough.
      return fail(`${where} ${error.message ?? ''} (it has ${String(error.data).length}).`);
    default:
      return fail(
        `${where} ${error.message ?? 'does not fit'} (it is ${show(error.data, error.instancePath)}).`,
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
