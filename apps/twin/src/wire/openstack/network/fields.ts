/**
 * Reading Neutron's request bodies: which attributes a resource takes, of what form, and Neutron's own words for
 * what is wrong. A resource says it in a table of readers.
 */
import { parseAddress } from '@cloud-barista/model/cidr';
import { badRequest, neutronError } from '../errors.ts';
import { isObject, jsonBody, type SiteCall } from '../call.ts';
import { isUuid } from '../text.ts';

export type Reader<T> = (value: unknown, field: string) => T;
type Readers = Readonly<Record<string, Reader<unknown>>>;
export type Read<S extends Readers> = { [K in keyof S]?: ReturnType<S[K]> };

export const invalid = (field: string, reason: string) =>
  badRequest(`Invalid input for ${field}. Reason: ${reason}.`);

const show = (value: unknown) =>
  (typeof value === 'string' ? value : (JSON.stringify(value) ?? '')).slice(0, 300);

export const text =
  (most: number): Reader<string> =>
  (value, field) => {
    if (typeof value !== 'string') throw invalid(field, `'${show(value)}' is not a valid string`);
    if (value.length > most) throw invalid(field, `'${show(value)}' exceeds maximum length of ${most}`);
    return value;
  };
export const name = text(255);
export const description = text(255);

/** Python clients send true, "true", "True", 1. */
export const flag: Reader<boolean> = (value, field) => {
  if (typeof value === 'boolean') return value;
  const word = String(value).toLowerCase();
  if (['true', '1', 'on', 'yes'].includes(word)) return true;
  if (['false', '0', 'off', 'no'].includes(word)) return false;
  throw invalid(field, `'${show(value)}' cannot be converted to boolean`);
};

export const integer =
  (least: number, most: number): Reader<number> =>
  (value, field) => {
    const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number))
      throw invalid(field, `'${show(value)}' is not an integer`);
    if (number < least) throw invalid(field, `'${number}' is too small - must be at least '${least}'`);
    if (number > most) throw invalid(field, `'${number}' is too large - must be no larger than '${most}'`);
    return number;
  };

export const uuid: Reader<string> = (value, field) => {
  if (typeof value !== 'string' || !isUuid(value))
    throw invalid(field, `'${show(value)}' is not a valid UUID`);
  return value;
};

export const address: Reader<number> = (value, field) => {
  const parsed = typeof value === 'string' ? parseAddress(value) : undefined;
  if (parsed === undefined) throw invalid(field, `'${show(value)}' is not a valid IP address`);
  return parsed;
};

export const nullable =
  <T>(reader: Reader<T>): Reader<T | null> =>
  (value, field) =>
    value === null ? null : reader(value, field);

export const list =
  <T>(reader: Reader<T>): Reader<T[]> =>
  (value, field) => {
    if (!Array.isArray(value)) throw invalid(field, `'${show(value)}' is not a list`);
    return value.map((each: unknown) => reader(each, field));
  };

export const object: Reader<Record<string, unknown>> = (value, field) => {
  if (!isObject(value)) throw invalid(field, `'${show(value)}' is not a dictionary`);
  return value;
};

export const anything: Reader<unknown> = value => value;

/** What clients send along and the Twin has no use for; it is checked to be harmless by the reader. */
export function read<S extends Readers>(readers: S, input: Record<string, unknown>): Read<S> {
  const unknown = Object.keys(input).filter(key => !Object.hasOwn(readers, key));
  if (unknown.length > 0) throw badRequest(`Unrecognized attribute(s) '${unknown.join(', ')}'`);
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(input)) {
    const reader = readers[key];
    if (reader) result[key] = reader(value, key);
  }
  return result as Read<S>;
}

export function required<T>(value: T | undefined, field: string): T {
  if (value === undefined)
    throw badRequest(`Failed to parse request. Required attribute '${field}' not specified`);
  return value;
}

/** `{ network: {…} }`, or for bulk creation `{ networks: [{…}, …] }`. */
export function inputs(
  call: SiteCall,
  singular: string,
  plural: string,
): { items: Record<string, unknown>[]; bulk: boolean } {
  const body = jsonBody(call);
  const many = body[plural];
  if (Array.isArray(many) && many.length > 0 && many.every(isObject)) return { items: many, bulk: true };
  return { items: [single(body, singular)], bulk: false };
}

export function input(call: SiteCall, singular: string): Record<string, unknown> {
  return single(jsonBody(call), singular);
}

function single(body: Record<string, unknown>, singular: string): Record<string, unknown> {
  const one = body[singular];
  if (!isObject(one)) throw badRequest(`Unable to find '${singular}' in request body`);
  return one;
}

/** The project may name itself, nobody else. */
export function ownProject(call: SiteCall, given: { tenant_id?: unknown; project_id?: unknown }): void {
  for (const id of [given.tenant_id, given.project_id])
    if (id !== undefined && id !== call.account.projectId)
      throw neutronError(404, 'ProjectNotFound', `Project ${show(id)} could not be found.`);
}

export const common = {
  name,
  description,
  tenant_id: text(255),
  project_id: text(255),
} as const;
